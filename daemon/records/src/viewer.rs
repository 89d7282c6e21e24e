//! Files of the government's viewer of eID cards: written as its version 4 does and as its older ones did, and read from
//! every version.
//!
//! None of these files is signed, apart from the card's own files in the oldest form, and none is proof of anything: the
//! viewer says so itself. What is read here is an [`Export`], which no function takes that makes a proof.
//!
//! Source: the viewer's sources (eid-mw, `plugins_tools/eid-viewer`; eid-viewer 4.0 and before) and files that it has written.

mod card_files;
mod csv;
mod read_xml;
mod tables;
mod xml;

pub use card_files::CardFiles;
pub use csv::write as write_csv;
pub use xml::write as write_xml;

use crate::cannot_carry;
use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use beid_api::ApiError;
use beid_api::types::{AddressAnswer, ExportFormat, ExportedAddress, ExportedIdentity, IdentityAnswer};

/// Everything that a file of the viewer is written from.
#[derive(Clone, Copy)]
pub struct ViewerRecord<'r> {
    /// The identity.
    pub identity: &'r IdentityAnswer,
    /// Given names as on the card, with its own blanks.
    pub given_names: &'r str,
    /// The address.
    pub address: &'r AddressAnswer,
    /// The photo's octets.
    pub photo: &'r [u8],
    /// Certificates, DER; empty where the card has none.
    pub certificates: ViewerCertificates<'r>,
}

/// Certificates of a card, DER; empty where the card has none.
#[derive(Clone, Copy, Default)]
pub struct ViewerCertificates<'r> {
    /// For log-ins.
    pub authentication: &'r [u8],
    /// For signatures.
    pub signature: &'r [u8],
    /// The authority above these two.
    pub intermediate: &'r [u8],
    /// The root.
    pub root: &'r [u8],
    /// The National Register's.
    pub national_register: &'r [u8],
}

/// Content of a file of a viewer. It says what somebody wrote into the file.
pub enum Export {
    /// Data in words.
    Stated(Box<StatedRecord>),
    /// The card's own files, which its signatures can be checked with.
    CardFiles(Box<CardFiles>),
}

/// Data of a holder in words, as a file states them.
pub struct StatedRecord {
    /// Format of the file.
    pub format: ExportFormat,
    /// The identity.
    pub identity: ExportedIdentity,
    /// The address.
    pub address: ExportedAddress,
    /// The photo's octets.
    pub photo: Option<Vec<u8>>,
    /// Certificates, DER, by their names on a card.
    pub certificates: Vec<(&'static str, Vec<u8>)>,
}

/// Reads a file of a viewer, of whatever version.
///
/// # Errors
/// `invalid-request` about `content` if it is none.
pub fn read(file: &[u8]) -> Result<Export, ApiError> {
    let file = file.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(file);
    match file.trim_ascii_start() {
        text @ [b'<', ..] => read_xml::read(text),
        text if text.starts_with(b"1;eid;") => csv::read(text).map(|record| Export::Stated(Box::new(record))),
        _ => CardFiles::from_tlv(file).map(|files| Export::CardFiles(Box::new(files))),
    }
}

/// Error for a file that no viewer wrote.
#[must_use]
pub fn no_export() -> ApiError {
    ApiError::invalid("content", "is no file of a viewer of eID cards")
}

/// Reads base64 with white space anywhere in it.
fn octets(base64: &str) -> Option<Vec<u8>> {
    // Some writers leave the padding out.
    const LENIENT: GeneralPurpose = GeneralPurpose::new(
        &STANDARD,
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
    );
    let text: Vec<u8> = base64.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    LENIENT.decode(text).ok().filter(|octets| !octets.is_empty())
}

/// A certificate without the zeros that fill its file.
fn certificate(file: Vec<u8>) -> Option<Vec<u8>> {
    let length = match file.as_slice() {
        [0x30, 0x82, high, low, ..] => 4 + usize::from(u16::from_be_bytes([*high, *low])),
        [0x30, 0x81, low, ..] => 3 + usize::from(*low),
        _ => return None,
    };
    file.get(..length).map(<[u8]>::to_vec)
}

/// Keeps the first entry of each name. A card has one certificate of each, and a file can name one thousands of times.
fn first_of_each<T>(entries: impl Iterator<Item = (&'static str, T)>) -> Vec<(&'static str, T)> {
    let mut kept: Vec<(&'static str, T)> = Vec::new();
    for (name, entry) in entries {
        if kept.iter().all(|(known, _)| *known != name) {
            kept.push((name, entry));
        }
    }
    kept
}

/// A text that a file must have.
fn needed<'t>(text: Option<&'t str>, member: &str) -> Result<&'t str, ApiError> {
    text.ok_or_else(|| cannot_carry(member))
}
