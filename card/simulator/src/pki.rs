//! The test PKI: two hierarchies shaped like the Belgian ones, RSA for applets 1.1 and 1.7, P-384 for applet 1.8.
//!
//! ```text
//! beidd TEST Root CA ──┬── TEST Citizen CA ──── holder (Authentication), holder (Signature)
//!                      ├── TEST Foreigner CA ── …
//!                      └── RRN TEST (signs identity and address)
//! ```
//! Only keys are stored. Certificates follow from them and from [`CITIZENS`](crate::CITIZENS), so they are the same in
//! every process that shares the directory, and new ones with a new table.

use crate::applets::{AppletManual, AuthorityFamily};
use crate::authorities::{AuthorityProfiles, EC_ROOT, RSA_ROOT, RootProfile};
use crate::card::CardImage;
use crate::certificate::{
    COMMON_NAME, CertificateIssuer, CertificateProfile, CertificateUsage, SERIAL_NUMBER, holder_name, issue, name,
    register_name,
};
use crate::extensions::Urls;
use crate::keys::{KeyKind, KeyStore, RsaHash, TestKey};
use crate::oddities::Oddities;
use crate::{Citizen, HolderCertificates, SimulatorError};
use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use x509_cert::name::Name;

/// A test PKI in a directory of its own. Opening it makes the roots; everything else is made when a card first needs
/// it, which for a card of applet 1.7 means four RSA keys (a second or so each).
pub struct TestPki {
    store: KeyStore,
    urls: Urls,
    rsa: TestAuthority,
    ec: TestAuthority,
    /// Images of cards made before, so that making one again costs nothing.
    images: Mutex<HashMap<&'static str, Arc<CardImage>>>,
}

/// A root or CA of the test PKI.
#[derive(Clone)]
pub(crate) struct TestAuthority {
    /// Start of the names of its files.
    pub(crate) file: String,
    name: Name,
    pub(crate) key: TestKey,
    pub(crate) certificate: Vec<u8>,
    hash: RsaHash,
}

/// A key and its certificate (DER).
pub(crate) struct CertifiedKey {
    /// Start of the names of its files.
    pub(crate) file: String,
    pub(crate) key: TestKey,
    pub(crate) certificate: Vec<u8>,
}

