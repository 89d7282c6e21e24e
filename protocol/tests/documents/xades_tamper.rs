//! XML signatures that were changed, or made to be misread: each fails for the expected reason, and none of its
//! contents are returned as signed.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use beid_pki::{HashAlgorithm, Trust};
use beid_protocol::verify::{CheckName as Name, Outcome, Reason, verify as dispatch};
use beid_protocol::xades::{Content, DataObject, Xades, examine};
use x509_cert::ext::pkix::KeyUsages;

use crate::citizens::{CitizenSigner, PKI, later, now};
use crate::openssl::pem;
use crate::xades::{container, detached, enveloping, files, finish, request};

const EXCLUSIVE: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";

fn signed() -> String {
    enveloping(&PKI.ec, &request()).xml().to_owned()
}

fn signed_outside() -> String {
    detached(&PKI.rsa, &request()).xml().to_owned()
}

/// Replaces the first `from`, of which there must be one.
#[track_caller]
fn replaced(xml: &str, from: &str, to: &str) -> String {
    let changed = xml.replacen(from, to, 1);
    assert_ne!(changed, xml, "{from}");
    changed
}

/// From the first `from` to the end of the first `to` behind it.
#[track_caller]
fn between<'x>(xml: &'x str, from: &str, to: &str) -> &'x str {
    let start = xml.find(from).unwrap_or_else(|| panic!("{from}"));
    let end = xml[start..].find(to).unwrap_or_else(|| panic!("{to}"));
    &xml[start..start + end + to.len()]
}

#[track_caller]
fn without(xml: &str, from: &str, to: &str) -> String {
    replaced(xml, between(xml, from, to), "")
}

fn id(xml: &str) -> &str {
    let (_, rest) = xml.split_once("Id=\"").unwrap();
    rest.split_once('"').unwrap().0
}

/// Checks that it has that outcome and no trust, and that its contents are not returned, unless the outcome is about
/// the signer.
#[track_caller]
fn check_over(xml: &str, files: &[(&str, &[u8])], name: Name, expected: Outcome) {
    let roots = PKI.roots();
    let examined = examine(xml.as_bytes(), files, &roots, now());
    let verification = &examined.verification;
    assert_eq!(verification.outcome(name), Some(expected), "{verification:?}");
    assert_eq!(verification.trust(), Trust::None);
    let about_signer = [Name::SubjectIsPatient, Name::KeyUsage, Name::ValidityAtSigningTime].contains(&name);
    assert!(about_signer || examined.objects.is_empty());
}

#[track_caller]
fn check(xml: &str, name: Name, reason: Reason) {
    check_over(xml, &[], name, Outcome::Failed(reason));
}

#[track_caller]
fn check_structure(xml: &str, reason: Reason) {
    check(xml, Name::Structure, reason);
}

#[test]
fn changed_content_fails_its_digest() {
    check(
        &replaced(&signed(), "VOORBEELD", "VOORBEELT"),
        Name::ContentDigest,
        Reason::DigestDiffers,
    );
    check(
        &replaced(&signed(), "akkoord", "niet akkoord"),
        Name::ContentDigest,
        Reason::DigestDiffers,
    );
    let other = request().replacen("VOORBEELD", "VOORBEELT", 1);
    check_over(
        &signed_outside(),
        &files(&other),
        Name::ContentDigest,
        Outcome::Failed(Reason::DigestDiffers),
    );
}

#[test]
fn changed_media_types_and_times_fail_the_digest_of_the_properties() {
    let xml = signed();
    let of_property = replaced(
        &xml,
        "<xades:MimeType>application/xml",
        "<xades:MimeType>application/pdf",
    );
    check(&of_property, Name::ContentDigest, Reason::PropertiesDiffer);
    check(
        &replaced(&xml, "09:02:00Z", "09:02:01Z"),
        Name::ContentDigest,
        Reason::PropertiesDiffer,
    );
    check(
        &replaced(&xml, "MimeType=\"text/plain\"", "MimeType=\"text/html\""),
        Name::ContentDigest,
        Reason::DigestDiffers,
    );
}

