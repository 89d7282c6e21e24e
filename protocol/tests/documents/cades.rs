//! CAdES, ours and others', inside and outside, in DER and in BER: judged by ourselves, OpenSSL and pyHanko.

use std::path::{Path, PathBuf};
use std::process::Command;

use beid_pki::Trust;
use beid_protocol::cms::{Attributes, Cms, SigningCertificate};
use beid_protocol::timestamp::Token;
use beid_protocol::verify::{CheckName, Context, Outcome, Reason, Verification, verify_detached, verify_with};
use jiff::Timestamp;

use crate::citizens::{CitizenSigner, PKI};
use crate::openssl::pem;
use crate::others::{CONTENT, Others};
use crate::python::script;
use crate::tsa::{Oddity, TSA, TSA_ROOT, a_minute_ago, tsa_roots};
use beid_testkit::{FinishedCommand, Scratch, run};

const HINTS: &str = "consent text therlink-nl, nl, 1.0, SHA-256 00ff";

const ALL: Attributes<'static> = Attributes {
    form: beid_protocol::cms::CmsEncoding::Der,
    signing_certificate: SigningCertificate::Included,
    content_hints: Some(HINTS),
    mime_type: Some("application/xml"),
};

fn detached(signer: &CitizenSigner, attributes: Attributes<'_>) -> Cms {
    let chain = [PKI.authority.clone(), PKI.root.clone()];
    let pending = Cms::detached(CONTENT, &signer.certificate, &chain, a_minute_ago(), attributes).unwrap();
    let signature = signer.sign(pending.digest());
    pending.finish(signature).unwrap()
}

fn attached(signer: &CitizenSigner) -> Cms {
    let chain = [PKI.authority.clone(), PKI.root.clone()];
    let pending = Cms::attached(CONTENT.to_vec(), &signer.certificate, &chain, a_minute_ago(), ALL).unwrap();
    let signature = signer.sign(pending.digest());
    pending.finish(signature).unwrap()
}

fn stamped(cms: Cms) -> Cms {
    let signature = cms.stamped().unwrap();
    let token = TSA.token(&signature, &Oddity::default());
    let token = Token::verify(&token, &signature, &tsa_roots(), Timestamp::now()).unwrap();
    cms.with_time_stamp(&token).unwrap()
}

fn judge(signature: &[u8], content: &[u8]) -> Verification {
    verify_detached(signature, content, &PKI.roots(), Timestamp::now())
}

#[track_caller]
fn check(verification: &Verification, name: CheckName, expected: Outcome) {
    assert_eq!(verification.outcome(name), Some(expected), "{verification:?}");
}

#[test]
fn content_stays_outside_and_is_asked_for() {
    for signer in [&PKI.rsa, &PKI.ec] {
        let cms = detached(signer, ALL);
        assert_eq!(cms.content(), None);
        let verification = judge(cms.der(), CONTENT);
        check(&verification, CheckName::ContentDigest, Outcome::Passed);
        assert_eq!(verification.trust(), Trust::Test);
        assert_eq!(verification.content_hints(), Some(HINTS));

        let other = judge(cms.der(), b"What was shown");
        check(&other, CheckName::ContentDigest, Outcome::Failed(Reason::DigestDiffers));
        assert_eq!(other.trust(), Trust::None);
        let (roots, now) = (PKI.roots(), Timestamp::now());
        let without = verify_with(cms.der(), &Context::new(&roots, now));
        check(
            &without,
            CheckName::ContentDigest,
            Outcome::Unknown(Reason::ContentNotGiven),
        );
        check(&without, CheckName::Signature, Outcome::Passed);
        assert_eq!(without.trust(), Trust::None, "nobody knows what was signed");
    }
}

#[test]
fn content_that_is_given_is_what_is_asked_about() {
    let cms = attached(&PKI.ec);
    assert_eq!(judge(cms.der(), CONTENT).trust(), Trust::Test);
    let other = judge(cms.der(), b"another file");
    check(
        &other,
        CheckName::ContentDigest,
        Outcome::Failed(Reason::ContentDiffers),
    );
}

