//! Websites that ask for access: a person decides, and the page learns how.

use super::bench::{Bench, LISTED, Reply, STRANGER, Setup, bearer, until};
use beid_api::{AnswerForm, OPERATIONS, OperationKey};
use beid_service::Call;
use beid_service::caller::Caller;
use beid_settings::{Pairing, StatusFor};
use beid_testkit::daemon::Person;
use serde_json::{Value, json};

const PATH: &str = "/v1/pairings";

/// A bench whose person gives these answers.
async fn answering(answers: &'static [&'static str]) -> Bench {
    Bench::with(Setup {
        person: Some(Person::Follows(answers)),
        ..Setup::default()
    })
    .await
}

fn from(origin: &str) -> String {
    format!("Origin: {origin}")
}

fn wish(scopes: &[&str]) -> Value {
    json!({ "name": "Desk", "scopes": scopes })
}

/// Asks for access for a page of `origin`.
async fn ask(bench: &Bench, origin: &str) -> Reply {
    bench.post(PATH, &wish(&["readers"]), &["-H", &from(origin)]).await
}

/// Asks how far the request `id` is.
async fn look(bench: &Bench, origin: &str, id: &str) -> Reply {
    bench.curl(&format!("{PATH}/{id}"), &["-H", &from(origin)]).await
}

/// Asks for access, which begins, and returns its id.
async fn begun(bench: &Bench, origin: &str) -> String {
    let reply = ask(bench, origin).await;
    assert_eq!(reply.status, 202, "{reply:?}");
    reply.json()["id"].as_str().unwrap().to_owned()
}

