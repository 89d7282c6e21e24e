//! The members that requests for documents share: who asks, who the patient is, and who acts for the patient.

use crate::schema;
use beid_protocol::party::HcPartyFields;
use beid_protocol::representative::RepresentativeFields;
use schemars::JsonSchema;
use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use std::fmt;

/// Who asks.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AuthorMembers {
    /// The provider, or an organisation and the person who acts for it; the first gives its number to the request's id.
    #[schemars(length(min = 1))]
    pub parties: Vec<PartyMembers>,
    /// There, if only as `{}`, when a citizen asks with software of his own: the holder of the card in the reader.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub patient: Option<CitizenMembers>,
}

/// The citizen who asks. Everything about him is read from his card.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CitizenMembers {
    /// National number, 11 digits: whose card it must be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub national_number: Option<String>,
}

/// A care provider, organisation or program.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PartyMembers {
    /// Number of the sickness insurance institute: 11 digits for persons, 8 for organisations.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nihii: Option<String>,
    /// National number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ssin: Option<String>,
    /// Enterprise number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cbe: Option<String>,
    /// Identifier of a program.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub application_id: Option<String>,
    /// Code of CD-HCPARTY: `persphysician`, `orgpharmacy` …
    #[serde(rename = "type")]
    #[schemars(extend("enum" = schema::party_types()))]
    pub party_type: String,
    /// Name of an organisation or program.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Given name of a person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_name: Option<String>,
    /// Family name of a person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub family_name: Option<String>,
}

impl<'m> From<&'m PartyMembers> for HcPartyFields<'m> {
    fn from(members: &'m PartyMembers) -> Self {
        Self {
            nihii: members.nihii.as_deref(),
            ssin: members.ssin.as_deref(),
            cbe: members.cbe.as_deref(),
            application_id: members.application_id.as_deref(),
            party_type: &members.party_type,
            name: members.name.as_deref(),
            first_name: members.first_name.as_deref(),
            family_name: members.family_name.as_deref(),
        }
    }
}

/// The patient. Where a card is read everything comes from it, and the number, if given, must be its holder's; where
/// none is read, this is all that is known.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PatientMembers {
    /// National number, 11 digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub national_number: Option<String>,
    /// Number of the eID, as printed without dashes; where it is typed instead of read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub card_number: Option<String>,
    /// Number of the ISI+ card.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub isi_card_number: Option<String>,
    /// Family name; where no card is read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub family_name: Option<String>,
    /// Given names; where no card is read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub given_names: Option<GivenNames>,
}

impl PatientMembers {
    /// Whether they say more of the patient than the number: something that no card here tells.
    pub fn say_more(&self) -> bool {
        self.card_number.is_some()
            || self.isi_card_number.is_some()
            || self.family_name.is_some()
            || self.given_names.is_some()
    }
}

/// Given names: a list as an identity has them, or one text.
#[derive(Clone, Debug, JsonSchema, Serialize)]
#[serde(untagged)]
pub enum GivenNames {
    /// `["Anna", "Petronella"]`
    List(Vec<String>),
    /// `Anna Petronella`
    Text(String),
}

// Not derived: serde's own reader of such enums does not say which item of the list is wrong.
impl<'de> Deserialize<'de> for GivenNames {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextOrList)
    }
}

struct TextOrList;

impl<'de> Visitor<'de> for TextOrList {
    type Value = GivenNames;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("text or a list")
    }

    fn visit_str<E>(self, text: &str) -> Result<GivenNames, E> {
        Ok(GivenNames::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<GivenNames, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(GivenNames::List(list))
    }
}

impl GivenNames {
    /// All of them, as documents have them.
    pub fn whole(&self) -> String {
        match self {
            Self::List(names) => names.join(" "),
            Self::Text(names) => names.clone(),
        }
    }
}

/// Who acts for the patient.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RepresentativeMembers {
    /// National number; without it the document cannot name the person, and a warning says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ssin: Option<String>,
    /// Given names.
    #[schemars(length(min = 1))]
    pub first_name: String,
    /// Family name.
    #[schemars(length(min = 1))]
    pub family_name: String,
    /// `parent`, `guardian`, `administrator` or `mandatary`.
    #[schemars(extend("enum" = ["parent", "guardian", "administrator", "mandatary"]))]
    pub capacity: String,
}

impl<'m> From<&'m RepresentativeMembers> for RepresentativeFields<'m> {
    fn from(members: &'m RepresentativeMembers) -> Self {
        Self {
            ssin: members.ssin.as_deref(),
            first_name: &members.first_name,
            family_name: &members.family_name,
            capacity: &members.capacity,
        }
    }
}

/// Something unusual that is no error.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub struct WarningAnswer {
    /// Stable word.
    pub code: String,
    /// The member it is about.
    pub field: String,
}
