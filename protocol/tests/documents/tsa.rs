//! A time-stamping authority: OpenSSL's, and one of our own that also stamps what it should not.

use std::process::Command;
use std::str::FromStr;
use std::sync::LazyLock;

use beid_pki::{Certificate, TrustStore};
use beid_protocol::timestamp::TimeStampRequest;
use cms::cert::{CertificateChoices, IssuerAndSerialNumber};
use cms::content_info::{CmsVersion, ContentInfo};
use cms::signed_data::{
    CertificateSet, EncapsulatedContentInfo, SignedData, SignerIdentifier, SignerInfo, SignerInfos,
};
use jiff::{SignedDuration, Timestamp};
use p256::ecdsa::signature::hazmat::PrehashSigner;
use rand_core::OsRng;
use rsa::RsaPrivateKey;
use rsa::pkcs8::{EncodePrivateKey, LineEnding};
use sha2::{Digest, Sha256};
use spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};
use x509_cert::attr::Attribute;
use x509_cert::builder::{Builder, CertificateBuilder, Profile};
use x509_cert::der::asn1::{Any, GeneralizedTime, Int, ObjectIdentifier, OctetString, SetOfVec, UtcTime};
use x509_cert::der::{DateTime, Decode, Encode, Sequence};
use x509_cert::ext::pkix::{BasicConstraints, ExtendedKeyUsage, KeyUsage, KeyUsages};
use x509_cert::ext::{AsExtension, Extension};
use x509_cert::name::Name;
use x509_cert::serial_number::SerialNumber;
use x509_cert::time::{Time, Validity};

use crate::citizens::{ec_key, ec_spki, rsa_spki};
use crate::openssl::pem;
use beid_testkit::{Scratch, run};

const fn oid(dotted: &str) -> ObjectIdentifier {
    ObjectIdentifier::new_unwrap(dotted)
}

const TST_INFO: ObjectIdentifier = oid("1.2.840.113549.1.9.16.1.4");
const SHA_256: ObjectIdentifier = oid("2.16.840.1.101.3.4.2.1");
pub(crate) const TIME_STAMPING: ObjectIdentifier = oid("1.3.6.1.5.5.7.3.8");

/// Time one minute ago: that of our own tokens; OpenSSL's are a little later.
pub(crate) fn a_minute_ago() -> Timestamp {
    Timestamp::from_second(Timestamp::now().as_second() - 60).unwrap()
}

/// Contents of an authority's certificate.
pub(crate) struct TsaCertificateFields {
    pub(crate) usage: Option<(ObjectIdentifier, bool)>,
    pub(crate) last_year: u16,
}

impl Default for TsaCertificateFields {
    fn default() -> Self {
        Self {
            usage: Some((TIME_STAMPING, true)),
            last_year: 2064,
        }
    }
}

pub(crate) enum TsaKey {
    P256(p256::ecdsa::SigningKey),
    P384(p384::ecdsa::SigningKey),
    Rsa(Box<RsaPrivateKey>),
}

pub(crate) struct Tsa {
    pub(crate) certificate: Certificate,
    key: TsaKey,
}

/// The one root of all authorities here.
pub(crate) struct TsaRoot {
    pub(crate) certificate: Certificate,
    key: p384::ecdsa::SigningKey,
}

pub(crate) static TSA_ROOT: LazyLock<TsaRoot> = LazyLock::new(|| {
    let key = ec_key();
    let root = issue("CN=Proef TSA Root", &key, ec_spki(&key), None);
    TsaRoot { certificate: root, key }
});

pub(crate) static TSA: LazyLock<Tsa> = LazyLock::new(|| Tsa::new(&TsaCertificateFields::default()));

pub(crate) fn tsa_roots() -> TrustStore {
    TrustStore::belgian().with_test_root(TSA_ROOT.certificate.clone())
}

struct ExtendedUsage(ObjectIdentifier, bool);

impl x509_cert::der::oid::AssociatedOid for ExtendedUsage {
    const OID: ObjectIdentifier = oid("2.5.29.37");
}

impl Encode for ExtendedUsage {
    fn encoded_len(&self) -> x509_cert::der::Result<x509_cert::der::Length> {
        ExtendedKeyUsage(vec![self.0]).encoded_len()
    }

    fn encode(&self, encoder: &mut impl x509_cert::der::Writer) -> x509_cert::der::Result<()> {
        ExtendedKeyUsage(vec![self.0]).encode(encoder)
    }
}

impl AsExtension for ExtendedUsage {
    fn critical(&self, _subject: &Name, _extensions: &[Extension]) -> bool {
        self.1
    }
}

