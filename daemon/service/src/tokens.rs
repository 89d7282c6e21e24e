//! Tokens of callers over HTTPS. Only their SHA-256 is kept; a token itself is shown once.

use crate::caller::{Asker, Caller, CallerId};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use beid_api::{ApiError, ErrorCode, Scopes};
use beid_host::random::{random_bytes, random_id};
use beid_texts::Message;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};
use subtle::ConstantTimeEq;

/// Lifetime of the token of a listed page.
const PAGE_LIFE: SignedDuration = SignedDuration::from_hours(12);
/// Upper limit on tokens of one listed origin.
const PAGES_PER_ORIGIN: usize = 32;

/// Tokens of native programs and of listed pages.
pub struct Tokens {
    file: PathBuf,
    state: Mutex<TokenState>,
}

struct TokenState {
    /// Tokens of native programs, by name; kept on disk.
    programs: BTreeMap<String, ProgramToken>,
    /// Tokens of listed pages; kept in memory only.
    pages: Vec<PageToken>,
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
}

struct PageToken {
    id: String,
    sha256: String,
    origin: String,
    scopes: Scopes,
    expires_at: Timestamp,
}

/// A new token, at the only time that it is seen.
pub struct NewPageToken {
    /// Identifier of the pairing.
    pub id: String,
    /// The token.
    pub token: String,
    /// Time of expiry.
    pub expires_at: Timestamp,
    /// Caller whose token ended to make room, the oldest of this origin; its operations have to be ended.
    pub ended: Option<CallerId>,
}

impl PageToken {
    fn caller_id(&self) -> CallerId {
        CallerId::Page {
            origin: self.origin.clone(),
            pairing: self.id.clone(),
        }
    }
}

