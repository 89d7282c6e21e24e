//! Requests that are refused before a card is touched or a person is asked.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn requests_that_make_no_sense_are_refused_by_the_member_at_fault() {
    let desk = desk(Person::Follows(&[])).await;
    desk.insert("claire").await;
    let seen = instructions(&desk);
    #[rustfmt::skip] // one row a line
    let rows = [
        (json!({}), "operation"),
        (json!({"operation": "delete"}), "operation: must be one of put"),
        (json!({"operation": "put", "evidence": "pades"}), "evidence: must be one of none"),
        (json!({"operation": "put", "proof": "eidsigning"}), "proof"),
        (json!({"operation": "put", "type": "retrospectief"}), "retrospective"),
        (json!({"operation": "put", "signDate": "21/11/2026"}), "signDate"),
        (json!({"operation": "put", "dialect": "local"}), "dialect"),
        (json!({"operation": "put", "signer": "provider"}), "signer"),
        (json!({"operation": "put", "textLanguage": "nl"}), "textLanguage"),
        (json!({"operation": "revoke", "evidence": "cades", "textLanguage": "nl"}), "textLanguage"),
        (json!({"operation": "get", "evidence": "cades"}), "evidence"),
        (json!({"operation": "get", "signDate": "2026-11-20"}), "signDate"),
        (json!({"operation": "status", "revokeDate": "2026-11-20"}), "revokeDate"),
        (json!({"operation": "status", "signer": "patient"}), "signer"),
        (json!({"operation": "get", "textLanguage": "nl"}), "textLanguage"),
        (json!({"operation": "put", "evidence": "cades", "textLanguage": "nl\n»"}), "textLanguage"),
        (json!({"operation": "put", "author": {"parties": []}}), "author.parties"),
        (json!({"operation": "put", "patient": {"familyName": "X"}}), "patient.familyName"),
        (json!({"operation": "put", "representative": {"firstName": "A", "familyName": "B", "capacity": "aunt"}}), "representative.capacity"),
    ];
    for (request, words) in rows {
        let (code, said) = refused(consent(&desk, request.clone()).await);
        assert_eq!(code, ErrorCode::InvalidRequest, "{request}");
        assert!(said.contains(words), "{request}: {said}");
    }
    // A wrong value is not repeated in the text: it may be a patient's.
    let number = json!(69_082_101_287_u64);
    for value in [number, json!("69082101287, expected a number"), json!(1.5)] {
        for (request, words) in [
            (
                json!({"operation": "put", "patient": {"nationalNumber": value, "cardNumber": 1}}),
                "Number: must be text",
            ),
            (
                json!({"operation": "put", "patient": value}),
                "patient: must be an object",
            ),
        ] {
            let (code, said) = refused(consent(&desk, request.clone()).await);
            assert_eq!(code, ErrorCode::InvalidRequest, "{request}");
            assert!(
                said.contains(words) && !said.contains("6908") && !said.contains("1.5"),
                "{said}"
            );
        }
    }
    let impossible = json!({"operation": "put", "patient": {"nationalNumber": "69082101288"}});
    assert_eq!(
        refused(consent(&desk, impossible).await).0,
        ErrorCode::InvalidNationalNumber
    );
    assert_eq!(seen.lock().unwrap().len(), 0);

    // These are wrong only because of the day, or of the patient's date of birth.
    #[rustfmt::skip] // one row a line
    let rows = [
        (json!({"operation": "put", "signDate": "2026-11-21"}), ErrorCode::PeriodNotAllowed),
        (json!({"operation": "revoke", "revokeDate": "2026-11-21"}), ErrorCode::PeriodNotAllowed),
        (json!({"operation": "put", "revokeDate": "2026-11-20"}), ErrorCode::InvalidRequest),
        (json!({"operation": "status", "dialect": "hub"}), ErrorCode::InvalidRequest),
    ];
    for (request, code) in rows {
        assert_eq!(refused(consent(&desk, request.clone()).await).0, code, "{request}");
    }
    assert_eq!(desk.asked_for(), [""; 0]);
    assert_eq!(tries(&desk), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn cards_that_are_not_good_give_no_consent() {
    for (citizen, code) in [("karel", ErrorCode::CardExpired), ("odile", ErrorCode::CardExpired)] {
        let desk = desk(Person::Follows(&[])).await;
        desk.insert(citizen).await;
        for evidence in ["none", "cades"] {
            let outcome = consent(&desk, json!({"operation": "put", "evidence": evidence})).await;
            assert_eq!(refused(outcome).0, code, "{citizen} {evidence}");
        }
        assert_eq!(desk.asked_for(), [""; 0]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn hubs_are_told_numbers_and_no_names() {
    let desk = desk(Person::Types(TEST_PIN)).await;
    desk.insert("claire").await;
    for operation in ["put", "revoke"] {
        let request = json!({"operation": operation, "dialect": "hub", "evidence": "cades"});
        let answer = consent(&desk, request).await.unwrap();
        let xml = answer["xml"].as_str().unwrap();
        assert!(
            xml.contains("/hubservices/protocol/v3\"") && !xml.contains("Claire"),
            "{xml}"
        );
        let verification = judged(&desk, &data(&answer), xml);
        assert_eq!(verification.trust().name(), "test", "{verification:?}");
    }
    let answer = consent(&desk, json!({"operation": "get", "dialect": "hub"}))
        .await
        .unwrap();
    assert!(answer["xml"].as_str().unwrap().contains("GetPatientConsentRequest"));
}
