//! XML signatures in the forms that other software writes, each signed by xmlsec1 (libxml2), and judged by us: good ones as
//! good, and each of them with a change in it as bad.

use std::process::Command;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use beid_pki::{Certificate, TrustStore};
use beid_protocol::c14n;
use beid_protocol::markup::Source;
use beid_protocol::verify::{CheckName, Context, Outcome, Reason, Verdict, Verification, verify_with};
use beid_protocol::xades::examine;
use jiff::Timestamp;

use crate::tools::Xorshift;
use beid_testkit::{Scratch, run};

pub(crate) const EXCLUSIVE: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";
const INCLUSIVE: &str = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315";
const INCLUSIVE_1_1: &str = "http://www.w3.org/2006/12/xml-c14n11";
const ENVELOPED: &str = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";
pub(crate) const BASE64: &str = "http://www.w3.org/2000/09/xmldsig#base64";
pub(crate) const RSA: &str = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";
const SHA_256: &str = "http://www.w3.org/2001/04/xmlenc#sha256";

const FORMS: [&str; 3] = [EXCLUSIVE, INCLUSIVE, INCLUSIVE_1_1];

/// A key and a certificate of its own, made by openssl.
pub(crate) struct OpensslSigner {
    folder: Scratch,
}

impl OpensslSigner {
    fn new(kind: &[&str]) -> Self {
        let folder = Scratch::new("protocol");
        let subject = "/C=BE/CN=Wereld/serialNumber=80000000031";
        run(Command::new("openssl")
            .args(["req", "-x509", "-nodes", "-days", "30", "-subj", subject])
            .args(["-addext", "keyUsage=critical,nonRepudiation"])
            .args(["-keyout", "key.pem", "-out", "certificate.pem"])
            .args(kind)
            .current_dir(folder.path()))
        .ok();
        folder.write("content.txt", b"inhoud\n");
        Self { folder }
    }

    pub(crate) fn rsa() -> Self {
        Self::new(&["-newkey", "rsa:2048"])
    }

    fn curve(name: &str) -> Self {
        Self::new(&["-newkey", "ec", "-pkeyopt", &format!("ec_paramgen_curve:{name}")])
    }

    fn certificate(&self) -> Certificate {
        let path = self.folder.path().join("certificate.pem");
        run(Command::new("openssl")
            .args(["x509", "-outform", "DER", "-out", "certificate.der", "-in"])
            .arg(path)
            .current_dir(self.folder.path()))
        .ok();
        Certificate::parse(&std::fs::read(self.folder.path().join("certificate.der")).unwrap()).unwrap()
    }

    /// Lets xmlsec1 fill in digests and signature, and check them again.
    #[track_caller]
    pub(crate) fn sign(&self, template: &str) -> String {
        self.folder.write("template.xml", template.as_bytes());
        let ids = ["letter", "data", "http://www.w3.org/2000/09/xmldsig#:Object"];
        let xmlsec1 = |arguments: &[&str]| {
            let ids = ids.iter().flat_map(|name| ["--id-attr:Id", name]);
            run(Command::new("xmlsec1")
                .args(arguments.iter().take(arguments.len() - 1))
                .args(ids)
                .args(arguments.last())
                .current_dir(self.folder.path()))
            .ok();
        };
        let key = "key.pem,certificate.pem";
        xmlsec1(&["--sign", "--privkey-pem", key, "--output", "signed.xml", "template.xml"]);
        xmlsec1(&["--verify", "--trusted-pem", "certificate.pem", "signed.xml"]);
        std::fs::read_to_string(self.folder.path().join("signed.xml")).unwrap()
    }
}

