//! Sender of a document: one or more parties, and a citizen if one sends it with software of their own.
//!
//! At least one party is named: for a citizen that is the program. The responsible one comes first: a pharmacy before
//! its holder, a hospital before the person who works there, a mutuality before its physician and clerk. A program may
//! be named last in each, so that the platform knows which one it hears.

use crate::codes::{HcPartyType, PartyKind};
use crate::dialect::Dialect;
use crate::error::{ProtocolError, Warning, WarningKind};
use crate::party::{HcParty, HcPartyFields};
use crate::patient::Patient;
use crate::representative::Representative;
use crate::xml::{Vocabulary, XmlWriter};

/// Kind of sender.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Actor {
    /// One person in health care.
    Professional,
    /// A pharmacy, with its holder.
    Pharmacy,
    /// A hospital, a group or another organisation, with a professional or a clerk.
    Organisation,
    /// A mutuality, with its responsible physician and perhaps a clerk.
    Mutuality,
    /// A patient, a parent or a mandatary, with software of their own.
    Citizen,
    /// A program alone, a hub, or something else that is no person.
    Other,
}

/// One or more parties, the responsible one first: a pharmacy comes before its holder.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Author {
    first: HcParty,
    others: Vec<HcParty>,
    patient: Option<Patient>,
}

impl Author {
    /// Checks parties that were parsed before.
    ///
    /// # Errors
    /// [`ProtocolError::InvalidRequest`] on `parties` if there is none: the schema wants one even for citizens, whose
    /// software is the party; on `patient` if there is another party than software beside it.
    ///
    /// Source: hubservices core 2.3, `AuthorWithPatientAndPersonType`.
    pub fn new(parties: Vec<HcParty>, patient: Option<Patient>) -> Result<Self, ProtocolError> {
        let mut parties = parties.into_iter();
        let first = parties
            .next()
            .ok_or_else(|| ProtocolError::invalid("parties", "must have at least one party"))?;
        let author = Self {
            first,
            others: parties.collect(),
            patient,
        };
        if author.patient.is_some() && author.member().is_some() {
            return Err(ProtocolError::invalid(
                "patient",
                "goes with parties of the type application only",
            ));
        }
        Ok(author)
    }

