use super::*;
use std::collections::BTreeSet;

const NUMBER: &str = "84020140285";
const SERIAL: &str = "593001234586";
/// Reading of 28 November 2026, 09:41 in Belgium.
const NOW: &str = "2026-11-28T08:41:06Z";

fn now() -> Timestamp {
    NOW.parse().unwrap()
}

fn fields() -> ReadingFields<'static> {
    ReadingFields {
        national_number: NUMBER,
        serial_number: Some(SERIAL),
        read_at: None,
        service_date: None,
    }
}

fn refusal<T>(result: Result<T, ProtocolError>) -> String {
    match result {
        Ok(_) => String::new(),
        Err(error) => error.to_string(),
    }
}

/// Combinations that are accepted, as codes: way, support, reasons for manual entry, reasons for the vignette.
#[rustfmt::skip] // one row a line
const ACCEPTED: &[(&str, &str, &str, &str)] = &[
    ("1", "12", "0", "0"),
    ("23", "124", "0", "0"),
    ("23", "7", "0", "12"),
    ("4", "12489", "12345", "0"),
    ("4", "7", "12345", "12"),
    ("4", "0", "7", "0"),
    ("A", "A", "0", "0"),
];

#[test]
fn every_combination_is_accepted_or_refused_as_the_insurers_do() {
    let manual_reasons = ManualReason::ALL.iter().copied().map(Some).chain([None]);
    let vignette_reasons = VignetteReason::ALL.iter().copied().map(Some).chain([None]);
    let (mut asked, mut accepted) = (0, BTreeSet::new());
    for way in ReadingWay::ALL {
        for support in ReadingSupport::ALL {
            for manual in manual_reasons.clone() {
                for vignette in vignette_reasons.clone() {
                    asked += 1;
                    let codes = (
                        way.code(),
                        support.code(),
                        manual.map_or("0", ManualReason::code),
                        vignette.map_or("0", VignetteReason::code),
                    );
                    let expected = ACCEPTED.iter().any(|row| {
                        row.0.contains(codes.0)
                            && row.1.contains(codes.1)
                            && row.2.contains(codes.2)
                            && row.3.contains(codes.3)
                    });
                    let found = ReadingMeans::new(*way, *support, manual, vignette);
                    assert_eq!(found.is_ok(), expected, "{codes:?}: {found:?}");
                    if expected {
                        accepted.insert(codes);
                    }
                }
            }
        }
    }
    assert_eq!((asked, accepted.len()), (840, 2 + 6 + 4 + 25 + 10 + 1 + 1));
}

#[test]
fn words_and_codes_lead_back_to_their_values() {
    fn check<C: crate::codes::CallerCode + PartialEq + std::fmt::Debug>(all: &[C], codes: &[&str], expected: &str) {
        assert_eq!(codes.concat(), expected);
        for value in all {
            assert_eq!(C::from_code(value.to_code()).unwrap(), *value);
        }
        assert_eq!(C::codes().len(), all.len());
    }
    check(
        ReadingWay::ALL,
        &ReadingWay::ALL.iter().map(|one| one.code()).collect::<Vec<_>>(),
        "1234A",
    );
    check(
        ReadingSupport::ALL,
        &ReadingSupport::ALL.iter().map(|one| one.code()).collect::<Vec<_>>(),
        "124789A0",
    );
    check(
        ManualReason::ALL,
        &ManualReason::ALL.iter().map(|one| one.code()).collect::<Vec<_>>(),
        "123457",
    );
    check(
        VignetteReason::ALL,
        &VignetteReason::ALL.iter().map(|one| one.code()).collect::<Vec<_>>(),
        "12",
    );
    assert_eq!(
        ReadingSupport::parse("vignet").unwrap_err().to_string(),
        "support: unknown code, did you mean vignette?"
    );
}

/// A whole record 52 around the zones of a reading, as a biller writes it. The checksum is Σ of the characters' values
/// modulo 97, where 0 counts as 97: a digit is its value, a blank 10, a letter 11 to 36.
fn record_52(serial: u32, reading: &EfactReading) -> String {
    let EfactReading {
        z3,
        z6,
        z8,
        z9,
        z10,
        z11,
        z12,
        z16,
    } = reading;
    let head = format!(
        "52{serial:06}{z3}042501420261128{z6}000{z8}{z9}{z10}{z11}{z12}{:0>12}041234502401{z16}",
        ""
    );
    let line = format!("{head:0<348}");
    let value = |c: char| match c {
        '0'..='9' => u32::from(c) - u32::from('0'),
        ' ' => 10,
        'A'..='Z' => u32::from(c) - u32::from('A') + 11,
        'a'..='z' => u32::from(c) - u32::from('a') + 11,
        _ => 37,
    };
    let check = match line.chars().map(value).sum::<u32>() % 97 {
        0 => 97,
        check => check,
    };
    format!("{line}{check:02}")
}

fn at(time: &str) -> Timestamp {
    format!("2026-11-28T{time}:00+01:00").parse().unwrap()
}