impl OpensslSigner {
    /// The same document with another signature method, `method`, and the signature that openssl makes for it.
    #[track_caller]
    fn sign_again(&self, xml: &str, method: &str, arguments: &[&str]) -> String {
        let (start, end) = (
            xml.find("<ds:SignatureMethod").unwrap(),
            xml.find("<ds:Reference").unwrap(),
        );
        let xml = format!("{}{method}{}", &xml[..start], &xml[end..]);
        let source = Source::read(xml.as_bytes()).unwrap();
        let document = source.parse().unwrap();
        let info = document
            .descendants()
            .find(|node| node.tag_name().name() == "SignedInfo");
        self.folder.write("info", &c14n::subtree(info.unwrap(), &[]));
        run(Command::new("openssl").args(arguments).current_dir(self.folder.path())).ok();
        let value = STANDARD.encode(std::fs::read(self.folder.path().join("value")).unwrap());
        let (head, rest) = xml.split_once("<ds:SignatureValue>").unwrap();
        let (_, tail) = rest.split_once("</ds:SignatureValue>").unwrap();
        format!("{head}<ds:SignatureValue>{value}</ds:SignatureValue>{tail}")
    }

    /// The certificate as it stands in a signature.
    fn base64(&self) -> String {
        STANDARD.encode(self.certificate().der())
    }
}

/// A reference with these transforms.
pub(crate) fn reference(uri: &str, transforms: &[&str]) -> String {
    let listed: String = transforms
        .iter()
        .map(|name| format!("<ds:Transform Algorithm=\"{name}\"/>"))
        .collect();
    let list = if listed.is_empty() {
        String::new()
    } else {
        format!("<ds:Transforms>{listed}</ds:Transforms>")
    };
    format!(
        "<ds:Reference URI=\"{uri}\">{list}<ds:DigestMethod Algorithm=\"{SHA_256}\"/><ds:DigestValue/></ds:Reference>"
    )
}

/// A signature that is to be made.
pub(crate) fn signature(form: &str, method: &str, references: &str, objects: &str) -> String {
    format!(
        "<ds:Signature xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"><ds:SignedInfo>\
         <ds:CanonicalizationMethod Algorithm=\"{form}\"/><ds:SignatureMethod Algorithm=\"{method}\"/>{references}\
         </ds:SignedInfo><ds:SignatureValue/><ds:KeyInfo><ds:X509Data/></ds:KeyInfo>{objects}</ds:Signature>"
    )
}

/// A letter around a signature; the inclusive forms see its namespaces and its language.
fn letter(signature: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?>\n<letter xmlns=\"urn:letter\" xmlns:o=\"urn:other\" xml:lang=\"nl\" Id=\"all\">\
         <p o:a=\"b\" xml:space=\"preserve\"> I <!-- really --> agree. </p>{signature}</letter>\n"
    )
}

pub(crate) fn judge(xml: &str, content: Option<&[u8]>) -> Verification {
    let roots = TrustStore::belgian();
    let context = Context {
        content,
        ..Context::new(&roots, Timestamp::now())
    };
    verify_with(xml.as_bytes(), &context)
}

const FACTS: [CheckName; 3] = [CheckName::Structure, CheckName::ContentDigest, CheckName::Signature];

#[track_caller]
pub(crate) fn check_good(xml: &str, content: Option<&[u8]>) {
    let verification = judge(xml, content);
    for fact in FACTS {
        assert_eq!(
            verification.outcome(fact),
            Some(Outcome::Passed),
            "{verification:?}\n{xml}"
        );
    }
    // The root is unknown here, and nothing else is wrong.
    assert_eq!(verification.verdict(), Verdict::NotChecked, "{verification:?}\n{xml}");
}

#[track_caller]
pub(crate) fn check_bad(xml: &str, content: Option<&[u8]>) {
    let verification = judge(xml, content);
    let failed = |fact: &CheckName| matches!(verification.outcome(*fact), Some(Outcome::Failed(_)));
    assert!(FACTS.iter().any(failed), "{verification:?}\n{xml}");
    assert_eq!(verification.verdict(), Verdict::Invalid);
}

/// Checks that it is good, and bad once any `from` is replaced by the text beside it.
#[track_caller]
fn check(xml: &str, twins: &[(&str, &str)]) {
    check_good(xml, None);
    for (from, to) in twins {
        let changed = xml.replacen(from, to, 1);
        assert_ne!(changed, xml, "{from}");
        check_bad(&changed, None);
    }
}

