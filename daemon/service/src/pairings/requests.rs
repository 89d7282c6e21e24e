//! Requests of pages for access, from the dialog to the token's first use.

use super::rate::{DialogRate, RateExceeded};
use beid_api::types::PairingStateAnswer;
use beid_api::words::PairingState;
use beid_api::{ApiError, ErrorCode};
use beid_host::random::{random_bytes, random_id};
use beid_texts::Message;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;
use zeroize::Zeroizing;

/// Time after a yes for which the token can be collected.
pub(super) const COLLECT_WITHIN: Duration = Duration::from_secs(60);
/// Time for which the end of a request is told.
const KEPT: Duration = Duration::from_secs(600);

/// Requests that wait for a person, or ended lately.
#[derive(Default)]
pub(crate) struct PairingRequests(Mutex<RequestsState>);

#[derive(Default)]
struct RequestsState {
    requests: HashMap<String, RequestRecord>,
    opened: DialogRate,
}

struct RequestRecord {
    origin: String,
    match_code: String,
    withdrawn: CancellationToken,
    /// Outcome, and when it came; none while a person is asked.
    end: Option<(PairingEnd, Instant)>,
}

/// Outcome of a request.
pub(crate) enum PairingEnd {
    /// A person agreed.
    Granted {
        /// The token; empty once it is wiped.
        token: Zeroizing<String>,
        /// Words of its scopes.
        scopes: Vec<String>,
        /// Time of expiry, ISO 8601.
        expires_at: String,
        /// True once the page has been told the token.
        collected: bool,
    },
    /// A person refused.
    Refused,
    /// Nobody answered, the page took the request back, or it did not collect its token in time.
    Expired,
}

/// A request about which a person is asked.
pub(crate) struct PendingPairing {
    /// Identifier: 128 random bits in hex, known to the page alone.
    pub(crate) id: String,
    /// Three digits that dialog and page show.
    pub(crate) match_code: String,
    /// Cancelled when the page takes the request back.
    pub(crate) withdrawn: CancellationToken,
}

impl PendingPairing {
    pub(crate) fn to_answer(&self) -> PairingStateAnswer {
        PairingStateAnswer {
            match_code: Some(self.match_code.clone()),
            ..answer(&self.id, PairingState::WaitingForUser)
        }
    }
}

impl PairingRequests {
    /// Begins a request of `origin`, whose dialog may be open for `patience`.
    ///
    /// # Errors
    /// `too-many-requests`, with the time to wait, while another of this origin waits for a person, and after so many
    /// dialogs as [`DialogRate`] lets open.
    pub(crate) fn begin(&self, origin: &str, patience: Duration) -> Result<PendingPairing, ApiError> {
        self.lock().begin(origin, patience, Instant::now())
    }

    /// Forgets a request about which nobody was asked.
    pub(crate) fn forget(&self, id: &str) {
        let mut state = self.lock();
        state.requests.remove(id);
        state.opened.forget(id);
    }

    /// Notes the outcome of a request; false if it was taken back meanwhile, which stays so.
    pub(crate) fn end(&self, id: &str, end: PairingEnd) -> bool {
        let mut state = self.lock();
        let open = state.requests.get_mut(id).filter(|request| request.end.is_none());
        let Some(request) = open else { return false };
        request.end = Some((end, Instant::now()));
        true
    }

    /// Wipes the token of a granted request; returns true if the page was told it. Otherwise the request has expired.
    pub(crate) fn wipe(&self, id: &str) -> bool {
        let mut state = self.lock();
        let request = state.requests.get_mut(id);
        let Some((end, _)) = request.and_then(|request| request.end.as_mut()) else {
            return false;
        };
        if let PairingEnd::Granted {
            token, collected: true, ..
        } = end
        {
            *token = Zeroizing::default();
            return true;
        }
        *end = PairingEnd::Expired;
        false
    }

    /// Takes back a request of `origin` that waits for a person, for its page; returns true if there is one.
    pub(crate) fn withdraw(&self, id: &str, origin: &str) -> bool {
        let withdrawn = self.withdraw_those(|known, request| known == id && request.origin == origin);
        if withdrawn {
            self.lock().opened.take_back(id);
        }
        withdrawn
    }

