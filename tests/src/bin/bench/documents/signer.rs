//! Two people of the test PKI with their keys in software: what a card would hold, for us and, as files, for others.

use crate::Failure;
use beid_e2e::test_pki;
use beid_pki::Certificate;
use beid_protocol::patient::{Patient, PatientFields};
use beid_protocol::signature::{Algorithm, RawSignature};
use beid_simulator::{Citizen, TestPki};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use std::fs;
use std::path::{Path, PathBuf};

/// Whose keys: citizen, name of the hierarchy, and what the key is called.
const WHO: [(&str, &str, &str); 2] = [("anna", "rsa", "RSA-2048"), ("jan", "ec", "P-384")];

pub(super) struct Signer {
    /// Of which kind the key is.
    pub(super) kind: &'static str,
    pub(super) citizen: &'static Citizen,
    pub(super) certificate: Certificate,
    /// Authority and root.
    pub(super) chain: [Certificate; 2],
    pub(super) files: Files,
    key: Key,
}

/// The same as PEM files.
pub(super) struct Files {
    pub(super) key: PathBuf,
    pub(super) certificate: PathBuf,
    pub(super) authority: PathBuf,
    pub(super) root: PathBuf,
    /// Authority and root in one.
    pub(super) chain: PathBuf,
}

enum Key {
    Rsa(Box<RsaKeyPair>),
    P384(Box<EcdsaKeyPair>),
}

/// Both; their files are written to `folder`.
pub(super) fn both(folder: &Path) -> Result<Vec<Signer>, Failure> {
    let citizens = WHO.iter().map(|(id, ..)| Citizen::find(id));
    let citizens = citizens.collect::<Result<Vec<_>, _>>()?;
    TestPki::open(test_pki())?.export(folder, &citizens)?;
    let of = |(citizen, (id, hierarchy, kind)): (_, &(&str, &str, &'static str))| {
        Signer::read(folder, citizen, &format!("{hierarchy}-{id}-signature"), hierarchy, kind)
    };
    citizens.into_iter().zip(&WHO).map(of).collect()
}

impl Signer {
    fn read(
        folder: &Path,
        citizen: &'static Citizen,
        name: &str,
        hierarchy: &str,
        kind: &'static str,
    ) -> Result<Self, Failure> {
        let certificate = |name: &str| folder.join(format!("{name}.crt.pem"));
        let files = Files {
            key: test_pki().join(format!("{name}.key.pem")),
            certificate: certificate(name),
            authority: certificate(&format!("{hierarchy}-citizen-ca")),
            root: certificate(&format!("{hierarchy}-root")),
            chain: folder.join(format!("{hierarchy}-chain.pem")),
        };
        fs::write(
            &files.chain,
            [fs::read(&files.authority)?, fs::read(&files.root)?].concat(),
        )?;
        let pkcs8 = from_pem(&files.key)?;
        let key = match RsaKeyPair::from_pkcs8(&pkcs8) {
            Ok(key) => Key::Rsa(Box::new(key)),
            Err(_) => {
                let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P384_SHA384_FIXED_SIGNING, &pkcs8, &SystemRandom::new());
                Key::P384(Box::new(key.map_err(|e| e.to_string())?))
            }
        };
        Ok(Self {
            kind,
            citizen,
            certificate: parse(&files.certificate)?,
            chain: [parse(&files.authority)?, parse(&files.root)?],
            files,
            key,
        })
    }

    /// What the card would answer to the digest of `message`.
    pub(super) fn sign(&self, message: &[u8]) -> Result<RawSignature, Failure> {
        let random = SystemRandom::new();
        Ok(match &self.key {
            Key::Rsa(key) => {
                let mut signature = vec![0; key.public().modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature)
                    .map_err(|_| "RSA does not sign")?;
                RawSignature::Rsa(signature)
            }
            Key::P384(key) => {
                let signature = key.sign(&random, message).map_err(|_| "P-384 does not sign")?;
                RawSignature::Ecdsa(signature.as_ref().to_vec())
            }
        })
    }

    /// The hash that goes with the key, as OpenSSL calls it.
    pub(super) fn hash(&self) -> Result<&'static str, Failure> {
        Ok(match Algorithm::of(self.certificate.public_key())? {
            Algorithm::RsaSha256 => "sha256",
            Algorithm::EcdsaSha384 => "sha384",
        })
    }

    pub(super) fn patient(&self) -> Result<Patient, Failure> {
        Ok(Patient::parse(PatientFields {
            national_number: self.citizen.national_number,
            card_number: Some(self.citizen.card_number),
            given_names: Some(self.citizen.given_names),
            family_name: Some(self.citizen.surname),
            ..PatientFields::default()
        })?)
    }
}

fn parse(file: &Path) -> Result<Certificate, Failure> {
    Ok(Certificate::parse(&from_pem(file)?)?)
}

fn from_pem(file: &Path) -> Result<Vec<u8>, Failure> {
    let pem = fs::read(file)?;
    let (_, der) = der::pem::decode_vec(&pem).map_err(|e| format!("{}: {e}", file.display()))?;
    Ok(der)
}