#[track_caller]
fn check_unknown(xml: &str, name: CheckName, reason: Reason) {
    let verification = judge(xml, None);
    assert_eq!(
        verification.outcome(name),
        Some(Outcome::Unknown(reason)),
        "{verification:?}"
    );
    assert_eq!(verification.verdict(), Verdict::NotChecked, "{verification:?}");
}

#[test]
fn a_signature_inside_the_document_it_signs_is_good_in_every_canonical_form() {
    let signer = OpensslSigner::rsa();
    for form in FORMS {
        let with_comments = if form == EXCLUSIVE {
            format!("{form}WithComments")
        } else {
            format!("{form}#WithComments")
        };
        for (uri, transforms) in [
            ("", vec![ENVELOPED]),
            ("", vec![ENVELOPED, form]),
            ("#all", vec![ENVELOPED, form]),
            ("#xpointer(/)", vec![ENVELOPED, form]),
            ("", vec![ENVELOPED, with_comments.as_str()]),
        ] {
            let xml = signer.sign(&letter(&signature(form, RSA, &reference(uri, &transforms), "")));
            check(
                &xml,
                &[
                    ("agree.", "agree!"),
                    ("o:a=\"b\"", "o:a=\"c\""),
                    ("urn:letter", "urn:litter"),
                    (" xml:lang=\"nl\"", ""),
                    ("<p ", "<q/><p "),
                    ("</ds:Signature>", "<ds:Object>more</ds:Object></ds:Signature>"),
                ],
            );
            // These address the document without comments, so comments are not signed.
            if !uri.contains("xpointer") {
                check_good(&xml.replace("really", "hardly"), None);
            }
        }
    }
}

#[test]
fn comments_are_signed_where_they_are_pointed_at_and_the_form_has_them() {
    let signer = OpensslSigner::rsa();
    for form in [
        EXCLUSIVE.to_owned(),
        format!("{INCLUSIVE}#"),
        format!("{INCLUSIVE_1_1}#"),
    ] {
        let form = format!("{form}WithComments");
        for uri in ["#xpointer(/)", "#xpointer(id('all'))"] {
            let xml = signer.sign(&letter(&signature(
                &form,
                RSA,
                &reference(uri, &[ENVELOPED, &form]),
                "",
            )));
            check(&xml, &[("really", "hardly"), ("agree.", "agree!")]);
        }
    }
}

#[test]
fn objects_are_good_in_every_canonical_form_and_as_base64() {
    let signer = OpensslSigner::rsa();
    let object = "<ds:Object Id=\"o\" xmlns:z=\"urn:z\"><z:text xml:id=\"t\">ja</z:text></ds:Object>";
    for form in FORMS {
        for transforms in [vec![form], vec![]] {
            let references = reference("#o", &transforms);
            let xml = signer.sign(&signature(form, RSA, &references, object));
            check(&xml, &[(">ja<", ">nee<"), ("urn:z", "urn:y")]);
            // The signed content may be elsewhere: that is no finding, and no proof.
            let nowhere = judge(&xml.replacen("Id=\"o\"", "Id=\"p\"", 1), None);
            assert_eq!(nowhere.verdict(), Verdict::NotChecked);
        }
    }
    let encoded = "<ds:Object Id=\"o\" Encoding=\"http://www.w3.org/2000/09/xmldsig#base64\">amE=</ds:Object>";
    let xml = signer.sign(&signature(INCLUSIVE, RSA, &reference("#o", &[BASE64]), encoded));
    let around_text = "<consent to=\"all\">amE=</consent>";
    check(
        &xml,
        &[("amE=", "amI="), ("amE=", around_text), ("amE=", "<?all?>amE=")],
    );
    check_bad(&xml.replace("amE=", around_text), Some(around_text.as_bytes()));
    let roots = TrustStore::belgian();
    let examined = examine(xml.as_bytes(), &[], &roots, Timestamp::now());
    assert_eq!(*examined.objects[0].content, *b"ja");
}

