//! Test keys: made when first asked for, kept on disk, and the same in all processes that share a directory.

use crate::SimulatorError;
use der::{Decode, Encode};
use p384::ecdsa::signature::hazmat::PrehashSigner;
use p384::ecdsa::{Signature, SigningKey};
use p384::pkcs8::{DecodePrivateKey, EncodePrivateKey, EncodePublicKey, LineEnding};
use rand_core::{OsRng, RngCore};
use rsa::traits::PublicKeyParts;
use rsa::{Pkcs1v15Sign, RsaPrivateKey};
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha384};
use spki::{AlgorithmIdentifierOwned, ObjectIdentifier, SubjectPublicKeyInfoOwned};
use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

const SHA1_WITH_RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.5");
const SHA256_WITH_RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.11");
const ECDSA_WITH_SHA384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.3");

/// The kinds of key that Belgian cards have had.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum KeyKind {
    /// RSA-1024, applet 1.1.
    Rsa1024,
    /// RSA-2048, applet 1.7.
    Rsa2048,
    /// P-384, applet 1.8.
    P384,
}

/// Hash that RSA keys of authorities sign. Keys of P-384 always sign SHA-384.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum RsaHash {
    /// SHA-1, before 2014.
    Sha1,
    Sha256,
}

/// A private test key. Worth nothing to anybody, hence neither wiped nor hidden from the debugger.
#[derive(Clone)]
pub(crate) enum TestKey {
    Rsa(Box<RsaPrivateKey>),
    P384(Box<SigningKey>),
}

impl TestKey {
    fn generate(kind: KeyKind) -> Result<Self, String> {
        let bits = match kind {
            KeyKind::Rsa1024 => 1024,
            KeyKind::Rsa2048 => 2048,
            KeyKind::P384 => return Ok(Self::P384(Box::new(SigningKey::random(&mut OsRng)))),
        };
        let key = RsaPrivateKey::new(&mut OsRng, bits).map_err(|e| e.to_string())?;
        Ok(Self::Rsa(Box::new(key)))
    }

    /// Encodes it as PKCS#8 in PEM.
    pub(crate) fn to_pem(&self) -> Result<String, String> {
        match self {
            Self::Rsa(key) => key.to_pkcs8_pem(LineEnding::LF),
            Self::P384(key) => p384::SecretKey::from(key.as_ref().clone()).to_pkcs8_pem(LineEnding::LF),
        }
        .map(|pem| pem.as_str().to_owned())
        .map_err(|e| e.to_string())
    }

    fn from_pem(kind: KeyKind, pem: &str) -> Result<Self, String> {
        match kind {
            KeyKind::Rsa1024 | KeyKind::Rsa2048 => RsaPrivateKey::from_pkcs8_pem(pem).map(|k| Self::Rsa(Box::new(k))),
            KeyKind::P384 => p384::SecretKey::from_pkcs8_pem(pem).map(|k| Self::P384(Box::new(SigningKey::from(k)))),
        }
        .map_err(|e| e.to_string())
    }

    /// The public half as a DER `SubjectPublicKeyInfo`.
    pub(crate) fn spki(&self) -> Result<SubjectPublicKeyInfoOwned, SimulatorError> {
        let der = match self {
            Self::Rsa(key) => key.to_public_key().to_public_key_der(),
            Self::P384(key) => key.verifying_key().to_public_key_der(),
        };
        let der = der.map_err(|e| SimulatorError::Key {
            name: "public".to_owned(),
            reason: e.to_string(),
        })?;
        Ok(SubjectPublicKeyInfoOwned::from_der(der.as_bytes())?)
    }

    /// The algorithm [`sign`](Self::sign) uses, as certificates name it.
    pub(crate) fn algorithm(&self, hash: RsaHash) -> AlgorithmIdentifierOwned {
        let (oid, parameters) = match (self, hash) {
            (Self::Rsa(_), RsaHash::Sha1) => (SHA1_WITH_RSA, Some(der::Any::null())),
            (Self::Rsa(_), RsaHash::Sha256) => (SHA256_WITH_RSA, Some(der::Any::null())),
            (Self::P384(_), _) => (ECDSA_WITH_SHA384, None),
        };
        AlgorithmIdentifierOwned { oid, parameters }
    }

