//! Sessions of the daemon's own page. A program of this user asks for an address with a code; the page in the browser
//! exchanges the code for a token, which it keeps in memory.

use crate::caller::{Asker, Caller, CallerId};
use crate::tokens::{digest, new_token};
use crate::{Context, Service};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use beid_api::types as t;
use beid_api::{ApiError, ErrorCode, Scopes};
use beid_host::random::{random_bytes, random_id};
use beid_texts::Message;
use jiff::{SignedDuration, Timestamp};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use subtle::ConstantTimeEq;

/// Lifetime of a code: a browser that starts slowly needs some of it.
const CODE_LIFE: SignedDuration = SignedDuration::from_secs(60);
/// Time after which a session ends of which nothing is heard. While a page is open, so is its stream of events, however
/// little there is to tell, and the session stays; a page that was closed does not come back after that.
const IDLE: SignedDuration = SignedDuration::from_mins(10);
/// Time after which a session ends in any case: a working day.
const SESSION_LIFE: SignedDuration = SignedDuration::from_hours(12);
/// Upper limit on codes and on sessions; the oldest makes room.
const LIMIT: usize = 16;

/// Codes and sessions of the daemon's own page; kept in memory only, as SHA-256.
#[derive(Default)]
pub struct PageSessions {
    port: OnceLock<u16>,
    state: Mutex<PageState>,
}

#[derive(Default)]
struct PageState {
    codes: Vec<PageCode>,
    sessions: Vec<PageSession>,
}

struct PageCode {
    sha256: String,
    expires_at: Timestamp,
}

struct PageSession {
    id: String,
    sha256: String,
    expires_at: Timestamp,
    /// Time of the last request, or of the end of the last stream.
    last_heard: Timestamp,
    /// Number of streams of events that are open.
    streams: usize,
}

impl PageSession {
    fn is_over(&self, now: Timestamp) -> bool {
        let is_idle = self.streams == 0 && self.last_heard + IDLE <= now;
        self.expires_at <= now || is_idle
    }

    fn caller_id(&self) -> CallerId {
        CallerId::OwnPage(self.id.clone())
    }
}

/// A session that has just begun.
struct NewPageSession {
    token: String,
    expires_at: Timestamp,
    /// Callers whose sessions ended meanwhile; their operations have to be ended.
    ended: Vec<CallerId>,
}

impl PageSessions {
    /// Says that the page is served at this port. Only the first call has an effect.
    pub fn serve_at(&self, port: u16) {
        self.port.get_or_init(|| port);
    }

    /// Port at which the page is served; `None` if it is not.
    pub(crate) fn port(&self) -> Option<u16> {
        self.port.get().copied()
    }

    /// Makes a code, and the address with it; `None` if no page is served.
    fn open(&self, now: Timestamp) -> Option<(String, Timestamp)> {
        let port = self.port.get()?;
        let code = URL_SAFE_NO_PAD.encode(random_bytes::<16>());
        let expires_at = now + CODE_LIFE;
        let mut state = self.lock();
        state.codes.retain(|code| code.expires_at > now);
        if state.codes.len() >= LIMIT {
            state.codes.remove(0);
        }
        state.codes.push(PageCode {
            sha256: digest(&code),
            expires_at,
        });
        // Behind the number sign, because browsers send that part to nobody.
        Some((format!("https://localhost:{port}/#code={code}"), expires_at))
    }

    /// Exchanges a code for a session. The code is used up by that.
    ///
    /// # Errors
    /// `token-invalid` if the code is unknown, used up or too old.
    fn start(&self, code: &str, now: Timestamp) -> Result<NewPageSession, ApiError> {
        let (sha256, mut state) = (digest(code), self.lock());
        let known = state.codes.iter().position(|code| same(&code.sha256, &sha256));
        let code = known.map(|known| state.codes.remove(known));
        if code.is_none_or(|code| code.expires_at <= now) {
            return Err(ApiError::new(ErrorCode::TokenInvalid, Message::new("detail-page-code")));
        }
        let mut ended = Vec::new();
        state.sessions.retain(|session| {
            let is_over = session.is_over(now);
            if is_over {
                ended.push(session.caller_id());
            }
            !is_over
        });
        if state.sessions.len() >= LIMIT {
            ended.push(state.sessions.remove(0).caller_id());
        }
        let (token, expires_at) = (new_token(), now + SESSION_LIFE);
        state.sessions.push(PageSession {
            id: random_id(),
            sha256: digest(&token),
            expires_at,
            last_heard: now,
            streams: 0,
        });
        Ok(NewPageSession {
            token,
            expires_at,
            ended,
        })
    }

