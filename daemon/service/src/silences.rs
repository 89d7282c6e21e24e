//! Callers that a person does not want to be asked by: for a while, or until that is taken back.
//!
//! They are silenced in a dialog or with `beidctl pair silence`, kept in `silenced.json`, and may still do whatever asks
//! nobody.

use crate::tokens::Tokens;
use beid_api::types::SilencedCallerAnswer;
use beid_api::{ApiError, ErrorCode};
use beid_host::private;
use beid_prompt::SilenceTerm;
use beid_prompt::turns::AskingParty;
use beid_texts::Message;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Duration of a silence that is not for good: a working day, however long.
const A_DAY: SignedDuration = SignedDuration::from_hours(12);
/// Upper limit on silenced callers; the oldest make room.
const LONGEST: usize = 256;

/// Prefix of the word for a program over HTTPS, before the name of its token, and in the file before its digest.
const TOKEN: &str = "token:";
/// Word for programs on the bus whose file the system does not tell.
const UNKNOWN: &str = "unknown";
/// Word for the daemon's own page.
const OWN_PAGE: &str = "own-page";

/// Callers that open no dialogs.
pub struct Silences {
    file: PathBuf,
    callers: Mutex<Vec<SilencedCaller>>,
}

/// A caller that opens no dialogs.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
struct SilencedCaller {
    /// Word for the party: see [`word`].
    caller: String,
    since: Timestamp,
    /// End of the silence; none if only a person ends it.
    until: Option<Timestamp>,
}

impl Silences {
    /// Reads the callers kept in the state directory; none if the file is absent or damaged.
    ///
    /// # Errors
    /// Those of reading, if the file exists and cannot be read.
    pub fn open(state: &Path) -> std::io::Result<Self> {
        let file = state.join("silenced.json");
        let callers = private::read_state(&file, |bytes| serde_json::from_slice(bytes))?;
        Ok(Self {
            file,
            callers: Mutex::new(callers.unwrap_or_default()),
        })
    }

    /// Refuses a silenced party.
    ///
    /// # Errors
    /// `too-many-requests` with the time to wait, or `policy-denied` if the silence ends only when a person says so.
    pub(crate) fn refuse(&self, party: &AskingParty, now: Timestamp) -> Result<(), ApiError> {
        let callers = self.lock();
        let word = word(party);
        let Some(silenced) = callers.iter().find(|known| known.caller == word && known.is_on(now)) else {
            return Ok(());
        };
        Err(match silenced.until {
            None => ApiError::new(ErrorCode::PolicyDenied, Message::new("detail-silenced")),
            Some(until) => {
                let seconds = u64::try_from(until.duration_since(now).as_secs()).unwrap_or_default() + 1;
                let text = Message::new("detail-silenced-for-a-while").arg("minutes", seconds.div_ceil(60).to_string());
                ApiError {
                    retry_after: Some(seconds),
                    ..ApiError::new(ErrorCode::TooManyRequests, text)
                }
            }
        })
    }

    /// Silences a party. One that cannot be kept holds until the daemon ends.
    pub(crate) fn silence(&self, party: &AskingParty, term: SilenceTerm, now: Timestamp) -> Result<(), ApiError> {
        self.change(now, |callers| {
            let caller = word(party);
            callers.retain(|known| known.caller != caller);
            // New ones are added at the end, so the first is the oldest.
            while callers.len() >= LONGEST {
                callers.remove(0);
            }
            callers.push(SilencedCaller {
                caller,
                since: now,
                until: match term {
                    SilenceTerm::ForADay => Some(now + A_DAY),
                    SilenceTerm::ForGood => None,
                },
            });
        })
    }

    /// Lets a party open dialogs again; returns true if it was silenced.
    pub(crate) fn unsilence(&self, party: &AskingParty, now: Timestamp) -> Result<bool, ApiError> {
        self.change(now, |callers| {
            let (word, before) = (word(party), callers.len());
            callers.retain(|known| known.caller != word);
            callers.len() < before
        })
    }

    /// The silenced callers, the oldest first; programs over HTTPS by the name of their token.
    pub(crate) fn list(&self, tokens: &Tokens, now: Timestamp) -> Vec<SilencedCallerAnswer> {
        let callers = self.lock();
        let on = callers.iter().filter(|known| known.is_on(now));
        let answers = on.filter_map(|known| {
            let caller = match known.caller.strip_prefix(TOKEN) {
                // A token that was revoked calls no more.
                Some(sha256) => format!("{TOKEN}{}", tokens.program_called(sha256)?),
                None => known.caller.clone(),
            };
            Some(SilencedCallerAnswer {
                caller,
                since: known.since.to_string(),
                until: known.until.map(|until| until.to_string()),
            })
        });
        answers.collect()
    }

    /// Changes the list, forgets silences that are over, and keeps the rest. The change holds even if it cannot be
    /// kept: a person's wish not to be asked counts at once.
    fn change<R>(&self, now: Timestamp, change: impl FnOnce(&mut Vec<SilencedCaller>) -> R) -> Result<R, ApiError> {
        let mut callers = self.lock();
        callers.retain(|known| known.is_on(now));
        let outcome = change(&mut callers);
        let bytes = serde_json::to_vec_pretty(&*callers).map_err(ApiError::internal)?;
        private::write(&self.file, &bytes).map_err(ApiError::internal)?;
        Ok(outcome)
    }

