//! Changed signatures: each fails, in the check that is about the change.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use beid_pki::{Trust, TrustStore};
use beid_protocol::cms::{Cms, SigningCertificate};
use beid_protocol::therlink::{ContentProfile, LinkFields};
use beid_protocol::verify::CheckName as Name;
use beid_protocol::verify::{DocumentKind, Outcome, Reason, Verdict, Verification, verify, verify_detached};
use cms::content_info::ContentInfo;
use cms::signed_data::{SignedData, SignerInfos};
use x509_cert::der::asn1::{ObjectIdentifier, OctetString, SetOfVec};
use x509_cert::der::{Any, Decode, Encode, Tag, Tagged};

use crate::citizens::{CHILD, CitizenSigner, PATIENT, PHYSICIAN, PKI, consultation, later, now, plain, put};

fn signed() -> Vec<u8> {
    PKI.signed(ContentProfile::Connector, &PKI.ec)
        .proof()
        .cms()
        .unwrap()
        .der()
        .to_vec()
}

fn judge(input: &[u8]) -> Verification {
    verify(input, &PKI.roots(), now())
}

/// Changes one byte, `offset` behind the only place where `pattern` stands (or the last, for what stands twice).
fn flip(bytes: &[u8], pattern: &[u8], offset: usize) -> Vec<u8> {
    let at = bytes
        .windows(pattern.len())
        .rposition(|window| window == pattern)
        .unwrap();
    let mut changed = bytes.to_vec();
    changed[at + offset] ^= 1;
    changed
}

#[track_caller]
fn check(input: &[u8], name: Name, expected: Outcome) {
    let verification = judge(input);
    assert_eq!(verification.outcome(name), Some(expected), "{verification:?}");
    assert_eq!(verification.trust(), Trust::None);
}

#[track_caller]
fn check_genuine(input: &[u8]) {
    let verification = judge(input);
    assert!(
        verification
            .checks()
            .iter()
            .all(|check| [Outcome::Passed, Outcome::Unknown(Reason::NotEmbedded)].contains(&check.outcome)),
        "{verification:?}"
    );
    assert_eq!(verification.trust(), Trust::Test);
    assert_eq!(verification.verdict(), Verdict::ValidTestCard);
    assert_eq!(verification.documents(), [DocumentKind::Link]);
}

#[test]
fn what_we_sign_passes_every_check() {
    for profile in [ContentProfile::Connector, ContentProfile::Strict] {
        for signer in [&PKI.rsa, &PKI.ec] {
            let document = PKI.signed(profile, signer);
            check_genuine(document.proof().cms().unwrap().der());
            check_genuine(document.xml().as_bytes());
        }
    }
}

#[test]
fn another_reader_of_cms_finds_the_same() {
    let document = PKI.signed(ContentProfile::Connector, &PKI.rsa);
    let cms = document.proof().cms().unwrap();
    let info = ContentInfo::from_der(cms.der()).unwrap();
    assert_eq!(info.to_der().unwrap(), cms.der());
    let signed_data = info.content.decode_as::<SignedData>().unwrap();
    assert_eq!(
        signed_data.to_der().unwrap(),
        info.content.to_der().unwrap(),
        "sets in DER order"
    );
    assert_eq!(signed_data.certificates.unwrap().0.len(), 3);
    assert_eq!(
        signed_data.encap_content_info.econtent.unwrap().value(),
        cms.content().unwrap()
    );
}

#[test]
fn changed_content_fails_its_digest_only() {
    let changed = flip(&signed(), b"<firstname>Lena", 11);
    check(&changed, Name::ContentDigest, Outcome::Failed(Reason::DigestDiffers));
    check(&changed, Name::Signature, Outcome::Passed);
}

#[test]
fn a_changed_attribute_fails_the_signature_only() {
    let changed = flip(&signed(), b"261120090200Z", 11);
    check(
        &changed,
        Name::Signature,
        Outcome::Failed(Reason::SignatureDoesNotVerify),
    );
    check(&changed, Name::ContentDigest, Outcome::Passed);
}

