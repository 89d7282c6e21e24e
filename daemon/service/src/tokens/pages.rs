//! Tokens of web pages, and the websites that a person allowed. Those that a person agreed to are kept in a file; those
//! of listed or allowed websites last for hours and are not.

use super::{KEPT_AFTER_END, day_of_use, digest, new_token};
use crate::caller::CallerId;
use beid_api::types::PairedPageAnswer;
use beid_api::words::PairingGround;
use beid_api::{ApiError, Scopes};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Upper limit on tokens of one origin.
pub(super) const PAGES_PER_ORIGIN: usize = 32;

/// Terms on which a page gets a token.
pub(crate) struct PageAdmission {
    /// Identifier of the pairing: 128 random bits in hex.
    pub(crate) id: String,
    /// Origin of the page, exactly as the browser sends it.
    pub(crate) origin: String,
    /// Name of the page, as it calls itself.
    pub(crate) name: String,
    /// Scopes of the token.
    pub(crate) scopes: Scopes,
    /// Reason why it is let in.
    pub(crate) ground: AdmissionGround,
    /// Lifetime of the token.
    pub(crate) life: SignedDuration,
}

/// Reason why a page is let in.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum AdmissionGround {
    /// Pairing of a website.
    Pairing(PairingGround),
    /// A person agreed to one call. It is no pairing: it is in no list and no file, and takes no other's place.
    OneCall,
}

/// A new token, at the only time that it is seen.
pub(crate) struct NewPageToken {
    /// The token.
    pub(crate) token: String,
    /// Time of expiry.
    pub(crate) expires_at: Timestamp,
    /// Caller whose token ended to make room, the oldest of this origin; its operations have to be ended.
    pub(crate) ended: Option<CallerId>,
}

/// Token of a page, without the token itself.
#[derive(Clone)]
pub(super) struct PageToken {
    pub(super) id: String,
    pub(super) sha256: String,
    pub(super) origin: String,
    pub(super) name: String,
    pub(super) scopes: Scopes,
    pub(super) ground: AdmissionGround,
    pub(super) created_at: Timestamp,
    pub(super) expires_at: Timestamp,
    /// Day of the last use, and no more of the time: when a practice works is nobody's business.
    pub(super) last_used: Option<Date>,
}

/// Tokens of all pages, and the websites that a person allowed.
#[derive(Clone, Default)]
pub(super) struct PageTokens {
    /// The oldest first.
    pub(super) tokens: Vec<PageToken>,
    pub(super) allowed: BTreeMap<String, Scopes>,
}

impl PageToken {
    pub(super) fn caller_id(&self) -> CallerId {
        CallerId::Page {
            origin: self.origin.clone(),
            pairing: self.id.clone(),
        }
    }

    /// Returns true if it outlives the daemon.
    fn is_kept(&self) -> bool {
        self.ground == AdmissionGround::Pairing(PairingGround::Confirmed)
    }

    /// Returns true if it is the token of a pairing, and not of one call.
    fn is_pairing(&self) -> bool {
        self.ground != AdmissionGround::OneCall
    }

    /// Row in the list of pairings; none for one call.
    fn to_answer(&self) -> Option<PairedPageAnswer> {
        let AdmissionGround::Pairing(ground) = &self.ground else {
            return None;
        };
        Some(PairedPageAnswer {
            id: self.id.clone(),
            origin: self.origin.clone(),
            name: self.name.clone(),
            scopes: self.scopes.words(),
            ground: ground.clone(),
            created_at: self.created_at.to_string(),
            expires_at: self.expires_at.to_string(),
            last_used: self.last_used.map(|day| day.to_string()),
        })
    }
}

impl PageTokens {
    /// Adds a token on the terms of `admission`. An origin with [`PAGES_PER_ORIGIN`] tokens loses its oldest: a page
    /// that never uses them again must not keep its own origin out. Single calls are outside of that: each needs a person.
    pub(super) fn admit(&mut self, admission: PageAdmission, now: Timestamp) -> NewPageToken {
        self.forget_old(now);
        let of_origin =
            |page: &PageToken| page.is_pairing() && page.origin == admission.origin && page.expires_at > now;
        let is_pairing = admission.ground != AdmissionGround::OneCall;
        let full = is_pairing && self.tokens.iter().filter(|page| of_origin(page)).count() >= PAGES_PER_ORIGIN;
        // New ones are added at the end, so the first is the oldest.
        let oldest = self.tokens.iter().position(of_origin).filter(|_| full);
        let ended = oldest.map(|oldest| self.tokens.remove(oldest).caller_id());
        let (token, expires_at) = (new_token(), now + admission.life);
        self.tokens.push(PageToken {
            sha256: digest(&token),
            id: admission.id,
            origin: admission.origin,
            name: admission.name,
            scopes: admission.scopes,
            ground: admission.ground,
            created_at: now,
            expires_at,
            last_used: None,
        });
        NewPageToken {
            token,
            expires_at,
            ended,
        }
    }

