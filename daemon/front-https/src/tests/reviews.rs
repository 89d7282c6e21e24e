//! Files about which a dialog is open: the own page can look at them, nobody else, and no longer than that.

use super::bench::{Bench, Setup, bearer, until};
use super::page::{OWN, session};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use beid_pki::HashAlgorithm;
use beid_testkit::daemon::Person;
use serde_json::{Value, json};

const PATH: &str = "/v1/reviews";

fn request() -> Value {
    let file = |name: &str, content: &[u8]| json!({"name": name, "mediaType": "text/plain", "content": BASE64.encode(content)});
    json!({"format": "cades", "mayLeaveOut": true, "documents": [file("a.txt", b"one"), file("b.txt", b"two")]})
}

async fn bench() -> Bench {
    Bench::with(Setup {
        person: Some(Person::Follows(&["ok", "ok", "gate1234"])),
        ..Setup::default()
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn own_page_looks_at_the_files_of_others_while_the_dialog_is_open() {
    let bench = bench().await;
    let page = session(&bench).await;
    let own = [&OWN[..], &["-H", &page]].concat();
    assert_eq!(bench.curl(PATH, &own).await.json(), json!({"reviews": []}));
    let caller = bench.authorization();
    let (signing, body) = (["-H", &caller], request());
    let signs = bench.post("/v1/signatures", &body, &signing);
    let looks = async {
        let review = loop {
            let reviews = bench.curl(PATH, &own).await.json();
            match reviews["reviews"].as_array().unwrap().as_slice() {
                [review] => break review.clone(),
                _ => tokio::time::sleep(std::time::Duration::from_millis(5)).await,
            }
        };
        assert!(
            review["program"].is_string() && review.get("website").is_none(),
            "{review}"
        );
        let id = review["id"].as_str().unwrap().to_owned();
        for (at, (name, content)) in [("a.txt", "one"), ("b.txt", "two")].into_iter().enumerate() {
            let digest = BASE64.encode(HashAlgorithm::Sha256.digest(content.as_bytes()));
            let expected = json!({
                "number": (at + 1).to_string(), "name": name, "mediaType": "text/plain", "size": content.len(),
                "digest": {"algorithm": "SHA-256", "value": digest},
            });
            assert_eq!(review["documents"][at], expected);
            let path = format!("{PATH}/{id}/documents/{}", at + 1);
            let read = bench.curl(&path, &own).await;
            assert_eq!(read.json(), json!({"content": BASE64.encode(content)}));
            assert_eq!(
                read.header("content-type"),
                Some("application/json"),
                "never as what it says it is"
            );
        }
        for number in ["0", "3", "x", "-1"] {
            let reply = bench.curl(&format!("{PATH}/{id}/documents/{number}"), &own).await;
            assert_eq!(reply.code(), "not-found", "{number}");
        }
        for (who, authorization) in [("its caller", &caller), ("another program", &bench.authorization())] {
            for path in [PATH.to_owned(), format!("{PATH}/{id}/documents/1")] {
                let reply = bench.curl(&path, &["-H", authorization]).await;
                assert_eq!(
                    (reply.status, reply.code().as_str()),
                    (403, "origin-not-paired"),
                    "{who} {path}"
                );
            }
        }
        until("the PIN", || (bench.dialogs() == 1).then_some(())).await;
        assert_eq!(
            bench.curl(PATH, &own).await.json()["reviews"].as_array().unwrap().len(),
            1
        );
        bench.open_gate();
        id
    };
    let (signed, id) = tokio::join!(signs, looks);
    assert_eq!(signed.status, 200, "{signed:?}");
    assert_eq!(bench.curl(PATH, &own).await.json(), json!({"reviews": []}));
    let late = bench.curl(&format!("{PATH}/{id}/documents/1"), &own).await;
    assert_eq!(late.code(), "not-found");
}

#[tokio::test(flavor = "multi_thread")]
async fn page_is_not_shown_what_it_sent_itself_and_another_session_is() {
    let bench = bench().await;
    let (mine, other) = (session(&bench).await, session(&bench).await);
    let count = async |page: &String| {
        let reply = bench.curl(PATH, &[&OWN[..], &["-H", page]].concat()).await;
        reply.json()["reviews"].as_array().unwrap().len()
    };
    let signing = [&OWN[..], &["-H", &mine]].concat();
    let body = request();
    let looks = async {
        until("the PIN", || (bench.dialogs() == 1).then_some(())).await;
        assert_eq!((count(&mine).await, count(&other).await), (0, 1));
        bench.open_gate();
    };
    let (signed, ()) = tokio::join!(bench.post("/v1/signatures", &body, &signing), looks);
    assert_eq!(signed.status, 200, "{signed:?}");
    let nobody = bearer("no-session");
    assert_eq!(bench.curl(PATH, &["-H", &nobody]).await.status, 401);
}