#[test]
fn a_changed_signature_does_not_verify() {
    for (xml, over) in [(signed(), vec![]), (signed_outside(), files(&request()).to_vec())] {
        let value = between(&xml, "<ds:SignatureValue", "</ds:SignatureValue>");
        let (_, base64) = value.split_once('>').unwrap();
        let first = &base64[..1];
        let other = if first == "A" { "B" } else { "A" };
        let changed = replaced(&xml, &format!(">{base64}"), &format!(">{other}{}", &base64[1..]));
        check_over(
            &changed,
            &over,
            Name::Signature,
            Outcome::Failed(Reason::SignatureDoesNotVerify),
        );
    }
}

#[test]
fn a_digest_cannot_be_set_right_without_the_key() {
    let (xml, other) = (
        signed(),
        enveloping(&PKI.ec, &request().replacen("VOORBEELD", "VOORBEELT", 1)),
    );
    // Everything of another signature, with the value of this one.
    let value = |xml: &str| {
        let element = between(xml, "<ds:SignatureValue", "</ds:SignatureValue>");
        element.rsplit_once("\">").unwrap().1.to_owned()
    };
    let mixed = replaced(other.xml(), &value(other.xml()), &value(&xml));
    check(&mixed, Name::Signature, Reason::SignatureDoesNotVerify);
}

#[test]
fn an_object_moved_away_and_replaced_is_not_taken_for_the_signed_one() {
    let xml = signed();
    let object = between(&xml, "<ds:Object Id=", "</ds:Object>");
    let evil = object.replacen("VOORBEELD", "BEDRIEGER", 1);
    // Under the same identifier, before and behind the signed one.
    check_structure(
        &replaced(&xml, object, &format!("{evil}{object}")),
        Reason::IdentifierOccursTwice,
    );
    check_structure(
        &replaced(&xml, object, &format!("{object}{evil}")),
        Reason::IdentifierOccursTwice,
    );
    // The signed one in an object of its own, or in an unsigned property, and another in its place.
    let hidden = format!("<ds:Object>{object}</ds:Object>");
    check_structure(
        &replaced(&xml, object, &format!("{evil}{hidden}")),
        Reason::IdentifierOccursTwice,
    );
    let id = between(object, "Id=\"", "\" ");
    let renamed = evil.replacen(id, "Id=\"evil\" ", 1);
    check_structure(
        &replaced(&xml, object, &format!("{renamed}{hidden}")),
        Reason::ObjectNotSigned,
    );
    let property = "</xades:SignedProperties>";
    let unsigned = format!(
        "{property}<xades:UnsignedProperties><xades:UnsignedSignatureProperties>{object}\
         </xades:UnsignedSignatureProperties></xades:UnsignedProperties>"
    );
    let moved = replaced(&replaced(&xml, object, &renamed), property, &unsigned);
    check_structure(&moved, Reason::ObjectNotSigned);
    // One more, that nobody signed.
    check_structure(
        &replaced(&xml, object, &format!("{object}{renamed}")),
        Reason::ObjectNotSigned,
    );
}

#[test]
fn a_signature_inside_something_else_is_not_that_things_signature() {
    let xml = signed();
    let (declaration, signature) = xml.split_once('\n').unwrap();
    check_structure(
        &format!("{declaration}<evil>{signature}</evil>"),
        Reason::SignatureInsideSomething,
    );
    let asic = "<asic:XAdESSignatures xmlns:asic=\"http://uri.etsi.org/02918/v1.2.1#\">";
    let evil = format!("{declaration}{asic}<evil/>{signature}</asic:XAdESSignatures>");
    check_structure(&evil, Reason::NotOfTheFormOfASignature);
}

