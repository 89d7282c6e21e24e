//! CMS in the forms that other programs write: each is judged good, and bad once it is changed.

use beid_pki::{Certificate, Trust};
use beid_protocol::verify::{CheckName, Context, Outcome, Reason, Verdict, Verification, verify_with};
use cms::cert::CertificateChoices;
use cms::content_info::ContentInfo;
use cms::signed_data::SignedData;
use jiff::Timestamp;
use std::sync::LazyLock;
use x509_cert::attr::Attribute;
use x509_cert::der::asn1::{ObjectIdentifier, SetOfVec};
use x509_cert::der::{Any, Decode, Encode};

use crate::attacks::{change_signer, rewritten};
use crate::others::{CONTENT, Others};
use crate::python::script;

/// Signers with keys of all supported kinds, and of some that are not supported.
static OTHERS: LazyLock<Others> = LazyLock::new(|| {
    Others::new(&[
        ("rsa", &["-newkey", "rsa:2048"]),
        ("short", &["-newkey", "rsa:1024"]),
        ("p256", &["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]),
        ("p384", &["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-384"]),
        ("p521", &["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-521"]),
        (
            "brainpool",
            &["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:brainpoolP256r1"],
        ),
        ("ed25519", &["-newkey", "ed25519"]),
    ])
});

const NOT_EMBEDDED: Outcome = Outcome::Unknown(Reason::NotEmbedded);

/// Judges a signature over the content inside it.
fn judge(signature: &[u8]) -> Verification {
    OTHERS.judge_over(signature, None)
}

#[track_caller]
fn check(verification: &Verification, name: CheckName, expected: Outcome) {
    assert_eq!(verification.outcome(name), Some(expected), "{verification:?}");
}

/// Checks that a signature is good, even if other checks are unknown.
#[track_caller]
fn check_good(verification: &Verification) {
    for name in [
        CheckName::Structure,
        CheckName::ContentDigest,
        CheckName::Signature,
        CheckName::Chain,
        CheckName::KeyUsage,
    ] {
        check(verification, name, Outcome::Passed);
    }
    assert_eq!(verification.verdict(), Verdict::ValidTestCard, "{verification:?}");
}

/// `signature` with one bit changed in the middle of `part`, wherever that stands last.
fn flipped(signature: &[u8], part: &[u8]) -> Vec<u8> {
    let at = signature
        .windows(part.len())
        .rposition(|window| window == part)
        .unwrap();
    let mut changed = signature.to_vec();
    changed[at + part.len() / 2] ^= 1;
    changed
}

/// Checks that no bit can change in content, attributes, signatures and certificates.
#[track_caller]
fn check_twins(signature: &[u8]) {
    let info = ContentInfo::from_der(signature).unwrap();
    let signed = info.content.decode_as::<SignedData>().unwrap();
    let mut parts = vec![CONTENT.to_vec()];
    for signer in signed.signer_infos.0.iter() {
        parts.push(signer.signature.as_bytes().to_vec());
        if let Some(attributes) = &signer.signed_attrs {
            parts.extend(attributes.iter().map(|attribute| attribute.values.to_der().unwrap()));
        }
    }
    for part in parts {
        let verification = judge(&flipped(signature, &part));
        assert_eq!(verification.verdict(), Verdict::Invalid, "{part:02x?} {verification:?}");
    }
    for choice in signed.certificates.unwrap().0.iter() {
        let CertificateChoices::Certificate(certificate) = choice else {
            panic!("a certificate of another kind")
        };
        let key = &certificate.tbs_certificate.subject_public_key_info.subject_public_key;
        let verification = judge(&flipped(signature, key.raw_bytes()));
        // Of the authority's two certificates the trusted one is known anyway.
        let is_leaf = certificate.tbs_certificate.subject != certificate.tbs_certificate.issuer;
        assert!(!is_leaf || verification.trust() == Trust::None, "{verification:?}");
    }
    let other = OTHERS.judge_over(signature, Some(b"other"));
    assert_eq!(other.verdict(), Verdict::Invalid);
}

#[test]
fn every_form_of_openssl_is_judged_good_and_none_of_its_twins() {
    for (signers, how) in [
        (&["rsa"][..], "-md sha256"),
        (&["rsa"], "-md sha3-256"),
        (&["rsa"], "-keyid -cades"),
        (&["rsa"], "-noattr"),
        (&["rsa -keyopt rsa_padding_mode:pss"], "-md sha256"),
        (
            &["rsa -keyopt rsa_padding_mode:pss -keyopt rsa_pss_saltlen:20"],
            "-md sha512",
        ),
        (&["p256"], "-md sha256"),
        (&["p256"], "-noattr -keyid"),
        (&["p384"], "-md sha384 -cades"),
        (&["p521"], "-md sha512"),
        (&["rsa", "p384"], "-cades"),
        (
            &["p521 -keyopt rsa_padding_mode:pss", "p256"][1..],
            "-econtent_type 1.2.840.113549.1.9.16.1.1",
        ),
    ] {
        let signature = OTHERS.sign(signers, &format!("-nodetach {how}"));
        let verification = judge(&signature);
        check_good(&verification);
        let count = if signers.len() == 1 { 0 } else { signers.len() };
        assert_eq!(verification.signatures().len(), count);
        check_twins(&signature);
        let detached = OTHERS.sign(signers, how);
        check_good(&OTHERS.judge(&detached));
        let without = judge(&detached);
        check(
            &without,
            CheckName::ContentDigest,
            Outcome::Unknown(Reason::ContentNotGiven),
        );
        assert_eq!(without.verdict(), Verdict::NotChecked);
    }
}

#[test]
fn a_signature_that_names_no_certificate_says_so() {
    let named = |how: &str| judge(&OTHERS.sign(&["rsa"], &format!("-nodetach {how}")));
    let unknown = |reason| Outcome::Unknown(reason);
    check(&named("-cades"), CheckName::SigningCertificate, Outcome::Passed);
    check(
        &named(""),
        CheckName::SigningCertificate,
        unknown(Reason::AttributeAbsent),
    );
    let bare = named("-noattr");
    check(
        &bare,
        CheckName::SigningCertificate,
        unknown(Reason::NoSignedAttributes),
    );
    check(&bare, CheckName::ValidityAtSigningTime, unknown(Reason::NoSigningTime));
}

#[test]
fn without_signed_attributes_only_a_good_signature_tells_the_content() {
    for (how, given, digest, signature) in [
        ("-noattr", CONTENT, Outcome::Passed, Outcome::Passed),
        (
            "-noattr",
            b"other",
            Outcome::Unknown(Reason::NoSignedAttributes),
            Outcome::Failed(Reason::SignatureDoesNotVerify),
        ),
        (
            "-cades",
            b"other",
            Outcome::Failed(Reason::DigestDiffers),
            Outcome::Passed,
        ),
    ] {
        let verification = OTHERS.judge_over(&OTHERS.sign(&["p256"], how), Some(given));
        check(&verification, CheckName::ContentDigest, digest);
        check(&verification, CheckName::Signature, signature);
    }
}

#[test]
fn each_signer_is_judged_by_itself() {
    let one = OTHERS.sign(&["rsa"], "-nodetach -md sha256");
    OTHERS.folder.write("one", &one);
    let resign = "cms -resign -binary -nosmimecap -inform DER -in one -outform DER -out both -md sha256 -signer \
        p384.pem -inkey p384.key";
    OTHERS.openssl(resign);
    let both = std::fs::read(OTHERS.folder.path().join("both")).unwrap();
    check_good(&judge(&both));
    check_twins(&both);
    let info = ContentInfo::from_der(&both).unwrap();
    let signed = info.content.decode_as::<SignedData>().unwrap();
    for (at, signer) in signed.signer_infos.0.iter().enumerate() {
        let verification = judge(&flipped(&both, signer.signature.as_bytes()));
        for (other, part) in verification.signatures().iter().enumerate() {
            let expected = if other == at {
                Verdict::Invalid
            } else {
                Verdict::ValidTestCard
            };
            assert_eq!(part.verdict(), expected);
        }
        assert_eq!(verification.verdict(), Verdict::Invalid);
        assert_eq!(verification.trust(), Trust::None);
    }
}

#[test]
fn wrapped_signatures_are_judged_and_their_twins_refused() {
    for how in ["-nodetach -outform PEM", "-nodetach -outform SMIME", "-outform SMIME"] {
        let signature = OTHERS.sign(&["rsa"], how);
        check_good(&judge(&signature));
        check_good(&OTHERS.judge(&signature));
        assert_eq!(
            OTHERS.judge_over(&signature, Some(b"other")).verdict(),
            Verdict::Invalid
        );
        let text = String::from_utf8(signature).unwrap();
        // A letter of the signature itself, which stands at the end.
        let at = text.trim_end().lines().rev().find(|line| line.len() == 64).unwrap();
        let changed = text.replacen(at, &format!("{}{}", at[1..].to_owned(), &at[..1]), 1);
        assert_eq!(judge(changed.as_bytes()).verdict(), Verdict::Invalid, "{how}");
        let inside = text.replace("What was shown,", "What was not shown,");
        if inside != text {
            check(
                &judge(inside.as_bytes()),
                CheckName::ContentDigest,
                Outcome::Failed(Reason::DigestDiffers),
            );
        }
    }
    // As mail programs send it, and as OpenSSL signs it without -binary: with the line ends of mail.
    std::fs::copy(OTHERS.folder.path().join("content"), OTHERS.folder.path().join("mail")).unwrap();
    OTHERS.openssl("smime -sign -in mail -text -signer rsa.pem -inkey rsa.key -certfile ca.pem -out mail.eml");
    let mail = std::fs::read_to_string(OTHERS.folder.path().join("mail.eml")).unwrap();
    check_good(&judge(mail.as_bytes()));
    let with_mail_ends = mail.replace("\r\n", "\n").replace('\n', "\r\n");
    check_good(&judge(with_mail_ends.as_bytes()));
    // Whoever asks about the signed part may have it with either line ends.
    let (_, behind) = with_mail_ends.split_once("\r\n------").unwrap();
    let (_, part) = behind.split_once("\r\n").unwrap();
    let (part, _) = part.split_once("\r\n------").unwrap();
    assert!(part.contains("must not change"), "{part}");
    for mail in [&mail, &with_mail_ends] {
        let over = |part: &str| OTHERS.judge_over(mail.as_bytes(), Some(part.as_bytes()));
        check_good(&over(part));
        check_good(&over(&part.replace("\r\n", "\n")));
        assert_eq!(over(&part.replace("not", "now")).verdict(), Verdict::Invalid);
    }
    let changed = with_mail_ends.replace("must not change", "must now change");
    assert_eq!(judge(changed.as_bytes()).verdict(), Verdict::Invalid);
    let base64 = base64(&OTHERS.sign(&["p256"], "-nodetach"));
    check_good(&judge(base64.as_bytes()));
}

fn base64(octets: &[u8]) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(octets)
}

#[test]
fn weak_is_no_and_unknown_is_not() {
    for (signer, how, name, outcome) in [
        (
            "rsa",
            "-md sha1",
            CheckName::Signature,
            Outcome::Failed(Reason::AlgorithmTooWeak),
        ),
        (
            "rsa",
            "-md sha1 -noattr",
            CheckName::Signature,
            Outcome::Failed(Reason::AlgorithmTooWeak),
        ),
        (
            "rsa",
            "-md md5",
            CheckName::ContentDigest,
            Outcome::Failed(Reason::AlgorithmTooWeak),
        ),
        (
            "p384",
            "-md sha1",
            CheckName::Signature,
            Outcome::Failed(Reason::AlgorithmTooWeak),
        ),
        (
            "short",
            "-md sha256",
            CheckName::Signature,
            Outcome::Failed(Reason::KeyTooWeak),
        ),
        (
            "rsa",
            "-md sha224",
            CheckName::Signature,
            Outcome::Unknown(Reason::AlgorithmNotSupported),
        ),
        (
            "brainpool",
            "-md sha256",
            CheckName::Signature,
            Outcome::Unknown(Reason::KeyNotSupported),
        ),
    ] {
        let verification = judge(&OTHERS.sign(&[signer], &format!("-nodetach {how}")));
        check(&verification, name, outcome);
        assert_eq!(verification.trust(), Trust::None, "{signer} {how}");
        let verdict = match outcome {
            Outcome::Failed(_) => Verdict::Invalid,
            Outcome::Passed | Outcome::Unknown(_) => Verdict::NotChecked,
        };
        assert_eq!(verification.verdict(), verdict, "{signer} {how}");
    }
}

#[test]
fn a_certificate_that_is_not_inside_can_be_given() {
    for how in [
        "-nodetach -nocerts -cades",
        "-nodetach -nocerts -keyid",
        "-nodetach -nocerts -noattr",
    ] {
        let signature = OTHERS.sign(&["p384"], how);
        // Only the signer's is left out.
        let missing = judge(&signature);
        check(
            &missing,
            CheckName::Signature,
            Outcome::Unknown(Reason::SignerCertificateMissing),
        );
        assert_eq!(missing.verdict(), Verdict::NotChecked);
        let with = |certificates: &[Certificate]| {
            let context = Context {
                certificates,
                ..Context::new(&OTHERS.roots, Timestamp::now())
            };
            verify_with(&signature, &context)
        };
        check_good(&with(&[OTHERS.certificate("rsa"), OTHERS.certificate("p384")]));
        assert_eq!(with(&[OTHERS.certificate("rsa")]), missing);
    }
}

#[test]
fn a_namesake_of_the_certificate_does_no_harm() {
    // The authority names both of them alike, as none does; the wrong one may stand first.
    let namesake = |name: &str, key: &str, subject: &str| {
        OTHERS.openssl(&format!(
            "req -x509 -new -key {key}.key -out {name}.pem -days 3650 -CA ca.pem -CAkey ca.key -subj {subject} -set_serial \
             7 -addext keyUsage=critical,nonRepudiation -addext basicConstraints=CA:FALSE"
        ));
        let key = OTHERS.folder.path().join(format!("{key}.key"));
        std::fs::copy(key, OTHERS.folder.path().join(format!("{name}.key"))).unwrap();
    };
    namesake("one", "p256", "/CN=A/serialNumber=80000000031");
    namesake("two", "p384", "/CN=B/serialNumber=80000000032");
    for signer in ["one", "two"] {
        for how in ["", "-noattr", "-cades"] {
            let signature = OTHERS.sign(&[signer], &format!("-nodetach -nocerts {how}"));
            let context = Context {
                certificates: &["one", "two"].map(|name| OTHERS.certificate(name)),
                ..Context::new(&OTHERS.roots, Timestamp::now())
            };
            let verification = verify_with(&signature, &context);
            check_good(&verification);
            assert_eq!(verification.signer(), Some(&OTHERS.certificate(signer)), "{how}");
        }
    }
}

#[test]
fn certificates_alone_are_no_signature() {
    OTHERS.openssl("crl2pkcs7 -nocrl -certfile rsa.pem -outform DER -out certificates.p7b");
    let certificates = std::fs::read(OTHERS.folder.path().join("certificates.p7b")).unwrap();
    assert_eq!(judge(&certificates).verdict(), Verdict::NotSigned);
}

#[test]
fn digest_algorithms_of_nobody_do_no_harm() {
    // Archive time stamps leave them behind.
    let signature = OTHERS.sign(&["p256"], "-nodetach -md sha256");
    let more = rewritten(&signature, |signed_data| {
        let mut algorithm = signed_data.digest_algorithms.get(0).unwrap().clone();
        algorithm.oid = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.3");
        signed_data.digest_algorithms.insert(algorithm).unwrap();
    });
    check_good(&judge(&more));
    check_twins(&more);
}

#[test]
fn what_is_also_there_and_not_judged_is_named() {
    let signature = OTHERS.sign(&["p256"], "-nodetach");
    assert!(judge(&signature).not_judged().is_empty());
    for (oid, word) in [
        ("1.2.840.113549.1.9.6", "counter-signature"),
        ("0.4.0.1733.2.4", "archive-time-stamp"),
        ("1.2.840.113549.1.9.16.2.48", "archive-time-stamp"),
        ("1.2.840.113549.1.9.16.2.49", "evidence-record"),
        ("1.2.840.113549.1.9.16.2.23", "certificate-values"),
        ("1.2.840.113549.1.9.16.2.24", "revocation-values"),
    ] {
        let with = rewritten(&signature, |signed_data| {
            change_signer(signed_data, |signer| {
                let attribute = Attribute {
                    oid: ObjectIdentifier::new_unwrap(oid),
                    values: SetOfVec::try_from(vec![Any::from_der(&[0x30, 2, 5, 0]).unwrap()]).unwrap(),
                };
                signer.unsigned_attrs = Some(SetOfVec::try_from(vec![attribute]).unwrap());
            });
        });
        let verification = judge(&with);
        check_good(&verification);
        assert_eq!(verification.not_judged(), [word]);
        check(&verification, CheckName::TimeStamp, NOT_EMBEDDED);
    }
}

#[test]
fn every_form_of_pyhanko_is_judged_good_and_none_of_its_twins() {
    let names = ["rsa", "p256", "p521", "ed25519"];
    let arguments = ["ca", "content"]
        .into_iter()
        .chain(names)
        .map(|name| OTHERS.folder.path().join(name));
    script("cms_make.py", arguments);
    for name in names {
        for form in ["plain", "pss", "cades"] {
            let file = OTHERS.folder.path().join(format!("{name}-{form}.p7m"));
            if name != "rsa" && form == "pss" {
                assert!(!file.exists());
                continue;
            }
            let signature = std::fs::read(file).unwrap();
            check_good(&judge(&signature));
            check_twins(&signature);
        }
    }
}
