//! The members of requests and answers about therapeutic links.
//!
//! Every member of a link stands once, in the call of `link_requests`: it goes into the request for one link, into the
//! list of several, and into the document.

use super::documents::{AuthorMembers, PartyMembers, PatientMembers, RepresentativeMembers, WarningAnswer};
use crate::schema;
use crate::{CalendarDay, Coded};
use LinkOperation::{Get, Has, Put, PutBulk, Revoke};
use beid_protocol::codes::{CallerCode, LinkStatus, LinkType, Proof, Situation};
use beid_protocol::dialect::Dialect;
use beid_protocol::party::HcParty;
use beid_protocol::therlink::{LinkFields, ProofProfile};
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

// Not `#[serde(flatten)]`: it accepts unknown members, and does not say which member is wrong.
macro_rules! link_requests {
    (
        link {$(
            $(#[$text:meta])* $member:ident $name:literal: $type:ty $(=> $field:ident)? $(, with $operations:expr)?;
        )*}
        request {$(
            $(#[$more_text:meta])* $more:ident $more_name:literal: $more_type:ty $(, with $more_operations:expr)?;
        )*}
    ) => {
        /// A therapeutic link and its proof, or a question about links. Members that have no meaning for the operation
        /// are refused.
        #[derive(Debug, Deserialize, JsonSchema, Serialize)]
        #[serde(rename_all = "camelCase", deny_unknown_fields)]
        pub struct TherapeuticLinkRequest {
            /// Operation on links.
            pub operation: LinkOperation,
            /// The insertion; absent: `current`, where a card is read.
            #[serde(skip_serializing_if = "Option::is_none")]
            #[schemars(regex(pattern = "^(current|[0-9a-f]{32})$"))]
            pub card_id: Option<String>,
            /// The author of the request; absent: the practice of the configuration.
            #[serde(skip_serializing_if = "Option::is_none")]
            pub author: Option<AuthorMembers>,
            $(
                $(#[$text])*
                #[serde(rename = $name, skip_serializing_if = "Option::is_none")]
                pub $member: Option<$type>,
            )*
            $(
                $(#[$more_text])*
                #[serde(rename = $more_name, skip_serializing_if = "Option::is_none")]
                pub $more: Option<$more_type>,
            )*
        }

        /// One link of several.
        #[derive(Clone, Debug, Default, Deserialize, JsonSchema, Serialize)]
        #[serde(deny_unknown_fields)]
        pub struct LinkMembers {$(
            $(#[$text])*
            #[serde(rename = $name, skip_serializing_if = "Option::is_none")]
            pub $member: Option<$type>,
        )*}

        impl TherapeuticLinkRequest {
            /// A request that says only what to do.
            #[must_use]
            pub fn new(operation: LinkOperation) -> Self {
                Self { operation, card_id: None, author: None, $($member: None,)* $($more: None,)* }
            }

            /// The members of a link that stand in the request itself: the only link, or what all links of a list share.
            #[must_use]
            pub fn link(&self) -> LinkMembers {
                LinkMembers { $($member: self.$member.clone(),)* }
            }

            /// Name of the first member that is given and has no meaning for the operation, if there is one.
            #[must_use]
            pub fn meaningless(&self) -> Option<&'static str> {
                let given: &[(&str, bool, &[LinkOperation])] = &[
                    $($(($name, self.$member.is_some(), &$operations),)?)*
                    $($(($more_name, self.$more.is_some(), &$more_operations),)?)*
                ];
                let mut given = given.iter();
                given.find(|(_, given, with)| *given && !with.contains(&self.operation)).map(|(name, ..)| *name)
            }
        }

        impl LinkMembers {
            /// Takes the members that are absent from `other`.
            #[must_use]
            pub fn or(self, other: &Self) -> Self {
                Self { $($member: self.$member.or_else(|| other.$member.clone()),)* }
            }

            /// The members that the document takes as they are, with the type and the provider.
            #[must_use]
            pub fn fields(&self, link_type: &'static LinkType, party: Option<HcParty>) -> LinkFields<'_> {
                LinkFields {
                    party,
                    link_type: link_type.code,
                    $($($field: self.$member.as_ref().map(DocumentValue::value),)?)*
                }
            }
        }
    };
}

// One row: text, member, its name in requests, its type; `=>` the field of documents that takes it as it is; the operations
// that it goes with, if not all.
link_requests! {
    link {
        /// The provider concerned; absent: the author's first party.
        hc_party "hcParty": PartyMembers;
        /// The patient.
        patient "patient": PatientMembers;
        /// Code of CD-THERAPEUTICLINKTYPE: `gpconsultation`, `pharmacydelivery` …
        link_type "type": Coded<&'static LinkType>;
        /// `long-term`, `occasional` or `emergency`: 15, 3 or 1 months; absent: as usual for the type.
        situation "situation": Coded<Situation> => situation, with [Put, PutBulk];
        /// First day; absent: today in Belgium. With `revoke`: as registered.
        start_date "startDate": CalendarDay => start_date, with [Put, Revoke, PutBulk];
        /// First day after the link; absent: by type and situation. With `revoke`: as registered.
        end_date "endDate": CalendarDay => end_date, with [Put, Revoke, PutBulk];
        /// Free text for the record, at most 500 characters.
        comment "comment": String => comment, with [Put, Revoke, PutBulk];
        /// `eidsigning`, `eidreading`, `isireading`, `eidencoding_housecall`, `eidencoding_nocard` or
        /// `eidencoding_techproblem`.
        proof "proof": Coded<Proof>, with [Put, Revoke, PutBulk, Get];
        /// Reason why no stronger proof could be had, at most 500 characters; needed where numbers were typed.
        proof_reason "proofReason": String => proof_reason, with [Put, Revoke, PutBulk];
        /// Form of an `eidsigning` proof: `connector`, `connector-exact` or `strict`; absent: as the settings say.
        proof_profile "proofProfile": Coded<ProofProfile>, with [Put, Revoke, PutBulk];
    }
    request {
        /// Types asked about; `get` and `has` only. Absent: any.
        types "types": Vec<Coded<&'static LinkType>>, with [Get, Has];
        /// `national` (default) or `hub`.
        dialect "dialect": Coded<Dialect>;
        /// Reason for access without a link, 10 to 200 characters; `hub` only.
        #[schemars(length(min = 10, max = 200))]
        break_the_glass "breakTheGlass": String;
        /// The person who acts for the patient.
        representative "representative": RepresentativeMembers;
        /// First day asked about; `get` only.
        begin "begin": CalendarDay, with [Get];
        /// First day after the time asked about; `get` only.
        end "end": CalendarDay, with [Get];
        /// `active` (default of the platform), `inactive` or `all`; `get` only.
        status "status": Coded<LinkStatus>, with [Get];
        /// Most links in the answer, 1 to 1000; `get` only.
        #[schemars(range(min = 1, max = 1000))]
        max_rows "maxRows": u16, with [Get];
        /// The links, 1 to 50; `put-bulk` only. A link that lacks a member takes it from beside the list.
        #[schemars(length(min = 1, max = 50))]
        links "links": Vec<LinkMembers>, with [PutBulk];
    }
}

/// A member in the form in which documents take it.
trait DocumentValue<'m> {
    type Value;

    fn value(&'m self) -> Self::Value;
}

impl<'m> DocumentValue<'m> for String {
    type Value = &'m str;

    fn value(&'m self) -> &'m str {
        self
    }
}

impl DocumentValue<'_> for CalendarDay {
    type Value = Date;

    fn value(&self) -> Date {
        self.0
    }
}

impl<C: CallerCode> DocumentValue<'_> for Coded<C> {
    type Value = C;

    fn value(&self) -> C {
        self.0
    }
}

/// Operation on links.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum LinkOperation {
    /// Register one.
    Put,
    /// End one.
    Revoke,
    /// Ask for links.
    Get,
    /// Ask whether there is one.
    Has,
    /// Register several.
    PutBulk,
}

/// A document about links, ready for the platform.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TherapeuticLinkAnswer {
    /// The request's ID-KMEHR.
    pub request_id: String,
    /// The insertion that was read, if a card was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub card_id: Option<String>,
    /// The message, for the caller's SOAP body.
    pub xml: String,
    /// The period that is registered or ended; of one link only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub period: Option<PeriodAnswer>,
    /// The proof; of one link only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proof: Option<ProofAnswer>,
    /// Each of several links, in order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub links: Option<Vec<LinkAnswer>>,
    /// Unusual things that a person should look at.
    pub warnings: Vec<WarningAnswer>,
    /// Identifier of the record of this, with which it is found again; absent where nothing is recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evidence_id: Option<String>,
    /// True with a simulated card, else absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub simulated: Option<bool>,
}

/// One link of several in an answer.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub struct LinkAnswer {
    /// ID-KMEHR of the link.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The period that is registered.
    pub period: PeriodAnswer,
    /// Its proof.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proof: Option<ProofAnswer>,
}

/// Days during which a link holds.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub struct PeriodAnswer {
    /// First day, ISO 8601.
    #[schemars(extend("format" = "date"))]
    pub start: String,
    /// First day after the link; absent if it has no end.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "date"))]
    pub end: Option<String>,
}

/// Proof of a link.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub struct ProofAnswer {
    /// Code of CD-PROOFTYPE.
    #[serde(rename = "type")]
    #[schemars(extend("enum" = schema::proofs()))]
    pub proof_type: String,
    /// The signature of the patient: CMS, DER in base64; with `eidsigning` only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cms: Option<String>,
    /// Reason why no stronger proof could be had, as given. Keep it: no document has a place for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}