    /// Signs `message` as the Belgian authorities do: RSA PKCS#1 v1.5, or ECDSA with SHA-384 (DER). Both are
    /// deterministic, so two processes with one key build one and the same card.
    pub(crate) fn sign(&self, hash: RsaHash, message: &[u8]) -> Result<Vec<u8>, SimulatorError> {
        match (self, hash) {
            (Self::Rsa(key), RsaHash::Sha1) => key
                .sign(Pkcs1v15Sign::new::<Sha1>(), &Sha1::digest(message))
                .map_err(|e| e.to_string()),
            (Self::Rsa(key), RsaHash::Sha256) => key
                .sign(Pkcs1v15Sign::new::<Sha256>(), &Sha256::digest(message))
                .map_err(|e| e.to_string()),
            (Self::P384(key), _) => PrehashSigner::<Signature>::sign_prehash(key.as_ref(), &Sha384::digest(message))
                .map(|s| s.to_der().as_bytes().to_vec())
                .map_err(|e| e.to_string()),
        }
        .map_err(|reason| SimulatorError::Key {
            name: "signature".to_owned(),
            reason,
        })
    }

    /// Modulus length in bytes, for RSA.
    pub(crate) fn rsa_len(&self) -> Option<usize> {
        match self {
            Self::Rsa(key) => Some(key.size()),
            Self::P384(_) => None,
        }
    }
}

/// The directory of test keys, one PKCS#8 PEM file each, readable by their owner only.
#[derive(Debug)]
pub(crate) struct KeyStore {
    dir: PathBuf,
}

impl KeyStore {
    pub(crate) fn open(dir: &Path) -> Result<Self, SimulatorError> {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(dir)
            .map_err(at(dir))?;
        Ok(Self { dir: dir.to_owned() })
    }

    pub(crate) fn path(&self, file: &str) -> PathBuf {
        self.dir.join(file)
    }

    /// Returns the key called `name`, and makes it if it is not there yet.
    pub(crate) fn key(&self, name: &str, kind: KeyKind) -> Result<TestKey, SimulatorError> {
        let path = self.path(&format!("{name}.key.pem"));
        let wrong = |reason| SimulatorError::Key {
            name: name.to_owned(),
            reason,
        };
        let pem = match fs::read_to_string(&path) {
            Ok(pem) => pem,
            Err(e) if e.kind() == ErrorKind::NotFound => {
                let fresh = TestKey::generate(kind).and_then(|k| k.to_pem()).map_err(wrong)?;
                self.publish(&path, fresh.as_bytes())?;
                // Another process may have been first: its key counts, not ours.
                fs::read_to_string(&path).map_err(at(&path))?
            }
            Err(e) => return Err(at(&path)(e)),
        };
        TestKey::from_pem(kind, &pem).map_err(wrong)
    }

    /// Puts `content` at `path` unless another process was there first: a link to a complete file appears at once or
    /// not at all, so everybody reads the same key and nobody half of one.
    fn publish(&self, path: &Path, content: &[u8]) -> Result<(), SimulatorError> {
        let draft = self.draft(content)?;
        let linked = match fs::hard_link(&draft, path) {
            Err(e) if e.kind() == ErrorKind::AlreadyExists => Ok(()),
            other => other,
        };
        fs::remove_file(&draft).map_err(at(&draft))?;
        linked.map_err(at(path))
    }

    /// Writes `content` to `path`, in place of an older file.
    pub(crate) fn replace(&self, path: &Path, content: &[u8]) -> Result<(), SimulatorError> {
        if fs::read(path).is_ok_and(|old| old == content) {
            return Ok(());
        }
        let draft = self.draft(content)?;
        fs::rename(&draft, path).map_err(at(path))
    }

    fn draft(&self, content: &[u8]) -> Result<PathBuf, SimulatorError> {
        // Random, not our process number: two containers may share the directory and not their numbers.
        let name = format!(".draft-{:016x}", OsRng.next_u64());
        let path = self.path(&name);
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)
            .map_err(at(&path))?;
        file.write_all(content)
            .and_then(|()| file.sync_all())
            .map_err(at(&path))?;
        Ok(path)
    }
}

fn at(path: &Path) -> impl Fn(std::io::Error) -> SimulatorError {
    let path = path.to_owned();
    move |source| SimulatorError::State {
        path: path.clone(),
        source,
    }
}

/// Encodes `value` in DER.
pub(crate) fn der_of(value: &impl Encode) -> Result<Vec<u8>, SimulatorError> {
    Ok(value.to_der()?)
}
