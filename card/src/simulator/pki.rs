//! The test PKI: two hierarchies shaped like the Belgian ones, RSA for applet 1.7 and P-384 for applet 1.8.
//!
//! ```text
//! beidd TEST Root CA ──┬── TEST Citizen CA ──── holder (Authentication), holder (Signature)
//!                      ├── TEST Foreigner CA ── …
//!                      └── RRN TEST (signs identity and address)
//! ```
//! Only keys are stored. Certificates follow from them and from [`CITIZENS`](super::CITIZENS), so they are the same in
//! every process that shares the directory, and new ones with a new table.

use super::card::CardImage;
use super::certificate::{Issuer, Profile, Usage, ca_name, holder_name, issue, register_name, root_name};
use super::keys::{Key, KeyKind, KeyStore};
use super::{Applet, Citizen, Day, SimulatorError};
use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use x509_cert::name::Name;

/// Validity of roots, CAs and the register's signer: longer than any card.
const VALID: (Day, Day) = (
    Day {
        year: 2010,
        month: 1,
        day: 1,
    },
    Day {
        year: 2040,
        month: 12,
        day: 31,
    },
);

/// How one generation differs from the other. The policy identifiers are the real ones of Belgium Root CA4 and CA6, so
/// that whoever checks policies can be tested.
struct Generation {
    kind: KeyKind,
    /// Start of the file names.
    prefix: &'static str,
    root: &'static str,
    root_path_len: Option<u8>,
    ca_serial: &'static str,
    policies: Policies,
}

