//! Time stamps: asked for, believed or not, and judged by OpenSSL.

use std::process::Command;

use beid_pki::{HashAlgorithm, Trust, TrustStore};
use beid_protocol::ProtocolError;
use beid_protocol::cms::{Cms, SigningCertificate};
use beid_protocol::timestamp::{TimeStampRequest, Token};
use beid_protocol::verify::{CheckName, Context, Outcome, Reason, Verdict, Verification, verify_with};
use jiff::Timestamp;
use rand_core::OsRng;
use rsa::RsaPrivateKey;

use crate::citizens::{CitizenSigner, PKI, ec_key};
use crate::openssl::pem;
use crate::tsa::{
    Oddity, TIME_STAMPING, TSA, TSA_ROOT, Tsa, TsaCertificateFields, TsaKey, a_minute_ago, later, response, tsa_roots,
};
use beid_testkit::{Scratch, run};

const NONCE: [u8; 8] = [0x8A, 2, 3, 4, 5, 6, 7, 8];
const STAMPED: &[u8] = b"the octets of a signature";

fn request() -> TimeStampRequest {
    TimeStampRequest::new(STAMPED, HashAlgorithm::Sha256, &NONCE).unwrap()
}

/// The nonce as our authority echoes it: an INTEGER of so many octets, and positive.
fn echoed() -> Oddity {
    Oddity {
        nonce: Some([1, 2, 3, 4, 5, 6, 7, 8]),
        ..Oddity::default()
    }
}

fn plain_request() -> TimeStampRequest {
    TimeStampRequest::new(STAMPED, HashAlgorithm::Sha256, &[1, 2, 3, 4, 5, 6, 7, 8]).unwrap()
}

#[track_caller]
fn check(answer: &[u8], expected: Result<(), Reason>) {
    let accepted = plain_request().accept(answer, &tsa_roots(), Timestamp::now());
    let expected = expected.map_err(|reason| ProtocolError::TimeStampRejected { reason });
    assert_eq!(accepted.map(|_| ()), expected);
}

#[test]
fn what_openssl_stamps_is_believed_and_what_we_kept_of_it_is_believed_by_openssl() {
    let keys = [
        TsaKey::P256(p256::ecdsa::SigningKey::random(&mut OsRng)),
        TsaKey::P384(ec_key()),
        TsaKey::Rsa(Box::new(RsaPrivateKey::new(&mut OsRng, 2048).unwrap())),
    ];
    for key in keys {
        let answer = Tsa::with(key, &TsaCertificateFields::default()).openssl(&request(), "");
        let token = request().accept(&answer, &tsa_roots(), Timestamp::now()).unwrap();
        assert!(token.time() >= a_minute_ago());
        let again = Token::verify(token.der(), STAMPED, &tsa_roots(), Timestamp::now()).unwrap();
        assert_eq!(again.time(), token.time());

        let folder = Scratch::new("protocol");
        folder.write("data", STAMPED);
        folder.write("request.tsq", request().der());
        folder.write("token.der", token.der());
        folder.write("root.pem", &pem(TSA_ROOT.certificate.der()));
        let openssl = |arguments: &[&str]| {
            let fixed = ["ts", "-verify", "-in", "token.der", "-token_in", "-CAfile", "root.pem"];
            run(Command::new("openssl")
                .current_dir(folder.path())
                .args(fixed)
                .args(arguments))
        };
        let done = openssl(&["-queryfile", "request.tsq"]);
        assert!(done.succeeded() && done.said().contains("Verification: OK"), "{done}");
        let done = openssl(&["-data", "data"]);
        assert!(done.succeeded() && done.said().contains("Verification: OK"), "{done}");
        folder.write("data", b"other octets");
        assert!(!openssl(&["-data", "data"]).succeeded());
    }
}

#[test]
fn a_certificate_may_be_named_by_sha_1_but_nothing_signed_with_it() {
    for more in [
        "ess_cert_id_alg=sha1\n",
        "ess_cert_id_alg=sha512\n",
        "signer_digest=sha512\n",
    ] {
        let answer = TSA.openssl(&request(), more);
        assert!(
            request().accept(&answer, &tsa_roots(), Timestamp::now()).is_ok(),
            "{more}"
        );
    }
    let weak = TSA.openssl(&request(), "signer_digest=sha1\n");
    let reason = Reason::AlgorithmTooWeak;
    assert_eq!(
        request().accept(&weak, &tsa_roots(), Timestamp::now()).unwrap_err(),
        ProtocolError::TimeStampRejected { reason }
    );
}

#[test]
fn openssl_reads_our_request() {
    let folder = Scratch::new("protocol");
    let done = run(Command::new("openssl")
        .args(["ts", "-query", "-text", "-in"])
        .arg(folder.write("request.tsq", request().der())));
    let said = done.said();
    assert!(done.succeeded(), "{done}");
    for line in [
        "Version: 1",
        "Hash Algorithm: sha256",
        "Nonce: 0x8A02030405060708",
        "Certificate required: yes",
    ] {
        assert!(said.contains(line), "no {line:?} in\n{said}");
    }
}