fn issue(
    subject: &str,
    key: &p384::ecdsa::SigningKey,
    spki: SubjectPublicKeyInfoOwned,
    says: Option<&TsaCertificateFields>,
) -> Certificate {
    let day = |year| DateTime::new(year, 1, 1, 0, 0, 0).unwrap();
    let validity = Validity {
        not_before: Time::UtcTime(UtcTime::from_date_time(day(2020)).unwrap()),
        not_after: Time::GeneralTime(GeneralizedTime::from_date_time(day(
            says.map_or(2064, |says| says.last_year)
        ))),
    };
    let profile = Profile::Manual {
        issuer: Some(Name::from_str("CN=Proef TSA Root").unwrap()),
    };
    let serial = SerialNumber::new(&[7]).unwrap();
    let mut builder =
        CertificateBuilder::new(profile, serial, validity, Name::from_str(subject).unwrap(), spki, key).unwrap();
    let usage = says.map_or(KeyUsages::KeyCertSign, |_| KeyUsages::DigitalSignature);
    builder
        .add_extension(&BasicConstraints {
            ca: says.is_none(),
            path_len_constraint: None,
        })
        .unwrap();
    builder.add_extension(&KeyUsage(usage.into())).unwrap();
    if let Some((purpose, critical)) = says.and_then(|says| says.usage) {
        builder.add_extension(&ExtendedUsage(purpose, critical)).unwrap();
    }
    let certificate = builder.build::<p384::ecdsa::DerSignature>().unwrap();
    Certificate::parse(&certificate.to_der().unwrap()).unwrap()
}

/// `TSTInfo` as our authority writes it.
#[derive(Clone, Sequence)]
pub(crate) struct TsaTstInfo {
    pub(crate) version: u8,
    pub(crate) policy: ObjectIdentifier,
    pub(crate) imprint: Imprint,
    pub(crate) serial: Int,
    pub(crate) time: GeneralizedTime,
    pub(crate) nonce: Option<Int>,
}

#[derive(Clone, Sequence)]
pub(crate) struct Imprint {
    pub(crate) algorithm: AlgorithmIdentifierOwned,
    pub(crate) digest: OctetString,
}

/// Deviations of our own authority's tokens.
#[derive(Default)]
pub(crate) struct Oddity {
    pub(crate) time: Option<Timestamp>,
    pub(crate) nonce: Option<[u8; 8]>,
    pub(crate) unnamed: bool,
    pub(crate) named: Option<Certificate>,
    pub(crate) without_certificate: bool,
}

impl Tsa {
    pub(crate) fn new(says: &TsaCertificateFields) -> Self {
        Self::with(TsaKey::P256(p256::ecdsa::SigningKey::random(&mut OsRng)), says)
    }

    pub(crate) fn with(key: TsaKey, says: &TsaCertificateFields) -> Self {
        let spki = match &key {
            TsaKey::P256(key) => {
                SubjectPublicKeyInfoOwned::from_key(p256::PublicKey::from(key.verifying_key())).unwrap()
            }
            TsaKey::P384(key) => ec_spki(key),
            TsaKey::Rsa(key) => rsa_spki(key),
        };
        let certificate = issue("CN=Proef TSA", &TSA_ROOT.key, spki, Some(says));
        Self { certificate, key }
    }

    fn key_pem(&self) -> String {
        let pem = match &self.key {
            TsaKey::P256(key) => p256::SecretKey::from(key).to_pkcs8_pem(LineEnding::LF),
            TsaKey::P384(key) => p384::SecretKey::from(key).to_pkcs8_pem(LineEnding::LF),
            TsaKey::Rsa(key) => key.to_pkcs8_pem(LineEnding::LF),
        };
        pem.unwrap().to_string()
    }

    /// Answer of `openssl ts -reply`, with more lines among its settings.
    pub(crate) fn openssl(&self, request: &TimeStampRequest, more: &str) -> Vec<u8> {
        let folder = Scratch::new("protocol");
        folder.write("tsa.pem", &pem(self.certificate.der()));
        folder.write("key.pem", self.key_pem().as_bytes());
        folder.write("serial", b"01");
        let settings = "[tsa]\ndefault_tsa=one\n[one]\nserial=serial\nsigner_cert=tsa.pem\nsigner_key=key.pem\ncerts=tsa.pem\n\
            signer_digest=sha384\ndefault_policy=1.2.3.4.1\ndigests=sha256,sha384,sha512\naccuracy=secs:1\n\
            ordering=yes\ntsa_name=yes\n";
        folder.write("tsa.cnf", format!("{settings}{more}").as_bytes());
        folder.write("request.tsq", request.der());
        run(Command::new("openssl").current_dir(folder.path()).args([
            "ts",
            "-reply",
            "-config",
            "tsa.cnf",
            "-queryfile",
            "request.tsq",
            "-out",
            "reply.tsr",
        ]))
        .ok();
        std::fs::read(folder.path().join("reply.tsr")).unwrap()
    }

