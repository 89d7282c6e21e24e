//! Tables of the authorities of the test PKI: contents of their certificates and of those they issue.

use crate::Day;
use crate::applets::AuthorityFamily;
use crate::certificate::{COMMON_NAME, COUNTRY, LOCALITY, ORGANISATION, ORGANISATIONAL_UNIT};
use crate::keys::{KeyKind, RsaHash};
use spki::ObjectIdentifier;

/// First attributes of the names of authorities.
pub(crate) type NamePrefix = &'static [(ObjectIdentifier, &'static str)];

/// A root certificate of the test PKI.
pub(crate) struct RootProfile {
    /// Start of the names of its files.
    pub(crate) file: &'static str,
    pub(crate) prefix: NamePrefix,
    pub(crate) common_name: &'static str,
    pub(crate) kind: KeyKind,
    pub(crate) path_len: Option<u8>,
    pub(crate) policy: &'static str,
    pub(crate) valid: (Day, Day),
    /// Size of the certificate in bytes; see [`CertificateSizes`].
    pub(crate) size: Option<usize>,
}

/// Certificates below a root, for one generation of cards. The policy identifiers are the real ones, so that checks of
/// policies can be tested.
pub(crate) struct AuthorityProfiles {
    /// Start of the file names.
    pub(crate) prefix: &'static str,
    pub(crate) names: NamePrefix,
    pub(crate) ca_serial: &'static str,
    pub(crate) ca_kind: KeyKind,
    pub(crate) register_kind: KeyKind,
    pub(crate) hash: RsaHash,
    /// Validity of the CAs and of the register's signer.
    pub(crate) valid: (Day, Day),
    pub(crate) policies: PolicyIds,
    pub(crate) sizes: CertificateSizes,
}

/// Policy identifiers: of CAs for citizens and foreigners, of their certificates, of the register's signer.
pub(crate) struct PolicyIds {
    pub(crate) ca: [&'static str; 2],
    pub(crate) authentication: [&'static str; 2],
    pub(crate) signature: [&'static str; 2],
    pub(crate) register: &'static str,
}

/// Sizes of certificates as seen on cards, in bytes. A comment that says TEST fills them up: our RSA keys above the
/// holder are shorter than the real ones, which take half a minute to make. `None`: no filling.
pub(crate) struct CertificateSizes {
    pub(crate) authentication: Option<usize>,
    pub(crate) signature: Option<usize>,
    pub(crate) ca: Option<usize>,
    pub(crate) register: Option<usize>,
}

const ANY_POLICY: &str = "2.5.29.32.0";

/// Validity longer than that of any card.
const EVER: (Day, Day) = (Day::new(2004, 1, 1), Day::new(2040, 12, 31));

const BELGIUM: NamePrefix = &[(COUNTRY, "BE")];

/// Attributes as many and as long as those of the real names.
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
static SHA1: AuthorityProfiles = AuthorityProfiles {
    prefix: "sha1",
    names: BELGIUM,
    ca_serial: "200801",
    ca_kind: KeyKind::Rsa2048,
    register_kind: KeyKind::Rsa1024,
    hash: RsaHash::Sha1,
    valid: (Day::new(2007, 10, 1), Day::new(2014, 6, 1)),
    policies: PolicyIds {
        ca: ["2.16.56.9.1.1.2", "2.16.56.9.1.1.7"],
        authentication: ["2.16.56.9.1.1.2.2", "2.16.56.9.1.1.7.2"],
        signature: ["2.16.56.9.1.1.2.1", "2.16.56.9.1.1.7.1"],
        register: "2.16.56.9.1.1.4",
    },
    sizes: CertificateSizes {
        authentication: Some(1061),
        signature: Some(1082),
        ca: Some(1042),
        register: Some(840),
    },
};

/// Policies of Belgium Root CA4; sizes of specimens of applet 1.7.
static RSA: AuthorityProfiles = AuthorityProfiles {
    prefix: "rsa",
    names: BELGIUM,
    ca_serial: "201701",
    ca_kind: KeyKind::Rsa2048,
    register_kind: KeyKind::Rsa2048,
    hash: RsaHash::Sha256,
    valid: EVER,
    policies: PolicyIds {
        ca: ["2.16.56.12.1.1.2", "2.16.56.12.1.1.7"],
        authentication: ["2.16.56.12.1.1.2.2", "2.16.56.12.1.1.7.2"],
        signature: ["2.16.56.12.1.1.2.1", "2.16.56.12.1.1.7.1"],
        register: "2.16.56.12.1.1.4",
    },
    sizes: CertificateSizes {
        authentication: Some(1459),
        signature: Some(1501),
        ca: Some(1508),
        register: Some(1230),
    },
};

/// Policies of Belgium Root CA6.
static EC: AuthorityProfiles = AuthorityProfiles {
    prefix: "ec",
    names: BELGIUM_2020,
    ca_serial: "202101",
    ca_kind: KeyKind::P384,
    register_kind: KeyKind::P384,
    hash: RsaHash::Sha256,
    valid: EVER,
    policies: PolicyIds {
        ca: [ANY_POLICY, ANY_POLICY],
        authentication: ["2.16.56.13.6.1.1.1000", "2.16.56.13.6.2.1.1000"],
        signature: ["2.16.56.13.6.1.2.1000", "2.16.56.13.6.2.2.1000"],
        register: "2.16.56.13.6.0.1",
    },
    // Nothing to fill up: keys on P-384 are as long as the real ones.
    sizes: CertificateSizes {
        authentication: None,
        signature: None,
        ca: None,
        register: None,
    },
};

impl AuthorityFamily {
    pub(crate) fn generation(self) -> &'static AuthorityProfiles {
        match self {
            Self::Sha1 => &SHA1,
            Self::Rsa => &RSA,
            Self::Ec => &EC,
        }
    }
}

impl RootProfile {
    /// Attributes of its name, in order.
    pub(crate) fn name(&self) -> Vec<(ObjectIdentifier, &'static str)> {
        let own = [(COMMON_NAME, self.common_name)];
        self.prefix.iter().copied().chain(own).collect()
    }
}
