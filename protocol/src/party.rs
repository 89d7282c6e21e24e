//! A party in health care: a person, an organisation or a program that acts.

use std::fmt;

use crate::codes::{HcPartyType, PartyKind};
use crate::dialect::Dialect;
use crate::error::{ProtocolError, Warning, WarningKind};
use crate::name::Name;
use crate::numbers::{ApplicationId, Cbe, Nihii, Ssin};
use crate::xml::{Vocabulary, XmlWriter};

/// A party as a caller writes it, not yet checked.
#[derive(Clone, Copy, Default)]
pub struct HcPartyFields<'a> {
    /// Number of the sickness insurance institute, 8 or 11 digits.
    pub nihii: Option<&'a str>,
    /// National number.
    pub ssin: Option<&'a str>,
    /// Enterprise number.
    pub cbe: Option<&'a str>,
    /// Identifier of a program.
    pub application_id: Option<&'a str>,
    /// Code of CD-HCPARTY.
    pub party_type: &'a str,
    /// Name of an organisation or program.
    pub name: Option<&'a str>,
    /// Given names of a person.
    pub first_name: Option<&'a str>,
    /// Family name of a person.
    pub family_name: Option<&'a str>,
}

/// A party with at least one identifier and exactly one type.
#[derive(Clone, Eq, PartialEq)]
pub struct HcParty {
    nihii: Option<Nihii>,
    ssin: Option<Ssin>,
    cbe: Option<Cbe>,
    application_id: Option<ApplicationId>,
    party_type: &'static HcPartyType,
    name: Option<Name>,
}

impl HcParty {
    /// Parses the fields of a party.
    ///
    /// An application identifier goes with the type `application`, and not with a NIHII or national number.
    ///
    /// # Errors
    /// [`ProtocolError::InvalidRequest`] or [`ProtocolError::InvalidNationalNumber`] on the member at fault: `nihii`,
    /// `ssin`, `cbe`, `applicationId`, `type`, `name`, `firstName` or `familyName`.
    ///
    /// Source: KMEHR schema, `hcpartyType`; hubservices core 2.3, `HCPartyIdType`.
    pub fn parse(fields: HcPartyFields<'_>) -> Result<Self, ProtocolError> {
        let format = |field| move |error| ProtocolError::format(field, error);
        let party = Self {
            nihii: fields.nihii.map(Nihii::parse).transpose().map_err(format("nihii"))?,
            ssin: fields
                .ssin
                .map(Ssin::parse)
                .transpose()
                .map_err(|rule| ProtocolError::national_number("ssin", rule))?,
            cbe: fields.cbe.map(Cbe::parse).transpose().map_err(format("cbe"))?,
            application_id: fields
                .application_id
                .map(ApplicationId::parse)
                .transpose()
                .map_err(format("applicationId"))?,
            party_type: HcPartyType::parse(fields.party_type)?,
            name: Name::parse(fields.name, fields.first_name, fields.family_name)?,
        };
        party.check_identifiers()?;
        Ok(party)
    }

    fn check_identifiers(&self) -> Result<(), ProtocolError> {
        let is_application = self.party_type.kind == PartyKind::Application;
        if self.application_id.is_some() && !is_application {
            return Err(ProtocolError::invalid(
                "applicationId",
                "goes with the type application only",
            ));
        }
        if self.application_id.is_some() && (self.nihii.is_some() || self.ssin.is_some()) {
            return Err(ProtocolError::invalid(
                "applicationId",
                "cannot go together with nihii or ssin",
            ));
        }
        if self.identifiers().is_empty() {
            let field = if is_application { "applicationId" } else { "nihii" };
            return Err(ProtocolError::invalid(
                field,
                "one of nihii, ssin, cbe or applicationId is needed",
            ));
        }
        Ok(())
    }

    /// The first identifier in written order; identifiers of requests begin with it.
    #[must_use]
    pub fn first_identifier(&self) -> &str {
        // Never empty: `parse` refuses a party without an identifier.
        self.identifiers().first().map_or("", |identifier| identifier.value)
    }

    /// Number of the sickness insurance institute.
    #[must_use]
    pub fn nihii(&self) -> Option<&Nihii> {
        self.nihii.as_ref()
    }

    /// National number.
    #[must_use]
    pub fn ssin(&self) -> Option<&Ssin> {
        self.ssin.as_ref()
    }

    /// Enterprise number.
    #[must_use]
    pub fn cbe(&self) -> Option<&Cbe> {
        self.cbe.as_ref()
    }