#[test]
fn a_changed_signature_fails() {
    let mut changed = signed();
    *changed.last_mut().unwrap() ^= 1;
    check(
        &changed,
        Name::Signature,
        Outcome::Failed(Reason::SignatureDoesNotVerify),
    );
}

#[test]
fn a_changed_certificate_is_another_certificate() {
    let changed = flip(&signed(), b"Lena D'HAEN (Signature)", 0);
    check(
        &changed,
        Name::SigningCertificate,
        Outcome::Failed(Reason::CertificateDiffers),
    );
    check(&changed, Name::Chain, Outcome::Failed(Reason::SignatureDoesNotVerify));
    check(&changed, Name::Signature, Outcome::Passed);
}

#[test]
fn a_changed_algorithm_is_noticed() {
    // ecdsa-with-SHA384 becomes ecdsa-with-SHA385, or so.
    let changed = flip(&signed(), &[0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x03], 7);
    check(
        &changed,
        Name::Signature,
        Outcome::Failed(Reason::AlgorithmsDifferFromSigned),
    );
}

#[test]
fn algorithms_other_than_the_signed_ones_are_refused() {
    let whole = PKI
        .signed(ContentProfile::Connector, &PKI.rsa)
        .proof()
        .cms()
        .unwrap()
        .der()
        .to_vec();
    // sha256WithRSAEncryption becomes rsaEncryption, which verifies just as well but is not what was signed along.
    let pattern = [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x0B];
    let at = whole
        .windows(pattern.len())
        .rposition(|window| window == pattern)
        .unwrap()
        + 8;
    let mut changed = whole;
    changed[at] = 0x01;
    check(
        &changed,
        Name::Signature,
        Outcome::Failed(Reason::AlgorithmsDifferFromSigned),
    );
}

#[test]
fn sha_1_is_refused() {
    let changed = rewritten(|signed_data| {
        let mut signer = signed_data.signer_infos.0.get(0).unwrap().clone();
        signer.digest_alg.oid = ObjectIdentifier::new_unwrap("1.3.14.3.2.26");
        signed_data.digest_algorithms = SetOfVec::try_from(vec![signer.digest_alg.clone()]).unwrap();
        signed_data.signer_infos = SignerInfos(SetOfVec::try_from(vec![signer]).unwrap());
    });
    check(&changed, Name::ContentDigest, Outcome::Failed(Reason::AlgorithmTooWeak));
    check(
        &changed,
        Name::Signature,
        Outcome::Failed(Reason::AlgorithmsDifferFromSigned),
    );
}

#[test]
fn a_missing_certificate_leaves_the_signature_open() {
    let changed = rewritten(|signed_data| signed_data.certificates = None);
    let missing = Outcome::Unknown(Reason::SignerCertificateMissing);
    check(&changed, Name::SigningCertificate, missing);
    check(&changed, Name::Signature, missing);
    check(&changed, Name::ContentDigest, Outcome::Passed);
    assert_eq!(judge(&changed).verdict(), Verdict::NotChecked);
}

/// Takes a signature apart with the `cms` crate, changes it, and puts it together again.
fn rewritten(change: impl FnOnce(&mut SignedData)) -> Vec<u8> {
    let info = ContentInfo::from_der(&signed()).unwrap();
    let mut signed_data = info.content.decode_as::<SignedData>().unwrap();
    change(&mut signed_data);
    ContentInfo {
        content: Any::encode_from(&signed_data).unwrap(),
        ..info
    }
    .to_der()
    .unwrap()
}

/// Makes changes that those structs cannot hold: to the elements of the SignedData.
fn rearranged(change: impl FnOnce(&mut Vec<Any>)) -> Vec<u8> {
    let info = ContentInfo::from_der(&signed()).unwrap();
    let mut elements = opened(&info.content);
    change(&mut elements);
    ContentInfo {
        content: closed(Tag::Sequence, &elements),
        ..info
    }
    .to_der()
    .unwrap()
}

fn opened(element: &Any) -> Vec<Any> {
    Vec::from_der(&Any::new(Tag::Sequence, element.value()).unwrap().to_der().unwrap()).unwrap()
}

