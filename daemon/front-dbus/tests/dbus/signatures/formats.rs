//! Every format of signature, verified by programs of others and compared with what was shown.

use super::*;
use std::process::Command;

#[tokio::test(flavor = "multi_thread")]
async fn attached_cades_is_verified_by_openssl_and_was_shown() {
    for citizen in SIGNERS {
        let desk = Desk::open(Person::Follows(&[TEST_PIN])).await;
        let id = desk.insert(citizen).await;
        let request = attached(vec![document("consent.txt", "text/plain", TEXT.as_bytes())]);
        let answer = sign(&desk, request).await.unwrap();
        assert_eq!(answer["cardId"], id.as_str());
        assert_eq!(
            (&answer["format"], &answer["simulated"]),
            (&json!("cades"), &json!(true))
        );
        let algorithm = if citizen == "claire" { "ES384" } else { "RS256" };
        assert_eq!(answer["algorithm"], algorithm, "{citizen}");
        assert_eq!(answer["signatures"].as_array().unwrap().len(), 1);
        let signature = &answer["signatures"][0];
        assert_eq!(signature["name"], "consent.txt.p7m");
        assert_eq!(signature["mediaType"], "application/pkcs7-mime");
        assert!(
            answer["certificates"].as_array().unwrap().len() >= 3,
            "signer, authority, root"
        );
        let content = desk.content_of(&data(signature));
        assert_eq!(content, TEXT.as_bytes(), "{citizen}");
        // The dialog showed what OpenSSL has found inside.
        let said = read(&desk);
        for text in ["Ik ga akkoord.", "Je suis d'accord."] {
            assert!(
                said.contains(&format!("\n\u{A0}\u{A0}\u{A0}\u{A0}| {text}\n")),
                "{said}"
            );
        }
        for text in [
            "“consent.txt”, text, 33 bytes",
            &shown(&content),
            "“desk” asks for your signature",
            "this file",
        ] {
            assert!(words(&said).contains(text), "{text}: {said}");
        }
        let holder = Citizen::find(citizen).unwrap().surname;
        assert!(said.contains(holder) && !said.contains("does not know"), "{said}");
        assert_eq!(desk.asked_for(), ["GETPIN"], "one dialog suffices");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn cades_stands_beside_its_file_if_nothing_else_is_said() {
    for (citizen, hash) in [
        ("anna", HashAlgorithm::Sha256),
        ("nele", HashAlgorithm::Sha256),
        ("claire", HashAlgorithm::Sha384),
    ] {
        let desk = Desk::open(Person::Types(TEST_PIN)).await;
        desk.insert(citizen).await;
        let content = b"%PDF-1.7 \x00\xFF";
        for (document, known) in [
            (document("a.pdf", "application/pdf", content), true),
            (by_digest("a.pdf", hash, content), false),
        ] {
            let answer = sign(&desk, json!({"format": "cades", "documents": [document]}))
                .await
                .unwrap();
            let signature = &answer["signatures"][0];
            assert_eq!(signature["name"], "a.pdf.p7s");
            assert_eq!(signature["mediaType"], "application/pkcs7-signature");
            assert!(desk.is_beside(&data(signature), content), "{citizen}");
            assert!(!desk.is_beside(&data(signature), b"%PDF-1.7 \x00\xFE"), "{citizen}");
            let said = words(&desk.dialogs().last().unwrap().1);
            assert_eq!(said.contains("beidd does not know the content"), !known, "{said}");
            let digest = hash.digest(content);
            let whole: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
            let shown = said.replace(' ', "").contains(&format!("{}{whole}", hash.name()));
            assert_eq!(shown, !known || citizen != "claire", "{said}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn raw_signatures_of_every_algorithm_are_right() {
    use HashAlgorithm::{Sha3_256, Sha3_384, Sha3_512, Sha256, Sha384, Sha512};
    let rsa = [
        (Sha256, None, "RS256"),
        (Sha384, None, "RS384"),
        (Sha512, None, "RS512"),
        (Sha256, Some("PS256"), "PS256"),
    ];
    let ec = [
        (Sha256, None, "ES256"),
        (Sha384, Some("ES384"), "ES384"),
        (Sha512, None, "ES512"),
        (Sha3_256, None, "ES3-256"),
        (Sha3_384, None, "ES3-384"),
        (Sha3_512, None, "ES3-512"),
    ];
    for (citizen, rows) in [("anna", &rsa[..]), ("nele", &rsa), ("jan", &ec)] {
        let desk = Desk::open(Person::Types(TEST_PIN)).await;
        desk.insert(citizen).await;
        for (hash, algorithm, expected) in rows {
            let mut request = json!({"format": "raw", "documents": [by_digest("a.pdf", *hash, b"%PDF")]});
            if let Some(algorithm) = algorithm {
                request["algorithm"] = json!(algorithm);
            }
            let answer = sign(&desk, request).await.unwrap();
            assert_eq!(answer["algorithm"], *expected, "{citizen}");
            let signature = &answer["signatures"][0];
            assert_eq!(signature["name"], "a.pdf.sig");
            assert_eq!(data(signature).len(), if citizen == "jan" { 96 } else { 256 });
            raw_is_right(&desk, &answer, &data(signature), &hash.digest(b"%PDF"));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn raw_signature_over_content_is_over_its_digest_and_never_said_to_be_known() {
    let desk = Desk::open(Person::Follows(&[TEST_PIN])).await;
    desk.insert("anna").await;
    let documents = [document("a.txt", "text/plain", TEXT.as_bytes())];
    let answer = sign(&desk, json!({"format": "raw", "documents": documents}))
        .await
        .unwrap();
    let digest = HashAlgorithm::Sha256.digest(TEXT.as_bytes());
    raw_is_right(&desk, &answer, &data(&answer["signatures"][0]), &digest);
    let said = words(&read(&desk));
    assert!(
        said.starts_with("Please note: beidd does not know the content"),
        "{said}"
    );
    assert!(
        !said.contains("akkoord") && said.contains(&shown(TEXT.as_bytes())),
        "{said}"
    );
}

/// Returns true if xmlsec1 accepts a signature in XML. Files that it refers to are looked up in the desk's directory.
pub(crate) fn xmlsec1(desk: &Desk, signature: &[u8]) -> bool {
    desk.write("signature.xml", signature);
    let [rsa, ec] = desk.pki.root_paths();
    let mut verify = Command::new("xmlsec1");
    verify.current_dir(&desk.dir).arg("--verify");
    for root in [&rsa, &ec] {
        verify.arg("--trusted-pem").arg(root);
    }
    for element in [
        "http://uri.etsi.org/01903/v1.3.2#:SignedProperties",
        "http://www.w3.org/2000/09/xmldsig#:Object",
    ] {
        verify.args(["--id-attr:Id", element]);
    }
    let verified = verify.arg("signature.xml").output().expect("xmlsec1 is installed");
    verified.status.success()
}

#[tokio::test(flavor = "multi_thread")]
async fn xades_is_verified_by_xmlsec1_beside_its_file_and_around_it() {
    let content = b"%PDF-1.7 \x00\xFF";
    for (citizen, hash) in [
        ("anna", HashAlgorithm::Sha256),
        ("nele", HashAlgorithm::Sha256),
        ("claire", HashAlgorithm::Sha384),
    ] {
        let desk = Desk::open(Person::Types(TEST_PIN)).await;
        desk.insert(citizen).await;
        let file = "één rapport (2).pdf";
        for (document, detached) in [
            (document(file, "application/pdf", content), true),
            (by_digest(file, hash, content), true),
            (document(file, "application/pdf", content), false),
        ] {
            let request = json!({"format": "xades", "detached": detached, "documents": [document]});
            let answer = sign(&desk, request).await.unwrap();
            let signature = &answer["signatures"][0];
            assert_eq!(signature["name"], format!("{file}.xades.xml"));
            assert_eq!(signature["mediaType"], "application/xml");
            let xml = data(signature);
            desk.write(file, content);
            assert!(xmlsec1(&desk, &xml), "{citizen} {detached}");
            desk.write(file, b"%PDF-1.7 \x00\xFE");
            assert_eq!(xmlsec1(&desk, &xml), !detached, "{citizen}");
            let inside = String::from_utf8(xml).unwrap();
            let changed = inside.replace(&BASE64.encode(content), &BASE64.encode(b"%PDF-1.7 \x00\xFE"));
            assert_eq!(changed != inside, !detached, "{citizen}");
            assert!(!xmlsec1(&desk, changed.as_bytes()), "{citizen} {detached}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn large_files_are_signed_in_every_format_or_refused_as_too_large() {
    let desk = Desk::open(Person::Types(TEST_PIN)).await;
    desk.insert("anna").await;
    let large = |size: usize| vec![document("large.bin", "application/octet-stream", &vec![b'x'; size])];
    let most = 6 * 1024 * 1024;
    for (format, detached, most) in [
        ("cades", true, most),
        ("cades", false, most),
        ("xades", true, most),
        ("xades", false, 5 * 1024 * 1024),
        ("asice", true, most),
    ] {
        let request = |size| {
            let mut request = json!({"format": format, "documents": large(size)});
            if format != "asice" {
                request["detached"] = json!(detached);
            }
            request
        };
        let answer = sign(&desk, request(most)).await;
        assert!(answer.is_ok(), "{format} {detached} {answer:?}");
        let answer = sign(&desk, request(most + 1)).await;
        assert_eq!(refusal(answer), (ErrorCode::TooLarge, None), "{format} {detached}");
    }
}

/// Names in a container, in their order, and the folder into which `unzip` extracted it.
pub(crate) fn unzipped(desk: &Desk, container: &[u8]) -> (Vec<String>, PathBuf) {
    let (file, folder) = (desk.write("container.asice", container), desk.dir.join("unzipped"));
    drop(std::fs::remove_dir_all(&folder));
    let unzip = |arguments: &[&str]| {
        let done = Command::new("unzip")
            .args(arguments)
            .output()
            .expect("unzip is installed");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8(done.stdout).unwrap()
    };
    unzip(&["-q", "-t", path(&file)]);
    unzip(&["-q", path(&file), "-d", path(&folder)]);
    let names = unzip(&["-Z", "-1", path(&file)]);
    (names.lines().map(str::to_owned).collect(), folder)
}

#[tokio::test(flavor = "multi_thread")]
async fn container_holds_every_file_and_one_signature_over_all_of_them() {
    let contents = [("a.txt", TEXT.as_bytes()), ("één.pdf", b"%PDF-1.7"), ("c.bin", b"\x00")];
    for (citizen, asked_for_tries) in [("anna", 1), ("claire", 0)] {
        for signature in ["xades", "cades"] {
            let desk = Desk::open(Person::Types(TEST_PIN)).await;
            desk.insert(citizen).await;
            let seen = instructions(&desk);
            let documents: Vec<_> = contents
                .iter()
                .map(|(name, content)| document(name, "application/octet-stream", content))
                .collect();
            let request = json!({"format": "asice", "containerSignature": signature, "documents": documents});
            let answer = sign(&desk, request).await.unwrap();
            assert_eq!((count(&seen, VERIFY), count(&seen, PSO)), (1 + asked_for_tries, 1));
            assert_eq!(answer["signatures"].as_array().unwrap().len(), 1);
            let container = &answer["signatures"][0];
            assert_eq!(container["name"], "documents.asice");
            assert_eq!(container["mediaType"], "application/vnd.etsi.asic-e+zip");

            let container = data(container);
            assert_eq!(container[30..38], *b"mimetype", "stored first");
            assert_eq!(container[38..69], *b"application/vnd.etsi.asic-e+zip", "and as it is");
            let (names, folder) = unzipped(&desk, &container);
            assert_eq!(names[0], "mimetype");
            let read = |name: &str| std::fs::read(folder.join(name)).unwrap();
            for (name, content) in contents {
                assert_eq!(read(name), content, "{names:?}");
            }
            if signature == "cades" {
                let (cms, manifest) = (read("META-INF/signature001.p7s"), read("META-INF/ASiCManifest001.xml"));
                assert!(desk.is_beside(&cms, &manifest), "{citizen}");
            } else {
                for (name, content) in contents {
                    desk.write(name, content);
                }
                let xml = read("META-INF/signatures001.xml");
                assert!(xmlsec1(&desk, &xml), "{citizen}");
                desk.write("c.bin", b"\x01");
                assert!(!xmlsec1(&desk, &xml), "{citizen}");
            }
            let verified = succeeds(&desk, &["verify", "container.asice"]).await;
            assert!(
                verified.starts_with("VALID (test card)\n") && !verified.contains('✘'),
                "{verified}"
            );
            let said = words(&self::read(&desk));
            assert!(said.contains("these 3 files") && !said.contains("PIN once"), "{said}");
        }
    }
}