#[test]
fn a_digest_does_for_content_that_only_its_owner_has_seen() {
    let chain = [PKI.authority.clone()];
    let over = |digest: &[u8]| Cms::over_digest(digest, &PKI.ec.certificate, &chain, a_minute_ago(), ALL);
    let digest = beid_pki::HashAlgorithm::Sha384.digest(CONTENT);
    let pending = over(&digest).unwrap();
    let signature = PKI.ec.sign(pending.digest());
    let cms = pending.finish(signature).unwrap();
    assert_eq!(judge(cms.der(), CONTENT).trust(), Trust::Test);
    let refused = over(&digest[1..]).unwrap_err();
    assert_eq!(refused.to_string(), "digest: not a digest of SHA-384");
}

#[test]
fn hints_are_signed() {
    let mut changed = detached(&PKI.ec, ALL).der().to_vec();
    let at = changed.windows(4).position(|window| window == b"00ff").unwrap();
    changed[at] = b'1';
    check(
        &judge(&changed, CONTENT),
        CheckName::Signature,
        Outcome::Failed(Reason::SignatureDoesNotVerify),
    );
}

/// Result of `openssl cms -verify` on a file.
fn openssl_verifies(folder: &Scratch, signature: &Path, content: Option<&Path>) -> FinishedCommand {
    let mut command = Command::new("openssl");
    command
        .args(["cms", "-verify", "-cades", "-binary", "-inform", "DER", "-in"])
        .arg(signature)
        .arg("-CAfile")
        .arg(folder.path().join("root.pem"))
        .arg("-out")
        .arg(folder.path().join("out"));
    if let Some(content) = content {
        command.arg("-content").arg(content);
    }
    run(&mut command)
}

#[test]
fn openssl_accepts_what_we_sign_and_nothing_changed() {
    let folder = Scratch::new("protocol");
    folder.write("root.pem", &pem(PKI.root.der()));
    let (content, other) = (folder.write("content", CONTENT), folder.write("other", b"other"));
    for signer in [&PKI.rsa, &PKI.ec] {
        let outside = folder.write("outside.p7s", stamped(detached(signer, ALL)).der());
        let done = openssl_verifies(&folder, &outside, Some(&content));
        assert!(
            done.succeeded() && done.said().contains("CAdES Verification successful"),
            "{done}"
        );
        assert!(!openssl_verifies(&folder, &outside, Some(&other)).succeeded());
        let inside = folder.write("inside.p7m", stamped(attached(signer)).der());
        let done = openssl_verifies(&folder, &inside, None);
        assert!(
            done.succeeded() && done.said().contains("CAdES Verification successful"),
            "{done}"
        );
        assert_eq!(std::fs::read(folder.path().join("out")).unwrap(), CONTENT);
    }
}

#[test]
fn pyhanko_accepts_what_we_sign_and_nothing_changed() {
    let folder = Scratch::new("protocol");
    let mut arguments: Vec<PathBuf> = vec![
        folder.write("root.pem", &pem(PKI.root.der())),
        folder.write("tsa.pem", &pem(TSA_ROOT.certificate.der())),
    ];
    let (content, other) = (folder.write("content", CONTENT), folder.write("other", b"other"));
    let mut expected = Vec::new();
    for (kind, signer) in [("rsa", &PKI.rsa), ("ec", &PKI.ec)] {
        let plain = folder.write(&format!("{kind}.p7s"), detached(signer, ALL).der());
        let with_time = folder.write(&format!("{kind}-t.p7s"), stamped(detached(signer, ALL)).der());
        for (signature, content, begins) in [
            (&plain, &content, "passed"),
            (&with_time, &content, "passed 20"),
            (&plain, &other, "failed"),
            (&with_time, &other, "failed"),
        ] {
            arguments.extend([signature.clone(), content.clone()]);
            expected.push(begins);
        }
    }
    let said = script("cades.py", arguments);
    let lines: Vec<_> = said
        .lines()
        .filter(|line| line.starts_with("passed") || line.starts_with("failed"))
        .collect();
    assert_eq!(lines.len(), expected.len(), "{said}");
    for (line, begins) in lines.iter().zip(expected) {
        assert!(line.starts_with(begins), "{begins}: {said}");
    }
}

