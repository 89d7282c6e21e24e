//! The file system of a card, built from its holder and from what the test PKI issued.

use super::pkcs15::{self, hex};
use super::pki::{Certified, Issued};
use super::{Applet, Citizen, SimulatorError};
use der::Encode;
use sha2::{Digest, Sha256, Sha384};

/// How the chip serial number of every virtual card begins. (Real ones begin with `SL` and a byte of the manufacturer.)
pub const CHIP_SERIAL_PREFIX: &str = "SLTESTBEIDD";

/// A small grey portrait of nobody, with the word TEST across it.
const SILHOUETTE: &[u8] = include_bytes!("silhouette.jpg");
/// Where in it a comment may go: after the start of image and the JFIF segment.
const AFTER_JFIF: usize = 20;

/// Size of EF(ID#Address), whatever it holds.
const ADDRESS_LEN: usize = 121;
/// Size of a signature file on 1.8: no source says, but the longest DER signature of P-384 has 104 bytes.
const EC_SIGNATURE_LEN: usize = 104;
/// Size of the holder's certificate files on 1.7, as on official specimens.
const HOLDER_CERTIFICATE_17: usize = 1900;
/// Zeros after every certificate on 1.8 (card content 5.4, 8); after that of the CA on 1.7 (4.01, 8).
const PADDING_18: usize = 1100;
const CA_PADDING_17: usize = 50;
/// Size of a certificate file without a certificate.
const ABSENT_17: usize = 1300;
const ABSENT_18: usize = 2500;

/// Master file, directory of PKCS#15 and directory of identity.
pub(super) const MF: u16 = 0x3F00;
pub(super) const DF_BELPIC: u16 = 0xDF00;
pub(super) const DF_ID: u16 = 0xDF01;

/// One transparent file.
pub(super) struct File {
    /// The directory it is in.
    pub(super) parent: u16,
    pub(super) id: u16,
    pub(super) content: Vec<u8>,
    /// Whether READ RECORD can pick fields out of it (1.8).
    pub(super) is_tlv: bool,
}

/// The chip serial number of `citizen`'s card: [`CHIP_SERIAL_PREFIX`] and the last five digits of the card number.
pub(super) fn chip_serial(citizen: &Citizen) -> [u8; 16] {
    let mut serial = [b'0'; 16];
    let number = citizen
        .card_number
        .bytes()
        .skip(citizen.card_number.len().saturating_sub(5));
    for (to, from) in serial.iter_mut().zip(CHIP_SERIAL_PREFIX.bytes().chain(number)) {
        *to = from;
    }
    serial
}

/// All files of the card.
pub(super) fn build(citizen: &Citizen, issued: &Issued) -> Result<Vec<File>, SimulatorError> {
    let applet = citizen.applet;
    let serial = chip_serial(citizen);
    let photo = photo(citizen)?;
    let basic = issued
        .basic
        .as_ref()
        .map(|key| key.spki()?.to_der().map_err(SimulatorError::from))
        .transpose()?;
    let identity = identity(citizen, &serial, &photo, basic.as_deref())?;
    let identity_signature = signature(applet, issued, &identity)?;
    let address = address(citizen)?;
    let address_signature = signature(applet, issued, &[trim(&address), &identity_signature].concat())?;
    let [authentication, non_repudiation] = match &issued.holder {
        Some([a, s]) => [Some(a), Some(s)],
        None => [None, None],
    };
    let mut files = vec![
        file(MF, 0x2F00, hex(pkcs15::DIR)),
        file(DF_BELPIC, 0x5031, hex(pkcs15::ODF)),
        file(DF_BELPIC, 0x5032, pkcs15::token_info(applet, &serial)),
        file(DF_BELPIC, 0x5034, hex(pkcs15::AODF)),
        file(DF_BELPIC, 0x5035, pkcs15::prkdf(applet)),
        file(DF_BELPIC, 0x5037, pkcs15::cdf(applet, citizen.has_certificates)),
        file(DF_BELPIC, 0x5038, holder_certificate(applet, authentication)),
        file(DF_BELPIC, 0x5039, holder_certificate(applet, non_repudiation)),
        file(
            DF_BELPIC,
            0x503A,
            padded(
                &issued.ca,
                if applet == Applet::V17 {
                    CA_PADDING_17
                } else {
                    PADDING_18
                },
            ),
        ),
        file(
            DF_BELPIC,
            0x503B,
            padded(&issued.root, if applet == Applet::V17 { 0 } else { PADDING_18 }),
        ),
        file(
            DF_BELPIC,
            0x503C,
            padded(
                &issued.register.certificate,
                if applet == Applet::V17 { 0 } else { PADDING_18 },
            ),
        ),
        File {
            is_tlv: true,
            ..file(DF_ID, 0x4031, identity)
        },
        file(DF_ID, 0x4032, identity_signature),
        File {
            is_tlv: true,
            ..file(DF_ID, 0x4033, address)
        },
        file(DF_ID, 0x4034, address_signature),
        file(DF_ID, 0x4035, photo),
    ];
    match basic {
        Some(spki) => files.push(file(DF_ID, 0x4040, spki)),
        // Hash of the CA-role key, and preferences: both unused, on 1.7 only.
        None => files.extend([file(DF_ID, 0x4038, vec![0; 32]), file(DF_ID, 0x4039, vec![0; 100])]),
    }
    Ok(files)
}

