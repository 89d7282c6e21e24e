//! Answers of operations over HTTPS.

use super::bench::{Bench, LISTED, STRANGER, bearer, link, until};
use beid_api::{OPERATIONS, Scope};
use beid_service::caller::CallerId;
use beid_service::running::OperationState;
use beid_testkit::virtual_card;
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn identity_is_whole_or_basic_by_scope() {
    let bench = Bench::new().await;
    let full = bench.get("/v1/cards/current/identity").await;
    assert_eq!(
        (full.status, full.header("content-type")),
        (200, Some("application/json"))
    );
    let full = full.json();
    assert!(full["nationalNumber"].is_string() && full["simulated"] == true);
    assert_eq!(full["authenticity"]["outcome"], "passed");
    let basic = bearer(&bench.token(&[Scope::IdentityBasic]));
    let basic = bench.curl("/v1/cards/current/identity", &["-H", &basic]).await.json();
    assert_eq!(
        (&basic["familyName"], basic.get("nationalNumber")),
        (&full["familyName"], None)
    );
    let fields = bench.get("/v1/cards/current/identity?fields=familyName%2Cgender").await;
    let mut names: Vec<String> = fields.json().as_object().unwrap().keys().cloned().collect();
    names.sort();
    assert_eq!(names, ["authenticity", "cardId", "familyName", "gender", "simulated"]);
    let unknown = bench.get("/v1/cards/current/identity?fields=shoeSize").await;
    assert_eq!(unknown.code(), "invalid-request");
    let lacking = bearer(&bench.token(&[Scope::IdentityBasic]));
    let lacking = bench.curl("/v1/cards/current/address", &["-H", &lacking]).await;
    assert_eq!(lacking.code(), "scope-missing");
    let detail = lacking.json()["detail"].as_str().unwrap().to_owned();
    assert!(detail.contains("needs the scope identity.full"), "{detail}");
}

#[tokio::test(flavor = "multi_thread")]
async fn whole_of_an_error_is_in_one_language() {
    let bench = Bench::new().await;
    let wrong = json!({ "operation": "put", "type": "gpconsultation", "proof": "eidreading", "startDate": "tomorrow" });
    for (language, detail) in [
        ("nl", "startDate: moet een datum zijn zoals 2026-11-21"),
        ("fr", "startDate : doit être une date comme 2026-11-21"),
        ("de", "startDate: muss ein Datum wie 2026-11-21 sein"),
        ("en", "startDate: must be a date such as 2026-11-21"),
    ] {
        let header = format!("Accept-Language: {language}");
        let mine = bench.authorization();
        let refused = bench
            .post("/v1/therapeutic-links", &link_of(&wrong), &["-H", &mine, "-H", &header])
            .await;
        assert_eq!(refused.json()["detail"], detail);
    }
}

/// A link that could be registered, with these members added or replaced.
fn link_of(members: &Value) -> Value {
    let mut link = link("eidreading");
    link.as_object_mut()
        .unwrap()
        .extend(members.as_object().unwrap().clone());
    link
}

#[tokio::test(flavor = "multi_thread")]
async fn every_card_answer_says_where_it_stays() {
    let bench = Bench::new().await;
    let cards = bench.get("/v1/cards").await.json();
    let id = cards["cards"][0]["id"].as_str().unwrap().to_owned();
    for part in ["", "/identity", "/address", "/summary", "/photo"] {
        let reply = bench.get(&format!("/v1/cards/current{part}")).await;
        assert_eq!(reply.status, 200, "{part}");
        let there = format!("/v1/cards/{id}{part}");
        assert_eq!(reply.header("content-location"), Some(there.as_str()));
        let again = bench.get(&there).await;
        assert_eq!(
            (again.status, again.header("content-location")),
            (200, Some(there.as_str()))
        );
        if part != "/photo" {
            assert_eq!(reply.json()["cardId"], id);
        }
    }
    let path = format!("/v1/cards/{id}/verifications");
    let some = json!({ "checks": ["identity-signature"] });
    let checks = bench.post(&path, &some, &["-H", &bench.authorization()]).await;
    assert_eq!(checks.header("content-location"), Some(path.as_str()));
    assert_eq!(checks.json()["checks"][0]["trust"], "test");
}

