//! Revocation data kept with signatures, so that they can be verified without asking issuers.

use super::*;

/// Test PKI whose certificates name `authority` as responder and as place of lists.
fn pki(authority: &Authority) -> TestPki {
    let urls = Urls {
        ocsp: authority.base(),
        crl: authority.base(),
    };
    TestPki::open_with(test_pki_directory(), urls).unwrap()
}

/// A desk that asks issuers, and `authority` for stamps.
async fn asking(authority: &Authority, policy: RevocationPolicy, settings: &str) -> Desk {
    pki(authority)
        .export(&authority.dir, &[Citizen::find("jan").unwrap()])
        .unwrap();
    let there = AllowedUrl::parse(&authority.base()).unwrap();
    let revocation = RevocationSettings {
        policy,
        ocsp_urls: vec![there.clone()],
        crl_urls: vec![there],
        cache: true,
        ..RevocationSettings::default()
    };
    Desk::furnish(DeskSetup {
        pki: pki(authority),
        revocation,
        settings,
        ..DeskSetup::new(Person::Types(TEST_PIN))
    })
    .await
}

fn revocation(judged: &Verification) -> Option<Outcome> {
    judged.outcome(CheckName::Revocation)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_said_of_the_signer_and_the_authorities_is_kept_in_every_format() {
    let authority = Authority::start(Manner::Stamps);
    let desk = asking(&authority, RevocationPolicy::Require, &authority.settings()).await;
    desk.insert("jan").await;
    let mut signatures = Vec::new();
    for (format, choice) in FORMATS {
        let answer = sign(&desk, format, choice).await;
        assert_eq!(answer["warnings"], json!([]));
        signatures.push((format, choice, data(&answer["signatures"][0])));
    }
    // One question about the signer, one list of the root, and a stamp for each signature; answers are cached on disk.
    let asked = authority.asked();
    let of = |what: &str| asked.iter().filter(|one| one.line.contains(what)).count();
    assert_eq!((of("POST /ec-citizen-ca "), of("/stamp")), (1, FORMATS.len()));
    let lines: Vec<_> = asked.iter().map(|one| &one.line).collect();
    assert_eq!(of("GET /ec-root.crl "), 1, "{lines:?}");
    for (format, choice, signature) in &signatures {
        let judged = judged(&desk, signature, CONTENT, Some(&authority));
        assert_eq!(
            revocation(&judged),
            Some(Outcome::Passed),
            "{format} {choice} {judged:?}"
        );
        assert_eq!(judged.outcome(CheckName::TimeStamp), Some(Outcome::Passed));
        assert_eq!(judged.trust(), Trust::Test);
        others_accept(&desk, format, choice, signature);
    }
    assert_eq!(authority.asked().len(), asked.len(), "verifying asks nobody");
    desk.write("a.pdf", CONTENT);
    desk.write("a.p7s", &signatures[0].2);
    let root = authority.root();
    let verify = ["verify", "a.p7s", "--content", "a.pdf", "--tsa-root", path(&root)];
    let page = succeeds(&desk, &verify).await;
    assert!(page.contains("✔ revocation                passed"), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_said_is_kept_without_a_stamp_too_and_of_evidence() {
    let authority = Authority::start(Manner::Stamps);
    let desk = asking(&authority, RevocationPolicy::Soft, "").await;
    desk.insert("jan").await;
    let answer = call(&desk, "consent", json!({"operation": "put", "evidence": "asice"}))
        .await
        .unwrap();
    let content = answer["xml"].as_str().unwrap().as_bytes();
    let judged = judged(&desk, &data(&answer["evidence"]), content, None);
    assert_eq!(revocation(&judged), Some(Outcome::Passed), "{judged:?}");
    assert_eq!(judged.stamped_at(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_kept_where_nobody_was_asked_or_nobody_answered() {
    let authority = Authority::start(Manner::Stamps);
    let off = asking(&authority, RevocationPolicy::Off, "").await;
    let gone = Authority::start(Manner::Stamps);
    let soft = asking(&gone, RevocationPolicy::Soft, "").await;
    drop(gone);
    for desk in [off, soft] {
        desk.insert("jan").await;
        let answer = sign(&desk, "cades", "{}").await;
        let judged = judged(&desk, &data(&answer["signatures"][0]), CONTENT, None);
        assert_eq!(revocation(&judged), Some(Outcome::Unknown(Reason::NotEmbedded)));
        assert_eq!(judged.trust(), Trust::Test);
    }
    assert!(authority.asked().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proof_for_the_platform_stays_as_the_platform_wants_it() {
    let authority = Authority::start(Manner::Stamps);
    let desk = asking(&authority, RevocationPolicy::Require, &authority.settings()).await;
    desk.insert("jan").await;
    let link = json!({"operation": "put", "type": "gpconsultation", "proof": "eidsigning"});
    let link = call(&desk, "therapeutic-link", link).await.unwrap();
    let cms = BASE64.decode(link["proof"]["cms"].as_str().unwrap()).unwrap();
    let judged = verify_with(&cms, &Context::new(&roots(&desk), Timestamp::now()));
    assert_eq!(revocation(&judged), Some(Outcome::Unknown(Reason::NotEmbedded)));
    assert_eq!(
        judged.outcome(CheckName::TimeStamp),
        Some(Outcome::Unknown(Reason::NotEmbedded))
    );
    assert!(!authority.asked().iter().any(|one| one.line.contains("/stamp")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_is_too_long_is_believed_and_not_kept() {
    let authority = Authority::start(Manner::Stamps);
    let desk = asking(&authority, RevocationPolicy::Require, "").await;
    let index = authority.dir.join("ec-root.index.txt");
    let mut lines = std::fs::read_to_string(&index).unwrap();
    for number in 0..2000 {
        lines += &format!("R\t490101000000Z\t260101000000Z\t7F{number:030X}\tunknown\t/CN=gone-{number}\n");
    }
    std::fs::write(index, lines).unwrap();
    desk.insert("jan").await;
    let answer = sign(&desk, "cades", "{}").await;
    let signature = data(&answer["signatures"][0]);
    assert!(signature.len() < 1 << 15, "{}", signature.len());
    // The answer about the signer is embedded; the list that covers the authority was too long.
    let judged = judged(&desk, &signature, CONTENT, None);
    assert_eq!(revocation(&judged), Some(Outcome::Unknown(Reason::OtherCertificate)));
    assert_eq!(judged.trust(), Trust::Test);
}
