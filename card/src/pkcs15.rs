//! The PKCS#15 directory files: which keys, certificates and PINs the card says it has.
//!
//! Nothing in them is signed, so nothing is decided on them alone; what they name can be looked for. Only what Belgian
//! cards use of PKCS#15 is read; attributes unknown to us are passed over.
//!
//! Source: card content 4.01 (1.7), chapter 6, and 5.4 (1.8), chapter 5; PKCS#15 1.1, chapter 6.

use crate::ber::{Elements, unsigned};
use crate::error::FieldError;
use crate::values::ChipNumber;

const BOOLEAN: u8 = 0x01;
const INTEGER: u8 = 0x02;
const OCTET_STRING: u8 = 0x04;
const UTF8_STRING: u8 = 0x0C;
const SEQUENCE: u8 = 0x30;
/// `typeAttributes` of an object.
const TYPE_ATTRIBUTES: u8 = 0xA1;

/// A path of file ids, from the master file on.
pub type Path = Vec<u16>;

/// EF(TokenInfo): what the card says of itself.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TokenInfo {
    /// The same as GET CARD DATA's.
    pub chip_number: ChipNumber,
    /// `BELPIC`.
    pub label: Option<String>,
    /// How the card is printed.
    pub graphical_version: u8,
    /// How its files are laid out, 0 to 4 and up.
    pub electrical_version: u8,
    /// Version of this file's own last field.
    pub interface_version: u8,
}

impl TokenInfo {
    /// Reads the whole file.
    ///
    /// # Errors
    /// [`FieldError`] if it has no chip number or no versions.
    pub fn parse(file: &[u8]) -> Result<Self, FieldError> {
        const LABEL: u8 = 0x80;
        const VERSIONS: u8 = 0x9E;
        let wrong = FieldError::new("token info", "a PKCS#15 TokenInfo with four versions");
        let info = Elements::parse(file)
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

/// One line of EF(ODF): where the objects of one kind are listed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Directory {
    /// What it lists.
    pub kind: DirectoryKind,
    /// Its file.
    pub path: Path,
}

/// What a directory file lists.
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

/// Reads EF(ODF).
///
/// # Errors
/// [`FieldError`] if a line is cut off or names no file.
pub fn directories(file: &[u8]) -> Result<Vec<Directory>, FieldError> {
    let wrong = || FieldError::new("object directory", "paths of directory files");
    let lines = Elements::parse(file).ok_or_else(wrong)?;
    let directory = |line: crate::ber::Element<'_>| {
        let path = Elements::parse(line.value)?.inside(SEQUENCE)?;
        Some(Directory {
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

/// One line of EF(CDF): a certificate the card says it has.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CertificateEntry {
    /// `Authentication`, `Signature`, `CA`, `Root`.
    pub label: Option<String>,
    /// Links it to its key: 02, 03; authorities have none of theirs on the card.
    pub id: Vec<u8>,
    /// Whether it says it is an authority's.
    pub authority: bool,
    /// Its file.
    pub path: Path,
}

/// Reads EF(CDF), up to the zeros in place of what a child's card has not.
///
/// # Errors
/// [`FieldError`] if a line is cut off, or lacks id or path.
pub fn certificates(file: &[u8]) -> Result<Vec<CertificateEntry>, FieldError> {
    objects(file, "certificate directory", |object| {
        Some(CertificateEntry {
            label: object.label(),
            id: object.class.first(OCTET_STRING)?.to_vec(),
            authority: object.class.first(BOOLEAN).is_some_and(|value| value != [0]),
            path: file_path(&object.attributes.inside(SEQUENCE)?)?,
        })
    })
}

/// One line of EF(PrKDF): a key of the holder.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct KeyEntry {
    /// `Authentication`, `Signature`.
    pub label: Option<String>,
    /// Links it to its certificate.
    pub id: Vec<u8>,
    /// As MSE: SET calls it: 82, 83.
    pub reference: u8,
    /// The PIN it wants, as EF(AODF) calls it.
    pub pin_id: Option<Vec<u8>>,
    /// After how many uses it wants its PIN again, if it says so: 1 for the signature key.
    pub user_consent: Option<u32>,
    /// Its size: 2048 for RSA, 384 for P-384. (Some 1.7 cards say 1024, and have 2048.)
    pub bits: Option<u32>,
}

/// Reads EF(PrKDF).
///
/// # Errors
/// [`FieldError`] if a line is cut off, or lacks id or reference.
pub fn keys(file: &[u8]) -> Result<Vec<KeyEntry>, FieldError> {
    objects(file, "key directory", |object| {
        let reference = unsigned(object.class.first(INTEGER)?)?;
        Some(KeyEntry {
            label: object.label(),
            id: object.class.first(OCTET_STRING)?.to_vec(),
            reference: u8::try_from(reference).ok()?,
            pin_id: object.common.first(OCTET_STRING).map(<[u8]>::to_vec),
            user_consent: object.common.first(INTEGER).and_then(unsigned),
            bits: object.attributes.first(INTEGER).and_then(unsigned),
        })
    })
}

/// One line of EF(AODF): a PIN.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PinEntry {
    /// `Basic PIN`.
    pub label: Option<String>,
    /// Links it to the keys that want it.
    pub id: Vec<u8>,
    /// As VERIFY calls it: 01.
    pub reference: u8,
    /// The fewest digits.
    pub min_len: u32,
    /// The most digits, if it says so; Belgian cards leave it open, and take 12.
    pub max_len: Option<u32>,
    /// Length of the block the card is sent, in bytes.
    pub stored_len: u32,
}

/// Reads EF(AODF).
///
/// # Errors
/// [`FieldError`] if a line is cut off, or lacks id or lengths.
pub fn pins(file: &[u8]) -> Result<Vec<PinEntry>, FieldError> {
    const REFERENCE: u8 = 0x80;
    objects(file, "PIN directory", |object| {
        let length = |n| object.attributes.nth(INTEGER, n).and_then(unsigned);
        let reference = object.attributes.first(REFERENCE).map_or(Some(0), unsigned)?;
        Some(PinEntry {
            label: object.label(),
            id: object.class.first(OCTET_STRING)?.to_vec(),
            reference: u8::try_from(reference).ok()?,
            min_len: length(0)?,
            stored_len: length(1)?,
            max_len: length(2),
        })
    })
}

/// A PKCS#15 object: what all have in common, what its class has, and what its type has.
struct Object<'a> {
    common: Elements<'a>,
    class: Elements<'a>,
    attributes: Elements<'a>,
}

