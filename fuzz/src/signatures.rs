//! Targets for signatures, time stamps and containers of unknown origin.

use beid_pki::{Certificate, HashAlgorithm, Trust, TrustStore};
use beid_protocol::timestamp::{TimeStampRequest, Token};
use beid_protocol::verify::{CheckName, Context, Outcome, Verdict, Verification, verify_with};
use jiff::Timestamp;
use std::sync::LazyLock;

/// Roots of the signers and of the time stamps in the corpus; their private keys were thrown away.
static ROOTS: LazyLock<[TrustStore; 2]> = LazyLock::new(|| {
    [
        include_bytes!("signatures/signers.der").as_slice(),
        include_bytes!("signatures/time-stamps.der"),
    ]
    .map(|root| TrustStore::belgian().with_test_root(Certificate::parse(root).unwrap()))
});

/// Content that was never signed or stamped.
const NEVER: &[u8] = b"whoever makes this trusted has forged a signature";

/// A day on which the corpus had been made.
fn now() -> Timestamp {
    "2026-12-01T12:00:00Z".parse().unwrap()
}

/// Verifies the bytes as a CMS, a container or a signature in XML, and as a time stamp and an answer of its authority.
pub fn cms(data: &[u8]) {
    let [roots, tsa_roots] = &*ROOTS;
    for content in [None, Some(NEVER)] {
        let context = Context {
            tsa_roots,
            content,
            ..Context::new(roots, now())
        };
        let verification = verify_with(data, &context);
        is_sound(&verification);
        assert!(content.is_none() || verification.trust() == Trust::None);
    }
    assert!(Token::verify(data, NEVER, tsa_roots, now()).is_err());
    let request = TimeStampRequest::new(NEVER, HashAlgorithm::Sha256, &[1; 8]).unwrap();
    assert!(request.accept(data, tsa_roots, now()).is_err());
}

/// Asserts that every check is made once, and that no failed verification is trusted. A failed time stamp is the
/// exception, because anybody can add one.
fn is_sound(verification: &Verification) {
    let checks = verification.checks();
    let mut names: Vec<_> = checks.iter().map(|check| check.name.name()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), checks.len());
    let failed = checks
        .iter()
        .any(|check| matches!(check.outcome, Outcome::Failed(_)) && check.name != CheckName::TimeStamp);
    assert!(!failed || verification.trust() == Trust::None);
    let is_valid = verification.verdict() < Verdict::NotChecked;
    assert_eq!(is_valid, verification.trust() != Trust::None);
    verification.signatures().iter().for_each(is_sound);
    assert!(verification.stamped_at().is_none_or(|at| at <= now()));
}
