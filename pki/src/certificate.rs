//! One X.509 certificate, read once.

use crate::extensions::Extensions;
use crate::{AlgorithmError, HashAlgorithm, PkiError, PublicKey, SignatureAlgorithm, same_name};
use der::asn1::{AnyRef, BitStringRef};
use der::{Decode, Sequence};
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use x509_cert::spki::AlgorithmIdentifierRef;
use x509_parser::asn1_rs::ToDer;
use x509_parser::objects::oid_registry;
use x509_parser::oid_registry::Oid;
use x509_parser::prelude::{FromDer, X509Certificate, X509Name};
use x509_parser::x509::AlgorithmIdentifier;

/// X.509 certificate (RFC 5280), owned, with the fields used here already parsed. Cheap to clone.
#[derive(Clone)]
pub struct Certificate(Arc<Inner>);

struct Inner {
    der: Vec<u8>,
    tbs: Vec<u8>,
    subject: Vec<u8>,
    issuer: Vec<u8>,
    subject_text: Option<String>,
    issuer_text: Option<String>,
    serial: Vec<u8>,
    spki: Vec<u8>,
    public_key: PublicKey,
    not_before: Timestamp,
    not_after: Timestamp,
    subject_serial_number: Option<String>,
    common_name: Option<String>,
    public_key_bits: Vec<u8>,
    extensions: Extensions,
    signature_algorithm: Result<SignatureAlgorithm, AlgorithmError>,
    signature_oid: String,
    signature: Vec<u8>,
    /// Key (SPKI) that was found to have made the signature. Neither ever changes, so it is verified once.
    proved_by: OnceLock<Vec<u8>>,
    /// Signatures of its key that were found good, newest first.
    made: Mutex<VecDeque<Proven>>,
}

/// `Certificate` (RFC 5280, 4.1), as far as no signature covers it.
#[derive(Sequence)]
struct SignedCertificate<'a> {
    tbs: AnyRef<'a>,
    algorithm: AlgorithmIdentifierRef<'a>,
    signature: BitStringRef<'a>,
}

/// Fingerprint of a verified signature: SHA-256 over the hash's name, the digest that was signed and the signature.
type Proven = [u8; 32];

/// Number of verified signatures that a certificate remembers: those of some cards, where it is the register's.
const REMEMBERED: usize = 64;

/// The key-usage bits we ask about (RFC 5280, 4.2.1.3).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct KeyUsage {
    /// Bit 0: TLS and log-in.
    pub digital_signature: bool,
    /// Bit 1: signatures that bind their maker.
    pub non_repudiation: bool,
    /// Bit 5: issuing certificates.
    pub key_cert_sign: bool,
    /// Bit 6: issuing revocation lists.
    pub crl_sign: bool,
}

