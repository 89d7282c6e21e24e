//! Invented people, with keys and certificates made for the tests.

use std::sync::LazyLock;
use std::time::Duration;

use beid_pki::{Certificate, TrustStore};
use beid_protocol::author::Author;
use beid_protocol::cms::Cms;
use beid_protocol::codes::Proof;
use beid_protocol::document::Document;
use beid_protocol::party::HcPartyFields;
use beid_protocol::patient::{Patient, PatientFields};
use beid_protocol::request::Request;
use beid_protocol::signature::{Pending, RawSignature};
use beid_protocol::therlink::{ContentProfile, LinkFields, Prepared, TherapeuticLinkChange};
use jiff::Timestamp;
use p384::ecdsa::signature::hazmat::PrehashSigner;
use rand_core::OsRng;
use rsa::pkcs1v15::Pkcs1v15Sign;
use rsa::pkcs8::{EncodePrivateKey, LineEnding};
use rsa::{RsaPrivateKey, RsaPublicKey};
use sha2::Sha256;
use spki::{EncodePublicKey, SubjectPublicKeyInfoOwned};
use std::str::FromStr;
use x509_cert::builder::{Builder, CertificateBuilder, Profile as CertificateProfile};
use x509_cert::der::asn1::{GeneralizedTime, ObjectIdentifier, UtcTime};
use x509_cert::der::{DateTime, Encode};
use x509_cert::ext::pkix::{BasicConstraints, ExtendedKeyUsage, KeyUsage, KeyUsages};
use x509_cert::name::Name;
use x509_cert::serial_number::SerialNumber;
use x509_cert::time::{Time, Validity};

pub(crate) const PATIENT: PatientFields<'static> = PatientFields {
    national_number: "80000000031",
    card_number: Some("599000000132"),
    isi_card_number: None,
    given_names: Some("Lena Zoë"),
    family_name: Some("D'HAEN & ZOON"),
};

pub(crate) const CHILD: PatientFields<'static> = PatientFields {
    national_number: "75000000023",
    card_number: None,
    isi_card_number: Some("9800000001"),
    given_names: Some("Jef"),
    family_name: Some("PROEF"),
};

pub(crate) const PHYSICIAN: HcPartyFields<'static> = HcPartyFields {
    nihii: Some("10012378004"),
    ssin: Some("82000000073"),
    cbe: None,
    application_id: None,
    party_type: "persphysician",
    name: None,
    first_name: Some("Ward"),
    family_name: Some("VOORBEELD"),
};

pub(crate) const PHARMACY: HcPartyFields<'static> = HcPartyFields {
    nihii: Some("29999031"),
    ssin: None,
    party_type: "orgpharmacy",
    name: Some("Apotheek \"Het Proefbuisje\""),
    first_name: None,
    family_name: None,
    ..PHYSICIAN
};

pub(crate) const HOLDER: HcPartyFields<'static> = HcPartyFields {
    nihii: Some("29999031000"),
    party_type: "perspharmacist",
    ..PHYSICIAN
};

/// Two minutes past ten in the morning, in Belgium.
pub(crate) fn now() -> Timestamp {
    "2026-11-20T10:02:00+01:00".parse().unwrap()
}

pub(crate) fn put(
    author: &[HcPartyFields<'_>],
    patient: PatientFields<'_>,
    now: Timestamp,
    link: LinkFields<'_>,
) -> TherapeuticLinkChange {
    let request = Request::new(Author::parse(author, None).unwrap(), now, "001").unwrap();
    TherapeuticLinkChange::put(request, Patient::parse(patient).unwrap(), link).unwrap()
}

pub(crate) fn consultation() -> LinkFields<'static> {
    LinkFields {
        link_type: "gpconsultation",
        proof_reason: Some("kaart thuis vergeten"),
        ..LinkFields::default()
    }
}

pub(crate) fn plain(put: TherapeuticLinkChange, code: &str) -> Document {
    let Proof::Plain(proof) = Proof::parse(code).unwrap() else {
        panic!("{code} is signed")
    };
    put.with_plain_proof(proof).unwrap()
}

/// Certificate and key as on a card.
pub(crate) struct CitizenSigner {
    pub(crate) certificate: Certificate,
    key: CitizenKey,
}

enum CitizenKey {
    Rsa(RsaPrivateKey),
    Ec(p384::ecdsa::SigningKey),
}