fn closed(tag: Tag, elements: &[Any]) -> Any {
    let contents: Vec<_> = elements.iter().flat_map(|element| element.to_der().unwrap()).collect();
    Any::new(tag, contents).unwrap()
}

/// Makes such changes to the elements of its SignerInfo.
fn rearranged_signer(change: impl FnOnce(&mut Vec<Any>)) -> Vec<u8> {
    rearranged(|elements| {
        let mut signer = opened(&opened(&elements[4])[0]);
        change(&mut signer);
        elements[4] = closed(Tag::Set, &[closed(Tag::Sequence, &signer)]);
    })
}

#[test]
fn an_element_that_decoders_step_over_is_refused() {
    for changed in [
        rearranged(|elements| elements.insert(4, elements[3].clone())),
        rearranged_signer(|elements| elements.push(elements[3].clone())),
    ] {
        check(&changed, Name::Structure, Outcome::Failed(Reason::NotACms));
    }
}

#[test]
fn attributes_are_not_sorted_before_they_are_hashed() {
    let changed = rearranged_signer(|signer| {
        let mut attributes = opened(&signer[3]);
        attributes.reverse();
        signer[3] = closed(signer[3].tag(), &attributes);
    });
    check(
        &changed,
        Name::Signature,
        Outcome::Failed(Reason::SignatureDoesNotVerify),
    );
    check(&changed, Name::ContentDigest, Outcome::Passed);
}

#[test]
fn an_attribute_twice_or_with_two_values_is_refused() {
    for twice in [true, false] {
        let changed = rearranged_signer(|signer| {
            let mut attributes = opened(&signer[3]);
            let mut first = opened(&attributes[0]);
            if twice {
                attributes.push(attributes[0].clone());
            } else {
                let value = opened(&first[1])[0].clone();
                first[1] = closed(Tag::Set, &[value.clone(), value]);
                attributes[0] = closed(Tag::Sequence, &first);
            }
            signer[3] = closed(signer[3].tag(), &attributes);
        });
        check(&changed, Name::Structure, Outcome::Failed(Reason::AttributeRepeated));
    }
}

#[test]
fn bytes_behind_are_refused() {
    let mut changed = signed();
    changed.push(0);
    check(&changed, Name::Structure, Outcome::Failed(Reason::TrailingOctets));
}

#[test]
fn every_cut_is_refused_and_none_panics() {
    let whole = signed();
    // From one byte nobody can tell what was cut off.
    for length in 2..whole.len() {
        check(&whole[..length], Name::Structure, Outcome::Failed(Reason::NotACms));
    }
    check(&[], Name::Structure, Outcome::Failed(Reason::Empty));
    check(
        &[vec![0x30], vec![0x80; 1 << 24]].concat(),
        Name::Structure,
        Outcome::Unknown(Reason::TooLong),
    );
}

#[test]
fn no_byte_around_content_and_certificates_changes_unnoticed() {
    let whole = signed();
    let document = content_of(&whole);
    let certificates = [PKI.ec.certificate.der(), PKI.authority.der(), PKI.root.der()];
    let mut inside: Vec<_> = certificates
        .into_iter()
        .chain([document.as_slice()])
        .map(|part| {
            let start = whole.windows(part.len()).position(|window| window == part).unwrap();
            start..start + part.len()
        })
        .collect();
    // The name of the issuer by which the signer is named, the last but one: it is not signed, and is the same name in
    // several encodings. The last one is in the signed attributes.
    let issuer = PKI.ec.certificate.issuer_der();
    let names = whole.windows(issuer.len()).enumerate();
    let mut names = names
        .filter(|(_, window)| *window == issuer)
        .map(|(at, _)| at)
        .collect::<Vec<_>>();
    names.pop();
    let signers = names.pop().unwrap();
    inside.push(signers..signers + issuer.len());
    // Every third, for time: each costs four verifications.
    for at in (0..whole.len())
        .step_by(3)
        .filter(|at| !inside.iter().any(|part| part.contains(at)))
    {
        let mut changed = whole.clone();
        changed[at] ^= 1;
        assert_eq!(judge(&changed).trust(), Trust::None, "byte {at}");
    }
}

