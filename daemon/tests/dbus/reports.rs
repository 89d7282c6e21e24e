//! `beidctl report`: numbers of what was done, for people and for programs.

use beid_testkit::daemon::ctl::{fails, json, succeeds};
use beid_testkit::daemon::{Desk, DeskSetup, Person};
use jiff::ToSpan;
use jiff::civil::Date;
use std::fs;

#[tokio::test(flavor = "multi_thread")]
async fn a_report_is_printed_and_written_for_programs() {
    let desk = Desk::furnish(DeskSetup {
        records: true,
        settings: "[report]\nstore = 'on'\n",
        ..DeskSetup::new(Person::Declines)
    });
    let desk = desk.await;
    let nothing = succeeds(&desk, &["report", "--from", "2020-01", "--to", "2020-02"]).await;
    assert_eq!(nothing, "Nothing was counted from 2020-01 to 2020-02.\n");
    desk.insert("jan").await;
    for _ in 0..6 {
        json(
            &desk,
            &["therlink", "put", "--type", "gpconsultation", "--proof", "eidreading"],
        )
        .await;
    }
    // The month is not over, so it is told only to who names it.
    let over = json(&desk, &["report"]).await;
    assert_eq!(over["groups"], serde_json::json!([]));
    let last_over: Date = format!("{}-01", over["to"].as_str().unwrap()).parse().unwrap();
    let month = last_over.checked_add(1.month()).unwrap().strftime("%Y-%m").to_string();
    let page = succeeds(&desk, &["report", "--to", &month]).await;
    let lines: Vec<String> = page
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    for expected in ["requests 6", "therapeutic-link 6", "proof eidreading 6", "patients -"] {
        assert!(lines.contains(&expected.to_owned()), "{expected}: {page}");
    }
    assert!(
        lines[0].contains("persphysician") && lines[0].contains("simulated"),
        "{page}"
    );

    let answer = json(&desk, &["report", "--to", &month]).await;
    let file = desk.dir.join("report.json");
    let path = file.to_str().unwrap();
    succeeds(&desk, &["report", "--to", &month, "--out", path]).await;
    let written: serde_json::Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    assert_eq!(written, answer);
    let (code, said) = fails(&desk, &["report", "--out", path]).await;
    assert!(code == 1 && said.contains("--force"), "{code} {said}");

    let csv = succeeds(&desk, &["report", "--to", &month, "--format", "csv"]).await;
    assert!(csv.starts_with("\"month\",\"profession\",\"caller\","), "{csv}");
    assert!(
        csv.contains("\"proof\",\"therapeutic-link\",\"eidreading\",\"6\",\"no\""),
        "{csv}"
    );
    let (code, said) = fails(&desk, &["report", "--from", "2026"]).await;
    assert!(code == 2 || said.contains("must be a month"), "{code} {said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_setting_the_refusal_names_it() {
    let desk = Desk::furnish(DeskSetup {
        records: true,
        ..DeskSetup::new(Person::Declines)
    });
    let desk = desk.await;
    let (code, said) = fails(&desk, &["report"]).await;
    assert!(
        code == 1 && said.contains("report.store") && said.contains("[policy-denied]"),
        "{code} {said}"
    );
}
