//! Rate at which dialogs about websites open: few for all websites together, and fewer for one of them, whose owner can
//! give it as many origins as they like.

use std::collections::VecDeque;
use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

/// Number of dialogs about websites in [`SPAN`], for all websites together.
const DIALOGS: usize = 3;
/// Number of those that may be about origins of one site. A dialog that the page closed itself counts as two.
const DIALOGS_OF_SITE: usize = 2;
/// Time in which that number of dialogs may open.
const SPAN: Duration = Duration::from_secs(60);

/// Dialogs about websites that opened lately, the oldest first.
#[derive(Default)]
pub(super) struct DialogRate(VecDeque<OpenedDialog>);

struct OpenedDialog {
    at: Instant,
    /// Identifier of the request that it is about.
    request: String,
    site: String,
    /// True if the page took the request back.
    taken_back: bool,
}

/// Reason why no dialog may open, and the time after which one may.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum RateExceeded {
    /// Too many about this site.
    BySite(Duration),
    /// Too many about all websites.
    ByAll(Duration),
}

impl DialogRate {
    /// Notes the dialog of `request`, if one about `origin` may open now.
    ///
    /// # Errors
    /// The limit that it would exceed.
    pub(super) fn open(&mut self, origin: &str, request: &str, now: Instant) -> Result<(), RateExceeded> {
        while self.0.front().is_some_and(|oldest| now >= oldest.at + SPAN) {
            self.0.pop_front();
        }
        let site = site(origin);
        let of_site = || self.0.iter().filter(|dialog| dialog.site == site);
        let weights = of_site().map(|dialog| (dialog.at, 1 + usize::from(dialog.taken_back)));
        if let Some(at) = frees(weights, DIALOGS_OF_SITE) {
            return Err(RateExceeded::BySite(at + SPAN - now));
        }
        // Each counts once here: otherwise one site could use up what is there for all.
        if let Some(at) = frees(self.0.iter().map(|dialog| (dialog.at, 1)), DIALOGS) {
            return Err(RateExceeded::ByAll(at + SPAN - now));
        }
        self.0.push_back(OpenedDialog {
            at: now,
            request: request.to_owned(),
            site: site.to_owned(),
            taken_back: false,
        });
        Ok(())
    }

    /// Forgets the dialog of `request`, which did not open.
    pub(super) fn forget(&mut self, request: &str) {
        self.0.retain(|dialog| dialog.request != request);
    }

    /// Notes that the page closed the dialog of `request`.
    pub(super) fn take_back(&mut self, request: &str) {
        let closed = self.0.iter_mut().filter(|dialog| dialog.request == request);
        closed.for_each(|dialog| dialog.taken_back = true);
    }
}

/// Time of the dialog with whose end the sum of the weights falls below `limit`; `None` if it is below. The oldest come
/// first.
fn frees(dialogs: impl Iterator<Item = (Instant, usize)> + Clone, limit: usize) -> Option<Instant> {
    let mut sum: usize = dialogs.clone().map(|(_, weight)| weight).sum();
    let mut latest = None;
    for (at, weight) in dialogs {
        if sum < limit {
            break;
        }
        sum -= weight;
        latest = Some(at);
    }
    latest
}

/// Part of an origin that its owner had to register: the last two labels of its host, or all of a host that is an address
/// or has no more. Where more labels are needed, as below `co.uk`, neighbours share the limit of one site.
fn site(origin: &str) -> &str {
    let host = origin.split_once("://").map_or(origin, |(_, host)| host);
    // The colons of an IPv6 address stand between brackets.
    let is_ipv6 = host.starts_with('[');
    let end = if is_ipv6 { host.find(']') } else { host.find(':') };
    let host = end.and_then(|end| host.get(..end)).unwrap_or(host);
    if is_ipv6 || host.parse::<Ipv4Addr>().is_ok() {
        return host;
    }
    let dots = host.rmatch_indices('.').nth(1);
    dots.and_then(|(dot, _)| host.get(dot + 1..)).unwrap_or(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn a_site_is_the_last_two_labels_of_the_host_or_all_of_it() {
        for (origin, expected) in [
            ("https://a.example", "a.example"),
            ("https://x1.a.example", "a.example"),
            ("https://x2.y.a.example:8443", "a.example"),
            ("http://localhost:3000", "localhost"),
            ("http://127.0.0.1:3000", "127.0.0.1"),
            ("http://127.0.0.1", "127.0.0.1"),
            ("http://[::1]:3000", "[::1"),
            ("http://[::2]", "[::2"),
        ] {
            assert_eq!(site(origin), expected, "{origin}");
        }
    }

    #[test]
    fn one_site_does_not_use_up_what_is_there_for_all() {
        // Whether the pages take back what they asked, and the number of dialogs that one site then opens.
        for (takes_back, opened) in [(false, 2), (true, 1)] {
            let (mut rate, now) = (DialogRate::default(), Instant::now());
            for number in 0..50 {
                let (origin, request) = (format!("https://x{number}.a.example"), number.to_string());
                let outcome = rate.open(&origin, &request, now);
                assert_eq!(outcome.is_ok(), number < opened, "{origin}");
                if takes_back {
                    rate.take_back(&request);
                }
            }
            assert_eq!(rate.open("https://b.example", "b", now), Ok(()));
        }
    }

    #[test]
    fn whoever_waits_as_long_as_it_is_told_may_ask() {
        let start = Instant::now();
        let opened = || {
            let mut rate = DialogRate::default();
            rate.open("https://a.example", "1", start).unwrap();
            rate.open("https://b.example", "2", start + seconds(10)).unwrap();
            rate.take_back("2");
            rate.open("https://c.example", "3", start + seconds(20)).unwrap();
            rate
        };
        let now = start + seconds(30);
        for (origin, expected) in [
            ("https://a.example", RateExceeded::ByAll(seconds(30))),
            ("https://x.b.example", RateExceeded::BySite(seconds(40))),
            ("https://d.example", RateExceeded::ByAll(seconds(30))),
        ] {
            let mut rate = opened();
            assert_eq!(rate.open(origin, "4", now), Err(expected), "{origin}");
            let (RateExceeded::ByAll(wait) | RateExceeded::BySite(wait)) = expected;
            let just_before = now + wait - Duration::from_millis(1);
            assert!(rate.open(origin, "4", just_before).is_err(), "{origin}");
            assert_eq!(rate.open(origin, "4", now + wait), Ok(()), "{origin}");
        }
    }

    #[test]
    fn a_dialog_that_did_not_open_does_not_count() {
        let (mut rate, now) = (DialogRate::default(), Instant::now());
        for _ in 0..9 {
            rate.open("https://a.example", "1", now).unwrap();
            rate.forget("1");
        }
    }
}