/// Keys and certificates that go on one card.
pub(crate) struct CardCredentials {
    pub(crate) root: TestAuthority,
    pub(crate) ca: TestAuthority,
    pub(crate) register: CertifiedKey,
    /// Hash that the register signs, if its key is RSA.
    pub(crate) hash: RsaHash,
    /// Authentication and signature, unless the holder is too young.
    pub(crate) holder: [Option<CertifiedKey>; 2],
    /// The key that proves the chip genuine, applet 1.8.
    pub(crate) basic: Option<TestKey>,
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
        Self::open_with(dir, Urls::default())
    }

    /// Opens it with certificates that name `urls` for their revocation. Keys, serial numbers and roots do not depend
    /// on them, all other certificates do.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_with(dir: &Path, urls: Urls) -> Result<Self, SimulatorError> {
        let store = KeyStore::open(dir)?;
        let (rsa, ec) = (
            TestAuthority::root(&store, &RSA_ROOT)?,
            TestAuthority::root(&store, &EC_ROOT)?,
        );
        let pki = Self {
            store,
            urls,
            rsa,
            ec,
            images: Mutex::default(),
        };
        for (path, root) in pki.root_paths().into_iter().zip(pki.roots()) {
            pki.store.replace(&path, pem(&root)?.as_bytes())?;
        }
        Ok(pki)
    }

    /// The self-signed test roots, RSA then P-384, as DER. Trusting them means trusting cards that anybody can make.
    #[must_use]
    pub fn roots(&self) -> Vec<Vec<u8>> {
        vec![self.rsa.certificate.clone(), self.ec.certificate.clone()]
    }

    /// Paths of the same roots as PEM files: `rsa-root.pem` and `ec-root.pem`.
    #[must_use]
    pub fn root_paths(&self) -> [PathBuf; 2] {
        [self.store.path("rsa-root.pem"), self.store.path("ec-root.pem")]
    }

    /// Returns the image of `citizen`'s card, which is made once.
    pub(crate) fn image(&self, citizen: &'static Citizen) -> Result<Arc<CardImage>, SimulatorError> {
        // Held while making one: two threads that want the same card should not both look for primes.
        let mut images = self.images.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(image) = images.get(citizen.id) {
            return Ok(image.clone());
        }
        let image = Arc::new(CardImage::build(
            citizen,
            self.issue_for(citizen, &Oddities::NONE)?,
            &Oddities::NONE,
        )?);
        images.insert(citizen.id, image.clone());
        Ok(image)
    }

    pub(crate) fn issue_for(&self, citizen: &Citizen, oddities: &Oddities) -> Result<CardCredentials, SimulatorError> {
        let model = citizen.applet.model();
        let generation = model.authorities.generation();
        let root = match model.authorities {
            AuthorityFamily::Sha1 | AuthorityFamily::Rsa => &self.rsa,
            AuthorityFamily::Ec => &self.ec,
        };
        let ca = self.ca(generation, root, citizen.foreigner.is_some())?;
        Ok(CardCredentials {
            root: root.clone(),
            register: self.register(generation, root, oddities)?,
            hash: generation.hash,
            holder: self.holder(generation, &ca, citizen, oddities)?,
            ca,
            basic: match model.manual {
                AppletManual::V11 | AppletManual::V17 => None,
                AppletManual::V18 => Some(self.store.key(&format!("{}-basic", citizen.id), KeyKind::P384)?),
            },
        })
    }

    fn register(
        &self,
        generation: &AuthorityProfiles,
        root: &TestAuthority,
        oddities: &Oddities,
    ) -> Result<CertifiedKey, SimulatorError> {
        let profile = CertificateProfile {
            subject: register_name()?,
            valid: generation.valid,
            usage: CertificateUsage::Register,
            path_len: None,
            policy: oddities.register_policy.unwrap_or(generation.policies.register),
            urls: Some(&self.urls),
            size: generation.sizes.register,
        };
        let file = format!("{}-rrn", generation.prefix);
        self.certify(file, generation.register_kind, profile, &root.issuer(generation.hash))
    }

    fn ca(
        &self,
        generation: &AuthorityProfiles,
        root: &TestAuthority,
        foreigners: bool,
    ) -> Result<TestAuthority, SimulatorError> {
        let [citizen_policy, foreigner_policy] = generation.policies.ca;
        let (common_name, file, policy) = match foreigners {
            false => ("TEST Citizen CA", "citizen-ca", citizen_policy),
            true => ("TEST Foreigner CA", "foreigner-ca", foreigner_policy),
        };
        let own = [(COMMON_NAME, common_name), (SERIAL_NUMBER, generation.ca_serial)];
        let name = name(&[generation.names, &own].concat())?;
        let profile = CertificateProfile {
            subject: name.clone(),
            valid: generation.valid,
            usage: CertificateUsage::Ca,
            path_len: Some(0),
            policy,
            urls: Some(&self.urls),
            size: generation.sizes.ca,
        };
        let file = format!("{}-{file}", generation.prefix);
        let issuer = root.issuer(generation.hash);
        let CertifiedKey { file, key, certificate } = self.certify(file, generation.ca_kind, profile, &issuer)?;
        Ok(TestAuthority {
            file,
            name,
            key,
            certificate,
            hash: generation.hash,
        })
    }

    /// Issues the holder's own certificates, authentication and signature.
    fn holder(
        &self,
        generation: &AuthorityProfiles,
        ca: &TestAuthority,
        citizen: &Citizen,
        oddities: &Oddities,
    ) -> Result<[Option<CertifiedKey>; 2], SimulatorError> {
        let AuthorityProfiles { policies, sizes, .. } = generation;
        let certified = |usage, role: &str, [citizens, foreigners]: [&'static str; 2], size| {
            let profile = CertificateProfile {
                subject: holder_name(citizen, role)?,
                valid: match usage {
                    CertificateUsage::Signature => oddities.signature_valid.unwrap_or(citizen.valid),
                    CertificateUsage::Authentication => oddities.authentication_valid.unwrap_or(citizen.valid),
                    CertificateUsage::Ca | CertificateUsage::Register => citizen.valid,
                },
                usage,
                path_len: None,
                policy: if citizen.foreigner.is_some() {
                    foreigners
                } else {
                    citizens
                },
                urls: Some(&self.urls),
                size,
            };
            let file = format!("{}-{}-{}", generation.prefix, citizen.id, role.to_lowercase());
            let kind = citizen.applet.model().holder_key;
            self.certify(file, kind, profile, &ca.issuer(ca.hash)).map(Some)
        };
        let authentication = || {
            certified(
                CertificateUsage::Authentication,
                "Authentication",
                policies.authentication,
                sizes.authentication,
            )
        };
        let signature = || {
            certified(
                CertificateUsage::Signature,
                "Signature",
                policies.signature,
                sizes.signature,
            )
        };
        Ok(match citizen.certificates {
            HolderCertificates::Both => [authentication()?, signature()?],
            HolderCertificates::Authentication => [authentication()?, None],
            HolderCertificates::None => [None, None],
        })
    }

    fn certify(
        &self,
        file: String,
        kind: KeyKind,
        profile: CertificateProfile<'_>,
        issuer: &CertificateIssuer<'_>,
    ) -> Result<CertifiedKey, SimulatorError> {
        let key = self.store.key(&file, kind)?;
        let certificate = issue(profile, &key, issuer)?;
        Ok(CertifiedKey { file, key, certificate })
    }
}

impl TestAuthority {
    fn root(store: &KeyStore, root: &RootProfile) -> Result<Self, SimulatorError> {
        let key = store.key(root.file, root.kind)?;
        let name = name(&root.name())?;
        let profile = CertificateProfile {
            subject: name.clone(),
            valid: root.valid,
            usage: CertificateUsage::Ca,
            path_len: root.path_len,
            policy: root.policy,
            urls: None,
            size: root.size,
        };
        // Above the SHA-1 family, too: a root is trusted by itself, so its own signature proves nothing.
        let hash = RsaHash::Sha256;
        let own = CertificateIssuer {
            file: root.file,
            name: &name,
            key: &key,
            hash,
        };
        let certificate = issue(profile, &key, &own)?;
        Ok(Self {
            file: root.file.to_owned(),
            name,
            key,
            certificate,
            hash,
        })
    }

    fn issuer(&self, hash: RsaHash) -> CertificateIssuer<'_> {
        CertificateIssuer {
            file: &self.file,
            name: &self.name,
            key: &self.key,
            hash,
        }
    }
}

/// Encodes a certificate in PEM.
pub(crate) fn pem(certificate: &[u8]) -> Result<String, SimulatorError> {
    Ok(der::pem::encode_string("CERTIFICATE", der::pem::LineEnding::LF, certificate).map_err(der::Error::from)?)
}