    /// Finds the caller of a token, which must have come from the page itself, and notes that its session lives.
    ///
    /// # Errors
    /// `token-invalid`, `token-expired`.
    pub fn caller(&self, token: &str, now: Timestamp) -> Result<Caller, ApiError> {
        let (sha256, mut state) = (digest(token), self.lock());
        let session = state.sessions.iter_mut().find(|session| same(&session.sha256, &sha256));
        let session = session.ok_or(ErrorCode::TokenInvalid)?;
        if session.is_over(now) {
            return Err(ErrorCode::TokenExpired.into());
        }
        session.last_heard = now;
        Ok(Caller {
            id: session.caller_id(),
            // Those of a program on the bus: one of them has opened the page.
            scopes: Scopes::all(),
            asker: Asker::OwnPage,
            valid_until: Some(session.expires_at),
            ..Caller::anonymous()
        })
    }

    /// Returns true if the session of `caller` is known and not over.
    pub(crate) fn vouch_for(&self, caller: &CallerId, now: Timestamp) -> bool {
        let state = self.lock();
        let mut sessions = state.sessions.iter();
        sessions.any(|session| session.caller_id() == *caller && !session.is_over(now))
    }

    fn stream_opens(&self, caller: &CallerId) {
        self.change(caller, |session| session.streams += 1);
    }

    fn stream_closes(&self, caller: &CallerId, now: Timestamp) {
        self.change(caller, |session| {
            session.streams = session.streams.saturating_sub(1);
            session.last_heard = now;
        });
    }

    /// Changes the session of `caller`, if it still exists.
    fn change(&self, caller: &CallerId, change: impl FnOnce(&mut PageSession)) {
        let mut state = self.lock();
        let mut sessions = state.sessions.iter_mut();
        if let Some(session) = sessions.find(|session| session.caller_id() == *caller) {
            change(session);
        }
    }

