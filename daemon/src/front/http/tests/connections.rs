//! Who is let in, by which names, and what happens when either side goes.

use super::bench::{Bench, Setup, endless_pinentry, link, until};
use std::process::{Output, Stdio};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::process::Command;
use tokio::time::timeout;

async fn status_at(bench: &Bench, host: &str, arguments: &[&str]) -> Output {
    let url = format!("https://{host}:{}/v1/status", bench.port);
    bench
        .command()
        .arg("-g")
        .args(arguments)
        .arg(url)
        .output()
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn all_three_names_are_certified_for_old_and_new_tls_and_http() {
    let bench = Bench::new().await;
    for host in ["localhost", "127.0.0.1", "[::1]"] {
        for arguments in [["--http1.1", "--tls-max=1.2"], ["--http2", "--tlsv1.3"]] {
            let arguments = arguments[1].split('=').fold(vec![arguments[0]], |mut all, one| {
                all.push(one);
                all
            });
            let output = status_at(&bench, host, &arguments).await;
            let said = String::from_utf8_lossy(&output.stdout).into_owned();
            assert!(
                output.status.success() && said.contains("\"beidd\""),
                "{host} {arguments:?} {output:?}"
            );
            assert_eq!(said.starts_with("HTTP/2 200"), arguments[0] == "--http2", "{said}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_name_is_neither_certified_nor_answered() {
    let bench = Bench::new().await;
    let resolve = format!("other.example:{}:127.0.0.1", bench.port);
    let output = status_at(&bench, "other.example", &["--resolve", &resolve]).await;
    assert_eq!(output.status.code(), Some(60), "no certificate for it");
    for version in ["--http1.1", "--http2"] {
        let output = status_at(&bench, "other.example", &["-k", version, "--resolve", &resolve]).await;
        assert!(
            String::from_utf8_lossy(&output.stdout).contains("wrong-host"),
            "{output:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_tls_nothing_is_said() {
    let bench = Bench::new().await;
    let mut stream = TcpStream::connect(("127.0.0.1", bench.port)).await.unwrap();
    stream
        .write_all(b"GET /v1/status HTTP/1.1\r\nHost: localhost\r\n\r\n")
        .await
        .unwrap();
    let mut said = Vec::new();
    drop(
        timeout(Duration::from_secs(5), stream.read_to_end(&mut said))
            .await
            .unwrap(),
    );
    assert!(!String::from_utf8_lossy(&said).contains("HTTP"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_of_another_user_is_closed_before_tls() {
    let own = crate::process::own_user();
    let pretend = |allow_users| Setup {
        own_user: Some(own + 1),
        allow_users,
        ..Setup::default()
    };
    let closed = Bench::with(pretend(vec![])).await;
    let output = status_at(&closed, "localhost", &[]).await;
    assert!(!output.status.success() && output.stdout.is_empty(), "{output:?}");
    let mut raw = TcpStream::connect(("127.0.0.1", closed.port)).await.unwrap();
    let read = timeout(Duration::from_secs(5), raw.read(&mut [0; 8])).await.unwrap();
    assert!(!matches!(read, Ok(1..)), "closed without a word");
    let open = Bench::with(pretend(vec![own])).await;
    assert!(status_at(&open, "localhost", &[]).await.status.success());
    if own == 0 {
        as_nobody(vec![], false).await;
        as_nobody(vec![65534], true).await;
    }
}

/// A user that really is another: only root can become one.
async fn as_nobody(allow_users: Vec<u32>, let_in: bool) {
    let setup = Setup {
        allow_users,
        ..Setup::default()
    };
    let bench = Bench::with(setup).await;
    let mut command = Command::new("setpriv");
    command.args(["--reuid", "65534", "--regid", "65534", "--clear-groups"]);
    command.args(["curl", "-sS", "-k", "--noproxy", "*"]);
    let output = command.arg(bench.url("/v1/status")).output().await.unwrap();
    assert_eq!(output.status.success(), let_in, "{output:?}");
    assert_eq!(output.stdout.is_empty(), !let_in);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_goes_takes_its_dialog_along() {
    for version in ["--http1.1", "--http2"] {
        let setup = Setup {
            pinentry: Some(endless_pinentry()),
            ..Setup::default()
        };
        let bench = Bench::with(setup).await;
        let authorization = bench.authorization();
        let token = authorization.rsplit(' ').next().unwrap();
        let owner = bench
            .service
            .tokens
            .caller(token, None, jiff::Timestamp::now())
            .unwrap()
            .id;
        let mut events = bench.service.events.listen();
        let mut command = bench.command();
        let body = link("eidsigning").to_string();
        command.args([version, "-H", &authorization, "--json", &body]);
        let child = command
            .arg(bench.url("/v1/therapeutic-links"))
            .stdout(Stdio::null())
            .spawn();
        let id = loop {
            let event = timeout(Duration::from_secs(10), events.next()).await.unwrap().unwrap();
            if let Some(id) = event.ids.get("operationId") {
                break id.as_str().unwrap().to_owned();
            }
        };
        let state = || Some(bench.service.running.view(&id, &owner)?.state.word());
        until("it asks", || (state() == Some("waitingForPin")).then_some(())).await;
        child.unwrap().kill().await.unwrap();
        // Nobody could collect it any more, so it is forgotten.
        until("it is gone", || state().is_none().then_some(())).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn stopping_ends_idle_and_busy_connections() {
    let setup = Setup {
        pinentry: Some(endless_pinentry()),
        ..Setup::default()
    };
    let bench = Bench::with(setup).await;
    let idle = TcpStream::connect(("127.0.0.1", bench.port)).await.unwrap();
    let mut command = bench.command();
    let body = link("eidsigning").to_string();
    command.args(["-H", &bench.authorization(), "--json", &body]);
    let mut busy = command
        .arg(bench.url("/v1/therapeutic-links"))
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    tokio::time::sleep(Duration::from_millis(500)).await;
    bench.stop.cancel();
    // The listener goes with it. (That nobody answers at its port cannot be told: another test may have got it.)
    timeout(Duration::from_secs(20), bench.serving).await.unwrap().unwrap();
    let ended = timeout(Duration::from_secs(5), busy.wait()).await.unwrap().unwrap();
    assert!(!ended.success());
    drop(idle);
}
