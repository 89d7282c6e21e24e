//! The file system of a card, built from its holder and from what the test PKI issued.

use crate::applets::FilePadding;
use crate::encode::{encode_address, encode_identity};
use crate::keys::der_of;
use crate::oddities::Oddities;
use crate::pkcs15::{self, hex};
use crate::pki::{CardCredentials, CertifiedKey};
use crate::{Citizen, SimulatorError};
use sha2::{Digest, Sha384};

/// Start of the chip serial number of every virtual card. (Real ones begin with `SL` and a byte of the manufacturer.)
pub const CHIP_SERIAL_PREFIX: &str = "SLTESTBEIDD";

/// A small grey portrait of nobody, with the word TEST across it.
const SILHOUETTE: &[u8] = include_bytes!("silhouette.jpg");
/// Offset in it for a comment: after the start of image and the JFIF segment.
const AFTER_JFIF: usize = 20;

/// Master file, directory of PKCS#15 and directory of identity.
pub(crate) const MF: u16 = 0x3F00;
pub(crate) const DF_BELPIC: u16 = 0xDF00;
pub(crate) const DF_ID: u16 = 0xDF01;

/// A transparent elementary file.
pub(crate) struct CardFile {
    /// Id of its directory.
    pub(crate) parent: u16,
    pub(crate) id: u16,
    pub(crate) content: Vec<u8>,
    /// True if READ RECORD can pick fields out of it (1.8).
    pub(crate) is_tlv: bool,
}

