//! The chain of one desk, and judging it: what was removed, changed or moved shows at the first link that breaks.
//!
//! ```text
//! genesis      desk, its public key, the ends of earlier chains
//! header 1     hash of the genesis, of its own content
//! header 2     hash of header 1, …
//! head         "at this time the chain had n headers, the last with this hash", signed by the desk
//! ```
//!
//! All of them are texts. What is hashed and signed are their octets as they are stored, so that nobody need write them
//! anew to verify them. `docs/evidence-chain.md` describes the members.

use crate::keys::octets_from_hex;
use crate::record::{FORMAT, RecordHeader, RecordKind, hash, hex, read_canonical};
use ring::digest::{SHA256, digest};
use ring::signature::{ED25519, UnparsedPublicKey};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Beginning of a chain. The first header names its hash, so that it cannot be exchanged.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Genesis {
    // In the order of their names: that is the order in which they are written.
    /// Time of the beginning.
    pub began: String,
    /// Desk that has the chain.
    pub desk: String,
    /// Ends of the chains that the store had before.
    pub earlier: Vec<ChainEnd>,
    /// Version of this form.
    pub format: u64,
    /// Ed25519 key of the desk, as hex digits.
    pub key: String,
}

/// End of a chain.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ChainEnd {
    /// Desk that has the chain.
    pub desk: String,
    /// Hash of the last header; of the genesis if there is none.
    pub hash: String,
    /// Number of headers.
    pub position: u64,
}

/// Statement of a chain's length, which the desk signs.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    // In the order of their names: that is the order in which they are written.
    /// Desk that has the chain.
    pub desk: String,
    /// Version of this form.
    pub format: u64,
    /// Hash of the header at the position.
    pub hash: String,
    /// Number of headers.
    pub position: u64,
    /// Time of the statement.
    pub time: String,
}

impl Head {
    /// Reads the text of a head; `None` if it is none of this version.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        read_canonical::<Self>(text).filter(|head| head.format == FORMAT)
    }
}

/// Head that a care provider signed, as the content of a record holds it. It names a record before that one, which is there;
/// its signature is judged by who knows certificates.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ProviderHead {
    /// Position of the record that holds it.
    pub record: u64,
    /// Time of that record.
    pub time: String,
    /// Number of headers that the head vouches for.
    pub position: u64,
    /// Text of the head, which is signed.
    pub text: String,
    /// Signature beside it: CMS, DER in base64.
    pub signature: String,
}

/// Members of a content that holds a head.
#[derive(Deserialize)]
struct HeadContent {
    head: String,
    signature: String,
}

/// Reason why a chain does not hold.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ChainFault {
    /// The genesis is no genesis of this version.
    Genesis,
    /// The header is no header of this version, or another one than this desk's.
    Header,
    /// The header has another position than its place: records before it are missing, or were moved.
    Position,
    /// The header names another one before it than the one that is there.
    Previous,
    /// The content is another one than the header's.
    Content,
    /// A column of the store beside the header differs from it.
    Columns,
    /// The signature under the head is not the desk's.
    HeadSignature,
    /// The head names another header at its position than the one that is there.
    Head,
    /// A signed head, or somebody who noted one, knows more records than there are.
    Shorter,
    /// No signed head stands at the end, so records behind it may be missing.
    NoHead,
}

impl ChainFault {
    /// Every fault.
    pub const ALL: [Self; 10] = [
        Self::Genesis,
        Self::Header,
        Self::Position,
        Self::Previous,
        Self::Content,
        Self::Columns,
        Self::HeadSignature,
        Self::Head,
        Self::Shorter,
        Self::NoHead,
    ];

    /// Word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Genesis => "genesis-malformed",
            Self::Header => "header-malformed",
            Self::Position => "record-missing",
            Self::Previous => "record-changed",
            Self::Content => "content-changed",
            Self::Columns => "columns-changed",
            Self::HeadSignature => "head-signature",
            Self::Head => "head-mismatch",
            Self::Shorter => "records-cut-off",
            Self::NoHead => "head-missing",
        }
    }
}

/// First link of a chain that breaks.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct BrokenLink {
    /// Position of the record; 0 for the genesis.
    pub position: u64,
    /// Reason.
    pub fault: ChainFault,
}

