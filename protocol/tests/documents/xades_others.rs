//! XML signatures that others made: other forms of the same standard, signed by xmlsec1 and judged by us.

use std::process::Command;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use beid_pki::{HashAlgorithm, Trust};
use beid_protocol::verify::{CheckName, Outcome, Reason, verify};
use beid_protocol::xades::examine;

use crate::citizens::{CitizenSigner, PKI, now};
use crate::openssl::pem;
use crate::xades::{detached, enveloping, files, request};
use beid_testkit::{Scratch, run};

const EXCLUSIVE: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";

/// Replaces every `from`, of which there must be one.
#[track_caller]
fn replaced(xml: &str, from: &str, to: &str) -> String {
    let changed = xml.replace(from, to);
    assert_ne!(changed, xml, "{from}");
    changed
}

/// Takes out all text between `from` and the next `to`, each time.
fn emptied(xml: &str, from: &str, to: &str) -> String {
    let mut parts = xml.split(from);
    let mut out = parts.next().unwrap().to_owned();
    for part in parts {
        let (head, rest) = part.split_once('>').unwrap();
        let (_, tail) = rest.split_once(to).unwrap();
        out.push_str(&format!("{from}{head}>{to}{tail}"));
    }
    out
}

/// Lets xmlsec1 fill in digests and signature, except the digest of the certificate among the properties.
#[track_caller]
fn signed(template: &str, signer: &CitizenSigner) -> String {
    let (info, rest) = template.split_once(":SignedInfo>").unwrap();
    let prefix = info.rsplit_once("</").unwrap().1;
    let empty = |text: &str, name: &str| emptied(text, &format!("<{prefix}:{name}"), &format!("</{prefix}:{name}>"));
    let template = format!(
        "{}:SignedInfo>{}",
        empty(info, "DigestValue"),
        empty(rest, "SignatureValue")
    );

    let folder = Scratch::new("protocol");
    std::fs::create_dir(folder.path().join("annex")).unwrap();
    for (name, octets) in files(&request()) {
        folder.write(name, octets);
    }
    folder.write("template.xml", template.as_bytes());
    folder.write("key.pem", signer.key_pem().as_bytes());
    folder.write("root.pem", &pem(PKI.root.der()));
    let ids = [
        "--id-attr:Id",
        "http://uri.etsi.org/01903/v1.3.2#:SignedProperties",
        "--id-attr:Id",
        "http://www.w3.org/2000/09/xmldsig#:Object",
    ];
    run(Command::new("xmlsec1")
        .args(["--sign", "--privkey-pem", "key.pem", "--output", "signed.xml"])
        .args(ids)
        .arg("template.xml")
        .current_dir(folder.path()))
    .ok();
    run(Command::new("xmlsec1")
        .args(["--verify", "--trusted-pem", "root.pem"])
        .args(ids)
        .arg("signed.xml")
        .current_dir(folder.path()))
    .ok();
    std::fs::read_to_string(folder.path().join("signed.xml")).unwrap()
}

#[track_caller]
fn check_accepted(template: &str, signer: &CitizenSigner) {
    let xml = signed(template, signer);
    let roots = PKI.roots();
    let examined = examine(xml.as_bytes(), &[], &roots, now());
    assert_eq!(
        examined.verification.trust(),
        Trust::Test,
        "{:?}\n{xml}",
        examined.verification
    );
    assert_eq!(examined.objects.len(), 3);
    // And it is this that was judged, not something that does not matter.
    let changed = replaced(&xml, "VOORBEELD", "VOORBEELT");
    assert_eq!(verify(changed.as_bytes(), &roots, now()).trust(), Trust::None);
}

#[test]
fn what_xmlsec1_signs_is_accepted() {
    for signer in [&PKI.rsa, &PKI.ec] {
        check_accepted(enveloping(signer, &request()).xml(), signer);
    }
    let request = request();
    let xml = signed(detached(&PKI.ec, &request).xml(), &PKI.ec);
    let roots = PKI.roots();
    let verification = examine(xml.as_bytes(), &files(&request), &roots, now()).verification;
    assert_eq!(verification.trust(), Trust::Test, "{verification:?}");
}

#[test]
fn other_prefixes_and_white_space_are_as_good() {
    let xml = enveloping(&PKI.ec, &request()).xml().to_owned();
    let xml = replaced(&replaced(&xml, "ds:", "dsig:"), "xmlns:ds=", "xmlns:dsig=");
    let xml = replaced(&replaced(&xml, "xades:", "x:"), "xmlns:xades=", "xmlns:x=");
    check_accepted(&replaced(&xml, "><dsig:", ">\n  <dsig:"), &PKI.ec);
}

#[test]
fn a_default_namespace_around_it_is_as_good() {
    let xml = enveloping(&PKI.rsa, &request()).xml().to_owned();
    check_accepted(
        &replaced(
            &xml,
            "<ds:Signature xmlns:ds=",
            "<ds:Signature xmlns=\"urn:other\" xmlns:ds=",
        ),
        &PKI.rsa,
    );
}

