//! Tokens of callers over HTTPS. Only their SHA-256 is kept; a token itself is shown once.
//!
//! Native programs have theirs by name, in `tokens.json`. Pages have theirs by pairing and are in `pages`; those that a
//! person agreed to are in `pairings.json`.

mod pages;

pub(crate) use pages::{AdmissionGround, NewPageToken, PageAdmission};

use crate::caller::{Asker, Caller, CallerId};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use beid_api::types::PairedPageAnswer;
use beid_api::words::PairingGround;
use beid_api::{ApiError, ErrorCode, Scopes};
use beid_host::private;
use beid_host::random::random_bytes;
use beid_texts::Message;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use pages::{PageToken, PageTokens};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use subtle::ConstantTimeEq;

/// Time after its end for which a page's token is remembered, so that the page is told that it has expired.
const KEPT_AFTER_END: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Tokens of native programs and of pages.
pub struct Tokens {
    programs_file: PathBuf,
    pages_file: PathBuf,
    state: Mutex<TokenState>,
}

#[derive(Default)]
struct TokenState {
    /// Tokens of native programs, by name.
    programs: BTreeMap<String, ProgramToken>,
    pages: PageTokens,
}

/// Record of a native program's token, without the token itself.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ProgramToken {
    /// SHA-256 of the token, in hex.
    sha256: String,
    /// Words of its scopes.
    pub scopes: Vec<String>,
    /// Time of creation.
    pub created_at: Timestamp,
    /// Time of expiry; none if it never expires.
    pub expires_at: Option<Timestamp>,
    /// Day of the last use, and no more of the time: when a practice works is nobody's business.
    #[serde(default)]
    pub last_used: Option<Date>,
}

impl ProgramToken {
    /// Notes that the token is used; returns true if that changes what is kept: once a day.
    fn used(&mut self, now: Timestamp) -> bool {
        let today = Some(day_of_use(now));
        std::mem::replace(&mut self.last_used, today) != today
    }
}

impl Tokens {
    /// Reads the tokens kept in the state directory; none where a file is absent or damaged.
    ///
    /// # Errors
    /// Those of reading, if a file exists and cannot be read.
    pub fn open(state: &Path) -> std::io::Result<Self> {
        let (programs_file, pages_file) = (state.join("tokens.json"), state.join("pairings.json"));
        let programs = private::read_state(&programs_file, |bytes| serde_json::from_slice(bytes))?;
        let pages = private::read_state(&pages_file, PageTokens::parse)?;
        Ok(Self {
            programs_file,
            pages_file,
            state: Mutex::new(TokenState {
                programs: programs.unwrap_or_default(),
                pages: pages.unwrap_or_default(),
            }),
        })
    }

    /// Makes a token for a native program called `name`.
    ///
    /// # Errors
    /// `invalid-request` if the name is taken, empty, longer than 64 characters, or has control characters; `internal`
    /// if the file cannot be written.
    pub fn create(&self, name: &str, scopes: &Scopes, days: Option<u16>, now: Timestamp) -> Result<String, ApiError> {
        let fine = (1..=64).contains(&name.chars().count()) && !name.chars().any(char::is_control);
        if !fine {
            return Err(ApiError::new(
                ErrorCode::InvalidRequest,
                Message::new("detail-token-name"),
            ));
        }
        let mut state = self.lock();
        if state.programs.contains_key(name) {
            let text = Message::new("detail-token-taken").arg("name", name);
            return Err(ApiError::new(ErrorCode::InvalidRequest, text));
        }
        let token = new_token();
        let life = |days: u16| now + SignedDuration::from_hours(24 * i64::from(days));
        let entry = ProgramToken {
            sha256: digest(&token),
            scopes: scopes.words(),
            created_at: now,
            expires_at: days.map(life),
            last_used: None,
        };
        let mut programs = state.programs.clone();
        // Those that have ended make room.
        programs.retain(|_, program| program.expires_at.is_none_or(|end| end > now));
        programs.insert(name.to_owned(), entry);
        // Saved first: a token that cannot be kept is not given out.
        self.save(&programs)?;
        state.programs = programs;
        Ok(token)
    }

    /// Every native program's token, by name.
    #[must_use]
    pub fn list(&self) -> BTreeMap<String, ProgramToken> {
        self.lock().programs.clone()
    }

    /// Revokes the token called `name`, and returns the caller it stood for, so that the caller's operations can be
    /// ended.
    ///
    /// # Errors
    /// `not-found` if there is none.
    pub fn revoke(&self, name: &str) -> Result<CallerId, ApiError> {
        let mut state = self.lock();
        let mut programs = state.programs.clone();
        let revoked = programs.remove(name).ok_or_else(|| {
            let text = Message::new("detail-no-such-token").arg("name", name);
            ApiError::new(ErrorCode::NotFound, text)
        })?;
        // Saved first: otherwise a token that was reported as revoked could be good again after a restart.
        self.save(&programs)?;
        state.programs = programs;
        Ok(CallerId::Token(revoked.sha256))
    }