    /// Takes back the request of `origin` that waits for a person, for the user; returns true if there is one.
    pub(crate) fn withdraw_all_of(&self, origin: &str) -> bool {
        self.withdraw_those(|_, request| request.origin == origin)
    }

    fn withdraw_those(&self, these: impl Fn(&str, &RequestRecord) -> bool) -> bool {
        let mut state = self.lock();
        let waiting = state.requests.iter_mut().filter(|(_, request)| request.end.is_none());
        let mut any = false;
        for (_, request) in waiting.filter(|(id, request)| these(id, request)) {
            // In this order: an answer of the person in between finds the request ended.
            request.end = Some((PairingEnd::Expired, Instant::now()));
            request.withdrawn.cancel();
            any = true;
        }
        any
    }

    /// The request `id`, for pages of the same origin; its token only until that is used.
    pub(crate) fn view(&self, id: &str, origin: &str, is_used: bool) -> Option<PairingStateAnswer> {
        let mut state = self.lock();
        let request = state.requests.get_mut(id).filter(|request| request.origin == origin)?;
        Some(match &mut request.end {
            None => PairingStateAnswer {
                match_code: Some(request.match_code.clone()),
                ..answer(id, PairingState::WaitingForUser)
            },
            Some((PairingEnd::Refused, _)) => answer(id, PairingState::Refused),
            Some((PairingEnd::Expired, _)) => answer(id, PairingState::Expired),
            Some((PairingEnd::Granted { token, .. }, _)) if is_used || token.is_empty() => {
                answer(id, PairingState::Granted)
            }
            Some((
                PairingEnd::Granted {
                    token,
                    scopes,
                    expires_at,
                    collected,
                },
                _,
            )) => {
                *collected = true;
                PairingStateAnswer {
                    token: Some(token.to_string()),
                    scopes: Some(scopes.clone()),
                    expires_at: Some(expires_at.clone()),
                    ..answer(id, PairingState::Granted)
                }
            }
        })
    }

    fn lock(&self) -> MutexGuard<'_, RequestsState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl RequestsState {
    fn begin(&mut self, origin: &str, patience: Duration, now: Instant) -> Result<PendingPairing, ApiError> {
        self.requests
            .retain(|_, request| request.end.as_ref().is_none_or(|(_, ended)| now < *ended + KEPT));
        if self
            .requests
            .values()
            .any(|request| request.origin == origin && request.end.is_none())
        {
            return Err(wait("detail-pairing-pending", patience));
        }
        let id = random_id();
        self.opened.open(origin, &id, now).map_err(|exceeded| match exceeded {
            RateExceeded::BySite(time) => wait("detail-pairing-often-by-site", time),
            RateExceeded::ByAll(time) => wait("detail-pairing-often", time),
        })?;
        let pending = PendingPairing {
            id,
            match_code: format!("{:03}", u32::from_le_bytes(random_bytes::<4>()) % 1000),
            withdrawn: CancellationToken::new(),
        };
        let request = RequestRecord {
            origin: origin.to_owned(),
            match_code: pending.match_code.clone(),
            withdrawn: pending.withdrawn.clone(),
            end: None,
        };
        self.requests.insert(pending.id.clone(), request);
        Ok(pending)
    }
}

fn wait(text: &str, time: Duration) -> ApiError {
    // Rounded up: whoever waits as long as it is told finds the time over.
    let seconds = u64::try_from(time.as_millis().div_ceil(1000)).unwrap_or(u64::MAX);
    let text = Message::new(text).arg("seconds", seconds.to_string());
    ApiError {
        retry_after: Some(seconds),
        ..ApiError::new(ErrorCode::TooManyRequests, text)
    }
}

