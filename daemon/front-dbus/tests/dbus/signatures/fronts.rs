//! Signing over the bus and on the command line.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn busctl_signs_too() {
    let desk = Desk::open(Person::Types(TEST_PIN)).await;
    desk.insert("anna").await;
    let content = BASE64.encode(TEXT);
    let answer = desk.call(
        "/org/beidd1",
        "org.beidd1.Manager",
        "Sign",
        &[
            "a{sv}",
            "3",
            "format",
            "s",
            "cades",
            "detached",
            "b",
            "false",
            "documents",
            "av",
            "1",
            "a{sv}",
            "3",
            "name",
            "s",
            "a.txt",
            "mediaType",
            "s",
            "text/plain",
            "content",
            "s",
            &content,
        ],
    );
    assert_eq!(answer["algorithm"], "RS256");
    assert_eq!(desk.content_of(&data(&answer["signatures"][0])), TEXT.as_bytes());
}

#[tokio::test(flavor = "multi_thread")]
async fn beidctl_writes_what_was_signed() {
    let desk = Desk::open(Person::Types(TEST_PIN)).await;
    desk.insert("claire").await;
    desk.write("a.txt", TEXT.as_bytes());
    desk.write("b.pdf", b"%PDF-1.7");
    let page = succeeds(&desk, &["sign", "a.txt", "--attached", "--out", "signed.p7m"]).await;
    assert!(
        page.contains("Written           signed.p7m\n") && page.contains("cades, ES384"),
        "{page}"
    );
    let signed = std::fs::read(desk.dir.join("signed.p7m")).unwrap();
    assert_eq!(desk.content_of(&signed), TEXT.as_bytes());
    let verified = succeeds(&desk, &["verify", "signed.p7m"]).await;
    assert!(
        verified.starts_with("VALID (test card)\n") && !verified.contains('✘'),
        "{verified}"
    );

    succeeds(&desk, &["sign", "a.txt", "b.pdf", "--attached", "-o", "out"]).await;
    for (name, content) in [("a.txt.p7m", TEXT.as_bytes()), ("b.pdf.p7m", b"%PDF-1.7")] {
        assert_eq!(
            desk.content_of(&std::fs::read(desk.dir.join("out").join(name)).unwrap()),
            content
        );
    }
    for (format, signature) in [("cades", "b.pdf.p7s"), ("xades", "b.pdf.xades.xml")] {
        succeeds(&desk, &["sign", "b.pdf", "--format", format]).await;
        let verify = ["verify", signature, "--content"];
        let verified = succeeds(&desk, &[&verify[..], &["b.pdf"]].concat()).await;
        let whole =
            verified.contains("  Covers            the content\n") && verified.starts_with("VALID (test card)\n");
        assert!(whole, "{verified}");
        let other = run(&desk, &[&verify[..], &["a.txt"]].concat()).await;
        assert_eq!(other.status.code(), Some(1));
        assert!(stdout(&other).contains("✘ content-digest"), "{}", stdout(&other));
    }

    succeeds(
        &desk,
        &["sign", "a.txt", "b.pdf", "--format", "asice", "-o", "both.asice"],
    )
    .await;
    let verified = succeeds(&desk, &["verify", "both.asice"]).await;
    assert!(verified.starts_with("VALID (test card)\n"), "{verified}");

    let raw = ctl_json(&desk, &["sign", "b.pdf", "--format", "raw", "--algorithm", "ES512"]).await;
    let signature = std::fs::read(desk.dir.join("b.pdf.sig")).unwrap();
    raw_is_right(&desk, &raw, &signature, &HashAlgorithm::Sha512.digest(b"%PDF-1.7"));

    let (code, text) = fails(&desk, &["sign", "missing.pdf"]).await;
    assert!(code != 0 && text.contains("missing.pdf"), "{text}");
}