#[test]
fn data_beside_the_signature_in_one_document_is_good_if_nothing_else_is_there() {
    let signer = OpensslSigner::rsa();
    for form in FORMS {
        let signature = signature(form, RSA, &reference("#d", &[form]), "");
        let around =
            |rest: &str| format!("<box xmlns:o=\"urn:o\"><data Id=\"d\" o:x=\"y\">ja</data>{signature}{rest}</box>");
        let xml = signer.sign(&around(""));
        check(&xml, &[(">ja<", ">nee<"), ("o:x=\"y\"", "o:x=\"z\"")]);
        for more in ["<data>nee</data>", "nee", "<empty/>", "<blank> </blank>", "<?nee?>"] {
            let xml = xml.replace("</box>", &format!("{more}</box>"));
            check_unknown(&xml, CheckName::ContentDigest, Reason::DocumentSignedInPart);
        }
        let xml = xml.replace("<box ", "<box nee=\"nee\" ");
        check_unknown(&xml, CheckName::ContentDigest, Reason::DocumentSignedInPart);
    }
}

#[test]
fn what_is_signed_cannot_be_moved_out_of_sight() {
    let signer = OpensslSigner::rsa();
    let reference = reference("#all", &[ENVELOPED, EXCLUSIVE]);
    let xml = signer.sign(&letter(&signature(EXCLUSIVE, RSA, &reference, "")));
    let (_, document) = xml.split_once('\n').unwrap();
    let start = document.find("<ds:Signature ").unwrap();
    let end = document.find("</letter>").unwrap();
    let (bare, element) = (
        format!("{}{}", &document[..start], &document[end..]),
        &document[start..end],
    );
    let (head, tail) = element.split_once("</ds:KeyInfo>").unwrap();
    // The letter that was signed, put into an object of its own signature, with another one around it.
    let wrapped = format!(
        "<letter xmlns=\"urn:letter\"><p>I do not agree.</p>{head}</ds:KeyInfo><ds:Object>{}</ds:Object>{tail}</letter>",
        bare.trim()
    );
    let verification = judge(&wrapped, None);
    assert_ne!(verification.outcome(CheckName::ContentDigest), Some(Outcome::Passed));
    assert_ne!(verification.verdict(), Verdict::Valid);
    // Beside another one.
    let beside = format!("<letters><letter>I do not agree.</letter>{}</letters>", document.trim());
    check_unknown(&beside, CheckName::ContentDigest, Reason::DocumentSignedInPart);
    // Under the same identifier.
    let twice = document.replace("<p ", "<p Id=\"all\" ");
    check_bad(&twice, None);
}

#[test]
fn a_file_beside_the_signature_is_asked_for() {
    let signer = OpensslSigner::rsa();
    let xml = signer.sign(&signature(INCLUSIVE_1_1, RSA, &reference("content.txt", &[]), ""));
    check_good(&xml, Some(b"inhoud\n"));
    check_bad(&xml, Some(b"Inhoud\n"));
    check_unknown(&xml, CheckName::ContentDigest, Reason::ContentNotGiven);
}

#[test]
fn a_document_can_be_asked_about_as_it_was_before_it_was_signed() {
    let signer = OpensslSigner::rsa();
    let reference = reference("", &[ENVELOPED, EXCLUSIVE]);
    let xml = signer.sign(&letter(&signature(EXCLUSIVE, RSA, &reference, "")));
    check_good(&xml, Some(letter("").as_bytes()));
    check_bad(&xml, Some(letter("").replace("agree", "object").as_bytes()));
    check_bad(&xml, Some(b"I agree."));
    let styled = letter("").replace("<letter", "<?xml-stylesheet href=\"other.xsl\"?><letter");
    check_bad(&xml, Some(styled.as_bytes()));
}

