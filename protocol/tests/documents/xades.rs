//! XML signatures: made by us and judged by us, by xmlsec1 and by signxml; the samples judged by us.

use std::path::PathBuf;
use std::process::Command;

use beid_pki::{Certificate, Trust, TrustStore};
use beid_protocol::ProtocolError;
use beid_protocol::c14n;
use beid_protocol::markup::Source;
use beid_protocol::signature::{Algorithm, Pending};
use beid_protocol::verify::{CheckName as Name, Context, Outcome, Reason, Verification};
use beid_protocol::xades::{
    Content, DataFile, DataObject, Examined, FileContent, ValidationData, Xades, examine, examine_with, verify,
};
use jiff::Timestamp;

use crate::citizens::{CitizenSigner, PATIENT, PHYSICIAN, PKI, consultation, now, plain, put};
use crate::openssl::pem;
use crate::python;
use crate::tools::{ehealth_xsd, sample};
use crate::tsa::{Oddity, TSA, a_minute_ago, tsa_roots};
use beid_testkit::{Scratch, run};

/// A request of Lena's physician about Lena, as text.
pub(crate) fn request() -> String {
    plain(put(&[PHYSICIAN], PATIENT, now(), consultation()), "eidreading")
        .xml()
        .to_owned()
}

pub(crate) const STATEMENT: &str = "Ik ga akkoord met <alles> & \"niets\".\r\nZoë 😀\t\n";
const ODD_NAME: &str = "annex/Zoë & zoon #1.bin";
const OCTETS: &[u8] = b"\x00\xFF<not xml>\r\n";

fn chain() -> [Certificate; 2] {
    [PKI.authority.clone(), PKI.root.clone()]
}

pub(crate) fn finish(pending: Pending<Xades>, signer: &CitizenSigner) -> Xades {
    let signature = signer.sign(pending.digest());
    pending.finish(signature).unwrap()
}

pub(crate) fn enveloping(signer: &CitizenSigner, request: &str) -> Xades {
    let objects = [
        DataObject {
            name: "request",
            media_type: "application/xml",
            content: Content::Xml(request.as_bytes()),
        },
        DataObject {
            name: "statement",
            media_type: "text/plain",
            content: Content::Text(STATEMENT),
        },
        DataObject {
            name: "photo",
            media_type: "image/jpeg",
            content: Content::Octets(OCTETS),
        },
    ];
    finish(
        Xades::enveloping(&objects, &signer.certificate, &chain(), now()).unwrap(),
        signer,
    )
}

/// The files of the detached signatures here.
pub(crate) fn files(request: &str) -> [(&str, &[u8]); 2] {
    [("request.xml", request.as_bytes()), (ODD_NAME, OCTETS)]
}

fn data_files(request: &str) -> [DataFile<'_>; 2] {
    files(request).map(|(name, octets)| DataFile {
        name,
        media_type: "application/octet-stream",
        content: FileContent::Octets(octets),
    })
}

pub(crate) fn detached(signer: &CitizenSigner, request: &str) -> Xades {
    let pending = Xades::detached(&data_files(request), &signer.certificate, &chain(), now());
    finish(pending.unwrap(), signer)
}

pub(crate) fn container(signer: &CitizenSigner, request: &str) -> Xades {
    let pending = Xades::for_container(&data_files(request), &signer.certificate, &chain(), now());
    finish(pending.unwrap(), signer)
}

#[track_caller]
fn check_all_passed(verification: &Verification) {
    let passed = |name| verification.outcome(name) == Some(Outcome::Passed);
    let asked = [
        Name::Structure,
        Name::ContentDigest,
        Name::Signature,
        Name::SigningCertificate,
        Name::Chain,
        Name::KeyUsage,
        Name::ValidityAtSigningTime,
    ];
    assert!(asked.into_iter().all(passed), "{verification:?}");
    assert_eq!(verification.trust(), Trust::Test);
}

#[test]
fn what_we_sign_passes_every_check() {
    let request = request();
    for signer in [&PKI.rsa, &PKI.ec] {
        let inside = verify(enveloping(signer, &request).xml().as_bytes(), &[], &PKI.roots(), now());
        check_all_passed(&inside);
        for signature in [detached(signer, &request), container(signer, &request)] {
            let outside = verify(signature.xml().as_bytes(), &files(&request), &PKI.roots(), now());
            check_all_passed(&outside);
            assert_eq!(outside.outcome(Name::SubjectIsPatient), Some(Outcome::Passed));
            assert_eq!(outside.signing_time(), Some(now()));
        }
        assert_eq!(inside.outcome(Name::SubjectIsPatient), Some(Outcome::Passed));
    }
}

