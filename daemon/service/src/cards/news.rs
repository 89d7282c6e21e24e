//! News of the readers: whether PC/SC can be reached, and whether it owes an answer.
//!
//! Every change is reported by itself, so PC/SC is asked only if a caller wants to know and nothing has been heard of it
//! lately. The caller is not kept waiting for the answer. If none comes in time, later callers are told.

use beid_api::ErrorCode;
use std::time::{Duration, Instant};

/// Time without an answer after which PC/SC is taken to be stuck.
const OVERDUE: Duration = Duration::from_secs(10);
/// Age of the last news at which it is asked for more.
const STALE: Duration = Duration::from_secs(1);

/// News of the readers, as far as it has come.
#[derive(Default)]
pub(super) struct ReaderNews {
    /// Fault of the smart card service itself, if there is one: then nothing is known of readers.
    trouble: Option<ErrorCode>,
    /// Time of the last news; none where PC/SC is not asked.
    heard: Option<Instant>,
    /// Time since which an answer has been awaited.
    awaited: Option<Instant>,
}

impl ReaderNews {
    /// Notes that there is news, if only that nothing has changed.
    pub(super) fn hear(&mut self, now: Instant) {
        (self.heard, self.awaited) = (Some(now), None);
    }

    /// Notes that the smart card service is missing, or is back.
    pub(super) fn set_trouble(&mut self, trouble: Option<ErrorCode>, now: Instant) {
        self.trouble = trouble;
        self.hear(now);
    }

    /// Forgets the fault, because a reader is there.
    pub(super) fn clear_trouble(&mut self) {
        self.trouble = None;
    }

    /// Notes that an answer is owed from now on, if it is not already.
    pub(super) fn expect(&mut self, now: Instant) {
        self.awaited.get_or_insert(now);
    }

    /// Returns true if PC/SC should be asked now, and expects the answer.
    pub(super) fn must_be_asked_for(&mut self, now: Instant) -> bool {
        let stale = self.heard.is_some_and(|heard| now.duration_since(heard) > STALE);
        let must = stale && self.awaited.is_none();
        if must {
            self.expect(now);
        }
        must
    }

    /// Fault of the smart card service, if there is one.
    pub(super) fn trouble(&self, now: Instant) -> Option<ErrorCode> {
        let overdue = self.awaited.is_some_and(|since| now.duration_since(since) > OVERDUE);
        self.trouble.or(overdue.then_some(ErrorCode::PcscUnavailable))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pcsc_is_asked_when_news_is_stale_and_missed_when_its_answer_is_overdue() {
        let start = Instant::now();
        let at = |seconds: u64| start + Duration::from_secs(seconds);
        let mut news = ReaderNews::default();
        assert!(!news.must_be_asked_for(at(0)), "nobody to ask");
        news.expect(at(0));
        news.expect(at(9));
        assert_eq!(news.trouble(at(10)), None);
        assert_eq!(
            news.trouble(at(11)),
            Some(ErrorCode::PcscUnavailable),
            "since the first"
        );
        news.hear(at(12));
        assert_eq!(news.trouble(at(12)), None);
        assert!(!news.must_be_asked_for(at(13)), "heard just now");
        assert_eq!(news.trouble(at(3600)), None, "nobody asked, so nothing is owed");
        assert!(news.must_be_asked_for(at(3600)));
        assert!(!news.must_be_asked_for(at(3605)), "asked already");
        assert_eq!(news.trouble(at(3610)), None);
        assert_eq!(news.trouble(at(3611)), Some(ErrorCode::PcscUnavailable));
        news.set_trouble(Some(ErrorCode::PcscNotAuthorised), at(3612));
        assert_eq!(news.trouble(at(9999)), Some(ErrorCode::PcscNotAuthorised));
        news.set_trouble(None, at(9999));
        assert_eq!(news.trouble(at(9999)), None);
    }
}