#[test]
fn a_text_is_not_signed_however_it_begins_and_unread_letters_are_no_proof_of_that() {
    let roots = TrustStore::belgian();
    let verdict = |input: &[u8]| verify_with(input, &Context::new(&roots, Timestamp::now())).verdict();
    for text in ["0", "01/12/2026\nDear all", "PK", "PKI policy of the hospital"] {
        assert_eq!(verdict(text.as_bytes()), Verdict::NotSigned, "{text}");
    }
    // Pages about signatures, which are no XML: each has a part of what a signature has.
    for page in [
        "<p>SignedInfo is<br>",
        "<p>http://www.w3.org/2000/09/xmldsig#<br>",
        "http://www.w3.org/2000/09/xmldsig# has SignedInfo",
    ] {
        assert_eq!(verdict(page.as_bytes()), Verdict::NotSigned, "{page}");
    }
    let signer = OpensslSigner::rsa();
    let xml = signer.sign(&letter(&signature(
        EXCLUSIVE,
        RSA,
        &reference("", &[ENVELOPED, EXCLUSIVE]),
        "",
    )));
    let utf_16: Vec<u8> = xml.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let latin_1: Vec<u8> = xml
        .bytes()
        .map(|octet| if octet == b'b' { 0xE9 } else { octet })
        .collect();
    for octets in [[b"\xFF\xFE", utf_16.as_slice()].concat(), utf_16, latin_1] {
        assert_eq!(verdict(&octets), Verdict::NotChecked);
    }
}

#[test]
fn every_key_and_method_that_is_believed_is_good() {
    for (curve, hash) in [
        ("P-256", "256"),
        ("P-256", "512"),
        ("P-384", "256"),
        ("P-521", "512"),
        ("P-521", "256"),
    ] {
        let method = format!("http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha{hash}");
        let template = signature(EXCLUSIVE, &method, &reference("", &[ENVELOPED, EXCLUSIVE]), "");
        let xml = OpensslSigner::curve(curve).sign(&letter(&template));
        check(&xml, &[("agree.", "agree!")]);
    }
    let rsa = OpensslSigner::rsa();
    for method in ["2001/04/xmldsig-more#rsa-sha384", "2001/04/xmldsig-more#rsa-sha512"] {
        let method = format!("http://www.w3.org/{method}");
        let template = signature(EXCLUSIVE, &method, &reference("", &[ENVELOPED, EXCLUSIVE]), "");
        let xml = rsa.sign(&letter(&template));
        check(&xml, &[("agree.", "agree!"), ("more#rsa-sha", "more#ecdsa-sha")]);
        let pss = xml.replace(
            "2001/04/xmldsig-more#rsa-sha384",
            "2007/05/xmldsig-more#sha384-rsa-MGF1",
        );
        if pss != xml {
            check_bad(&pss, None);
        }
    }
}