fn content_of(der: &[u8]) -> Vec<u8> {
    let signed_data = ContentInfo::from_der(der)
        .unwrap()
        .content
        .decode_as::<SignedData>()
        .unwrap();
    signed_data.encap_content_info.econtent.unwrap().value().to_vec()
}

#[test]
fn a_second_signer_is_judged_and_the_worse_counts() {
    let changed = rewritten(|signed_data| {
        let mut second = signed_data.signer_infos.0.get(0).unwrap().clone();
        second.signature = OctetString::new(vec![0; 8]).unwrap();
        signed_data.signer_infos.0.insert(second).unwrap();
    });
    let refused = Outcome::Failed(Reason::SignatureDoesNotVerify);
    check(&changed, Name::Signature, refused);
    let verification = judge(&changed);
    assert_eq!(verification.verdict(), Verdict::Invalid);
    let each: Vec<_> = verification.signatures().iter().map(Verification::verdict).collect();
    assert_eq!(each, [Verdict::Invalid, Verdict::ValidTestCard]);
    // The signer is told of one signature alone.
    assert_eq!(verification.signer(), None);
    for one in verification.signatures() {
        assert_eq!(one.signer(), Some(&PKI.ec.certificate));
    }
}

#[test]
fn an_unknown_root_is_no_trust() {
    let verification = verify(&signed(), &TrustStore::belgian(), now());
    assert_eq!(
        verification.outcome(Name::Chain),
        Some(Outcome::Unknown(Reason::RootNotTrusted))
    );
    assert_eq!(verification.outcome(Name::Signature), Some(Outcome::Passed));
    assert_eq!(verification.trust(), Trust::None);
    assert_eq!(verification.verdict(), Verdict::NotChecked);
}

#[test]
fn a_signature_from_the_future_is_refused() {
    let before = later(Duration::ZERO).checked_sub(Duration::from_secs(301)).unwrap();
    let verification = verify(&signed(), &PKI.roots(), before);
    assert_eq!(
        verification.outcome(Name::ValidityAtSigningTime),
        Some(Outcome::Failed(Reason::SignedInTheFuture))
    );
    assert_eq!(
        verify(&signed(), &PKI.roots(), later(Duration::from_secs(86_400 * 3650))).trust(),
        Trust::Test
    );
}

/// Signs without the checks that a prepared document makes.
fn signed_by(signer: &CitizenSigner, content: &[u8], attribute: SigningCertificate) -> Vec<u8> {
    let chain = [PKI.authority.clone()];
    let pending = Cms::attached(content.to_vec(), &signer.certificate, &chain, now(), attribute);
    let pending = pending.unwrap();
    let signature = signer.sign(pending.digest());
    pending.finish(signature).unwrap().der().to_vec()
}

#[test]
fn another_persons_signature_is_told() {
    let prepared = put(&[PHYSICIAN], PATIENT, now(), consultation())
        .prepare(ContentProfile::Strict)
        .unwrap();
    let usage = x509_cert::ext::pkix::KeyUsages::NonRepudiation;
    let other = PKI.another("serialNumber=82000000073,CN=Ward,C=BE", usage);
    let cms = signed_by(&other, prepared.content(), SigningCertificate::Included);
    check(&cms, Name::SubjectIsPatient, Outcome::Failed(Reason::AnotherPerson));
}

#[test]
fn an_authentication_key_is_told() {
    let prepared = put(&[PHYSICIAN], PATIENT, now(), consultation())
        .prepare(ContentProfile::Strict)
        .unwrap();
    let cms = signed_by(&PKI.another_usage(), prepared.content(), SigningCertificate::Included);
    check(&cms, Name::KeyUsage, Outcome::Failed(Reason::WrongKeyUsage));
}

