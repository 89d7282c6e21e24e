//! The clock of this computer, beside certificates and servers.

use beid_api::{DoctorFinding, FindingCode};
use jiff::{SignedDuration, Timestamp};

/// Difference between our clock and a server's that is no fault. Stamps and logs may differ by that.
const TOLERANCE: SignedDuration = SignedDuration::from_mins(5);

/// Dates of a certificate that a card or an earlier one has brought.
#[derive(Clone, Copy, Debug)]
pub struct ClockWitness {
    /// Begin of its validity: a time that has certainly passed.
    pub not_before: Timestamp,
    /// End of the validity of the authority of a card that is here now; a card ends before its authority does. Absent for
    /// what was seen earlier.
    pub not_after: Option<Timestamp>,
}

/// Judges the clock by certificates: it cannot be before any of them was made.
#[must_use]
pub fn about_clock(now: Timestamp, witnesses: &[ClockWitness]) -> DoctorFinding {
    let is_before = |witness: &ClockWitness| now < witness.not_before;
    let is_after = |witness: &ClockWitness| witness.not_after.is_some_and(|end| now > end);
    DoctorFinding::new(if witnesses.is_empty() {
        FindingCode::ClockUnknown
    } else if witnesses.iter().any(is_before) {
        FindingCode::ClockBehind
    } else if witnesses.iter().any(is_after) {
        FindingCode::ClockAhead
    } else {
        FindingCode::ClockPlausible
    })
}

/// Judges the clock by that of a server.
#[must_use]
pub fn about_server_clock(now: Timestamp, server: Timestamp) -> DoctorFinding {
    let difference = now.duration_since(server).abs();
    if difference <= TOLERANCE {
        DoctorFinding::new(FindingCode::ClockAgrees)
    } else {
        DoctorFinding::new(FindingCode::ClockDiffers).word("minutes", difference.as_mins())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn the_clock_is_judged_by_what_has_certainly_passed() {
        let seen = ClockWitness {
            not_before: at("2015-01-01T00:00:00Z"),
            not_after: None,
        };
        let here = ClockWitness {
            not_before: at("2020-01-01T00:00:00Z"),
            not_after: Some(at("2032-01-01T00:00:00Z")),
        };
        #[rustfmt::skip] // one row a line
        let rows: [(&str, &[ClockWitness], FindingCode); 6] = [
            ("2026-11-28T12:00:00Z", &[], FindingCode::ClockUnknown),
            ("2026-11-28T12:00:00Z", &[seen, here], FindingCode::ClockPlausible),
            ("2018-01-01T00:00:00Z", &[seen, here], FindingCode::ClockBehind),
            ("2018-01-01T00:00:00Z", &[seen], FindingCode::ClockPlausible),
            ("2040-01-01T00:00:00Z", &[seen, here], FindingCode::ClockAhead),
            ("2040-01-01T00:00:00Z", &[seen], FindingCode::ClockPlausible),
        ];
        for (now, witnesses, expected) in rows {
            assert_eq!(about_clock(at(now), witnesses).code(), expected, "{now} {witnesses:?}");
        }
    }

    #[test]
    fn five_minutes_are_no_fault_and_six_are_on_either_side() {
        let server = at("2026-11-28T12:00:00Z");
        for (now, expected) in [
            ("2026-11-28T12:05:00Z", None),
            ("2026-11-28T11:55:00Z", None),
            ("2026-11-28T12:06:00Z", Some("6")),
            ("2026-11-28T11:00:00Z", Some("60")),
        ] {
            let answer = about_server_clock(at(now), server).to_answer(|_| String::new());
            let minutes = answer.facts.first().map(|fact| fact.value.as_str());
            assert_eq!(minutes, expected, "{now}");
        }
    }
}