fn file(parent: u16, id: u16, content: Vec<u8>) -> File {
    File {
        parent,
        id,
        content,
        is_tlv: false,
    }
}

/// EF(ID#RN) 4031, not padded (card content 5.4, 6.2).
fn identity(c: &Citizen, serial: &[u8], photo: &[u8], basic: Option<&[u8]>) -> Result<Vec<u8>, SimulatorError> {
    let (begin, end) = (c.valid.0.to_string(), c.valid.1.to_string());
    let photo_hash = match c.applet {
        Applet::V17 => Sha256::digest(photo).to_vec(),
        Applet::V18 => Sha384::digest(photo).to_vec(),
    };
    let mut fields: Vec<(u8, &[u8])> = vec![
        (0x01, c.card_number.as_bytes()),
        (0x02, serial),
        (0x03, begin.as_bytes()),
        (0x04, end.as_bytes()),
        (0x05, c.municipality.as_bytes()),
        (0x06, c.national_number.as_bytes()),
        (0x07, c.surname.as_bytes()),
        (0x08, c.given_names.as_bytes()),
        (0x09, c.third_name_initial.as_bytes()),
        (0x0A, c.nationality.as_bytes()),
        (0x0B, c.birth_place.as_bytes()),
        (0x0C, c.birth_date.as_bytes()),
        (0x0D, c.sex.as_bytes()),
        (0x0E, c.noble_condition.as_bytes()),
        (0x0F, c.document_type.as_bytes()),
        (0x10, c.special_status.as_bytes()),
        (0x11, &photo_hash),
    ];
    if let Some(foreigner) = &c.foreigner {
        fields.extend(foreigner.tags.iter().map(|(tag, value)| (*tag, value.as_bytes())));
    }
    let basic_hash = basic.map(|spki| Sha384::digest(spki).to_vec());
    if let Some(hash) = &basic_hash {
        fields.push((0x1A, hash));
    }
    fields.sort_by_key(|(tag, _)| *tag);
    tlv(&fields)
}

/// EF(ID#Address) 4033.
fn address(citizen: &Citizen) -> Result<Vec<u8>, SimulatorError> {
    let [street, code, municipality] = citizen.address.map(str::as_bytes);
    let mut file = tlv(&[(0x01, street), (0x02, code), (0x03, municipality)])?;
    file.resize(ADDRESS_LEN.max(file.len()), 0);
    Ok(file)
}

/// Simplified TLV of the identity files. No field of ours is long enough for a second length byte.
fn tlv(fields: &[(u8, &[u8])]) -> Result<Vec<u8>, SimulatorError> {
    let mut file = Vec::new();
    for (tag, value) in fields {
        let len = u8::try_from(value.len())
            .ok()
            .filter(|len| *len < 0xFF)
            .ok_or(der::ErrorKind::Overflow)
            .map_err(der::Error::from)?;
        file.extend([*tag, len]);
        file.extend_from_slice(value);
    }
    Ok(file)
}

/// `file` without the zeros it ends in: what the address signature covers (card content 5.4, 6.2.5).
fn trim(file: &[u8]) -> &[u8] {
    let len = file
        .iter()
        .rposition(|&byte| byte != 0)
        .map_or(0, |last| last.saturating_add(1));
    file.get(..len).unwrap_or_default()
}

/// The National Register's signature over `message`, as its file holds it.
fn signature(applet: Applet, issued: &Issued, message: &[u8]) -> Result<Vec<u8>, SimulatorError> {
    let mut signature = issued.register.key.sign(message)?;
    if applet == Applet::V18 {
        signature.resize(EC_SIGNATURE_LEN.max(signature.len()), 0);
    }
    Ok(signature)
}

/// EF(Photo) 4035: the silhouette with the citizen's id in a JPEG comment, so that no two cards have the same photo.
fn photo(citizen: &Citizen) -> Result<Vec<u8>, SimulatorError> {
    let comment = format!("TEST, invented person {}", citizen.id);
    let len = u8::try_from(comment.len().saturating_add(2)).map_err(|_| der::Error::from(der::ErrorKind::Overflow))?;
    let (head, tail) = SILHOUETTE.split_at_checked(AFTER_JFIF).unwrap_or((SILHOUETTE, &[]));
    Ok([head, &[0xFF, 0xFE, 0x00, len], comment.as_bytes(), tail].concat())
}

fn holder_certificate(applet: Applet, certified: Option<&Certified>) -> Vec<u8> {
    match (applet, certified) {
        (Applet::V17, Some(c)) => padded(
            &c.certificate,
            HOLDER_CERTIFICATE_17.saturating_sub(c.certificate.len()),
        ),
        (Applet::V18, Some(c)) => padded(&c.certificate, PADDING_18),
        (Applet::V17, None) => vec![0; ABSENT_17],
        (Applet::V18, None) => vec![0; ABSENT_18],
    }
}

fn padded(content: &[u8], zeros: usize) -> Vec<u8> {
    let mut file = content.to_vec();
    file.resize(content.len().saturating_add(zeros), 0);
    file
}