#[test]
fn a_second_signature_is_judged_by_itself() {
    let request = request();
    let one = container(&PKI.rsa, &request);
    let two = container(&PKI.ec, &request);
    let second = between(two.xml(), "<ds:Signature ", "</ds:Signature>");
    let end = "</asic:XAdESSignatures>";
    let both = replaced(one.xml(), end, &format!("{second}{end}"));
    let (roots, files) = (PKI.roots(), files(&request));
    let examined = examine(both.as_bytes(), &files, &roots, now());
    assert_eq!(
        examined.verification.trust(),
        Trust::Test,
        "{:?}",
        examined.verification
    );
    assert_eq!(examined.verification.signatures().len(), 2);
    let given: Vec<_> = examined
        .objects
        .iter()
        .map(|one| (one.name.as_str(), &*one.content))
        .collect();
    assert_eq!(given, [files, files].concat());
    let changed = replaced(second, "09:02:00Z", "09:02:01Z");
    let both = replaced(one.xml(), end, &format!("{changed}{end}"));
    check_over(
        &both,
        &files,
        Name::ContentDigest,
        Outcome::Failed(Reason::PropertiesDiffer),
    );
    // The same one twice.
    let first = between(one.xml(), "<ds:Signature ", "</ds:Signature>");
    let twice = replaced(one.xml(), end, &format!("{first}{end}"));
    check_over(
        &twice,
        &files,
        Name::Structure,
        Outcome::Failed(Reason::IdentifierOccursTwice),
    );
    // In something that is signed, it is content.
    let inside = replaced(&signed(), "VOORBEELD<", "VOORBEELD<ds:Signature/><");
    let verification = dispatch(inside.as_bytes(), &PKI.roots(), now());
    assert_eq!(verification.not_judged(), ["signature-in-content"]);
    check(&inside, Name::ContentDigest, Reason::DigestDiffers);
}

#[test]
fn identifiers_that_occur_twice_are_refused_whatever_they_are_called() {
    let xml = signed();
    let id = id(&xml).to_owned();
    for attribute in ["Id", "ID", "id", "xml:id"] {
        for suffix in ["", "-sp", "-obj-request"] {
            let twice = replaced(
                &xml,
                "<ds:X509Data>",
                &format!("<ds:X509Data {attribute}=\"{id}{suffix}\">"),
            );
            check_structure(&twice, Reason::IdentifierOccursTwice);
        }
    }
}

#[test]
fn what_was_stripped_is_missed() {
    let xml = signed();
    let reference = between(&xml, "<ds:Reference Id=", "</ds:Reference>");
    check_structure(&replaced(&xml, reference, ""), Reason::ObjectNotSigned);
    check_structure(
        &without(&xml, "<ds:Reference Type=", "</ds:Reference>"),
        Reason::PropertiesNotSigned,
    );
    let typed = "Type=\"http://uri.etsi.org/01903#SignedProperties\" ";
    check(
        &replaced(&xml, typed, ""),
        Name::Signature,
        Reason::SignatureDoesNotVerify,
    );
    let qualifying = between(&xml, "<xades:QualifyingProperties", "</xades:QualifyingProperties>");
    check_over(
        &replaced(&xml, qualifying, ""),
        &[],
        Name::Structure,
        Outcome::Unknown(Reason::ReferenceToNothing),
    );
    let certificate = without(&xml, "<xades:SigningCertificateV2>", "</xades:SigningCertificateV2>");
    check_over(
        &certificate,
        &[],
        Name::SigningCertificate,
        Outcome::Unknown(Reason::AttributeAbsent),
    );
    check(&certificate, Name::ContentDigest, Reason::PropertiesDiffer);
    check(
        &without(&xml, "<xades:SigningTime>", "</xades:SigningTime>"),
        Name::ContentDigest,
        Reason::PropertiesDiffer,
    );
    check_structure(
        &without(&xml, "<ds:SignatureValue", "</ds:SignatureValue>"),
        Reason::NotOfTheFormOfASignature,
    );
    let bare = without(&xml, "<ds:KeyInfo>", "</ds:KeyInfo>");
    for name in [Name::Signature, Name::SigningCertificate] {
        check_over(&bare, &[], name, Outcome::Unknown(Reason::SignerCertificateMissing));
    }
    let target = format!("Target=\"#{}\"", id(&xml));
    check_structure(&replaced(&xml, &target, ""), Reason::PropertiesOfAnotherSignature);
    check_structure(
        &replaced(&xml, &target, "Target=\"#other\""),
        Reason::PropertiesOfAnotherSignature,
    );
}