#[test]
fn keys_of_services_and_for_other_purposes_bind_nobody() {
    const MAIL: &str = "1.3.6.1.5.5.7.3.4";
    const TIME_STAMPS: &str = "1.3.6.1.5.5.7.3.8";
    const OCSP: &str = "1.3.6.1.5.5.7.3.9";
    use x509_cert::ext::pkix::KeyUsages::{DigitalSignature, NonRepudiation};
    let refused = Outcome::Failed(Reason::WrongKeyUsage);
    let unstated = Outcome::Unknown(Reason::UsageNotStated);
    #[rustfmt::skip] // one row a line
    let rows: [(_, &[&str], _); 9] = [
        (Some(NonRepudiation), &[], Outcome::Passed),
        (Some(NonRepudiation), &[MAIL], Outcome::Passed),
        (Some(NonRepudiation), &[MAIL, TIME_STAMPS], Outcome::Passed),
        (Some(NonRepudiation), &[TIME_STAMPS], refused),
        (Some(NonRepudiation), &[OCSP], refused),
        (Some(NonRepudiation), &[TIME_STAMPS, OCSP], refused),
        (Some(DigitalSignature), &[MAIL], refused),
        (None, &[MAIL], unstated),
        (None, &[OCSP], refused),
    ];
    for (usage, extended, expected) in rows {
        let signer = PKI.for_usages(usage, extended);
        let cms = signed_by(&signer, b"content", SigningCertificate::Included);
        assert_eq!(
            judge(&cms).outcome(Name::KeyUsage),
            Some(expected),
            "{usage:?} {extended:?}"
        );
    }
}

#[test]
fn plain_cms_and_other_content_leave_questions_open() {
    let verification = judge(&signed_by(&PKI.rsa, b"anything", SigningCertificate::Omitted));
    assert_eq!(
        verification.outcome(Name::SigningCertificate),
        Some(Outcome::Unknown(Reason::AttributeAbsent))
    );
    assert_eq!(
        verification.outcome(Name::SubjectIsPatient),
        Some(Outcome::Unknown(Reason::ContentNotReadable))
    );
    assert_eq!(verification.trust(), Trust::Test);
    assert_eq!(verification.profile(), None, "it covers no link");
    assert!(verification.is_signed());
}

#[test]
fn a_signature_over_something_else_proves_no_request() {
    let usage = x509_cert::ext::pkix::KeyUsages::NonRepudiation;
    let other = PKI.another("serialNumber=82000000073,CN=Ward,C=BE", usage);
    let document = PKI.signed(ContentProfile::Connector, &PKI.ec);
    let cms = document.proof().cms().unwrap();
    for signer in [&other, &PKI.ec] {
        for attribute in [SigningCertificate::Included, SigningCertificate::Omitted] {
            let foreign = signed_by(signer, b"I agree to rent the flat.", attribute);
            let changed = document.xml().replace(&cms.to_base64(), &STANDARD.encode(foreign));
            let refused = Outcome::Failed(Reason::ContentNotALink);
            check(changed.as_bytes(), Name::ProofMatchesRequest, refused);
            check(changed.as_bytes(), Name::SubjectIsPatient, refused);
            check(changed.as_bytes(), Name::Signature, Outcome::Passed);
        }
    }
    let nothing = document.xml().replace(&cms.to_base64(), &STANDARD.encode(b"0"));
    check(nothing.as_bytes(), Name::Structure, Outcome::Failed(Reason::NotACms));
}

#[test]
fn a_link_in_other_letters_than_it_claims_is_refused() {
    let document = PKI.signed(ContentProfile::Connector, &PKI.ec);
    let cms = document.proof().cms().unwrap();
    let content = String::from_utf8(cms.content().unwrap().to_vec()).unwrap();
    assert!(content.contains("Lena Zoë"));
    let latin_1: Vec<u8> = content.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    let refused = Outcome::Failed(Reason::ContentNotUtf8);
    let signed = signed_by(&PKI.ec, &latin_1, SigningCertificate::Included);
    check(&signed, Name::SubjectIsPatient, refused);
    check(&signed, Name::Signature, Outcome::Passed);
    let changed = document.xml().replace(&cms.to_base64(), &STANDARD.encode(signed));
    check(changed.as_bytes(), Name::SubjectIsPatient, refused);
    check(changed.as_bytes(), Name::ProofMatchesRequest, refused);
}

