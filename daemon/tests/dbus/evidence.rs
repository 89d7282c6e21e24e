//! `beidctl evidence`: records found, shown, exported, verified and purged.

use beid_testkit::daemon::ctl::{fails, json, run, stderr, stdout, succeeds};
use beid_testkit::daemon::{Desk, DeskSetup, Person};
use std::fs;
use std::process::Command;

async fn recording() -> Desk {
    let desk = Desk::furnish(DeskSetup {
        records: true,
        ..DeskSetup::new(Person::Declines)
    });
    let desk = desk.await;
    desk.insert("jan").await;
    desk
}

/// Has a link proved by reading the card; id of its record.
async fn recorded(desk: &Desk, reference: &str) -> String {
    let link = [
        "therlink",
        "put",
        "--type",
        "gpconsultation",
        "--proof",
        "eidreading",
        "--reference",
        reference,
    ];
    let answer = json(desk, &link).await;
    answer.pointer("/evidenceId").unwrap().as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn records_are_listed_and_shown_with_what_was_done() {
    let desk = recording().await;
    assert_eq!(succeeds(&desk, &["evidence", "list"]).await, "No records.\n");
    let id = recorded(&desk, "dossier 1").await;
    recorded(&desk, "dossier 2").await;
    let listed = succeeds(&desk, &["evidence", "list", "--reference", "dossier 1"]).await;
    assert!(
        listed.contains(&id) && listed.contains("a program of this user, reference dossier 1"),
        "{listed}"
    );
    assert_eq!(
        json(&desk, &["evidence", "list"]).await["evidence"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    assert_eq!(
        succeeds(&desk, &["evidence", "list", "--to", "2020-01-01"]).await,
        "No records.\n"
    );
    let shown = succeeds(&desk, &["evidence", "show", &id]).await;
    for part in [
        "therapeutic-link",
        "content           kept",
        "\"requestId\"",
        "\"reader\": \"Simulated reader\"",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    succeeds(&desk, &["evidence", "show", &id, "--out", "content.json"]).await;
    let sum = Command::new("sha256sum")
        .arg(desk.dir.join("content.json"))
        .output()
        .unwrap();
    let header = json(&desk, &["evidence", "show", &id]).await["header"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(header.contains(stdout(&sum).split(' ').next().unwrap()), "{header}");
    let (code, said) = fails(&desk, &["evidence", "show", &"0".repeat(32)]).await;
    assert!(code == 1 && said.contains("[not-found]"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn store_and_export_are_verified_and_the_first_broken_link_is_named() {
    let desk = recording().await;
    for number in 0..3 {
        recorded(&desk, &format!("dossier {number}")).await;
    }
    let said = succeeds(&desk, &["evidence", "verify"]).await;
    assert!(said.contains("INTACT, 3 records"), "{said}");
    succeeds(&desk, &["evidence", "export", "--out", "export.jsonl"]).await;
    // Without a service.
    let verify = async |file: &str, more: &[&str]| {
        let mut command = beid_testkit::daemon::ctl::beidctl(&desk);
        command.env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere");
        command.args(["evidence", "verify", file]).args(more);
        let output = command.output().unwrap();
        (output.status.code(), stdout(&output), stderr(&output))
    };
    let (code, said, _) = verify("export.jsonl", &[]).await;
    assert_eq!(code, Some(0), "{said}");
    let end = said
        .lines()
        .find_map(|line| line.trim().strip_prefix("end to note"))
        .unwrap()
        .trim()
        .to_owned();
    assert_eq!(verify("export.jsonl", &["--noted", &end]).await.0, Some(0));
    let export = fs::read_to_string(desk.dir.join("export.jsonl")).unwrap();
    desk.write("changed.jsonl", export.replacen("Simulated", "simulated", 1).as_bytes());
    let (code, said, _) = verify("changed.jsonl", &[]).await;
    assert!(
        code == Some(1) && said.contains("BROKEN at record 1: its content was changed"),
        "{said}"
    );
    // Cut off together with its head, which only the noted end tells.
    let lines: Vec<_> = export.lines().collect();
    let first_head = lines.iter().position(|line| line.starts_with("{\"head\"")).unwrap();
    desk.write("short.jsonl", (lines[..=first_head].join("\n") + "\n").as_bytes());
    assert_eq!(verify("short.jsonl", &[]).await.0, Some(0));
    let (code, said, _) = verify("short.jsonl", &["--noted", &end]).await;
    assert!(code == Some(1) && said.contains("it is missing"), "{said}");
    desk.write("empty.jsonl", b"");
    let (code, _, said) = verify("empty.jsonl", &[]).await;
    assert!(code == Some(1) && said.contains("no export of evidence"), "{said}");
    assert_eq!(verify("export.jsonl", &["--noted", "7"]).await.0, Some(2));
}

#[tokio::test(flavor = "multi_thread")]
async fn contents_about_a_patient_are_exported_and_dropped() {
    let desk = recording().await;
    let jan = beid_simulator::Citizen::find("jan").unwrap().national_number;
    let id = recorded(&desk, "dossier 1").await;
    let contents = async |name: &str, more: &[&str]| {
        succeeds(&desk, &[&["evidence", "export", "--out", name], more].concat()).await;
        let export = fs::read_to_string(desk.dir.join(name)).unwrap();
        export.matches("\"content\":\"").count()
    };
    assert_eq!(contents("of-jan.jsonl", &["--patient", jan]).await, 1);
    assert_eq!(contents("of-anna.jsonl", &["--patient", "85051402418"]).await, 0);
    assert_eq!(
        run(&desk, &["evidence", "purge", "--patient", jan]).await.status.code(),
        Some(2)
    );
    let said = succeeds(
        &desk,
        &["evidence", "purge", "--patient", jan, "--reason", "the patient asked"],
    )
    .await;
    assert_eq!(said, "One content is dropped; its record stays.\n");
    assert_eq!(contents("after.jsonl", &["--patient", jan]).await, 0);
    let shown = succeeds(&desk, &["evidence", "show", &id]).await;
    assert!(shown.contains("not here: it was dropped"), "{shown}");
    let said = succeeds(&desk, &["evidence", "verify"]).await;
    assert!(said.contains("INTACT, 2 records"), "{said}");
}