#[test]
fn without_references_to_content_nothing_is_signed() {
    let xml = signed_outside();
    let first = without(&xml, "<ds:Reference Id=", "</ds:Reference>");
    check_over(
        &first,
        &files(&request()),
        Name::Structure,
        Outcome::Failed(Reason::FormatOfNothing),
    );
    let none = without(&first, "<ds:Reference Id=", "</ds:Reference>");
    check_over(
        &none,
        &files(&request()),
        Name::Structure,
        Outcome::Failed(Reason::NothingSigned),
    );
}

#[test]
fn a_file_that_is_not_signed_is_not_vouched_for() {
    let request = request();
    let [one, two] = files(&request);
    let with_more = [one, two, ("evil.xml", &b"<evil/>"[..])];
    check_over(
        &signed_outside(),
        &with_more,
        Name::ContentDigest,
        Outcome::Failed(Reason::ContentNotSigned),
    );
    check_over(
        &signed_outside(),
        &[one],
        Name::ContentDigest,
        Outcome::Unknown(Reason::ContentNotGiven),
    );
    let exchanged = [(one.0, two.1), (two.0, one.1)];
    check_over(
        &signed_outside(),
        &exchanged,
        Name::ContentDigest,
        Outcome::Failed(Reason::DigestDiffers),
    );
}

#[test]
fn algorithms_that_may_not_be_believed_are_refused() {
    let xml = signed();
    let (weak, other_key, unknown) = (
        Outcome::Failed(Reason::AlgorithmTooWeak),
        Outcome::Failed(Reason::AlgorithmOfAnotherKey),
        Outcome::Unknown(Reason::AlgorithmNotSupported),
    );
    for (method, expected) in [
        ("http://www.w3.org/2000/09/xmldsig#rsa-sha1", weak),
        ("http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha1", weak),
        ("http://www.w3.org/2000/09/xmldsig#hmac-sha1", unknown),
        ("http://www.w3.org/2001/04/xmldsig-more#hmac-sha384", unknown),
        ("http://www.w3.org/2001/04/xmldsig-more#rsa-sha384", other_key),
        ("http://www.w3.org/2007/05/xmldsig-more#sha384-rsa-MGF1", other_key),
        ("http://www.w3.org/2021/04/xmldsig-more#eddsa-ed25519", other_key),
        ("", unknown),
    ] {
        let changed = replaced(&xml, "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384", method);
        check_over(&changed, &[], Name::Signature, expected);
    }
    let rsa = enveloping(&PKI.rsa, &request()).xml().to_owned();
    let as_ec = replaced(&rsa, "#rsa-sha256", "#ecdsa-sha256");
    check_over(&as_ec, &[], Name::Signature, other_key);
    let as_pss = replaced(
        &rsa,
        "2001/04/xmldsig-more#rsa-sha256",
        "2007/05/xmldsig-more#sha256-rsa-MGF1",
    );
    check(&as_pss, Name::Signature, Reason::SignatureDoesNotVerify);
    for (digest, expected) in [
        (
            "http://www.w3.org/2000/09/xmldsig#sha1",
            Outcome::Failed(Reason::DigestDiffers),
        ),
        ("http://www.w3.org/2001/04/xmldsig-more#md5", weak),
        ("", unknown),
    ] {
        let changed = replaced(
            &xml,
            "http://www.w3.org/2001/04/xmldsig-more#sha384\"",
            &format!("{digest}\""),
        );
        check_over(&changed, &[], Name::ContentDigest, expected);
    }
    let parameters = replaced(
        &xml,
        "</ds:SignatureMethod>",
        "<ds:HMACOutputLength>0</ds:HMACOutputLength></ds:SignatureMethod>",
    );
    check_over(
        &parameters,
        &[],
        Name::Signature,
        Outcome::Unknown(Reason::ParametersNotSupported),
    );
}