fn answer(id: &str, state: PairingState) -> PairingStateAnswer {
    PairingStateAnswer {
        id: id.to_owned(),
        state,
        match_code: None,
        token: None,
        scopes: None,
        expires_at: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "https://a.example";
    const PATIENCE: Duration = Duration::from_secs(60);

    fn begin(state: &mut RequestsState, origin: &str, now: Instant) -> Result<String, Option<u64>> {
        let begun = state.begin(origin, PATIENCE, now);
        begun.map(|pending| pending.id).map_err(|error| {
            assert_eq!(error.code, ErrorCode::TooManyRequests);
            error.retry_after
        })
    }

    fn granted() -> PairingEnd {
        PairingEnd::Granted {
            token: "beidd_x".to_owned().into(),
            scopes: vec!["readers".to_owned()],
            expires_at: "2026-11-21T12:00:00Z".to_owned(),
            collected: false,
        }
    }

    #[test]
    fn one_request_of_an_origin_waits_and_three_a_minute_open_dialogs() {
        let (mut state, now) = (RequestsState::default(), Instant::now());
        begin(&mut state, A, now).unwrap();
        assert_eq!(begin(&mut state, A, now), Err(Some(60)), "one of it waits already");
        begin(&mut state, "https://b.example", now + Duration::from_secs(10)).unwrap();
        begin(&mut state, "https://c.example", now + Duration::from_secs(20)).unwrap();
        let fourth = |state: &mut RequestsState, after| begin(state, "https://d.example", now + after);
        assert_eq!(fourth(&mut state, Duration::from_secs(21)), Err(Some(39)));
        assert!(fourth(&mut state, Duration::from_secs(60)).is_ok());
    }

    #[test]
    fn request_about_which_nobody_was_asked_does_not_count() {
        let requests = PairingRequests::default();
        for _ in 0..9 {
            let pending = requests.begin(A, PATIENCE).unwrap();
            requests.forget(&pending.id);
            assert!(requests.view(&pending.id, A, false).is_none());
        }
    }

    #[test]
    fn request_is_told_to_its_own_origin_and_its_token_until_the_first_use() {
        let requests = PairingRequests::default();
        let pending = requests.begin(A, PATIENCE).unwrap();
        let view = |is_used| requests.view(&pending.id, A, is_used).unwrap();
        assert_eq!(view(false).match_code.as_deref(), Some(pending.match_code.as_str()));
        assert!(requests.view(&pending.id, "https://b.example", false).is_none());
        assert!(requests.view(&random_id(), A, false).is_none());
        assert!(requests.end(&pending.id, granted()));
        for _ in 0..2 {
            assert_eq!(
                view(false).token.as_deref(),
                Some("beidd_x"),
                "an answer may be lost on its way"
            );
        }
        assert_eq!((view(true).token, view(true).state), (None, PairingState::Granted));
        assert!(requests.wipe(&pending.id));
        assert_eq!((view(false).token, view(false).state), (None, PairingState::Granted));
    }

    #[test]
    fn token_that_nobody_collected_in_time_is_gone() {
        let requests = PairingRequests::default();
        let pending = requests.begin(A, PATIENCE).unwrap();
        assert!(requests.end(&pending.id, granted()));
        assert!(!requests.wipe(&pending.id));
        let seen = requests.view(&pending.id, A, false).unwrap();
        assert_eq!((seen.token, seen.state), (None, PairingState::Expired));
    }

    #[test]
    fn request_that_was_taken_back_is_not_granted_any_more() {
        let requests = PairingRequests::default();
        let pending = requests.begin(A, PATIENCE).unwrap();
        assert!(!requests.withdraw(&pending.id, "https://b.example"));
        assert!(requests.withdraw(&pending.id, A) && pending.withdrawn.is_cancelled());
        assert!(!requests.withdraw(&pending.id, A), "once");
        assert!(!requests.end(&pending.id, granted()));
        let seen = requests.view(&pending.id, A, false).unwrap();
        assert_eq!((seen.token, seen.state), (None, PairingState::Expired));
        let again = requests.begin(A, PATIENCE).err().unwrap();
        assert_eq!(again.code, ErrorCode::TooManyRequests, "counts double");
        assert!(requests.begin("https://b.example", PATIENCE).is_ok());
    }

    #[test]
    fn request_that_the_user_took_back_counts_once() {
        let requests = PairingRequests::default();
        requests.begin(A, PATIENCE).unwrap();
        assert!(requests.withdraw_all_of(A));
        assert!(requests.begin(A, PATIENCE).is_ok());
    }

    #[test]
    fn match_codes_have_three_digits() {
        for _ in 0..50 {
            let requests = PairingRequests::default();
            let code = requests.begin(A, PATIENCE).unwrap().match_code;
            assert!(
                code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_digit()),
                "{code}"
            );
        }
    }
}