    /// Parses the parties, then checks them.
    ///
    /// # Errors
    /// As [`Author::new`] and [`HcParty::parse`], on `parties[0].nihii` and the like.
    pub fn parse(parties: &[HcPartyFields<'_>], patient: Option<Patient>) -> Result<Self, ProtocolError> {
        let parse = |(index, fields): (usize, &HcPartyFields<'_>)| {
            HcParty::parse(*fields).map_err(|error| error.under(&format!("parties[{index}]")))
        };
        Self::new(
            parties.iter().enumerate().map(parse).collect::<Result<_, _>>()?,
            patient,
        )
    }

    /// The first party, whose identifier begins those of requests.
    #[must_use]
    pub fn first(&self) -> &HcParty {
        &self.first
    }

    /// The provider concerned, unless a request names another: the first party that is no program, if there is one.
    #[must_use]
    pub fn provider(&self) -> &HcParty {
        self.member().unwrap_or(&self.first)
    }

    /// All parties, in order.
    pub fn parties(&self) -> impl Iterator<Item = &HcParty> {
        std::iter::once(&self.first).chain(&self.others)
    }

    /// The citizen who sends it, if one does: the holder of the eID in the reader.
    #[must_use]
    pub fn patient(&self) -> Option<&Patient> {
        self.patient.as_ref()
    }

    /// Kind of sender of this document.
    #[must_use]
    pub fn actor(&self) -> Actor {
        match (&self.patient, self.member().map(HcParty::party_type)) {
            (Some(_), _) => Actor::Citizen,
            (None, Some(first)) => actor(first),
            (None, None) => Actor::Other,
        }
    }

    /// The first party that is no program.
    pub(crate) fn member(&self) -> Option<&HcParty> {
        self.members().next()
    }

    /// The parties that are no programs.
    fn members(&self) -> impl Iterator<Item = &HcParty> {
        self.parties()
            .filter(|party| party.party_type().kind != PartyKind::Application)
    }

    /// Warns if such a sender lacks a number that the sources require, or a person whom they want named.
    fn incomplete(&self) -> Option<Warning> {
        let persons: Vec<_> = self
            .members()
            .filter(|party| party.party_type().kind == PartyKind::Person)
            .collect();
        let physician = || persons.iter().any(|party| party.party_type().code == "persphysician");
        let (complete, field, kind) = match self.actor() {
            Actor::Citizen => (true, "parties", WarningKind::PersonMissing),
            Actor::Professional => (
                self.member().is_some_and(|party| party.nihii().is_some()),
                "parties[0].nihii",
                WarningKind::NumberMissing,
            ),
            Actor::Pharmacy | Actor::Organisation | Actor::Other => {
                (!persons.is_empty(), "parties", WarningKind::PersonMissing)
            }
            Actor::Mutuality if self.member().is_some_and(|party| party.cbe().is_none()) => {
                (false, "parties[0].cbe", WarningKind::NumberMissing)
            }
            Actor::Mutuality => (physician(), "parties", WarningKind::PersonMissing),
        };
        (!complete).then(|| Warning::new(field, kind))
    }

    /// Warnings about parties and citizen, on `parties[0].nihii` and the like.
    #[must_use]
    pub fn warnings(&self) -> Vec<Warning> {
        let of_party = |(index, party): (usize, &HcParty)| {
            let parent = format!("parties[{index}]");
            party
                .warnings()
                .into_iter()
                .map(move |warning| warning.under(&parent))
                .collect::<Vec<_>>()
        };
        let of_patient = self
            .patient
            .iter()
            .flat_map(Patient::warnings)
            .map(|warning| warning.under("patient"));
        self.parties()
            .enumerate()
            .flat_map(of_party)
            .chain(of_patient)
            .chain(self.incomplete())
            .collect()
    }

    /// Writes `author`. Its parties are KMEHR's, its patient is not; `person` acts for the patient, and is written
    /// where no citizen is.
    pub(crate) fn write(
        &self,
        xml: &mut XmlWriter,
        dialect: Dialect,
        person: Option<&Representative>,
    ) -> Result<(), ProtocolError> {
        xml.element("author", &[], |xml| {
            for party in self.parties() {
                party.write(xml, Vocabulary::Kmehr, dialect)?;
            }
            match (&self.patient, person) {
                (Some(citizen), _) => citizen.write(xml, dialect),
                (None, Some(person)) => person.write(xml),
                (None, None) => Ok(()),
            }
        })
    }
}

/// Kind of sender whose first party is of type `first`.
fn actor(first: &HcPartyType) -> Actor {
    match (first.code, first.kind) {
        ("orgpharmacy", _) => Actor::Pharmacy,
        ("orginsurance", _) => Actor::Mutuality,
        (_, PartyKind::Person) => Actor::Professional,
        (_, PartyKind::Organisation) => Actor::Organisation,
        (_, PartyKind::Application | PartyKind::Other) => Actor::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::patient::PatientFields;

    const PHARMACY: HcPartyFields<'static> = HcPartyFields {
        nihii: Some("29999032"),
        ssin: None,
        cbe: None,
        application_id: None,
        party_type: "orgpharmacy",
        name: Some("APOTHEEK"),
        first_name: None,
        family_name: None,
    };

    #[test]
    fn an_author_has_a_party() {
        let error = Author::parse(&[], None).unwrap_err();
        assert_eq!(error.to_string(), "parties: must have at least one party");
    }

    #[test]
    fn errors_and_warnings_say_which_party() {
        let holder = HcPartyFields {
            nihii: Some("29"),
            ..PHARMACY
        };
        let error = Author::parse(&[PHARMACY, holder], None).unwrap_err();
        assert_eq!(error.to_string(), "parties[1].nihii: must be 8 or 11 digits");
        let author = Author::parse(&[PHARMACY], None).unwrap();
        let expected = [
            Warning::new("parties[0].nihii", WarningKind::CheckDigits),
            Warning::new("parties", WarningKind::PersonMissing),
        ];
        assert_eq!(author.warnings(), expected);
    }

    fn person(party_type: &'static str) -> HcPartyFields<'static> {
        HcPartyFields {
            nihii: None,
            ssin: Some("85061599888"),
            party_type,
            name: None,
            ..PHARMACY
        }
    }

    fn organisation(party_type: &'static str) -> HcPartyFields<'static> {
        HcPartyFields {
            nihii: Some("29999031"),
            party_type,
            ..PHARMACY
        }
    }

    const PROGRAM: HcPartyFields<'static> = HcPartyFields {
        nihii: None,
        application_id: Some("4711"),
        party_type: "application",
        ..PHARMACY
    };

    #[track_caller]
    fn check_actor(parties: &[HcPartyFields<'_>], actor: Actor, warning: Option<(&str, WarningKind)>) {
        let author = Author::parse(parties, None).unwrap();
        assert_eq!(author.actor(), actor);
        let expected: Vec<_> = warning
            .map(|(field, kind)| Warning::new(field, kind))
            .into_iter()
            .collect();
        assert_eq!(author.warnings(), expected);
    }

    #[test]
    fn the_first_party_that_is_no_program_tells_who_sends() {
        let physician = HcPartyFields {
            nihii: Some("19999816004"),
            ..person("persphysician")
        };
        check_actor(&[physician], Actor::Professional, None);
        check_actor(&[PROGRAM, physician], Actor::Professional, None);
        check_actor(
            &[organisation("orgpharmacy"), person("perspharmacist"), PROGRAM],
            Actor::Pharmacy,
            None,
        );
        check_actor(
            &[organisation("orghospital"), person("persadministrative")],
            Actor::Organisation,
            None,
        );
        let mutuality = HcPartyFields {
            nihii: None,
            cbe: Some("0123456749"),
            ..organisation("orginsurance")
        };
        check_actor(
            &[mutuality, person("persphysician"), person("persadministrative")],
            Actor::Mutuality,
            None,
        );
    }

    #[test]
    fn who_is_missing_is_told() {
        let missing = Some(("parties", WarningKind::PersonMissing));
        check_actor(&[organisation("groupofnurses")], Actor::Organisation, missing);
        check_actor(&[PROGRAM], Actor::Other, missing);
        let mutuality = HcPartyFields {
            nihii: None,
            cbe: Some("0123456749"),
            ..organisation("orginsurance")
        };
        check_actor(&[mutuality, person("persadministrative")], Actor::Mutuality, missing);
        let number = WarningKind::NumberMissing;
        check_actor(
            &[person("persnurse")],
            Actor::Professional,
            Some(("parties[0].nihii", number)),
        );
        let unnumbered = [organisation("orginsurance"), person("persphysician")];
        check_actor(&unnumbered, Actor::Mutuality, Some(("parties[0].cbe", number)));
    }

    #[test]
    fn a_citizen_comes_with_software_alone() {
        let fields = PatientFields {
            national_number: "79010199757",
            ..PatientFields::default()
        };
        let citizen = Patient::parse(fields).unwrap();
        let author = Author::parse(&[PROGRAM], Some(citizen.clone())).unwrap();
        assert_eq!((author.actor(), author.warnings()), (Actor::Citizen, Vec::new()));
        let error = Author::parse(&[PROGRAM, person("persnurse")], Some(citizen)).unwrap_err();
        assert_eq!(
            error.to_string(),
            "patient: goes with parties of the type application only"
        );
    }
}