#[test]
fn another_transform_is_another_thing_that_was_signed() {
    let transform = format!("<ds:Transform Algorithm=\"{EXCLUSIVE}\"></ds:Transform>");
    let xml = signed();
    let not_supported = Outcome::Unknown(Reason::TransformNotSupported);
    for (algorithm, expected) in [
        ("http://www.w3.org/TR/1999/REC-xpath-19991116", not_supported),
        ("http://www.w3.org/2002/06/xmldsig-filter2", not_supported),
        ("http://www.w3.org/TR/1999/REC-xslt-19991116", not_supported),
        ("http://www.w3.org/2000/09/xmldsig#enveloped-signature", not_supported),
    ] {
        let other = format!("<ds:Transform Algorithm=\"{algorithm}\"></ds:Transform>");
        for transforms in [other.clone(), format!("{transform}{other}")] {
            let changed = replaced(&xml, &transform, &transforms);
            check_over(&changed, &[], Name::ContentDigest, expected);
            check(&changed, Name::Signature, Reason::SignatureDoesNotVerify);
        }
        let canonicalization = format!("CanonicalizationMethod Algorithm=\"{EXCLUSIVE}\"");
        let changed = replaced(
            &xml,
            &canonicalization,
            &format!("CanonicalizationMethod Algorithm=\"{algorithm}\""),
        );
        let unknown = Outcome::Unknown(Reason::CanonicalFormNotSupported);
        check_over(&changed, &[], Name::Signature, unknown);
    }
    // If text is decoded, the elements around it are not signed.
    let decoded = "<ds:Transform Algorithm=\"http://www.w3.org/2000/09/xmldsig#base64\"></ds:Transform>";
    for transforms in [decoded.to_owned(), format!("{transform}{decoded}")] {
        check_structure(&replaced(&xml, &transform, &transforms), Reason::ObjectNotSigned);
    }
    // These change the digest, and nobody signed that they should.
    for algorithm in [
        "http://www.w3.org/TR/2001/REC-xml-c14n-20010315",
        "http://www.w3.org/2006/12/xml-c14n11",
        "http://www.w3.org/2001/10/xml-exc-c14n#WithComments",
    ] {
        let changed = replaced(
            &xml,
            &transform,
            &format!("<ds:Transform Algorithm=\"{algorithm}\"></ds:Transform>"),
        );
        check(&changed, Name::Signature, Reason::SignatureDoesNotVerify);
    }
    check(
        &without(&xml, "<ds:Transforms>", "</ds:Transforms>"),
        Name::Signature,
        Reason::SignatureDoesNotVerify,
    );
    let outside = signed_outside();
    let transformed = replaced(
        &outside,
        "<ds:DigestMethod",
        &format!("<ds:Transforms>{transform}</ds:Transforms><ds:DigestMethod"),
    );
    check_over(
        &transformed,
        &files(&request()),
        Name::Signature,
        Outcome::Failed(Reason::SignatureDoesNotVerify),
    );
}

#[test]
fn references_to_elsewhere_are_not_followed() {
    for uri in [
        "file:///etc/passwd",
        "http://example.org/request.xml",
        "//example.org/request.xml",
        "/request.xml",
        "../request.xml",
        "a/../../request.xml",
        "%2e%2e/request.xml",
        "request.xml?a",
        "request.xml#a",
    ] {
        let changed = replaced(&signed_outside(), "URI=\"request.xml\"", &format!("URI=\"{uri}\""));
        check_over(
            &changed,
            &files(&request()),
            Name::ContentDigest,
            Outcome::Unknown(Reason::ReferenceElsewhere),
        );
    }
    // Two that lead elsewhere are not known to lead to the same.
    let both = replaced(&signed_outside(), "URI=\"request.xml\"", "URI=\"http://example.org/1\"");
    let both = replaced(&both, "URI=\"annex/", "URI=\"http://example.org/");
    check_over(
        &both,
        &[],
        Name::ContentDigest,
        Outcome::Unknown(Reason::ReferenceElsewhere),
    );
    let xml = signed();
    let uri = format!(" URI=\"#{}-obj-request\"", id(&xml));
    // The signed content may be elsewhere.
    for nothing in ["#xpointer(id('a'))", "#", "#other"] {
        check_over(
            &replaced(&xml, &uri, &format!(" URI=\"{nothing}\"")),
            &[],
            Name::Structure,
            Outcome::Unknown(Reason::ReferenceToNothing),
        );
    }
    for (other, reason) in [
        // All of these would sign something, and the object not.
        ("", Reason::ObjectNotSigned),
        ("#xpointer(/)", Reason::ObjectNotSigned),
    ] {
        check_structure(&replaced(&xml, &uri, &format!(" URI=\"{other}\"")), reason);
    }
    check_structure(&replaced(&xml, &uri, ""), Reason::ObjectNotSigned);
    check_structure(
        &replaced(&xml, &uri, &format!(" URI=\"#{}\"", id(&xml))),
        Reason::ObjectNotSigned,
    );
    check_over(
        &replaced(&xml, &uri, " URI=\"#xpointer(//a)\""),
        &[],
        Name::Structure,
        Outcome::Unknown(Reason::ReferenceNotSupported),
    );
    let manifest = format!(" Type=\"http://www.w3.org/2000/09/xmldsig#Manifest\"{uri}");
    check_over(
        &replaced(&xml, &uri, &manifest),
        &[],
        Name::ContentDigest,
        Outcome::Unknown(Reason::ManifestNotSupported),
    );
}