impl Tokens {
    /// Reads the tokens kept in `file`; none if there is no such file, or a damaged one.
    ///
    /// # Errors
    /// Those of reading, if the file exists and cannot be read.
    pub fn open(file: PathBuf) -> std::io::Result<Self> {
        let programs =
            beid_host::private::read_state(&file, |bytes| serde_json::from_slice(bytes))?.unwrap_or_default();
        Ok(Self {
            file,
            state: Mutex::new(TokenState {
                programs,
                pages: Vec::new(),
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
            CallerId::Page { .. } => state.pages.iter().any(|page| page.caller_id() == *caller),
        }
    }

    /// Makes a token for a page of a listed origin. An origin with `PAGES_PER_ORIGIN` tokens loses its oldest: a page
    /// that never uses them again must not keep its own origin out.
    pub fn let_page_in(&self, origin: &str, scopes: Scopes, now: Timestamp) -> NewPageToken {
        let mut state = self.lock();
        state.pages.retain(|page| page.expires_at > now);
        // New ones are added at the end, so the first is the oldest.
        let oldest = state.pages.iter().position(|page| page.origin == origin);
        let full = state.pages.iter().filter(|page| page.origin == origin).count() >= PAGES_PER_ORIGIN;
        let ended = oldest
            .filter(|_| full)
            .map(|oldest| state.pages.remove(oldest).caller_id());
        let (id, token, expires_at) = (random_id(), new_token(), now + PAGE_LIFE);
        let page = PageToken {
            id: id.clone(),
            sha256: digest(&token),
            origin: origin.to_owned(),
            scopes,
            expires_at,
        };
        state.pages.push(page);
        NewPageToken {
            id,
            token,
            expires_at,
            ended,
        }
    }

    /// Finds the caller of a token. A page's token is good for its own origin only, a program's only without an origin.
    ///
    /// # Errors
    /// `token-invalid`, `token-expired`.
    pub fn caller(&self, token: &str, origin: Option<&str>, now: Timestamp) -> Result<Caller, ApiError> {
        let (sha256, state) = (digest(token), self.lock());
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
                let found = state
                    .pages
                    .iter()
                    .find(|page| page.origin == origin && same(&page.sha256));
                let page = found.ok_or(ErrorCode::TokenInvalid)?;
                let id = page.caller_id();
                let asker = Asker::Origin(origin.to_owned());
                (known(id, page.scopes.clone(), asker), Some(page.expires_at))
            }
        };
        if expires_at.is_some_and(|end| end <= now) {
            Err(ErrorCode::TokenExpired.into())
        } else {
            Ok(caller)
        }
    }

    fn save(&self, programs: &BTreeMap<String, ProgramToken>) -> Result<(), ApiError> {
        let bytes = serde_json::to_vec_pretty(programs).map_err(ApiError::internal)?;
        beid_host::private::write(&self.file, &bytes).map_err(ApiError::internal)
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
mod tests {
    use super::*;
    use beid_api::Scope;

    fn tokens() -> Tokens {
        let file = std::env::temp_dir().join(format!("beidd-tokens-{}", random_id()));
        Tokens::open(file).unwrap()
    }

    fn readers() -> Scopes {
        Scopes::parse(["readers"], "scopes").unwrap()
    }

    fn now() -> Timestamp {
        "2026-11-21T12:00:00Z".parse().unwrap()
    }

    #[test]
    fn program_token_works_without_origin_only_and_is_not_on_disk() {
        let tokens = tokens();
        let token = tokens.create("desk", &readers(), None, now()).unwrap();
        let caller = tokens.caller(&token, None, now()).unwrap();
        assert!(caller.scopes.allow(Scope::Readers) && !caller.scopes.allow(Scope::IdentityBasic));
        assert_eq!(
            tokens
                .caller(&token, Some("https://a.example"), now())
                .unwrap_err()
                .code,
            ErrorCode::TokenInvalid
        );
        assert!(!std::fs::read_to_string(&tokens.file).unwrap().contains(&token));
        let reopened = Tokens::open(tokens.file.clone()).unwrap();
        assert!(reopened.caller(&token, None, now()).is_ok());
        assert!(reopened.vouch_for(&caller.id));
        assert_eq!(reopened.revoke("desk").unwrap(), caller.id);
        assert!(!reopened.vouch_for(&caller.id));
        assert_eq!(
            reopened.caller(&token, None, now()).unwrap_err().code,
            ErrorCode::TokenInvalid
        );
    }

    #[test]
    fn page_token_is_good_for_its_own_origin_and_twelve_hours() {
        let tokens = tokens();
        let page = tokens.let_page_in("https://a.example", readers(), now());
        assert!(tokens.caller(&page.token, Some("https://a.example"), now()).is_ok());
        for other in [None, Some("https://b.example")] {
            assert_eq!(
                tokens.caller(&page.token, other, now()).unwrap_err().code,
                ErrorCode::TokenInvalid
            );
        }
        let late = now() + PAGE_LIFE;
        let error = tokens.caller(&page.token, Some("https://a.example"), late).unwrap_err();
        assert_eq!(error.code, ErrorCode::TokenExpired);
    }

    #[test]
    fn an_origin_has_at_most_32_tokens_and_the_oldest_makes_room() {
        let tokens = tokens();
        let (a, b) = ("https://a.example", "https://b.example");
        let of_b = tokens.let_page_in(b, readers(), now());
        let first = tokens.let_page_in(a, readers(), now());
        let others: Vec<_> = (1..32).map(|_| tokens.let_page_in(a, readers(), now())).collect();
        assert!(others.iter().all(|page| page.ended.is_none()));
        let oldest = tokens.caller(&first.token, Some(a), now()).unwrap().id;
        let last = tokens.let_page_in(a, readers(), now());
        assert_eq!(last.ended.as_ref(), Some(&oldest));
        assert!(!tokens.vouch_for(&oldest));
        let gone = tokens.caller(&first.token, Some(a), now()).unwrap_err();
        assert_eq!(gone.code, ErrorCode::TokenInvalid);
        for page in others.iter().chain([&last]) {
            assert!(tokens.caller(&page.token, Some(a), now()).is_ok());
        }
        assert!(
            tokens.caller(&of_b.token, Some(b), now()).is_ok(),
            "another origin loses nothing"
        );
        let later = tokens.let_page_in(a, readers(), now() + PAGE_LIFE);
        assert_eq!(later.ended, None, "tokens that are over make room by themselves");
    }
}
