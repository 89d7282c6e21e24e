//! The PKCS#15 directory files, which list the card's keys, certificates and PINs.
//!
//! They are not signed, so no decision rests on them alone; they only tell where to look. Only the parts of PKCS#15
//! that Belgian cards use are read; unknown attributes are skipped.
//!
//! Source: card content 4.01 (1.7), chapter 6, and 5.4 (1.8), chapter 5; PKCS#15 1.1, chapter 6.

use crate::ber::{BerObjects, unsigned};
use crate::error::FieldError;
use crate::values::ChipNumber;

const BOOLEAN: u8 = 0x01;
const INTEGER: u8 = 0x02;
const OCTET_STRING: u8 = 0x04;
const UTF8_STRING: u8 = 0x0C;
const SEQUENCE: u8 = 0x30;
/// `typeAttributes` of an object.
const TYPE_ATTRIBUTES: u8 = 0xA1;

/// Path of file identifiers, from the master file on.
pub type Path = Vec<u16>;

/// EF(TokenInfo): serial number and versions of the card.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TokenInfo {
    /// Chip number, the same as in GET CARD DATA.
    pub chip_number: ChipNumber,
    /// Label: `BELPIC`.
    pub label: Option<String>,
    /// Version of the printed layout.
    pub graphical_version: u8,
    /// Version of the file structure, 0 to 4 and up.
    pub electrical_version: u8,
    /// Version of this file's last field.
    pub interface_version: u8,
}

impl TokenInfo {
    /// Parses the whole file.
    ///
    /// # Errors
    /// [`FieldError`] if it has no chip number or no versions.
    pub fn parse(file: &[u8]) -> Result<Self, FieldError> {
        const LABEL: u8 = 0x80;
        const VERSIONS: u8 = 0x9E;
        let wrong = FieldError::new("token info", "a PKCS#15 TokenInfo with four versions");
        let info = BerObjects::parse(file)
            .and_then(|file| file.inside(SEQUENCE))
            .ok_or(wrong.clone())?;
        let Some(&[graphical_version, electrical_version, interface_version, _]) = info.first(VERSIONS) else {
            return Err(wrong);
        };
        Ok(Self {
            chip_number: ChipNumber::parse(info.first(OCTET_STRING).unwrap_or_default())?,
            label: info.first(LABEL).and_then(text),
            graphical_version,
            electrical_version,
            interface_version,
        })
    }
}

/// Entry of EF(ODF): the directory file that lists the objects of one kind.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DirectoryFile {
    /// Kind of objects that it lists.
    pub kind: DirectoryKind,
    /// Path of its file.
    pub path: Path,
}

/// Kind of objects that a directory file lists.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum DirectoryKind {
    /// EF(PrKDF).
    PrivateKeys,
    /// EF(CDF).
    Certificates,
    /// EF(AODF).
    Pins,
    /// Another kind, by its tag.
    Other(u8),
}

/// Parses EF(ODF).
///
/// # Errors
/// [`FieldError`] if an entry is cut off or names no file.
pub fn directories(file: &[u8]) -> Result<Vec<DirectoryFile>, FieldError> {
    let wrong = || FieldError::new("object directory", "paths of directory files");
    let lines = BerObjects::parse(file).ok_or_else(wrong)?;
    let directory = |line: crate::ber::BerObject<'_>| {
        let path = BerObjects::parse(line.value)?.inside(SEQUENCE)?;
        Some(DirectoryFile {
            kind: kind(line.tag),
            path: file_path(&path)?,
        })
    };
    lines.iter().map(|line| directory(line).ok_or_else(wrong)).collect()
}

fn kind(tag: u8) -> DirectoryKind {
    match tag {
        0xA0 => DirectoryKind::PrivateKeys,
        0xA4 => DirectoryKind::Certificates,
        0xA8 => DirectoryKind::Pins,
        other => DirectoryKind::Other(other),
    }
}

/// Certificate object: an entry of EF(CDF).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CertificateObject {
    /// Label: `Authentication`, `Signature`, `CA` or `Root`.
    pub label: Option<String>,
    /// Identifier that links it to its key: 02, 03; the keys of authorities are not on the card.
    pub id: Vec<u8>,
    /// True if it is marked as an authority's.
    pub authority: bool,
    /// Path of its file.
    pub path: Path,
}

/// Parses EF(CDF), up to the zeros in place of the certificates that children's cards lack.
///
/// # Errors
/// [`FieldError`] if an entry is cut off, or lacks id or path.
pub fn certificates(file: &[u8]) -> Result<Vec<CertificateObject>, FieldError> {
    objects(file, "certificate directory", |object| {
        Some(CertificateObject {
            label: object.label(),
            id: object.class.first(OCTET_STRING)?.to_vec(),
            authority: object.class.first(BOOLEAN).is_some_and(|value| value != [0]),
            path: file_path(&object.attributes.inside(SEQUENCE)?)?,
        })
    })
}

