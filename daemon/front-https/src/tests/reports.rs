//! Reports: what was recorded is counted, and nothing small is shown of it.

use super::bench::{Bench, Setup, UNWILLING, link};
use super::page::{OWN, session};
use beid_api::CalendarMonth;
use beid_api::types::{ReportAnswer, ReportGroup};
use beid_protocol::period::brussels_day;
use jiff::Timestamp;
use serde_json::{Value, json};

const COUNTING: &str = "[report]\nstore = 'on'\nage = true\ngender = true\nprovince = true\n";

async fn counting(settings: &'static str) -> Bench {
    let setup = Setup {
        person: Some(UNWILLING),
        records: true,
        settings,
        ..Setup::default()
    };
    Bench::with(setup).await
}

/// National number of an invented patient, born on 14 May 1985; those with an even serial number are women.
fn patient(serial: u64) -> String {
    let nine = 850_514_000 + serial;
    format!("{nine}{:02}", 97 - nine % 97)
}

async fn report(bench: &Bench, query: &str) -> ReportAnswer {
    let page = session(bench).await;
    let arguments = [&OWN[..], &["-H", &page]].concat();
    let answer = bench.curl(&format!("/v1/reports{query}"), &arguments).await;
    assert_eq!(answer.status, 200, "{}", answer.json());
    serde_json::from_value(answer.json()).unwrap()
}

/// The open month: it is told only to who names it.
fn this_month() -> CalendarMonth {
    CalendarMonth::from_day(brussels_day(Timestamp::now()))
}

/// Numbers of a group, as `measure of value number`.
fn lines(group: &ReportGroup) -> Vec<String> {
    let lines = group.cells.iter().map(|cell| {
        let part = |part: &Option<String>| part.clone().unwrap_or_default();
        let number = cell.number.map_or("-".to_owned(), |number| number.to_string());
        format!("{} {} {} {number}", cell.measure, part(&cell.of), part(&cell.value))
    });
    lines.collect()
}

fn typed(number: &str) -> Value {
    let mut request = link("eidencoding_nocard");
    request["proofReason"] = "no card at hand".into();
    request["patient"] = json!({"nationalNumber": number});
    request
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_done_is_counted_and_small_numbers_are_not_shown() {
    let bench = counting(COUNTING).await;
    let authorization = bench.authorization();
    let arguments = ["-H", authorization.as_str()];
    for serial in [24, 26, 28, 30, 32, 34, 34] {
        let answer = bench
            .post("/v1/therapeutic-links", &typed(&patient(serial)), &arguments)
            .await;
        assert_eq!(answer.status, 200, "{}", answer.json());
    }
    for code in ["user-declined", "too-many-requests", "too-many-requests"] {
        let refused = bench
            .post("/v1/therapeutic-links", &link("eidsigning"), &arguments)
            .await;
        assert_eq!(refused.code(), code);
    }
    for _ in 0..3 {
        assert_eq!(bench.curl("/v1/cards/current/summary", &arguments).await.status, 200);
    }
    let report = report(&bench, &format!("?to={}", this_month())).await;
    assert_eq!((report.threshold, report.groups.len()), (5, 2), "{report:?}");
    // The author is in the request about links, and there is no practice in the settings for what reads cards.
    let links = report
        .groups
        .iter()
        .find(|group| group.profession == "persphysician")
        .unwrap();
    assert_eq!((links.simulated, links.open), (Some(true), Some(true)));
    let found = lines(links);
    for expected in [
        "requests   10",
        "operation requests therapeutic-link 10",
        "operation requests consent 0",
        "outcome therapeutic-link done 7",
        "outcome therapeutic-link refused -",
        "outcome therapeutic-link declined -",
        "proof therapeutic-link eidencoding_nocard 7",
        "proof therapeutic-link eidsigning 0",
        "representative therapeutic-link no 7",
        "patients   6",
        "gender patients female 6",
        "gender patients male 0",
        "province patients unknown 6",
        "providers   -",
    ] {
        assert!(found.contains(&expected.to_owned()), "{expected}: {found:#?}");
    }
    // Recorded once for an insertion, and counted once: too few to be shown.
    let read = report
        .groups
        .iter()
        .find(|group| group.profession == "unknown")
        .unwrap();
    assert_eq!(lines(read), ["requests   -", "patients   -", "providers   -"]);
    let text = serde_json::to_string(&report).unwrap();
    assert!(!text.contains(&patient(24)) && !text.contains("10012378004"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_is_for_the_own_page_and_about_months_that_can_be() {
    let bench = counting(COUNTING).await;
    let authorization = bench.authorization();
    let refused = bench.curl("/v1/reports", &["-H", &authorization]).await;
    assert!(refused.status == 401 || refused.status == 403, "{}", refused.status);
    let empty = report(&bench, "?from=2020-01&to=2020-12").await;
    assert_eq!((empty.from.to_string(), empty.groups.len()), ("2020-01".to_owned(), 0));
    let page = session(&bench).await;
    let arguments = [&OWN[..], &["-H", &page]].concat();
    for (query, said) in [
        ("from=2026-13", "must be a month"),
        ("from=2026-11-01", "must be a month"),
        ("from=2026-02&to=2026-01", "later than to"),
        ("from=2000-01&to=2020-01", "months before"),
        ("month=2026-01", "month"),
    ] {
        let refused = bench.curl(&format!("/v1/reports?{query}"), &arguments).await;
        assert_eq!(refused.code(), "invalid-request", "{query}");
        assert!(
            refused.json()["detail"].as_str().unwrap().contains(said),
            "{query}: {}",
            refused.json()
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_counted_unless_the_settings_say_so() {
    let bench = counting("").await;
    let arguments = ["-H", &bench.authorization()];
    let answer = bench
        .post("/v1/therapeutic-links", &typed(&patient(24)), &arguments)
        .await;
    assert_eq!(answer.status, 200, "{}", answer.json());
    let page = session(&bench).await;
    let own = [&OWN[..], &["-H", &page]].concat();
    let refused = bench.curl("/v1/reports", &own).await;
    assert_eq!(refused.code(), "policy-denied");
    assert!(refused.json()["detail"].as_str().unwrap().contains("report.store"));
    // Switched on later, it finds nothing of before.
    let setup = Setup {
        records: true,
        settings: COUNTING,
        ..Setup::default()
    };
    let bench = bench.again(setup).await;
    let report = report(&bench, &format!("?to={}", this_month())).await;
    assert_eq!(report.groups.len(), 0);
}