#[test]
fn what_openssl_signs_is_accepted_in_ber_and_der() {
    for kind in [
        &["-newkey", "rsa:2048"][..],
        &["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-384"],
        &["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"],
    ] {
        let others = Others::new(&[("signer", kind)]);
        for how in [
            "-nodetach -cades -md sha256",
            "-nodetach -cades -md sha512 -stream",
            "-cades -md sha384",
            "-cades -md sha384 -stream",
        ] {
            let signature = others.sign(&["signer"], how);
            assert_eq!(how.contains("stream"), signature[1] == 0x80, "{how}");
            let verification = others.judge(&signature);
            check(&verification, CheckName::SigningCertificate, Outcome::Passed);
            assert_eq!(verification.trust(), Trust::Test, "{kind:?} {how} {verification:?}");
            let other = verify_detached(&signature, b"other", &others.roots, Timestamp::now());
            assert_eq!(other.trust(), Trust::None);
        }
        let plain = others.judge(&others.sign(&["signer"], "-nodetach -md sha256 -stream"));
        check(
            &plain,
            CheckName::SigningCertificate,
            Outcome::Unknown(Reason::AttributeAbsent),
        );
        assert_eq!(plain.trust(), Trust::Test);
        let weak = others.judge(&others.sign(&["signer"], "-nodetach -cades -md sha1"));
        check(&weak, CheckName::Signature, Outcome::Failed(Reason::AlgorithmTooWeak));
    }
}

/// Writes every constructed element with an indefinite length, as BouncyCastle does, and long OCTET STRINGs in pieces;
/// what is in `whole` stays as it is.
fn indefinite(der: &[u8], whole: &[&[u8]]) -> Vec<u8> {
    let mut output = Vec::new();
    let mut rest = der;
    while let [tag, length, ..] = *rest {
        let (header, length) = match length {
            0x81 => (3, usize::from(rest[2])),
            0x82 => (4, usize::from(rest[2]) << 8 | usize::from(rest[3])),
            short => (2, usize::from(short)),
        };
        let (element, behind) = rest.split_at(header + length);
        let content = &element[header..];
        if tag & 0x20 != 0 && !whole.contains(&element) {
            output.extend([tag, 0x80]);
            output.extend(indefinite(content, whole));
            output.extend([0, 0]);
        } else if tag == 0x04 && content == CONTENT {
            let (one, two) = content.split_at(20);
            output.extend([0x24, 0x80, 0x04, 20]);
            output.extend(one);
            output.extend([0x04, u8::try_from(two.len()).unwrap()]);
            output.extend(two);
            output.extend([0, 0]);
        } else {
            output.extend(element);
        }
        rest = behind;
    }
    output
}

#[test]
fn ber_as_bouncy_castle_writes_it_is_read() {
    let certificates = [PKI.ec.certificate.der(), PKI.authority.der(), PKI.root.der()];
    let ours = attached(&PKI.ec);
    let ber = indefinite(ours.der(), &certificates);
    assert_eq!(ber[..2], [0x30, 0x80]);
    let verification = judge(&ber, CONTENT);
    assert_eq!(verification.trust(), Trust::Test, "{verification:?}");
    assert_eq!(verification.content_hints(), Some(HINTS));
    for length in (0..ber.len()).step_by(64) {
        assert_eq!(judge(&ber[..length], CONTENT).trust(), Trust::None);
    }
    let mut longer = ber.clone();
    longer.extend([0, 0]);
    assert_eq!(judge(&longer, CONTENT).trust(), Trust::None);
    // A changed content in this form is reported with the form as a possible reason.
    let at = ber.windows(4).position(|window| window == b"00ff").unwrap();
    let mut changed = ber;
    changed[at] = b'1';
    check(
        &judge(&changed, CONTENT),
        CheckName::Signature,
        Outcome::Failed(Reason::SignedAttributesNotDer),
    );
}

#[test]
fn the_sample_evidence_verifies() {
    let Some(xsd) = crate::tools::ehealth_xsd() else {
        return;
    };
    let signature = crate::tools::sample(&xsd, "12-patient-consent.cades-detached.rsa.p7s");
    let content = crate::tools::sample(&xsd, "01-put-patient-consent.request.xml");
    let now = "2026-11-24T00:00:00Z".parse().unwrap();
    let verification = verify_detached(&signature, &content, &crate::samples::roots(&xsd, "rsa"), now);
    check(&verification, CheckName::SubjectIsPatient, Outcome::Passed);
    assert_eq!(verification.trust(), Trust::Test, "{verification:?}");
    let swapped = crate::tools::sample(&xsd, "06-revoke-patient-consent.request.xml");
    let verification = verify_detached(&signature, &swapped, &crate::samples::roots(&xsd, "rsa"), now);
    check(
        &verification,
        CheckName::ContentDigest,
        Outcome::Failed(Reason::DigestDiffers),
    );
}
