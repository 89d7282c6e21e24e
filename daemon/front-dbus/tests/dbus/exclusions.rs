//! Therapeutic exclusions, which only citizens can make, each with his own card.

use crate::links::{number_of, validated, with};
use crate::pin::{call, refusal};
use beid_api::{ApiError, ErrorCode};
use beid_testkit::daemon::{Desk, Person};
use beid_texts::{ErrorTexts, Language};
use serde_json::{Value, json};

async fn exclusion(desk: &Desk, members: Value) -> Result<Value, ApiError> {
    call(desk, "therapeutic-exclusion", members).await
}

fn program() -> Value {
    json!({"applicationId": "4711", "type": "application", "name": "My care"})
}

fn request(operation: &str) -> Value {
    json!({
        "operation": operation,
        "author": {"parties": [program()], "patient": {}},
        "hcParty": {"ssin": "85061599888", "type": "persphysician", "firstName": "Testo", "familyName": "ARTS"},
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_citizen_excludes_takes_back_and_asks() {
    let desk = Desk::open(Person::Declines).await;
    let card = desk.insert("jan").await;
    let dates = json!({"begin": "2026-01-01", "end": "2026-06-01"});
    #[rustfmt::skip] // one row a line
    let rows = [
        (request("put"), "PutTherapeuticExclusionRequest"),
        (request("revoke"), "RevokeTherapeuticExclusionRequest"),
        (request("get"), "GetTherapeuticExclusionRequest"),
        (with(request("get"), json!({"hcParty": null})), "GetTherapeuticExclusionRequest"),
        (with(request("history"), dates), "GetTherapeuticExclusionHistoryRequest"),
    ];
    for (request, root) in rows {
        let answer = exclusion(&desk, request.clone()).await.unwrap();
        validated(&desk, &answer, root);
        let xml = answer["xml"].as_str().unwrap();
        assert_eq!(xml.matches(number_of("jan")).count(), 2, "author and patient: {xml}");
        assert_eq!(xml.contains("85061599888"), request["hcParty"].is_object(), "{xml}");
        assert_eq!(answer["cardId"], card.as_str());
    }
    assert!(desk.asked_for().is_empty(), "nothing is signed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parent_excludes_for_a_child() {
    let desk = Desk::open(Person::Declines).await;
    desk.insert("jan").await;
    let jan = json!({"ssin": number_of("jan"), "firstName": "Jan", "familyName": "Proefman", "capacity": "parent"});
    let child = json!({"nationalNumber": number_of("lotte"), "familyName": "Proefkind", "givenNames": ["Lotte"]});
    let for_child = with(request("put"), json!({"patient": child, "representative": jan}));
    let answer = exclusion(&desk, for_child.clone()).await.unwrap();
    validated(&desk, &answer, "PutTherapeuticExclusionRequest");
    let xml = answer["xml"].as_str().unwrap();
    assert_eq!(
        (
            xml.matches(number_of("jan")).count(),
            xml.matches(number_of("lotte")).count()
        ),
        (1, 1)
    );
    let stranger = json!({"ssin": number_of("anna"), "firstName": "A", "familyName": "T", "capacity": "parent"});
    let refused = exclusion(&desk, with(for_child, json!({"representative": stranger}))).await;
    assert_eq!(refusal(refused), (ErrorCode::PatientMismatch, None));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_may_not_and_whatever_cannot_be_is_refused() {
    let desk = Desk::open(Person::Declines).await;
    let put = request("put");
    #[rustfmt::skip] // one row a line
    let rows = [
        // The author is a professional, from the settings or from the request.
        (json!({"author": null}), ErrorCode::InvalidRequest, "author.patient"),
        (json!({"author": {"parties": [{"nihii": "10012378004", "type": "persphysician"}]}}), ErrorCode::InvalidRequest, "author.patient"),
        (json!({"hcParty": null}), ErrorCode::InvalidRequest, "hcParty: is needed"),
        (json!({"begin": "2026-01-01"}), ErrorCode::InvalidRequest, "begin: means nothing"),
        (json!({"dialect": "hub"}), ErrorCode::InvalidRequest, "dialect"),
        (json!({"proof": "eidreading"}), ErrorCode::InvalidRequest, "proof"),
        (json!({}), ErrorCode::NoCard, "card"),
    ];
    for (more, code, said) in rows {
        let request = with(put.clone(), more);
        let error = exclusion(&desk, request.clone()).await.unwrap_err();
        let detail = error.detail(Language::En);
        assert!(
            error.code == code && detail.contains(said),
            "{request}: {:?} {detail}",
            error.code
        );
    }
    desk.insert("jan").await;
    #[rustfmt::skip] // one row a line
    let rows = [
        (json!({"author": {"parties": [program()], "patient": {"nationalNumber": number_of("anna")}}}), ErrorCode::WrongCard, "somebody else"),
        (json!({"patient": {"nationalNumber": number_of("anna")}}), ErrorCode::PatientMismatch, "another person"),
        (json!({"author": {"parties": [{"nihii": "10012378004", "type": "persphysician"}], "patient": {}}}), ErrorCode::InvalidRequest, "author.patient"),
        (json!({"hcParty": {"nihii": "10012378004", "type": "persphysician"}}), ErrorCode::InvalidRequest, "hcParty.ssin"),
        (json!({"operation": "history", "begin": "2026-02-01", "end": "2026-01-01"}), ErrorCode::PeriodNotAllowed, "end"),
    ];
    for (more, code, said) in rows {
        let request = with(put.clone(), more);
        let error = exclusion(&desk, request.clone()).await.unwrap_err();
        let detail = error.detail(Language::En);
        assert!(
            error.code == code && detail.contains(said),
            "{request}: {:?} {detail}",
            error.code
        );
    }
}