#[test]
fn comments_say_nothing_and_instructions_have_no_place_in_a_signature() {
    let xml = signed();
    let roots = PKI.roots();
    let genuine = examine(xml.as_bytes(), &[], &roots, now()).objects;
    for (from, to) in [
        ("VOORBEELD", "VOOR<!-- -->BEELD"),
        ("<ds:SignatureMethod", "<!-- --><ds:SignatureMethod"),
        ("<ds:KeyInfo>", "<!-- --><ds:KeyInfo>"),
    ] {
        let commented = replaced(&xml, from, to);
        let examined = examine(commented.as_bytes(), &[], &roots, now());
        assert_eq!(
            examined.verification.trust(),
            Trust::Test,
            "{:?}",
            examined.verification
        );
        assert_eq!(examined.objects, genuine);
    }
    check_structure(
        &replaced(&xml, "09:02:00Z", "09:02<!-- -->:00Z"),
        Reason::NotOfTheFormOfASignature,
    );
    check_structure(
        &replaced(&xml, "<ds:SignatureMethod", "<?a?><ds:SignatureMethod"),
        Reason::NotOfTheFormOfASignature,
    );
    check(
        &replaced(&xml, "VOORBEELD", "VOOR<?a?>BEELD"),
        Name::ContentDigest,
        Reason::DigestDiffers,
    );
}

#[test]
fn other_namespaces_make_another_document() {
    let xml = signed();
    check(
        &replaced(
            &xml,
            "http://uri.etsi.org/01903/v1.3.2#",
            "http://uri.etsi.org/01903/v1.2.2#",
        ),
        Name::ContentDigest,
        Reason::DigestDiffers,
    );
    check_over(
        &replaced(
            &xml,
            "http://www.w3.org/2000/09/xmldsig#\"",
            "http://www.w3.org/2000/09/xmldsig\"",
        ),
        &[],
        Name::Structure,
        Outcome::Unknown(Reason::NoSignature),
    );
    let request = "xmlns=\"http://www.ehealth.fgov.be/hubservices/core/v2\"";
    check(
        &replaced(&xml, request, &request.replace("v2", "v3")),
        Name::ContentDigest,
        Reason::DigestDiffers,
    );
    // A declaration that nothing uses is part of no canonical form.
    let harmless = replaced(&xml, "<ds:KeyInfo>", "<ds:KeyInfo xmlns:a=\"urn:a\">");
    assert_eq!(dispatch(harmless.as_bytes(), &PKI.roots(), now()).trust(), Trust::Test);
}

fn base64_of(signer: &CitizenSigner) -> String {
    let pem = String::from_utf8(pem(signer.certificate.der())).unwrap();
    pem.lines().filter(|line| !line.starts_with('-')).collect()
}