impl<'a> Object<'a> {
    fn parse(value: &'a [u8]) -> Option<Self> {
        let parts = Elements::parse(value)?;
        Some(Self {
            common: parts.inside(SEQUENCE)?,
            class: Elements::parse(parts.nth(SEQUENCE, 1)?)?,
            attributes: parts.inside(TYPE_ATTRIBUTES)?.inside(SEQUENCE)?,
        })
    }

    fn label(&self) -> Option<String> {
        self.common.first(UTF8_STRING).and_then(text)
    }
}

/// Reads every object of a directory file, whatever its type says its tag is: a key's is 30 for RSA and A0 for EC.
fn objects<R>(file: &[u8], name: &'static str, entry: impl Fn(&Object<'_>) -> Option<R>) -> Result<Vec<R>, FieldError> {
    let wrong = || FieldError::new(name, "PKCS#15 objects");
    let lines = Elements::parse(file).ok_or_else(wrong)?;
    lines
        .iter()
        .map(|line| {
            Object::parse(line.value)
                .and_then(|object| entry(&object))
                .ok_or_else(wrong)
        })
        .collect()
}

/// `Path`: two bytes for each file on the way.
fn file_path(path: &Elements<'_>) -> Option<Path> {
    let bytes = path.first(OCTET_STRING)?;
    let (pairs, []) = bytes.as_chunks::<2>() else {
        return None;
    };
    Some(pairs.iter().map(|pair| u16::from_be_bytes(*pair)).collect())
}

fn text(value: &[u8]) -> Option<String> {
    str::from_utf8(value).ok().map(str::to_owned)
}