#[test]
fn records_52_are_the_insurers_own_byte_for_byte() {
    use {ManualReason as M, ReadingSupport as S, ReadingWay as W, VignetteReason as V};
    let day: Date = "2026-11-28".parse().unwrap();
    #[rustfmt::skip] // one row a line
    let rows = [
        (3, W::Chip, S::Eid, None, None, Some(SERIAL), "09:41",
            "5200000300425014202611282026112800000840201402851100941000000000000041234502401593001234586   ", "28"),
        (4, W::Manual, S::Eid, Some(M::ChipDefective), None, Some(SERIAL), "09:43",
            "5200000420425014202611282026112800000840201402854100943000000000000041234502401593001234586   ", "36"),
        (5, W::Barcode, S::Vignette, None, Some(V::NoValidDocument), None, "09:45",
            "5200000500425014202611282026112800000840201402852720945000000000000041234502401               ", "20"),
        (6, W::Manual, S::Eid, Some(M::SystemDown), None, Some(SERIAL), "09:47",
            "5200000630425014202611280000000000000840201402854100000000000000000041234502401593001234586   ", "01"),
    ];
    for (serial, way, support, manual, vignette, number, time, head, check) in rows {
        let means = ReadingMeans::new(way, support, manual, vignette).unwrap();
        let fields = ReadingFields {
            serial_number: number,
            service_date: Some(day),
            ..fields()
        };
        let reading = IdentityReading::new(means, fields, at(time)).unwrap();
        assert_eq!(
            record_52(serial, &reading.efact()),
            format!("{head:0<348}{check}"),
            "{serial}"
        );
    }
}

#[test]
fn attestations_take_readings_of_their_own_day_only() {
    let means = ReadingMeans::new(ReadingWay::Chip, ReadingSupport::Eid, None, None).unwrap();
    let reading = IdentityReading::new(means, fields(), now()).unwrap();
    let eattest = reading.eattest().unwrap();
    assert_eq!((eattest.date, eattest.time), (20_261_128, 94_106));
    assert_eq!((eattest.input_type, eattest.media_type), ("1", "1"));
    assert_eq!(eattest.serial.as_deref(), Some(SERIAL));
    assert_eq!((eattest.manual_input_reason, eattest.vignette_reason), (None, None));
    let later = Some(ManualReason::Forgotten);
    let means = ReadingMeans::new(ReadingWay::Manual, ReadingSupport::Eid, later, None).unwrap();
    let fields = ReadingFields {
        service_date: Some("2026-11-27".parse().unwrap()),
        ..fields()
    };
    assert!(IdentityReading::new(means, fields, now()).unwrap().eattest().is_none());
}

#[test]
fn numbers_and_times_are_judged_by_way_and_support() {
    use {ManualReason as M, ReadingSupport as S, ReadingWay as W};
    let typed = |support, reason| ReadingMeans::new(W::Manual, support, Some(reason), None).unwrap();
    let ago = |minutes: i64| Some(now() - SignedDuration::from_mins(minutes));
    let with = |serial_number, read_at, service_date: Option<&str>| ReadingFields {
        serial_number,
        read_at,
        service_date: service_date.map(|day| day.parse().unwrap()),
        ..fields()
    };
    let (eid, isi) = (typed(S::Eid, M::NoChip), typed(S::Isi, M::NoChip));
    let (none, late) = (typed(S::None, M::NoDocument), typed(S::Eid, M::Forgotten));
    let chip = ReadingMeans::new(W::Chip, S::Foreigner, None, None).unwrap();
    let itsme = ReadingMeans::new(W::Itsme, S::Itsme, None, None).unwrap();
    let today = Some("2026-11-28");
    #[rustfmt::skip] // one row a line
    let rows = [
        (eid, with(Some(SERIAL), None, None), ""),
        (eid, with(Some(SERIAL), ago(5), today), ""),
        (eid, with(Some(SERIAL), ago(-5), today), ""),
        (eid, with(Some(SERIAL), ago(6), None), "identity reading: readAt is more than five minutes ago; an entry that is made later has its own reasons"),
        (eid, with(Some(SERIAL), ago(-6), None), "identity reading: readAt is in the future"),
        (eid, with(Some(SERIAL), None, Some("2026-11-29")), "serviceDate: must not be in the future"),
        (eid, with(None, None, None), "identity reading: this support has a serial number, which is missing"),
        (eid, with(Some("B123456789"), None, None), "serialNumber: must be the 12 digits printed on the card, without dashes"),
        (eid, with(Some("593-0012345-86"), None, None), "serialNumber: must be the 12 digits printed on the card, without dashes"),
        (typed(S::Foreigner, M::NoChip), with(Some("B123456789"), None, None), ""),
        (typed(S::Foreigner, M::NoChip), with(Some("B12345678901X"), None, None), "serialNumber: must be the 1 to 12 letters and digits printed on the card"),
        (chip, with(Some("B123456789"), None, None), ""),
        (isi, with(Some("9990000123"), None, None), ""),
        (isi, with(Some("9990000123456789"), None, None), "serialNumber: must be the 1 to 15 digits printed on the ISI+ card"),
        (isi, with(Some(""), None, None), "serialNumber: must be the 1 to 15 digits printed on the ISI+ card"),
        (none, with(None, None, None), ""),
        (none, with(Some(SERIAL), None, None), "identity reading: this support has no serial number"),
        (itsme, with(None, None, None), ""),
        (itsme, with(Some("X1"), None, None), ""),
        (itsme, with(Some("é"), None, None), "serialNumber: must be 1 to 15 letters and digits"),
        (late, with(Some(SERIAL), None, Some("2026-11-27")), ""),
        (late, with(Some(SERIAL), None, None), "serviceDate: is needed"),
        (late, with(Some(SERIAL), ago(0), today), "identity reading: readAt does not go with an entry that is made later"),
    ];
    for (at, (means, fields, expected)) in rows.into_iter().enumerate() {
        assert_eq!(
            refusal(IdentityReading::new(means, fields, now())),
            expected,
            "row {at}"
        );
    }
    let wrong = ReadingFields {
        national_number: "84020140286",
        ..fields()
    };
    assert!(matches!(
        IdentityReading::new(eid, wrong, now()),
        Err(ProtocolError::InvalidNationalNumber { .. })
    ));
}