#[test]
fn a_request_needs_a_hash_and_a_nonce_that_mean_something() {
    for (hash, nonce) in [
        (HashAlgorithm::Sha1, &[1; 8][..]),
        (HashAlgorithm::Sha3_256, &[1; 8]),
        (HashAlgorithm::Sha256, &[1; 7]),
        (HashAlgorithm::Sha256, &[1; 33]),
    ] {
        let refused = TimeStampRequest::new(STAMPED, hash, nonce);
        assert!(matches!(refused, Err(ProtocolError::InvalidRequest { .. })));
    }
}

#[test]
fn only_an_answer_to_this_request_is_believed() {
    check(&response(0, Some(&TSA.token(STAMPED, &echoed()))), Ok(()));
    check(&response(1, Some(&TSA.token(STAMPED, &echoed()))), Ok(()));
    check(&response(2, None), Err(Reason::RefusedByAuthority));
    check(
        &response(2, Some(&TSA.token(STAMPED, &echoed()))),
        Err(Reason::RefusedByAuthority),
    );
    check(&response(0, None), Err(Reason::Malformed));
    check(
        &response(0, Some(&TSA.token(b"other", &echoed()))),
        Err(Reason::ImprintDiffers),
    );
    check(
        &response(0, Some(&TSA.token(STAMPED, &Oddity::default()))),
        Err(Reason::NonceDiffers),
    );
    let another = Oddity {
        nonce: Some([9; 8]),
        ..Oddity::default()
    };
    check(
        &response(0, Some(&TSA.token(STAMPED, &another))),
        Err(Reason::NonceDiffers),
    );
}

#[test]
fn only_an_authority_for_time_stamps_is_believed() {
    let by = |says: TsaCertificateFields| response(0, Some(&Tsa::new(&says).token(STAMPED, &echoed())));
    let server = x509_cert::der::asn1::ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.1");
    for usage in [None, Some((TIME_STAMPING, false)), Some((server, true))] {
        let answer = by(TsaCertificateFields {
            usage,
            ..TsaCertificateFields::default()
        });
        check(&answer, Err(Reason::WrongKeyUsage));
    }
    let expired = TsaCertificateFields {
        last_year: 2024,
        ..TsaCertificateFields::default()
    };
    check(&by(expired), Err(Reason::OutsideValidity));
    let odd = |oddity: Oddity| response(0, Some(&TSA.token(STAMPED, &oddity)));
    check(
        &odd(Oddity {
            unnamed: true,
            ..echoed()
        }),
        Err(Reason::CertificateDiffers),
    );
    let named = Some(PKI.ec.certificate.clone());
    check(&odd(Oddity { named, ..echoed() }), Err(Reason::CertificateDiffers));
    check(
        &odd(Oddity {
            without_certificate: true,
            ..echoed()
        }),
        Err(Reason::SignerCertificateMissing),
    );
    check(
        &odd(Oddity {
            time: Some(later(1)),
            ..echoed()
        }),
        Err(Reason::FromTheFuture),
    );
    let answer = odd(echoed());
    let elsewhere = plain_request().accept(&answer, &TrustStore::belgian(), Timestamp::now());
    let reason = Reason::RootNotTrusted;
    assert_eq!(elsewhere.unwrap_err(), ProtocolError::TimeStampRejected { reason });
}

#[test]
fn an_old_token_outlives_its_authority() {
    let old = Tsa::new(&TsaCertificateFields {
        last_year: 2024,
        ..TsaCertificateFields::default()
    });
    let then = Oddity {
        time: Some("2023-05-01T10:00:00Z".parse().unwrap()),
        ..echoed()
    };
    let token = old.token(STAMPED, &then);
    assert!(Token::verify(&token, STAMPED, &tsa_roots(), Timestamp::now()).is_ok());
    check(&response(0, Some(&token)), Err(Reason::OutsideValidity));
}

#[test]
fn no_cut_and_no_changed_byte_is_believed() {
    let whole = response(0, Some(&TSA.token(STAMPED, &echoed())));
    for length in 0..whole.len() {
        check(&whole[..length], Err(Reason::Malformed));
    }
    let mut longer = whole.clone();
    longer.push(0);
    check(&longer, Err(Reason::Malformed));
    // The token does not protect the certificate: a change makes it another certificate.
    let certificate = TSA.certificate.der();
    let start = whole
        .windows(certificate.len())
        .position(|window| window == certificate)
        .unwrap();
    // Nor is the name of its issuer, which is the same name in several encodings.
    let issuer = TSA.certificate.issuer_der();
    let named = whole
        .windows(issuer.len())
        .rposition(|window| window == issuer)
        .unwrap();
    let inside = [start..start + certificate.len(), named..named + issuer.len()];
    let is_inside = |at: &usize| inside.iter().any(|part| part.contains(at));
    for at in (0..whole.len()).step_by(5).filter(|at| !is_inside(at)) {
        let mut changed = whole.clone();
        changed[at] ^= 1;
        let accepted = plain_request().accept(&changed, &tsa_roots(), Timestamp::now());
        assert!(accepted.is_err(), "byte {at}");
    }
}

