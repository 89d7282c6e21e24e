//! Identity readings over the bus and on the command line: of the chip, now, whatever was read before.

use crate::links::number_of;
use crate::pin::{call, instructions};
use beid_api::ErrorCode;
use beid_testkit::daemon::ctl::{json as ctl_json, succeeds};
use beid_testkit::daemon::{Desk, DeskSetup, Person};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicI64, Ordering};

/// READ BINARY.
const READ_BINARY: u8 = 0xB0;

async fn recording() -> Desk {
    Desk::furnish(DeskSetup {
        records: true,
        ..DeskSetup::new(Person::Declines)
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chip_is_read_anew_for_each_reading() {
    let desk = recording().await;
    let card = desk.insert("jan").await;
    // Everything is in memory.
    call(&desk, "read-summary", json!({"cardId": "current"})).await.unwrap();
    let commands = instructions(&desk);
    for _ in 0..2 {
        commands.lock().unwrap().clear();
        let answer = call(&desk, "record-identity-reading", json!({"way": "chip"}))
            .await
            .unwrap();
        assert_eq!((&answer["cardId"], &answer["simulated"]), (&json!(card), &json!(true)));
        let read = commands
            .lock()
            .unwrap()
            .iter()
            .filter(|code| **code == READ_BINARY)
            .count();
        assert!(read >= 2, "identity and signature, not {read} pieces");
    }
    assert!(desk.asked_for().is_empty(), "nobody is asked");
}

/// Seconds since 1970 that the clock of the test says.
static CLOCK: AtomicI64 = AtomicI64::new(0);

fn clock() -> Timestamp {
    Timestamp::from_second(CLOCK.load(Ordering::Relaxed)).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_set_tells_the_time_of_the_reading_and_decides_on_the_card() {
    let set = |time: &str| CLOCK.store(time.parse::<Timestamp>().unwrap().as_second(), Ordering::Relaxed);
    set("2026-11-28T08:41:06Z");
    let desk = Desk::open_at(Person::Declines, "", clock).await;
    desk.insert("jan").await;
    // One row: the time, that of the reading in Belgium, or the code of the error.
    for (time, expected) in [
        ("2026-11-28T08:41:06Z", "2026-11-28T09:41:06+01:00"),
        ("2026-10-25T00:30:00Z", "2026-10-25T02:30:00+02:00"),
        ("2026-10-25T01:30:00Z", "2026-10-25T02:30:00+01:00"),
        ("2126-11-28T08:41:06Z", "card-expired"),
        ("2006-11-28T08:41:06Z", ""),
        ("2026-11-28T08:41:06Z", "2026-11-28T09:41:06+01:00"),
    ] {
        set(time);
        match call(&desk, "record-identity-reading", json!({"way": "chip"})).await {
            Ok(answer) => assert_eq!(answer["readAt"], expected, "{time}"),
            // Before the card and its register's certificate were made, whichever is noticed first.
            Err(error) if expected.is_empty() => {
                let codes = [ErrorCode::CardExpired, ErrorCode::IdentityNotAuthentic];
                assert!(codes.contains(&error.code), "{time}: {:?}", error.code);
            }
            Err(error) => assert_eq!(error.code.code(), expected, "{time}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn beidctl_records_lists_counts_and_writes_for_an_inspection() {
    let desk = recording().await;
    desk.insert("jan").await;
    let chip = ctl_json(
        &desk,
        &[
            "reading",
            "put",
            "--patient",
            number_of("jan"),
            "--reference",
            "visit 17",
        ],
    )
    .await;
    assert_eq!(
        (&chip["way"], &chip["provider"]["nihii"]),
        (&json!("chip"), &json!("10012378004"))
    );
    let typed = [
        "reading",
        "put",
        "--way",
        "manual",
        "--support",
        "eid",
        "--number",
        "591000000106",
        "--patient",
        number_of("anna"),
        "--reason",
        "chip-defective",
    ];
    let page = succeeds(&desk, &typed).await;
    assert!(page.contains("Stated") && page.contains("chip-defective"), "{page}");
    let listed = ctl_json(&desk, &["reading", "list"]).await;
    let ways: Vec<_> = listed["readings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["way"])
        .collect();
    assert_eq!(ways, ["manual", "chip"]);
    let counts = succeeds(&desk, &["reading", "counts"]).await;
    assert!(counts.contains("2 simulated"), "{counts}");
    succeeds(&desk, &["reading", "export", "--out", "readings.csv"]).await;
    let csv = std::fs::read_to_string(desk.dir.join("readings.csv")).unwrap();
    let rows: Vec<_> = csv.lines().collect();
    assert_eq!(rows.len(), 3, "{csv}");
    assert!(
        rows[1].contains("\"591000000106\",\"chip-defective\"") && rows[2].contains("\"visit 17\""),
        "{csv}"
    );
    succeeds(&desk, &["reading", "export", "--out", "readings.json"]).await;
    let whole: Value = serde_json::from_slice(&std::fs::read(desk.dir.join("readings.json")).unwrap()).unwrap();
    assert_eq!(whole["readings"], listed["readings"]);
    assert_eq!(
        (&whole["counts"][0]["simulated"], &whole["withheld"]),
        (&json!(2), &json!(0))
    );
}
