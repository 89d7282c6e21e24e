use super::*;
use beid_protocol::identity_reading::{ReadingFields, ReadingSupport, ReadingWay};

const NOVEMBER: &str = "2026-11-28T08:41:06Z";

fn at(time: &str) -> Timestamp {
    time.parse().unwrap()
}

fn key(caller: &str, provider: Option<&str>) -> CountedParty {
    CountedParty {
        owner: format!("origin:{caller}"),
        caller: caller.to_owned(),
        provider: provider.map(str::to_owned),
        profession: Some("persnurse".to_owned()),
    }
}

fn reading(key: &CountedParty, serial: &str, manual: Option<ManualReason>, is_simulated: bool) -> CountedReading {
    let way = if manual.is_some() {
        ReadingWay::Manual
    } else {
        ReadingWay::Chip
    };
    let means = ReadingMeans::new(way, ReadingSupport::Eid, manual, None).unwrap();
    let fields = ReadingFields {
        national_number: "84020140285",
        serial_number: Some(serial),
        read_at: None,
        service_date: Some("2026-11-27".parse().unwrap()),
    };
    let reading = IdentityReading::new(means, fields, at(NOVEMBER)).unwrap();
    CountedReading::new(key.clone(), &reading, is_simulated)
}

fn opened() -> (tempfile::TempDir, ReadingCounts) {
    let directory = tempfile::tempdir().unwrap();
    let counts = ReadingCounts::open(directory.path()).unwrap();
    (directory, counts)
}

#[test]
fn a_share_is_warned_of_before_and_beyond_its_limit_by_the_readings_that_raise_it() {
    let (_directory, counts) = opened();
    let desk = key("desk", Some("41234502401"));
    let chip = reading(&desk, "593001234586", None, false);
    let typed = reading(&desk, "593001234586", Some(ManualReason::ChipDefective), false);
    for _ in 0..90 {
        assert_eq!(counts.count(&chip, at(NOVEMBER)).share_warning, None);
    }
    let mut warnings = Vec::new();
    for _ in 0..11 {
        let counted = counts.count(&typed, at(NOVEMBER));
        let code = counted.share_warning.map_or("", WarningKind::code);
        warnings.push((counted.share.other_per_mille, code));
    }
    // 7 of 97 are 72.2 thousandths; 8 of 98 are 81.6; 10 of 100 are the limit; 11 of 101 are 108.9.
    assert_eq!(warnings[6], (73, ""));
    assert_eq!(warnings[7], (82, "other-share-near-limit"));
    assert_eq!(warnings[9], (100, "other-share-near-limit"));
    assert_eq!(warnings[10], (109, "other-share-exceeded"));
    assert_eq!(counts.count(&chip, at(NOVEMBER)).share_warning, None);
}

#[test]
fn a_share_is_of_a_provider_and_a_month_in_belgium_over_all_callers() {
    let (_directory, counts) = opened();
    let provider = Some("41234502401");
    for caller in ["https://emr.example", "desk"] {
        counts.count(
            &reading(&key(caller, provider), "593001234586", None, false),
            at(NOVEMBER),
        );
    }
    counts.count(&reading(&key("desk", None), "593001234586", None, false), at(NOVEMBER));
    let theirs = reading(&key("desk", provider), "593001234586", None, false);
    assert_eq!(counts.count(&theirs, at(NOVEMBER)).share.electronic, 3);
    // The last half hour of November in UTC is December in Belgium; and a clock that is set back counts where it says.
    for (time, month, electronic) in [
        ("2026-11-30T23:30:00Z", "2026-12", 1),
        ("2026-12-01T12:00:00Z", "2026-12", 2),
        ("2026-11-30T22:30:00Z", "2026-11", 4),
    ] {
        let share = counts.count(&theirs, at(time)).share;
        assert_eq!((share.month.as_str(), share.electronic), (month, electronic), "{time}");
    }
}

#[test]
fn numbers_are_kept_told_to_whom_they_belong_and_name_no_patient() {
    let (directory, counts) = opened();
    let (page, desk) = (key("https://emr.example", Some("41234502401")), key("desk", None));
    let later = Some(ManualReason::Forgotten);
    counts.count(&reading(&page, "593001234586", None, false), at(NOVEMBER));
    counts.count(&reading(&page, "593001234586", later, false), at(NOVEMBER));
    counts.count(&reading(&desk, "593001234586", None, true), at(NOVEMBER));
    counts.refuse(&page, ErrorCode::CardExpired, at("2026-12-05T08:00:00Z"));
    let counts = ReadingCounts::open(directory.path()).unwrap();
    let report = counts.report(None, None, None);
    let row = |month: &str, caller: &str| {
        let found = report.iter().find(|row| row.month == month && row.caller == caller);
        found.unwrap().clone()
    };
    assert_eq!(report.len(), 3);
    assert_eq!(report[0].month, "2026-12");
    assert_eq!(row("2026-12", "https://emr.example").refused["card-expired"], 1);
    let of_page = row("2026-11", "https://emr.example");
    assert_eq!(
        (
            of_page.electronic,
            of_page.other,
            of_page.other_per_mille,
            of_page.deferred
        ),
        (1, 1, 500, 1)
    );
    assert_eq!(
        (
            of_page.by_way["chip"],
            of_page.by_support["eid"],
            of_page.by_manual_reason["forgotten"]
        ),
        (1, 2, 1)
    );
    let simulated = row("2026-11", "desk");
    assert_eq!(
        (simulated.simulated, simulated.electronic, simulated.by_way.len()),
        (1, 0, 0)
    );
    assert_eq!(counts.report(Some("origin:desk"), None, None).len(), 1);
    let december = Some("2026-12-24".parse().unwrap());
    assert_eq!(counts.report(None, december, None).len(), 1);
    assert_eq!(counts.report(None, None, Some("2026-11-01".parse().unwrap())).len(), 2);
    let file = std::fs::read_to_string(directory.path().join("readings.json")).unwrap();
    assert!(
        !file.contains("84020140285") && !file.contains("593001234586"),
        "{file}"
    );
}

#[test]
fn the_same_card_for_the_same_provider_at_once_is_remarked() {
    let (_directory, counts) = opened();
    let (nurse, other) = (key("desk", Some("41234502401")), key("desk", Some("41234502402")));
    let repeated = |key: &CountedParty, serial: &str| {
        counts
            .count(&reading(key, serial, None, false), at(NOVEMBER))
            .is_repeated
    };
    assert!(!repeated(&nurse, "593001234586"));
    assert!(!repeated(&other, "593001234586"));
    assert!(!repeated(&nurse, "593000000363"));
    assert!(repeated(&nurse, "593001234586"));
}

#[test]
fn a_caller_who_names_any_number_of_providers_pushes_out_only_its_own_numbers() {
    let (_directory, counts) = opened();
    let mut rows = Vec::new();
    row(&mut rows, &key("bus", None), "2026-10").electronic = 90;
    for number in 0..LONGEST + 5 {
        row(&mut rows, &key("token:a", Some(&number.to_string())), "2026-11").electronic = 1;
    }
    counts.keep(&mut rows);
    assert_eq!((rows.len(), rows[0].owner.as_str()), (LONGEST, "origin:bus"));
    assert_eq!(rows[1].counts.provider.as_deref(), Some("6"));
    // What was only refused goes first, whoever asked.
    row(&mut rows, &key("bus", Some("refused")), "2026-11")
        .refused
        .insert("no-card".to_owned(), 1);
    counts.keep(&mut rows);
    assert_eq!(rows.len(), LONGEST);
    assert!(rows.iter().all(|row| row.counts.provider.as_deref() != Some("refused")));
}
