//! Requests that are refused: the member at fault is named, and no card is touched.

use super::*;
use beid_texts::ErrorTexts;

#[tokio::test(flavor = "multi_thread")]
async fn wrong_requests_are_refused_by_the_member_at_fault_before_a_card_is_touched() {
    let desk = Desk::open(Person::Types(TEST_PIN)).await;
    desk.insert("claire").await;
    let seen = instructions(&desk);
    let put = put("eidreading");
    let anna = number_of("anna");
    #[rustfmt::skip] // one row a line
    let rows = [
        (json!({"colour": "red"}), ErrorCode::InvalidRequest, "colour"),
        (json!({"operation": "ask"}), ErrorCode::InvalidRequest, "put-bulk"),
        (json!({"type": null}), ErrorCode::InvalidRequest, "type: is needed"),
        (json!({"type": "gpconsultations"}), ErrorCode::InvalidRequest, "did you mean gpconsultation"),
        (json!({"proof": null}), ErrorCode::InvalidRequest, "proof: is needed"),
        (json!({"proof": "sisreading"}), ErrorCode::ProofNotAllowed, "SIS cards"),
        (json!({"proof": "propagation"}), ErrorCode::ProofNotAllowed, "propagation"),
        (json!({"proof": "eidencoding_nocard", "patient": {"nationalNumber": anna}}), ErrorCode::InvalidRequest, "proofReason"),
        (json!({"proof": "eidencoding_housecall", "proofReason": "at home", "patient": {"nationalNumber": anna}}), ErrorCode::ProofNotAllowed, "eID"),
        (json!({"proof": "isireading", "patient": {"nationalNumber": anna}}), ErrorCode::ProofNotAllowed, "ISI+"),
        (json!({"proof": "isireading"}), ErrorCode::InvalidRequest, "patient.nationalNumber"),
        (json!({"proof": "isireading", "cardId": "current", "patient": {"nationalNumber": anna, "isiCardNumber": "98"}}), ErrorCode::InvalidRequest, "cardId"),
        (json!({"patient": {"cardNumber": "591000000106"}}), ErrorCode::InvalidRequest, "patient.cardNumber"),
        (json!({"patient": {"familyName": "Else"}}), ErrorCode::InvalidRequest, "patient.familyName"),
        (json!({"patient": {"nationalNumber": "85051402419"}}), ErrorCode::InvalidNationalNumber, "check digits"),
        (json!({"proof": "eidsigning", "dialect": "hub"}), ErrorCode::InvalidRequest, "dialect"),
        (json!({"breakTheGlass": "unconscious patient"}), ErrorCode::InvalidRequest, "breakTheGlass"),
        (json!({"dialect": "hub", "breakTheGlass": "short"}), ErrorCode::InvalidRequest, "breakTheGlass"),
        (json!({"dialect": "vitalink"}), ErrorCode::InvalidRequest, "dialect"),
        (json!({"maxRows": 5}), ErrorCode::InvalidRequest, "maxRows: means nothing"),
        (json!({"types": ["gpconsultation"]}), ErrorCode::InvalidRequest, "types: means nothing"),
        (json!({"links": []}), ErrorCode::InvalidRequest, "links: means nothing"),
        (json!({"operation": "has", "type": null}), ErrorCode::InvalidRequest, "proof: means nothing"),
        (json!({"operation": "get", "comment": "x"}), ErrorCode::InvalidRequest, "comment: means nothing"),
        (json!({"operation": "get", "proof": "eidsigning"}), ErrorCode::ProofNotAllowed, "signed"),
        (json!({"operation": "revoke", "situation": "occasional"}), ErrorCode::InvalidRequest, "situation: means nothing"),
        (json!({"operation": "put-bulk"}), ErrorCode::InvalidRequest, "links: must be 1 to 50"),
        (json!({"operation": "put-bulk", "links": vec![json!({}); 51]}), ErrorCode::InvalidRequest, "links: must be 1 to 50"),
        (json!({"operation": "put-bulk", "links": [{}, {"type": "gp"}]}), ErrorCode::InvalidRequest, "links[1].type"),
        (json!({"operation": "put-bulk", "links": [{"colour": 1}]}), ErrorCode::InvalidRequest, "colour"),
        (json!({"representative": {"firstName": "A", "familyName": "B", "capacity": "aunt"}}), ErrorCode::InvalidRequest, "representative.capacity"),
        (json!({"hcParty": {"type": "persphysician", "nihii": "1"}}), ErrorCode::InvalidRequest, "hcParty.nihii"),
        (json!({"author": {"parties": []}}), ErrorCode::InvalidRequest, "author.parties"),
        (json!({"startDate": "20-11-2026"}), ErrorCode::InvalidRequest, "startDate"),
    ];
    for (more, code, said) in rows {
        let request = with(put.clone(), more);
        let error = link(&desk, request.clone()).await.unwrap_err();
        let detail = error.detail(Language::En);
        assert!(
            error.code == code && detail.contains(said),
            "{request}: {:?} {detail}",
            error.code
        );
    }
    assert_eq!(seen.lock().unwrap().len(), 0, "no command was sent");
    assert!(desk.asked_for().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn another_persons_card_proves_nothing() {
    let desk = Desk::open(Person::Types(TEST_PIN)).await;
    desk.insert("claire").await;
    let seen = instructions(&desk);
    for operation in ["put", "revoke"] {
        for proof in ["eidreading", "eidsigning"] {
            let request = with(
                put(proof),
                json!({"operation": operation, "patient": {"nationalNumber": number_of("jan")}}),
            );
            assert_eq!(refusal(link(&desk, request).await), (ErrorCode::PatientMismatch, None));
        }
    }
    let bulk = json!({"operation": "put-bulk", "proof": "eidsigning", "links": [
        {"type": "gpconsultation"}, {"type": "delivery", "patient": {"nationalNumber": number_of("jan")}}]});
    assert_eq!(refusal(link(&desk, bulk).await), (ErrorCode::PatientMismatch, None));
    assert_eq!(count(&seen, VERIFY), 0);
    assert!(desk.asked_for().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_card_proves_is_read_from_none() {
    let desk = Desk::open(Person::Declines).await;
    #[rustfmt::skip] // one row a line
    let rows = [
        (json!({}), ErrorCode::NoCard),
        (json!({"proof": "eidsigning"}), ErrorCode::NoCard),
        (json!({"cardId": "0123456789abcdef0123456789abcdef"}), ErrorCode::NotFound),
    ];
    for (more, code) in rows {
        let request = with(put("eidreading"), more);
        assert_eq!(refusal(link(&desk, request).await), (code, None));
    }
    desk.insert("karel").await;
    assert_eq!(
        refusal(link(&desk, put("eidreading")).await),
        (ErrorCode::CardExpired, None)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn proofs_that_the_settings_exclude_are_refused_before_a_card_is_touched_and_not_offered() {
    let settings = "[policy]\nproofs = ['eidreading', 'eidsigning']";
    let desk = Desk::open_at(Person::Types(TEST_PIN), settings, jiff::Timestamp::now).await;
    desk.insert("claire").await;
    let offered = call(&desk, "list-link-types", json!({})).await.unwrap();
    assert_eq!(offered["proofs"], json!(["eidsigning", "eidreading"]));
    let seen = instructions(&desk);
    let typed = json!({
        "proof": "eidencoding_nocard", "proofReason": "no card",
        "patient": {"nationalNumber": number_of("anna"), "familyName": "Testaert", "givenNames": ["Anna"]},
    });
    let bulk = json!({
        "operation": "put-bulk", "type": null, "proof": null,
        "links": [{"type": "gpconsultation", "proof": "eidreading"}, with(json!({"type": "gpconsultation"}), typed.clone())],
    });
    let asking = with(typed.clone(), json!({"operation": "get", "proofReason": null}));
    for more in [typed.clone(), with(typed, json!({"operation": "revoke"})), bulk, asking] {
        let request = with(put("eidreading"), more);
        let error = link(&desk, request.clone()).await.unwrap_err();
        let detail = error.detail(Language::En);
        assert!(
            error.code == ErrorCode::PolicyDenied && detail.contains("eidencoding_nocard"),
            "{request}: {:?} {detail}",
            error.code
        );
    }
    assert_eq!(seen.lock().unwrap().len(), 0, "no command was sent");
    for proof in ["eidreading", "eidsigning"] {
        let answer = link(&desk, put(proof)).await.unwrap();
        assert_eq!(answer["proof"]["type"], proof);
    }
}