#[test]
fn signatures_with_a_salt_and_those_that_hash_themselves_are_good() {
    let rsa = OpensslSigner::rsa();
    let template = signature(EXCLUSIVE, RSA, &reference("", &[ENVELOPED, EXCLUSIVE]), "");
    let xml = rsa.sign(&letter(&template));
    let more = "http://www.w3.org/2007/05/xmldsig-more#";
    let named = |name: &str| format!("<ds:SignatureMethod Algorithm=\"{more}{name}\"/>");
    let stated = |hash: &str, mask: &str, salt: u16| {
        let digest = |name: &str| format!("<ds:DigestMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#{name}\"/>");
        format!(
            "<ds:SignatureMethod Algorithm=\"{more}rsa-pss\"><p:RSAPSSParams xmlns:p=\"{more}\">{}\
             <p:MaskGenerationFunction Algorithm=\"{more}MGF1\">{}</p:MaskGenerationFunction>\
             <p:SaltLength>{salt}</p:SaltLength><p:TrailerField>1</p:TrailerField></p:RSAPSSParams></ds:SignatureMethod>",
            digest(hash),
            digest(mask)
        )
    };
    let pss = |hash: &str, salt: &str| {
        let line = format!(
            "dgst -{hash} -sign key.pem -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:{salt} -out value info"
        );
        line.split(' ').map(str::to_owned).collect::<Vec<_>>()
    };
    for (method, hash, salt) in [
        (named("sha256-rsa-MGF1"), "sha256", "32"),
        (named("sha512-rsa-MGF1"), "sha512", "64"),
        (named("sha3-384-rsa-MGF1"), "sha3-384", "48"),
        (named("rsa-pss"), "sha256", "32"),
        (stated("sha512", "sha512", 20), "sha512", "20"),
    ] {
        let arguments = pss(hash, salt);
        let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
        let xml = rsa.sign_again(&xml, &method, &arguments);
        check(&xml, &[("agree.", "agree!")]);
        check_bad(&xml.replace(&method, &named("sha384-rsa-MGF1")), None);
        check_bad(&xml.replace(&method, &stated("sha512", "sha512", 21)), None);
        let mixed = xml.replace(&method, &stated("sha512", "sha256", 64));
        check_unknown(&mixed, CheckName::Signature, Reason::ParametersNotSupported);
    }
    let edwards = OpensslSigner::new(&["-newkey", "ed25519"]);
    let method = "<ds:SignatureMethod Algorithm=\"http://www.w3.org/2021/04/xmldsig-more#eddsa-ed25519\"/>";
    let line = "pkeyutl -sign -rawin -inkey key.pem -in info -out value";
    let arguments: Vec<_> = line.split(' ').collect();
    let signed = edwards.sign_again(&xml, method, &arguments);
    let (head, rest) = signed.split_once("<ds:X509Certificate>").unwrap();
    let (_, tail) = rest.split_once("</ds:X509Certificate>").unwrap();
    let signed = format!(
        "{head}<ds:X509Certificate>{}</ds:X509Certificate>{tail}",
        edwards.base64()
    );
    check(&signed, &[("agree.", "agree!")]);
    check_bad(&signed.replace("<ds:SignatureValue>", "<ds:SignatureValue>AAAA"), None);
    let other = signed.replace("eddsa-ed25519", "eddsa-ed448");
    check_unknown(&other, CheckName::Signature, Reason::AlgorithmNotSupported);
}

#[test]
fn a_certificate_that_did_not_come_along_can_be_given() {
    let signer = OpensslSigner::rsa();
    let template = signature(EXCLUSIVE, RSA, &reference("", &[ENVELOPED, EXCLUSIVE]), "");
    let xml = signer.sign(&letter(&template));
    let start = xml.find("<ds:KeyInfo>").unwrap();
    let end = xml.find("</ds:KeyInfo>").unwrap() + "</ds:KeyInfo>".len();
    let bare = format!("{}{}", &xml[..start], &xml[end..]);
    check_unknown(&bare, CheckName::Signature, Reason::SignerCertificateMissing);
    let given = |certificate: Certificate| {
        let (roots, certificates) = (TrustStore::belgian(), [certificate]);
        let context = Context {
            certificates: &certificates,
            ..Context::new(&roots, Timestamp::now())
        };
        verify_with(bare.as_bytes(), &context)
    };
    let verification = given(signer.certificate());
    assert_eq!(verification.outcome(CheckName::Signature), Some(Outcome::Passed));
    assert_eq!(
        verification.outcome(CheckName::SigningCertificate),
        Some(Outcome::Unknown(Reason::NoSignedProperties))
    );
    let other = given(OpensslSigner::rsa().certificate());
    assert_eq!(
        other.outcome(CheckName::Signature),
        Some(Outcome::Failed(Reason::SignatureDoesNotVerify))
    );
}