/// The chip serial number of `citizen`'s card: [`CHIP_SERIAL_PREFIX`] and the last five digits of the card number.
pub(crate) fn chip_serial(citizen: &Citizen) -> [u8; 16] {
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

/// Builds all files of the card.
pub(crate) fn build(
    citizen: &Citizen,
    issued: &CardCredentials,
    oddities: &Oddities,
) -> Result<Vec<CardFile>, SimulatorError> {
    let basic = issued.basic.as_ref().map(|key| der_of(&key.spki()?)).transpose()?;
    let mut files = pkcs15_files(citizen);
    files.extend(certificates(citizen, issued));
    files.extend(identity_files(citizen, issued, basic.as_deref(), oddities)?);
    match basic {
        Some(spki) => files.push(file(DF_ID, 0x4040, spki)),
        // Hash of the CA-role key, and preferences: both unused, up to 1.7 only.
        None => files.extend([file(DF_ID, 0x4038, vec![0; 32]), file(DF_ID, 0x4039, vec![0; 100])]),
    }
    // After signing, which is done as if no file were missing.
    files.retain(|file| oddities.keep(file.parent, file.id));
    Ok(files)
}

fn pkcs15_files(citizen: &Citizen) -> Vec<CardFile> {
    let of_applet = citizen.applet.model().pkcs15;
    vec![
        file(MF, 0x2F00, hex(pkcs15::DIR)),
        file(DF_BELPIC, 0x5031, hex(pkcs15::ODF)),
        file(DF_BELPIC, 0x5032, of_applet.token_info(&chip_serial(citizen))),
        file(DF_BELPIC, 0x5034, hex(pkcs15::AODF)),
        file(DF_BELPIC, 0x5035, of_applet.prkdf()),
        file(DF_BELPIC, 0x5037, of_applet.cdf(citizen.certificates)),
    ]
}

fn certificates(citizen: &Citizen, issued: &CardCredentials) -> [CardFile; 5] {
    let model = citizen.applet.model();
    let holder = |certified: &Option<CertifiedKey>| match certified {
        Some(certified) => model.holder_padding.apply(&certified.certificate),
        None => vec![0; model.absent_len],
    };
    let [authentication, signature] = &issued.holder;
    [
        file(DF_BELPIC, 0x5038, holder(authentication)),
        file(DF_BELPIC, 0x5039, holder(signature)),
        file(DF_BELPIC, 0x503A, model.ca_padding.apply(&issued.ca.certificate)),
        file(DF_BELPIC, 0x503B, model.other_padding.apply(&issued.root.certificate)),
        file(
            DF_BELPIC,
            0x503C,
            model.other_padding.apply(&issued.register.certificate),
        ),
    ]
}

fn identity_files(
    citizen: &Citizen,
    issued: &CardCredentials,
    basic: Option<&[u8]>,
    oddities: &Oddities,
) -> Result<[CardFile; 5], SimulatorError> {
    let photo = photo(citizen)?;
    let identity = identity(citizen, &photo, basic, oddities);
    let identity_signature = signature(citizen, issued, &identity)?;
    let address = address(citizen, oddities);
    // With the identity's signature behind it, so that the address of one card does not fit the identity of another.
    let address_signature = signature(citizen, issued, &[trim(&address), &identity_signature].concat())?;
    let tlv = |id, content| CardFile {
        is_tlv: true,
        ..file(DF_ID, id, content)
    };
    Ok([
        tlv(0x4031, identity),
        file(DF_ID, 0x4032, identity_signature),
        tlv(0x4033, address),
        file(DF_ID, 0x4034, address_signature),
        file(DF_ID, 0x4035, photo),
    ])
}

fn file(parent: u16, id: u16, content: Vec<u8>) -> CardFile {
    CardFile {
        parent,
        id,
        content,
        is_tlv: false,
    }
}

/// EF(ID#RN) 4031 (card content 5.4, 6.2).
fn identity(c: &Citizen, photo: &[u8], basic: Option<&[u8]>, oddities: &Oddities) -> Vec<u8> {
    let (begin, end) = (c.valid.0.to_string(), c.valid.1.to_string());
    let serial = chip_serial(c);
    let photo_hash = (c.applet.model().photo_hash)(photo);
    let basic_hash = basic.map(|spki| Sha384::digest(spki).to_vec());
    let mut fields: Vec<(u8, &[u8])> = vec![
        (0x01, c.card_number.as_bytes()),
        (0x02, &serial),
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
    let foreigner = c.foreigner.iter().flat_map(|foreigner| foreigner.tags);
    fields.extend(foreigner.map(|(tag, value)| (*tag, value.as_bytes())));
    fields.extend(basic_hash.as_deref().map(|hash| (0x1A, hash)));
    encode_identity(&Oddities::fields(&fields, oddities.identity))
}

/// EF(ID#Address) 4033.
fn address(citizen: &Citizen, oddities: &Oddities) -> Vec<u8> {
    let [street, code, municipality] = citizen.address.map(str::as_bytes);
    let fields = [(0x01, street), (0x02, code), (0x03, municipality)];
    encode_address(&Oddities::fields(&fields, oddities.address))
}

/// Cuts off the zeros at the end of `file`: the address signature does not cover them (card content 5.4, 6.2.5).
fn trim(file: &[u8]) -> &[u8] {
    let len = file
        .iter()
        .rposition(|&byte| byte != 0)
        .map_or(0, |last| last.saturating_add(1));
    file.get(..len).unwrap_or_default()
}

/// Signs `message` as the National Register; padded as in the signature file.
fn signature(citizen: &Citizen, issued: &CardCredentials, message: &[u8]) -> Result<Vec<u8>, SimulatorError> {
    let signature = issued.register.key.sign(issued.hash, message)?;
    Ok(FilePadding::To(citizen.applet.model().signature_len).apply(&signature))
}

/// EF(Photo) 4035: the silhouette, with the citizen's id in a JPEG comment, so that no two cards have the same photo.
/// The comment says it often enough to make the file as long as those on real cards.
fn photo(citizen: &Citizen) -> Result<Vec<u8>, SimulatorError> {
    const MARKER: usize = 2;
    let text = format!("TEST, invented person {}. ", citizen.id);
    let wanted = citizen.applet.model().photo_len.saturating_sub(SILHOUETTE.len());
    // The marker and the length take two bytes each.
    let comment: Vec<u8> = text.bytes().cycle().take(wanted.saturating_sub(2 * MARKER)).collect();
    // The length of a JPEG segment counts its own two bytes (ITU-T T.81, B.1.1.4).
    let len =
        u16::try_from(comment.len().saturating_add(MARKER)).map_err(|_| der::Error::from(der::ErrorKind::Overflow))?;
    let (head, tail) = SILHOUETTE.split_at_checked(AFTER_JFIF).unwrap_or((SILHOUETTE, &[]));
    Ok([head, &[0xFF, 0xFE], &len.to_be_bytes(), &comment, tail].concat())
}