#[test]
fn another_certificate_is_not_the_signers() {
    let xml = signed();
    let other = PKI.another(
        "serialNumber=82000000073,CN=Ward VOORBEELD (Signature),C=BE",
        KeyUsages::NonRepudiation,
    );
    for other in [&other, &PKI.rsa] {
        let swapped = replaced(&xml, &base64_of(&PKI.ec), &base64_of(other));
        check(&swapped, Name::SigningCertificate, Reason::CertificateDiffers);
        assert!(!matches!(
            examine(swapped.as_bytes(), &[], &PKI.roots(), now())
                .verification
                .outcome(Name::Signature),
            Some(Outcome::Passed)
        ));
    }
    // In front of the right one it changes nothing: the signer's word decides.
    let first = replaced(
        &xml,
        "<ds:X509Certificate>",
        &format!(
            "<ds:X509Certificate>{}</ds:X509Certificate><ds:X509Certificate>",
            base64_of(&other)
        ),
    );
    let verification = dispatch(first.as_bytes(), &PKI.roots(), now());
    assert_eq!(
        (verification.trust(), verification.outcome(Name::SubjectIsPatient)),
        (Trust::Test, Some(Outcome::Passed))
    );
}

#[test]
fn a_certificate_that_cannot_be_read_is_still_the_signers() {
    let xml = signed();
    let der = PKI.ec.certificate.der();
    let cut = &der[..der.len() - 1];
    // The curve of the key, P-384, under a tag that no reader here knows.
    let curve = [0x06, 5, 0x2B, 0x81, 4, 0, 0x22];
    let at = der.windows(curve.len()).position(|window| window == curve).unwrap();
    let mut odd_key = der.to_vec();
    odd_key[at] = 0x0D;
    let named = between(&xml, "<xades:CertDigest>", "</xades:CertDigest>");
    let bare = without(&xml, "<xades:SigningCertificateV2>", "</xades:SigningCertificateV2>");
    for (octets, expected) in [
        (cut, Outcome::Failed(Reason::CertificateMalformed)),
        (&odd_key, Outcome::Unknown(Reason::KeyNotSupported)),
    ] {
        let digest = STANDARD.encode(HashAlgorithm::Sha384.digest(octets));
        let method = "http://www.w3.org/2001/04/xmldsig-more#sha384";
        let renamed = format!(
            "<xades:CertDigest><ds:DigestMethod Algorithm=\"{method}\"></ds:DigestMethod><ds:DigestValue>{digest}\
             </ds:DigestValue></xades:CertDigest>"
        );
        // Named as the signer's; and where nobody names the signer's.
        for xml in [replaced(&xml, named, &renamed), bare.clone()] {
            let swapped = replaced(&xml, &base64_of(&PKI.ec), &STANDARD.encode(octets));
            for name in [Name::Signature, Name::SigningCertificate] {
                check_over(&swapped, &[], name, expected);
            }
        }
        // Where another one is named, it is of no use.
        let swapped = replaced(&xml, &base64_of(&PKI.ec), &STANDARD.encode(octets));
        check(&swapped, Name::SigningCertificate, Reason::CertificateDiffers);
    }
}

#[test]
fn whoever_signs_must_be_the_patient_with_the_right_key_at_the_right_time() {
    let request = request();
    let stranger = PKI.another(
        "serialNumber=82000000073,CN=Ward VOORBEELD (Signature),C=BE",
        KeyUsages::NonRepudiation,
    );
    let of_stranger = enveloping(&stranger, &request);
    check_over(
        of_stranger.xml(),
        &[],
        Name::SubjectIsPatient,
        Outcome::Failed(Reason::AnotherPerson),
    );
    let for_log_in = PKI.another_usage();
    check_over(
        enveloping(&for_log_in, &request).xml(),
        &[],
        Name::KeyUsage,
        Outcome::Failed(Reason::WrongKeyUsage),
    );
    let object = [DataObject {
        name: "request",
        media_type: "application/xml",
        content: Content::Xml(request.as_bytes()),
    }];
    let tomorrow = later(std::time::Duration::from_secs(86_400));
    let pending = Xades::enveloping(
        &object,
        &PKI.ec.certificate,
        std::slice::from_ref(&PKI.authority),
        tomorrow,
    )
    .unwrap();
    let early = finish(pending, &PKI.ec);
    check_over(
        early.xml(),
        &[],
        Name::ValidityAtSigningTime,
        Outcome::Failed(Reason::SignedInTheFuture),
    );
    let nobody = beid_pki::TrustStore::belgian();
    let examined = examine(signed().as_bytes(), &[], &nobody, now());
    assert_eq!(
        examined.verification.outcome(Name::Chain),
        Some(Outcome::Unknown(Reason::RootNotTrusted))
    );
    assert_eq!(examined.verification.trust(), Trust::None);
}