impl fmt::Display for BrokenLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let said = match self.fault {
            ChainFault::Genesis => "the beginning of the chain is malformed",
            ChainFault::Header => "is malformed, or of another desk",
            ChainFault::Position => "another record stands in its place: it was removed or moved",
            ChainFault::Previous => "does not follow the record before it: one of the two was changed",
            ChainFault::Content => "its content was changed",
            ChainFault::Columns => "the columns beside it were changed",
            ChainFault::HeadSignature => "the signature of the head at it is not the desk's",
            ChainFault::Head => "a signed head knows another record in its place",
            ChainFault::Shorter => "a signed head knows it, and it is missing",
            ChainFault::NoHead => "no signed head stands behind it: records may have been cut off",
        };
        write!(f, "record {}: {said}", self.position)
    }
}

/// A content as a verifier meets it.
#[derive(Clone, Copy)]
pub enum ContentSeen<'c> {
    /// It is not there: purged, or left out of an export.
    Absent,
    /// Its octets.
    Plain(&'c [u8]),
    /// It is sealed, and the key is not here.
    Sealed,
}

/// Judgement of a chain.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ChainReport {
    /// Desk that has the chain; empty if the genesis does not tell.
    pub desk: String,
    /// Number of headers that hold.
    pub records: u64,
    /// Number of contents that were there and are their headers'.
    pub contents: u64,
    /// Number of contents that are sealed with a key that is not here.
    pub sealed: u64,
    /// Number of signed heads that hold.
    pub heads: u64,
    /// Number of headers behind the last signed head.
    pub behind_last_head: u64,
    /// Hash of the last header that holds.
    pub last_hash: String,
    /// Heads that a care provider signed and that know records which are there.
    pub provider_heads: Vec<ProviderHead>,
    /// First link that breaks; `None` if all hold.
    pub broken: Option<BrokenLink>,
}

/// Judges chains that are not there, although somebody noted an end of them: one report each.
pub(crate) fn missing_chains(found: &[ChainReport], noted: &[ChainEnd]) -> Vec<ChainReport> {
    let mut missing: Vec<ChainReport> = Vec::new();
    for end in noted {
        let is_known = |reports: &[ChainReport]| reports.iter().any(|report| report.desk == end.desk);
        if !is_known(found) && !is_known(&missing) {
            missing.push(ChainReport {
                desk: end.desk.clone(),
                broken: Some(BrokenLink {
                    position: 1,
                    fault: ChainFault::Shorter,
                }),
                ..ChainReport::default()
            });
        }
    }
    missing
}

/// Judges a chain, link by link, in its order.
pub struct ChainVerifier {
    key: Vec<u8>,
    report: ChainReport,
    /// Hash of every header so far, for heads that stand in later records.
    hashes: Vec<[u8; 32]>,
}

impl ChainVerifier {
    /// Begins with the genesis.
    ///
    /// # Errors
    /// A report that says so, if it is none.
    pub fn begin(genesis: &str) -> Result<Self, Box<ChainReport>> {
        let read = read_canonical::<Genesis>(genesis).filter(|genesis| genesis.format == FORMAT);
        let key = read.as_ref().and_then(|genesis| octets_from_hex(&genesis.key));
        let (Some(read), Some(key)) = (read, key) else {
            return Err(Box::new(ChainReport {
                broken: Some(BrokenLink {
                    position: 0,
                    fault: ChainFault::Genesis,
                }),
                ..ChainReport::default()
            }));
        };
        let report = ChainReport {
            desk: read.desk,
            last_hash: hash(genesis.as_bytes()),
            ..ChainReport::default()
        };
        let hashes = Vec::new();
        Ok(Self { key, report, hashes })
    }

    /// Desk that has the chain.
    #[must_use]
    pub fn desk(&self) -> &str {
        &self.report.desk
    }

    /// Number of headers that hold.
    #[must_use]
    pub fn position(&self) -> u64 {
        self.report.records
    }

    /// Hash of the last header that holds.
    #[must_use]
    pub fn last_hash(&self) -> &str {
        &self.report.last_hash
    }

