//! Two people of the test PKI with their keys in software: what a card would hold, for us and, as files, for others.

use crate::SetupFailure;
use beid_e2e::{test_pki, test_pki_directory};
use beid_pki::Certificate;
use beid_protocol::patient::{Patient, PatientFields};
use beid_protocol::signature::{Algorithm, RawSignature};
use beid_simulator::Citizen;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use std::fs;
use std::path::{Path, PathBuf};

/// Signers: citizen, name of the hierarchy, and name of the key kind.
const WHO: [(&str, &str, &str); 2] = [("anna", "rsa", "RSA-2048"), ("jan", "ec", "P-384")];

pub(super) struct BenchSigner {
    /// Kind of the key.
    pub(super) kind: &'static str,
    pub(super) citizen: &'static Citizen,
    pub(super) certificate: Certificate,
    /// Authority and root.
    pub(super) chain: [Certificate; 2],
    pub(super) files: SignerFiles,
    key: SignerKey,
}

/// The same as PEM files.
pub(super) struct SignerFiles {
    pub(super) key: PathBuf,
    pub(super) certificate: PathBuf,
    pub(super) authority: PathBuf,
    pub(super) root: PathBuf,
    /// Authority and root in one.
    pub(super) chain: PathBuf,
}

enum SignerKey {
    Rsa(Box<RsaKeyPair>),
    P384(Box<EcdsaKeyPair>),
}

/// Both; their files are written to `folder`.
pub(super) fn both(folder: &Path) -> Result<Vec<BenchSigner>, SetupFailure> {
    let citizens = WHO.iter().map(|(id, ..)| Citizen::find(id));
    let citizens = citizens.collect::<Result<Vec<_>, _>>()?;
    test_pki().export(folder, &citizens)?;
    let of = |(citizen, (id, hierarchy, kind)): (_, &(&str, &str, &'static str))| {
        BenchSigner::read(folder, citizen, &format!("{hierarchy}-{id}-signature"), hierarchy, kind)
    };
    citizens.into_iter().zip(&WHO).map(of).collect()
}

impl BenchSigner {
    fn read(
        folder: &Path,
        citizen: &'static Citizen,
        name: &str,
        hierarchy: &str,
        kind: &'static str,
    ) -> Result<Self, SetupFailure> {
        let certificate = |name: &str| folder.join(format!("{name}.crt.pem"));
        let files = SignerFiles {
            key: test_pki_directory().join(format!("{name}.key.pem")),
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
            Ok(key) => SignerKey::Rsa(Box::new(key)),
            Err(_) => {
                let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P384_SHA384_FIXED_SIGNING, &pkcs8, &SystemRandom::new());
                SignerKey::P384(Box::new(key.map_err(|e| e.to_string())?))
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

    /// Signs the digest of `message` as the card would.
    pub(super) fn sign(&self, message: &[u8]) -> Result<RawSignature, SetupFailure> {
        let random = SystemRandom::new();
        Ok(match &self.key {
            SignerKey::Rsa(key) => {
                let mut signature = vec![0; key.public().modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature)
                    .map_err(|_| "RSA does not sign")?;
                RawSignature::Rsa(signature)
            }
            SignerKey::P384(key) => {
                let signature = key.sign(&random, message).map_err(|_| "P-384 does not sign")?;
                RawSignature::Ecdsa(signature.as_ref().to_vec())
            }
        })
    }

    /// The hash that goes with the key, as OpenSSL calls it.
    pub(super) fn hash(&self) -> Result<&'static str, SetupFailure> {
        Ok(match Algorithm::for_key(self.certificate.public_key())? {
            Algorithm::RsaSha256 => "sha256",
            Algorithm::EcdsaSha384 => "sha384",
        })
    }

    pub(super) fn patient(&self) -> Result<Patient, SetupFailure> {
        Ok(Patient::parse(PatientFields {
            national_number: self.citizen.national_number,
            card_number: Some(self.citizen.card_number),
            given_names: Some(self.citizen.given_names),
            family_name: Some(self.citizen.surname),
            ..PatientFields::default()
        })?)
    }
}

fn parse(file: &Path) -> Result<Certificate, SetupFailure> {
    Ok(Certificate::parse(&from_pem(file)?)?)
}

fn from_pem(file: &Path) -> Result<Vec<u8>, SetupFailure> {
    let pem = fs::read(file)?;
    let (_, der) = der::pem::decode_vec(&pem).map_err(|e| format!("{}: {e}", file.display()))?;
    Ok(der)
}
