//! Records: a header that is chained by hash, and a content apart from it.

use crate::error::EvidenceError;
use beid_host::random::{random_bytes, random_id};
use jiff::Timestamp;
use ring::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Version of the form of headers, heads and geneses.
pub const FORMAT: u64 = 1;

macro_rules! kinds {
    ($($(#[doc = $means:literal])+ $kind:ident = $word:literal;)*) => {
        /// Kind of a record: what was done.
        #[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
        pub enum RecordKind { $($(#[doc = $means])+ $kind,)* }

        impl RecordKind {
            /// Every kind.
            pub const ALL: &[Self] = &[$(Self::$kind,)*];

            /// Word for it, in headers.
            #[must_use]
            pub fn word(self) -> &'static str {
                match self { $(Self::$kind => $word,)* }
            }

            /// Meaning of it, for the documentation.
            #[must_use]
            pub fn means(self) -> &'static str {
                match self { $(Self::$kind => concat!($($means),+).trim_ascii(),)* }
            }
        }
    };
}

kinds! {
    /// Request that registers therapeutic links, with their proofs.
    TherapeuticLink = "therapeutic-link";
    /// Request that ends therapeutic links.
    TherapeuticLinkRevocation = "therapeutic-link-revocation";
    /// Request that registers a consent, with its evidence if there is one.
    Consent = "consent";
    /// Request that withdraws a consent.
    ConsentRevocation = "consent-revocation";
    /// Request that excludes a provider.
    Exclusion = "exclusion";
    /// Request that takes an exclusion back.
    ExclusionRevocation = "exclusion-revocation";
    /// Request that asks about links, consents or exclusions.
    Inquiry = "inquiry";
    /// Signatures over files.
    Signature = "signature";
    /// Record of the way in which a patient was identified.
    IdentityReading = "identity-reading";
    /// Data of a card given to a caller; the record does not repeat them.
    CardRead = "card-read";
    /// Contents dropped because their time was over, or a person asked for it.
    Purge = "purge";
    /// Head of the chain that a care provider signed with the eID; the desk signs others by itself.
    ChainHead = "chain-head";
}

impl RecordKind {
    /// Finds the kind with this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.word() == word)
    }
}

/// Something that was done and is to be recorded.
///
/// It has no `Debug`: it holds a patient's data.
pub struct RecordDraft {
    /// Kind of the record.
    pub kind: RecordKind,
    /// Members that say what was done.
    pub content: Map<String, Value>,
    /// Key of the caller, who may read the record.
    pub owner: String,
    /// National numbers of the patients, where they are known; only keyed hashes of them are written beside the content.
    pub subjects: Vec<String>,
    /// Number of the card that was read; only a keyed hash of it is written beside the content.
    pub card: Option<String>,
    /// Caller's own word for it.
    pub reference: Option<String>,
    /// Key of something that is recorded once however often it is done, such as one caller's readings of one inserted
    /// card; `None` for everything else.
    pub once: Option<String>,
}

/// Id of a record, by which its caller finds it: 32 hex digits.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct EvidenceId(String);

impl EvidenceId {
    pub(crate) fn new() -> Self {
        Self(random_id())
    }

    /// Reads an id.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        is_hex(text, 32).then(|| Self(text.to_owned()))
    }

    /// The digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Text that is hashed: JSON in the form of RFC 8785, which for text, whole numbers and one level of members is members in
/// the order of their names, without blanks.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct RecordHeader {
    // In the order of their names: that is the order in which they are written.
    /// SHA-256 of the content.
    pub content: String,
    /// Desk that has the chain.
    pub desk: String,
    /// Version of this form.
    pub format: u64,
    /// Id of the record.
    pub id: String,
    /// Word for its kind. Not a [`RecordKind`]: newer versions know more of them.
    pub kind: String,
    /// Position in the chain; the first is 1.
    pub position: u64,
    /// Hash of the header before; of the genesis for the first.
    pub previous: String,
    /// Time of writing in UTC, to the millisecond.
    pub time: String,
}

/// Reads a text that was written in the one form that it has.
///
/// `None` if it is not JSON with exactly these members, or written in any other way: then two programs might read two
/// things in it.
pub(crate) fn read_canonical<T: for<'de> Deserialize<'de> + Serialize>(text: &str) -> Option<T> {
    let read: T = serde_json::from_str(text).ok()?;
    (write_canonical(&read).ok()? == text).then_some(read)
}

/// Writes the text that is hashed.
pub(crate) fn write_canonical(value: &impl Serialize) -> Result<String, EvidenceError> {
    serde_json::to_string(value).map_err(|error| EvidenceError::Internal(error.to_string()))
}

/// Returns the SHA-256 of octets as hex digits.
pub(crate) fn hash(octets: &[u8]) -> String {
    hex(digest(&SHA256, octets).as_ref())
}

pub(crate) fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

pub(crate) fn is_hex(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// Writes a time as headers have it.
pub(crate) fn time_text(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}

/// Writes the content of a draft: its members, the keyed hashes of patients and card, and a salt without which its hash
/// could be guessed once it is purged.
pub(crate) fn content_text(
    draft: &RecordDraft,
    subjects: &[String],
    card: Option<&str>,
) -> Result<String, EvidenceError> {
    let mut content = draft.content.clone();
    if !subjects.is_empty() {
        content.insert("patientHashes".to_owned(), subjects.into());
    }
    if let Some(hash) = card {
        content.insert("cardHash".to_owned(), hash.into());
    }
    content.insert("salt".to_owned(), hex(&random_bytes::<16>()).into());
    write_canonical(&content)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header() -> RecordHeader {
        RecordHeader {
            content: hash(b"content"),
            desk: "0".repeat(32),
            format: FORMAT,
            id: "1".repeat(32),
            kind: "consent".to_owned(),
            position: 7,
            previous: hash(b"before"),
            time: time_text(Timestamp::UNIX_EPOCH),
        }
    }

    #[test]
    fn a_header_has_one_form_and_every_other_is_refused() {
        let text = write_canonical(&header()).unwrap();
        assert_eq!(read_canonical(&text), Some(header()));
        assert!(
            text.starts_with(
                r#"{"content":"ed7002b439e9ac845f22357d822bac1444730fbdb6016d3ec9432297b9ec9f73","desk":"#
            )
        );
        assert!(text.ends_with(r#""time":"1970-01-01T00:00:00.000Z"}"#));
        for changed in [
            text.replace("\"position\":7", "\"position\": 7"),
            text.replace("\"position\":7", "\"position\":7.0"),
            text.replace("\"position\":7", "\"position\":6,\"position\":7"),
            text.replace("\"position\":7", "\"position\":\"7\""),
            text.replace("\"format\":1,", "\"format\":1,\"more\":1,"),
            text.replace("\"consent\"", "\"\\u0063onsent\""),
            format!("{text}\n"),
            text.replace("\"format\":1,", ""),
            String::new(),
        ] {
            assert_ne!(changed, text);
            assert_eq!(read_canonical::<RecordHeader>(&changed), None, "{changed}");
        }
    }

    #[test]
    fn words_of_kinds_lead_back_to_them() {
        for kind in RecordKind::ALL {
            assert_eq!(RecordKind::from_word(kind.word()), Some(*kind));
            assert!(kind.means().ends_with('.'));
        }
        assert_eq!(RecordKind::from_word("other"), None);
    }

    #[test]
    fn equal_contents_have_different_hashes() {
        let draft = RecordDraft {
            kind: RecordKind::CardRead,
            content: Map::new(),
            owner: "o".to_owned(),
            subjects: Vec::new(),
            card: None,
            reference: None,
            once: None,
        };
        let text = || content_text(&draft, &[], Some("c")).unwrap();
        assert_ne!(text(), text());
        assert!(text().starts_with("{\"cardHash\":\"c\",\"salt\":\""));
    }
}