#[test]
fn what_breaks_off_is_no_signature() {
    let xml = signed();
    for end in (0..xml.len()).step_by(211).chain([xml.len() - 1]) {
        let cut = String::from_utf8_lossy(&xml.as_bytes()[..end]).into_owned();
        check_structure(&cut, Reason::NotXml);
    }
}

#[test]
fn a_document_type_is_no_way_in() {
    let xml = signed();
    let with_type = replaced(
        &xml,
        "\n<ds:Signature",
        "\n<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><ds:Signature",
    );
    check_over(
        &with_type,
        &[],
        Name::Structure,
        Outcome::Unknown(Reason::DocumentTypeNotSupported),
    );
}

#[test]
fn no_single_changed_byte_goes_unnoticed() {
    let xml = signed();
    let roots = PKI.roots();
    let genuine = examine(xml.as_bytes(), &[], &roots, now()).objects;
    assert_eq!(genuine.len(), 3);
    let mut unnoticed = 0;
    for at in (0..xml.len()).step_by(101) {
        let mut changed = xml.clone().into_bytes();
        changed[at] ^= 1;
        let examined = examine(&changed, &[], &roots, now());
        if examined.verification.trust() != Trust::None {
            // In the chain, the declaration or white space, perhaps. The signed content is still the same.
            assert_eq!(examined.objects, genuine, "byte {at}");
            unnoticed += 1;
        }
    }
    assert!(unnoticed < 20, "{unnoticed}");
}

#[test]
fn no_number_of_stamps_and_certificates_makes_it_slow() {
    let xml = signed();
    let property = "</xades:SignedProperties>";
    let with = |unsigned: &str| {
        let unsigned = format!(
            "{property}<xades:UnsignedProperties><xades:UnsignedSignatureProperties>{unsigned}\
             </xades:UnsignedSignatureProperties></xades:UnsignedProperties>"
        );
        replaced(&xml, property, &unsigned)
    };
    let stamp = "<xades:SignatureTimeStamp><xades:EncapsulatedTimeStamp>AA==</xades:EncapsulatedTimeStamp></xades:SignatureTimeStamp>";
    let unknown = |xml: &str, reason| check_over(xml, &[], Name::Structure, Outcome::Unknown(reason));
    unknown(&with(&stamp.repeat(20_000)), Reason::TooManyTimeStamps);
    // The stamp covers the signature's text, which is repeated once for each stamp.
    let end = "</ds:SignatureValue>";
    let padded = replaced(&xml, end, &format!("{}{end}", " ".repeat(8192)));
    unknown(&padded, Reason::SignatureTooLong);
    // A name of a namespace, once for each element: much longer than what it is made of.
    let object = "<ds:Object Id=\"bomb\">";
    let long = format!(" xmlns:b=\"urn:{}\"", "b".repeat(10_000));
    let many = format!("{object}{}</ds:Object></ds:Signature>", "<b:b/>".repeat(10_000));
    let id = id(&xml).to_owned();
    let bomb = replaced(&xml, "<ds:Signature ", &format!("<ds:Signature{long} "));
    let bomb = replaced(&bomb, "</ds:Signature>", &many);
    let bomb = replaced(&bomb, &format!(" URI=\"#{id}-obj-request\""), " URI=\"#bomb\"");
    let bomb = replaced(
        &bomb,
        between(&bomb, &format!("<ds:Object Id=\"{id}-obj-request\""), "</ds:Object>"),
        "",
    );
    check_over(
        &bomb,
        &[],
        Name::ContentDigest,
        Outcome::Unknown(Reason::CanonicalFormNotSupported),
    );
    let certificate = format!(
        "<xades:CertificateValues><xades:EncapsulatedX509Certificate>{}</xades:EncapsulatedX509Certificate></xades:CertificateValues>",
        base64_of(&PKI.ec)
    );
    let roots = PKI.roots();
    let examined = examine(with(&certificate.repeat(5_000)).as_bytes(), &[], &roots, now());
    assert!(examined.certificates.len() < 100, "{}", examined.certificates.len());
    assert_eq!(examined.verification.trust(), Trust::Test);
}
