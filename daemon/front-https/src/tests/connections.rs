//! Connections: the users and names that are admitted, time limits, and the end of either side.

use super::bench::{Bench, ENDLESS, Setup, UNWILLING, link, until};
use crate::body::LARGE_BODIES;
use beid_service::running::OperationState;
use beid_settings::StatusFor;
use serde_json::json;
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
async fn other_sites_pages_in_firefox_are_sent_to_http_1() {
    const FIREFOX: &str = "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0";
    const CHROMIUM: &str = "User-Agent: Mozilla/5.0 (X11; Linux x86_64) Chrome/156.0.0.0 Safari/537.36";
    const PAGE: &str = "Origin: https://a.example";
    let bench = Bench::new().await;
    let rows: [(&[&str], &str); 5] = [
        (&[FIREFOX, PAGE, "Sec-Fetch-Site: cross-site"], "HTTP/1.1 200"),
        (&[FIREFOX, PAGE], "HTTP/1.1 200"),
        (&[FIREFOX, PAGE, "Sec-Fetch-Site: same-origin"], "HTTP/2 200"),
        (&[FIREFOX, "Sec-Fetch-Site: none"], "HTTP/2 200"),
        (&[CHROMIUM, PAGE, "Sec-Fetch-Site: cross-site"], "HTTP/2 200"),
    ];
    for (headers, expected) in rows {
        let headers = headers.iter().flat_map(|header| ["--header", header]);
        let arguments: Vec<&str> = ["--http2"].into_iter().chain(headers).collect();
        let output = status_at(&bench, "localhost", &arguments).await;
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(
            said.contains(expected) && said.contains("\"beidd\""),
            "{arguments:?} {output:?}"
        );
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
async fn without_tls_one_sentence_is_said_or_nothing_to_strangers() {
    for status in [StatusFor::Any, StatusFor::Listed] {
        let setup = Setup {
            status,
            ..Setup::default()
        };
        let bench = Bench::with(setup).await;
        let long = format!("GET / HTTP/1.1\r\nx: {}", "x".repeat(20_000));
        for asked in [
            "GET /v1/status HTTP/1.1\r\nHost: localhost\r\n\r\n",
            "PRI * HTTP/2.0\r\n\r\n",
            &long,
        ] {
            let mut stream = TcpStream::connect(("127.0.0.1", bench.port)).await.unwrap();
            // It may hang up before the end of a request without end.
            drop(stream.write_all(asked.as_bytes()).await);
            let mut said = Vec::new();
            let read = timeout(Duration::from_secs(5), stream.read_to_end(&mut said))
                .await
                .unwrap();
            let said = String::from_utf8_lossy(&said);
            if status == StatusFor::Any && asked.len() < 20_000 {
                assert!(read.is_ok() && said.starts_with("HTTP/1.1 400 "), "{said}");
                assert!(said.ends_with("\r\n\r\nThis port speaks https."), "{said}");
                assert!(
                    said.contains("\r\nContent-Length: 23\r\n") && !said.contains("beidd"),
                    "{said}"
                );
            } else if status == StatusFor::Listed {
                assert!(!said.contains("HTTP"), "{said}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_of_another_user_is_closed_before_tls() {
    let own = beid_host::process::own_user();
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
        for host in ["127.0.0.1", "[::1]"] {
            as_nobody(host, vec![], false).await;
            as_nobody(host, vec![65534], true).await;
        }
    }
}

/// Connects as a user that really is another, if the test runs as root: nobody else can become one.
async fn as_nobody(host: &str, allow_users: Vec<u32>, let_in: bool) {
    let setup = Setup {
        allow_users,
        ..Setup::default()
    };
    let bench = Bench::with(setup).await;
    let mut command = Command::new("setpriv");
    command.args(["--reuid", "65534", "--regid", "65534", "--clear-groups"]);
    command.args(["curl", "-sS", "-k", "--noproxy", "*"]);
    let url = format!("https://{host}:{}/v1/status", bench.port);
    let output = command.arg("-g").arg(url).output().await.unwrap();
    assert_eq!(output.status.success(), let_in, "{output:?}");
    assert_eq!(output.stdout.is_empty(), !let_in);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_goes_takes_its_dialog_along() {
    for version in ["--http1.1", "--http2"] {
        let setup = Setup {
            person: Some(ENDLESS),
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
        let state = || Some(bench.service.running.view(&id, &owner)?.state);
        until("it asks", || {
            (state() == Some(OperationState::WaitingForPin)).then_some(())
        })
        .await;
        child.unwrap().kill().await.unwrap();
        // Nobody could collect it any more, so it is forgotten.
        until("it is gone", || state().is_none().then_some(())).await;
    }
}

/// Completes when the other side has closed the connection; what it sends before is ignored.
async fn hung_up(stream: &mut (impl AsyncReadExt + Unpin)) {
    let mut said = [0; 1024];
    while matches!(stream.read(&mut said).await, Ok(1..)) {}
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_that_say_nothing_or_not_enough_are_hung_up_on() {
    const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
    const PING: &[u8] = b"\0\0\x08\x06\0\0\0\0\0beidbeid";
    let bench = Bench::new().await;
    let mut waiting = tokio::task::JoinSet::new();
    let slow_body = format!(
        "POST /v1/signatures HTTP/1.1\r\nHost: localhost:{}\r\n{}\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n",
        bench.port,
        bench.authorization()
    );
    // Protocol that is agreed, octets that are sent at once, octets that are sent again and again.
    let rows: [(&[&str], &[u8], &[u8]); 7] = [
        (&[], b"", b""),
        (&["http/1.1"], b"", b""),
        (&["h2"], b"", b""),
        (&["h2"], b"PRI * HTTP", b""),
        (&["h2"], PREFACE, PING),
        (
            &["http/1.1"],
            b"GET /v1/status HTTP/1.1\r\nHost: localhost\r\n",
            b"x: y\r\n",
        ),
        (&["http/1.1"], slow_body.as_bytes(), b" "),
    ];
    for (alpn, first, again) in rows {
        let (mut stream, first, again) = (bench.connect(alpn).await, first.to_owned(), again.to_owned());
        let alpn = format!("{alpn:?}");
        waiting.spawn(async move {
            stream.write_all(&first).await.unwrap();
            let (mut heard, mut told) = tokio::io::split(stream);
            let talks = async {
                while told.write_all(&again).await.is_ok() {
                    drop(told.flush().await);
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
                std::future::pending::<()>().await;
            };
            let ends = async {
                tokio::select! { () = hung_up(&mut heard) => {}, () = talks => {} }
            };
            timeout(Duration::from_secs(60), ends)
                .await
                .unwrap_or_else(|_| panic!("still there: {alpn} {}", String::from_utf8_lossy(&first)));
        });
    }
    while let Some(ended) = waiting.join_next().await {
        ended.unwrap();
    }
}

/// One request on a connection that stays open, answered with status 200.
async fn ask(stream: &mut (impl AsyncReadExt + AsyncWriteExt + Unpin), port: u16, authorization: &str) {
    let request = format!("GET /v1/readers HTTP/1.1\r\nHost: localhost:{port}\r\n{authorization}\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut said = vec![0; 64 * 1024];
    let length = timeout(Duration::from_secs(20), stream.read(&mut said))
        .await
        .unwrap()
        .unwrap();
    assert!(said[..length].starts_with(b"HTTP/1.1 200"));
}

#[tokio::test(flavor = "multi_thread")]
async fn any_number_of_silent_connections_locks_nobody_out() {
    let bench = Bench::new().await;
    let authorization = bench.authorization();
    let mut known = bench.connect(&["http/1.1"]).await;
    ask(&mut known, bench.port, &authorization).await;
    let mut silent = Vec::new();
    for number in 0..300 {
        silent.push(TcpStream::connect(("127.0.0.1", bench.port)).await.unwrap());
        if number % 30 == 0 {
            ask(&mut known, bench.port, &authorization).await;
            assert_eq!(bench.get("/v1/readers").await.status, 200, "{number}");
        }
    }
    // The oldest was closed, and the one that had shown a token was not.
    timeout(Duration::from_secs(5), hung_up(&mut silent[0])).await.unwrap();
    ask(&mut known, bench.port, &authorization).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_expects_100_continue_is_told_so_before_its_body_and_refused_without() {
    let bench = Bench::new().await;
    let authorization = bench.authorization();
    for (version, go_on) in [("--http1.1", "HTTP/1.1 100"), ("--http2", "HTTP/2 100")] {
        for (token, told) in [(authorization.as_str(), true), ("X: y", false)] {
            let mut command = bench.command();
            // curl then waits for ever rather than a second.
            command.args([
                version,
                "--expect100-timeout",
                "60",
                "-H",
                "Expect: 100-continue",
                "-H",
                token,
            ]);
            command
                .args(["--json", "{}"])
                .arg(bench.url("/v1/cards/current/verifications"));
            let output = command.output().await.unwrap();
            let said = String::from_utf8_lossy(&output.stdout).into_owned();
            assert_eq!(said.starts_with(go_on), told, "{said}");
            let last = if told { "passed" } else { "token-missing" };
            assert!(output.status.success() && said.contains(last), "{said}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_token_no_body_is_waited_for() {
    let bench = Bench::new().await;
    for body in ["Content-Length: 8000000", "Transfer-Encoding: chunked"] {
        let mut stream = bench.connect(&["http/1.1"]).await;
        let port = bench.port;
        let head = format!(
            "POST /v1/signatures HTTP/1.1\r\nHost: localhost:{port}\r\nContent-Type: application/json\r\n{body}\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut said = Vec::new();
        // Sooner than the time limit for a body; the connection then ends, because what follows is no request.
        let heard = timeout(Duration::from_secs(8), stream.read_to_end(&mut said)).await;
        let said = String::from_utf8_lossy(&said).into_owned();
        assert!(heard.is_ok() && said.contains("token-missing"), "{body}: {said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn large_bodies_are_read_a_few_at_a_time() {
    let bench = Bench::new().await;
    let authorization = bench.authorization();
    let mut slow = Vec::new();
    for _ in 0..LARGE_BODIES.of_a_user {
        let mut stream = bench.connect(&["http/1.1"]).await;
        let port = bench.port;
        let head = format!(
            "POST /v1/signatures HTTP/1.1\r\nHost: localhost:{port}\r\nContent-Type: application/json\r\n{authorization}\r\nExpect: 100-continue\r\nContent-Length: 100000\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut said = [0; 12];
        timeout(Duration::from_secs(5), stream.read_exact(&mut said))
            .await
            .unwrap()
            .unwrap();
        assert_eq!(&said, b"HTTP/1.1 100", "it is being read");
        slow.push(stream);
    }
    let arguments = [
        "-X",
        "POST",
        "-H",
        &authorization,
        "-H",
        "Content-Type: application/json",
    ];
    let ask = async |size: usize| {
        let reply = bench.send("/v1/signatures", &arguments, Some(vec![b' '; size])).await;
        (reply.code(), reply.header("retry-after").map(str::to_owned))
    };
    let (code, wait) = ask(100_000).await;
    assert_eq!((code.as_str(), wait.as_deref()), ("too-many-requests", Some("1")));
    assert_eq!(ask(1_000).await.0, "invalid-request", "what is short finds room");
    drop(slow);
    // There is room again as soon as the daemon notices that they are gone.
    for _ in 0..250 {
        match ask(100_000).await.0.as_str() {
            "too-many-requests" => tokio::time::sleep(Duration::from_millis(20)).await,
            code => return assert_eq!(code, "invalid-request"),
        }
    }
    panic!("no room again");
}

#[tokio::test(flavor = "multi_thread")]
async fn revoking_a_token_ends_what_it_began() {
    let setup = Setup {
        person: Some(ENDLESS),
        ..Setup::default()
    };
    let bench = Bench::with(setup).await;
    let token = bench
        .service
        .tokens
        .create("desk", &beid_api::Scopes::all(), None, jiff::Timestamp::now())
        .unwrap();
    let caller = bench
        .service
        .tokens
        .caller(&token, None, jiff::Timestamp::now())
        .unwrap();
    let fields = ["-H", &super::bench::bearer(&token), "-H", "Prefer: respond-async"];
    let begun = bench.post("/v1/therapeutic-links", &link("eidsigning"), &fields).await;
    let id = begun.json()["id"].as_str().unwrap().to_owned();
    let state = || Some(bench.service.running.view(&id, &caller.id)?.state);
    until("it asks", || {
        (state() == Some(OperationState::WaitingForPin)).then_some(())
    })
    .await;
    let revoke = beid_api::OperationRow::named("revoke-token").unwrap();
    let call = beid_service::Call {
        members: json!({ "name": "desk" }).as_object().cloned().unwrap(),
        ..beid_service::Call::default()
    };
    let person = beid_service::caller::Caller::on_bus(":1.1", "beidctl");
    bench.service.call(revoke, person, call).await.unwrap();
    until("it is over", || {
        (state() == Some(OperationState::Cancelled)).then_some(())
    })
    .await;
    // Nothing new begins with the token, even on a connection on which it was valid before.
    let late = beid_service::Call::default();
    let verify = beid_api::OperationRow::named("therapeutic-link").unwrap();
    let refused = bench.service.call(verify, caller, late).await.unwrap_err();
    assert_eq!(refused.code, beid_api::ErrorCode::TokenInvalid);
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_no_the_next_question_waits_as_long_as_it_is_told() {
    let setup = Setup {
        person: Some(UNWILLING),
        ..Setup::default()
    };
    let bench = Bench::with(setup).await;
    let (one, other) = (bench.authorization(), bench.authorization());
    let ask = async |authorization: &str| {
        let reply = bench
            .post("/v1/therapeutic-links", &link("eidsigning"), &["-H", authorization])
            .await;
        (reply.code(), reply.header("retry-after").map(str::to_owned))
    };
    assert_eq!(ask(&one).await.0, "user-declined");
    let (code, wait) = ask(&one).await;
    assert_eq!((code.as_str(), wait.as_deref()), ("too-many-requests", Some("2")));
    assert_eq!(ask(&other).await.0, "user-declined", "another program is asked for");
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(ask(&one).await.0, "user-declined");
    let (code, wait) = ask(&one).await;
    assert_eq!((code.as_str(), wait.as_deref()), ("too-many-requests", Some("5")));
}

#[tokio::test(flavor = "multi_thread")]
async fn stopping_ends_idle_and_busy_connections() {
    let setup = Setup {
        person: Some(ENDLESS),
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
    // The listener is closed too. (A test cannot show that: its port may already belong to another test.)
    timeout(Duration::from_secs(20), bench.serving).await.unwrap().unwrap();
    let ended = timeout(Duration::from_secs(5), busy.wait()).await.unwrap().unwrap();
    assert!(!ended.success());
    drop(idle);
}