    /// Type of the party.
    #[must_use]
    pub fn party_type(&self) -> &'static HcPartyType {
        self.party_type
    }

    /// Name of the party, if given.
    #[must_use]
    pub fn name(&self) -> Option<&Name> {
        self.name.as_ref()
    }

    /// Returns true if the two share a number: then they are one party, even if their other members differ.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        fn common<T: PartialEq>(one: Option<&T>, other: Option<&T>) -> bool {
            one.is_some() && one == other
        }
        common(self.nihii.as_ref(), other.nihii.as_ref())
            || common(self.ssin.as_ref(), other.ssin.as_ref())
            || common(self.cbe.as_ref(), other.cbe.as_ref())
            || common(self.application_id.as_ref(), other.application_id.as_ref())
    }

    /// Warnings about its numbers; fields as in [`HcParty::parse`].
    #[must_use]
    pub fn warnings(&self) -> Vec<Warning> {
        let nihii = self.nihii.as_ref().is_some_and(|number| !number.check_digits_match());
        let cbe = self.cbe.as_ref().is_some_and(|number| !number.check_digits_match());
        let date = self.ssin.as_ref().is_some_and(|number| !number.has_possible_date());
        let length = self.nihii.as_ref().is_some_and(|number| !self.has_usual_length(number));
        [
            (length, "nihii", WarningKind::UnusualLength),
            (nihii, "nihii", WarningKind::CheckDigits),
            (cbe, "cbe", WarningKind::CheckDigits),
            (date, "ssin", WarningKind::ImpossibleBirthDate),
        ]
        .into_iter()
        .filter(|(holds, ..)| *holds)
        .map(|(_, field, kind)| Warning::new(field, kind))
        .collect()
    }

    /// Returns true if the number has 11 digits for a person (the last three: qualification) or 8 for an organisation.
    fn has_usual_length(&self, number: &Nihii) -> bool {
        match self.party_type.kind {
            PartyKind::Person => number.as_str().len() == 11,
            PartyKind::Organisation => number.as_str().len() == 8,
            PartyKind::Application | PartyKind::Other => true,
        }
    }

    /// Writes `hcparty`: identifiers, type, name. The order is the same in all vocabularies; the party of a link in the
    /// dialect of hubs ends after its identifiers.
    pub(crate) fn write(
        &self,
        xml: &mut XmlWriter,
        vocabulary: Vocabulary,
        dialect: Dialect,
    ) -> Result<(), ProtocolError> {
        let (id, cd) = (vocabulary.qualify("id"), vocabulary.qualify("cd"));
        xml.element(&vocabulary.qualify_outer("hcparty"), &[], |xml| {
            for PartyIdentifier { scheme, local, value } in self.identifiers() {
                let scheme = scheme.name(dialect);
                let attributes = [("S", scheme), ("SV", "1.0"), ("SL", local.unwrap_or_default())];
                // `SL` goes with `LOCAL` alone: elsewhere it is left out, not left empty.
                let (known, _) = attributes.split_at(if local.is_some() { 3 } else { 2 });
                xml.text(&id, known, value)?;
            }
            if vocabulary == Vocabulary::Core && !dialect.rules().names {
                return Ok(());
            }
            xml.text(&cd, &[("S", "CD-HCPARTY"), ("SV", "1.1")], self.party_type.code)?;
            xml.name(vocabulary, self.name.as_ref())
        })
    }

    /// The identifiers, in the order in which they are written.
    fn identifiers(&self) -> Vec<PartyIdentifier<'_>> {
        [
            (IdScheme::HcParty, self.nihii.as_ref().map(Nihii::as_str)),
            (IdScheme::Inss, self.ssin.as_ref().map(Ssin::as_str)),
            (IdScheme::Cbe, self.cbe.as_ref().map(Cbe::as_str)),
            (
                IdScheme::Application,
                self.application_id.as_ref().map(ApplicationId::as_str),
            ),
        ]
        .into_iter()
        .filter_map(|(scheme, value)| {
            Some(PartyIdentifier {
                scheme,
                local: (scheme == IdScheme::Application).then_some("application_ID"),
                value: value?,
            })
        })
        .collect()
    }
}

impl fmt::Debug for HcParty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HcParty({}, ..)", self.party_type.code)
    }
}

/// One `id` element.
struct PartyIdentifier<'a> {
    scheme: IdScheme,
    /// `SL`, which goes with `LOCAL` alone.
    local: Option<&'static str>,
    value: &'a str,
}

/// Scheme of a number.
#[derive(Clone, Copy, Eq, PartialEq)]
enum IdScheme {
    HcParty,
    Inss,
    Cbe,
    Application,
}

