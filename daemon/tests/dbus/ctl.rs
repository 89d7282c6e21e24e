//! The command line, run as a program against a bus of its own.

use beid_front_https::{Https, HttpsSettings};
use beid_simulator::{Citizen, TestPki, Timing};
use beid_sources::simulated::SimulatedDesk;
use beid_testkit::daemon::ctl::{
    admit_over_https, beidctl, fails, in_terminal, json, over_https, run, stderr, stdout, succeeds,
};
use beid_testkit::daemon::{Desk, Person, wait_for};
use beid_testkit::test_pki_directory;
use serde_json::{Value, json};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

const SIGN: [&str; 6] = ["therlink", "put", "--type", "gpconsultation", "--proof", "eidsigning"];

/// Arguments of [`SIGN`] with a file for the request.
fn kept() -> Vec<&'static str> {
    [&SIGN[..], &["--out", "link.xml"]].concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn identity_is_shown_to_people_and_programs() {
    let desk = Desk::open(Person::Declines).await;
    let id = desk.insert("anna").await;
    let page = succeeds(&desk, &["identity", "--photo", "photo.jpg"]).await;
    for text in [
        "SIMULATED CARD",
        "TESTAERT  Anna Petronella V.",
        "85.05.14-024.18",
        "✔ identity-signature",
        "test card",
    ] {
        assert!(page.contains(text), "{text}: {page}");
    }
    assert!(!page.contains('\x1b'));
    assert_eq!(std::fs::read(desk.dir.join("photo.jpg")).unwrap()[..2], [0xFF, 0xD8]);
    let identity = json(&desk, &["identity", "--card", &id]).await;
    assert_eq!(
        identity["nationalNumber"],
        Citizen::find("anna").unwrap().national_number
    );
    assert_eq!(identity["documentType"]["code"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_reading_is_shown_on_a_terminal_until_it_is_over_and_nowhere_else() {
    let desk = Desk::open(Person::Declines).await;
    for (language, text, title) in [
        ("en", "reading the photo …", "TESTAERT"),
        ("nl", "de foto lezen …", "TESTAERT"),
    ] {
        // Memory of the card ends with its insertion.
        desk.reader.remove();
        desk.insert("anna").await;
        desk.reader.slot().set_timing(Timing::Real);
        let arguments = ["identity", "--photo", "photo.jpg", "--force", "--lang", language];
        let output = in_terminal(&desk, &arguments, text, "").await;
        assert!(output.status.success(), "{}", stderr(&output));
        let screens = stdout(&output);
        let (during, after) = screens.split_once(&"-".repeat(80)).unwrap();
        assert!(during.contains(&format!("beidctl: {text}")), "{during}");
        assert!(
            after.contains(title) && !after.contains(" …") && !after.contains("beidctl:"),
            "{after}"
        );
    }
    // To a pipe, and beside JSON, nothing is shown.
    desk.reader.remove();
    desk.insert("anna").await;
    desk.reader.slot().set_timing(Timing::Real);
    let output = run(&desk, &["identity", "--photo", "other.jpg"]).await;
    assert_eq!((output.status.success(), stderr(&output).as_str()), (true, ""));
    desk.reader.remove();
    desk.insert("anna").await;
    desk.reader.slot().set_timing(Timing::Real);
    let output = in_terminal(&desk, &["certificates", "--json"], "reading", "").await;
    assert!(
        output.status.success() && !stdout(&output).contains("reading"),
        "{}",
        stdout(&output)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn status_readers_address_and_checks() {
    let desk = Desk::open(Person::Declines).await;
    assert!(succeeds(&desk, &["readers"]).await.contains("empty"));
    assert_eq!(json(&desk, &["readers"]).await["readers"][0]["card"], Value::Null);
    let id = desk.insert("claire").await;
    assert!(
        succeeds(&desk, &["readers"])
            .await
            .contains(&format!("ready: Belgian eID 1.8, simulated, card {id}"))
    );
    assert!(succeeds(&desk, &["status"]).await.starts_with("beidd "));
    assert_eq!(json(&desk, &["status"]).await["service"], "beidd");
    assert!(succeeds(&desk, &["address"]).await.contains("Namur"));
    assert_eq!(succeeds(&desk, &["verify-card"]).await.matches('✔').count(), 7);
    assert_eq!(
        json(&desk, &["verify-card"]).await["checks"].as_array().unwrap().len(),
        7
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn proof_is_signed_and_verified_offline() {
    for citizen in ["anna", "nele", "claire"] {
        let desk = Desk::open(Person::Types("1234")).await;
        desk.insert(citizen).await;
        let files = ["--out", "link.xml", "--cms", "link.p7m"];
        let page = succeeds(&desk, &[&SIGN[..], &files].concat()).await;
        assert!(page.contains("eidsigning, signed by the patient"), "{page}");
        desk.stop.cancel();
        for file in ["link.xml", "link.p7m"] {
            let page = succeeds(&desk, &["verify", file]).await;
            assert!(
                page.starts_with("VALID (test card)\n") && !page.contains('✘') && page.contains("✔ chain"),
                "{page}"
            );
        }
        let xml = std::fs::read_to_string(desk.dir.join("link.xml")).unwrap();
        assert!(
            succeeds(&desk, &["verify", "link.xml", "--json"])
                .await
                .contains("\"trust\": \"test\"")
        );

        // The request names another patient's number than the proof.
        let (old, new) = (
            Citizen::find(citizen).unwrap().national_number,
            Citizen::find("bram").unwrap().national_number,
        );
        std::fs::write(desk.dir.join("changed.xml"), xml.replace(old, new)).unwrap();
        let output = run(&desk, &["verify", "changed.xml"]).await;
        assert_eq!(output.status.code(), Some(1));
        assert!(
            stdout(&output).contains("✘ proof-matches-request"),
            "{}",
            stdout(&output)
        );
        assert!(
            stdout(&output).starts_with("INVALID: proof-matches-request\n"),
            "{}",
            stdout(&output)
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn roots_come_from_the_simulator_or_the_command_line() {
    let desk = Desk::open(Person::Types("1234")).await;
    desk.insert("anna").await;
    succeeds(&desk, &[&SIGN[..], &["--out", "link.xml"]].concat()).await;
    let verify = |more: &[&std::ffi::OsStr]| {
        beidctl(&desk)
            .env("XDG_STATE_HOME", &desk.dir)
            .args(["verify", "link.xml"])
            .args(more)
            .output()
            .unwrap()
    };
    let stranger = verify(&[]);
    assert_eq!(stranger.status.code(), Some(7));
    assert!(stdout(&stranger).contains("? chain") && stdout(&stranger).contains("root-not-trusted"));
    let [root, _] = desk.pki.root_paths();
    let told = verify(&["--root".as_ref(), root.as_os_str()]);
    assert!(
        told.status.success() && stdout(&told).starts_with("VALID (test card)\n"),
        "{}",
        stdout(&told)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn reading_proof_has_no_signature_to_check() {
    let desk = Desk::open(Person::Declines).await;
    desk.insert("anna").await;
    let put = [
        "therlink",
        "put",
        "--type",
        "gpconsultation",
        "--proof",
        "eidreading",
        "--out",
        "link.xml",
    ];
    succeeds(&desk, &put).await;
    let output = run(&desk, &["verify", "link.xml"]).await;
    let page = stdout(&output);
    assert_eq!(output.status.code(), Some(6));
    assert!(page.contains("? proof") && page.starts_with("NOT SIGNED"), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn exit_codes_tell_who_or_what_it_was() {
    let desk = Desk::open(Person::Declines).await;
    let (code, text) = fails(&desk, &["identity"]).await;
    assert_eq!(code, 4);
    assert!(
        text.starts_with("beidctl: ") && text.trim_end().ends_with("[no-card]"),
        "{text}"
    );
    let id = desk.insert("anna").await;
    // Nobody is asked to sign a request that would be kept nowhere.
    let (code, text) = fails(&desk, &SIGN).await;
    assert!(code == 2 && text.contains("would be lost"), "{code} {text}");
    assert!(desk.asked_for().is_empty());
    let (code, text) = fails(&desk, &kept()).await;
    assert!(code == 3 && text.contains("[user-declined]"), "{code} {text}");
    let (code, text) = fails(&desk, &[&kept()[..], &["--patient", "78110203172"]].concat()).await;
    assert!(code == 1 && text.contains("[patient-mismatch]"), "{code} {text}");
    assert_eq!(fails(&desk, &["identity", "--colour"]).await.0, 2);
    desk.reader.remove();
    let (code, text) = fails(&desk, &["identity", "--card", &id, "--lang", "nl"]).await;
    assert!(code == 4 && text.contains("[card-removed]"), "{code} {text}");
    assert_ne!(text, fails(&desk, &["identity", "--card", &id]).await.1);
    assert_eq!(fails(&desk, &["verify", "nowhere.xml"]).await.0, 1);
    desk.stop.cancel();
    wait_for("the name to be free", || {
        !desk.busctl(&["status", "org.beidd1"]).status.success()
    })
    .await;
    let (code, text) = fails(&desk, &["status"]).await;
    let next = "Start it: systemctl --user start beidd";
    assert!(
        code == 1 && text.contains("beidd does not run") && text.contains(next),
        "{code} {text}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_pin_exits_with_5() {
    let desk = Desk::open(Person::Types("9999")).await;
    desk.insert("claire").await;
    let (code, text) = fails(&desk, &kept()).await;
    assert!(code == 5 && text.contains("[pin-incorrect]"), "{code} {text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn pin_is_checked_and_changed_over_both_ways() {
    let desk = Desk::open(Person::Follows(&[
        "1234", "1234", "1234", // checked as people read it, and over both ways
        "1234", "567890", "567890", // changed
        "1234",   // wrong now
        "ok",     // no PIN: that is no answer to what is asked
        "9999", "no", "ok", "9999",
    ]))
    .await;
    serve_https(&desk).await;
    let id = desk.insert("claire").await;
    let page = succeeds(&desk, &["pin", "verify"]).await;
    assert!(
        page.contains("SIMULATED CARD") && page.contains("The PIN is right.\nTries left: 3\n"),
        "{page}"
    );
    let here = json(&desk, &["pin", "verify", "--card", &id]).await;
    let there = over_https(&desk, &["pin", "verify", "--json"]).await;
    assert_eq!(
        serde_json::from_slice::<Value>(&there.stdout).unwrap(),
        here,
        "{}",
        stderr(&there)
    );
    assert_eq!(here["cardId"], id.as_str());
    assert!(
        succeeds(&desk, &["pin", "change"])
            .await
            .contains("The PIN is changed.")
    );

    let wrong = over_https(&desk, &["pin", "verify"]).await;
    let text = stderr(&wrong);
    assert!(
        wrong.status.code() == Some(5) && text.contains("You can try 2 more times."),
        "{text}"
    );
    let (code, text) = fails(&desk, &["pin", "change"]).await;
    assert!(
        code == 1 && text.contains("[policy-denied]"),
        "no answer to a PIN dialog: {code} {text}"
    );
    let (code, text) = fails(&desk, &["pin", "verify"]).await;
    assert!(code == 5 && text.contains("You can try once more."), "{code} {text}");
    let (code, text) = fails(&desk, &["pin", "verify"]).await;
    assert!(code == 3 && text.contains("[user-declined]"), "{code} {text}");
    let (code, text) = fails(&desk, &["pin", "verify"]).await;
    assert!(
        code == 1 && text.contains("[too-many-requests]") && text.contains("2 s"),
        "{code} {text}"
    );
    tokio::time::sleep(Duration::from_secs(2)).await;
    let (code, text) = fails(&desk, &["pin", "verify"]).await;
    assert!(code == 5 && text.contains("[pin-blocked]"), "{code} {text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn role_of_a_reader_is_changed_from_the_command_line() {
    let desk = Desk::open(Person::Follows(&["ok", "no"])).await;
    let page = succeeds(&desk, &["readers", "role", "0", "provider"]).await;
    assert_eq!(page, "Simulated reader\n     for the provider's own card\n");
    assert_eq!(json(&desk, &["readers"]).await["readers"][0]["role"], "provider");
    assert_eq!(fails(&desk, &["readers", "role", "0", "default"]).await.0, 3);
    assert_eq!(fails(&desk, &["readers", "role", "0", "doctor"]).await.0, 2);
    let (code, text) = fails(&desk, &["readers", "role", "9", "any"]).await;
    assert!(code == 1 && text.contains("[not-found]"), "{code} {text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn ctrl_c_cancels_and_exits_with_3() {
    let desk = Desk::open(Person::Waits).await;
    desk.insert("anna").await;
    // Not the file `told`, which the pinentry writes at the same time.
    let file = desk.dir.join("stderr");
    let told = || std::fs::read_to_string(&file).unwrap();
    let stderr = Stdio::from(std::fs::File::create(&file).unwrap());
    let mut child = beidctl(&desk).args(kept()).stderr(stderr).spawn().unwrap();
    wait_for("the hint", || told().contains("answer the dialog")).await;
    let kill = ["-INT", &child.id().to_string()];
    assert!(Command::new("kill").args(kill).status().unwrap().success());
    let status = tokio::task::spawn_blocking(move || child.wait().unwrap())
        .await
        .unwrap();
    assert_eq!(status.code(), Some(3), "{}", told());
    assert!(told().contains("[user-declined]"));
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_are_made_listed_and_revoked() {
    let desk = Desk::open(Person::Declines).await;
    let token = succeeds(
        &desk,
        &[
            "token",
            "create",
            "desk",
            "--scope",
            "readers,identity.full",
            "--days",
            "30",
        ],
    )
    .await;
    assert!(token.starts_with("beidd_") && token.lines().count() == 1, "{token}");
    assert!(
        desk.service
            .tokens
            .caller(token.trim(), None, jiff::Timestamp::now())
            .is_ok()
    );
    let list = succeeds(&desk, &["token", "list"]).await;
    assert!(list.contains("desk") && list.contains("identity.full readers") | list.contains("readers identity.full"));
    assert!(!list.contains(token.trim()));
    assert_eq!(succeeds(&desk, &["token", "revoke", "desk"]).await, "");
    let (code, text) = fails(&desk, &["token", "revoke", "desk"]).await;
    assert!(code == 1 && text.contains("[not-found]"));
    let (code, text) = fails(&desk, &["token", "create", "x", "--scope", "everything"]).await;
    assert!(code == 2 && text.contains("identity.full"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn watch_prints_one_line_an_event() {
    let desk = Desk::open(Person::Declines).await;
    let file = desk.dir.join("events");
    let mut child = beidctl(&desk)
        .args(["watch", "--json"])
        .stdout(Stdio::from(std::fs::File::create(&file).unwrap()))
        .spawn()
        .unwrap();
    let lines = || std::fs::read_to_string(&file).unwrap();
    // It is not known when beidctl begins to listen, so cards are put in until it has printed one.
    let mut id = String::new();
    while !lines().contains("card.ready") {
        id = desk.insert("anna").await;
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    wait_for("the last card", || lines().contains(&id)).await;
    let last: Value = serde_json::from_str(lines().lines().last().unwrap()).unwrap();
    assert_eq!(last["data"]["cardId"], id.as_str());
    assert!(last["event"].as_str().unwrap().starts_with("card."));
    desk.stop.cancel();
    let status = tokio::task::spawn_blocking(move || child.wait().unwrap())
        .await
        .unwrap();
    assert_eq!(status.code(), Some(1), "the service has ended");
}

/// Serves HTTPS beside the bus, and writes the two files by which beidctl finds it and is admitted.
pub(crate) async fn serve_https(desk: &Desk) {
    let settings = HttpsSettings {
        port: 0,
        port_is_fixed: true,
        allow_users: Vec::new(),
        tls_directory: desk.dir.join("tls"),
        certificate: None,
    };
    let https = Https::bind(settings).await.unwrap();
    admit_over_https(desk, https.port(), https.ca_certificate()).await;
    tokio::spawn(https.serve(desk.service.clone(), desk.stop.clone()));
}

#[tokio::test(flavor = "multi_thread")]
async fn https_and_the_bus_print_the_same() {
    let desk = Desk::open(Person::Types("1234")).await;
    serve_https(&desk).await;
    assert_eq!(
        serde_json::from_slice::<Value>(&over_https(&desk, &["readers", "--json"]).await.stdout).unwrap(),
        json(&desk, &["readers"]).await
    );
    desk.insert("jan").await;
    for command in [
        "status",
        "readers",
        "identity",
        "address",
        "certificates",
        "verify-card",
    ] {
        let output = over_https(&desk, &[command, "--json"]).await;
        assert!(output.status.success(), "{command}: {}", stderr(&output));
        let mut here: Value = serde_json::from_slice(&output.stdout).unwrap();
        let mut there = json(&desk, &[command]).await;
        without_times(&mut here);
        without_times(&mut there);
        assert_eq!(here, there, "{command}");
    }
    let output = over_https(&desk, &["identity", "--photo", "photo.jpg"]).await;
    assert!(
        stdout(&output).contains("PROEFMAN") && output.status.success(),
        "{}",
        stderr(&output)
    );
    assert_eq!(std::fs::read(desk.dir.join("photo.jpg")).unwrap()[..2], [0xFF, 0xD8]);
    let signed = over_https(&desk, &[&SIGN[..], &["--out", "link.xml"]].concat()).await;
    assert!(signed.status.success(), "{}", stderr(&signed));
    assert!(
        succeeds(&desk, &["verify", "link.xml"])
            .await
            .starts_with("VALID (test card)\n")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn https_refusals_exit_alike_and_strangers_are_not_trusted() {
    let desk = Desk::open(Person::Declines).await;
    serve_https(&desk).await;
    let code = |output: &Output| (output.status.code().unwrap(), stderr(output));
    let (exit, text) = code(&over_https(&desk, &["identity"]).await);
    assert!(exit == 4 && text.contains("[no-card]"), "{text}");
    let (exit, text) = code(&over_https(&desk, &["token", "list"]).await);
    assert!(exit == 2 && text.contains("not on HTTPS"), "{text}");
    let good = std::fs::read_to_string(desk.dir.join("token")).unwrap();
    std::fs::write(desk.dir.join("token"), "beidd_wrong").unwrap();
    let (exit, text) = code(&over_https(&desk, &["readers"]).await);
    assert!(exit == 1 && text.contains("[token-invalid]"), "{text}");
    // Another authority, which is like ours except that it did not sign our certificate.
    std::fs::write(desk.dir.join("token"), good).unwrap();
    let other = Https::bind(HttpsSettings {
        port: 0,
        port_is_fixed: true,
        allow_users: Vec::new(),
        tls_directory: desk.dir.join("other"),
        certificate: None,
    });
    let other = other.await.unwrap();
    let file = desk.dir.join("beidd/https.json");
    let mut found: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    found["caCertificate"] = serde_json::json!(other.ca_certificate());
    std::fs::write(&file, found.to_string()).unwrap();
    let (exit, text) = code(&over_https(&desk, &["readers"]).await);
    assert!(exit == 1 && text.contains("certificate"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn events_come_over_https_too() {
    let desk = Desk::open(Person::Declines).await;
    serve_https(&desk).await;
    let file = desk.dir.join("events");
    let mut child = beidctl(&desk)
        .env("BEIDCTL_TOKEN_FILE", desk.dir.join("token"))
        .args(["watch", "--https"])
        .stdout(Stdio::from(std::fs::File::create(&file).unwrap()))
        .spawn()
        .unwrap();
    let lines = || std::fs::read_to_string(&file).unwrap();
    while !lines().contains("card.ready") {
        desk.insert("anna").await;
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    assert!(
        Command::new("kill")
            .args(["-INT", &child.id().to_string()])
            .status()
            .unwrap()
            .success()
    );
    let status = tokio::task::spawn_blocking(move || child.wait().unwrap())
        .await
        .unwrap();
    assert!(status.success());
}

/// Removes the times at which checks were made, which differ between two calls.
fn without_times(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.remove("checkedAt");
            members.values_mut().for_each(without_times);
        }
        Value::Array(items) => items.iter_mut().for_each(without_times),
        _ => {}
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn simulated_cards_are_moved_where_there_are_no_others() {
    let desk = Desk::open(Person::Declines).await;
    let (code, said) = fails(&desk, &["sim", "insert", "anna"]).await;
    assert!(
        code == 1 && said.contains("policy-denied") && said.contains("--simulate"),
        "{said}"
    );
    let pki = TestPki::open(test_pki_directory()).unwrap();
    let people = ["jan", "claire"].map(str::to_owned);
    let simulated = SimulatedDesk::furnish(&desk.service.registry, pki, &people).unwrap();
    desk.service.simulates(simulated.clone());
    for (arguments, words) in [
        (&["insert", "anna"][..], "reader: has a card already"),
        (&["swap", "claire"], "citizen: has the card in another reader"),
        (&["swap", "nobody"], "citizen: must be one of anna, bram"),
        (&["remove", "--reader", "77"], "not-found"),
    ] {
        let (_, said) = fails(&desk, &[&["sim"], arguments].concat()).await;
        assert!(said.contains(words), "{arguments:?}: {said}");
    }
    let swapped = json(&desk, &["sim", "swap", "anna"]).await;
    assert_eq!(
        (&swapped["name"], &swapped["card"]["status"]),
        (&json!("Simulated reader 1"), &json!("ready"))
    );
    for name in ["Simulated reader 1", "Simulated reader 2"] {
        let removed = json(&desk, &["sim", "remove"]).await;
        assert_eq!((&removed["name"], removed.get("card")), (&json!(name), None));
    }
    let (code, said) = fails(&desk, &["sim", "remove"]).await;
    assert!(code == 4 && said.contains("no-card"), "{said}");
    assert_eq!(json(&desk, &["sim", "insert", "jan"]).await["card"]["status"], "ready");
    assert_eq!(json(&desk, &["identity"]).await["familyName"], "Proefman");
}

#[tokio::test(flavor = "multi_thread")]
async fn simulated_card_that_is_put_in_again_remembers_a_wrong_pin() {
    let desk = Desk::open(Person::Follows(&["9999"])).await;
    let pki = TestPki::open(test_pki_directory()).unwrap();
    let simulated = SimulatedDesk::furnish(&desk.service.registry, pki, &["jan".to_owned()]).unwrap();
    desk.service.simulates(simulated.clone());
    drop(json(&desk, &["sim", "swap", "anna"]).await);
    drop(json(&desk, &["sim", "swap", "jan"]).await);
    let (code, said) = fails(&desk, &["pin", "verify"]).await;
    assert!(code == 5, "{said}");
    drop(json(&desk, &["sim", "remove"]).await);
    drop(json(&desk, &["sim", "insert", "jan"]).await);
    assert_eq!(simulated.tries_left(), [Some(2)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn websites_and_callers_are_allowed_listed_silenced_and_revoked() {
    let desk = Desk::open(Person::Declines).await;
    assert!(
        succeeds(&desk, &["pair", "list"])
            .await
            .starts_with("No website has access")
    );
    let (emr, ads) = ("https://emr.example", "https://ads.example");
    succeeds(&desk, &["pair", "allow", emr, "--scope", "readers,identity.basic"]).await;
    for caller in [ads, "/usr/bin/emr"] {
        succeeds(&desk, &["pair", "silence", caller]).await;
    }
    let page = succeeds(&desk, &["pair", "list"]).await;
    for text in [
        "https://emr.example\n  let in            allowed with beidctl pair allow\n  may have          readers identity.basic",
        "https://ads.example\n  may not ask       until it is taken back",
        "/usr/bin/emr\n",
    ] {
        assert!(page.contains(text), "{text}: {page}");
    }
    succeeds(&desk, &["pair", "revoke", emr]).await;
    succeeds(&desk, &["pair", "unsilence", ads]).await;
    let list = json(&desk, &["pair", "list"]).await;
    assert_eq!((&list["pairings"], &list["allowed"]), (&json!([]), &json!([])));
    assert_eq!(list["silenced"][0]["caller"], "/usr/bin/emr");
    for (arguments, code, words) in [
        (&["pair", "revoke", emr][..], 1, "beidctl pair list"),
        (&["pair", "revoke", "0123"], 1, "beidctl pair list"),
        (&["pair", "unsilence", ads], 1, "is not silenced"),
        (&["pair", "silence", "emr"], 1, "absolute path"),
        (&["pair", "silence", "token:none"], 1, "beidctl token list"),
        (
            &["pair", "allow", "https://EMR.example", "--scope", "readers"],
            2,
            "https://emr.example",
        ),
        (&["pair", "allow", emr], 2, "--scope"),
    ] {
        let output = run(&desk, arguments).await;
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
        assert!(said.contains(words), "{arguments:?}: {said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn where_only_listed_websites_may_call_none_can_be_allowed() {
    let settings =
        "[policy]\npairing = 'listed-only'\n[[origin]]\norigin = 'https://a.example'\nscopes = ['readers']\n";
    let desk = Desk::open_at(Person::Declines, settings, jiff::Timestamp::now).await;
    let allowed = run(&desk, &["pair", "allow", "https://b.example", "--scope", "readers"]).await;
    let said = stderr(&allowed);
    assert!(
        said.contains("[policy-denied]") && said.contains("listed-only"),
        "{said}"
    );
    let list = json(&desk, &["pair", "list"]).await;
    assert_eq!(
        list["allowed"],
        json!([{"origin": "https://a.example", "scopes": ["readers"], "ground": "listed"}])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_support_bundle_is_written_once_a_person_has_seen_it_and_agrees() {
    let desk = Desk::open(Person::Declines).await;
    let file = desk.dir.join("bundle.json");
    for (language, keys, code, is_there) in [("fr", "non", 3, false), ("en", "", 3, false), ("nl", "ja", 1, true)] {
        let arguments = ["doctor", "--bundle", "bundle.json", "--lang", language];
        // An empty answer is a line end.
        let keys = if keys.is_empty() { "\r" } else { keys };
        let output = in_terminal(&desk, &arguments, "/N]", keys).await;
        assert_eq!(output.status.code(), Some(code), "{language}: {}", stdout(&output));
        assert_eq!(file.exists(), is_there, "{language}");
    }
    let bundle: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    assert_eq!(bundle["form"], 1);
}