#[test]
fn what_was_signed_is_given_back_and_nothing_else() {
    let request = request();
    let signature = enveloping(&PKI.ec, &request);
    let roots = PKI.roots();
    let examined = examine(signature.xml().as_bytes(), &[], &roots, now());
    let [document, statement, photo] = examined.objects.as_slice() else {
        panic!("{:?}", examined.verification)
    };
    let source = Source::read(request.as_bytes()).unwrap();
    assert_eq!(document.content, c14n::document(&source.parse().unwrap()));
    assert_eq!(document.media_type.as_deref(), Some("application/xml"));
    assert!(document.name.ends_with("-obj-request"));
    assert_eq!(statement.content, STATEMENT.as_bytes());
    assert_eq!(photo.content, OCTETS);
    assert_eq!(examined.certificates.len(), 3);

    let beside = files(&request);
    let signature = container(&PKI.rsa, &request);
    let examined = examine(signature.xml().as_bytes(), &beside, &roots, now());
    let given: Vec<_> = examined
        .objects
        .iter()
        .map(|object| (object.name.as_str(), &*object.content))
        .collect();
    assert_eq!(given, beside);
}

#[test]
fn the_dispatcher_knows_a_signature_when_it_sees_one() {
    let signature = enveloping(&PKI.ec, &request());
    let verification = beid_protocol::verify::verify(signature.xml().as_bytes(), &PKI.roots(), now());
    check_all_passed(&verification);
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let request = request();
    // RSA (PKCS#1 v1.5) as well as our ECDSA (RFC 6979) sign without chance.
    for make in [enveloping, detached, container] {
        assert_eq!(make(&PKI.rsa, &request).xml(), make(&PKI.rsa, &request).xml());
    }
    let ids = |xml: &str| xml.split(" Id=\"").nth(1).unwrap()[..18].to_owned();
    let other = request.replacen("VOORBEELD", "VOORBEELT", 1);
    assert_ne!(
        ids(enveloping(&PKI.rsa, &request).xml()),
        ids(enveloping(&PKI.rsa, &other).xml())
    );
    assert_ne!(
        ids(detached(&PKI.rsa, &request).xml()),
        ids(detached(&PKI.ec, &request).xml())
    );
}

#[test]
fn an_embedded_document_keeps_its_octets() {
    let request = request();
    let body = request.split_once("?>").unwrap().1.trim();
    assert!(
        enveloping(&PKI.ec, &request)
            .xml()
            .contains(&format!(">{body}</ds:Object>"))
    );
}