impl Certificate {
    /// Reads one DER certificate.
    ///
    /// # Errors
    /// [`PkiError::MalformedCertificate`] if it is none, or if anything follows it; [`PkiError::UnsupportedKey`] if its key
    /// is not written in DER that can be read here. A key of a kind that is not known here is no error: it is
    /// [`PublicKey::Other`] and verifies nothing.
    pub fn parse(der: &[u8]) -> Result<Self, PkiError> {
        let (rest, parsed) = X509Certificate::from_der(der).map_err(|_| PkiError::MalformedCertificate)?;
        if !rest.is_empty() {
            return Err(PkiError::MalformedCertificate);
        }
        // The parser does not look at all tags around what is signed, and no signature covers them.
        let around = SignedCertificate::from_der(der).map_err(|_| PkiError::MalformedCertificate)?;
        if around.signature.as_bytes().is_none() {
            return Err(PkiError::MalformedCertificate);
        }
        let tbs = &parsed.tbs_certificate;
        // RFC 5280, 4.1.1.2: the algorithm stands twice, and must be the same; only the inner one is signed.
        if tbs.signature != parsed.signature_algorithm {
            return Err(PkiError::MalformedCertificate);
        }
        // RFC 5280, 4.2: an extension stands once. Of two, the next reader may take the other one.
        if tbs.extensions_map().is_err() {
            return Err(PkiError::MalformedCertificate);
        }
        Ok(Self(Arc::new(Inner {
            der: der.to_vec(),
            tbs: tbs.as_ref().to_vec(),
            subject: tbs.subject.as_raw().to_vec(),
            issuer: tbs.issuer.as_raw().to_vec(),
            subject_text: in_words(&tbs.subject),
            issuer_text: in_words(&tbs.issuer),
            serial: tbs.raw_serial().to_vec(),
            spki: tbs.subject_pki.raw.to_vec(),
            public_key: PublicKey::from_spki(tbs.subject_pki.raw)?,
            not_before: timestamp(tbs.validity.not_before.timestamp())?,
            not_after: timestamp(tbs.validity.not_after.timestamp())?,
            subject_serial_number: attribute(&tbs.subject, &x509_parser::oid_registry::OID_X509_SERIALNUMBER),
            common_name: attribute(&tbs.subject, &x509_parser::oid_registry::OID_X509_COMMON_NAME),
            public_key_bits: tbs.subject_pki.subject_public_key.data.to_vec(),
            extensions: Extensions::from_certificate(&parsed),
            signature_algorithm: signature_algorithm(&parsed.signature_algorithm),
            signature_oid: parsed.signature_algorithm.algorithm.to_id_string(),
            signature: parsed.signature_value.data.to_vec(),
            proved_by: OnceLock::new(),
            made: Mutex::default(),
        })))
    }