    /// Forgets tokens that have ended; those that a person agreed to only later, so that their pages are told that they
    /// have expired.
    fn forget_old(&mut self, now: Timestamp) {
        self.tokens.retain(|page| {
            let remembered = if page.is_kept() {
                KEPT_AFTER_END
            } else {
                SignedDuration::ZERO
            };
            page.expires_at + remembered > now
        });
    }

    /// Returns true if a page of `origin` has, or lately had, a token, or a person allowed it.
    pub(super) fn knows(&self, origin: &str, now: Timestamp) -> bool {
        let lately =
            |page: &PageToken| page.is_pairing() && page.origin == origin && page.expires_at + KEPT_AFTER_END > now;
        self.allowed.contains_key(origin) || self.tokens.iter().any(lately)
    }

    /// Notes that a token is used; returns true if that changes what is kept.
    pub(super) fn used(&mut self, id: &str, now: Timestamp) -> bool {
        let today = Some(day_of_use(now));
        let page = self.tokens.iter_mut().find(|page| page.id == id);
        page.is_some_and(|page| std::mem::replace(&mut page.last_used, today) != today && page.is_kept())
    }

    /// Removes the tokens that `ends` picks, and returns the callers they stood for.
    pub(super) fn end(&mut self, ends: impl Fn(&PageToken) -> bool) -> Vec<CallerId> {
        let ended = self.tokens.iter().filter(|page| ends(page)).map(PageToken::caller_id);
        let ended = ended.collect();
        self.tokens.retain(|page| !ends(page));
        ended
    }

    /// Every live pairing, or those of one origin.
    pub(super) fn answers(&self, origin: Option<&str>, now: Timestamp) -> Vec<PairedPageAnswer> {
        let live = self.tokens.iter().filter(|page| page.expires_at > now);
        let seen = live.filter(|page| origin.is_none_or(|origin| page.origin == origin));
        seen.filter_map(PageToken::to_answer).collect()
    }

    /// Reads the file.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, String> {
        let file: PagesFile = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        let tokens = file.pairings.into_iter().map(KeptPage::into_token);
        let allowed = file
            .allowed
            .into_iter()
            .map(|(origin, words)| Ok((origin, scopes(&words)?)));
        Ok(Self {
            tokens: tokens.collect::<Result<_, String>>()?,
            allowed: allowed.collect::<Result<_, String>>()?,
        })
    }

    /// Writes the content of the file.
    pub(super) fn to_bytes(&self) -> Result<Vec<u8>, ApiError> {
        let kept = self.tokens.iter().filter(|page| page.is_kept());
        let allowed = self.allowed.iter();
        let file = PagesFile {
            pairings: kept.map(KeptPage::from_token).collect(),
            allowed: allowed
                .map(|(origin, scopes)| (origin.clone(), scopes.words()))
                .collect(),
        };
        serde_json::to_vec_pretty(&file).map_err(ApiError::internal)
    }
}

/// Content of the file.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct PagesFile {
    pairings: Vec<KeptPage>,
    /// Scopes of the websites that a person allowed, by origin.
    allowed: BTreeMap<String, Vec<String>>,
}

/// Token of a page in the file.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct KeptPage {
    id: String,
    sha256: String,
    origin: String,
    name: String,
    scopes: Vec<String>,
    created_at: Timestamp,
    expires_at: Timestamp,
    last_used: Option<Date>,
}

impl KeptPage {
    fn from_token(page: &PageToken) -> Self {
        Self {
            id: page.id.clone(),
            sha256: page.sha256.clone(),
            origin: page.origin.clone(),
            name: page.name.clone(),
            scopes: page.scopes.words(),
            created_at: page.created_at,
            expires_at: page.expires_at,
            last_used: page.last_used,
        }
    }

    fn into_token(self) -> Result<PageToken, String> {
        Ok(PageToken {
            scopes: scopes(&self.scopes)?,
            id: self.id,
            sha256: self.sha256,
            origin: self.origin,
            name: self.name,
            ground: AdmissionGround::Pairing(PairingGround::Confirmed),
            created_at: self.created_at,
            expires_at: self.expires_at,
            last_used: self.last_used,
        })
    }
}

fn scopes(words: &[String]) -> Result<Scopes, String> {
    Scopes::parse(words.iter().map(String::as_str), "scopes").map_err(|_| format!("unknown scopes: {words:?}"))
}
