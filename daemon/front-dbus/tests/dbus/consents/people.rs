//! People in a consent: the patient, those who act for a patient, and the holder of the card that signs.

use super::*;

/// A parent with the number of the citizen `of`, as requests name one.
fn parent(of: &str) -> Value {
    json!({"ssin": number_of(of), "firstName": "Anna", "familyName": "Testaert", "capacity": "parent"})
}

/// National number of somebody born since 2000 that begins with `first_nine`.
fn number(first_nine: u64) -> String {
    format!("{first_nine:09}{:02}", 97 - (2_000_000_000 + first_nine) % 97)
}

#[tokio::test(flavor = "multi_thread")]
async fn at_sixteen_patients_consent_alone_and_cannot_sign() {
    let desk = desk(Person::Follows(&[])).await;
    desk.insert("finn").await;
    let seen = instructions(&desk);
    for operation in ["put", "revoke"] {
        for format in FORMATS {
            let outcome = consent(&desk, json!({"operation": operation, "evidence": format})).await;
            let (code, words) = refused(outcome);
            assert_eq!(code, ErrorCode::CertificateMissing);
            assert!(
                words.contains("evidence “none”") && words.contains("signer “provider”"),
                "{words}"
            );
        }
        let answer = consent(&desk, json!({"operation": operation})).await.unwrap();
        assert!(warnings(&answer).contains(&"patient no-signature-certificate".to_owned()));
        assert_eq!((answer.get("evidence"), answer.get("consentText")), (None, None));
        assert!(
            answer["xml"].as_str().unwrap().contains("593000001474"),
            "the card's number"
        );
    }
    assert_eq!(desk.asked_for(), [""; 0]);
    assert_eq!(count(&seen, VERIFY), 0);
    let alone = consent(&desk, json!({"operation": "put", "representative": parent("anna")})).await;
    let (code, words) = refused(alone);
    assert_eq!(code, ErrorCode::InvalidRequest);
    assert!(words.contains("representative.capacity"), "{words}");
}