    /// A token of our own over `stamped`; only with a key on P-256.
    pub(crate) fn token(&self, stamped: &[u8], oddity: &Oddity) -> Vec<u8> {
        let at = oddity.time.unwrap_or_else(a_minute_ago);
        let at = DateTime::try_from(std::time::SystemTime::from(at)).unwrap();
        let info = TsaTstInfo {
            version: 1,
            policy: oid("1.2.3.4.1"),
            imprint: Imprint {
                algorithm: identifier(SHA_256),
                digest: OctetString::new(Sha256::digest(stamped).to_vec()).unwrap(),
            },
            serial: Int::new(&[1]).unwrap(),
            time: GeneralizedTime::from_date_time(at),
            nonce: oddity.nonce.map(|nonce| Int::new(&nonce).unwrap()),
        };
        self.signed(&info.to_der().unwrap(), oddity)
    }

    fn signed(&self, info: &[u8], oddity: &Oddity) -> Vec<u8> {
        let certificate = x509_cert::Certificate::from_der(self.certificate.der()).unwrap();
        let named = oddity.named.as_ref().unwrap_or(&self.certificate);
        let hash = OctetString::new(Sha256::digest(named.der()).to_vec()).unwrap();
        let named = vec![vec![vec![hash]]];
        let octets = |bytes: &[u8]| Any::encode_from(&OctetString::new(bytes).unwrap()).unwrap();
        let mut attributes = vec![
            attribute("1.2.840.113549.1.9.3", Any::encode_from(&TST_INFO).unwrap()),
            attribute("1.2.840.113549.1.9.4", octets(&Sha256::digest(info))),
        ];
        if !oddity.unnamed {
            let value = Any::from_der(&named.to_der().unwrap()).unwrap();
            attributes.push(attribute("1.2.840.113549.1.9.16.2.47", value));
        }
        let attributes = SetOfVec::try_from(attributes).unwrap();
        let TsaKey::P256(key) = &self.key else {
            panic!("only on P-256")
        };
        let signature: p256::ecdsa::Signature =
            key.sign_prehash(&Sha256::digest(attributes.to_der().unwrap())).unwrap();
        let signer = SignerInfo {
            version: CmsVersion::V1,
            sid: SignerIdentifier::IssuerAndSerialNumber(IssuerAndSerialNumber {
                issuer: certificate.tbs_certificate.issuer.clone(),
                serial_number: certificate.tbs_certificate.serial_number.clone(),
            }),
            digest_alg: identifier(SHA_256),
            signed_attrs: Some(attributes),
            signature_algorithm: identifier(oid("1.2.840.10045.4.3.2")),
            signature: OctetString::new(signature.to_der().as_bytes()).unwrap(),
            unsigned_attrs: None,
        };
        let certificates = SetOfVec::try_from([CertificateChoices::Certificate(certificate)]).unwrap();
        let signed_data = SignedData {
            version: CmsVersion::V3,
            digest_algorithms: SetOfVec::try_from([identifier(SHA_256)]).unwrap(),
            encap_content_info: EncapsulatedContentInfo {
                econtent_type: TST_INFO,
                econtent: Some(octets(info)),
            },
            certificates: (!oddity.without_certificate).then_some(CertificateSet(certificates)),
            crls: None,
            signer_infos: SignerInfos(SetOfVec::try_from([signer]).unwrap()),
        };
        let info = ContentInfo {
            content_type: oid("1.2.840.113549.1.7.2"),
            content: Any::encode_from(&signed_data).unwrap(),
        };
        info.to_der().unwrap()
    }
}

fn identifier(oid: ObjectIdentifier) -> AlgorithmIdentifierOwned {
    AlgorithmIdentifierOwned { oid, parameters: None }
}

fn attribute(dotted: &str, value: Any) -> Attribute {
    Attribute {
        oid: oid(dotted),
        values: SetOfVec::try_from([value]).unwrap(),
    }
}

/// `TimeStampResp` with this status and token.
pub(crate) fn response(status: u8, token: Option<&[u8]>) -> Vec<u8> {
    let status = [0x30, 3, 2, 1, status].to_vec();
    let inside = [status, token.unwrap_or_default().to_vec()].concat();
    let sequence = Any::new(x509_cert::der::Tag::Sequence, inside).unwrap();
    sequence.to_der().unwrap()
}

pub(crate) fn later(by: i64) -> Timestamp {
    Timestamp::now()
        .checked_add(SignedDuration::from_hours(24 * by))
        .unwrap()
}
