//! Values of XML Schema, with the white space they may have around them.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::Offset;

use super::reading::AnswerElement;
use super::refusal::AnswerRefusal;

/// A day and time, with an offset if the answer gave one. Without, it is on the writer's wall clock, which for the
/// platform is that of Brussels.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Moment {
    /// On the wall clock.
    pub local: DateTime,
    /// Distance of that clock from UTC.
    pub offset: Option<Offset>,
}

/// ISO 8601: `2026-11-20T10:07:01+01:00`, or without the offset.
impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.local)?;
        let Some(offset) = self.offset else { return Ok(()) };
        let minutes = offset.seconds() / 60;
        // The sign is written by itself: an offset of less than an hour has none in its hours.
        let sign = if minutes < 0 { '-' } else { '+' };
        write!(f, "{sign}{:02}:{:02}", minutes.abs() / 60, minutes.abs() % 60)
    }
}

/// Reads an `xsd:boolean`.
pub(super) fn boolean(name: &'static str, element: &mut AnswerElement<'_, '_, '_>) -> Result<bool, AnswerRefusal> {
    match element.text().trim_ascii() {
        "true" | "1" => Ok(true),
        "false" | "0" => Ok(false),
        _ => Err(AnswerRefusal::Malformed {
            element: name,
            kind: "boolean",
        }),
    }
}

/// Reads an `xsd:date`. An offset says nothing about a day: it is checked and dropped.
pub(super) fn date(name: &'static str, element: &mut AnswerElement<'_, '_, '_>) -> Result<Date, AnswerRefusal> {
    let text = element.text();
    let parsed = text.trim_ascii().split_at_checked(10).and_then(|(day, offset)| {
        parse_offset(offset)?;
        parse_date(day)
    });
    parsed.ok_or(AnswerRefusal::Malformed {
        element: name,
        kind: "date",
    })
}

/// Reads an `xsd:time`: the time, and its offset if it has one.
pub(super) fn time(
    name: &'static str,
    element: &mut AnswerElement<'_, '_, '_>,
) -> Result<(Time, Option<Offset>), AnswerRefusal> {
    parse_time(element.text().trim_ascii()).ok_or(AnswerRefusal::Malformed {
        element: name,
        kind: "time",
    })
}

/// Reads an `xsd:dateTime`.
pub(super) fn date_time(name: &'static str, element: &mut AnswerElement<'_, '_, '_>) -> Result<Moment, AnswerRefusal> {
    let text = element.text();
    let parsed = text.trim_ascii().split_once('T').and_then(|(day, time)| {
        let (time, offset) = parse_time(time)?;
        Some(Moment {
            local: parse_date(day)?.to_datetime(time),
            offset,
        })
    });
    parsed.ok_or(AnswerRefusal::Malformed {
        element: name,
        kind: "date and time",
    })
}

/// Reads an `xsd:base64Binary`, with white space anywhere.
pub(super) fn base64(name: &'static str, element: &mut AnswerElement<'_, '_, '_>) -> Result<Vec<u8>, AnswerRefusal> {
    let text: String = element.text().split_ascii_whitespace().collect();
    STANDARD.decode(text).map_err(|_| AnswerRefusal::Malformed {
        element: name,
        kind: "base64 value",
    })
}

fn parse_date(text: &str) -> Option<Date> {
    // `strptime` alone would accept a sign.
    let fits = has_shape(text, "0000-00-00");
    fits.then(|| Date::strptime("%Y-%m-%d", text).ok()).flatten()
}

fn parse_time(text: &str) -> Option<(Time, Option<Offset>)> {
    let (time, rest) = text.split_at_checked(8)?;
    if !has_shape(time, "00:00:00") {
        return None;
    }
    let (nanoseconds, offset) = parse_fraction(rest)?;
    let offset = parse_offset(offset)?;
    let time = Time::strptime("%H:%M:%S", time).ok()?;
    let time = time.with().subsec_nanosecond(nanoseconds).build().ok()?;
    Some((time, offset))
}

/// Parses `.` and digits, of which nine count; returns nanoseconds and the rest.
fn parse_fraction(text: &str) -> Option<(i32, &str)> {
    let Some(fraction) = text.strip_prefix('.') else {
        return Some((0, text));
    };
    let rest = fraction.trim_start_matches(|c: char| c.is_ascii_digit());
    let digits = fraction.strip_suffix(rest).filter(|digits| !digits.is_empty())?;
    let nanoseconds: String = digits.chars().chain("00000000".chars()).take(9).collect();
    Some((format!("{nanoseconds:0<9}").parse().ok()?, rest))
}

/// Parses nothing, `Z`, or `+hh:mm` and `-hh:mm`, up to fourteen hours.
fn parse_offset(text: &str) -> Option<Option<Offset>> {
    if text.is_empty() {
        return Some(None);
    }
    if text == "Z" {
        return Some(Some(Offset::UTC));
    }
    let sign = match text.get(..1)? {
        "+" => 1,
        "-" => -1,
        _ => return None,
    };
    let clock = text.get(1..).filter(|clock| has_shape(clock, "00:00"))?;
    let (hours, minutes) = clock.split_once(':')?;
    let (hours, minutes): (i32, i32) = (hours.parse().ok()?, minutes.parse().ok()?);
    let in_range = minutes < 60 && hours * 60 + minutes <= 14 * 60;
    let offset = Offset::from_seconds(sign * (hours * 3600 + minutes * 60)).ok();
    in_range.then_some(Some(offset?))
}

/// Returns true if `text` has digits where `shape` has zeros, and is the same elsewhere.
fn has_shape(text: &str, shape: &str) -> bool {
    let fits = |(found, expected): (u8, u8)| {
        if expected == b'0' {
            found.is_ascii_digit()
        } else {
            found == expected
        }
    };
    text.len() == shape.len() && text.bytes().zip(shape.bytes()).all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(date: &str, time: &str) -> Option<String> {
        let (time, offset) = parse_time(time)?;
        let local = parse_date(date)?.to_datetime(time);
        Some(Moment { local, offset }.to_string())
    }

    #[test]
    fn offsets_and_fractions_are_kept() {
        for (time, expected) in [
            ("10:07:01", "2026-11-20T10:07:01"),
            ("10:07:01Z", "2026-11-20T10:07:01+00:00"),
            ("10:07:01+01:00", "2026-11-20T10:07:01+01:00"),
            ("10:07:01.5-09:30", "2026-11-20T10:07:01.5-09:30"),
            ("10:07:01.1234567890123", "2026-11-20T10:07:01.123456789"),
        ] {
            assert_eq!(shown("2026-11-20", time).as_deref(), Some(expected), "{time}");
        }
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for time in [
            "",
            "10:07",
            "+0:07:01",
            "10:07:01.",
            "10:07:01.Z1",
            "10:07:01+1:00",
            "10:07:01+14:01",
            "10:07:01+01:60",
            "25:00:00",
            "10:60:00",
            "10:07:01z",
            "10:07:01 ",
            "10:07:0é",
        ] {
            assert_eq!(shown("2026-11-20", time), None, "{time}");
        }
        for date in ["2026-02-29", "2026-1-20", "12026-01-20", "-026-01-20", "2026-11-2é"] {
            assert_eq!(shown(date, "10:07:01"), None, "{date}");
        }
    }
}
