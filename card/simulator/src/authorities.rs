//! The authorities of the test PKI, in tables: what their certificates and those below them say.

use crate::Day;
use crate::applets::Authorities;
use crate::certificate::{COMMON_NAME, COUNTRY, LOCALITY, ORGANISATION, ORGANISATIONAL_UNIT};
use crate::keys::{KeyKind, RsaHash};
use spki::ObjectIdentifier;

/// What names of authorities begin with.
pub(crate) type NamePrefix = &'static [(ObjectIdentifier, &'static str)];

/// A root.
pub(crate) struct RootProfile {
    /// What its files are called.
    pub(crate) file: &'static str,
    pub(crate) prefix: NamePrefix,
    pub(crate) common_name: &'static str,
    pub(crate) kind: KeyKind,
    pub(crate) path_len: Option<u8>,
    pub(crate) policy: &'static str,
    pub(crate) valid: (Day, Day),
    /// See [`Sizes`].
    pub(crate) size: Option<usize>,
}

/// What is below a root for one generation of cards. The policy identifiers are the real ones, so that whoever checks
/// policies can be tested.
pub(crate) struct Generation {
    /// Start of the file names.
    pub(crate) prefix: &'static str,
    pub(crate) names: NamePrefix,
    pub(crate) ca_serial: &'static str,
    pub(crate) ca_kind: KeyKind,
    pub(crate) register_kind: KeyKind,
    pub(crate) hash: RsaHash,
    /// Of CAs and of the register's signer.
    pub(crate) valid: (Day, Day),
    pub(crate) policies: Policies,
    pub(crate) sizes: Sizes,
}

/// Policy identifiers: of CAs for citizens and foreigners, of their certificates, of the register's signer.
pub(crate) struct Policies {
    pub(crate) ca: [&'static str; 2],
    pub(crate) authentication: [&'static str; 2],
    pub(crate) signature: [&'static str; 2],
    pub(crate) register: &'static str,
}

/// Sizes of certificates as seen on cards, which a comment that says TEST makes up for: our RSA keys above the holder are
/// shorter than the real ones, because those take half a minute to make. `None`: as long as it gets by itself.
pub(crate) struct Sizes {
    pub(crate) authentication: Option<usize>,
    pub(crate) signature: Option<usize>,
    pub(crate) ca: Option<usize>,
    pub(crate) register: Option<usize>,
}

const ANY_POLICY: &str = "2.5.29.32.0";

/// Longer than any card is valid.
const EVER: (Day, Day) = (Day::new(2004, 1, 1), Day::new(2040, 12, 31));

const BELGIUM: NamePrefix = &[(COUNTRY, "BE")];

/// As many attributes, and as long ones, as the real names have.
const BELGIUM_2020: NamePrefix = &[
    (COUNTRY, "BE"),
    (LOCALITY, "Nowhere"),
    (ORGANISATION, "beidd TEST - there is no such Government"),
    (ORGANISATIONAL_UNIT, "TEST Home Affairs, invented (NTRBE-0000000000)"),
    (ORGANISATIONAL_UNIT, "TEST Policy and Support, too (NTRBE-0000000000)"),
];

pub(crate) static RSA_ROOT: RootProfile = RootProfile {
    file: "rsa-root",
    prefix: BELGIUM,
    common_name: "beidd TEST Root CA",
    kind: KeyKind::Rsa2048,
    path_len: None,
    policy: "2.16.56.12.1.1",
    valid: EVER,
    size: Some(1426),
};

pub(crate) static EC_ROOT: RootProfile = RootProfile {
    file: "ec-root",
    prefix: BELGIUM_2020,
    common_name: "beidd TEST EC Root CA",
    kind: KeyKind::P384,
    path_len: Some(1),
    policy: ANY_POLICY,
    valid: EVER,
    size: None,
};

/// Policies of Belgium Root CA2; sizes of specimens of 2009.
static SHA1: Generation = Generation {
    prefix: "sha1",
    names: BELGIUM,
    ca_serial: "200801",
    ca_kind: KeyKind::Rsa2048,
    register_kind: KeyKind::Rsa1024,
    hash: RsaHash::Sha1,
    valid: (Day::new(2007, 10, 1), Day::new(2014, 6, 1)),
    policies: Policies {
        ca: ["2.16.56.9.1.1.2", "2.16.56.9.1.1.7"],
        authentication: ["2.16.56.9.1.1.2.2", "2.16.56.9.1.1.7.2"],
        signature: ["2.16.56.9.1.1.2.1", "2.16.56.9.1.1.7.1"],
        register: "2.16.56.9.1.1.4",
    },
    sizes: Sizes {
        authentication: Some(1061),
        signature: Some(1082),
        ca: Some(1042),
        register: Some(840),
    },
};

/// Policies of Belgium Root CA4; sizes of specimens of applet 1.7.
static RSA: Generation = Generation {
    prefix: "rsa",
    names: BELGIUM,
    ca_serial: "201701",
    ca_kind: KeyKind::Rsa2048,
    register_kind: KeyKind::Rsa2048,
    hash: RsaHash::Sha256,
    valid: EVER,
    policies: Policies {
        ca: ["2.16.56.12.1.1.2", "2.16.56.12.1.1.7"],
        authentication: ["2.16.56.12.1.1.2.2", "2.16.56.12.1.1.7.2"],
        signature: ["2.16.56.12.1.1.2.1", "2.16.56.12.1.1.7.1"],
        register: "2.16.56.12.1.1.4",
    },
    sizes: Sizes {
        authentication: Some(1459),
        signature: Some(1501),
        ca: Some(1508),
        register: Some(1230),
    },
};

/// Policies of Belgium Root CA6.
static EC: Generation = Generation {
    prefix: "ec",
    names: BELGIUM_2020,
    ca_serial: "202101",
    ca_kind: KeyKind::P384,
    register_kind: KeyKind::P384,
    hash: RsaHash::Sha256,
    valid: EVER,
    policies: Policies {
        ca: [ANY_POLICY, ANY_POLICY],
        authentication: ["2.16.56.13.6.1.1.1000", "2.16.56.13.6.2.1.1000"],
        signature: ["2.16.56.13.6.1.2.1000", "2.16.56.13.6.2.2.1000"],
        register: "2.16.56.13.6.0.1",
    },
    sizes: Sizes {
        authentication: None,
        signature: None,
        ca: None,
        register: None,
    },
};

impl Authorities {
    pub(crate) fn generation(self) -> &'static Generation {
        match self {
            Self::Sha1 => &SHA1,
            Self::Rsa => &RSA,
            Self::Ec => &EC,
        }
    }
}

impl RootProfile {
    /// All of its name.
    pub(crate) fn name(&self) -> Vec<(ObjectIdentifier, &'static str)> {
        let own = [(COMMON_NAME, self.common_name)];
        self.prefix.iter().copied().chain(own).collect()
    }
}
