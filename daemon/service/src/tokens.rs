//! Tokens: who may call over HTTPS. Kept as SHA-256 only; the token itself is shown once.

use crate::api::{ApiError, ErrorCode, Scopes};
use crate::caller::{Asker, Caller, CallerId};
use crate::host::random::{random_bytes, random_id};
use crate::texts::Message;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};
use subtle::ConstantTimeEq;

/// How long a listed page's token lives.
const PAGE_LIFE: SignedDuration = SignedDuration::from_hours(12);
/// How many a listed origin may have at once.
const PAGES_PER_ORIGIN: usize = 32;

/// Every token there is.
pub struct Tokens {
    file: PathBuf,
    state: Mutex<State>,
}

struct State {
    /// Of native programs, by name; kept on disk.
    programs: BTreeMap<String, ProgramToken>,
    /// Of listed pages; gone when the daemon ends.
    pages: Vec<PageToken>,
}

/// A native program's token, without itself.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ProgramToken {
    /// SHA-256 of the token, hex.
    sha256: String,
    /// What it may do.
    pub scopes: Vec<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends; never, if absent.
    pub expires_at: Option<Timestamp>,
}

struct PageToken {
    id: String,
    sha256: String,
    origin: String,
    scopes: Scopes,
    expires_at: Timestamp,
}

/// A token just made; the only time it is seen.
pub struct NewPageToken {
    /// The pairing's id.
    pub id: String,
    /// The token.
    pub token: String,
    /// When it ends.
    pub expires_at: Timestamp,
    /// The caller whose token ended to make room: the oldest of this origin.
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
    /// If it is there and cannot be read.
    pub fn open(file: PathBuf) -> std::io::Result<Self> {
        let programs =
            crate::host::private::read_state(&file, |bytes| serde_json::from_slice(bytes))?.unwrap_or_default();
        Ok(Self {
            file,
            state: Mutex::new(State {
                programs,
                pages: Vec::new(),
            }),
        })
    }

    /// Makes a token for a native program called `name`.
    ///
    /// # Errors
    /// `invalid-request` if the name is taken or empty.
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
        self.save(&programs)?;
        state.programs = programs;
        Ok(token)
    }

    /// Every native program's token, by name.
    #[must_use]
    pub fn list(&self) -> BTreeMap<String, ProgramToken> {
        self.lock().programs.clone()
    }

    /// Makes the token called `name` worthless. The caller it stood for is returned: what that began has to end.
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
        self.save(&programs)?;
        state.programs = programs;
        Ok(CallerId::Token(revoked.sha256))
    }

    /// Whether `caller` needs no token, or has one that was neither revoked nor replaced.
    #[must_use]
    pub fn vouch_for(&self, caller: &CallerId) -> bool {
        let state = self.lock();
        match caller {
            CallerId::Bus(_) | CallerId::Anonymous => true,
            CallerId::Token(sha256) => state.programs.values().any(|program| program.sha256 == *sha256),
            CallerId::Page { .. } => state.pages.iter().any(|page| page.caller_id() == *caller),
        }
    }

    /// Lets a listed page in. An origin that has as many tokens as it may loses its oldest: a page that never uses them
    /// again must not keep its own origin out.
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

    /// Whose token this is. A page's is good for its own origin only, a program's only without one.
    ///
    /// # Errors
    /// `token-invalid`, `token-expired`.
    pub fn caller(&self, token: &str, origin: Option<&str>, now: Timestamp) -> Result<Caller, ApiError> {
        let (sha256, state) = (digest(token), self.lock());
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
        crate::host::private::write(&self.file, &bytes).map_err(ApiError::internal)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A caller with a token.
fn known(id: CallerId, scopes: Scopes, asker: Asker) -> Caller {
    Caller {
        id,
        scopes,
        asker,
        ..Caller::anonymous()
    }
}

/// 256 random bits, marked as ours so that scanners find one that leaks.
fn new_token() -> String {
    format!("beidd_{}", URL_SAFE_NO_PAD.encode(random_bytes::<32>()))
}

fn digest(token: &str) -> String {
    Sha256::digest(token.as_bytes())
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Scope;

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