    /// Returns the whole certificate, as read.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.0.der
    }

    /// Subject `Name`, DER, as encoded in the certificate.
    #[must_use]
    pub fn subject_der(&self) -> &[u8] {
        &self.0.subject
    }

    /// Issuer `Name`, DER, as encoded in the certificate.
    #[must_use]
    pub fn issuer_der(&self) -> &[u8] {
        &self.0.issuer
    }

    /// Returns the subject for people, in the order of the certificate: `C=BE, CN=Belgium Root CA4`. `None` if it cannot be
    /// written as text. A holder's name and national number are in it.
    #[must_use]
    pub fn subject(&self) -> Option<&str> {
        self.0.subject_text.as_deref()
    }

    /// Returns the issuer for people, as [`subject`](Self::subject).
    #[must_use]
    pub fn issuer(&self) -> Option<&str> {
        self.0.issuer_text.as_deref()
    }

    /// Content octets of the serial number's INTEGER.
    #[must_use]
    pub fn serial(&self) -> &[u8] {
        &self.0.serial
    }

    /// `SubjectPublicKeyInfo`, DER, of which a pin is the hash.
    #[must_use]
    pub fn spki_der(&self) -> &[u8] {
        &self.0.spki
    }

    /// The subject's public key.
    #[must_use]
    pub fn public_key(&self) -> &PublicKey {
        &self.0.public_key
    }

    /// First second of validity.
    #[must_use]
    pub fn not_before(&self) -> Timestamp {
        self.0.not_before
    }

    /// Last second of validity.
    #[must_use]
    pub fn not_after(&self) -> Timestamp {
        self.0.not_after
    }

    /// Returns true if `at` lies within the validity, both ends included.
    #[must_use]
    pub fn is_valid_at(&self, at: Timestamp) -> bool {
        (self.0.not_before..=self.0.not_after).contains(&at)
    }

    /// The subject's `serialNumber` (2.5.4.5): on holder certificates the national number. The first that is eleven
    /// digits wins, since one test authority writes the surname as a second serialNumber.
    #[must_use]
    pub fn subject_serial_number(&self) -> Option<&str> {
        self.0.subject_serial_number.as_deref()
    }

    /// The subject's `commonName`.
    #[must_use]
    pub fn common_name(&self) -> Option<&str> {
        self.0.common_name.as_deref()
    }

    /// The key usage, if the certificate states one.
    #[must_use]
    pub fn key_usage(&self) -> Option<KeyUsage> {
        self.0.extensions.key_usage
    }

    /// Returns true if basic constraints make this a certification authority.
    #[must_use]
    pub fn is_ca(&self) -> bool {
        self.0.extensions.basic_constraints.is_some_and(|(ca, _)| ca)
    }

    /// Number of authorities that may follow below this one, if limited.
    #[must_use]
    pub fn path_len(&self) -> Option<u32> {
        self.0.extensions.basic_constraints.and_then(|(_, len)| len)
    }

    /// Certificate policies, as dotted OIDs.
    #[must_use]
    pub fn policies(&self) -> &[String] {
        &self.0.extensions.policies
    }

    /// Extended key usages (RFC 5280, 4.2.1.12), as dotted OIDs; empty if the certificate states none.
    #[must_use]
    pub fn extended_key_usages(&self) -> &[String] {
        &self.0.extensions.extended_key_usages
    }

    /// Returns true if time stamping is the only extended key usage, and critical (RFC 3161, 2.3).
    #[must_use]
    pub fn is_for_time_stamping(&self) -> bool {
        const TIME_STAMPING: &str = "1.3.6.1.5.5.7.3.8";
        self.0.extensions.extended_key_usages_critical && self.extended_key_usages() == [TIME_STAMPING]
    }

    /// Subject key identifier, by which a signer may be named (RFC 5280, 4.2.1.2).
    #[must_use]
    pub fn subject_key_identifier(&self) -> Option<&[u8]> {
        self.0.extensions.subject_key_identifier.as_deref()
    }

    /// Returns true if its authority key identifier names another key than that of `issuer`, which then is only a namesake of
    /// the authority that signed it. (RFC 5280, 4.2.1.1)
    pub(crate) fn names_another_key(&self, issuer: &Self) -> bool {
        let named = self.0.extensions.authority_key_identifier.as_deref();
        matches!((named, issuer.subject_key_identifier()), (Some(named), Some(key)) if named != key)
    }

    /// Addresses at which its issuer answers OCSP requests about it (RFC 5280, 4.2.2.1); `http` only.
    #[must_use]
    pub fn ocsp_urls(&self) -> &[String] {
        &self.0.extensions.ocsp_urls
    }

    /// Addresses of the revocation lists it would be on (RFC 5280, 4.2.1.13); `http` only, and only lists of its own issuer
    /// for every reason.
    #[must_use]
    pub fn crl_urls(&self) -> &[String] {
        &self.0.extensions.crl_urls
    }

    /// Returns true if it has a critical extension that is not known here. Such a certificate may not be used (RFC 5280,
    /// 4.2).
    #[must_use]
    pub fn has_unknown_critical_extension(&self) -> bool {
        self.0.extensions.unknown_critical
    }

    /// Returns true if its issuer says that this OCSP responder need not be checked for revocation (RFC 6960, 4.2.2.2.1).
    #[must_use]
    pub fn has_ocsp_no_check(&self) -> bool {
        self.0.extensions.ocsp_no_check
    }

    /// The public key alone, without its algorithm: OCSP names a key by the hash of it (RFC 6960, 4.1.1).
    pub(crate) fn public_key_bits(&self) -> &[u8] {
        &self.0.public_key_bits
    }

    /// Returns true if subject and issuer are the same name, as in a root.
    #[must_use]
    pub fn is_self_issued(&self) -> bool {
        same_name(&self.0.subject, &self.0.issuer)
    }

    /// The hash its issuer signed it with: on RSA cards also the one to try first on what this key signed.
    #[must_use]
    pub fn signature_hash(&self) -> Option<HashAlgorithm> {
        self.0.signature_algorithm.ok().map(SignatureAlgorithm::hash)
    }

    /// Checks that `issuer` issued this: the names meet and the signature is its key's. Says nothing about validity,
    /// constraints or trust: that is [`TrustStore::chain`](crate::TrustStore::chain).
    ///
    /// # Errors
    /// [`PkiError::WrongIssuer`], [`PkiError::UnsupportedAlgorithm`] or [`PkiError::BadSignature`].
    pub fn verify_issued_by(&self, issuer: &Self) -> Result<(), PkiError> {
        if !same_name(&self.0.issuer, &issuer.0.subject) {
            return Err(PkiError::WrongIssuer);
        }
        if self.0.proved_by.get() == Some(&issuer.0.spki) {
            return Ok(());
        }
        let algorithm = self
            .0
            .signature_algorithm
            .map_err(|_| PkiError::UnsupportedAlgorithm(self.0.signature_oid.clone()))?;
        issuer
            .0
            .public_key
            .verify_with(algorithm, &self.0.tbs, &self.0.signature)?;
        // Only successes are kept: another namesake may still turn out to be the issuer.
        self.0.proved_by.get_or_init(|| issuer.0.spki.clone());
        Ok(())
    }

    /// Checks that this certificate's key made `signature` over `message`, as [`PublicKey::verify`]. A signature that
    /// verified once is not calculated again: the same bytes always give the same result.
    ///
    /// # Errors
    /// [`PkiError::BadSignature`].
    pub fn verify_signature(&self, hash: HashAlgorithm, message: &[u8], signature: &[u8]) -> Result<(), PkiError> {
        let digest = hash.digest(message);
        let parts = [hash.name().as_bytes(), &digest, signature];
        // The name says how long the digest is, so no two triples read alike.
        let proven: Proven = Sha256::digest(parts.concat()).into();
        // Locked for moments only, never while a signature is calculated.
        let made = || self.0.made.lock().unwrap_or_else(PoisonError::into_inner);
        if made().contains(&proven) {
            return Ok(());
        }
        self.0.public_key.verify(hash, message, signature)?;
        let mut made = made();
        made.truncate(REMEMBERED - 1);
        made.push_front(proven);
        Ok(())
    }
}