    /// Judges the next header with its content, and returns it.
    ///
    /// # Errors
    /// The link that breaks.
    pub fn record(&mut self, header: &str, content: ContentSeen<'_>) -> Result<RecordHeader, BrokenLink> {
        let position = self.report.records + 1;
        let broken = |fault| BrokenLink { position, fault };
        let read = read_canonical::<RecordHeader>(header);
        let read = read.filter(|read| read.format == FORMAT && read.desk == self.report.desk);
        let read = read.ok_or(broken(ChainFault::Header))?;
        if read.position != position {
            return Err(broken(ChainFault::Position));
        }
        if read.previous != self.report.last_hash {
            return Err(broken(ChainFault::Previous));
        }
        match content {
            ContentSeen::Absent => {}
            ContentSeen::Sealed => self.report.sealed += 1,
            ContentSeen::Plain(octets) if hash(octets) == read.content => {
                self.report.contents += 1;
                if read.kind == RecordKind::ChainHead.word() {
                    let head = self.provider_head(&read, octets).map_err(broken)?;
                    self.report.provider_heads.extend(head);
                }
            }
            ContentSeen::Plain(_) => return Err(broken(ChainFault::Content)),
        }
        self.report.records = position;
        self.report.behind_last_head += 1;
        let hashed = digest(&SHA256, header.as_bytes());
        self.report.last_hash = hex(hashed.as_ref());
        // SHA-256 has this length.
        self.hashes.push(hashed.as_ref().try_into().unwrap_or_default());
        Ok(read)
    }

    /// Reads the head in the content of a record; `None` if the content has another form than this version's.
    fn provider_head(&self, record: &RecordHeader, content: &[u8]) -> Result<Option<ProviderHead>, ChainFault> {
        let Ok(content) = serde_json::from_slice::<HeadContent>(content) else {
            return Ok(None);
        };
        let Some(head) = Head::parse(&content.head) else {
            return Ok(None);
        };
        let before = usize::try_from(head.position)
            .ok()
            .and_then(|position| position.checked_sub(1));
        let named = before.and_then(|before| self.hashes.get(before));
        if head.desk != self.report.desk || named.is_none_or(|named| hex(named) != head.hash) {
            return Err(ChainFault::Head);
        }
        Ok(Some(ProviderHead {
            record: record.position,
            time: record.time.clone(),
            position: head.position,
            text: content.head,
            signature: content.signature,
        }))
    }

    /// Judges a head, which comes right behind the record that it names.
    ///
    /// # Errors
    /// The link that breaks.
    pub fn head(&mut self, head: &str, signature: &str) -> Result<(), BrokenLink> {
        let here = self.report.records;
        let broken = |fault| BrokenLink { position: here, fault };
        let signature = octets_from_hex(signature).unwrap_or_default();
        let key = UnparsedPublicKey::new(&ED25519, &self.key);
        if key.verify(head.as_bytes(), &signature).is_err() {
            return Err(broken(ChainFault::HeadSignature));
        }
        let read = read_canonical::<Head>(head).filter(|read| read.format == FORMAT && read.desk == self.report.desk);
        let read = read.ok_or(broken(ChainFault::Head))?;
        self.must_know(read.position, &read.hash)?;
        self.report.heads += 1;
        self.report.behind_last_head = 0;
        Ok(())
    }

    /// Compares with the end of a chain that somebody noted: the chain may have grown since, but it must have this record.
    /// To be called when the chain has come as far, or ends before.
    ///
    /// # Errors
    /// The link that breaks.
    pub fn must_know(&self, position: u64, hash: &str) -> Result<(), BrokenLink> {
        let here = self.report.records;
        if position > here {
            return Err(BrokenLink {
                position: here + 1,
                fault: ChainFault::Shorter,
            });
        }
        if position < here || hash != self.report.last_hash {
            return Err(BrokenLink {
                position,
                fault: ChainFault::Head,
            });
        }
        Ok(())
    }

    /// Compares with the ends that somebody noted here: at the genesis, or at the last header so far.
    ///
    /// # Errors
    /// The link that breaks.
    pub(crate) fn must_know_ends<'e>(&self, noted: impl IntoIterator<Item = &'e ChainEnd>) -> Result<(), BrokenLink> {
        noted
            .into_iter()
            .filter(|end| end.desk == self.report.desk && end.position == self.report.records)
            .try_for_each(|end| self.must_know(end.position, &end.hash))
    }

    /// Ends the judgement.
    #[must_use]
    pub fn end(self) -> ChainReport {
        self.report
    }

    /// Ends the judgement at a link that breaks.
    #[must_use]
    pub fn end_at(mut self, broken: BrokenLink) -> ChainReport {
        self.report.broken = Some(broken);
        self.report
    }
}
