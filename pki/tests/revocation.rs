//! Answers and lists that OpenSSL 3.0 made (`openssl ocsp`, `openssl ca -gencrl`), judged by us.
//!
//! Each folder of `vectors/` is one authority with three certificates, one of them revoked and one on hold, made on 23
//! November 2026 at 01:06:40 UTC; answers and lists are good for a week, the one with a nonce for an hour.

#![expect(clippy::expect_used, reason = "what fails here fails the test")]

use beid_pki::{Certificate, Doubt, Question, RevocationReason, Statement, Status, judge_crl};
use jiff::Timestamp;
use std::fs;
use std::path::Path;

const AUTHORITIES: [&str; 2] = ["ec", "rsa"];
const MADE: &str = "2026-11-23T01:06:40Z";
const NEXT: &str = "2026-11-30T01:06:40Z";

fn vector(authority: &str, file: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors");
    fs::read(folder.join(authority).join(file)).expect("a vector")
}

fn certificate(authority: &str, name: &str) -> Certificate {
    Certificate::parse(&vector(authority, &format!("{name}.der"))).expect("a certificate")
}

fn time(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

fn question(authority: &str, name: &str) -> Question {
    Question::about(&certificate(authority, name), &certificate(authority, "ca")).expect("a question")
}

/// Judges the certificate called `name` by the answer in `file`.
fn ocsp(authority: &str, name: &str, file: &str, at: &str) -> Result<Statement, Doubt> {
    question(authority, name).judge(&vector(authority, file), None, time(at))
}

/// Judges the certificate called `name` by the list.
fn listed(authority: &str, name: &str, at: &str) -> Result<Statement, Doubt> {
    let issuer = certificate(authority, "ca");
    judge_crl(
        &vector(authority, "list.crl"),
        &certificate(authority, name),
        &issuer,
        time(at),
    )
}

fn revoked(reason: RevocationReason) -> Status {
    let at = time(MADE);
    Status::Revoked { at, reason }
}

#[test]
fn answers_and_lists_say_what_the_authority_did() {
    let expected = [
        ("good", Status::Good),
        ("revoked", revoked(RevocationReason::KeyCompromise)),
        ("held", revoked(RevocationReason::CertificateHold)),
    ];
    for authority in AUTHORITIES {
        for (name, status) in expected {
            let statement = Statement {
                status,
                this_update: time(MADE),
                next_update: time(NEXT),
            };
            let file = format!("ocsp-{name}.der");
            assert_eq!(ocsp(authority, name, &file, MADE), Ok(statement), "{authority} {name}");
            assert_eq!(listed(authority, name, MADE), Ok(statement), "{authority} {name}");
        }
    }
}

#[test]
fn certificates_say_where_to_ask() {
    for authority in AUTHORITIES {
        let good = certificate(authority, "good");
        assert_eq!(good.ocsp_urls(), ["http://ocsp.example.be/eid"]);
        assert_eq!(good.crl_urls(), [format!("http://crl.example.be/{authority}.crl")]);
        assert_eq!(good.extended_key_usages(), ["1.3.6.1.5.5.7.3.2"]);
        assert!(!good.has_ocsp_no_check());
        assert!(certificate(authority, "ca").ocsp_urls().is_empty());
    }
}

/// The nonce is the last thing in the request, 16 bytes long.
fn nonce(request: &[u8]) -> &[u8] {
    request.split_at(request.len() - 16).1
}

#[test]
fn requests_are_those_of_openssl() {
    for authority in AUTHORITIES {
        let expected = vector(authority, "nonce.req");
        let request = question(authority, "good").request(nonce(&expected));
        assert_eq!(request, Ok(expected));
    }
}

#[test]
fn echoed_nonce_is_ours_or_the_answer_is_not() {
    for authority in AUTHORITIES {
        let (request, answer) = (vector(authority, "nonce.req"), vector(authority, "ocsp-nonce.der"));
        let judge = |nonce| {
            let judged = question(authority, "good").judge(&answer, Some(nonce), time(MADE));
            judged.map(|statement| statement.status)
        };
        assert_eq!(judge(nonce(&request)), Ok(Status::Good));
        assert_eq!(judge(&[7; 16]), Err(Doubt::WrongNonce));
    }
}

#[test]
fn answer_without_our_nonce_may_be_a_day_old_and_a_list_until_the_next() {
    let at = [
        ("2026-11-23T01:01:39Z", false, false),
        ("2026-11-23T01:01:40Z", true, true),
        ("2026-11-24T01:06:40Z", true, true),
        ("2026-11-24T01:06:41Z", false, true),
        ("2026-11-30T01:11:40Z", false, true),
        ("2026-11-30T01:11:41Z", false, false),
    ];
    for (at, answer_counts, list_counts) in at {
        assert_eq!(ocsp("ec", "good", "ocsp-good.der", at).is_ok(), answer_counts, "{at}");
        assert_eq!(listed("ec", "good", at).is_ok(), list_counts, "{at}");
    }
    let late = "2026-12-24T00:00:00Z";
    assert_eq!(ocsp("ec", "good", "ocsp-good.der", late), Err(Doubt::Stale));
    assert_eq!(listed("ec", "revoked", late), Err(Doubt::Stale));
}

#[test]
fn answer_about_another_certificate_says_nothing() {
    let other = ocsp("ec", "revoked", "ocsp-good.der", MADE);
    assert_eq!(other, Err(Doubt::OtherCertificate));
    let other_issuer = question("ec", "good").judge(&vector("rsa", "ocsp-good.der"), None, time(MADE));
    assert_eq!(other_issuer, Err(Doubt::WrongSigner));
    let other_list = judge_crl(
        &vector("rsa", "list.crl"),
        &certificate("ec", "good"),
        &certificate("ec", "ca"),
        time(MADE),
    );
    assert_eq!(other_list, Err(Doubt::WrongSigner));
}

#[test]
fn whatever_is_cut_off_or_changed_proves_nothing() {
    let (question, issuer, good) = (
        question("ec", "good"),
        certificate("ec", "ca"),
        certificate("ec", "good"),
    );
    let answer = vector("ec", "ocsp-good.der");
    let list = vector("ec", "list.crl");
    let judge_answer = |bytes: &[u8]| question.judge(bytes, None, time(MADE));
    let judge_list = |bytes: &[u8]| judge_crl(bytes, &good, &issuer, time(MADE));
    for length in 0..answer.len() {
        assert_eq!(
            judge_answer(answer.split_at(length).0),
            Err(Doubt::Malformed),
            "{length}"
        );
    }
    for length in 0..list.len() {
        assert_eq!(judge_list(list.split_at(length).0), Err(Doubt::Malformed), "{length}");
    }
    for at in 0..list.len() {
        let mut changed = list.clone();
        changed.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= 1);
        assert!(judge_list(&changed).is_err(), "{at}");
    }
    for bytes in [answer, list] {
        let longer = [bytes, vec![0]].concat();
        assert_eq!(judge_answer(&longer), Err(Doubt::Malformed));
        assert_eq!(judge_list(&longer), Err(Doubt::Malformed));
    }
}