impl PartialEq for Certificate {
    fn eq(&self, other: &Self) -> bool {
        self.0.der == other.0.der
    }
}

impl Eq for Certificate {}

/// Names a holder certificate carries are personal: only its length is printed.
impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Certificate({} bytes)", self.0.der.len())
    }
}

fn timestamp(seconds: i64) -> Result<Timestamp, PkiError> {
    Timestamp::from_second(seconds).map_err(|_| PkiError::MalformedCertificate)
}

fn signature_algorithm(identifier: &AlgorithmIdentifier<'_>) -> Result<SignatureAlgorithm, AlgorithmError> {
    let parameters = identifier.parameters().map(ToDer::to_der_vec).transpose();
    let parameters = parameters.map_err(|_| AlgorithmError::NotSupported)?;
    SignatureAlgorithm::parse(&identifier.algorithm.to_id_string(), parameters.as_deref())
}

fn in_words(name: &X509Name<'_>) -> Option<String> {
    name.to_string_with_registry(oid_registry()).ok()
}

fn attribute(name: &X509Name<'_>, oid: &Oid<'_>) -> Option<String> {
    // Blanks that pad a value are no part of it. (RFC 5280, 7.1; RFC 4518, 2.6.1)
    let values = name.iter_by_oid(oid).filter_map(|value| value.as_str().ok());
    let values: Vec<&str> = values.map(str::trim_end).collect();
    let national = values
        .iter()
        .find(|value| value.len() == 11 && value.bytes().all(|byte| byte.is_ascii_digit()));
    national.or(values.first()).map(|value| (*value).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Party, SERIAL_NUMBER, authority, but, certificate, holder, issued, root};
    use rcgen::{
        BasicConstraints, CustomExtension, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair, PKCS_ECDSA_P256_SHA256,
        PKCS_ED25519, SerialNumber, SigningKey,
    };

    fn lena() -> Party {
        root(holder("Lena D'HAEN (Signature)", "80000000031"))
    }

    /// Replaces `from`, wherever it stands, by `to`.
    fn replaced(der: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
        let mut changed = der.to_vec();
        for at in 0..=der.len() - from.len() {
            if der[at..].starts_with(from) {
                changed[at..at + to.len()].copy_from_slice(to);
            }
        }
        assert_ne!(changed, der);
        changed
    }

    #[test]
    fn an_extension_stands_once() {
        let twice = |oids: [&[u64]; 2]| {
            let mut party = holder("Lena D'HAEN (Signature)", "80000000031");
            party.custom_extensions = oids
                .map(|oid| CustomExtension::from_oid_content(oid, vec![5, 0]))
                .to_vec();
            Certificate::parse(root(party).der())
        };
        assert!(twice([&[1, 2, 3, 4], &[1, 2, 3, 5]]).is_ok());
        assert!(matches!(
            twice([&[1, 2, 3, 4], &[1, 2, 3, 4]]),
            Err(PkiError::MalformedCertificate)
        ));
    }

    #[test]
    fn a_signature_found_good_is_no_other() {
        let party = lena();
        let (lena, hash) = (certificate(&party), HashAlgorithm::Sha384);
        let signature = party.key().sign(b"to be signed").unwrap();
        let other = party.key().sign(b"to be sighed").unwrap();
        for _ in 0..2 {
            assert_eq!(lena.verify_signature(hash, b"to be signed", &signature), Ok(()));
            let refused = [
                lena.verify_signature(hash, b"to be sighed", &signature),
                lena.verify_signature(hash, b"to be signed", &other),
                lena.verify_signature(HashAlgorithm::Sha256, b"to be signed", &signature),
                certificate(&self::lena()).verify_signature(hash, b"to be signed", &signature),
            ];
            assert!(refused.iter().all(|outcome| *outcome == Err(PkiError::BadSignature)));
        }
    }

    #[test]
    fn only_so_many_signatures_are_remembered() {
        let party = lena();
        let lena = certificate(&party);
        for number in 0..REMEMBERED + 2 {
            let message = number.to_be_bytes();
            let signature = party.key().sign(&message).unwrap();
            assert_eq!(
                lena.verify_signature(HashAlgorithm::Sha384, &message, &signature),
                Ok(())
            );
        }
        assert_eq!(lena.0.made.lock().unwrap().len(), REMEMBERED);
    }

    #[test]
    fn blanks_at_the_end_of_a_name_are_no_part_of_it() {
        let padded = certificate(&root(holder("Lena D'HAEN (Signature)   ", "80000000031 ")));
        assert_eq!(padded.common_name(), Some("Lena D'HAEN (Signature)"));
        assert_eq!(padded.subject_serial_number(), Some("80000000031"));
        assert_ne!(padded.subject_der(), certificate(&lena()).subject_der());
    }

    #[test]
    fn holder_certificate_says_whose_it_is() {
        let lena = certificate(&lena());
        assert_eq!(lena.common_name(), Some("Lena D'HAEN (Signature)"));
        assert_eq!(lena.subject_serial_number(), Some("80000000031"));
        let binding_only = KeyUsage {
            digital_signature: false,
            non_repudiation: true,
            key_cert_sign: false,
            crl_sign: false,
        };
        assert_eq!(lena.key_usage(), Some(binding_only));
        assert_eq!((lena.is_ca(), lena.path_len()), (false, None));
        assert_eq!(lena.public_key().name(), "P-384");
        assert_eq!(lena.signature_hash(), Some(HashAlgorithm::Sha384));
        let subject = lena.subject().unwrap();
        assert!(subject.contains("CN=Lena D'HAEN (Signature)") && subject.contains("serialNumber=80000000031"));
        assert_eq!(lena.issuer(), Some(subject), "self-signed");
    }

    #[test]
    fn authority_says_how_many_may_follow() {
        let is_ca = IsCa::Ca(BasicConstraints::Constrained(1));
        let root = certificate(&root(but(authority("Proef Root CA"), |params| params.is_ca = is_ca)));
        assert_eq!(
            (root.is_ca(), root.path_len(), root.is_self_issued()),
            (true, Some(1), true)
        );
    }

    #[test]
    fn serial_number_is_that_of_the_issuer() {
        for number in [&[1, 2, 3][..], &[0x7F]] {
            let params = but(holder("Lena D'HAEN (Signature)", "80000000031"), |params| {
                params.serial_number = Some(SerialNumber::from_slice(number))
            });
            assert_eq!(certificate(&root(params)).serial(), number);
        }
    }

    #[test]
    fn validity_includes_both_ends() {
        let lena = certificate(&lena());
        let ends = [lena.not_before(), lena.not_after()].map(|end| end.to_string());
        assert_eq!(ends, ["2020-01-01T00:00:00Z", "2039-12-31T00:00:00Z"]);
        let at = |time: &str| lena.is_valid_at(time.parse().unwrap());
        assert!(at("2020-01-01T00:00:00Z") && at("2039-12-31T00:00:00Z"));
        assert!(!at("2019-12-31T23:59:59Z") && !at("2039-12-31T00:00:01Z"));
    }

    #[test]
    fn eleven_digits_win_over_a_surname() {
        // The second is as long as a national number, and the third is digits, too.
        for surname in ["DHAEN", "VANDENBOSCH", "8000"] {
            let mut params = holder("Lena D'HAEN (Signature)", surname);
            // No builder writes one attribute twice: the title (2.5.4.12) becomes another serialNumber.
            params
                .distinguished_name
                .push(DnType::CustomDnType(vec![2, 5, 4, 12]), "80000000031");
            let twice = replaced(root(params).der(), &[0x55, 4, 12], &[0x55, 4, 5]);
            let parsed = Certificate::parse(&twice).unwrap();
            assert_eq!(parsed.subject_serial_number(), Some("80000000031"), "{surname}");
        }
    }

    #[test]
    fn first_serial_number_stands_if_none_is_national() {
        let mut params = authority("Proef Citizen CA");
        assert_eq!(certificate(&root(params.clone())).subject_serial_number(), None);
        params
            .distinguished_name
            .push(DnType::CustomDnType(SERIAL_NUMBER.to_vec()), "202601");
        assert_eq!(certificate(&root(params)).subject_serial_number(), Some("202601"));
    }

    #[test]
    fn bytes_behind_and_cuts_are_refused() {
        let lena = lena();
        let mut longer = lena.der().to_vec();
        longer.push(0);
        assert_eq!(Certificate::parse(&longer), Err(PkiError::MalformedCertificate));
        for length in 0..lena.der().len() {
            assert_eq!(
                Certificate::parse(&lena.der()[..length]),
                Err(PkiError::MalformedCertificate)
            );
        }
    }

    #[test]
    fn algorithm_must_be_the_signed_one() {
        // ecdsa-with-SHA384 stands twice; the outer one, which nobody signed, becomes ecdsa-with-SHA256.
        let algorithm = [0x2A, 0x86, 0x48, 0xCE, 0x3D, 4, 3, 3];
        let mut der = lena().der().to_vec();
        let outer = der
            .windows(algorithm.len())
            .rposition(|window| window == algorithm)
            .unwrap();
        der[outer + 7] = 2;
        assert_eq!(Certificate::parse(&der), Err(PkiError::MalformedCertificate));
    }

    #[test]
    fn a_key_for_time_stamps_says_so_where_it_cannot_be_overlooked() {
        let told = |purposes: &[ExtendedKeyUsagePurpose]| {
            let params = but(authority("Proef TSA"), |params| {
                params.extended_key_usages = purposes.to_vec()
            });
            certificate(&root(params))
        };
        // rcgen never marks it as critical: FALSE is left out, so the extension of the critical one is made by hand.
        let plain = told(&[ExtendedKeyUsagePurpose::TimeStamping]);
        assert_eq!(plain.extended_key_usages(), ["1.3.6.1.5.5.7.3.8"]);
        assert!(!plain.is_for_time_stamping());
        let critical = |purposes: &[u64]| {
            let ids: Vec<u8> = purposes
                .iter()
                .flat_map(|last| [6, 8, 43, 6, 1, 5, 5, 7, 3, u8::try_from(*last).unwrap()])
                .collect();
            let value = [&[0x30, u8::try_from(ids.len()).unwrap()], ids.as_slice()].concat();
            let params = but(authority("Proef TSA"), |params| {
                let mut extension = CustomExtension::from_oid_content(&[2, 5, 29, 37], value);
                extension.set_criticality(true);
                params.custom_extensions = vec![extension];
            });
            certificate(&root(params))
        };
        assert!(critical(&[8]).is_for_time_stamping());
        assert!(!critical(&[8, 1]).is_for_time_stamping());
        assert!(!critical(&[1]).is_for_time_stamping());
    }

    #[test]
    fn key_on_the_curve_of_servers_is_read() {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
        let p256 = authority("Proef Root CA").self_signed(&key).unwrap();
        let p256 = Certificate::parse(p256.der()).unwrap();
        assert_eq!(p256.public_key().name(), "P-256");
        assert_eq!(p256.verify_issued_by(&p256), Ok(()));
    }

    #[test]
    fn key_of_edwards_curve_is_read_and_issues() {
        let key = KeyPair::generate_for(&PKCS_ED25519).unwrap();
        let ed25519 = authority("Proef Root CA").self_signed(&key).unwrap();
        let ed25519 = Certificate::parse(ed25519.der()).unwrap();
        assert_eq!(ed25519.public_key().name(), "Ed25519");
        assert_eq!(ed25519.verify_issued_by(&ed25519), Ok(()));
    }

    #[test]
    fn key_of_an_unknown_kind_is_read_and_verifies_nothing() {
        let der = root(authority("Proef Root CA")).der().to_vec();
        // id-ecPublicKey, 1.2.840.10045.2.1, becomes an identifier nobody has given out.
        let unknown = Certificate::parse(&replaced(
            &der,
            &[0x2A, 0x86, 0x48, 0xCE, 0x3D, 2, 1],
            &[0x2A, 0x86, 0x48, 0xCE, 0x3D, 2, 9],
        ))
        .unwrap();
        assert_eq!(unknown.public_key().name(), "1.2.840.10045.2.9");
        assert_eq!(unknown.verify_issued_by(&unknown), Err(PkiError::UnsupportedKey));
    }

    #[test]
    fn issuer_is_known_by_name_and_signature() {
        let (root, stranger) = (root(authority("Proef Root CA")), root(authority("Proef Root CA 2")));
        let leaf = issued(holder("Lena D'HAEN (Signature)", "80000000031"), &root);
        let (root, stranger) = (certificate(&root), certificate(&stranger));
        let parsed = certificate(&leaf);
        assert_eq!(parsed.verify_issued_by(&root), Ok(()));
        assert_eq!(parsed.verify_issued_by(&stranger), Err(PkiError::WrongIssuer));
        let changed = Certificate::parse(&replaced(leaf.der(), b"80000000031", b"80000000032")).unwrap();
        assert_eq!(changed.verify_issued_by(&root), Err(PkiError::BadSignature));
    }

    #[test]
    fn debug_shows_no_person() {
        let shown = format!("{:?}", certificate(&lena()));
        assert!(
            shown.starts_with("Certificate(") && shown.ends_with(" bytes)"),
            "{shown}"
        );
    }
}