/// Waits for the end of a request, and returns its last state.
async fn ended(bench: &Bench, origin: &str, id: &str) -> Value {
    for _ in 0..250 {
        let seen = look(bench, origin, id).await.json();
        if seen["state"] != "waitingForUser" {
            return seen;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("nobody decides")
}

/// Pairs a page of `origin`, and returns its `Authorization` and id.
async fn paired(bench: &Bench, origin: &str) -> (String, String) {
    let id = begun(bench, origin).await;
    let seen = ended(bench, origin, &id).await;
    assert_eq!(seen["state"], "granted");
    (bearer(seen["token"].as_str().unwrap()), id)
}

/// Calls an operation as a program of the user on the bus does.
pub(super) async fn on_bus(bench: &Bench, key: OperationKey, members: Value) -> Value {
    let row = OPERATIONS.iter().find(|row| row.key == key).unwrap();
    let call = Call {
        members: members.as_object().unwrap().clone(),
        ..Call::default()
    };
    match bench.service.call(row, Caller::on_bus(":1.1", "beidctl"), call).await {
        Ok(AnswerForm::Members(members)) => members,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn page_that_a_person_lets_in_gets_its_token_until_it_uses_it() {
    let bench = answering(&["gateok"]).await;
    let reply = ask(&bench, STRANGER).await;
    let begun = reply.json();
    assert_eq!(reply.header("access-control-allow-origin"), Some(STRANGER));
    assert_eq!((reply.status, &begun["state"]), (202, &json!("waitingForUser")));
    let (id, code) = (begun["id"].as_str().unwrap(), begun["matchCode"].as_str().unwrap());
    assert_eq!(id.len(), 32, "128 bits: {id}");
    assert_eq!(begun.as_object().unwrap().len(), 3, "{begun}");
    assert_eq!(look(&bench, STRANGER, id).await.json(), begun);

    bench.open_gate();
    let granted = ended(&bench, STRANGER, id).await;
    assert_eq!(granted["scopes"], json!(["readers"]));
    assert_eq!(
        look(&bench, STRANGER, id).await.json(),
        granted,
        "an answer may be lost on its way"
    );
    let said = bench.told();
    for words in [
        "The website https://stranger.example",
        "“Desk”",
        &format!("the number {code}"),
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
    let token = bearer(granted["token"].as_str().unwrap());
    let readers = bench.curl("/v1/readers", &["-H", &from(STRANGER), "-H", &token]).await;
    assert_eq!(
        (readers.status, readers.header("access-control-allow-origin")),
        (200, Some(STRANGER))
    );
    let used = look(&bench, STRANGER, id).await.json();
    assert_eq!(
        used,
        json!({ "id": id, "state": "granted" }),
        "the token is told no more"
    );
    let more = bench
        .curl("/v1/cards/current/address", &["-H", &from(STRANGER), "-H", &token])
        .await;
    assert_eq!(more.code(), "scope-missing");
}

#[tokio::test(flavor = "multi_thread")]
async fn token_of_a_page_is_good_for_its_own_origin_only() {
    let bench = answering(&["ok"]).await;
    let (token, id) = paired(&bench, STRANGER).await;
    for (origin, code) in [
        (Some(LISTED), "token-invalid"),
        (Some("https://other.example"), "origin-not-paired"),
        (Some("https://stranger.example:8443"), "origin-not-paired"),
        (Some("http://stranger.example"), "origin-not-paired"),
        (Some("null"), "origin-not-paired"),
        (None, "token-invalid"),
    ] {
        let origin_field = from(origin.unwrap_or_default());
        let with: &[&str] = if origin.is_some() {
            &["-H", &origin_field, "-H", &token]
        } else {
            &["-H", &token]
        };
        assert_eq!(bench.curl("/v1/readers", with).await.code(), code, "{origin:?}");
    }
    for other in [LISTED, "https://other.example"] {
        assert_eq!(look(&bench, other, &id).await.code(), "not-found", "{other}");
    }
    let program = bench.curl(&format!("{PATH}/{id}"), &[]).await;
    assert_eq!(program.code(), "not-found");
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_and_unanswered_requests_end_as_such() {
    for (answer, state) in [("no", "refused"), ("cancel", "refused"), ("timeout", "expired")] {
        let bench = answering(match answer {
            "no" => &["no"],
            "cancel" => &["cancel"],
            _ => &["timeout"],
        })
        .await;
        let id = begun(&bench, STRANGER).await;
        let seen = ended(&bench, STRANGER, &id).await;
        assert_eq!(seen, json!({ "id": id, "state": state }), "{answer}");
        let readers = bench.curl("/v1/readers", &["-H", &from(STRANGER)]).await;
        assert_eq!(readers.code(), "origin-not-paired");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_requests_ask_nobody() {
    let bench = answering(&[]).await;
    #[rustfmt::skip] // one row a line
    let rows = [
        (STRANGER, json!({ "name": " ", "scopes": ["readers"] }), 400, "invalid-request"),
        (STRANGER, json!({ "name": "\u{200B}\u{202E}", "scopes": ["readers"] }), 400, "invalid-request"),
        (STRANGER, json!({ "name": "Desk", "scopes": [] }), 400, "invalid-request"),
        (STRANGER, json!({ "name": "Desk", "scopes": ["everything"] }), 400, "invalid-request"),
        (STRANGER, json!({ "name": "Desk", "scopes": ["readers"], "days": 0 }), 400, "invalid-request"),
        (STRANGER, json!({ "name": "Desk", "scopes": ["readers"], "token": "x" }), 400, "invalid-request"),
        ("null", wish(&["readers"]), 403, "origin-not-paired"),
        ("http://plain.example", wish(&["readers"]), 403, "origin-not-paired"),
        ("https://Stranger.example", wish(&["readers"]), 403, "origin-not-paired"),
        ("https://stranger.example/", wish(&["readers"]), 403, "origin-not-paired"),
        (LISTED, wish(&["identity.full"]), 403, "scope-missing"),
    ];
    for (origin, wish, status, code) in rows {
        let reply = bench.post(PATH, &wish, &["-H", &from(origin)]).await;
        assert_eq!((reply.status, reply.code().as_str()), (status, code), "{origin} {wish}");
    }
    assert_eq!(
        bench.post(PATH, &wish(&["readers"]), &[]).await.code(),
        "origin-not-paired"
    );
    assert!(bench.told().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn one_request_of_a_website_waits_and_one_dialog_is_open() {
    let bench = answering(&["wait"]).await;
    let id = begun(&bench, STRANGER).await;
    let again = ask(&bench, STRANGER).await;
    assert_eq!((again.status, again.code().as_str()), (429, "too-many-requests"));
    assert_eq!(again.header("retry-after"), Some("60"));
    let other = ask(&bench, "https://other.example").await;
    assert_eq!((other.status, other.code().as_str()), (409, "operation-in-progress"));
    // The page goes, and takes its request back: its dialog closes, and the other website is next.
    let path = format!("{PATH}/{id}");
    let others = bench
        .curl(&path, &["-X", "DELETE", "-H", &from("https://other.example")])
        .await;
    assert_eq!(others.code(), "token-missing");
    let withdrawn = bench.curl(&path, &["-X", "DELETE", "-H", &from(STRANGER)]).await;
    assert_eq!(withdrawn.status, 200);
    assert_eq!(look(&bench, STRANGER, &id).await.json()["state"], "expired");
    let mut next = ask(&bench, "https://other.example").await;
    while next.status == 409 {
        next = ask(&bench, "https://other.example").await;
    }
    assert_eq!(next.status, 202, "{next:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_website_that_was_refused_waits_and_three_a_minute_ask() {
    let bench = answering(&["cancel", "cancel", "ok"]).await;
    let refuse = async |origin: &str| {
        let id = begun(&bench, origin).await;
        assert_eq!(ended(&bench, origin, &id).await["state"], "refused");
    };
    refuse(STRANGER).await;
    let soon = ask(&bench, STRANGER).await;
    assert_eq!(
        (soon.code().as_str(), soon.header("retry-after")),
        ("too-many-requests", Some("2"))
    );
    refuse("https://a.example").await;
    paired(&bench, "https://b.example").await;
    let fourth = ask(&bench, "https://c.example").await;
    let seconds: u32 = fourth.header("retry-after").unwrap().parse().unwrap();
    assert!(fourth.status == 429 && (2..=60).contains(&seconds), "{fourth:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_website_that_a_person_never_wants_asks_nobody_again() {
    let bench = answering(&["no"]).await;
    let id = begun(&bench, STRANGER).await;
    assert_eq!(ended(&bench, STRANGER, &id).await["state"], "refused");
    let told = bench.told();
    assert!(
        told.contains("SETNOTOK Never ask again") && told.contains("SETOK Allow"),
        "{told}"
    );
    let refused = ask(&bench, STRANGER).await;
    assert_eq!((refused.status, refused.code().as_str()), (403, "policy-denied"));
    let list = on_bus(&bench, OperationKey::ListPairings, json!({})).await;
    assert_eq!(list["silenced"][0]["caller"], STRANGER);
    assert_eq!(list["silenced"].as_array().unwrap().len(), 1);
    on_bus(&bench, OperationKey::Unsilence, json!({ "caller": STRANGER })).await;
    // The pause after the no is left.
    assert_eq!(ask(&bench, STRANGER).await.code(), "too-many-requests");
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_list_and_end_the_pairings_of_their_own_website() {
    let bench = answering(&["ok", "ok"]).await;
    let (token, id) = paired(&bench, STRANGER).await;
    let (others, other_id) = paired(&bench, "https://other.example").await;
    let list = async |origin: &str, token: &str| bench.curl(PATH, &["-H", &from(origin), "-H", token]).await;
    let own = list(STRANGER, &token).await.json();
    assert_eq!(own.as_object().unwrap().keys().collect::<Vec<_>>(), ["pairings"]);
    let pairing = &own["pairings"][0];
    assert_eq!(
        (&pairing["id"], &pairing["name"], &pairing["ground"]),
        (&json!(id), &json!("Desk"), &json!("confirmed"))
    );
    assert!(pairing["lastUsed"].is_string(), "{pairing}");
    assert_eq!(own["pairings"].as_array().unwrap().len(), 1);
    let program = bench.get(PATH).await.json();
    assert_eq!(program, json!({ "pairings": [] }));
    assert_eq!(list(STRANGER, "X: y").await.code(), "token-missing");

    let end = async |id: &str| {
        let (path, origin) = (format!("{PATH}/{id}"), from(STRANGER));
        bench.curl(&path, &["-X", "DELETE", "-H", &origin, "-H", &token]).await
    };
    assert_eq!(end(&other_id).await.code(), "not-found");
    assert_eq!(end("0").await.code(), "not-found");
    assert_eq!(end(&id).await.status, 200);
    assert_eq!(list(STRANGER, &token).await.code(), "token-invalid");
    assert_eq!(
        bench
            .curl("/v1/readers", &["-H", &from(STRANGER), "-H", &token])
            .await
            .code(),
        "origin-not-paired"
    );
    assert_eq!(list("https://other.example", &others).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_website_is_allowed_and_shut_out_by_the_user() {
    let bench = answering(&["ok"]).await;
    on_bus(
        &bench,
        OperationKey::AllowOrigin,
        json!({ "origin": STRANGER, "scopes": ["readers"] }),
    )
    .await;
    let granted = ask(&bench, STRANGER).await;
    assert_eq!(granted.status, 201, "nobody is asked");
    let token = bearer(granted.json()["token"].as_str().unwrap());
    let (confirmed, _) = paired(&bench, "https://other.example").await;
    let list = on_bus(&bench, OperationKey::ListPairings, json!({})).await;
    let grounds: Vec<_> = list["pairings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["ground"].clone())
        .collect();
    assert_eq!(grounds, ["allowed", "confirmed"]);
    let allowed: Vec<_> = list["allowed"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["ground"].clone())
        .collect();
    assert_eq!(allowed, ["listed", "allowed"]);
    let readers = async |origin: &str, token: &str| {
        let reply = bench.curl("/v1/readers", &["-H", &from(origin), "-H", token]).await;
        reply.status
    };
    assert_eq!(
        (
            readers(STRANGER, &token).await,
            readers("https://other.example", &confirmed).await
        ),
        (200, 200)
    );
    for origin in [STRANGER, "https://other.example"] {
        on_bus(&bench, OperationKey::RevokeOrigin, json!({ "origin": origin })).await;
    }
    assert_eq!(
        (
            readers(STRANGER, &token).await,
            readers("https://other.example", &confirmed).await
        ),
        (403, 403)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn revocation_ends_what_the_page_waits_for_and_its_dialog() {
    let bench = Bench::with(Setup {
        person: Some(Person::Follows(&["wait"])),
        listed: vec![(STRANGER, "pin.manage")],
        ..Setup::default()
    })
    .await;
    let granted = bench
        .post(PATH, &wish(&["pin.manage"]), &["-H", &from(STRANGER)])
        .await
        .json();
    let (token, id) = (bearer(granted["token"].as_str().unwrap()), granted["id"].clone());
    let verify = json!({ "type": "verify" });
    let origin = from(STRANGER);
    let fields = ["-H", &origin, "-H", &token];
    let waiting = bench.post("/v1/cards/current/pin-operations", &verify, &fields);
    let revoked = async {
        until("the dialog", || bench.told().contains("GETPIN").then_some(())).await;
        on_bus(&bench, OperationKey::RevokePairing, json!({ "id": id })).await;
    };
    let (reply, ()) = tokio::join!(waiting, revoked);
    assert_eq!(reply.code(), "user-declined");
}

#[tokio::test(flavor = "multi_thread")]
async fn pairing_outlives_the_daemon_unless_only_listed_websites_may_call() {
    let bench = answering(&["ok"]).await;
    let (token, _) = paired(&bench, STRANGER).await;
    let readers = async |bench: &Bench| {
        let reply = bench.curl("/v1/readers", &["-H", &from(STRANGER), "-H", &token]).await;
        (reply.status, reply.code())
    };
    assert_eq!(readers(&bench).await, (200, String::new()));
    let bench = bench.again(Setup::default()).await;
    assert_eq!(readers(&bench).await, (200, String::new()));
    let only_listed = Setup {
        pairing: Pairing::ListedOnly,
        ..Setup::default()
    };
    let bench = bench.again(only_listed).await;
    assert_eq!(readers(&bench).await, (403, "origin-not-paired".to_owned()));
    let asked = ask(&bench, STRANGER).await;
    assert_eq!((asked.status, asked.code().as_str()), (403, "origin-not-paired"));
    assert_eq!(ask(&bench, LISTED).await.status, 201);
    // It may be listed since, with less than a person agreed to.
    let listed = Setup {
        listed: vec![(STRANGER, "certificates")],
        ..Setup::default()
    };
    let bench = bench.again(listed).await;
    assert_eq!(readers(&bench).await, (403, "scope-missing".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn where_only_listed_pages_learn_of_us_no_other_may_ask() {
    let bench = Bench::with(Setup {
        status: StatusFor::Listed,
        person: Some(Person::Follows(&["ok"])),
        ..Setup::default()
    })
    .await;
    let reply = ask(&bench, STRANGER).await;
    assert_eq!((reply.status, reply.header("access-control-allow-origin")), (403, None));
    assert!(bench.told().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn without_anybody_to_ask_a_request_expires() {
    let bench = Bench::new().await;
    let id = begun(&bench, STRANGER).await;
    assert_eq!(ended(&bench, STRANGER, &id).await["state"], "expired");
}

#[tokio::test(flavor = "multi_thread")]
async fn access_to_one_users_daemon_is_none_to_anothers() {
    let (one, another) = (answering(&["ok"]).await, answering(&[]).await);
    let (token, id) = paired(&one, STRANGER).await;
    assert_eq!(look(&another, STRANGER, &id).await.code(), "not-found");
    let fields = ["-H", &from(STRANGER), "-H", &token].map(str::to_owned);
    let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
    assert_eq!(another.curl("/v1/readers", &fields).await.code(), "origin-not-paired");
    assert_eq!(one.curl("/v1/readers", &fields).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_that_are_read_again_end_the_access_that_they_no_longer_give() {
    let bench = answering(&["ok"]).await;
    let readers = async |origin: &str, token: &str| {
        let reply = bench.curl("/v1/readers", &["-H", &from(origin), "-H", token]).await;
        (
            reply.status,
            if reply.status == 200 {
                String::new()
            } else {
                reply.code()
            },
        )
    };
    let (stranger, _) = paired(&bench, STRANGER).await;
    let listed = ask(&bench, LISTED).await.json()["token"].as_str().unwrap().to_owned();
    let listed = super::bench::bearer(&listed);
    assert_eq!(readers(LISTED, &listed).await.0, 200);
    assert_eq!(readers(STRANGER, &stranger).await.0, 200);
    let with = |change: &dyn Fn(&mut beid_settings::Settings)| {
        let mut config = (*bench.service.config()).clone();
        change(&mut config.settings);
        bench.service.take_settings(config);
    };
    // Listed with less: the token gives no more than that.
    with(&|settings| settings.origin[0].scopes = beid_api::Scopes::parse(["certificates"], "scopes").unwrap());
    assert_eq!(readers(LISTED, &listed).await, (401, "token-invalid".to_owned()));
    // No longer listed, but a person may let it in; the other page has its access from one.
    with(&|settings| settings.origin.clear());
    assert_eq!(readers(LISTED, &listed).await, (403, "origin-not-paired".to_owned()));
    assert_eq!(readers(STRANGER, &stranger).await.0, 200);
    // Nobody is asked any more: kept, but of no use until the settings change again.
    with(&|settings| settings.policy.pairing = Some(beid_settings::Pairing::ListedOnly));
    assert_eq!(
        readers(STRANGER, &stranger).await,
        (403, "origin-not-paired".to_owned())
    );
    let refused = bench
        .service
        .caller(stranger.rsplit(' ').next().unwrap(), Some(STRANGER));
    assert_eq!(refused.unwrap_err().code, beid_api::ErrorCode::OriginNotPaired);
    with(&|settings| settings.policy.pairing = Some(beid_settings::Pairing::Ask));
    assert_eq!(readers(STRANGER, &stranger).await.0, 200);
}
