//! Time stamps: asked for where the settings say, embedded if they can be believed, and never worth a signature.

use super::*;

/// Token of a time stamp in a file: the value behind its attribute's name in a CMS, or the one that our reader finds in
/// XML.
fn token(desk: &Desk, format: &str, choice: &str, signature: &[u8]) -> Vec<u8> {
    /// id-aa-signatureTimeStampToken
    const NAME: [u8; 13] = [6, 11, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 9, 16, 2, 14];
    let inside = |name: &str| std::fs::read(unzipped(desk, signature).1.join("META-INF").join(name)).unwrap();
    let signature = match (format, choice.contains("xades")) {
        ("asice", true) => inside("signatures001.xml"),
        ("asice", false) => inside("signature001.p7s"),
        _ => signature.to_vec(),
    };
    if signature.starts_with(b"<") {
        let examined = examine(&signature, &[("a.pdf", CONTENT)], &roots(desk), Timestamp::now());
        return examined.timestamps[0].token.clone();
    }
    let at = signature.windows(NAME.len()).position(|window| window == NAME).unwrap();
    // The value is a SET of more than 255 octets (hence four octets of tag and length), which holds one SEQUENCE.
    let token = &signature[at + NAME.len() + 4..];
    assert_eq!(token[..2], [0x30, 0x82]);
    let length = 4 + usize::from(token[2]) * 256 + usize::from(token[3]);
    token[..length].to_vec()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_format_is_stamped_and_still_verified_by_others() {
    for citizen in ["anna", "claire"] {
        let authority = Authority::start(Manner::Stamps);
        let desk = desk(&authority).await;
        desk.insert(citizen).await;
        for (format, choice) in FORMATS {
            let answer = sign(&desk, format, choice).await;
            assert_eq!(answer["warnings"], json!([]), "{format} {choice}");
            let signature = data(&answer["signatures"][0]);
            let known = judged(&desk, &signature, CONTENT, Some(&authority));
            assert_eq!(known.outcome(CheckName::TimeStamp), Some(Outcome::Passed), "{known:?}");
            assert_eq!(known.trust(), Trust::Test, "{format} {choice} {known:?}");
            assert!(known.stamped_at().is_some());
            let unknown = judged(&desk, &signature, CONTENT, None);
            assert_eq!(
                unknown.outcome(CheckName::TimeStamp),
                Some(Outcome::Unknown(Reason::RootNotTrusted))
            );
            others_accept(&desk, format, choice, &signature);
            let asked = authority.asked();
            let last = asked.last().unwrap();
            let token = token(&desk, format, choice, &signature);
            assert!(authority.is_stamp_for(last, &token), "{format} {choice}");
            assert!(!authority.is_stamp_for(&asked[0], &token) || asked.len() == 1);
        }
        assert_eq!(authority.asked().len(), FORMATS.len());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_goes_out_is_a_digest_and_a_number_never_used_before() {
    let authority = Authority::start(Manner::Stamps);
    let desk = desk(&authority).await;
    desk.insert("anna").await;
    let answer = sign(&desk, "xades", r#"{"detached": true}"#).await;
    sign(&desk, "xades", r#"{"detached": true}"#).await;
    let [first, second] = authority.asked().try_into().ok().unwrap();
    let xml = data(&answer["signatures"][0]);
    let examined = examine(&xml, &[("a.pdf", CONTENT)], &roots(&desk), Timestamp::now());
    let stamped = examined.timestamps[0].stamped.clone().unwrap();
    let digest = HashAlgorithm::Sha256.digest(&stamped);
    assert_eq!(first.line, "POST /stamp?policy=1 HTTP/1.1");
    let host = authority.base().replace("http://", "host: ");
    let mut headers = first.headers.clone();
    headers.sort();
    let length = format!("content-length: {}", first.body.len());
    let expected = [
        "connection: close",
        &length,
        "content-type: application/timestamp-query",
        &host,
    ];
    assert_eq!(headers, expected);
    // TimeStampReq (RFC 3161): version, SHA-256, the digest, 16 octets of nonce (17 if the first would be a sign),
    // certReq. There is no room for anything else.
    let at = first.body.windows(32).position(|window| window == digest).unwrap();
    assert!(first.body.len() <= 76, "{}", first.body.len());
    let nonce = |body: &[u8]| body[at + 32..body.len() - 3].to_vec();
    assert_ne!(nonce(&first.body), nonce(&second.body));
}

/// Warnings that the time stamps of `fields` are missing.
fn missing(fields: &[&str]) -> Value {
    let warning = |field: &&str| json!({"code": "time-stamp-missing", "field": field});
    fields.iter().map(warning).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_the_authority_does_the_signature_that_was_paid_for_is_given_out() {
    for manner in [
        Manner::OtherNonce,
        Manner::OtherOctets,
        Manner::Refuses,
        Manner::Babbles,
        Manner::Fails,
        Manner::SendsAway,
        Manner::TooMuch,
        Manner::CutOff,
        Manner::Silent,
    ] {
        let authority = Authority::start(manner);
        let desk = desk(&authority).await;
        desk.insert("claire").await;
        let seen = instructions(&desk);
        for (format, choice) in [FORMATS[0], FORMATS[3], FORMATS[4]] {
            // Each silent authority costs ten seconds, so one format must do.
            if manner == Manner::Silent && format != "cades" {
                continue;
            }
            let answer = sign(&desk, format, choice).await;
            assert_eq!(answer["warnings"], missing(&["signatures[0]"]), "{manner:?} {format}");
            let signature = data(&answer["signatures"][0]);
            let judged = judged(&desk, &signature, CONTENT, Some(&authority));
            assert_eq!(
                judged.outcome(CheckName::TimeStamp),
                Some(Outcome::Unknown(Reason::NotEmbedded)),
                "{manner:?}"
            );
            assert_eq!(judged.trust(), Trust::Test);
            others_accept(&desk, format, choice, &signature);
        }
        let times = if manner == Manner::Silent { 1 } else { 3 };
        assert_eq!(authority.asked().len(), times, "nobody asks twice: {manner:?}");
        assert_eq!(count(&seen, VERIFY), times, "{manner:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_authority_that_is_not_there_or_not_known_or_not_of_now_gives_none() {
    let (authority, stranger) = (Authority::start(Manner::Stamps), Authority::start(Manner::Stamps));
    let gone = Authority::start(Manner::Stamps);
    let gone = (gone.settings_with(&authority.root()), drop(gone)).0;
    let an_hour_on = || Timestamp::now() + SignedDuration::from_hours(1);
    let of_a_stranger = authority.settings_with(&stranger.root());
    for (settings, clock) in [
        (gone, Timestamp::now as fn() -> Timestamp),
        (of_a_stranger, Timestamp::now),
        (authority.settings(), an_hour_on),
    ] {
        let desk = Desk::open_at(Person::Types(TEST_PIN), &settings, clock).await;
        desk.insert("claire").await;
        let answer = sign(&desk, "cades", "{}").await;
        assert_eq!(answer["warnings"], missing(&["signatures[0]"]), "{settings}");
        assert!(desk.is_beside(&data(&answer["signatures"][0]), CONTENT));
    }
    assert_eq!((authority.asked().len(), stranger.asked().len()), (2, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_authority_that_fails_is_not_asked_for_the_rest_of_a_list() {
    let authority = Authority::start(Manner::StampsOnly(1));
    let desk = desk(&authority).await;
    desk.insert("claire").await;
    let answer = call(&desk, "sign", request("cades", "{}", 4)).await.unwrap();
    let expected = missing(&["signatures[1]", "signatures[2]", "signatures[3]"]);
    assert_eq!(answer["warnings"], expected);
    assert_eq!(authority.asked().len(), 2);
    for (at, signature) in answer["signatures"].as_array().unwrap().iter().enumerate() {
        let judged = judged(&desk, &data(signature), CONTENT, Some(&authority));
        assert_eq!(judged.stamped_at().is_some(), at == 0);
        assert_eq!(judged.trust(), Trust::Test);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_asked_who_is_not_named_nor_for_what_is_not_stamped() {
    let authority = Authority::start(Manner::Stamps);
    let roots_only = format!("[trust]\ntimestamp_roots = ['{}']\n", path(&authority.root()));
    let silent = Desk::open_at(Person::Types(TEST_PIN), &roots_only, Timestamp::now).await;
    silent.insert("anna").await;
    for (format, choice) in FORMATS {
        let answer = sign(&silent, format, choice).await;
        assert_eq!(answer["warnings"], json!([]));
    }
    let asking = desk(&authority).await;
    asking.insert("anna").await;
    let digest = json!({"algorithm": "SHA-256", "value": BASE64.encode(HashAlgorithm::Sha256.digest(CONTENT))});
    let document = json!({"name": "a.pdf", "mediaType": "application/pdf", "digest": digest});
    let raw = call(&asking, "sign", json!({"format": "raw", "documents": [document]})).await;
    assert_eq!(raw.unwrap()["warnings"], json!([]));
    let link = json!({"operation": "put", "type": "gpconsultation", "proof": "eidsigning"});
    let link = call(&asking, "therapeutic-link", link).await.unwrap();
    assert_eq!(link["proof"]["type"], "eidsigning");
    // A consent without evidence has no signature that could be stamped.
    let consent = call(&asking, "consent", json!({"operation": "put"})).await;
    consent.unwrap();
    assert!(authority.asked().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn evidence_of_consents_is_stamped_or_says_that_it_is_not() {
    for (manner, stamped) in [(Manner::Stamps, true), (Manner::Fails, false)] {
        let authority = Authority::start(manner);
        let desk = desk(&authority).await;
        desk.insert("anna").await;
        for format in ["cades", "xades", "asice"] {
            let answer = call(&desk, "consent", json!({"operation": "put", "evidence": format}));
            let answer = answer.await.unwrap();
            let warnings = answer["warnings"].as_array().unwrap();
            let said = json!({"code": "time-stamp-missing", "field": "evidence"});
            assert_eq!(warnings.contains(&said), !stamped, "{answer}");
            let content = answer["xml"].as_str().unwrap().as_bytes();
            let judged = judged(&desk, &data(&answer["evidence"]), content, Some(&authority));
            assert_eq!(judged.stamped_at().is_some(), stamped, "{format} {judged:?}");
            assert_eq!(judged.trust(), Trust::Test, "{format} {judged:?}");
        }
        assert_eq!(authority.asked().len(), 3);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn beidctl_believes_authorities_that_are_named_or_configured() {
    let authority = Authority::start(Manner::Stamps);
    let desk = desk(&authority).await;
    desk.insert("anna").await;
    desk.write("a.pdf", CONTENT);
    let said = succeeds(&desk, &["sign", "a.pdf", "--format", "cades"]).await;
    assert!(!said.contains("time-stamp"), "{said}");
    let verify = ["verify", "a.pdf.p7s", "--content", "a.pdf"];
    let page = succeeds(&desk, &verify).await;
    assert!(
        page.contains("? time-stamp                unknown: root-not-trusted"),
        "{page}"
    );
    let root = authority.root();
    let told = succeeds(&desk, &[&verify[..], &["--tsa-root", path(&root)]].concat()).await;
    assert!(
        told.contains("✔ time-stamp                passed") && told.contains("  Stamped at        20"),
        "{told}"
    );
    // Revocation data that is absent is not reported as a fault.
    assert!(told.contains("  - revocation                none\n"), "{told}");
    // Roots in the settings for time stamps serve as well as `--tsa-root`.
    desk.write("tsa.pem", &std::fs::read(&root).unwrap());
    std::fs::create_dir_all(desk.dir.join("beidd")).unwrap();
    let settings = format!("[trust]\ntimestamp_roots = ['{}']\n", path(&root));
    std::fs::write(desk.dir.join("beidd/beidd.toml"), settings).unwrap();
    let configured = succeeds(&desk, &verify).await;
    assert_eq!(configured, told);

    // Without the file, the digest cannot be checked, so the verdict is open although everything else holds.
    let output = run(&desk, &verify[..2]).await;
    assert_eq!(output.status.code(), Some(7));
    let page = words(&stdout(&output));
    for words in [
        "NOT CHECKED: it stands beside what was signed; name that file with --content",
        "? content-digest unknown: content-not-given",
        "✔ chain passed",
        "trust: none",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn beidctl_says_that_a_stamp_is_missing() {
    let authority = Authority::start(Manner::Fails);
    let desk = desk(&authority).await;
    desk.insert("anna").await;
    desk.write("a.pdf", CONTENT);
    let said = succeeds(&desk, &["sign", "a.pdf", "--format", "cades"]).await;
    assert!(
        words(&said).contains("Warning There is no time stamp: the authority could not be reached"),
        "{said}"
    );
    let page = succeeds(&desk, &["verify", "a.pdf.p7s", "--content", "a.pdf"]).await;
    assert!(page.contains("  - time-stamp                none\n"), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn ctrl_c_after_the_pin_waits_for_what_is_signed() {
    // This authority keeps the daemon waiting for ten seconds after the signature has been made.
    let authority = Authority::start(Manner::Silent);
    let desk = desk(&authority).await;
    desk.insert("anna").await;
    desk.write("a.pdf", CONTENT);
    let mut child = beidctl(&desk)
        .args(["sign", "a.pdf"])
        .stderr(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    wait_for("the authority to be asked", || !authority.asked().is_empty()).await;
    let stop = ["-TERM", &child.id().to_string()];
    assert!(Command::new("kill").args(stop).status().unwrap().success());
    let ended = tokio::task::spawn_blocking(move || {
        let mut said = String::new();
        std::io::Read::read_to_string(&mut child.stderr.take().unwrap(), &mut said).unwrap();
        (child.wait().unwrap(), said)
    });
    let (status, said) = ended.await.unwrap();
    assert!(status.success(), "{said}");
    // Whether beidctl has seen the dialog or not: a script can answer before it looks.
    assert!(
        said.contains("waiting for the result, so that it is not lost"),
        "{said}"
    );
    assert!(desk.is_beside(&std::fs::read(desk.dir.join("a.pdf.p7s")).unwrap(), CONTENT));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_daemon_that_is_stopped_hands_over_what_is_signed_without_a_stamp() {
    // This authority keeps the daemon waiting for longer than stopping may take.
    let authority = Authority::start(Manner::Silent);
    let desk = desk(&authority).await;
    desk.insert("anna").await;
    let stopped = async {
        wait_for("the authority to be asked", || !authority.asked().is_empty()).await;
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(3);
        desk.service.wind_up(deadline).await;
        assert!(!desk.service.running.any_committed());
    };
    let (answer, ()) = tokio::join!(sign(&desk, "cades", r#"{"detached": true}"#), stopped);
    assert_eq!(answer["warnings"][0]["code"], "time-stamp-missing");
    assert!(desk.is_beside(&data(&answer["signatures"][0]), CONTENT));
}
