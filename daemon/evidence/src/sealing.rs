//! Sealing of contents: not at all, with a key of the desk, or to the public key of the institution.
//!
//! ```text
//! desk          nonce (12 octets) ‖ ChaCha20-Poly1305, with the place as additional data        (RFC 8439)
//! institution   key id (8 octets) ‖ encapsulated key (32 octets) ‖ ciphertext, the place as info (RFC 9180)
//! place         "beidd evidence 1" ‖ 00 ‖ desk ‖ 00 ‖ position in decimal digits
//! ```
//!
//! HPKE in base mode: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20-Poly1305, no additional data. The place binds a
//! content to its record: moved to another one, it does not open.

use crate::error::EvidenceError;
use crate::keys::DeskKeys;
use beid_host::random::random_bytes;
use hpke::aead::ChaCha20Poly1305;
use hpke::kdf::HkdfSha256;
use hpke::kem::X25519HkdfSha256;
use hpke::{Deserializable, Kem, OpModeR, OpModeS, Serializable, single_shot_open, single_shot_seal};
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::digest::{SHA256, digest};
use rustls_pki_types::pem::{PemObject, SectionKind};
use zeroize::Zeroizing;

type PublicKey = <X25519HkdfSha256 as Kem>::PublicKey;
type PrivateKey = <X25519HkdfSha256 as Kem>::PrivateKey;
type EncappedKey = <X25519HkdfSha256 as Kem>::EncappedKey;

/// Length of a key id, in octets.
const KEY_ID: usize = 8;
/// Length of an encapsulated key, in octets. (RFC 9180, 7.1)
const ENCAPPED: usize = 32;
/// SubjectPublicKeyInfo of an X25519 key, without the key. (RFC 8410, 4)
const SPKI: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x6e, 0x03, 0x21, 0x00];
/// PrivateKeyInfo of an X25519 key, without the key. (RFC 8410, 7)
const PKCS8: [u8; 16] = [
    0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x6e, 0x04, 0x22, 0x04, 0x20,
];

/// Way in which contents are sealed from now on.
#[derive(Clone)]
pub enum Sealing {
    /// Not at all: whoever reads the database reads them.
    Open,
    /// Sealed with the key of the desk: a copy of the database without it says nothing.
    Desk,
    /// To the institution: the desk itself cannot read them again.
    Institution(InstitutionKey),
}

/// Public key of the institution.
#[derive(Clone)]
pub struct InstitutionKey {
    key: PublicKey,
    id: [u8; KEY_ID],
}

impl InstitutionKey {
    /// Reads an X25519 key in PEM (`PUBLIC KEY`), as `openssl pkey -pubout` writes it.
    ///
    /// # Errors
    /// If it is none.
    pub fn from_pem(pem: &[u8]) -> Result<Self, EvidenceError> {
        let refuse = || {
            EvidenceError::Setting {
            setting: "seal_to",
            reason: "not an X25519 public key in PEM, as `openssl genpkey -algorithm X25519` and `openssl pkey -pubout` make one".to_owned(),
        }
        };
        let der = section(pem, SectionKind::PublicKey).ok_or_else(refuse)?;
        let octets = der.strip_prefix(&SPKI).ok_or_else(refuse)?;
        let key = PublicKey::from_bytes(octets).map_err(|_| refuse())?;
        Ok(Self {
            id: key_id(octets),
            key,
        })
    }
}

/// Private key of the institution, with which its records are read. A desk never has it.
pub struct InstitutionSecret {
    key: PrivateKey,
    id: [u8; KEY_ID],
}

impl InstitutionSecret {
    /// Reads an X25519 key in PEM (`PRIVATE KEY`), as `openssl genpkey` writes it.
    ///
    /// # Errors
    /// If it is none.
    pub fn from_pem(pem: &[u8]) -> Result<Self, EvidenceError> {
        let refuse = || EvidenceError::Setting {
            setting: "key",
            reason: "not an X25519 private key in PEM, as `openssl genpkey -algorithm X25519` makes one".to_owned(),
        };
        let der = section(pem, SectionKind::PrivateKey)
            .map(Zeroizing::new)
            .ok_or_else(refuse)?;
        let octets = der.strip_prefix(&PKCS8).ok_or_else(refuse)?;
        let key = PrivateKey::from_bytes(octets).map_err(|_| refuse())?;
        let public = X25519HkdfSha256::sk_to_pk(&key).to_bytes();
        Ok(Self {
            id: key_id(&public),
            key,
        })
    }
}

