//! The members that requests for documents share: author, patient and representative.

use crate::Coded;
use beid_protocol::codes::{Capacity, HcPartyType};
use beid_protocol::party::HcPartyFields;
use beid_protocol::representative::RepresentativeFields;
use schemars::JsonSchema;
use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use std::fmt;

/// The author of a request.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AuthorMembers {
    /// The provider, or an organisation and the person who acts for it; the first gives its number to the request's id.
    #[schemars(length(min = 1))]
    pub parties: Vec<PartyMembers>,
    /// The citizen who asks with his own software: the holder of the card in the reader. May be empty (`{}`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub patient: Option<CitizenMembers>,
}

/// The citizen who asks. Everything else about him is read from his card.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CitizenMembers {
    /// National number, 11 digits; the card must have the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub national_number: Option<String>,
}

/// A care provider, organisation or program. One of `nihii`, `ssin`, `cbe` and `applicationId` is needed.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PartyMembers {
    /// Number of the sickness insurance institute: 11 digits for persons, 8 for organisations.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nihii: Option<String>,
    /// National number, 11 digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ssin: Option<String>,
    /// Enterprise number, 10 digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cbe: Option<String>,
    /// Identifier of a program; with the type `application` only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub application_id: Option<String>,
    /// Code of CD-HCPARTY: `persphysician`, `orgpharmacy` …
    #[serde(rename = "type")]
    pub party_type: Coded<&'static HcPartyType>,
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
            party_type: members.party_type.code(),
            name: members.name.as_deref(),
            first_name: members.first_name.as_deref(),
            family_name: members.family_name.as_deref(),
        }
    }
}

/// The patient. If a card is read, everything comes from the card, and only its holder's national number may be given;
/// if none is read, the document says what is given here.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PatientMembers {
    /// National number, 11 digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub national_number: Option<String>,
    /// Number of the eID, without dashes, typed instead of read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub card_number: Option<String>,
    /// Number of the ISI+ card, 1 to 20 digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub isi_card_number: Option<String>,
    /// Family name, if no card is read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub family_name: Option<String>,
    /// Given names, if no card is read: a list as in an identity, or one text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub given_names: Option<TextOrList>,
}

impl PatientMembers {
    /// Returns true if they give more than the national number: data that no card here tells.
    pub fn say_more(&self) -> bool {
        self.card_number.is_some()
            || self.isi_card_number.is_some()
            || self.family_name.is_some()
            || self.given_names.is_some()
    }
}

/// One text, or a list of texts.
#[derive(Clone, Debug, JsonSchema, Serialize)]
#[serde(untagged)]
// Clients that are generated from the OpenAPI document know it by this name.
#[schemars(rename = "GivenNames")]
pub enum TextOrList {
    /// A list: `["Anna", "Petronella"]`.
    List(Vec<String>),
    /// One text: `Anna Petronella`.
    Text(String),
}

// Not derived: serde's own reader of such enums does not say which item of the list is wrong.
impl<'de> Deserialize<'de> for TextOrList {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextOrListVisitor)
    }
}

struct TextOrListVisitor;

impl<'de> Visitor<'de> for TextOrListVisitor {
    type Value = TextOrList;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("text or a list")
    }

    fn visit_str<E>(self, text: &str) -> Result<TextOrList, E> {
        Ok(TextOrList::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<TextOrList, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(TextOrList::List(list))
    }
}

impl TextOrList {
    /// The whole as one text, items separated by spaces.
    pub fn whole(&self) -> String {
        match self {
            Self::List(names) => names.join(" "),
            Self::Text(names) => names.clone(),
        }
    }
}

/// The person who acts for the patient.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RepresentativeMembers {
    /// National number, 11 digits; without it the document cannot name the person, and a warning says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ssin: Option<String>,
    /// Given names.
    #[schemars(length(min = 1))]
    pub first_name: String,
    /// Family name.
    #[schemars(length(min = 1))]
    pub family_name: String,
    /// `parent`, `guardian`, `administrator` or `mandatary`.
    pub capacity: Coded<Capacity>,
}

impl<'m> From<&'m RepresentativeMembers> for RepresentativeFields<'m> {
    fn from(members: &'m RepresentativeMembers) -> Self {
        Self {
            ssin: members.ssin.as_deref(),
            first_name: &members.first_name,
            family_name: &members.family_name,
            capacity: members.capacity.code(),
        }
    }
}

/// An unusual thing that is no error.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub struct WarningAnswer {
    /// Stable word for it.
    pub code: String,
    /// The member it is about.
    pub field: String,
}
