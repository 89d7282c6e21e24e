//! Preferences of a caller: to answer at once, or to wait (RFC 7240).

use super::response::{self, Response};
use hyper::header::{HeaderMap, HeaderName};
use std::time::Duration;

/// Preferences that are known; others are ignored, as are malformed ones.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Preferences {
    /// Answer before the call has ended, if need be.
    respond_async: bool,
    /// Time for which the caller waits, in seconds.
    wait: Option<u32>,
}

impl Preferences {
    /// Reads every `Prefer`. Of a preference that is there twice, the first counts (RFC 7240, 2).
    pub(super) fn from_headers(headers: &HeaderMap) -> Self {
        let mut preferences = Self::default();
        let fields = headers.get_all("prefer").iter().filter_map(|field| field.to_str().ok());
        let (mut async_seen, mut wait_seen) = (false, false);
        for preference in fields.flat_map(|field| elements(field, ',')) {
            // Parameters say nothing here.
            let said = elements(preference, ';').next().unwrap_or_default();
            let (name, value) = match said.split_once('=') {
                Some((name, value)) => (name.trim_end(), unquoted(value.trim_start())),
                None => (said, ""),
            };
            // Empty and absent values are the same.
            if name.eq_ignore_ascii_case("respond-async") && !std::mem::replace(&mut async_seen, true) {
                preferences.respond_async = value.is_empty();
            } else if name.eq_ignore_ascii_case("wait") && !std::mem::replace(&mut wait_seen, true) {
                preferences.wait = seconds(value);
            }
        }
        preferences
    }

    /// Time for which the caller waits before it is answered 202; `None` if it waits to the end. A caller that wants
    /// both is answered at once only if it does not want to wait (RFC 7240, 4.3).
    pub(super) fn patience(self) -> Option<Duration> {
        match (self.wait, self.respond_async) {
            (Some(seconds), _) => Some(Duration::from_secs(seconds.into())),
            (None, true) => Some(Duration::ZERO),
            (None, false) => None,
        }
    }

    /// Names those that were followed, in `Preference-Applied` of the answer to a call that can take long.
    pub(super) fn note_applied(self, response: &mut Response) {
        let accepted = response.status() == hyper::StatusCode::ACCEPTED;
        let respond_async = (self.respond_async && accepted).then(|| "respond-async".to_owned());
        let wait = self.wait.map(|seconds| format!("wait={seconds}"));
        let applied: Vec<String> = respond_async.into_iter().chain(wait).collect();
        if !applied.is_empty() {
            let name = HeaderName::from_static("preference-applied");
            response::add(response, name, &applied.join(", "));
        }
    }
}

/// Number of seconds (`delta-seconds`, RFC 9111, 1.2.2): one that is too large stands for a very long time.
fn seconds(value: &str) -> Option<u32> {
    let digits = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| value.parse().unwrap_or(u32::MAX))
}

/// A value without its quotation marks; both ways of writing it mean the same (RFC 7240, 2).
fn unquoted(value: &str) -> &str {
    let inner = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
    inner.unwrap_or(value)
}

/// Parts of `text` between separators that are not inside quotation marks, without blanks around them.
fn elements(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let (mut quoted, mut escaped) = (false, false);
    let parts = text.split(move |c| {
        match c {
            '"' if !escaped => quoted = !quoted,
            _ => {}
        }
        escaped = quoted && c == '\\' && !escaped;
        c == separator && !quoted
    });
    parts.map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(fields: &[&str]) -> (bool, Option<u32>) {
        let fields = fields
            .iter()
            .map(|field| (HeaderName::from_static("prefer"), field.parse().unwrap()));
        let Preferences { respond_async, wait } = Preferences::from_headers(&fields.collect());
        (respond_async, wait)
    }

    #[test]
    fn preferences_are_read_as_the_rfc_writes_them_and_nonsense_is_ignored() {
        type Row<'r> = (&'r [&'r str], (bool, Option<u32>));
        #[rustfmt::skip] // one row a line
        let rows: &[Row<'_>] = &[
            (&[], (false, None)),
            (&["respond-async"], (true, None)),
            (&["wait=10, Respond-Async"], (true, Some(10))),
            (&["wait=10"], (false, Some(10))),
            (&["respond-async", "WAIT = 3"], (true, Some(3))),
            (&["wait=\"7\""], (false, Some(7))),
            (&["respond-async; x=1, wait=5;y"], (true, Some(5))),
            (&["respond-async=\"\""], (true, None)),
            (&["wait=0"], (false, Some(0))),
            // The first of two counts, even if it is nonsense.
            (&["wait=1, wait=2"], (false, Some(1))),
            (&["wait=x, wait=2"], (false, None)),
            (&["wait=99999999999999999999"], (false, Some(u32::MAX))),
            (&["wait"], (false, None)),
            (&["wait="], (false, None)),
            (&["wait=-1"], (false, None)),
            (&["wait=1.5"], (false, None)),
            (&["wait=1 2"], (false, None)),
            (&["respond-async=no"], (false, None)),
            (&["x=\"respond-async, wait=4\""], (false, None)),
            (&["x=\"a\\\", wait=4\", wait=5"], (false, Some(5))),
            (&[", ,, handling=lenient, wait=4"], (false, Some(4))),
        ];
        for (fields, expected) in rows {
            assert_eq!(read(fields), *expected, "{fields:?}");
        }
    }
}