#[tokio::test(flavor = "multi_thread")]
async fn photo_is_the_cards_own_bytes() {
    let bench = Bench::new().await;
    let photo = bench.get("/v1/cards/current/photo").await;
    assert_eq!(photo.header("content-type"), Some("image/jpeg"));
    assert!(photo.body.starts_with(&[0xFF, 0xD8]) && photo.body.len() > 500);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removed_card_is_gone_and_another_is_another() {
    let bench = Bench::new().await;
    let first = bench.get("/v1/cards/current/identity").await;
    let old = first.header("content-location").unwrap().to_owned();
    bench.reader.remove();
    let gone = bench.get(&old).await;
    assert_eq!((gone.status, gone.code().as_str()), (410, "card-removed"));
    bench.reader.insert(virtual_card("claire"));
    assert_eq!(bench.get(&old).await.status, 410);
    let second = bench.get("/v1/cards/current/identity").await;
    assert_ne!(second.json()["cardId"], first.json()["cardId"]);
    assert_ne!(second.json()["nationalNumber"], first.json()["nationalNumber"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn respond_async_answers_at_once_and_keeps_the_result_for_its_owner() {
    let bench = Bench::new().await;
    let (mine, others) = (bench.authorization(), bench.authorization());
    let begun = bench
        .post(
            "/v1/therapeutic-links",
            &link("eidreading"),
            &["-H", &mine, "-H", "Prefer: wait=0, respond-async"],
        )
        .await;
    assert_eq!(begun.status, 202);
    assert_eq!(begun.header("preference-applied"), Some("respond-async, wait=0"));
    let location = begun.header("location").unwrap().to_owned();
    assert_eq!(
        location,
        format!("/v1/operations/{}", begun.json()["id"].as_str().unwrap())
    );
    assert_eq!(begun.json()["kind"], "therapeutic-link");
    let done = settled(&bench, &location, &mine).await;
    assert_eq!(done["state"], "succeeded");
    assert_eq!(done["result"]["proof"]["type"], "eidreading");
    let foreign = bench.curl(&location, &["-H", &others]).await;
    assert_eq!((foreign.status, foreign.code().as_str()), (404, "not-found"));
    let plain = bench
        .post("/v1/therapeutic-links", &link("eidreading"), &["-H", &mine])
        .await;
    assert_eq!((plain.status, plain.header("location")), (200, None));
    assert!(
        plain.json()["xml"]
            .as_str()
            .unwrap()
            .contains("PutTherapeuticLinkRequest")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operations_error_is_told_in_the_language_of_who_looks() {
    let bench = Bench::new().await;
    bench.reader.remove();
    let mine = bench.authorization();
    let wish = ["-H", &mine, "-H", "Prefer: respond-async"];
    let begun = bench.post("/v1/therapeutic-links", &link("eidreading"), &wish).await;
    let location = begun.header("location").unwrap().to_owned();
    let failed = settled(&bench, &location, &mine).await;
    assert_eq!(
        (&failed["state"], &failed["error"]["title"]),
        (&json!("failed"), &json!("No card"))
    );
    let french = bench.curl(&location, &["-H", &mine, "-H", "Accept-Language: fr"]).await;
    assert_eq!(french.json()["error"]["title"], "Pas de carte");
    let deleted = bench.curl(&location, &["-H", &mine, "-X", "DELETE"]).await;
    assert_eq!(
        (deleted.status, &deleted.json()["state"]),
        (200, &json!("failed")),
        "what has ended stays so"
    );
}

async fn settled(bench: &Bench, location: &str, authorization: &str) -> Value {
    for _ in 0..100 {
        let operation = bench.curl(location, &["-H", authorization]).await.json();
        if operation.get("result").or(operation.get("error")).is_some() {
            return operation;
        }
    }
    panic!("it never ended");
}

#[tokio::test(flavor = "multi_thread")]
async fn delete_cancels_an_operation() {
    use super::bench::{ENDLESS, Setup};
    let setup = Setup {
        person: Some(ENDLESS),
        ..Setup::default()
    };
    let bench = Bench::with(setup).await;
    let mine = bench.authorization();
    let wish = ["-H", &mine, "-H", "Prefer: respond-async"];
    let begun = bench.post("/v1/therapeutic-links", &link("eidsigning"), &wish).await;
    let location = begun.header("location").unwrap().to_owned();
    let (id, token) = (
        begun.json()["id"].as_str().unwrap().to_owned(),
        mine.rsplit(' ').next().unwrap(),
    );
    let owner = bench
        .service
        .tokens
        .caller(token, None, jiff::Timestamp::now())
        .unwrap()
        .id;
    assert!(matches!(owner, CallerId::Token(_)));
    let state = || Some(bench.service.running.view(&id, &owner)?.state);
    until("it asks", || {
        (state() == Some(OperationState::WaitingForPin)).then_some(())
    })
    .await;
    let cancelled = bench.curl(&location, &["-H", &mine, "-X", "DELETE"]).await;
    assert_eq!(
        (cancelled.status, &cancelled.json()["state"]),
        (200, &json!("cancelled"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn openapi_has_every_route_and_no_dangling_reference() {
    let bench = Bench::new().await;
    let document = bench.curl("/v1/openapi.json", &[]).await;
    assert_eq!(document.status, 200);
    let document = document.json();
    assert_eq!(document["openapi"], "3.1.0");
    let mut described = 0;
    for operation in OPERATIONS {
        let Some(route) = operation.http else { continue };
        let here = &document["paths"][route.path][route.method.to_lowercase()];
        assert_eq!(here["operationId"], operation.name);
        assert_eq!(here["x-scope"], json!(operation.scope.map(|scope| scope.word())));
        assert!(here["responses"][route.status.to_string()].is_object() && here["responses"]["400"].is_object());
        assert_eq!(
            here["responses"]["202"].is_object(),
            operation.long_running || operation.description().begun.is_some()
        );
        assert_eq!(here["requestBody"].is_object(), route.method == "POST");
        described += 1;
    }
    let verbs = document["paths"].as_object().unwrap().values();
    assert_eq!(
        verbs.map(|verbs| verbs.as_object().unwrap().len()).sum::<usize>(),
        described + 2
    );
    let identity = &document["paths"]["/v1/cards/{cardId}/identity"]["get"]["parameters"];
    assert_eq!(
        (&identity[1]["name"], &identity[1]["in"]),
        (&json!("cardId"), &json!("path"))
    );
    assert_eq!(
        (&identity[2]["name"], &identity[2]["in"]),
        (&json!("fields"), &json!("query"))
    );
    let checks = &document["paths"]["/v1/cards/{cardId}/verifications"]["post"]["requestBody"];
    assert_eq!(
        checks["content"]["application/json"]["schema"]["$ref"],
        "#/components/schemas/VerificationsRequest"
    );
    let members = &document["components"]["schemas"]["VerificationsRequest"]["properties"];
    assert!(members["checks"].is_object() && members.get("cardId").is_none());
    let mut references = Vec::new();
    collect(&document, &mut references);
    assert!(references.len() > 20);
    for reference in references {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn openapi_is_for_programs_and_listed_pages_without_a_token() {
    let bench = Bench::new().await;
    let origin = |origin: &str| format!("Origin: {origin}");
    let (listed, stranger) = (origin(LISTED), origin(STRANGER));
    let page = bench.curl("/v1/openapi.json", &["-H", &listed]).await;
    assert_eq!(
        (page.status, page.header("access-control-allow-origin")),
        (200, Some(LISTED))
    );
    let other = bench.curl("/v1/openapi.json", &["-H", &stranger]).await;
    assert_eq!(
        (other.code().as_str(), other.header("access-control-allow-origin")),
        ("origin-not-paired", None)
    );
    let wrong = bench.curl("/v1/openapi.json", &["-H", "Authorization: Bearer x"]).await;
    assert_eq!(wrong.code(), "token-invalid");
    assert_eq!(
        bench.curl("/v1/readers", &["-H", &listed]).await.code(),
        "token-missing"
    );
}

fn collect(value: &Value, references: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            references.extend(members.get("$ref").and_then(Value::as_str).map(str::to_owned));
            members.values().for_each(|member| collect(member, references));
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, references)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