#[test]
fn names_that_cannot_be_or_occur_twice_are_refused() {
    let object = |name| DataObject {
        name,
        media_type: "text/plain",
        content: Content::Text("a"),
    };
    let signer = &PKI.ec.certificate;
    let refused = |objects: &[DataObject<'_>]| Xades::enveloping(objects, signer, &[], now()).is_err();
    assert!(!refused(&[object("a"), object("b")]));
    for objects in [
        &[][..],
        &[object("a"), object("a")],
        &[object("1")],
        &[object("a b")],
        &[object("")],
        &[object("a\"")],
    ] {
        assert!(refused(objects));
    }
    let file = |name, content| DataFile {
        name,
        media_type: "text/plain",
        content,
    };
    let (short, whole) = (FileContent::Digest(&[0; 32]), FileContent::Digest(&[0; 48]));
    let refused = |files: &[DataFile<'_>]| Xades::for_container(files, signer, &[], now()).is_err();
    assert!(!refused(&[file("a", whole), file("b", whole)]));
    for files in [
        &[file("a", whole), file("a", whole)][..],
        &[file("a", short)],
        &[file("mimetype", whole)],
        &[],
    ] {
        assert!(refused(files));
    }
}

#[test]
fn a_file_may_be_given_by_its_digest() {
    let request = request();
    let digest = Algorithm::RsaSha256.hash().digest(request.as_bytes());
    let file = |content| {
        [DataFile {
            name: "request.xml",
            media_type: "application/xml",
            content,
        }]
    };
    let pending = |content| Xades::detached(&file(content), &PKI.rsa.certificate, &chain(), now()).unwrap();
    let by_digest = pending(FileContent::Digest(&digest));
    assert_eq!(
        by_digest.digest(),
        pending(FileContent::Octets(request.as_bytes())).digest()
    );
    let signature = finish(by_digest, &PKI.rsa);
    let files = [("request.xml", request.as_bytes())];
    check_all_passed(&verify(signature.xml().as_bytes(), &files, &PKI.roots(), now()));
}

#[test]
fn another_keys_answer_is_not_given_out() {
    let objects = [DataObject {
        name: "a",
        media_type: "text/plain",
        content: Content::Text("a"),
    }];
    let of_other_kind = ProtocolError::UnsupportedAlgorithm {
        reason: "the signature is of another kind than the key",
    };
    for (answer, expected) in [
        (PKI.rsa.sign(&[0; 32]), of_other_kind),
        (PKI.ec.sign(&[0; 48]), ProtocolError::SignatureRejected),
    ] {
        let pending = Xades::enveloping(&objects, &PKI.ec.certificate, &[], now()).unwrap();
        assert_eq!(pending.finish(answer).unwrap_err(), expected);
    }
}

/// Judges with trust in our time-stamping authority, with signature and stamp a minute old.
fn judge_stamped(signature: &Xades) -> Examined<'static> {
    let (roots, tsa_roots) = (PKI.roots(), tsa_roots());
    let context = Context {
        tsa_roots: &tsa_roots,
        ..Context::new(&roots, Timestamp::now())
    };
    examine_with(signature.xml().as_bytes(), &[], &context)
}

#[test]
fn a_stamped_signature_proves_its_time() {
    let object = [DataObject {
        name: "a",
        media_type: "text/plain",
        content: Content::Text("a"),
    }];
    for signer in [&PKI.rsa, &PKI.ec] {
        let pending = Xades::enveloping(&object, &signer.certificate, &chain(), a_minute_ago()).unwrap();
        let signature = finish(pending, signer);
        let token = TSA.token(&signature.stamped(), &Oddity::default());
        let verification = judge_stamped(&signature.clone().with_timestamp(&token)).verification;
        assert_eq!(
            verification.outcome(Name::TimeStamp),
            Some(Outcome::Passed),
            "{verification:?}"
        );
        check_all_passed(&verification);
        assert!(verification.stamped_at().is_some());

        let of_something_else = TSA.token(b"something else", &Oddity::default());
        let verification = judge_stamped(&signature.with_timestamp(&of_something_else)).verification;
        assert_eq!(
            verification.outcome(Name::TimeStamp),
            Some(Outcome::Failed(Reason::ImprintDiffers))
        );
        assert_eq!(verification.trust(), Trust::Test);
    }
}

#[test]
fn what_is_added_later_is_found_again_and_changes_nothing_that_is_signed() {
    let signature = enveloping(&PKI.ec, &request());
    let stamped = signature.stamped();
    let (certificates, crls, ocsps) = ([PKI.authority.der().to_vec()], [b"crl".to_vec()], [b"ocsp".to_vec()]);
    let data = ValidationData {
        certificates: &certificates,
        crls: &crls,
        ocsps: &ocsps,
    };
    let extended = signature
        .clone()
        .with_timestamp(b"token")
        .with_validation_data(data)
        .with_timestamp_validation_data(data);
    let roots = PKI.roots();
    let examined = examine(extended.xml().as_bytes(), &[], &roots, now());
    for name in [
        Name::Structure,
        Name::ContentDigest,
        Name::Signature,
        Name::SigningCertificate,
    ] {
        assert_eq!(examined.verification.outcome(name), Some(Outcome::Passed));
    }
    assert_eq!(examined.objects.len(), 3);
    let [timestamp] = examined.timestamps.as_slice() else {
        panic!("one time stamp")
    };
    let found = (timestamp.token.as_slice(), timestamp.stamped.as_deref());
    assert_eq!(found, (&b"token"[..], Some(&stamped[..])));
    let counts = (examined.crls.len(), examined.ocsps.len(), examined.certificates.len());
    assert_eq!(counts, (2, 2, 5));
    assert_eq!(extended.stamped(), stamped);
    assert_eq!(
        signature.clone().with_validation_data(ValidationData::default()),
        signature
    );
}

#[test]
fn a_stamp_that_does_not_say_its_canonical_form_is_over_the_inclusive_one() {
    let signature = enveloping(&PKI.ec, &request()).with_timestamp(b"token");
    let method = format!(
        "<ds:CanonicalizationMethod Algorithm=\"{}\"></ds:CanonicalizationMethod><xades:Enc",
        c14n::EXCLUSIVE
    );
    let xml = signature.xml().replacen(&method, "<xades:Enc", 1);
    assert_ne!(xml, signature.xml());
    let exclusive = String::from_utf8(signature.stamped()).unwrap();
    let inclusive = exclusive.replacen(" Id=", " xmlns:xades=\"http://uri.etsi.org/01903/v1.3.2#\" Id=", 1);
    let roots = PKI.roots();
    let stamped = |xml: &str| {
        examine(xml.as_bytes(), &[], &roots, now()).timestamps[0]
            .stamped
            .clone()
    };
    assert_eq!(stamped(&xml), Some(inclusive.into_bytes()));
    let unknown = signature
        .xml()
        .replacen(&method, "<ds:CanonicalizationMethod Algorithm=\"urn:a\"/><xades:Enc", 1);
    assert_eq!(stamped(&unknown), None);
}

#[test]
fn samples_verify_and_are_what_they_say() {
    let Some(xsd) = ehealth_xsd() else {
        return;
    };
    let root = |kind: &str| {
        let text = String::from_utf8(sample(&xsd, &format!("pki/{kind}-root.pem"))).unwrap();
        let base64: String = text.lines().filter(|line| !line.starts_with('-')).collect();
        use base64::Engine;
        let der = base64::engine::general_purpose::STANDARD.decode(base64).unwrap();
        TrustStore::belgian().with_test_root(Certificate::parse(&der).unwrap())
    };
    let roots = root("ec");
    let enveloping = sample(&xsd, "10-patient-consent.xades-enveloping.ec.xml");
    let examined = examine(&enveloping, &[], &roots, now());
    check_all_passed(&examined.verification);
    let content = std::str::from_utf8(&examined.objects[0].content).unwrap();
    assert!(content.starts_with("<p:PutPatientConsentRequest"), "{content}");

    let request = sample(&xsd, "01-put-patient-consent.request.xml");
    let signature = sample(&xsd, "11-patient-consent.xades-detached.rsa.xml");
    let files = [("request.xml", request.as_slice())];
    check_all_passed(&verify(&signature, &files, &root("rsa"), now()));
    let without = verify(&signature, &[], &root("rsa"), now());
    assert_eq!(
        without.outcome(Name::ContentDigest),
        Some(Outcome::Unknown(Reason::ContentNotGiven))
    );
    assert_eq!(without.trust(), Trust::None);
}

/// A signature in a folder, with the files that it may be over.
struct Written {
    folder: Scratch,
    signature: PathBuf,
    signer: PathBuf,
    references: usize,
    genuine: bool,
}

impl Written {
    fn new(signature: &str, request: &str, signer: &CitizenSigner, references: usize, genuine: bool) -> Self {
        let folder = Scratch::new("protocol");
        std::fs::create_dir(folder.path().join("annex")).unwrap();
        for (name, octets) in files(request) {
            folder.write(name, octets);
        }
        folder.write("root.pem", &pem(PKI.root.der()));
        let path = folder.write("signature.xml", signature.as_bytes());
        let signer = folder.write("signer.pem", &pem(signer.certificate.der()));
        Self {
            folder,
            signature: path,
            signer,
            references,
            genuine,
        }
    }

    /// Each form and key: unchanged, with its content changed, and with a signed property changed.
    fn all() -> Vec<Self> {
        let request = request();
        let changed = request.replacen("VOORBEELD", "VOORBEELT", 1);
        let mut all = Vec::new();
        for signer in [&PKI.rsa, &PKI.ec] {
            let inside = enveloping(signer, &request).with_timestamp(b"token").xml().to_owned();
            let later = |xml: &str| xml.replacen("09:02:00Z", "09:02:01Z", 1);
            all.push(Self::new(&inside, &request, signer, 4, true));
            all.push(Self::new(
                &inside.replacen("VOORBEELD", "VOORBEELT", 1),
                &request,
                signer,
                4,
                false,
            ));
            all.push(Self::new(&later(&inside), &request, signer, 4, false));
            for outside in [detached(signer, &request), container(signer, &request)] {
                all.push(Self::new(outside.xml(), &request, signer, 3, true));
                all.push(Self::new(outside.xml(), &changed, signer, 3, false));
                all.push(Self::new(&later(outside.xml()), &request, signer, 3, false));
            }
        }
        all
    }
}

#[test]
fn xmlsec1_agrees() {
    for written in Written::all() {
        let done = run(Command::new("xmlsec1")
            .args([
                "--verify",
                "--id-attr:Id",
                "http://uri.etsi.org/01903/v1.3.2#:SignedProperties",
            ])
            .args([
                "--id-attr:Id",
                "http://www.w3.org/2000/09/xmldsig#:Object",
                "--trusted-pem",
                "root.pem",
            ])
            .arg("signature.xml")
            .current_dir(written.folder.path()));
        let said = done.said();
        assert_eq!(done.succeeded(), written.genuine, "{said}");
        let all = format!("SignedInfo References (ok/all): {0}/{0}", written.references);
        assert_eq!(said.contains(&all), written.genuine, "{said}");
    }
}

#[test]
fn signxml_agrees() {
    let all = Written::all();
    let arguments = all.iter().flat_map(|written| {
        let references = PathBuf::from(written.references.to_string());
        [written.signature.clone(), written.signer.clone(), references]
    });
    let said = python::script("xades.py", arguments);
    assert_eq!(said.lines().count(), all.len(), "{said}");
    for (written, line) in all.iter().zip(said.lines()) {
        assert_eq!(line == "passed", written.genuine, "{said}");
    }
}