/// Signed now, as time stamps are.
fn signed(signer: &CitizenSigner) -> Cms {
    let chain = [PKI.authority.clone()];
    let pending = Cms::attached(
        b"content".to_vec(),
        &signer.certificate,
        &chain,
        a_minute_ago(),
        SigningCertificate::Included,
    );
    let pending = pending.unwrap();
    let signature = signer.sign(pending.digest());
    pending.finish(signature).unwrap()
}

fn stamped(cms: Cms, tsa: &Tsa, oddity: &Oddity) -> Cms {
    let token = tsa.token(&cms.stamped().unwrap(), oddity);
    let token = Token::verify(&token, &cms.stamped().unwrap(), &tsa_roots(), later(1)).unwrap();
    cms.with_time_stamp(&token).unwrap()
}

fn judge(cms: &[u8]) -> Verification {
    let (roots, tsa_roots) = (PKI.roots(), tsa_roots());
    let context = Context {
        tsa_roots: &tsa_roots,
        ..Context::new(&roots, Timestamp::now())
    };
    verify_with(cms, &context)
}

#[track_caller]
fn check_stamp(cms: &[u8], expected: Outcome, trust: Trust) {
    let verification = judge(cms);
    assert_eq!(
        verification.outcome(CheckName::TimeStamp),
        Some(expected),
        "{verification:?}"
    );
    assert_eq!(verification.trust(), trust);
    assert_eq!(verification.stamped_at().is_some(), expected == Outcome::Passed);
}

#[test]
fn a_stamped_signature_proves_its_time() {
    for signer in [&PKI.rsa, &PKI.ec] {
        let cms = stamped(signed(signer), &TSA, &Oddity::default());
        check_stamp(cms.der(), Outcome::Passed, Trust::Test);
        let verification = judge(cms.der());
        assert_eq!(
            verification.outcome(CheckName::ValidityAtSigningTime),
            Some(Outcome::Passed)
        );
        let twice = stamped(cms, &Tsa::new(&TsaCertificateFields::default()), &Oddity::default());
        check_stamp(twice.der(), Outcome::Passed, Trust::Test);
    }
}

#[test]
fn a_stamp_that_is_taken_away_proves_nothing_and_spoils_nothing() {
    let cms = signed(&PKI.ec);
    check_stamp(cms.der(), Outcome::Unknown(Reason::NotEmbedded), Trust::Test);
    let stamped = stamped(cms, &TSA, &Oddity::default());
    let verification = verify_with(stamped.der(), &Context::new(&PKI.roots(), Timestamp::now()));
    let unknown = Outcome::Unknown(Reason::RootNotTrusted);
    assert_eq!(verification.outcome(CheckName::TimeStamp), Some(unknown));
    assert_eq!(verification.trust(), Trust::Test);
}

#[test]
fn a_stamp_of_another_signature_is_told_and_spoils_nothing() {
    let other = signed(&PKI.rsa).stamped().unwrap();
    let token = TSA.token(&other, &Oddity::default());
    let token = Token::verify(&token, &other, &tsa_roots(), Timestamp::now()).unwrap();
    let wrapped = signed(&PKI.ec).with_time_stamp(&token).unwrap();
    // Anybody can add one, or take it away.
    check_stamp(wrapped.der(), Outcome::Failed(Reason::ImprintDiffers), Trust::Test);
    assert_eq!(judge(wrapped.der()).verdict(), Verdict::ValidTestCard);
    // A good stamp proves the time, even beside others.
    let both = stamped(wrapped, &TSA, &Oddity::default());
    let verification = judge(both.der());
    let outcome = verification.outcome(CheckName::TimeStamp);
    assert_eq!(outcome, Some(Outcome::Failed(Reason::ImprintDiffers)));
    assert!(verification.stamped_at().is_some());
}

#[test]
fn a_token_by_itself_is_called_by_its_name() {
    let token = TSA.token(STAMPED, &Oddity::default());
    let verification = judge(&token);
    assert_eq!(verification.not_judged(), ["time-stamp"]);
    assert_eq!(verification.verdict(), Verdict::NotChecked);
}

#[test]
fn whoever_signs_after_the_stamp_is_told() {
    let before = Oddity {
        time: Some(later(-2)),
        ..Oddity::default()
    };
    let verification = judge(stamped(signed(&PKI.ec), &TSA, &before).der());
    assert_eq!(
        verification.outcome(CheckName::ValidityAtSigningTime),
        Some(Outcome::Failed(Reason::SignedAfterTimeStamp))
    );
    assert_eq!(verification.trust(), Trust::None);
}

#[test]
fn debug_shows_no_octets() {
    let token = TSA.token(STAMPED, &echoed());
    let token = Token::verify(&token, STAMPED, &tsa_roots(), Timestamp::now()).unwrap();
    let shown = format!("{token:?} {:?}", request());
    assert!(shown.starts_with("Token(") && shown.ends_with(" bytes)"), "{shown}");
}
