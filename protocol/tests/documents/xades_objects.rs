//! Contents of objects in XML signatures: given back, and asked about, as they were before somebody signed them.

use beid_pki::TrustStore;
use beid_protocol::xades::examine;
use jiff::Timestamp;

use crate::world::{BASE64, EXCLUSIVE, OpensslSigner, RSA, check_bad, check_good, reference, signature};

const DS: &str = "http://www.w3.org/2000/09/xmldsig#";

/// Checks that the only object of a signature is this, and that one can ask about this and about nothing else.
#[track_caller]
fn check(xml: &str, name: &str, content: &str) {
    let roots = TrustStore::belgian();
    let examined = examine(xml.as_bytes(), &[], &roots, Timestamp::now());
    let objects: Vec<_> = examined
        .objects
        .iter()
        .map(|one| (one.name.as_str(), &*one.content))
        .collect();
    assert_eq!(
        objects,
        [(name, content.as_bytes())],
        "{xml}\n{:?}",
        examined.verification
    );
    check_good(xml, None);
    check_good(xml, Some(content.as_bytes()));
    check_bad(xml, Some(format!("{content}!").as_bytes()));
    check_bad(xml, Some(b"<other/>"));
}

#[test]
fn an_object_stands_for_what_was_put_into_it() {
    let signer = OpensslSigner::rsa();
    let encoded = format!(" Encoding=\"{BASE64}\"");
    let whole = |inside| format!("<ds:Object xmlns:ds=\"{DS}\" Id=\"o\">{inside}</ds:Object>");
    for (attributes, inside, content) in [
        ("", "yes", "yes".to_owned()),
        ("", " yes\n", " yes\n".to_owned()),
        ("", "", String::new()),
        ("", " ", " ".to_owned()),
        ("", "y<!-- no -->es", "yes".to_owned()),
        ("", "<yes/>", "<yes></yes>".to_owned()),
        ("", "\n <yes><a/></yes>\n", "<yes><a></a></yes>".to_owned()),
        ("", "<!-- no --><yes>y</yes>", "<yes>y</yes>".to_owned()),
        ("", "<yes></yes><no></no>", whole("<yes></yes><no></no>")),
        ("", "y<yes></yes>", whole("y<yes></yes>")),
        ("", "<?yes?>", whole("<?yes?>")),
        (&encoded, "eWVz", "yes".to_owned()),
        (&encoded, "eW\nVz ", "yes".to_owned()),
        (&encoded, "y/e-s", "y/e-s".to_owned()),
        (" Encoding=\"urn:other\"", "eWVz", "eWVz".to_owned()),
    ] {
        let object = format!("<ds:Object Id=\"o\"{attributes}>{inside}</ds:Object>");
        let xml = signer.sign(&signature(EXCLUSIVE, RSA, &reference("#o", &[EXCLUSIVE]), &object));
        check(&xml, "o", &content);
    }
}

#[test]
fn of_what_is_decoded_and_of_other_elements_the_octets_count() {
    let signer = OpensslSigner::rsa();
    let decoded = signature(
        EXCLUSIVE,
        RSA,
        &reference("#o", &[BASE64]),
        "<ds:Object Id=\"o\">eWVz</ds:Object>",
    );
    let xml = signer.sign(&decoded);
    check(&xml, "o", "yes");
    for around in [
        "eWVz".to_owned(),
        format!("<ds:Object xmlns:ds=\"{DS}\" Id=\"o\">eWVz</ds:Object>"),
    ] {
        check_bad(&xml, Some(around.as_bytes()));
    }
    let signature = signature(EXCLUSIVE, RSA, &reference("#d", &[EXCLUSIVE]), "");
    let beside = format!("<box><data Id=\"d\"> yes </data>{signature}</box>");
    check(&signer.sign(&beside), "d", "<data Id=\"d\"> yes </data>");
}