#[test]
fn listed_prefixes_are_included() {
    let xml = enveloping(&PKI.ec, &request()).xml().to_owned();
    for (name, close) in [
        ("Transform", "</ds:Transform>"),
        ("CanonicalizationMethod", "</ds:CanonicalizationMethod>"),
    ] {
        let plain = format!("<ds:{name} Algorithm=\"{EXCLUSIVE}\">{close}");
        let listed = format!(
            "<ds:{name} Algorithm=\"{EXCLUSIVE}\"><ec:InclusiveNamespaces xmlns:ec=\"{EXCLUSIVE}\" \
             PrefixList=\"xades ds none\"></ec:InclusiveNamespaces>{close}"
        );
        check_accepted(&replaced(&xml, &plain, &listed), &PKI.ec);
    }
}

#[test]
fn the_older_property_for_the_certificate_will_do_and_both_must_agree() {
    let xml = enveloping(&PKI.ec, &request()).xml().to_owned();
    let (start, rest) = xml.split_once("<xades:SigningCertificateV2>").unwrap();
    let (property, end) = rest.split_once("</xades:SigningCertificateV2>").unwrap();
    let (digest, _) = property.split_once("<xades:IssuerSerialV2>").unwrap();
    let older = format!(
        "<xades:SigningCertificate>{digest}<xades:IssuerSerial><ds:X509IssuerName>CN=Proef</ds:X509IssuerName>\
         <ds:X509SerialNumber>4</ds:X509SerialNumber></xades:IssuerSerial></xades:Cert></xades:SigningCertificate>"
    );
    check_accepted(&format!("{start}{older}{end}"), &PKI.ec);
    let newer = format!("<xades:SigningCertificateV2>{property}</xades:SigningCertificateV2>");
    check_accepted(&format!("{start}{older}{newer}{end}"), &PKI.ec);

    let (_, value) = digest.split_once("<ds:DigestValue>").unwrap();
    let wrong = replaced(&older, &value[..8], "AAAAAAAA");
    let signed = signed(&format!("{start}{wrong}{newer}{end}"), &PKI.ec);
    let verification = verify(signed.as_bytes(), &PKI.roots(), now());
    assert_eq!(verification.trust(), Trust::None, "{verification:?}");
}

#[test]
fn other_hashes_of_the_family_are_accepted() {
    let xml = enveloping(&PKI.rsa, &request()).xml().to_owned();
    let method = replaced(&xml, "#rsa-sha256", "#rsa-sha512");
    let (info, rest) = method.split_once("</ds:SignedInfo>").unwrap();
    let info = replaced(
        info,
        "http://www.w3.org/2001/04/xmlenc#sha256",
        "http://www.w3.org/2001/04/xmlenc#sha512",
    );
    check_accepted(&format!("{info}</ds:SignedInfo>{rest}"), &PKI.rsa);
}

#[test]
fn other_canonical_forms_are_accepted() {
    let xml = enveloping(&PKI.ec, &request()).xml().to_owned();
    for form in [
        "http://www.w3.org/2001/10/xml-exc-c14n#WithComments",
        "http://www.w3.org/TR/2001/REC-xml-c14n-20010315",
        "http://www.w3.org/2006/12/xml-c14n11",
    ] {
        check_accepted(&replaced(&xml, EXCLUSIVE, form), &PKI.ec);
    }
}

/// Signed properly by the right person, and still not trusted: the form covers less than a reader would think.
#[test]
fn a_proper_signature_over_too_little_is_refused() {
    let xml = enveloping(&PKI.ec, &request()).xml().to_owned();
    let start = xml.find("<ds:Reference Id=").unwrap();
    let end = xml[start..].find("</ds:Reference>").unwrap() + start + "</ds:Reference>".len();
    let fewer = format!("{}{}", &xml[..start], &xml[end..]);
    let verification = verify(signed(&fewer, &PKI.ec).as_bytes(), &PKI.roots(), now());
    assert_eq!(verification.trust(), Trust::None, "{verification:?}");
}

#[test]
fn a_certificate_named_by_sha_1_is_not_known_to_be_the_one() {
    let xml = enveloping(&PKI.rsa, &request()).xml().to_owned();
    let (start, rest) = xml.split_once("<xades:CertDigest>").unwrap();
    let (_, end) = rest.split_once("</xades:CertDigest>").unwrap();
    let named = |digest: Vec<u8>| {
        let digest = STANDARD.encode(digest);
        let method = "http://www.w3.org/2000/09/xmldsig#sha1";
        let weak = format!(
            "{start}<xades:CertDigest><ds:DigestMethod Algorithm=\"{method}\"></ds:DigestMethod>\
             <ds:DigestValue>{digest}</ds:DigestValue></xades:CertDigest>{end}"
        );
        let verification = verify(signed(&weak, &PKI.rsa).as_bytes(), &PKI.roots(), now());
        assert_eq!(verification.outcome(CheckName::Signature), Some(Outcome::Passed));
        verification.outcome(CheckName::SigningCertificate)
    };
    let digest = |der: &[u8]| HashAlgorithm::Sha1.digest(der);
    assert_eq!(
        named(digest(PKI.rsa.certificate.der())),
        Some(Outcome::Unknown(Reason::AlgorithmTooWeak))
    );
    assert_eq!(
        named(digest(b"another")),
        Some(Outcome::Failed(Reason::CertificateDiffers))
    );
}