impl IdScheme {
    fn name(self, dialect: Dialect) -> &'static str {
        match self {
            Self::HcParty => "ID-HCPARTY",
            Self::Inss => "INSS",
            Self::Cbe => dialect.rules().cbe_scheme,
            Self::Application => "LOCAL",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xml::Standalone;

    const PHYSICIAN: HcPartyFields<'static> = HcPartyFields {
        nihii: Some("19999816004"),
        ssin: None,
        cbe: None,
        application_id: None,
        party_type: "persphysician",
        name: None,
        first_name: None,
        family_name: None,
    };

    #[track_caller]
    fn check_refused(fields: HcPartyFields<'_>, expected: &str) {
        assert_eq!(HcParty::parse(fields).unwrap_err().to_string(), expected);
    }

    #[track_caller]
    fn check_written(fields: HcPartyFields<'_>, vocabulary: Vocabulary, expected: &str) {
        let mut xml = XmlWriter::new(Standalone::Unsaid).unwrap();
        HcParty::parse(fields)
            .unwrap()
            .write(&mut xml, vocabulary, Dialect::National)
            .unwrap();
        let written = String::from_utf8(xml.finish()).unwrap();
        assert_eq!(written.split_once("?>").unwrap().1, expected);
    }

    #[test]
    fn a_party_needs_an_identifier() {
        check_refused(
            HcPartyFields {
                nihii: None,
                ..PHYSICIAN
            },
            "nihii: one of nihii, ssin, cbe or applicationId is needed",
        );
    }

    #[test]
    fn an_application_identifier_is_for_applications_alone() {
        let fields = HcPartyFields {
            application_id: Some("12"),
            ..PHYSICIAN
        };
        check_refused(fields, "applicationId: goes with the type application only");
        let fields = HcPartyFields {
            party_type: "application",
            ..fields
        };
        check_refused(fields, "applicationId: cannot go together with nihii or ssin");
    }

    #[test]
    fn the_member_at_fault_is_named() {
        check_refused(
            HcPartyFields {
                nihii: Some("1"),
                ..PHYSICIAN
            },
            "nihii: must be 8 or 11 digits",
        );
        check_refused(
            HcPartyFields {
                ssin: Some("1"),
                ..PHYSICIAN
            },
            "ssin: must be 11 digits, without dots, dashes or blanks",
        );
        check_refused(
            HcPartyFields {
                party_type: "persfysician",
                ..PHYSICIAN
            },
            "type: unknown code, did you mean persphysician or persaudician or persoptician?",
        );
    }

    #[test]
    fn identifiers_come_before_type_and_name() {
        let fields = HcPartyFields {
            ssin: Some("85061599888"),
            first_name: Some("An"),
            family_name: Some("Bos"),
            ..PHYSICIAN
        };
        check_written(
            fields,
            Vocabulary::Kmehr,
            "<kmehr:hcparty><kmehr:id S=\"ID-HCPARTY\" SV=\"1.0\">19999816004</kmehr:id>\
             <kmehr:id S=\"INSS\" SV=\"1.0\">85061599888</kmehr:id>\
             <kmehr:cd S=\"CD-HCPARTY\" SV=\"1.1\">persphysician</kmehr:cd>\
             <kmehr:firstname>An</kmehr:firstname><kmehr:familyname>Bos</kmehr:familyname></kmehr:hcparty>",
        );
    }

    #[test]
    fn a_program_has_a_local_identifier() {
        let fields = HcPartyFields {
            application_id: Some("4711"),
            party_type: "application",
            name: Some("Praktijk & co"),
            ..HcPartyFields::default()
        };
        check_written(
            fields,
            Vocabulary::Core,
            "<hcparty><id S=\"LOCAL\" SV=\"1.0\" SL=\"application_ID\">4711</id>\
             <cd S=\"CD-HCPARTY\" SV=\"1.1\">application</cd><name>Praktijk &amp; co</name></hcparty>",
        );
    }

    #[test]
    fn unusual_numbers_warn() {
        let party = HcParty::parse(HcPartyFields {
            nihii: Some("29999032"),
            ssin: Some("71715100070"),
            ..PHYSICIAN
        })
        .unwrap();
        let expected = [
            Warning::new("nihii", WarningKind::UnusualLength),
            Warning::new("nihii", WarningKind::CheckDigits),
            Warning::new("ssin", WarningKind::ImpossibleBirthDate),
        ];
        assert_eq!(party.warnings(), expected);
    }

    #[test]
    fn debug_shows_the_type_only() {
        assert_eq!(
            format!("{:?}", HcParty::parse(PHYSICIAN).unwrap()),
            "HcParty(persphysician, ..)"
        );
    }
}