    /// Returns true if `caller` needs no token, or has one that was neither revoked nor replaced.
    #[must_use]
    pub fn vouch_for(&self, caller: &CallerId) -> bool {
        let state = self.lock();
        match caller {
            CallerId::Bus(_) | CallerId::Anonymous => true,
            CallerId::Token(sha256) => state.programs.values().any(|program| program.sha256 == *sha256),
            // Its sessions are not kept here.
            CallerId::OwnPage(_) => false,
            CallerId::Page { .. } => state.pages.tokens.iter().any(|page| page.caller_id() == *caller),
        }
    }

    /// Makes a token for a page, on the terms of `admission`.
    ///
    /// # Errors
    /// `internal` if the token has to be kept and the file cannot be written.
    pub(crate) fn admit_page(&self, admission: PageAdmission, now: Timestamp) -> Result<NewPageToken, ApiError> {
        self.change_pages(|pages| pages.admit(admission, now))
    }

    /// Every pairing that has not expired, or those of one origin, the oldest first.
    pub(crate) fn pairings(&self, origin: Option<&str>, now: Timestamp) -> Vec<PairedPageAnswer> {
        self.lock().pages.answers(origin, now)
    }

    /// Returns true if the token of the pairing `id` has been used.
    pub(crate) fn is_used(&self, id: &str) -> bool {
        let state = self.lock();
        let page = state.pages.tokens.iter().find(|page| page.id == id);
        page.is_some_and(|page| page.last_used.is_some())
    }

    /// Ends the pairing `id`, if it is one of `origin` where that is given; returns the caller it stood for.
    ///
    /// # Errors
    /// `internal` if the file cannot be written: then nothing has ended.
    pub(crate) fn end_pairing(&self, id: &str, origin: Option<&str>) -> Result<Option<CallerId>, ApiError> {
        let ended = self.change_pages(|pages| {
            pages.end(|page| page.id == id && origin.is_none_or(|origin| page.origin == origin))
        })?;
        Ok(ended.into_iter().next())
    }

    /// Ends every pairing and single call of `origin`, and its permission; returns the callers, or `None` if there was nothing to end.
    ///
    /// # Errors
    /// `internal` if the file cannot be written: then nothing has ended.
    pub(crate) fn end_origin(&self, origin: &str) -> Result<Option<Vec<CallerId>>, ApiError> {
        self.change_pages(|pages| {
            let allowed = pages.allowed.remove(origin).is_some();
            let ended = pages.end(|page| page.origin == origin);
            (allowed || !ended.is_empty()).then_some(ended)
        })
    }

    /// Ends the single calls of `origin`, and returns the callers they stood for.
    ///
    /// # Errors
    /// `internal`; not in practice, because single calls are in no file.
    pub(crate) fn end_single_calls(&self, origin: &str) -> Result<Vec<CallerId>, ApiError> {
        self.change_pages(|pages| pages.end(|page| page.origin == origin && page.ground == AdmissionGround::OneCall))
    }

    /// Lets pages of `origin` in without asking, with at most these scopes; returns callers that were allowed more before,
    /// whose tokens have ended.
    ///
    /// # Errors
    /// `internal` if the file cannot be written.
    pub(crate) fn allow(&self, origin: &str, scopes: Scopes) -> Result<Vec<CallerId>, ApiError> {
        self.change_pages(|pages| {
            let allowed = AdmissionGround::Pairing(PairingGround::Allowed);
            let ended =
                pages.end(|page| page.origin == origin && page.ground == allowed && !page.scopes.is_within(&scopes));
            pages.allowed.insert(origin.to_owned(), scopes);
            ended
        })
    }

    /// Ends the tokens of pages that were let in as listed ones, if `listed` now returns less than their scopes; returns
    /// the callers they stood for.
    pub(crate) fn end_listed(&self, listed: impl Fn(&str) -> Option<Scopes>) -> Vec<CallerId> {
        let was_listed = AdmissionGround::Pairing(PairingGround::Listed);
        let is_within = |page: &PageToken| listed(&page.origin).is_some_and(|most| page.scopes.is_within(&most));
        // No file is written: tokens of listed pages are kept in none.
        self.lock()
            .pages
            .end(|page| page.ground == was_listed && !is_within(page))
    }

    /// Callers of all pages that have a token.
    pub(crate) fn pages(&self) -> Vec<CallerId> {
        self.lock().pages.tokens.iter().map(PageToken::caller_id).collect()
    }

    /// The websites that a person allowed, with their scopes.
    pub(crate) fn allowed(&self) -> BTreeMap<String, Scopes> {
        self.lock().pages.allowed.clone()
    }

    /// Returns true if a page of `origin` has, or lately had, a token, or a person allowed it.
    pub(crate) fn knows(&self, origin: &str, now: Timestamp) -> bool {
        self.lock().pages.knows(origin, now)
    }

