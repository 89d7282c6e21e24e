//! Who sends a document: one or more parties, and the patient if a citizen sends it with software of his own.

use crate::error::{ProtocolError, Warning};
use crate::party::{HcParty, HcPartyFields};
use crate::patient::Patient;
use crate::xml::{Vocabulary, XmlWriter};

/// One or more parties, the responsible one first: a pharmacy comes before its holder.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Author {
    first: HcParty,
    others: Vec<HcParty>,
    patient: Option<Patient>,
}

impl Author {
    /// Takes parties that were parsed before.
    ///
    /// # Errors
    /// [`ProtocolError::InvalidRequest`] on `parties` if there is none: the schema wants one even for citizens, whose
    /// software is the party.
    ///
    /// Source: hubservices core 2.3, `AuthorWithPatientAndPersonType`.
    pub fn new(parties: Vec<HcParty>, patient: Option<Patient>) -> Result<Self, ProtocolError> {
        let mut parties = parties.into_iter();
        let first = parties
            .next()
            .ok_or_else(|| ProtocolError::invalid("parties", "must have at least one party"))?;
        Ok(Self {
            first,
            others: parties.collect(),
            patient,
        })
    }

    /// Parses the parties, then takes them.
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

    /// The first party: the provider concerned, unless a request names another.
    #[must_use]
    pub fn first(&self) -> &HcParty {
        &self.first
    }

    /// All parties, in order.
    pub fn parties(&self) -> impl Iterator<Item = &HcParty> {
        std::iter::once(&self.first).chain(&self.others)
    }

    /// What a person should look at, on `parties[0].nihii` and the like.
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
            .collect()
    }

    /// Writes `author`. Its parties are KMEHR's, its patient is not.
    pub(crate) fn write(&self, xml: &mut XmlWriter) -> Result<(), ProtocolError> {
        xml.element("author", &[], |xml| {
            for party in self.parties() {
                party.write(xml, Vocabulary::Kmehr)?;
            }
            self.patient.as_ref().map_or(Ok(()), |patient| patient.write(xml))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::WarningKind;

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
        assert_eq!(
            author.warnings(),
            [Warning::new("parties[0].nihii", WarningKind::CheckDigits)]
        );
    }
}
