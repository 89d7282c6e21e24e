//! Evidence of a consent: the signers it may have, and the questions it can answer.

use beid_pki::Trust;
use beid_protocol::author::Author;
use beid_protocol::cms;
use beid_protocol::consent::{self, ConsentFields};
use beid_protocol::party::HcPartyFields;
use beid_protocol::patient::Patient;
use beid_protocol::request::Request;
use beid_protocol::therlink::ContentProfile;
use beid_protocol::verify::{
    CheckName as Name, Context, DocumentContent, DocumentKind, Outcome, Reason, Verification, verify, verify_detached,
    verify_with,
};
use beid_protocol::xades::{Content, DataObject, Xades};
use x509_cert::ext::pkix::KeyUsages;

use crate::citizens::{CitizenSigner, PATIENT, PHYSICIAN, PKI, consultation, now, plain, put};
use crate::xades::finish;

/// Lena's consent, registered by `author`.
fn registered(author: &[HcPartyFields<'_>]) -> String {
    let request = Request::new(Author::parse(author, None).unwrap(), now(), "001").unwrap();
    let patient = Patient::parse(PATIENT).unwrap();
    let document = consent::put(&request, &patient, ConsentFields::default()).unwrap();
    document.xml().to_owned()
}

/// Signer with that number, and a card of the same authority.
fn somebody(number: &str) -> CitizenSigner {
    let subject = format!("serialNumber={number},CN=Iemand Anders (Signature),C=BE");
    PKI.another(&subject, KeyUsages::NonRepudiation)
}

fn signed_beside(signer: &CitizenSigner, content: &str) -> Verification {
    let chain = [PKI.authority.clone(), PKI.root.clone()];
    let attributes = cms::SigningCertificate::Included;
    let pending = cms::Cms::detached(content.as_bytes(), &signer.certificate, &chain, now(), attributes).unwrap();
    let signature = signer.sign(pending.digest());
    let cms = pending.finish(signature).unwrap();
    verify_detached(cms.der(), content.as_bytes(), &PKI.roots(), now())
}

#[track_caller]
fn check(signer: &CitizenSigner, content: &str, expected: Outcome, trust: Trust) {
    let verification = signed_beside(signer, content);
    assert_eq!(verification.outcome(Name::SubjectIsPatient), Some(expected));
    assert_eq!(verification.trust(), trust);
}

#[test]
fn patients_sign_and_so_do_the_providers_who_register() {
    let physician = somebody("82000000073");
    let by_author = Outcome::Unknown(Reason::SignedByAuthor);
    check(&PKI.rsa, &registered(&[PHYSICIAN]), Outcome::Passed, Trust::Test);
    check(&physician, &registered(&[PHYSICIAN]), by_author, Trust::Test);
    let pharmacy = HcPartyFields {
        nihii: Some("29999031"),
        ssin: None,
        party_type: "orgpharmacy",
        ..PHYSICIAN
    };
    let second = [pharmacy, PHYSICIAN];
    check(&physician, &registered(&second), by_author, Trust::Test);
}

#[test]
fn documents_that_are_signed_are_told_with_their_kind_and_content() {
    let link = plain(put(&[PHYSICIAN], PATIENT, now(), consultation()), "eidreading");
    for (document, kind) in [
        (registered(&[PHYSICIAN]).as_str(), DocumentKind::Consent),
        (link.xml(), DocumentKind::Link),
    ] {
        let verification = signed_beside(&PKI.rsa, document);
        assert_eq!(verification.documents(), [kind]);
        let [DocumentContent::Request(request)] = verification.contents() else {
            panic!("{verification:?}")
        };
        let patients = request.patients();
        let numbers: Vec<_> = patients.iter().map(|patient| patient.ssin()).collect();
        assert_eq!(numbers, [Some("80000000031")]);
    }
    let signed = PKI.signed(ContentProfile::Strict, &PKI.rsa);
    let proof = verify(signed.proof().cms().unwrap().der(), &PKI.roots(), now());
    assert!(matches!(proof.contents(), [DocumentContent::Signed(_)]), "{proof:?}");
    let letter = signed_beside(&PKI.rsa, "I agree.");
    assert!(letter.documents().is_empty() && letter.contents().is_empty());
    let not_readable = Outcome::Unknown(Reason::ContentNotReadable);
    assert_eq!(letter.outcome(Name::SubjectIsPatient), Some(not_readable));
}

#[test]
fn nobody_else_signs_and_nobody_else_signs_for_a_link() {
    let another = Outcome::Failed(Reason::AnotherPerson);
    check(
        &somebody("75000000023"),
        &registered(&[PHYSICIAN]),
        another,
        Trust::None,
    );
    let nameless = HcPartyFields {
        ssin: None,
        ..PHYSICIAN
    };
    check(&somebody("82000000073"), &registered(&[nameless]), another, Trust::None);
    let link = plain(put(&[PHYSICIAN], PATIENT, now(), consultation()), "eidreading");
    check(&somebody("82000000073"), link.xml(), another, Trust::None);
}

#[test]
fn what_lies_inside_of_xml_can_be_asked_about() {
    let (request, text) = (registered(&[PHYSICIAN]), "{\"plain_text\":\"Ik ga akkoord.\\n\"}");
    let objects = [
        DataObject {
            name: "request",
            media_type: "application/xml",
            content: Content::Octets(request.as_bytes()),
        },
        DataObject {
            name: "consent-text",
            media_type: "application/json",
            content: Content::Text(text),
        },
    ];
    let chain = [PKI.authority.clone(), PKI.root.clone()];
    let signature = finish(
        Xades::enveloping(&objects, &PKI.ec.certificate, &chain, now()).unwrap(),
        &PKI.ec,
    );
    let roots = PKI.roots();
    let asked = |content: &[u8]| {
        let context = Context {
            content: Some(content),
            ..Context::new(&roots, now())
        };
        let verification = verify_with(signature.xml().as_bytes(), &context);
        (verification.outcome(Name::ContentDigest), verification.trust())
    };
    for inside in [request.as_bytes(), text.as_bytes()] {
        assert_eq!(asked(inside), (Some(Outcome::Passed), Trust::Test));
    }
    let other = registered(&[PHYSICIAN]).replace("D'HAEN", "D'HAAN");
    for not_inside in [other.as_bytes(), b"", b"x"] {
        let refused = Outcome::Failed(Reason::ContentNotSigned);
        assert_eq!(asked(not_inside), (Some(refused), Trust::None));
    }
}