    fn lock(&self) -> MutexGuard<'_, PageState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Stream of events of the daemon's own page, which keeps its session until it is dropped.
pub struct OpenPageStream {
    service: Arc<Service>,
    caller: CallerId,
}

impl OpenPageStream {
    /// Notes that a stream of `caller` opens; `None` if that is not the daemon's own page.
    #[must_use]
    pub fn new(service: &Arc<Service>, caller: &CallerId) -> Option<Self> {
        if !matches!(caller, CallerId::OwnPage(_)) {
            return None;
        }
        service.pages.stream_opens(caller);
        Some(Self {
            service: Arc::clone(service),
            caller: caller.clone(),
        })
    }
}

impl Drop for OpenPageStream {
    fn drop(&mut self) {
        self.service.pages.stream_closes(&self.caller, self.service.now());
    }
}

/// Compares in constant time, so that the time of an answer tells nothing of the digests kept here.
fn same(known: &str, sha256: &str) -> bool {
    known.as_bytes().ct_eq(sha256.as_bytes()).into()
}

/// Makes the address of the page.
pub(crate) async fn open_page(context: Context, t::NoMembers {}: t::NoMembers) -> Result<t::OpenPageAnswer, ApiError> {
    let service = &context.service;
    let opened = service.pages.open(service.now());
    let no_page = || ApiError::new(ErrorCode::NotFound, Message::new("detail-no-page"));
    let (url, expires_at) = opened.ok_or_else(no_page)?;
    Ok(t::OpenPageAnswer {
        url,
        expires_at: expires_at.to_string(),
    })
}

/// Begins the session of the page.
pub(crate) async fn start_page_session(
    context: Context,
    request: t::PageSessionRequest,
) -> Result<t::PageSessionAnswer, ApiError> {
    let service = &context.service;
    let session = service.pages.start(&request.code, service.now())?;
    for ended in &session.ended {
        service.caller_left(ended);
    }
    tracing::info!("own page opened");
    Ok(t::PageSessionAnswer {
        token: session.token,
        scopes: Scopes::all().words(),
        exports: service.config().settings.policy.exports().words(),
        expires_at: session.expires_at.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2026-11-21T12:00:00Z".parse().unwrap()
    }

    fn pages() -> PageSessions {
        let pages = PageSessions::default();
        pages.serve_at(32032);
        pages
    }

    fn code(pages: &PageSessions, now: Timestamp) -> String {
        let (url, _) = pages.open(now).unwrap();
        url.strip_prefix("https://localhost:32032/#code=").unwrap().to_owned()
    }

    fn error<T>(result: Result<T, ApiError>) -> ErrorCode {
        result.err().unwrap().code
    }

    #[test]
    fn a_code_of_128_bits_opens_one_session() {
        let pages = pages();
        let code = code(&pages, now());
        assert_eq!(URL_SAFE_NO_PAD.decode(&code).unwrap().len(), 16);
        let session = pages.start(&code, now()).unwrap();
        let caller = pages.caller(&session.token, now()).unwrap();
        assert!(pages.vouch_for(&caller.id, now()));
        assert_eq!(caller.asker, Asker::OwnPage);
        assert_eq!(error(pages.start(&code, now())), ErrorCode::TokenInvalid);
    }

    #[test]
    fn a_code_lasts_a_minute_and_a_guess_uses_up_nothing() {
        let pages = pages();
        let (early, late) = (code(&pages, now()), code(&pages, now()));
        assert_eq!(error(pages.start("guess", now())), ErrorCode::TokenInvalid);
        assert!(pages.start(&early, now() + SignedDuration::from_secs(59)).is_ok());
        assert_eq!(error(pages.start(&late, now() + CODE_LIFE)), ErrorCode::TokenInvalid);
    }

    #[test]
    fn a_session_ends_when_nothing_is_heard_of_it_and_after_twelve_hours() {
        let pages = pages();
        let token = pages.start(&code(&pages, now()), now()).unwrap().token;
        let mut time = now();
        while time + SignedDuration::from_mins(9) < now() + SESSION_LIFE {
            time += SignedDuration::from_mins(9);
            assert!(pages.caller(&token, time).is_ok(), "{time}");
        }
        assert_eq!(
            error(pages.caller(&token, now() + SESSION_LIFE)),
            ErrorCode::TokenExpired
        );
        let idle = pages.start(&code(&pages, now()), now()).unwrap().token;
        assert_eq!(error(pages.caller(&idle, now() + IDLE)), ErrorCode::TokenExpired);
        assert_eq!(error(pages.caller("beidd_x", now())), ErrorCode::TokenInvalid);
    }

    #[test]
    fn a_session_stays_while_a_stream_of_it_is_open_and_until_its_end() {
        let pages = pages();
        let token = pages.start(&code(&pages, now()), now()).unwrap().token;
        let caller = pages.caller(&token, now()).unwrap();
        let end = now() + SESSION_LIFE;
        assert_eq!(caller.valid_until, Some(end), "its streams end with it");
        let closed_at = now() + SignedDuration::from_hours(8);
        for _ in 0..2 {
            pages.stream_opens(&caller.id);
        }
        assert!(pages.vouch_for(&caller.id, closed_at));
        pages.stream_closes(&caller.id, now());
        assert!(pages.vouch_for(&caller.id, closed_at), "another is open");
        pages.stream_closes(&caller.id, closed_at);
        // It has the usual time to connect again.
        assert!(pages.vouch_for(&caller.id, closed_at + IDLE - SignedDuration::from_secs(1)));
        assert!(!pages.vouch_for(&caller.id, closed_at + IDLE));
        pages.stream_opens(&caller.id);
        assert!(!pages.vouch_for(&caller.id, end));
    }

    #[test]
    fn the_oldest_session_makes_room() {
        let pages = pages();
        let start = || pages.start(&code(&pages, now()), now()).unwrap();
        let first = start();
        let id = pages.caller(&first.token, now()).unwrap().id;
        assert!((1..LIMIT).all(|_| start().ended.is_empty()));
        assert_eq!(start().ended, std::slice::from_ref(&id));
        assert!(!pages.vouch_for(&id, now()));
    }

    #[test]
    fn without_https_there_is_no_page() {
        assert!(PageSessions::default().open(now()).is_none());
    }
}