impl CitizenSigner {
    pub(crate) fn sign(&self, digest: &[u8]) -> RawSignature {
        match &self.key {
            CitizenKey::Rsa(key) => RawSignature::Rsa(key.sign(Pkcs1v15Sign::new::<Sha256>(), digest).unwrap()),
            CitizenKey::Ec(key) => {
                let signature: p384::ecdsa::Signature = key.sign_prehash(digest).unwrap();
                RawSignature::Ecdsa(signature.to_bytes().to_vec())
            }
        }
    }

    /// The key, for programs that sign in its place.
    pub(crate) fn key_pem(&self) -> String {
        let pem = match &self.key {
            CitizenKey::Rsa(key) => key.to_pkcs8_pem(LineEnding::LF),
            CitizenKey::Ec(key) => p384::SecretKey::from(key).to_pkcs8_pem(LineEnding::LF),
        };
        pem.unwrap().to_string()
    }
}

/// One authority under one root, and the patient's two kinds of card.
pub(crate) struct Pki {
    pub(crate) root: Certificate,
    pub(crate) authority: Certificate,
    pub(crate) authority_key: p384::ecdsa::SigningKey,
    pub(crate) root_key: p384::ecdsa::SigningKey,
    pub(crate) rsa: CitizenSigner,
    pub(crate) ec: CitizenSigner,
}

pub(crate) static PKI: LazyLock<Pki> = LazyLock::new(Pki::new);

const SIGNATURE: KeyUsages = KeyUsages::NonRepudiation;
const HOLDER_NAME: &str = "serialNumber=80000000031,CN=Lena D'HAEN (Signature),C=BE";

impl Pki {
    fn new() -> Self {
        let (root_key, authority_key) = (ec_key(), ec_key());
        let root_name = "CN=Proef Root CA,C=BE";
        let authority_name = "serialNumber=202601,CN=Proef Citizen CA,C=BE";
        let root = issue(root_name, &root_key, 1, root_name, ec_spki(&root_key), None);
        let authority = issue(root_name, &root_key, 2, authority_name, ec_spki(&authority_key), None);
        let (rsa_key, leaf_key) = (RsaPrivateKey::new(&mut OsRng, 2048).unwrap(), ec_key());
        let leaf = |serial, spki| {
            issue(
                authority_name,
                &authority_key,
                serial,
                HOLDER_NAME,
                spki,
                Some(SIGNATURE),
            )
        };
        let rsa = CitizenSigner {
            certificate: leaf(0x80, rsa_spki(&rsa_key)),
            key: CitizenKey::Rsa(rsa_key),
        };
        let ec = CitizenSigner {
            certificate: leaf(4, ec_spki(&leaf_key)),
            key: CitizenKey::Ec(leaf_key),
        };
        Self {
            root,
            authority,
            authority_key,
            root_key,
            rsa,
            ec,
        }
    }

    pub(crate) fn roots(&self) -> TrustStore {
        TrustStore::belgian().with_test_root(self.root.clone())
    }

    /// A certificate of the same authority for a new EC key.
    pub(crate) fn another(&self, subject: &str, usage: KeyUsages) -> CitizenSigner {
        let key = ec_key();
        let issuer = "serialNumber=202601,CN=Proef Citizen CA,C=BE";
        let certificate = issue(issuer, &self.authority_key, 5, subject, ec_spki(&key), Some(usage));
        CitizenSigner {
            certificate,
            key: CitizenKey::Ec(key),
        }
    }

    /// A certificate of the holder for a new EC key, with these usages and no other extension.
    pub(crate) fn for_usages(&self, usage: Option<KeyUsages>, extended: &[&str]) -> CitizenSigner {
        let key = ec_key();
        let issuer = "serialNumber=202601,CN=Proef Citizen CA,C=BE";
        let mut builder = builder(issuer, &self.authority_key, 6, HOLDER_NAME, ec_spki(&key));
        if let Some(usage) = usage {
            builder.add_extension(&KeyUsage(usage.into())).unwrap();
        }
        if !extended.is_empty() {
            let oids = extended.iter().map(|oid| ObjectIdentifier::new_unwrap(oid));
            builder.add_extension(&ExtendedKeyUsage(oids.collect())).unwrap();
        }
        CitizenSigner {
            certificate: built(builder),
            key: CitizenKey::Ec(key),
        }
    }