#[test]
fn what_is_not_judged_is_called_by_its_name() {
    let signer = OpensslSigner::rsa();
    let xpath = "<ds:Transform Algorithm=\"http://www.w3.org/TR/1999/REC-xpath-19991116\">\
                 <ds:XPath>not(ancestor-or-self::ds:Signature)</ds:XPath></ds:Transform>";
    let references = reference("", &[EXCLUSIVE]).replace("<ds:Transforms>", &format!("<ds:Transforms>{xpath}"));
    let xml = signer.sign(&letter(&signature(EXCLUSIVE, RSA, &references, "")));
    check_unknown(&xml, CheckName::ContentDigest, Reason::TransformNotSupported);
    // The other checks are made all the same.
    assert_eq!(judge(&xml, None).outcome(CheckName::Signature), Some(Outcome::Passed));
    check_bad(&xml.replace("not(ancestor", "not( ancestor"), None);

    let manifest = format!(
        "<ds:Object><ds:Manifest Id=\"m\">{}</ds:Manifest></ds:Object>",
        reference("#o", &[EXCLUSIVE])
    );
    let manifest = manifest.replace("<ds:DigestValue/>", "<ds:DigestValue>AAAA</ds:DigestValue>");
    let references = reference("#xpointer(//ds:Manifest)", &[]);
    let unsigned = signature(EXCLUSIVE, RSA, &references, &manifest);
    let value = unsigned.replace("<ds:DigestValue/>", "<ds:DigestValue>AAAA</ds:DigestValue>");
    let value = value.replace("<ds:SignatureValue/>", "<ds:SignatureValue>AAAA</ds:SignatureValue>");
    let verification = judge(&value, None);
    assert_ne!(verification.verdict(), Verdict::Valid, "{verification:?}");

    let template = signature(EXCLUSIVE, RSA, &reference("", &[ENVELOPED, EXCLUSIVE]), "");
    let xml = signer.sign(&letter(&template));
    let typed = xml.replacen("<letter", "<!DOCTYPE letter>\n<letter", 1);
    check_unknown(&typed, CheckName::Structure, Reason::DocumentTypeNotSupported);
    let form = format!("<ds:CanonicalizationMethod Algorithm=\"{EXCLUSIVE}\"");
    let other = xml.replacen(&form, "<ds:CanonicalizationMethod Algorithm=\"urn:other\"", 1);
    check_unknown(&other, CheckName::Signature, Reason::CanonicalFormNotSupported);
}

#[test]
fn sha_1_is_too_weak_and_so_is_a_short_key() {
    let signer = OpensslSigner::rsa();
    let weak = "http://www.w3.org/2000/09/xmldsig#sha1";
    let digest = reference("", &[ENVELOPED, EXCLUSIVE]).replace(SHA_256, weak);
    let xml = signer.sign(&letter(&signature(EXCLUSIVE, RSA, &digest, "")));
    let outcome = |xml: &str, name| judge(xml, None).outcome(name);
    let too_weak = Some(Outcome::Failed(Reason::AlgorithmTooWeak));
    assert_eq!(outcome(&xml, CheckName::ContentDigest), too_weak);
    let method = "http://www.w3.org/2000/09/xmldsig#rsa-sha1";
    let strong = reference("", &[ENVELOPED, EXCLUSIVE]);
    let xml = signer.sign(&letter(&signature(EXCLUSIVE, method, &strong, "")));
    assert_eq!(outcome(&xml, CheckName::Signature), too_weak);
    let short = OpensslSigner::new(&["-newkey", "rsa:1024"]);
    let xml = short.sign(&letter(&signature(EXCLUSIVE, RSA, &strong, "")));
    assert_eq!(
        outcome(&xml, CheckName::Signature),
        Some(Outcome::Failed(Reason::KeyTooWeak))
    );
}

#[test]
fn several_signatures_are_judged_each() {
    let (one, two) = (OpensslSigner::rsa(), OpensslSigner::curve("P-384"));
    let method = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384";
    let objects = |text: &str| format!("<ds:Object Id=\"{text}\">{text}</ds:Object>");
    let first = one.sign(&signature(
        EXCLUSIVE,
        RSA,
        &reference("#a", &[EXCLUSIVE]),
        &objects("a"),
    ));
    let second = two.sign(&signature(
        EXCLUSIVE,
        method,
        &reference("#b", &[EXCLUSIVE]),
        &objects("b"),
    ));
    let element = |xml: &str| xml.split_once('\n').unwrap().1.trim().to_owned();
    for holder in [
        "asic:XAdESSignatures xmlns:asic=\"http://uri.etsi.org/02918/v1.2.1#\"",
        "document-signatures xmlns=\"urn:oasis:names:tc:opendocument:xmlns:digitalsignature:1.0\"",
    ] {
        let name = holder.split(' ').next().unwrap();
        let both = format!("<{holder}>{}{}</{name}>", element(&first), element(&second));
        check(&both, &[(">a<", ">c<"), (">b<", ">c<")]);
        let verification = judge(&both.replace(">b<", ">c<"), None);
        let digests: Vec<_> = verification
            .signatures()
            .iter()
            .map(|one| one.outcome(CheckName::ContentDigest))
            .collect();
        let expected = [Some(Outcome::Passed), Some(Outcome::Failed(Reason::DigestDiffers))];
        assert_eq!(digests, expected);
        let more = both.replace("><ds:Signature", "><more/><ds:Signature");
        check_bad(&more, None);
    }
}

