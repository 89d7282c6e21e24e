//! Replacement of the certificates while the front serves.

use super::bench::Bench;
use beid_api::operations::RotateTlsCertificates;
use beid_api::{AnswerForm, Operation};
use beid_service::Call;
use beid_service::caller::Caller;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::process::Command;
use tokio_rustls::client::TlsStream;

/// Asks for a stage, as a program on the bus would.
async fn stage(bench: &Bench, stage: &str) -> Result<Value, String> {
    let call = Call {
        members: json!({ "stage": stage }).as_object().cloned().unwrap(),
        ..Call::default()
    };
    let caller = Caller::on_bus(":1.1", "test");
    match bench.service.call(RotateTlsCertificates::ROW, caller, call).await {
        Ok(AnswerForm::Members(members)) => Ok(members),
        Ok(other) => panic!("{other:?}"),
        Err(error) => Err(error.code.code().to_owned()),
    }
}

/// Sends a request on an open connection, and returns the first line of the answer.
async fn request(connection: &mut TlsStream<TcpStream>) -> String {
    let head = "GET /v1/status HTTP/1.1\r\nHost: localhost\r\nOrigin: https://a.example\r\n\r\n";
    connection.write_all(head.as_bytes()).await.unwrap();
    let mut answer = vec![0; 4096];
    let read = connection.read(&mut answer).await.unwrap();
    let answer = String::from_utf8_lossy(&answer[..read]).into_owned();
    answer.lines().next().unwrap_or_default().to_owned()
}

/// Exit status of curl with only that authority trusted; 60 if it refuses the certificate.
async fn curl(bench: &Bench, authority: &Value) -> Option<i32> {
    let mut command = Command::new("curl");
    command.args(["-s", "--noproxy", "*", "--max-time", "20", "--cacert"]);
    let done = command
        .arg(authority["file"].as_str().unwrap())
        .arg(bench.url("/v1/status"));
    done.output().await.unwrap().status.code()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_certificate_changes_at_the_switch_and_open_connections_go_on() {
    let bench = Bench::new().await;
    assert_eq!(stage(&bench, "switch").await, Err("not-found".to_owned()));
    assert_eq!(stage(&bench, "begin").await, Err("invalid-request".to_owned()));
    let prepared = stage(&bench, "prepare").await.unwrap();
    assert_eq!(curl(&bench, &prepared["authority"]).await, Some(0));
    assert_eq!(curl(&bench, &prepared["next"]).await, Some(60));
    let mut open = bench.connect(&["http/1.1"]).await;
    let first = request(&mut open).await;
    assert!(first.starts_with("HTTP/1.1 4"), "{first}");

    let switched = stage(&bench, "switch").await.unwrap();
    assert_eq!(switched["authority"]["sha256"], prepared["next"]["sha256"]);
    assert_eq!(switched["previous"]["sha256"], prepared["authority"]["sha256"]);
    assert_eq!(request(&mut open).await, first, "an open connection goes on");
    assert_eq!(curl(&bench, &switched["authority"]).await, Some(0));
    assert_eq!(curl(&bench, &switched["previous"]).await, Some(60));
    let finished = stage(&bench, "finish").await.unwrap();
    assert_eq!(finished, json!({ "authority": switched["authority"] }));
}

#[tokio::test(flavor = "multi_thread")]
async fn rotations_at_once_do_not_mix_their_sets() {
    let bench = Bench::new().await;
    let stages = ["prepare", "switch", "prepare", "finish", "prepare", "switch", "finish"];
    let all = stages.iter().cycle().take(28).map(|one| stage(&bench, one));
    futures_util::future::join_all(all).await;
    let last = stage(&bench, "finish").await.unwrap();
    assert_eq!(curl(&bench, &last["authority"]).await, Some(0));
}