    /// A certificate that the authority should not have made: for the holder's EC key, with the same serial number, and
    /// somebody else's name.
    pub(crate) fn twin(&self) -> Certificate {
        let CitizenKey::Ec(key) = &self.ec.key else {
            panic!("an EC key")
        };
        let issuer = "serialNumber=202601,CN=Proef Citizen CA,C=BE";
        let subject = "serialNumber=82000000073,CN=Ward,C=BE";
        issue(issuer, &self.authority_key, 4, subject, ec_spki(key), Some(SIGNATURE))
    }

    pub(crate) fn another_usage(&self) -> CitizenSigner {
        self.another(HOLDER_NAME, KeyUsages::DigitalSignature)
    }

    pub(crate) fn pending(&self, prepared: &Prepared, signer: &CitizenSigner) -> Pending<Cms> {
        let chain = [self.authority.clone(), self.root.clone()];
        prepared.cms(&signer.certificate, &chain, now()).unwrap()
    }

    pub(crate) fn cms(&self, prepared: &Prepared, signer: &CitizenSigner) -> Cms {
        let pending = self.pending(prepared, signer);
        let signature = signer.sign(pending.digest());
        pending.finish(signature).unwrap()
    }

    /// A consultation with the physician, signed.
    pub(crate) fn signed(&self, profile: ContentProfile, signer: &CitizenSigner) -> Document {
        let prepared = put(&[PHYSICIAN], PATIENT, now(), consultation())
            .prepare(profile)
            .unwrap();
        let cms = self.cms(&prepared, signer);
        prepared.with_proof(cms).unwrap()
    }
}

pub(crate) fn ec_key() -> p384::ecdsa::SigningKey {
    p384::ecdsa::SigningKey::random(&mut OsRng)
}

pub(crate) fn ec_spki(key: &p384::ecdsa::SigningKey) -> SubjectPublicKeyInfoOwned {
    SubjectPublicKeyInfoOwned::from_key(p384::PublicKey::from(key.verifying_key())).unwrap()
}

pub(crate) fn rsa_spki(key: &RsaPrivateKey) -> SubjectPublicKeyInfoOwned {
    let der = RsaPublicKey::from(key).to_public_key_der().unwrap();
    SubjectPublicKeyInfoOwned::try_from(der.as_bytes()).unwrap()
}

/// Issues a certificate; without `usage`, an authority's.
fn issue(
    issuer: &str,
    key: &p384::ecdsa::SigningKey,
    serial: u8,
    subject: &str,
    spki: SubjectPublicKeyInfoOwned,
    usage: Option<KeyUsages>,
) -> Certificate {
    let mut builder = builder(issuer, key, serial, subject, spki);
    let is_authority = usage.is_none();
    builder
        .add_extension(&BasicConstraints {
            ca: is_authority,
            path_len_constraint: None,
        })
        .unwrap();
    builder
        .add_extension(&KeyUsage(
            usage.map_or(KeyUsages::KeyCertSign | KeyUsages::CRLSign, Into::into),
        ))
        .unwrap();
    built(builder)
}

/// A certificate without extensions.
fn builder<'k>(
    issuer: &str,
    key: &'k p384::ecdsa::SigningKey,
    serial: u8,
    subject: &str,
    spki: SubjectPublicKeyInfoOwned,
) -> CertificateBuilder<'k, p384::ecdsa::SigningKey> {
    let day = |year| DateTime::new(year, 1, 1, 0, 0, 0).unwrap();
    let validity = Validity {
        not_before: Time::UtcTime(UtcTime::from_date_time(day(2024)).unwrap()),
        not_after: Time::GeneralTime(GeneralizedTime::from_date_time(day(2064))),
    };
    let profile = CertificateProfile::Manual {
        issuer: Some(Name::from_str(issuer).unwrap()),
    };
    let serial = SerialNumber::new(&[serial]).unwrap();
    let subject = Name::from_str(subject).unwrap();
    CertificateBuilder::new(profile, serial, validity, subject, spki, key).unwrap()
}

fn built(builder: CertificateBuilder<'_, p384::ecdsa::SigningKey>) -> Certificate {
    let certificate = builder.build::<p384::ecdsa::DerSignature>().unwrap();
    Certificate::parse(&certificate.to_der().unwrap()).unwrap()
}

/// Time of the clock after `by`.
pub(crate) fn later(by: Duration) -> Timestamp {
    now().checked_add(by).unwrap()
}
