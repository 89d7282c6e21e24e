//! Targets for answers of an authority's servers, or of an attacker in their place.

use beid_pki::{Certificate, Doubt, Question, Statement, judge_crl};
use jiff::Timestamp;
use std::sync::LazyLock;

/// A certificate and its issuer.
type CertificateAndIssuer = [Certificate; 2];

macro_rules! asked {
    ($authority:literal, $certificate:literal) => {
        [
            include_bytes!(concat!(
                "../../pki/tests/vectors/",
                $authority,
                "/",
                $certificate,
                ".der"
            ))
            .as_slice(),
            include_bytes!(concat!("../../pki/tests/vectors/", $authority, "/ca.der")),
        ]
        .map(|der| Certificate::parse(der).unwrap())
    };
}

/// One under an authority with a P-384 key and one under an authority with an RSA key.
static ASKED: LazyLock<[CertificateAndIssuer; 2]> = LazyLock::new(|| [asked!("ec", "good"), asked!("rsa", "revoked")]);

/// A time at which the answers in the corpus are fresh.
fn now() -> Timestamp {
    "2026-11-23T01:10:00Z".parse().unwrap()
}

/// Judges the bytes as an answer of an OCSP responder.
pub fn ocsp(data: &[u8]) {
    for [certificate, issuer] in &*ASKED {
        let question = Question::about(certificate, issuer).unwrap();
        for nonce in [None, Some([0x5A; 32].as_slice())] {
            is_sound(question.judge(data, nonce, now()));
        }
    }
}

/// Judges the bytes as a revocation list.
pub fn crl(data: &[u8]) {
    for [certificate, issuer] in &*ASKED {
        is_sound(judge_crl(data, certificate, issuer, now()));
    }
}

/// Asserts that an accepted statement is of today.
fn is_sound(judged: Result<Statement, Doubt>) {
    if let Ok(statement) = judged {
        assert!(statement.this_update <= statement.next_update);
        assert_eq!(statement.this_update.as_second() / 86_400, now().as_second() / 86_400);
    }
}