    /// Finds the caller of a token. A page's token is good for its own origin only, a program's only without an origin.
    ///
    /// # Errors
    /// `token-invalid`, `token-expired`.
    pub fn caller(&self, token: &str, origin: Option<&str>, now: Timestamp) -> Result<Caller, ApiError> {
        let (sha256, mut state) = (digest(token), self.lock());
        // In constant time, so that the time of an answer tells nothing of the digests kept here.
        let same = |known: &str| bool::from(known.as_bytes().ct_eq(sha256.as_bytes()));
        let (caller, expires_at) = match origin {
            None => {
                let found = state.programs.iter().find(|(_, program)| same(&program.sha256));
                let (name, program) = found.ok_or(ErrorCode::TokenInvalid)?;
                let scopes = Scopes::parse(program.scopes.iter().map(String::as_str), "scopes")?;
                let (id, asker) = (CallerId::Token(program.sha256.clone()), Asker::Program(name.clone()));
                (known(id, scopes, asker), program.expires_at)
            }
            Some(origin) => {
                let mut pages = state.pages.tokens.iter();
                let page = pages.find(|page| page.origin == origin && same(&page.sha256));
                let page = page.ok_or(ErrorCode::TokenInvalid)?;
                let caller = known(page.caller_id(), page.scopes.clone(), Asker::Origin(origin.to_owned()));
                (caller, Some(page.expires_at))
            }
        };
        if expires_at.is_some_and(|end| end <= now) {
            return Err(ErrorCode::TokenExpired.into());
        }
        if let Err(error) = self.note_use(&mut state, &caller, now) {
            // No reason to refuse the call: only the day of the last use is lost.
            tracing::warn!(error = ?error.detail, "the last use of a token is not kept");
        }
        Ok(Caller {
            valid_until: expires_at,
            ..caller
        })
    }

    /// Notes the day on which a caller uses its token. The file is written at the first use of a day, and not again for
    /// the thousands that may follow, even if writing fails.
    fn note_use(&self, state: &mut TokenState, caller: &Caller, now: Timestamp) -> Result<(), ApiError> {
        match &caller.id {
            CallerId::Token(sha256) => {
                let mut programs = state.programs.values_mut();
                let program = programs.find(|program| program.sha256 == *sha256);
                match program.is_some_and(|program| program.used(now)) {
                    true => self.save(&state.programs),
                    false => Ok(()),
                }
            }
            CallerId::Page { pairing, .. } if state.pages.used(pairing, now) => self.save_pages(&state.pages),
            CallerId::Page { .. } | CallerId::Bus(_) | CallerId::OwnPage(_) | CallerId::Anonymous => Ok(()),
        }
    }

    /// Changes the tokens of pages. Saved first: what cannot be kept is neither given out nor reported as ended.
    fn change_pages<R>(&self, change: impl FnOnce(&mut PageTokens) -> R) -> Result<R, ApiError> {
        let mut state = self.lock();
        let mut pages = state.pages.clone();
        let before = pages.to_bytes()?;
        let outcome = change(&mut pages);
        let after = pages.to_bytes()?;
        if before != after {
            private::write(&self.pages_file, &after).map_err(ApiError::internal)?;
        }
        state.pages = pages;
        Ok(outcome)
    }

    fn save_pages(&self, pages: &PageTokens) -> Result<(), ApiError> {
        private::write(&self.pages_file, &pages.to_bytes()?).map_err(ApiError::internal)
    }

    /// Name of the native program with the token of this digest.
    pub(crate) fn program_called(&self, sha256: &str) -> Option<String> {
        let state = self.lock();
        let mut programs = state.programs.iter();
        let found = programs.find(|(_, program)| program.sha256 == sha256);
        found.map(|(name, _)| name.clone())
    }

    /// Digest of the token of the native program called `name`.
    pub(crate) fn digest_of(&self, name: &str) -> Option<String> {
        self.lock().programs.get(name).map(|program| program.sha256.clone())
    }

    fn save(&self, programs: &BTreeMap<String, ProgramToken>) -> Result<(), ApiError> {
        let bytes = serde_json::to_vec_pretty(programs).map_err(ApiError::internal)?;
        private::write(&self.programs_file, &bytes).map_err(ApiError::internal)
    }

    fn lock(&self) -> MutexGuard<'_, TokenState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Makes a caller with a token.
fn known(id: CallerId, scopes: Scopes, asker: Asker) -> Caller {
    Caller {
        id,
        scopes,
        asker,
        ..Caller::anonymous()
    }
}

/// Day that is kept as that of a use.
fn day_of_use(now: Timestamp) -> Date {
    now.to_zoned(TimeZone::UTC).date()
}

/// Makes a token of 256 random bits, with a prefix by which secret scanners recognise one that leaks.
pub(crate) fn new_token() -> String {
    format!("beidd_{}", URL_SAFE_NO_PAD.encode(random_bytes::<32>()))
}

/// SHA-256 of a token or code, lower-case hex.
pub(crate) fn digest(token: &str) -> String {
    Sha256::digest(token.as_bytes())
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[cfg(test)]
mod tests;