#[tokio::test(flavor = "multi_thread")]
async fn below_sixteen_somebody_acts_for_the_patient() {
    for child in ["sam", "lotte"] {
        let desk = desk(Person::Follows(&[])).await;
        desk.insert(child).await;
        let (code, words) = refused(consent(&desk, json!({"operation": "put"})).await);
        assert_eq!(code, ErrorCode::InvalidRequest);
        assert!(
            words.contains("representative: is needed for a patient under sixteen"),
            "{words}"
        );
        let by_parent = json!({"operation": "put", "representative": parent("anna")});
        let answer = consent(&desk, by_parent).await.unwrap();
        let xml = answer["xml"].as_str().unwrap();
        assert!(xml.contains("<person>") && xml.contains(number_of("anna")), "{xml}");
        let signed = json!({"operation": "put", "evidence": "cades", "representative": parent("anna")});
        assert_eq!(refused(consent(&desk, signed).await).0, ErrorCode::CertificateMissing);
        assert_eq!(desk.asked_for(), [""; 0]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_card_the_caller_says_who_the_patient_is() {
    let desk = desk(Person::Follows(&[])).await;
    let with = async |patient: Value, representative: Value| {
        let mut request = json!({"operation": "put", "patient": patient});
        if !representative.is_null() {
            request["representative"] = representative;
        }
        consent(&desk, request).await
    };
    // Born three weeks ago: there is no card yet, so nothing is warned about.
    let newborn = number(261_101_002);
    let answer = with(json!({"nationalNumber": newborn}), parent("anna")).await.unwrap();
    assert_eq!((warnings(&answer), answer.get("cardId")), (vec![], None));
    assert_eq!(answer["simulated"], true, "the service has no other cards");
    let child = json!({"nationalNumber": number_of("sam"), "isiCardNumber": "9800000001", "familyName": "Gamin",
                       "givenNames": ["Sam"]});
    let answer = with(child, parent("anna")).await.unwrap();
    assert!(warnings(&answer).contains(&"patient.isiCardNumber isi-card-doubtful".to_owned()));
    let xml = answer["xml"].as_str().unwrap();
    assert!(
        xml.contains("9800000001") && xml.contains("<firstname>Sam</firstname>"),
        "{xml}"
    );
    let adult = json!({"nationalNumber": number_of("anna")});
    let answer = with(adult.clone(), Value::Null).await.unwrap();
    assert_eq!(warnings(&answer), ["patient.cardNumber card-number-missing"]);

    // Nobody signs without a card, and without a card the patient must be named.
    let signed = json!({"operation": "put", "evidence": "cades", "patient": adult});
    assert_eq!(refused(consent(&desk, signed).await).0, ErrorCode::NoCard);
    assert_eq!(
        refused(consent(&desk, json!({"operation": "put"})).await).0,
        ErrorCode::NoCard
    );
    assert_eq!(
        refused(consent(&desk, json!({"operation": "status"})).await).0,
        ErrorCode::NoCard
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_that_is_there_is_read_and_must_be_the_patients() {
    let desk = desk(Person::Follows(&[])).await;
    let id = desk.insert("anna").await;
    let seen = instructions(&desk);
    let about = |citizen: &str| json!({"nationalNumber": number_of(citizen)});
    // A question needs no card, so none is read.
    for operation in ["get", "status"] {
        let answer = consent(&desk, json!({"operation": operation, "patient": about("claire")}))
            .await
            .unwrap();
        assert!(answer["xml"].as_str().unwrap().contains(number_of("claire")));
    }
    assert_eq!(seen.lock().unwrap().len(), 0);
    for operation in ["put", "revoke"] {
        let answer = consent(&desk, json!({"operation": operation, "patient": about("anna")}))
            .await
            .unwrap();
        assert_eq!(answer["cardId"], id);
        assert!(
            answer["xml"].as_str().unwrap().contains("591000000106"),
            "the card's number"
        );
        for card in [Value::Null, json!("current"), json!(id)] {
            let mut request = json!({"operation": operation, "patient": about("claire")});
            if !card.is_null() {
                request["cardId"] = card;
            }
            assert_eq!(refused(consent(&desk, request).await).0, ErrorCode::PatientMismatch);
        }
    }
    let signed = json!({"operation": "put", "evidence": "cades", "patient": about("claire")});
    assert_eq!(refused(consent(&desk, signed).await).0, ErrorCode::PatientMismatch);
    // The caller gives all that a card would tell, so the card in the reader may be somebody else's.
    let told = json!({"nationalNumber": number_of("claire"), "cardNumber": "593000000464"});
    let answer = consent(&desk, json!({"operation": "put", "patient": told}))
        .await
        .unwrap();
    assert_eq!(answer.get("cardId"), None);
    assert_eq!(desk.asked_for(), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_signs_with_a_card_of_his_own_in_a_reader_of_his_own() {
    for (signer, format) in SIGNERS.into_iter().zip(FORMATS) {
        for patient in ["finn", "jan"] {
            let desk = desk(Person::Types(TEST_PIN)).await;
            let patients = desk.insert(patient).await;
            let (_reader, providers) = provider(&desk, signer).await;
            let mut request = json!({"operation": "put", "evidence": format, "signer": "provider",
                                     "author": physician(signer)});
            // Either card may be named; the roles of the readers tell whose each is.
            if patient == "jan" {
                request["cardId"] = json!(if format == "cades" { &patients } else { &providers });
            }
            let answer = consent(&desk, request).await.unwrap();
            assert_eq!(answer["cardId"], patients);
            let xml = answer["xml"].as_str().unwrap();
            assert!(xml.contains(Citizen::find(patient).unwrap().card_number), "{xml}");
            let pages = pages(&desk);
            assert_eq!(sha256(&official(&pages, "nl")), DIGEST);
            let summary = said(&pages);
            for words in [
                &format!("Identity card (eID) of: {}", Citizen::find(signer).unwrap().given_names),
                &format!("patient: {}", Citizen::find(patient).unwrap().given_names),
                "You sign as the care provider, not as the patient.",
            ] {
                assert!(summary.contains(words), "{words}: {summary}");
            }
            let verification = judged(&desk, &data(&answer), xml);
            assert_eq!(verification.trust().name(), "test", "{verification:?}");
            let by_author = Outcome::Unknown(Reason::SignedByAuthor);
            assert_eq!(verification.outcome(CheckName::SubjectIsPatient), Some(by_author));
            let teen = warnings(&answer).contains(&"patient no-signature-certificate".to_owned());
            assert_eq!(teen, patient == "finn");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_acts_for_a_patient_does_not_sign_as_the_patient() {
    let desk = desk(Person::Types(TEST_PIN)).await;
    desk.insert("anna").await;
    let seen = instructions(&desk);
    let program = json!({"parties": [{"applicationId": "4711", "type": "application"}], "patient": {}});
    let mandatary = json!({"ssin": number_of("anna"), "firstName": "Anna", "familyName": "Testaert",
                           "capacity": "mandatary"});
    for patient in [Value::Null, json!({"nationalNumber": number_of("claire")})] {
        for operation in ["put", "revoke"] {
            let mut request = json!({"operation": operation, "author": program, "representative": mandatary,
                                     "evidence": "cades"});
            if !patient.is_null() {
                request["patient"] = patient.clone();
            }
            let (code, words) = refused(consent(&desk, request).await);
            assert_eq!(code, ErrorCode::ProofNotAllowed);
            assert!(words.contains("not the patient's"), "{words}");
        }
    }
    assert_eq!(desk.asked_for(), [""; 0]);
    assert_eq!(seen.lock().unwrap().len(), 0);
    // Without a representative, the holder signs for himself.
    let own = json!({"operation": "put", "author": program, "evidence": "cades"});
    assert!(
        consent(&desk, own).await.unwrap()["xml"]
            .as_str()
            .unwrap()
            .contains(number_of("anna"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_patient_without_a_card_is_shown_as_the_callers_word() {
    let desk = desk(Person::Types(TEST_PIN)).await;
    let (_reader, _) = provider(&desk, "claire").await;
    let newborn = json!({"nationalNumber": number(261_101_002), "familyName": "Proef", "givenNames": "Noor"});
    let request = json!({"operation": "put", "evidence": "cades", "signer": "provider", "patient": newborn,
                         "author": physician("claire"), "representative": parent("anna")});
    let answer = consent(&desk, request).await.unwrap();
    assert_eq!(answer.get("cardId"), None);
    let summary = said(&pages(&desk));
    assert!(summary.contains("patient (as stated): “Noor Proef”, INSS"), "{summary}");
    assert!(
        summary.contains("“Anna Testaert”, INSS 85051402418, parent"),
        "{summary}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_that_is_not_the_providers_does_not_sign() {
    let desk = desk(Person::Follows(&[])).await;
    desk.insert("anna").await;
    let signing =
        |author: Value| json!({"operation": "put", "evidence": "cades", "signer": "provider", "author": author});
    let (code, words) = refused(consent(&desk, signing(physician("claire"))).await);
    assert_eq!(code, ErrorCode::NoReader);
    assert!(words.contains("beidctl readers role ID provider"), "{words}");
    let (reader, _) = provider(&desk, "claire").await;
    // The author is somebody else, or has no number that could be compared with the card's.
    let unnumbered = json!({"parties": [{"nihii": "10012378004", "type": "persphysician", "firstName": "Claire",
                                         "familyName": "Essai-Modèle"}]});
    for author in [physician("jan"), unnumbered] {
        assert_eq!(refused(consent(&desk, signing(author)).await).0, ErrorCode::WrongCard);
    }
    // The patient's own card in the provider's reader, even if the patient is a provider.
    reader.insert(VirtualCard::new(Citizen::find("anna").unwrap(), &desk.pki).unwrap());
    wait_for("the card", || desk.service.registry.provider().is_ok()).await;
    let (code, words) = refused(consent(&desk, signing(physician("anna"))).await);
    assert_eq!(code, ErrorCode::WrongCard);
    assert!(words.contains("not the patient's"), "{words}");
    reader.remove();
    assert_eq!(
        refused(consent(&desk, signing(physician("claire"))).await).0,
        ErrorCode::NoCard
    );
    assert_eq!(desk.asked_for(), [""; 0]);
}
