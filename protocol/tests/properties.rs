//! Properties of numbers and days, and of their neighbours.

#![expect(clippy::unwrap_used, reason = "what fails here, helpers included, fails a test")]

use beid_protocol::numbers::{Cbe, Century, EidCardNumber, Nihii, Ssin, SsinKind, SsinRule};
use beid_protocol::period::{LinkPeriod, PeriodRule, brussels_day, parse_day};
use jiff::civil::{Date, date};
use jiff::{Timestamp, ToSpan};
use proptest::prelude::*;

const CENTURIES: [Century; 2] = [Century::Nineteen, Century::Twenty];

/// Check digits: 97 minus the remainder, with a 2 in front for those born in 2000 or later.
fn check_digits(first_nine: u64, century: Century) -> u64 {
    let counted = match century {
        Century::Nineteen => first_nine,
        Century::Twenty => 2_000_000_000 + first_nine,
    };
    97 - counted % 97
}

fn text(first_nine: u64, check: u64) -> String {
    format!("{first_nine:09}{check:02}")
}

fn numbered(first_nine: u64, century: Century) -> String {
    text(first_nine, check_digits(first_nine, century))
}

/// Number of the third person born on `day`, in a register that raises the month by `raised`.
fn born(day: Date, raised: i8) -> String {
    let century = if day.year() < 2000 {
        Century::Nineteen
    } else {
        Century::Twenty
    };
    let first_nine = format!("{:02}{:02}{:02}003", day.year() % 100, day.month() + raised, day.day());
    numbered(first_nine.parse().unwrap(), century)
}

fn days() -> impl Iterator<Item = Date> {
    date(1900, 1, 1).series(1.day()).take_while(|day| day.year() < 2100)
}

fn first_nine() -> impl Strategy<Value = u64> {
    0..1_000_000_000_u64
}

fn century() -> impl Strategy<Value = Century> {
    proptest::sample::select(&CENTURIES[..])
}

proptest! {
    #[test]
    fn of_a_hundred_check_digits_two_are_right_one_for_each_century(first_nine in first_nine()) {
        let accepted: Vec<_> = (0..100)
            .filter_map(|check| Some((Ssin::parse(&text(first_nine, check)).ok()?.century(), check)))
            .collect();
        let mut expected = CENTURIES.map(|century| (century, check_digits(first_nine, century)));
        expected.sort_by_key(|(_, check)| *check);
        prop_assert_eq!(accepted, expected);
    }

    #[test]
    fn a_right_number_is_read_back_as_it_was(first_nine in first_nine(), century in century()) {
        let number = numbered(first_nine, century);
        let ssin = Ssin::parse(&number).unwrap();
        prop_assert_eq!((ssin.as_str(), ssin.century()), (number.as_str(), century));
        prop_assert_eq!(format!("{:?}", ssin), "Ssin(..)");
    }

    /// Some of these fit the *other* century: modulo 97, 6 more in the second place equals 2 000 000 000 more.
    #[test]
    fn one_changed_digit_is_never_right_for_the_same_century(
        first_nine in first_nine(), century in century(), place in 0..11_usize, by in 1..10_u8,
    ) {
        let mut digits = numbered(first_nine, century).into_bytes();
        let digit = digits.get_mut(place).unwrap();
        *digit = b'0' + (*digit - b'0' + by) % 10;
        refused_for(century, digits)?;
    }

    #[test]
    fn two_neighbours_changed_over_are_never_right_for_the_same_century(
        first_nine in first_nine(), century in century(), place in 0..8_usize,
    ) {
        let mut digits = numbered(first_nine, century).into_bytes();
        digits.swap(place, place + 1);
        prop_assume!(digits != numbered(first_nine, century).into_bytes());
        refused_for(century, digits)?;
    }

    #[test]
    fn anything_but_eleven_digits_is_refused(text in "\\PC{0,14}|[0-9]{0,10}|[0-9]{12,14}") {
        prop_assume!(text.len() != 11 || !text.bytes().all(|byte| byte.is_ascii_digit()));
        prop_assert_eq!(Ssin::parse(&text), Err(SsinRule::ElevenDigits));
    }

    #[test]
    fn other_numbers_have_one_right_pair_of_check_digits(six in 0..1_000_000_u64, eight in 0..20_000_000_u64) {
        let right = |matches: &dyn Fn(u64) -> bool| (0..100).filter(|check| matches(*check)).collect::<Vec<_>>();
        let nihii = right(&|check| Nihii::parse(&format!("{six:06}{check:02}")).unwrap().check_digits_match());
        prop_assert_eq!(nihii, vec![97 - six % 97]);
        let cbe = right(&|check| Cbe::parse(&format!("{eight:08}{check:02}")).unwrap().check_digits_match());
        prop_assert_eq!(cbe, vec![97 - eight % 97]);
    }

    #[test]
    fn card_numbers_end_in_the_remainder_and_a_remainder_of_0_in_either_form(ten in 0..10_000_000_000_u64) {
        let right: Vec<_> = (0..100)
            .filter(|check| EidCardNumber::parse(&format!("{ten:010}{check:02}")).unwrap().check_digits_match())
            .collect();
        let expected = if ten % 97 == 0 { vec![0, 97] } else { vec![ten % 97] };
        prop_assert_eq!(right, expected);
    }
}