#[test]
fn a_proof_that_somebody_else_signed_too_is_not_the_patients() {
    let usage = x509_cert::ext::pkix::KeyUsages::NonRepudiation;
    let other = PKI.another("serialNumber=82000000073,CN=Ward,C=BE", usage);
    let document = PKI.signed(ContentProfile::Connector, &PKI.ec);
    let cms = document.proof().cms().unwrap();
    let with_second = |signer: &CitizenSigner| {
        let second = signed_by(signer, cms.content().unwrap(), SigningCertificate::Included);
        let second = ContentInfo::from_der(&second).unwrap().content;
        let second = second.decode_as::<SignedData>().unwrap();
        let both = crate::attacks::rewritten(cms.der(), |signed_data| {
            let signer = second.signer_infos.0.get(0).unwrap().clone();
            signed_data.signer_infos.0.insert(signer).unwrap();
            for certificate in second.certificates.unwrap().0.iter() {
                let certificates = &mut signed_data.certificates.as_mut().unwrap().0;
                // Those of the chain are there.
                let _known = certificates.insert(certificate.clone());
            }
            for algorithm in second.digest_algorithms.iter() {
                let _known = signed_data.digest_algorithms.insert(algorithm.clone());
            }
        });
        document.xml().replace(&cms.to_base64(), &STANDARD.encode(both))
    };
    let refused = with_second(&other);
    check(refused.as_bytes(), Name::Signature, Outcome::Passed);
    check(
        refused.as_bytes(),
        Name::SubjectIsPatient,
        Outcome::Failed(Reason::AnotherPerson),
    );
    // The patient's other card does no harm.
    let twice = judge(with_second(&PKI.rsa).as_bytes());
    assert_eq!(twice.trust(), Trust::Test, "{twice:?}");
    assert_eq!(twice.signatures().len(), 2);
}

#[test]
fn content_that_is_given_is_what_a_proof_must_be_over() {
    let document = PKI.signed(ContentProfile::Connector, &PKI.ec);
    let inside = document.proof().cms().unwrap().content().unwrap();
    let asked = |content| verify_detached(document.xml().as_bytes(), content, &PKI.roots(), now());
    assert_eq!(asked(inside).trust(), Trust::Test);
    let other = asked(b"I agree to rent the flat.");
    let differs = Outcome::Failed(Reason::ContentDiffers);
    assert_eq!(other.outcome(Name::ContentDigest), Some(differs));
    assert_eq!(other.trust(), Trust::None);
    // A certificate that is missing in the proof is not taken from elsewhere.
    let attributes = SigningCertificate::Included;
    let pending = Cms::detached(inside, &PKI.ec.certificate, &[], now(), attributes).unwrap();
    let signature = PKI.ec.sign(pending.digest());
    let empty = pending.finish(signature).unwrap();
    let carried = document.proof().cms().unwrap().to_base64();
    let changed = document.xml().replace(&carried, &empty.to_base64());
    let verification = verify_detached(changed.as_bytes(), inside, &PKI.roots(), now());
    let refused = Outcome::Failed(Reason::ContentNotALink);
    assert_eq!(verification.outcome(Name::ProofMatchesRequest), Some(refused));
}

#[test]
fn a_proof_of_another_request_does_not_match() {
    let document = PKI.signed(ContentProfile::Connector, &PKI.ec);
    let xml = document.xml();
    let swap = |from: &str, to: &str| {
        assert!(xml.contains(from));
        xml.replace(from, to)
    };
    for (changed, reason) in [
        (swap("Lena Zoë", "Lena"), Reason::PatientDiffers),
        (
            swap("<id S=\"EID-CARDNO\" SV=\"1.0\">599000000132</id>", ""),
            Reason::PatientDiffers,
        ),
        (
            swap(
                "<id S=\"ID-HCPARTY\" SV=\"1.0\">10012378004",
                "<id S=\"ID-HCPARTY\" SV=\"1.0\">29999031",
            ),
            Reason::PartyDiffers,
        ),
        (swap("<date>2026-11-20", "<date>2026-11-21"), Reason::DateDiffers),
    ] {
        check(changed.as_bytes(), Name::ProofMatchesRequest, Outcome::Failed(reason));
    }
}