/// Private key object: an entry of EF(PrKDF).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct KeyObject {
    /// Label: `Authentication` or `Signature`.
    pub label: Option<String>,
    /// Identifier that links it to its certificate.
    pub id: Vec<u8>,
    /// Reference in MSE: SET: 82 or 83.
    pub reference: u8,
    /// Identifier of the PIN that guards it, as in EF(AODF).
    pub pin_id: Option<Vec<u8>>,
    /// Number of uses after which it requires its PIN again, if stated: 1 for the signature key.
    pub user_consent: Option<u32>,
    /// Size in bits: 2048 for RSA, 384 for P-384. (Some 1.7 cards state 1024, and have 2048.)
    pub bits: Option<u32>,
}

/// Parses EF(PrKDF).
///
/// # Errors
/// [`FieldError`] if an entry is cut off, or lacks id or reference.
pub fn keys(file: &[u8]) -> Result<Vec<KeyObject>, FieldError> {
    objects(file, "key directory", |object| {
        let reference = unsigned(object.class.first(INTEGER)?)?;
        Some(KeyObject {
            label: object.label(),
            id: object.class.first(OCTET_STRING)?.to_vec(),
            reference: u8::try_from(reference).ok()?,
            pin_id: object.common.first(OCTET_STRING).map(<[u8]>::to_vec),
            user_consent: object.common.first(INTEGER).and_then(unsigned),
            bits: object.attributes.first(INTEGER).and_then(unsigned),
        })
    })
}

/// Authentication object: an entry of EF(AODF), which describes a PIN.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PinObject {
    /// Label: `Basic PIN`.
    pub label: Option<String>,
    /// Identifier that links it to the keys it guards.
    pub id: Vec<u8>,
    /// Reference in VERIFY: 01.
    pub reference: u8,
    /// Minimum number of digits.
    pub min_len: u32,
    /// Maximum number of digits, if stated; Belgian cards leave it open, and accept 12.
    pub max_len: Option<u32>,
    /// Length in bytes of the PIN block sent to the card.
    pub stored_len: u32,
}

/// Parses EF(AODF).
///
/// # Errors
/// [`FieldError`] if an entry is cut off, or lacks id or lengths.
pub fn pins(file: &[u8]) -> Result<Vec<PinObject>, FieldError> {
    const REFERENCE: u8 = 0x80;
    objects(file, "PIN directory", |object| {
        let length = |n| object.attributes.nth(INTEGER, n).and_then(unsigned);
        let reference = object.attributes.first(REFERENCE).map_or(Some(0), unsigned)?;
        Some(PinObject {
            label: object.label(),
            id: object.class.first(OCTET_STRING)?.to_vec(),
            reference: u8::try_from(reference).ok()?,
            min_len: length(0)?,
            stored_len: length(1)?,
            max_len: length(2),
        })
    })
}

/// PKCS#15 object: the attributes common to all objects, those of its class, and those of its type.
struct Pkcs15Object<'a> {
    common: BerObjects<'a>,
    class: BerObjects<'a>,
    attributes: BerObjects<'a>,
}

impl<'a> Pkcs15Object<'a> {
    fn parse(value: &'a [u8]) -> Option<Self> {
        let parts = BerObjects::parse(value)?;
        Some(Self {
            common: parts.inside(SEQUENCE)?,
            class: BerObjects::parse(parts.nth(SEQUENCE, 1)?)?,
            attributes: parts.inside(TYPE_ATTRIBUTES)?.inside(SEQUENCE)?,
        })
    }

    fn label(&self) -> Option<String> {
        self.common.first(UTF8_STRING).and_then(text)
    }
}

/// Parses every object of a directory file without regard to its outer tag: a key's is 30 for RSA and A0 for EC.
fn objects<R>(
    file: &[u8],
    name: &'static str,
    entry: impl Fn(&Pkcs15Object<'_>) -> Option<R>,
) -> Result<Vec<R>, FieldError> {
    let wrong = || FieldError::new(name, "PKCS#15 objects");
    let lines = BerObjects::parse(file).ok_or_else(wrong)?;
    lines
        .iter()
        .map(|line| {
            Pkcs15Object::parse(line.value)
                .and_then(|object| entry(&object))
                .ok_or_else(wrong)
        })
        .collect()
}

/// Parses a PKCS#15 `Path`: two bytes for each file identifier.
fn file_path(path: &BerObjects<'_>) -> Option<Path> {
    let bytes = path.first(OCTET_STRING)?;
    let (pairs, []) = bytes.as_chunks::<2>() else {
        return None;
    };
    Some(pairs.iter().map(|pair| u16::from_be_bytes(*pair)).collect())
}

fn text(value: &[u8]) -> Option<String> {
    str::from_utf8(value).ok().map(str::to_owned)
}
