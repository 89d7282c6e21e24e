//! Secrets and personal data that must never be logged.

use super::bench::{Bench, bearer, link};
use beid_api::Scope;
use std::io::Write;
use std::sync::{Arc, Mutex};
use tracing::Level;

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn requests_are_logged_without_tokens_ids_names_or_numbers() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(Level::TRACE)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    // With one subscriber only, tracing would cache for good that nobody wants an event which a thread of another test,
    // without subscriber, is the first to log.
    let _second = tracing::Dispatch::new(tracing::subscriber::NoSubscriber::default());
    let _only_here = tracing::subscriber::set_default(subscriber);
    let bench = Bench::new().await;
    let token = bench.token(Scope::ALL);
    let authorization = bearer(&token);
    let mut secrets = vec![token.clone()];
    for version in ["--http1.1", "--http2"] {
        let identity = bench
            .curl("/v1/cards/current/identity", &[version, "-H", &authorization])
            .await
            .json();
        for member in ["cardId", "familyName", "nationalNumber", "cardNumber"] {
            secrets.push(identity[member].as_str().unwrap().to_owned());
        }
        let by_id = format!("/v1/cards/{}/address", identity["cardId"].as_str().unwrap());
        bench.curl(&by_id, &[version, "-H", &authorization]).await;
        bench
            .post(
                "/v1/therapeutic-links",
                &link("eidreading"),
                &[version, "-H", &authorization],
            )
            .await;
        let secret = serde_json::json!({ "unheard": "VOORBEELD" });
        bench
            .post("/v1/therapeutic-links", &secret, &[version, "-H", &authorization])
            .await;
    }
    secrets.extend(["VOORBEELD".to_owned(), "10012378004".to_owned()]);
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(log.contains("route=\"/v1/cards/{cardId}/address\"") && log.contains("status=200"));
    for secret in secrets {
        assert!(!log.contains(&secret), "{secret} is in the log");
    }
}
