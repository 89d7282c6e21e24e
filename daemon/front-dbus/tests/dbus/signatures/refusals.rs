//! Requests to sign that are refused, and callers that may not make them.

use super::*;
use beid_texts::ErrorTexts;

#[tokio::test(flavor = "multi_thread")]
async fn requests_that_cannot_be_shown_or_signed_are_refused_before_the_card_is_touched() {
    let desk = Desk::open(Person::Follows(&[])).await;
    desk.insert("claire").await;
    let seen = instructions(&desk);
    let one = |name: &str| attached(vec![document(name, "text/plain", b"x")]);
    let typed = |media_type: &str| attached(vec![document("a", media_type, b"x")]);
    let weak = json!({"algorithm": "SHA-1", "value": BASE64.encode([0; 20])});
    let md5 = json!({"algorithm": "MD5", "value": BASE64.encode([0; 16])});
    let short = json!({"algorithm": "SHA-256", "value": BASE64.encode([0; 31])});
    let raw = |digest: &Value| json!({"format": "raw", "documents": [{"name": "a", "mediaType": "text/plain", "digest": digest}]});
    let invalid = ErrorCode::InvalidRequest;
    #[rustfmt::skip] // one row a line
    let mut rows = vec![
        (attached(files(51)), invalid, "documents"),
        (attached(vec![]), invalid, "documents"),
        (json!({"format": "cades"}), invalid, "documents"),
        (json!({"format": "pades", "documents": files(1)}), invalid, "format: must be one of raw"),
        (json!({"format": "raw", "detached": true, "documents": files(1)}), invalid, "detached"),
        (attached([files(2), files(1)].concat()), invalid, "each name once"),
        (attached(vec![document("Brief.pdf", "text/plain", b"1"), document("brief.PDF", "text/plain", b"2")]), invalid, "each name once"),
        (json!({"format": "asice", "detached": true, "documents": files(1)}), invalid, "detached"),
        (json!({"format": "cades", "containerSignature": "cades", "documents": files(1)}), invalid, "containerSignature"),
        (json!({"format": "asice", "documents": [document("MimeType", "text/plain", b"x")]}), invalid, "a container needs for itself"),
        (json!({"format": "asice", "documents": [by_digest("a", HashAlgorithm::Sha256, b"x")]}), invalid, "their content"),
        (raw(&weak), ErrorCode::UnsupportedAlgorithm, ""),
        (raw(&md5), ErrorCode::UnsupportedAlgorithm, ""),
        (raw(&short), invalid, "documents[0].digest.value"),
        (attached(vec![by_digest("a", HashAlgorithm::Sha384, b"x")]), invalid, "content"),
        (json!({"format": "raw", "documents": [by_digest("a", HashAlgorithm::Sha256, b"x"), by_digest("b", HashAlgorithm::Sha384, b"x")]}), invalid, "one digest algorithm"),
        (attached(vec![json!({"name": "a", "mediaType": "text/plain", "content": "?"})]), invalid, "documents[0].content"),
        (attached(vec![json!({"name": "a", "mediaType": "text/plain"})]), invalid, "either content or digest"),
        (attached(vec![document("a", "text/plain", &vec![0; 6 * 1024 * 1024 + 1])]), ErrorCode::TooLarge, ""),
    ];
    // A proof may not pass as a letter: its signer must be shown what it says.
    let link = "<?xml version=\"1.0\"?><therapeuticlink xmlns=\"http://www.ehealth.fgov.be/hubservices/core/v2\"/>";
    rows.push((
        attached(vec![document("letter.txt", "text/plain", link.as_bytes())]),
        invalid,
        "no document of the eHealth platform",
    ));
    let in_ebcdic = b"\x4C\x6F\xA7\x94\x93\x40\xA5\x85\x99\xA2\x89\x96\x95";
    for (content, reason) in [
        (in_ebcdic.as_slice(), "EBCDIC"),
        (b"<?xml version='1.0' encoding='IBM037'?>\x4C\xA7\x61\x6E", "IBM037"),
        (b"<?xml version='1.0' encoding='UTF-7'?><x/>", "UTF-7"),
        (b"  <!-- a letter", "breaks off"),
    ] {
        rows.push((
            attached(vec![document("afspraak.pdf", "application/pdf", content)]),
            invalid,
            reason,
        ));
    }
    for name in [
        "",
        ".",
        "..",
        "a/b",
        "a\\b",
        "two\nlines",
        "a\u{202E}fdp.exe",
        "zero\u{200B}width",
        "wide\u{3000}blank",
        " edge",
        "tab\t",
        "climb\u{301}\u{301}\u{301}",
        &"x".repeat(121),
    ] {
        rows.push((one(name), invalid, "documents[0].name"));
    }
    for media_type in [
        "",
        "text",
        "text/",
        "/plain",
        "text/plain\n",
        "text/pl ain",
        "text/plain; x",
        "é/x",
    ] {
        rows.push((typed(media_type), invalid, "documents[0].mediaType"));
    }
    for (request, code, word) in rows {
        let error = sign(&desk, request.clone()).await.unwrap_err();
        let detail = error.detail(Language::En);
        assert_eq!(error.code, code, "{word}: {detail}");
        assert!(detail.contains(word), "{word}: {detail}");
    }
    assert!(seen.lock().unwrap().is_empty() && desk.dialogs().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_card_cannot_sign_is_refused_before_a_person_is_asked() {
    let raw = |hash, algorithm: Option<&str>| {
        let mut request = json!({"format": "raw", "documents": [by_digest("a", hash, b"x")]});
        if let Some(algorithm) = algorithm {
            request["algorithm"] = json!(algorithm);
        }
        request
    };
    let named = |algorithm: &str| {
        let mut request = attached(files(1));
        request["algorithm"] = json!(algorithm);
        request
    };
    use HashAlgorithm::{Sha3_256, Sha256, Sha384};
    let unsupported = ErrorCode::UnsupportedAlgorithm;
    for (citizen, request, code) in [
        ("anna", raw(Sha3_256, None), unsupported),
        ("anna", raw(Sha256, Some("ES256")), unsupported),
        ("anna", raw(Sha384, Some("PS256")), unsupported),
        ("anna", raw(Sha256, Some("MD5")), unsupported),
        ("claire", raw(Sha256, Some("PS256")), unsupported),
        ("anna", named("RS512"), unsupported),
        ("claire", named("ES256"), unsupported),
        ("odile", attached(files(1)), ErrorCode::CardExpired),
        // A child's card has no signature certificate.
        ("lotte", attached(files(1)), ErrorCode::CertificateMissing),
        ("karel", attached(files(1)), ErrorCode::CardExpired),
    ] {
        let desk = Desk::open(Person::Follows(&[])).await;
        desk.insert(citizen).await;
        let seen = instructions(&desk);
        let error = sign(&desk, request.clone()).await.unwrap_err();
        assert_eq!(error.code, code, "{citizen} {request} {}", error.detail(Language::En));
        assert_eq!(count(&seen, VERIFY), 0, "{citizen}");
        assert!(desk.dialogs().is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_scope_allows_its_own_and_no_more() {
    let desk = Desk::open(Person::Types(TEST_PIN)).await;
    desk.insert("claire").await;
    let ask = async |scopes: &[&str], request: &Value| {
        let (tokens, now) = (&desk.service.tokens, jiff::Timestamp::now());
        let scopes = Scopes::parse(scopes.iter().copied(), "scopes").unwrap();
        let token = tokens.create("test", &scopes, None, now).unwrap();
        let caller = tokens.caller(&token, None, now).unwrap();
        let call = Call {
            members: request.as_object().cloned().unwrap(),
            language: Language::En,
            ..Call::default()
        };
        let outcome = desk
            .service
            .call(OperationRow::named("sign").unwrap(), caller, call)
            .await;
        tokens.revoke("test").unwrap();
        outcome.map(drop).map_err(|error| error.code)
    };
    let known = attached(files(1));
    let raw = json!({"format": "raw", "documents": files(1)});
    let digest = json!({"format": "raw", "documents": [by_digest("a", HashAlgorithm::Sha384, b"x")]});
    let missing = Err(ErrorCode::ScopeMissing);
    for (request, by_sign, by_digest) in [
        (&known, Ok(()), missing),
        (&raw, missing, Ok(())),
        (&digest, missing, Ok(())),
    ] {
        assert_eq!(ask(&["sign"], request).await, by_sign, "{request}");
        assert_eq!(ask(&["sign.digest"], request).await, by_digest, "{request}");
        assert_eq!(ask(&["sign", "sign.digest"], request).await, Ok(()), "{request}");
        assert_eq!(
            ask(&["proof.therlink", "identity.full"], request).await,
            missing,
            "{request}"
        );
    }
}