proptest! {
    #[test]
    fn a_number_tells_the_day_of_birth_in_it(day in 0..73_000_u32, raised in proptest::sample::select(vec![0_i8, 20, 40])) {
        let day = date(1900, 1, 1).checked_add(i64::from(day).days()).unwrap();
        let ssin = Ssin::parse(&born(day, raised)).unwrap();
        prop_assert_eq!(ssin.birth_date(), Some(day));
    }

    #[test]
    fn a_usual_period_ends_on_the_same_day_or_on_the_last_of_a_shorter_month(
        day in 0..36_500_u32, months in proptest::sample::select(vec![1_u8, 3, 12, 15]),
    ) {
        let today = date(2000, 1, 1).checked_add(i64::from(day).days()).unwrap();
        let rule = PeriodRule { usual_months: Some(months), longest_months: Some(months), ..PeriodRule::UNKNOWN };
        let (period, warnings) = LinkPeriod::new(today, None, None, &rule).unwrap();
        let end = period.end().unwrap();
        prop_assert!(warnings.is_empty() && !period.is_longer_than(months));
        let passed = i32::from(end.year() - today.year()) * 12 + i32::from(end.month()) - i32::from(today.month());
        prop_assert_eq!(passed, i32::from(months));
        prop_assert!(end.day() == today.day() || (end.day() < today.day() && end.day() == end.days_in_month()));
        let longer = end.checked_add(1.day()).unwrap();
        let (period, warnings) = LinkPeriod::new(today, None, Some(longer), &rule).unwrap();
        prop_assert!(period.is_longer_than(months));
        prop_assert_eq!(warnings.len(), 1);
    }

    #[test]
    fn the_day_in_belgium_is_never_a_day_off_and_never_goes_back(second in 0..4_000_000_000_i64, later in 0..100_000_i64) {
        let at = |second| brussels_day(Timestamp::from_second(second).unwrap());
        let utc = |second: i64| date(1970, 1, 1).checked_add((second / 86_400).days()).unwrap();
        let found = at(second);
        prop_assert!(found == utc(second) || found == utc(second + 7_200));
        prop_assert!(at(second + later) >= found);
    }

    #[test]
    fn a_day_is_read_as_it_is_written(day in 0..73_000_u32) {
        let day = date(1900, 1, 1).checked_add(i64::from(day).days()).unwrap();
        prop_assert_eq!(parse_day(&day.to_string()), Some(day));
    }
}

fn refused_for(century: Century, digits: Vec<u8>) -> Result<(), TestCaseError> {
    let found = Ssin::parse(&String::from_utf8(digits).unwrap());
    prop_assert!(found.is_err() || found.is_ok_and(|other| other.century() != century));
    Ok(())
}

#[test]
fn whoever_was_born_on_any_day_has_a_number_with_that_date_in_either_register() {
    for day in days() {
        for (raised, kind) in [(0, SsinKind::Nrn), (20, SsinKind::Bis), (40, SsinKind::Bis)] {
            let ssin = Ssin::parse(&born(day, raised)).unwrap();
            assert_eq!((ssin.kind(), ssin.has_possible_date()), (kind, true), "{day} {raised}");
        }
    }
}

#[test]
fn a_day_or_month_that_no_calendar_has_is_accepted_and_told() {
    for month in 0..100_u64 {
        for day in 0..100_u64 {
            let ssin = Ssin::parse(&numbered(850_000_003 + month * 100_000 + day * 1000, Century::Nineteen)).unwrap();
            let base = match month {
                40..=52 => month - 40,
                20..=32 => month - 20,
                month => month,
            };
            let possible = base <= 12 && day <= days_in(base);
            assert_eq!(ssin.has_possible_date(), possible, "month {month} day {day}");
            assert_eq!(
                ssin.kind() == SsinKind::Bis,
                matches!(month, 20..=32 | 40..=52),
                "month {month}"
            );
        }
    }
}

/// Days in a month of 1985; an unknown month has as many as the first.
fn days_in(month: u64) -> u64 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 => 28,
        _ => 31,
    }
}
