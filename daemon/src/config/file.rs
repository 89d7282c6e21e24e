//! A settings file as it is written: every key there is, and what its value can be.

use super::{Bus, Origin, Prefetch, StatusFor};
use crate::api::types::{AuthorMembers, PartyMembers};
use crate::issuers::revocation::{AllowedUrl, Policy as RevocationPolicy, Settings};
use crate::issuers::timestamps::ExactUrl;
use crate::texts::Language;
use beid_protocol::author::Author;
use beid_protocol::party::HcPartyFields;
use beid_protocol::therlink::ProofProfile;
use serde::de::{Error as _, IgnoredAny};
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

const LEVELS: [&str; 5] = ["error", "warn", "info", "debug", "trace"];

/// One file, as written.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct File {
    pub(super) https: Https,
    pub(super) dbus: Dbus,
    pub(super) pcsc: Pcsc,
    pub(super) prompt: Prompt,
    pub(super) trust: Option<Trust>,
    pub(super) provider: Provider,
    pub(super) consent: Consent,
    #[serde(rename = "evidence")]
    pub(super) _evidence: Evidence,
    pub(super) policy: Policy,
    pub(super) origin: Option<Vec<Origin>>,
    pub(super) log: Log,
}

/// A file of `origins.d`: pages, and nothing else.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct DropIn {
    pub(super) origin: Vec<Origin>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Https {
    pub(super) port: Option<u16>,
    #[serde(rename = "tls")]
    pub(super) _tls: Option<NotYet>,
    pub(super) allow_users: Option<Vec<u32>>,
    pub(super) status: Option<StatusFor>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Dbus {
    pub(super) bus: Option<Bus>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Pcsc {
    pub(super) ignore_readers: Option<Vec<ReaderPart>>,
    pub(super) roles: Option<Roles>,
}

/// Part of readers' names. One of blanks alone would be in nearly all of them, an empty one in all.
#[derive(Clone, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd)]
#[serde(try_from = "String")]
pub(super) struct ReaderPart(pub(super) String);

impl TryFrom<String> for ReaderPart {
    type Error = &'static str;

    fn try_from(part: String) -> Result<Self, Self::Error> {
        if part.trim().is_empty() {
            return Err(
                "part of a reader's name: an empty one is part of every name; leave the entry out, or write more of the name",
            );
        }
        Ok(Self(part))
    }
}

/// Roles, by part of a reader's name, none of which contradict each other.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "BTreeMap<ReaderPart, RoleWord>")]
pub(super) struct Roles(pub(super) BTreeMap<ReaderPart, RoleWord>);

impl TryFrom<BTreeMap<ReaderPart, RoleWord>> for Roles {
    type Error = String;

    /// The longest part that a name contains decides, so two of the same length that both fit one name must agree.
    fn try_from(roles: BTreeMap<ReaderPart, RoleWord>) -> Result<Self, Self::Error> {
        for (index, (ReaderPart(one), role)) in roles.iter().enumerate() {
            let mut later = roles.iter().skip(index + 1);
            let against = later.find(|(part, other)| *other != role && can_fit_one_name(one, &part.0));
            if let Some((ReaderPart(other), _)) = against {
                return Err(format!(
                    "roles: {one:?} and {other:?} are equally long and can both be part of one reader's name, with \
                     different roles; write more of the name in one of them"
                ));
            }
        }
        Ok(Self(roles))
    }
}

/// Tells whether two parts of the same length can be meant for one reader. Names are maker, model and two numbers that pcscd
/// puts at the end (`ACME Reader 00 00`), so parts that begin or end with the same word stand in the same place of a name,
/// and parts that both end with such numbers stand at its end: only one of two different ones can be there.
fn can_fit_one_name(one: &str, other: &str) -> bool {
    let words = |part: &str| part.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let (words, others) = (words(one), words(other));
    let is_number = |word: &String| word.len() == 2 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    let ends = |words: &[String]| words.len() > 1 && words.iter().rev().take(2).all(is_number);
    let same_place = words.first() == others.first() || words.last() == others.last();
    one.chars().count() == other.chars().count() && !same_place && !(ends(&words) && ends(&others))
}

#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "lowercase")]
pub(super) enum RoleWord {
    Patient,
    Provider,
    Any,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Prompt {
    pub(super) pinentry: Option<PathBuf>,
    pub(super) language: Option<Tongue>,
    pub(super) timeout_s: Option<Patience>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Tongue(pub(super) Language);

impl TryFrom<String> for Tongue {
    type Error = &'static str;

    fn try_from(tag: String) -> Result<Self, Self::Error> {
        Language::of_tag(&tag).map(Self).ok_or("should be nl, fr, de or en")
    }
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(try_from = "u64")]
pub(super) struct Patience(pub(super) Duration);

impl TryFrom<u64> for Patience {
    type Error = &'static str;

    fn try_from(seconds: u64) -> Result<Self, Self::Error> {
        match seconds {
            5..=600 => Ok(Self(Duration::from_secs(seconds))),
            _ => Err("should be 5 to 600 seconds"),
        }
    }
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Trust {
    pub(super) extra_roots: Option<Vec<PathBuf>>,
    pub(super) revocation: Option<RevocationPolicy>,
    pub(super) ocsp_urls: Option<Vec<AllowedUrl>>,
    pub(super) crl_urls: Option<Vec<AllowedUrl>>,
    pub(super) cache: Option<bool>,
    pub(super) timestamp_url: Option<ExactUrl>,
    pub(super) timestamp_roots: Option<Vec<PathBuf>>,
}

impl Trust {
    /// What it says of revocation, and the defaults where it says nothing.
    pub(super) fn of_revocation(&self) -> Settings {
        let usual = Settings::default();
        Settings {
            policy: self.revocation.unwrap_or(usual.policy),
            ocsp_urls: self.ocsp_urls.clone().unwrap_or(usual.ocsp_urls),
            crl_urls: self.crl_urls.clone().unwrap_or(usual.crl_urls),
            cache: self.cache.unwrap_or(usual.cache),
        }
    }

    /// The key with which `later` would trust more than this does, if there is one.
    pub(super) fn widened_by(&self, later: &Self) -> Option<&'static str> {
        let among = |known: &Option<Vec<PathBuf>>, roots: &Option<Vec<PathBuf>>| {
            let known = known.as_deref().unwrap_or_default();
            roots.iter().flatten().all(|root| known.contains(root))
        };
        // What goes out goes where the administrator said, or nowhere.
        let same_url = later.timestamp_url.is_none() || later.timestamp_url == self.timestamp_url;
        let (narrow, wide) = (self.of_revocation(), later);
        let within = |known: &[AllowedUrl], urls: &Option<Vec<AllowedUrl>>| {
            let mut urls = urls.iter().flatten();
            urls.all(|url| known.iter().any(|one| one.covers(url)))
        };
        // Where revocation matters, asking fewer would let more pass.
        let may_choose = |urls: &Option<Vec<AllowedUrl>>| urls.is_none() || narrow.policy == RevocationPolicy::Off;
        let checks = [
            ("trust.extra_roots", among(&self.extra_roots, &later.extra_roots)),
            ("trust.timestamp_url", same_url),
            (
                "trust.timestamp_roots",
                among(&self.timestamp_roots, &later.timestamp_roots),
            ),
            (
                "trust.revocation",
                wide.revocation.is_none_or(|policy| policy >= narrow.policy),
            ),
            (
                "trust.ocsp_urls",
                may_choose(&wide.ocsp_urls) && within(&narrow.ocsp_urls, &wide.ocsp_urls),
            ),
            (
                "trust.crl_urls",
                may_choose(&wide.crl_urls) && within(&narrow.crl_urls, &wide.crl_urls),
            ),
            ("trust.cache", wide.cache.is_none_or(|keep| narrow.cache || !keep)),
        ];
        checks.into_iter().find(|(_, narrows)| !narrows).map(|(key, _)| key)
    }
}

/// A key that will mean something some day. Whoever writes it now relies on what nobody does.
#[derive(Clone, Copy, Debug)]
pub(super) enum NotYet {}

pub(super) const NOT_YET: &str = "not supported yet";

impl<'de> Deserialize<'de> for NotYet {
    fn deserialize<D: Deserializer<'de>>(value: D) -> Result<Self, D::Error> {
        IgnoredAny::deserialize(value)?;
        Err(D::Error::custom(NOT_YET))
    }
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Evidence {
    #[serde(rename = "url")]
    pub(super) _url: Option<NotYet>,
    #[serde(rename = "retention")]
    pub(super) _retention: Option<NotYet>,
}

/// An author who can be written into a document.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(try_from = "ProviderMembers")]
pub(super) struct Provider {
    pub(super) author: Option<AuthorMembers>,
    pub(super) proof_profile: Option<ProofProfileWord>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ProviderMembers {
    parties: Option<Vec<PartyMembers>>,
    proof_profile: Option<ProofProfileWord>,
}

impl TryFrom<ProviderMembers> for Provider {
    type Error = String;

    fn try_from(members: ProviderMembers) -> Result<Self, Self::Error> {
        if let Some(parties) = &members.parties {
            let parties: Vec<_> = parties.iter().map(HcPartyFields::from).collect();
            Author::parse(&parties, None).map_err(|error| error.under("provider").to_string())?;
        }
        let author = |parties| AuthorMembers { parties, patient: None };
        Ok(Self {
            author: members.parties.map(author),
            proof_profile: members.proof_profile,
        })
    }
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct ProofProfileWord(pub(super) ProofProfile);

impl TryFrom<String> for ProofProfileWord {
    type Error = &'static str;

    fn try_from(word: String) -> Result<Self, Self::Error> {
        ProofProfile::parse(&word)
            .map(Self)
            .map_err(|_| "should be connector, connector-exact or strict")
    }
}

/// Texts that patients can agree to, besides the Dutch one.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Consent {
    pub(super) texts: Option<Vec<PathBuf>>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Policy {
    pub(super) pairing: Option<Pairing>,
    pub(super) prefetch: Option<Prefetch>,
}

/// Pages that are not listed cannot be let in by a person yet, so the narrow word is the only one there is: whatever
/// follows `/etc` is as narrow.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(try_from = "String")]
pub(super) enum Pairing {
    ListedOnly,
}

impl TryFrom<String> for Pairing {
    type Error = &'static str;

    fn try_from(word: String) -> Result<Self, Self::Error> {
        match word.as_str() {
            "listed-only" => Ok(Self::ListedOnly),
            "ask" => Err("not supported yet: only listed-only is"),
            _ => Err("should be listed-only"),
        }
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OriginEntry {
    pub(super) origin: String,
    pub(super) scopes: Vec<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Log {
    pub(super) level: Option<Level>,
    pub(super) journald: Option<Journald>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Level(pub(super) String);

impl TryFrom<String> for Level {
    type Error = String;

    fn try_from(level: String) -> Result<Self, Self::Error> {
        if LEVELS.contains(&level.as_str()) {
            Ok(Self(level))
        } else {
            Err(format!("should be one of {}", LEVELS.join(", ")))
        }
    }
}

/// Lines go to standard error, which systemd gives to the journal.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(try_from = "bool")]
pub(super) struct Journald;

impl TryFrom<bool> for Journald {
    type Error = &'static str;

    fn try_from(wanted: bool) -> Result<Self, Self::Error> {
        if wanted { Err(NOT_YET) } else { Ok(Self) }
    }
}
