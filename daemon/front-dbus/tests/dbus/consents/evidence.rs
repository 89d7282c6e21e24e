//! Evidence in every format and with every kind of key, as programs of others see it.

use super::*;

/// Checks the consent text in evidence (XML or a container), and its names.
fn check_text(json: &[u8], shown: &str) {
    let text: Value = serde_json::from_slice(json).unwrap();
    let expected = json!({"id": "ehealth-informed-consent", "language": "nl", "version": "2018", "sha256": DIGEST,
                          "plain_text": shown});
    assert_eq!(text, expected);
}

/// Checks with programs of others that evidence is valid, and that it holds nothing but what was shown.
fn check(desk: &Desk, format: &str, evidence: &[u8], request: &str, shown: &str) {
    match format {
        "cades" => {
            assert!(desk.is_beside(evidence, request.as_bytes()));
            assert!(!desk.is_beside(evidence, request.replace("retrospective", "prospective").as_bytes()));
            let hints = judged(desk, evidence, request).content_hints().unwrap().to_owned();
            let expected = format!(
                "consent text ehealth-informed-consent, language nl, version 2018, SHA-256 {}",
                sha256(shown)
            );
            assert_eq!(hints, expected);
        }
        "xades" => {
            assert!(xmlsec1(desk, evidence));
            let xml = String::from_utf8(evidence.to_vec()).unwrap();
            let forged = xml.replace("Ik ga akkoord", "Ik ga niet akkoord");
            assert!(forged != xml && !xmlsec1(desk, forged.as_bytes()));
            let Examined { objects, .. } = examine(evidence, &[], &trust(desk), autumn());
            let [first, second] = objects.as_slice() else {
                panic!("{} objects", objects.len())
            };
            assert_eq!(first.media_type.as_deref(), Some("application/xml"));
            assert_eq!(first.content, request.as_bytes());
            assert_eq!(second.media_type.as_deref(), Some("application/json"));
            check_text(&second.content, shown);
        }
        _ => {
            let (names, folder) = unzipped(desk, evidence);
            let expected = [
                "mimetype",
                "request.xml",
                "consent-text.nl.json",
                "META-INF/manifest.xml",
                "META-INF/signatures001.xml",
            ];
            assert_eq!(names, expected);
            let read = |name: &str| std::fs::read(folder.join(name)).unwrap();
            assert_eq!(read("request.xml"), request.as_bytes());
            check_text(&read("consent-text.nl.json"), shown);
            for name in ["request.xml", "consent-text.nl.json"] {
                desk.write(name, &read(name));
            }
            let signature = read("META-INF/signatures001.xml");
            assert!(xmlsec1(desk, &signature));
            desk.write("consent-text.nl.json", b"{}");
            assert!(!xmlsec1(desk, &signature));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_shown_is_what_is_hashed_and_signed_in_every_format() {
    for citizen in SIGNERS {
        for format in FORMATS {
            let desk = desk(Person::Types(TEST_PIN)).await;
            let id = desk.insert(citizen).await;
            let answer = consent(&desk, json!({"operation": "put", "evidence": format}))
                .await
                .unwrap();
            let pages = pages(&desk);
            let shown = official(&pages, "nl");
            let text = json!({"id": "ehealth-informed-consent", "language": "nl", "version": "2018",
                              "sha256": sha256(&shown)});
            assert_eq!(answer["consentText"], text);
            assert_eq!(sha256(&shown), DIGEST);
            assert_eq!((&answer["cardId"], &answer["simulated"]), (&json!(id), &json!(true)));
            assert_eq!(answer["evidence"]["format"], format);

            // Everything was agreed to before the PIN, which was asked for once and last.
            let asked: Vec<_> = pages.iter().map(|page| page.question.as_str()).collect();
            let (last, before) = asked.split_last().unwrap();
            assert_eq!(*last, "GETPIN");
            assert!(
                before.iter().all(|question| *question == "CONFIRM") && before.len() >= 4,
                "{asked:?}"
            );

            let (evidence, request) = (data(&answer), answer["xml"].as_str().unwrap());
            check(&desk, format, &evidence, request, &shown);
            let verification = judged(&desk, &evidence, request);
            assert_eq!(
                verification.trust().name(),
                "test",
                "{citizen} {format} {verification:?}"
            );
            assert_eq!(verification.outcome(CheckName::SubjectIsPatient), Some(Outcome::Passed));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_summary_is_what_the_request_says() {
    let desk = desk(Person::Types(TEST_PIN)).await;
    desk.insert("anna").await;
    let request = json!({"operation": "put", "evidence": "cades", "signDate": "2026-11-18",
        "author": {"parties": [{"nihii": "29999031", "type": "orgpharmacy", "name": "Apotheek Proef"},
            {"ssin": number_of("claire"), "type": "perspharmacist", "firstName": "Claire", "familyName": "Essai"}]},
        "representative": {"ssin": number_of("bram"), "firstName": "Bram", "familyName": "Voorbeeld",
            "capacity": "administrator"}});
    let answer = consent(&desk, request).await.unwrap();
    let summary = said(&pages(&desk));
    for words in [
        "“desk” asks for your signature",
        "Identity card (eID) of: Anna Petronella Testaert",
        "what: registering the consent to share health data",
        "patient: Anna Petronella Testaert, INSS 85051402418, card number 591000000106",
        "requested by (as stated): “Apotheek Proef”, pharmacy, NIHII 29999031",
        "requested by (as stated): “Claire Essai”, pharmacist",
        "acts for the patient (as stated): “Bram Voorbeeld”, INSS 78110203172, administrator",
        "about: data from before and after the consent",
        "consent given on: 18 November 2026",
        "text: the official text in Dutch, version 2018",
    ] {
        assert!(summary.contains(words), "{words}: {summary}");
    }
    for code in ["69082101287", "perspharmacist", "ehealth-informed-consent"] {
        assert!(!summary.contains(code), "{code}: {summary}");
    }
    let hints = judged(&desk, &data(&answer), answer["xml"].as_str().unwrap());
    let hints = hints.content_hints().unwrap().to_owned();
    let acts = "; for the patient acts \"Bram Voorbeeld\", INSS 78110203172, administrator";
    assert!(hints.ends_with(acts), "{hints}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_cannot_say_more_in_the_content_hints_than_a_name() {
    let desk = desk(Person::Types(TEST_PIN)).await;
    desk.insert("anna").await;
    let named =
        json!({"firstName": "Bram\", mandatary; consent text other", "familyName": "X", "capacity": "mandatary"});
    let request = json!({"operation": "revoke", "evidence": "cades", "representative": named});
    let answer = consent(&desk, request).await.unwrap();
    let hints = judged(&desk, &data(&answer), answer["xml"].as_str().unwrap());
    let whole = r#"for the patient acts "Bram\", mandatary; consent text other X", mandatary"#;
    assert_eq!(hints.content_hints(), Some(whole));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_acts_for_the_patient_lies_in_the_evidence() {
    let capacity = json!({"firstName": "Bram", "familyName": "Voorbeeld", "capacity": "mandatary"});
    for format in ["xades", "asice"] {
        let desk = desk(Person::Types(TEST_PIN)).await;
        desk.insert("claire").await;
        let request = json!({"operation": "put", "evidence": format, "representative": capacity});
        let answer = consent(&desk, request).await.unwrap();
        assert!(warnings(&answer).contains(&"representative not-in-document".to_owned()));
        let evidence = data(&answer);
        let json = if format == "xades" {
            examine(&evidence, &[], &trust(&desk), autumn()).objects[2]
                .content
                .to_vec()
        } else {
            std::fs::read(unzipped(&desk, &evidence).1.join("representative.json")).unwrap()
        };
        assert_eq!(serde_json::from_slice::<Value>(&json).unwrap(), capacity);
        assert!(said(&pages(&desk)).contains("“Bram Voorbeeld”, mandatary"));
        assert_eq!(
            judged(&desk, &evidence, answer["xml"].as_str().unwrap()).trust().name(),
            "test"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_withdrawal_is_signed_without_a_text_and_says_what_it_does() {
    for (citizen, format) in SIGNERS.into_iter().zip(FORMATS) {
        let desk = desk(Person::Types(TEST_PIN)).await;
        desk.insert(citizen).await;
        let request = json!({"operation": "revoke", "evidence": format, "signDate": "2026-01-05"});
        let answer = consent(&desk, request).await.unwrap();
        assert_eq!(answer.get("consentText"), None);
        let pages = pages(&desk);
        let questions: Vec<_> = pages.iter().map(|page| page.question.as_str()).collect();
        assert_eq!(questions.iter().filter(|asked| **asked == "GETPIN").count(), 1);
        assert_eq!(questions.last(), Some(&"GETPIN"));
        let summary = said(&pages);
        for words in [
            "what: withdrawing the consent",
            "consent given on: 5 January 2026",
            "consent withdrawn on: 20 November 2026",
            "A withdrawal counts everywhere in Belgium.",
        ] {
            assert!(summary.contains(words), "{words}: {summary}");
        }
        let (evidence, request) = (data(&answer), answer["xml"].as_str().unwrap());
        assert!(request.contains("RevokePatientConsentRequest"));
        let verification = judged(&desk, &evidence, request);
        assert_eq!(verification.trust().name(), "test", "{verification:?}");
        assert_eq!(verification.content_hints(), None);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn beidctl_and_busctl_have_it_too() {
    let desk = Desk::open(Person::Types(TEST_PIN)).await;
    desk.insert("anna").await;
    for (format, file) in FORMATS.into_iter().zip(["a.p7s", "a.xml", "a.asice"]) {
        let put = [
            "consent",
            "put",
            "--force",
            "--evidence",
            format,
            "--out",
            "request.xml",
            "--evidence-out",
            file,
        ];
        let page = succeeds(&desk, &put).await;
        for words in [
            "Consent request, ready to send",
            "ehealth-informed-consent, nl, version 2018",
            format,
            DIGEST,
        ] {
            assert!(page.contains(words), "{words}: {page}");
        }
        let verify = ["verify", file, "--content", "request.xml"];
        let verified = succeeds(&desk, &verify).await;
        let whole =
            verified.contains("  Covers            the content\n") && verified.starts_with("VALID (test card)\n");
        assert!(whole && !verified.contains('✘'), "{verified}");
        desk.write("other.xml", b"<a/>");
        let other = run(&desk, &["verify", file, "--content", "other.xml"]).await;
        assert_eq!(other.status.code(), Some(1));
        assert!(stdout(&other).contains("✘ content-digest"), "{}", stdout(&other));
    }
    let page = succeeds(&desk, &["consent", "revoke", "--signed", "2026-01-05"]).await;
    assert!(
        page.contains("none: nobody has signed") && page.contains("--out FILE.xml"),
        "{page}"
    );
    for question in ["get", "status"] {
        let page = succeeds(&desk, &["consent", question, "--patient", number_of("claire")]).await;
        assert!(page.contains("Consent request"), "{page}");
    }
    let (code, text) = fails(&desk, &["consent", "put", "--evidence-out", "x"]).await;
    assert!(code == 2 && text.contains("no evidence was asked for"), "{text}");
    let asked = desk.asked_for().len();
    for (format, more, words) in [
        ("asice", ["--out", "request.xml"], "--evidence-out FILE"),
        ("cades", ["--evidence-out", "b.p7s"], "--out FILE.xml"),
    ] {
        let put = [&["consent", "put", "--evidence", format], &more[..]].concat();
        let (code, text) = fails(&desk, &put).await;
        assert!(code == 2 && text.contains(words), "{text}");
    }
    assert_eq!(desk.asked_for().len(), asked, "nobody signs what is not kept");
    let (code, text) = fails(&desk, &["consent", "put", "--patient", number_of("claire")]).await;
    assert!(code == 1 && text.contains("patient-mismatch"), "{text}");

    let arguments = ["a{sv}", "2", "operation", "s", "put", "evidence", "s", "cades"];
    let answer = desk.call("/org/beidd1", "org.beidd1.Manager", "Consent", &arguments);
    let request = answer["xml"].as_str().unwrap();
    assert!(
        desk.is_beside(&data(&answer), request.as_bytes()),
        "{}",
        path(&desk.dir)
    );
}