/// Writes an element with namespaces, attributes of `xml:` and others of its kind inside.
fn element(dice: &mut Xorshift, xml: &mut String, count: &mut usize, depth: usize) {
    let prefix = dice.one(&["", "p:", "q:"]);
    *count += 1;
    xml.push_str(&format!("<{prefix}e xml:id=\"i{count}\""));
    for (end, text) in [
        (3, " xmlns=\"urn:d1\""),
        (4, " xmlns=\"\""),
        (3, " xmlns:p=\"urn:p2\""),
        (4, " xmlns:r=\"urn:r\""),
        (3, " xml:lang=\"nl\""),
        (4, " xml:space=\"preserve\""),
        (3, " q:a=\"1\""),
        (3, " a=\"&lt;&#9;&quot;\""),
    ] {
        let is_second_default = text == " xmlns=\"\"" && xml.ends_with("urn:d1\"");
        if dice.below(end) == 0 && !is_second_default {
            xml.push_str(text);
        }
    }
    xml.push('>');
    for _ in 0..dice.below(4) {
        if depth < 5 && dice.below(3) > 0 {
            element(dice, xml, count, depth + 1);
        } else {
            xml.push_str(dice.one(&["text", "\n ", "<!-- c -->", "<?i j?>", "&gt;&amp;", "<![CDATA[<]]>"]));
        }
    }
    xml.push_str(&format!("</{prefix}e>"));
}

#[test]
fn parts_of_random_documents_come_out_as_with_libxml2_in_every_form() {
    let signer = OpensslSigner::rsa();
    let mut dice = Xorshift(0x9E37_79B9_7F4A_7C15);
    let mut compared = 0;
    for _ in 0..24 {
        let (mut body, mut count) = (String::new(), 0);
        while count < 8 {
            element(&mut dice, &mut body, &mut count, 0);
        }
        let mut references = String::new();
        for _ in 0..4 {
            let form = dice.one(&[
                EXCLUSIVE,
                INCLUSIVE,
                INCLUSIVE_1_1,
                "http://www.w3.org/2006/12/xml-c14n11#WithComments",
            ]);
            let number = dice.below(count) + 1;
            let uri = dice
                .one(&["#i0", "#xpointer(id('i0'))"])
                .replace("i0", &format!("i{number}"));
            let named = format!("URI=\"{uri}\"");
            if !references.contains(&format!("i{number}\"")) && !references.contains(&format!("i{number}'")) {
                assert!(!references.contains(&named));
                references.push_str(&reference(&uri, &[form]));
                compared += 1;
            }
        }
        let template = format!(
            "<root xmlns:p=\"urn:p\" xmlns:q=\"urn:q\" xml:lang=\"fr\">{body}{}</root>",
            signature(INCLUSIVE, RSA, &references, "")
        );
        let xml = signer.sign(&template);
        let digest = |xml: &str| judge(xml, None).outcome(CheckName::ContentDigest);
        let unknown = Some(Outcome::Unknown(Reason::DocumentSignedInPart));
        assert_eq!(digest(&xml), unknown, "{xml}");
        assert_eq!(judge(&xml, None).outcome(CheckName::Signature), Some(Outcome::Passed));
        let wrong = xml.replacen("<ds:DigestValue>", "<ds:DigestValue>AAAA", 1);
        assert_eq!(digest(&wrong), Some(Outcome::Failed(Reason::DigestDiffers)));
    }
    assert!(compared > 70, "{compared}");
}