#[test]
fn unusual_values_are_remarked_and_chips_believed() {
    use {ReadingSupport as S, ReadingWay as W, VignetteReason as V};
    let wrong = ReadingFields {
        serial_number: Some("593001234500"),
        ..fields()
    };
    let yesterday = ReadingFields {
        service_date: Some("2026-11-27".parse().unwrap()),
        ..fields()
    };
    let vignette = ReadingFields {
        serial_number: None,
        ..fields()
    };
    #[rustfmt::skip] // one row a line
    let rows = [
        (W::Chip, S::Eid, None, fields(), ""),
        (W::Chip, S::Eid, None, wrong, ""),
        (W::Barcode, S::Eid, None, wrong, "serial-check-digits"),
        (W::Chip, S::Eid, None, yesterday, "service-date-differs"),
        (W::Barcode, S::Vignette, Some(V::NoContactRequired), vignette, "reason-needs-service-check"),
        (W::Barcode, S::Vignette, Some(V::NoValidDocument), vignette, ""),
    ];
    for (way, support, reason, fields, expected) in rows {
        let means = ReadingMeans::new(way, support, None, reason).unwrap();
        let warnings = IdentityReading::new(means, fields, now()).unwrap().warnings();
        let codes: Vec<_> = warnings.iter().map(|warning| warning.kind.code()).collect();
        assert_eq!(codes.concat(), expected, "{way:?} {support:?}");
    }
}

#[test]
fn hours_are_belgian_on_both_sides_of_a_change_of_clocks() {
    let means = ReadingMeans::new(ReadingWay::Chip, ReadingSupport::Eid, None, None).unwrap();
    // One row: the instant, date and hour in Belgium.
    for (instant, day, hour) in [
        ("2026-10-25T00:30:00Z", "20261025", "0230"),
        ("2026-10-25T01:30:00Z", "20261025", "0230"),
        ("2027-03-28T00:59:00Z", "20270328", "0159"),
        ("2027-03-28T01:00:00Z", "20270328", "0300"),
        ("2026-12-31T23:30:00Z", "20270101", "0030"),
    ] {
        let efact = IdentityReading::new(means, fields(), instant.parse().unwrap())
            .unwrap()
            .efact();
        assert_eq!((efact.z6.as_str(), efact.z12.as_str()), (day, hour), "{instant}");
    }
}

#[test]
fn types_of_document_stand_for_their_support() {
    use DocumentSupport::{Known, NoDocument, Unknown};
    #[rustfmt::skip] // one row a line
    let rows = [
        (1, Known(ReadingSupport::Eid)), (6, Known(ReadingSupport::Eid)), (7, NoDocument), (8, NoDocument),
        (11, Known(ReadingSupport::Foreigner)), (23, Known(ReadingSupport::Foreigner)), (24, Unknown), (26, Unknown),
        (27, Known(ReadingSupport::Foreigner)), (29, Unknown), (36, Known(ReadingSupport::Foreigner)), (37, Unknown),
        (69, Known(ReadingSupport::Foreigner)), (70, Unknown), (0, Unknown), (255, Unknown),
    ];
    for (code, expected) in rows {
        assert_eq!(DocumentSupport::from_document_type(code), expected, "{code}");
    }
}

#[test]
fn chips_isi_codes_and_itsme_count_as_electronic() {
    for way in ReadingWay::ALL {
        for support in ReadingSupport::ALL.iter().filter(|support| way.reads(**support)) {
            let is_electronic = match way.code() {
                "1" | "A" => true,
                "2" | "3" => support.code() == "4",
                _ => false,
            };
            assert_eq!(
                way.group(*support) == ReadingGroup::Electronic,
                is_electronic,
                "{way:?} {support:?}"
            );
        }
    }
}