/// First section of a kind in PEM.
fn section(pem: &[u8], kind: SectionKind) -> Option<Vec<u8>> {
    let mut sections = <(SectionKind, Vec<u8>)>::pem_slice_iter(pem).filter_map(Result::ok);
    sections.find(|(found, _)| *found == kind).map(|(_, der)| der)
}

fn key_id(public: &[u8]) -> [u8; KEY_ID] {
    let mut id = [0; KEY_ID];
    id.iter_mut()
        .zip(digest(&SHA256, public).as_ref())
        .for_each(|(to, from)| *to = *from);
    id
}

/// Keys with which contents can be read again.
#[derive(Default)]
pub struct Opening<'k> {
    /// Keys of the desk.
    pub desk: Option<&'k DeskKeys>,
    /// Key of the institution.
    pub institution: Option<&'k InstitutionSecret>,
}

/// Place of a content, to which it is bound.
#[derive(Clone, Copy)]
pub(crate) struct ContentPlace<'p> {
    pub(crate) desk: &'p str,
    pub(crate) position: u64,
}

impl ContentPlace<'_> {
    fn info(self) -> Vec<u8> {
        format!("beidd evidence 1\0{}\0{}", self.desk, self.position).into_bytes()
    }

    fn closed(self) -> EvidenceError {
        EvidenceError::Sealed {
            desk: self.desk.to_owned(),
            position: self.position,
        }
    }
}

/// A content as it is stored.
#[derive(Clone)]
pub struct StoredContent {
    /// Word for the way in which it is sealed.
    pub(crate) sealing: String,
    /// Octets, sealed.
    pub(crate) octets: Vec<u8>,
}

impl Sealing {
    /// Word for it, in the database.
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Self::Open => "none",
            Self::Desk => "desk",
            Self::Institution(_) => "institution",
        }
    }

    pub(crate) fn seal(
        &self,
        keys: &DeskKeys,
        place: ContentPlace<'_>,
        content: &[u8],
    ) -> Result<StoredContent, EvidenceError> {
        let octets = match self {
            Self::Open => content.to_vec(),
            Self::Desk => seal_for_desk(keys, place, content)?,
            Self::Institution(key) => seal_for_institution(key, place, content)?,
        };
        Ok(StoredContent {
            sealing: self.word().to_owned(),
            octets,
        })
    }
}

fn seal_for_desk(keys: &DeskKeys, place: ContentPlace<'_>, content: &[u8]) -> Result<Vec<u8>, EvidenceError> {
    // Random nonces may be used for 2^32 contents with one key: more than a desk makes in a thousand years.
    let nonce: [u8; NONCE_LEN] = random_bytes();
    let mut sealed = content.to_vec();
    let key = desk_key(keys).ok_or_else(|| EvidenceError::Internal("a key that cannot seal".to_owned()))?;
    key.seal_in_place_append_tag(
        Nonce::assume_unique_for_key(nonce),
        Aad::from(place.info()),
        &mut sealed,
    )
    .map_err(|_| EvidenceError::Internal("a content that cannot be sealed".to_owned()))?;
    Ok([nonce.as_slice(), &sealed].concat())
}

fn seal_for_institution(
    key: &InstitutionKey,
    place: ContentPlace<'_>,
    content: &[u8],
) -> Result<Vec<u8>, EvidenceError> {
    let sealed = single_shot_seal::<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>(
        &OpModeS::Base,
        &key.key,
        &place.info(),
        content,
        b"",
    );
    let (encapped, ciphertext) = sealed.map_err(|error| EvidenceError::Internal(error.to_string()))?;
    Ok([key.id.as_slice(), &encapped.to_bytes(), &ciphertext].concat())
}

fn desk_key(keys: &DeskKeys) -> Option<LessSafeKey> {
    let key = UnboundKey::new(&CHACHA20_POLY1305, keys.content_key());
    key.ok().map(LessSafeKey::new)
}