#[test]
fn a_strict_proof_covers_type_and_period() {
    let document = PKI.signed(ContentProfile::Strict, &PKI.ec);
    for (from, to) in [(">gpconsultation<", ">gmd<"), ("2028-02-20", "2029-02-20")] {
        let changed = document.xml().replace(from, to);
        check(
            changed.as_bytes(),
            Name::ProofMatchesRequest,
            Outcome::Failed(Reason::LinkDiffers),
        );
    }
}

#[test]
fn a_request_without_signature_says_so() {
    let document = plain(put(&[PHYSICIAN], PATIENT, now(), consultation()), "eidreading");
    check(document.xml().as_bytes(), Name::Structure, Outcome::Passed);
    check(
        document.xml().as_bytes(),
        Name::Proof,
        Outcome::Unknown(Reason::NotSigned),
    );
    let link = LinkFields {
        link_type: "delivery",
        ..consultation()
    };
    let unsigned = plain(put(&[PHYSICIAN], CHILD, now(), link), "eidencoding_nocard");
    let claimed = unsigned.xml().replace("eidencoding_nocard", "eidsigning");
    check(
        claimed.as_bytes(),
        Name::Proof,
        Outcome::Failed(Reason::SignatureMissing),
    );
}

#[test]
fn a_signature_under_a_plain_code_or_twice_is_refused() {
    let document = PKI.signed(ContentProfile::Connector, &PKI.ec);
    let renamed = document.xml().replace(">eidsigning<", ">eidreading<");
    check(
        renamed.as_bytes(),
        Name::Proof,
        Outcome::Failed(Reason::SignatureUnexpected),
    );
    let start = document.xml().find("<proof>").unwrap();
    let end = document.xml().find("</proof>").unwrap() + "</proof>".len();
    let mut twice = document.xml().to_owned();
    twice.insert_str(end, &document.xml()[start..end]);
    check(twice.as_bytes(), Name::Proof, Outcome::Failed(Reason::SeveralProofs));
}

#[test]
fn a_cms_inside_a_request_is_checked_like_any() {
    let document = PKI.signed(ContentProfile::Connector, &PKI.ec);
    let cms = document.proof().cms().unwrap();
    let changed = document.xml().replace(
        &cms.to_base64(),
        &STANDARD.encode(flip(cms.der(), b"<firstname>Lena", 11)),
    );
    check(
        changed.as_bytes(),
        Name::ContentDigest,
        Outcome::Failed(Reason::DigestDiffers),
    );
}

#[test]
fn what_is_no_signature_is_called_by_its_name() {
    let named = |input: &[u8]| {
        let verification = judge(input);
        assert_eq!(verification.trust(), Trust::None);
        (verification.verdict(), verification.not_judged().to_vec())
    };
    for input in [&b"<a/>"[..], b"a letter", &[0xFF, 0xD8, 0xFF]] {
        assert_eq!(named(input), (Verdict::NotSigned, vec![]));
    }
    assert_eq!(named(b"%PDF-1.7\n"), (Verdict::NotChecked, vec!["pdf"]));
    for jws in [
        &b"eyJhbGciOiJub25lIn0.e30."[..],
        br#"{"payload": "e30", "signatures": []}"#,
    ] {
        assert_eq!(named(jws), (Verdict::NotChecked, vec!["jws"]));
    }
    assert_eq!(named(br#"{"payload": 1}"#), (Verdict::NotSigned, vec![]));
    let unsigned = plain(put(&[PHYSICIAN], PATIENT, now(), consultation()), "eidreading");
    let verification = judge(unsigned.xml().as_bytes());
    assert_eq!(verification.verdict(), Verdict::NotSigned);
    assert_eq!(verification.documents(), [DocumentKind::Link]);
    let spoiled = unsigned.xml().replace("<date>", "<dates>");
    assert_eq!(named(spoiled.as_bytes()), (Verdict::Invalid, vec![]));
}