/// Policy identifiers: of CAs for citizens and foreigners, of their certificates, of the register's signer.
struct Policies {
    ca: [&'static str; 2],
    authentication: [&'static str; 2],
    signature: [&'static str; 2],
    register: &'static str,
}

const ANY_POLICY: &str = "2.5.29.32.0";

static RSA: Generation = Generation {
    kind: KeyKind::Rsa,
    prefix: "rsa",
    root: "beidd TEST Root CA",
    root_path_len: None,
    ca_serial: "201701",
    policies: Policies {
        ca: ["2.16.56.12.1.1.2", "2.16.56.12.1.1.7"],
        authentication: ["2.16.56.12.1.1.2.2", "2.16.56.12.1.1.7.2"],
        signature: ["2.16.56.12.1.1.2.1", "2.16.56.12.1.1.7.1"],
        register: "2.16.56.12.1.1.4",
    },
};

static EC: Generation = Generation {
    kind: KeyKind::P384,
    prefix: "ec",
    root: "beidd TEST EC Root CA",
    root_path_len: Some(1),
    ca_serial: "202101",
    policies: Policies {
        ca: [ANY_POLICY, ANY_POLICY],
        authentication: ["2.16.56.13.6.1.1.1000", "2.16.56.13.6.2.1.1000"],
        signature: ["2.16.56.13.6.1.2.1000", "2.16.56.13.6.2.2.1000"],
        register: "2.16.56.13.6.0.1",
    },
};

/// A test PKI in a directory of its own. Opening makes the roots; all else is made when a card first needs it, which
/// for a card of applet 1.7 means four RSA keys (a second or so each).
pub struct TestPki {
    store: KeyStore,
    rsa: Root,
    ec: Root,
    /// Cards made before, so that making one again costs nothing.
    images: Mutex<HashMap<&'static str, Arc<CardImage>>>,
}

struct Root {
    generation: &'static Generation,
    name: Name,
    key: Key,
    certificate: Vec<u8>,
}

/// A key and its certificate (DER).
pub(super) struct Certified {
    pub(super) key: Key,
    pub(super) certificate: Vec<u8>,
}

/// Everything of the PKI that goes on one card.
pub(super) struct Issued {
    pub(super) root: Vec<u8>,
    pub(super) ca: Vec<u8>,
    pub(super) register: Certified,
    /// Authentication and signature, unless the holder is too young.
    pub(super) holder: Option<[Certified; 2]>,
    /// The key that proves the chip genuine, applet 1.8.
    pub(super) basic: Option<Key>,
}

impl fmt::Debug for TestPki {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestPki")
            .field("store", &self.store)
            .finish_non_exhaustive()
    }
}

impl TestPki {
    /// Opens the test PKI in `dir`, which is made (mode 0700) if need be. Several processes may do so at once and agree
    /// on one PKI. Also writes the roots there as PEM, see [`root_paths`](Self::root_paths).
    ///
    /// # Errors
    /// [`SimulatorError::State`] if the directory cannot be used, [`SimulatorError::Key`] if a key in it is damaged.
    pub fn open(dir: &Path) -> Result<Self, SimulatorError> {
        let store = KeyStore::open(dir)?;
        let (rsa, ec) = (Root::make(&store, &RSA)?, Root::make(&store, &EC)?);
        let pki = Self {
            store,
            rsa,
            ec,
            images: Mutex::default(),
        };
        for (path, root) in pki.root_paths().into_iter().zip(pki.roots()) {
            pki.store.replace(&path, pem(&root)?.as_bytes())?;
        }
        Ok(pki)
    }

    /// The self-signed test roots, RSA then P-384, as DER. Whoever trusts these trusts cards that anybody can make.
    #[must_use]
    pub fn roots(&self) -> Vec<Vec<u8>> {
        vec![self.rsa.certificate.clone(), self.ec.certificate.clone()]
    }

    /// Where the same roots are as PEM files: `rsa-root.pem` and `ec-root.pem`.
    #[must_use]
    pub fn root_paths(&self) -> [PathBuf; 2] {
        [self.store.path("rsa-root.pem"), self.store.path("ec-root.pem")]
    }

    /// The card of `citizen`, made once.
    pub(super) fn image(&self, citizen: &'static Citizen) -> Result<Arc<CardImage>, SimulatorError> {
        // Held while making one: two threads that want the same card should not both look for primes.
        let mut images = self.images.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(image) = images.get(citizen.id) {
            return Ok(image.clone());
        }
        let image = Arc::new(CardImage::build(citizen, self.issue_for(citizen)?)?);
        images.insert(citizen.id, image.clone());
        Ok(image)
    }

    fn issue_for(&self, citizen: &Citizen) -> Result<Issued, SimulatorError> {
        let root = match citizen.applet {
            Applet::V17 => &self.rsa,
            Applet::V18 => &self.ec,
        };
        let (ca_certificate, holder) = self.ca(root, citizen)?;
        Ok(Issued {
            root: root.certificate.clone(),
            ca: ca_certificate,
            register: self.register(root)?,
            holder,
            basic: match citizen.applet {
                Applet::V17 => None,
                Applet::V18 => Some(self.store.key(&format!("{}-basic", citizen.id), KeyKind::P384)?),
            },
        })
    }

    fn register(&self, root: &Root) -> Result<Certified, SimulatorError> {
        let profile = Profile {
            subject: register_name()?,
            valid: VALID,
            usage: Usage::Register,
            path_len: None,
            policy: Some(root.generation.policies.register),
        };
        self.certify("rrn", root, profile, &root.issuer())
    }

    fn ca(&self, root: &Root, citizen: &Citizen) -> Result<(Vec<u8>, Option<[Certified; 2]>), SimulatorError> {
        let policies = &root.generation.policies;
        let [citizens, foreigners] = policies.ca;
        let (common_name, file, policy) = match citizen.foreigner {
            None => ("TEST Citizen CA", "citizen-ca", citizens),
            Some(_) => ("TEST Foreigner CA", "foreigner-ca", foreigners),
        };
        let subject = ca_name(common_name, root.generation.ca_serial)?;
        let profile = Profile {
            subject: subject.clone(),
            valid: VALID,
            usage: Usage::Ca,
            path_len: Some(0),
            policy: Some(policy),
        };
        let ca = self.certify(file, root, profile, &root.issuer())?;
        let issuer = Issuer {
            name: &subject,
            key: &ca.key,
        };
        let holder = match citizen.has_certificates {
            false => None,
            true => Some([
                self.holder(
                    root,
                    citizen,
                    &issuer,
                    "Authentication",
                    Usage::Authentication,
                    policies.authentication,
                )?,
                self.holder(
                    root,
                    citizen,
                    &issuer,
                    "Signature",
                    Usage::Signature,
                    policies.signature,
                )?,
            ]),
        };
        Ok((ca.certificate, holder))
    }

    fn holder(
        &self,
        root: &Root,
        citizen: &Citizen,
        ca: &Issuer<'_>,
        role: &str,
        usage: Usage,
        [citizens, foreigners]: [&str; 2],
    ) -> Result<Certified, SimulatorError> {
        let policy = if citizen.foreigner.is_some() {
            foreigners
        } else {
            citizens
        };
        let subject = holder_name(citizen, role)?;
        let profile = Profile {
            subject,
            valid: citizen.valid,
            usage,
            path_len: None,
            policy: Some(policy),
        };
        self.certify(&format!("{}-{}", citizen.id, role.to_lowercase()), root, profile, ca)
    }

    fn certify(
        &self,
        file: &str,
        root: &Root,
        profile: Profile<'_>,
        issuer: &Issuer<'_>,
    ) -> Result<Certified, SimulatorError> {
        let Generation { prefix, kind, .. } = root.generation;
        let key = self.store.key(&format!("{prefix}-{file}"), *kind)?;
        let certificate = issue(profile, &key, issuer)?;
        Ok(Certified { key, certificate })
    }
}

impl Root {
    fn make(store: &KeyStore, generation: &'static Generation) -> Result<Self, SimulatorError> {
        let key = store.key(&format!("{}-root", generation.prefix), generation.kind)?;
        let name = root_name(generation.root)?;
        let profile = Profile {
            subject: name.clone(),
            valid: VALID,
            usage: Usage::Ca,
            path_len: generation.root_path_len,
            policy: None,
        };
        let certificate = issue(profile, &key, &Issuer { name: &name, key: &key })?;
        Ok(Self {
            generation,
            name,
            key,
            certificate,
        })
    }

    fn issuer(&self) -> Issuer<'_> {
        Issuer {
            name: &self.name,
            key: &self.key,
        }
    }
}

fn pem(certificate: &[u8]) -> Result<String, SimulatorError> {
    Ok(der::pem::encode_string("CERTIFICATE", der::pem::LineEnding::LF, certificate).map_err(der::Error::from)?)
}