impl Opening<'_> {
    /// Opens a content; `None` if its key is not here.
    ///
    /// # Errors
    /// [`EvidenceError::Sealed`] if the key is here and does not open it: it was changed, or belongs elsewhere.
    pub(crate) fn open(
        &self,
        place: ContentPlace<'_>,
        stored: &StoredContent,
    ) -> Result<Option<Zeroizing<Vec<u8>>>, EvidenceError> {
        let opened = match (stored.sealing.as_str(), self.desk, self.institution) {
            ("none", ..) => Some(stored.octets.clone()),
            ("desk", Some(keys), _) if keys.desk() == place.desk => {
                Some(open_for_desk(keys, place, &stored.octets).ok_or_else(|| place.closed())?)
            }
            // Of a chain before: opened if the desk has kept its keys since, else unknown, not wrong.
            ("desk", Some(keys), _) => open_for_desk(keys, place, &stored.octets),
            ("institution", _, Some(secret)) if stored.octets.starts_with(&secret.id) => {
                Some(open_for_institution(secret, place, &stored.octets).ok_or_else(|| place.closed())?)
            }
            ("desk" | "institution", ..) => None,
            _ => return Err(place.closed()),
        };
        Ok(opened.map(Zeroizing::new))
    }
}

fn open_for_desk(keys: &DeskKeys, place: ContentPlace<'_>, octets: &[u8]) -> Option<Vec<u8>> {
    let (nonce, sealed) = octets.split_first_chunk::<NONCE_LEN>()?;
    let mut opened = sealed.to_vec();
    let key = desk_key(keys)?;
    let plain = key.open_in_place(
        Nonce::assume_unique_for_key(*nonce),
        Aad::from(place.info()),
        &mut opened,
    );
    let length = plain.ok()?.len();
    opened.truncate(length);
    Some(opened)
}

fn open_for_institution(secret: &InstitutionSecret, place: ContentPlace<'_>, octets: &[u8]) -> Option<Vec<u8>> {
    let (_, rest) = octets.split_first_chunk::<KEY_ID>()?;
    let (encapped, ciphertext) = rest.split_first_chunk::<ENCAPPED>()?;
    let encapped = EncappedKey::from_bytes(encapped).ok()?;
    single_shot_open::<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>(
        &OpModeR::Base,
        &secret.key,
        &encapped,
        &place.info(),
        ciphertext,
        b"",
    )
    .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(desk: &str, position: u64) -> ContentPlace<'_> {
        ContentPlace { desk, position }
    }

    #[test]
    fn a_content_opens_in_its_place_and_nowhere_else() {
        let (keys, others) = (DeskKeys::new(), DeskKeys::new());
        let here = place(keys.desk(), 7);
        let stored = Sealing::Desk.seal(&keys, here, b"what was done").unwrap();
        assert!(!stored.octets.windows(4).any(|window| window == b"what"));
        let opening = Opening {
            desk: Some(&keys),
            institution: None,
        };
        assert_eq!(*opening.open(here, &stored).unwrap().unwrap(), b"what was done");
        assert!(opening.open(place(keys.desk(), 8), &stored).is_err());
        // Of another desk, whose key is not here: unknown, not wrong.
        assert!(opening.open(place(others.desk(), 7), &stored).unwrap().is_none());
        assert!(Opening::default().open(here, &stored).unwrap().is_none());
        for at in 0..stored.octets.len() {
            let mut changed = stored.clone();
            changed.octets[at] ^= 1;
            assert!(opening.open(here, &changed).is_err(), "{at}");
            changed.octets.truncate(at);
            assert!(opening.open(here, &changed).is_err(), "{at}");
        }
    }

    #[test]
    fn keys_that_are_none_are_refused_with_how_to_make_one() {
        for pem in [
            "",
            "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        ] {
            let said = InstitutionKey::from_pem(pem.as_bytes()).err().unwrap().to_string();
            assert!(said.contains("openssl genpkey"), "{said}");
            assert!(InstitutionSecret::from_pem(pem.as_bytes()).is_err());
        }
    }
}