    fn lock(&self) -> MutexGuard<'_, Vec<SilencedCaller>> {
        self.callers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl SilencedCaller {
    fn is_on(&self, now: Timestamp) -> bool {
        self.until.is_none_or(|until| now < until)
    }
}

/// Word for a party: its origin, the path of its program, or `token:` and a digest.
fn word(party: &AskingParty) -> String {
    match party {
        AskingParty::Origin(origin) => origin.clone(),
        AskingParty::Token(sha256) => format!("{TOKEN}{sha256}"),
        AskingParty::Program(Some(path)) => path.display().to_string(),
        AskingParty::Program(None) => UNKNOWN.to_owned(),
        AskingParty::OwnPage => OWN_PAGE.to_owned(),
    }
}

/// Finds the party that a person names.
///
/// # Errors
/// `invalid-request` for a word that names no party; `not-found` if there is no such token.
pub(crate) fn party(caller: &str, tokens: &Tokens) -> Result<AskingParty, ApiError> {
    if let Some(name) = caller.strip_prefix(TOKEN) {
        let missing = || {
            let text = Message::new("detail-no-such-token").arg("name", name);
            ApiError::new(ErrorCode::NotFound, text)
        };
        return tokens.digest_of(name).map(AskingParty::Token).ok_or_else(missing);
    }
    if caller.contains("://") {
        return match beid_settings::fault_of_origin(caller) {
            None => Ok(AskingParty::Origin(caller.to_owned())),
            Some(_) => Err(not_an_origin("caller")),
        };
    }
    if caller == OWN_PAGE {
        return Ok(AskingParty::OwnPage);
    }
    if caller == UNKNOWN {
        return Ok(AskingParty::Program(None));
    }
    if Path::new(caller).is_absolute() {
        return Ok(AskingParty::Program(Some(PathBuf::from(caller))));
    }
    Err(ApiError::invalid(
        "caller",
        "must be an origin (https://…), the absolute path of a program, or token:NAME",
    ))
}

/// Refuses a text where an origin belongs.
pub(crate) fn not_an_origin(member: &str) -> ApiError {
    ApiError::invalid(
        member,
        "must be an origin as browsers send it: https://host or https://host:port",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use beid_api::Scopes;
    use beid_host::random::random_id;

    fn now() -> Timestamp {
        "2026-11-21T12:00:00Z".parse().unwrap()
    }

    fn state() -> PathBuf {
        let state = std::env::temp_dir().join(format!("beidd-silences-{}", random_id()));
        std::fs::create_dir(&state).unwrap();
        state
    }

    #[test]
    fn silence_lasts_as_long_as_it_was_wished_and_over_a_start() {
        let state = state();
        let (page, program) = (
            AskingParty::Origin("https://a.example".to_owned()),
            AskingParty::Program(Some(PathBuf::from("/usr/bin/emr"))),
        );
        let silences = Silences::open(&state).unwrap();
        silences.silence(&page, SilenceTerm::ForGood, now()).unwrap();
        silences.silence(&program, SilenceTerm::ForADay, now()).unwrap();
        let reopened = Silences::open(&state).unwrap();
        let refused = |party: &AskingParty, at| {
            let error = reopened.refuse(party, at).err();
            error.map(|error| (error.code, error.retry_after))
        };
        let later = now() + SignedDuration::from_hours(24 * 365);
        assert_eq!(refused(&page, later), Some((ErrorCode::PolicyDenied, None)));
        assert_eq!(
            refused(&program, now()),
            Some((ErrorCode::TooManyRequests, Some(12 * 3600 + 1)))
        );
        assert_eq!(refused(&program, now() + A_DAY), None);
        assert_eq!(refused(&AskingParty::Program(None), now()), None);
        assert!(reopened.unsilence(&page, now()).unwrap() && !reopened.unsilence(&page, now()).unwrap());
        assert_eq!(refused(&page, now()), None);
        std::fs::remove_dir_all(state).unwrap();
    }

    #[test]
    fn callers_are_named_by_words_that_people_can_type() {
        let state = state();
        let tokens = Tokens::open(&state).unwrap();
        let scopes = Scopes::parse(["readers"], "scopes").unwrap();
        tokens.create("desk", &scopes, None, now()).unwrap();
        let silences = Silences::open(&state).unwrap();
        let words = ["https://a.example", "/usr/bin/emr", "token:desk", "unknown"];
        for word in words {
            silences
                .silence(&party(word, &tokens).unwrap(), SilenceTerm::ForGood, now())
                .unwrap();
        }
        let listed: Vec<_> = silences
            .list(&tokens, now())
            .into_iter()
            .map(|one| one.caller)
            .collect();
        assert_eq!(listed, words);
        tokens.revoke("desk").unwrap();
        assert_eq!(silences.list(&tokens, now()).len(), 3);
        for (wrong, code) in [
            ("emr", ErrorCode::InvalidRequest),
            ("https://A.example", ErrorCode::InvalidRequest),
            ("token:desk", ErrorCode::NotFound),
        ] {
            assert_eq!(party(wrong, &tokens).unwrap_err().code, code, "{wrong}");
        }
        std::fs::remove_dir_all(state).unwrap();
    }
}
