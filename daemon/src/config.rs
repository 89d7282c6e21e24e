//! Settings: files, then the environment, then flags; each may override what came before, except that what `/etc` says
//! of trust, policy, origins and consent texts can only be narrowed.

mod file;
mod origin;

use file::{
    DropIn, File, Level, NOT_YET, OriginEntry, Patience, ProofProfileWord, ReaderPart, RoleWord, Roles, Tongue, Trust,
};

use crate::api::Scopes;
use crate::api::types::AuthorMembers;
use crate::consent_texts::read_consent_text;
use crate::private;
use crate::process::started_by_bus;
use crate::revocation::{AllowedUrl, Settings as RevocationSettings};
use crate::roots::read_roots;
use crate::service::cards::Role;
use crate::texts::Language;
use crate::timestamps::{ExactUrl, Settings as TimestampSettings};
use beid_pki::{Certificate, TrustStore};
use beid_protocol::consent_text::InstalledTexts;
use beid_protocol::therlink::ProofProfile;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Every setting, decided.
#[derive(Clone, Debug)]
pub struct Config {
    /// First port to try; 0: any free one.
    pub https_port: u16,
    /// Whether the port was chosen by somebody: then no other is tried.
    pub https_port_is_fixed: bool,
    /// Users besides our own that may connect over HTTPS.
    pub https_allow_users: Vec<u32>,
    /// The pages that may learn that this service is here.
    pub https_status: StatusFor,
    /// Which bus.
    pub bus: Bus,
    /// Readers whose name contains one of these are not ours.
    pub ignore_readers: Vec<String>,
    /// Roles, by part of the reader's name.
    pub roles: BTreeMap<String, Role>,
    /// The pinentry program; absent: the first one found.
    pub pinentry: Option<PathBuf>,
    /// The language persons are asked in.
    pub language: Language,
    /// How long they may think.
    pub prompt_timeout: Duration,
    /// PEM files with roots of test and pilot cards; they could be read.
    pub extra_roots: Vec<PathBuf>,
    /// Whether and where issuers are asked about their certificates.
    pub revocation: RevocationSettings,
    /// PEM files with roots of time-stamping authorities; they could be read.
    pub timestamp_roots: Vec<PathBuf>,
    /// Who is asked for time stamps; absent: nobody.
    pub timestamps: Option<TimestampSettings>,
    /// The practice itself, as author of documents.
    pub provider: Option<AuthorMembers>,
    /// How signed proofs of links are made, where a request does not say.
    pub proof_profile: ProofProfile,
    /// The official texts that patients can agree to.
    pub consent_texts: InstalledTexts,
    /// Web pages that are let in without asking.
    pub origins: Vec<Origin>,
    /// What is read of a card before anybody asks.
    pub prefetch: Prefetch,
    /// What is logged: `error`, `warn`, `info`, `debug` or `trace`.
    pub log_level: String,
    /// Whether cards are simulated; from a flag only.
    pub simulated: bool,
    /// Settings that are left out, and why: for the log.
    pub warnings: Vec<String>,
}

/// The pages that are answered without a token: at `/v1/status`, and where they would be paired.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Ord, PartialEq, PartialOrd)]
#[serde(try_from = "String")]
pub enum StatusFor {
    /// Those of listed origins: no other page can tell that this service is here.
    Listed,
    /// Those of any https or loopback origin.
    #[default]
    Any,
}

impl TryFrom<String> for StatusFor {
    type Error = &'static str;

    fn try_from(word: String) -> Result<Self, Self::Error> {
        match word.as_str() {
            "listed" => Ok(Self::Listed),
            "any" => Ok(Self::Any),
            _ => Err("should be listed or any"),
        }
    }
}

/// Which bus to be on.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "lowercase")]
pub enum Bus {
    /// The user's.
    #[default]
    Session,
    /// The machine's.
    System,
    /// None.
    None,
}

/// What is read of a card before anybody asks; each word includes those before it.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Ord, PartialEq, PartialOrd)]
#[serde(try_from = "String")]
pub enum Prefetch {
    /// Nothing but which card it is.
    #[default]
    None,
    /// Identity and address, with what proves them: `card.ready` comes when they are there.
    Text,
    /// Photo and certificates too, after `card.ready`, and whoever asks goes first.
    All,
}

impl TryFrom<String> for Prefetch {
    type Error = &'static str;

    fn try_from(word: String) -> Result<Self, Self::Error> {
        match word.as_str() {
            "none" => Ok(Self::None),
            "text" => Ok(Self::Text),
            "all" => Ok(Self::All),
            _ => Err("should be none, text or all"),
        }
    }
}

/// A web page that is let in without asking.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
#[serde(try_from = "OriginEntry")]
pub struct Origin {
    /// Scheme, host and port, exactly as a browser sends it.
    pub origin: String,
    /// The most it gets.
    pub scopes: Scopes,
}

/// What is wrong with the settings, and where.
#[derive(Debug, thiserror::Error)]
#[error("{place}: {reason}")]
pub struct ConfigError {
    place: String,
    reason: String,
}

impl ConfigError {
    fn new(place: impl Into<String>, reason: impl Into<String>) -> Self {
        Self {
            place: place.into(),
            reason: reason.into(),
        }
    }
}

/// Where settings come from, strongest last.
#[derive(Clone, Debug)]
pub struct Sources {
    /// `/etc/beidd`: `beidd.toml` and `origins.d/`.
    pub etc: PathBuf,
    /// The user's own, if there is one.
    pub user: Option<PathBuf>,
    /// Named on the command line; must be there.
    pub named: Option<PathBuf>,
    /// `BEIDD_…` variables.
    pub environment: Vec<(String, String)>,
}

impl Config {
    /// Reads every source.
    ///
    /// # Errors
    /// [`ConfigError`] names the file, its line and the key, or the variable, or the file that a key names.
    pub fn load(sources: &Sources) -> Result<Self, ConfigError> {
        let (mut settled, mut warnings) = (File::default(), Vec::new());
        if let Some(file) = read::<File>(&sources.etc.join("beidd.toml"), false)? {
            overlay(&mut settled, file);
        }
        for path in drop_ins(&sources.etc.join("origins.d"))? {
            let added: DropIn = read(&path, true)?.unwrap_or_default();
            settled.origin.get_or_insert_default().extend(added.origin);
        }
        let guard = Guard {
            trust: settled.trust.clone(),
            origins: settled.origin.clone(),
            prefetch: settled.policy.prefetch,
            status: settled.https.status,
            texts: settled.consent.texts.clone(),
        };
        let later = [(&sources.user, false), (&sources.named, true)];
        for (path, required) in later
            .into_iter()
            .filter_map(|(path, required)| Some((path.as_ref()?, required)))
        {
            if let Some(mut file) = read::<File>(path, required)? {
                let place = path.display().to_string();
                guard.check(&file, &place)?;
                warnings.extend(guard.leave_out(&mut file, &place, &sources.etc));
                overlay(&mut settled, file);
            }
        }
        let file = from_environment(&sources.environment)?;
        guard.check(&file, "environment")?;
        overlay(&mut settled, file);
        Ok(Self {
            warnings,
            ..decide(settled)?
        })
    }
}

/// Those of the variables that may be ours. If a bus started us, the program that asks for PINs is not among them: every
/// program on that bus can have set it.
///
/// # Errors
/// [`ConfigError`] names the one that is no text.
pub fn variables(all: impl IntoIterator<Item = (OsString, OsString)>) -> Result<Vec<(String, String)>, ConfigError> {
    let named = all
        .into_iter()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value)));
    let ours = named.filter(|(name, _)| key_of(name).is_some() && !(started_by_bus() && name == PINENTRY));
    ours.map(|(name, value)| match value.into_string() {
        Ok(value) => Ok((name, value)),
        Err(_) => Err(ConfigError::new(name, "should be UTF-8")),
    })
    .collect()
}

fn read<F: DeserializeOwned>(path: &Path, required: bool) -> Result<Option<F>, ConfigError> {
    let text = match private::read_settings(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && !required => return Ok(None),
        Err(error) => return Err(ConfigError::new(path.display().to_string(), error.to_string())),
    };
    // The parser's own text names line, column and key, and shows the line.
    toml::from_str(&text)
        .map(Some)
        .map_err(|error| ConfigError::new(path.display().to_string(), error.to_string().trim_end()))
}

fn drop_ins(directory: &Path) -> Result<Vec<PathBuf>, ConfigError> {
    let entries = match std::fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(ConfigError::new(directory.display().to_string(), error.to_string())),
    };
    let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    paths.sort();
    Ok(paths)
}

fn overlay(under: &mut File, over: File) {
    fn set<T>(under: &mut Option<T>, over: Option<T>) {
        if over.is_some() {
            *under = over;
        }
    }
    set(&mut under.https.port, over.https.port);
    set(&mut under.https.allow_users, over.https.allow_users);
    set(&mut under.https.status, over.https.status);
    set(&mut under.dbus.bus, over.dbus.bus);
    set(&mut under.pcsc.ignore_readers, over.pcsc.ignore_readers);
    set(&mut under.pcsc.roles, over.pcsc.roles);
    set(&mut under.prompt.pinentry, over.prompt.pinentry);
    set(&mut under.prompt.language, over.prompt.language);
    set(&mut under.prompt.timeout_s, over.prompt.timeout_s);
    if let Some(over) = over.trust {
        let under = under.trust.get_or_insert_default();
        set(&mut under.extra_roots, over.extra_roots);
        set(&mut under.revocation, over.revocation);
        set(&mut under.ocsp_urls, over.ocsp_urls);
        set(&mut under.crl_urls, over.crl_urls);
        set(&mut under.cache, over.cache);
        set(&mut under.timestamp_url, over.timestamp_url);
        set(&mut under.timestamp_roots, over.timestamp_roots);
    }
    set(&mut under.provider.author, over.provider.author);
    set(&mut under.provider.proof_profile, over.provider.proof_profile);
    set(&mut under.consent.texts, over.consent.texts);
    set(&mut under.policy.pairing, over.policy.pairing);
    set(&mut under.policy.prefetch, over.policy.prefetch);
    set(&mut under.origin, over.origin);
    set(&mut under.log.level, over.log.level);
    set(&mut under.log.journald, over.log.journald);
}

/// What the administrator said, against what comes after.
struct Guard {
    trust: Option<Trust>,
    origins: Option<Vec<Origin>>,
    prefetch: Option<Prefetch>,
    status: Option<StatusFor>,
    texts: Option<Vec<PathBuf>>,
}

impl Guard {
    fn check(&self, later: &File, place: &str) -> Result<(), ConfigError> {
        let refused = |key: &str| ConfigError::new(place, format!("{key} may only narrow what /etc/beidd says"));
        if let (Some(etc), Some(later)) = (&self.trust, &later.trust)
            && let Some(key) = etc.widened_by(later)
        {
            return Err(refused(key));
        }
        if let (Some(etc), Some(later)) = (self.prefetch, later.policy.prefetch)
            && later > etc
        {
            return Err(refused("policy.prefetch"));
        }
        if let (Some(etc), Some(later)) = (self.status, later.https.status)
            && later > etc
        {
            return Err(refused("https.status"));
        }
        if let (Some(etc), Some(later)) = (&self.texts, &later.consent.texts)
            && !later.iter().all(|text| etc.contains(text))
        {
            return Err(refused("consent.texts"));
        }
        Ok(())
    }

    /// Takes out of `later` the pages that `/etc` does not let in, or not with as many scopes, and says which. Somebody's own
    /// page is no reason for everybody's cards not to be read.
    fn leave_out(&self, later: &mut File, place: &str, etc: &Path) -> Vec<String> {
        let (Some(known), Some(wanted)) = (&self.origins, &mut later.origin) else {
            return Vec::new();
        };
        let listed: Vec<&str> = known.iter().map(|one| one.origin.as_str()).collect();
        let listed = listed.join(", ");
        let mut left_out = Vec::new();
        wanted.retain(|one| {
            let same = known.iter().find(|known| known.origin == one.origin);
            let reason = match same {
                Some(known) if one.scopes.is_within(&known.scopes) => return true,
                Some(known) => format!("gives it no more than {}", known.scopes.words().join(", ")),
                None => format!("lists only {listed}"),
            };
            let etc = etc.display();
            left_out.push(format!("{place}: origin {} is left out: {etc} {reason}", one.origin));
            false
        });
        if wanted.is_empty() && !left_out.is_empty() {
            // It then says nothing, rather than that no page is let in.
            later.origin = None;
        }
        left_out
    }
}

/// The variable that names the pinentry program.
const PINENTRY: &str = "BEIDD_PROMPT_PINENTRY";

/// Names of sections, in variables.
const SECTIONS: [&str; 10] = [
    "HTTPS", "DBUS", "PCSC", "PROMPT", "TRUST", "PROVIDER", "CONSENT", "EVIDENCE", "POLICY", "LOG",
];

/// Section and key of a variable, in lower case; `None` if it names no section of ours, and so is somebody else's.
fn key_of(variable: &str) -> Option<(String, String)> {
    let (section, key) = variable.strip_prefix("BEIDD_")?.split_once('_')?;
    let known = SECTIONS.contains(&section) || section == "ORIGIN";
    known.then(|| (section.to_ascii_lowercase(), key.to_ascii_lowercase()))
}

/// Says why a variable of a known section sets nothing, as the parser says it of a key in a file.
fn unknown(variable: &str) -> ConfigError {
    let (section, key) = key_of(variable).unwrap_or_default();
    let table = |name, value| toml::Value::Table(toml::Table::from_iter([(name, value)]));
    let file = table(section, table(key, true.into()));
    let reason = match file.try_into::<File>() {
        Err(error) if error.message().starts_with("unknown field") => error.message().to_owned(),
        // There is such a key, or it is one of a table.
        Ok(_) | Err(_) => "can be set in a file only".to_owned(),
    };
    ConfigError::new(variable, reason)
}

/// `BEIDD_<SECTION>_<KEY>` for the keys that are one value or a list; other `BEIDD_` names are not ours.
fn from_environment(variables: &[(String, String)]) -> Result<File, ConfigError> {
    let mut file = File::default();
    for (name, value) in variables {
        let wrong = |what: &str| ConfigError::new(name.clone(), format!("should be {what}"));
        let list = || {
            value
                .split(',')
                .map(str::trim)
                .filter(|item| !item.is_empty())
                .map(str::to_owned)
        };
        match name.as_str() {
            "BEIDD_HTTPS_PORT" => file.https.port = Some(value.parse().map_err(|_| wrong("a port"))?),
            "BEIDD_HTTPS_ALLOW_USERS" => {
                let users = list().map(|user| user.parse()).collect::<Result<_, _>>();
                file.https.allow_users = Some(users.map_err(|_| wrong("user numbers, comma-separated"))?);
            }
            "BEIDD_HTTPS_STATUS" => file.https.status = Some(said(value.clone(), name)?),
            "BEIDD_DBUS_BUS" => {
                file.dbus.bus = Some(match value.as_str() {
                    "session" => Bus::Session,
                    "system" => Bus::System,
                    "none" => Bus::None,
                    _ => return Err(wrong("session, system or none")),
                });
            }
            "BEIDD_PCSC_IGNORE_READERS" => file.pcsc.ignore_readers = Some(list().map(ReaderPart).collect()),
            PINENTRY => file.prompt.pinentry = Some(value.into()),
            "BEIDD_PROMPT_LANGUAGE" => file.prompt.language = Some(said(value.clone(), name)?),
            "BEIDD_PROMPT_TIMEOUT_S" => {
                let seconds: u64 = value.parse().map_err(|_| wrong("a number of seconds"))?;
                file.prompt.timeout_s = Some(said(seconds, name)?);
            }
            "BEIDD_TRUST_EXTRA_ROOTS" => {
                let roots = list().map(PathBuf::from).collect();
                file.trust.get_or_insert_default().extra_roots = Some(roots);
            }
            "BEIDD_TRUST_REVOCATION" => {
                file.trust.get_or_insert_default().revocation = Some(said(value.clone(), name)?);
            }
            "BEIDD_TRUST_OCSP_URLS" => {
                file.trust.get_or_insert_default().ocsp_urls = Some(urls(list(), name)?);
            }
            "BEIDD_TRUST_CRL_URLS" => {
                file.trust.get_or_insert_default().crl_urls = Some(urls(list(), name)?);
            }
            "BEIDD_TRUST_CACHE" => {
                let keep = value.parse().map_err(|_| wrong("true or false"))?;
                file.trust.get_or_insert_default().cache = Some(keep);
            }
            "BEIDD_TRUST_TIMESTAMP_URL" => {
                file.trust.get_or_insert_default().timestamp_url = Some(said(value.clone(), name)?);
            }
            "BEIDD_TRUST_TIMESTAMP_ROOTS" => {
                let roots = list().map(PathBuf::from).collect();
                file.trust.get_or_insert_default().timestamp_roots = Some(roots);
            }
            "BEIDD_PROVIDER_PROOF_PROFILE" => file.provider.proof_profile = Some(said(value.clone(), name)?),
            "BEIDD_CONSENT_TEXTS" => file.consent.texts = Some(list().map(PathBuf::from).collect()),
            "BEIDD_POLICY_PAIRING" => file.policy.pairing = Some(said(value.clone(), name)?),
            "BEIDD_POLICY_PREFETCH" => file.policy.prefetch = Some(said(value.clone(), name)?),
            "BEIDD_LOG_LEVEL" => file.log.level = Some(said(value.clone(), name)?),
            "BEIDD_LOG_JOURNALD" => {
                let wanted: bool = value.parse().map_err(|_| wrong("true or false"))?;
                file.log.journald = Some(said(wanted, name)?);
            }
            "BEIDD_HTTPS_TLS" | "BEIDD_EVIDENCE_URL" | "BEIDD_EVIDENCE_RETENTION" => {
                return Err(ConfigError::new(name.clone(), NOT_YET));
            }
            other if key_of(other).is_some() => return Err(unknown(other)),
            _ => {}
        }
    }
    Ok(file)
}

fn urls(list: impl Iterator<Item = String>, name: &str) -> Result<Vec<AllowedUrl>, ConfigError> {
    list.map(|url| said(url, name)).collect()
}

/// What the variable called `name` says, if it can say that.
fn said<V, T: TryFrom<V, Error: Into<String>>>(value: V, name: &str) -> Result<T, ConfigError> {
    T::try_from(value).map_err(|reason| ConfigError::new(name, reason))
}

/// How long a person may think, where nobody says otherwise.
const THINKING: Duration = Duration::from_secs(60);

fn decide(file: File) -> Result<Config, ConfigError> {
    let trust = file.trust.unwrap_or_default();
    let revocation = trust.of_revocation();
    let extra_roots = trust.extra_roots.unwrap_or_default();
    all_roots("trust.extra_roots", &extra_roots)?;
    let timestamp_roots = trust.timestamp_roots.unwrap_or_default();
    let timestamps = timestamps(trust.timestamp_url, &timestamp_roots)?;
    let role = |role: RoleWord| match role {
        RoleWord::Patient => Role::Patient,
        RoleWord::Provider => Role::Provider,
        RoleWord::Any => Role::Any,
    };
    Ok(Config {
        https_port: file.https.port.unwrap_or(32032),
        https_port_is_fixed: file.https.port.is_some(),
        https_allow_users: file.https.allow_users.unwrap_or_default(),
        https_status: file.https.status.unwrap_or_default(),
        bus: file.dbus.bus.unwrap_or_default(),
        ignore_readers: file
            .pcsc
            .ignore_readers
            .into_iter()
            .flatten()
            .map(|ReaderPart(part)| part)
            .collect(),
        roles: file
            .pcsc
            .roles
            .into_iter()
            .flat_map(|Roles(roles)| roles)
            .map(|(ReaderPart(part), word)| (part, role(word)))
            .collect(),
        pinentry: file.prompt.pinentry,
        language: file
            .prompt
            .language
            .map_or_else(Language::of_environment, |Tongue(language)| language),
        prompt_timeout: file.prompt.timeout_s.map_or(THINKING, |Patience(limit)| limit),
        extra_roots,
        revocation,
        timestamp_roots,
        timestamps,
        consent_texts: installed(&file.consent.texts.unwrap_or_default())?,
        provider: file.provider.author,
        proof_profile: file
            .provider
            .proof_profile
            .map_or_else(ProofProfile::default, |ProofProfileWord(profile)| profile),
        origins: file.origin.unwrap_or_default(),
        prefetch: file.policy.prefetch.unwrap_or_default(),
        log_level: file.log.level.map_or_else(|| "info".to_owned(), |Level(level)| level),
        simulated: false,
        warnings: Vec::new(),
    })
}

/// The certificates of all these files, which a setting called `key` names.
fn all_roots(key: &str, paths: &[PathBuf]) -> Result<Vec<Certificate>, ConfigError> {
    let mut roots = Vec::new();
    for path in paths {
        let wrong = |error| ConfigError::new(key, format!("{}: {error}", path.display()));
        roots.extend(read_roots(path).map_err(wrong)?.warned(path));
    }
    Ok(roots)
}

/// An authority whose stamps nobody could check is not asked.
fn timestamps(url: Option<ExactUrl>, roots: &[PathBuf]) -> Result<Option<TimestampSettings>, ConfigError> {
    let roots = all_roots("trust.timestamp_roots", roots)?;
    match url {
        None => Ok(None),
        Some(_) if roots.is_empty() => Err(ConfigError::new(
            "trust.timestamp_url",
            "goes with trust.timestamp_roots: PEM files with the roots that the authority's certificate leads to",
        )),
        Some(url) => Ok(Some(TimestampSettings {
            url,
            roots: roots
                .into_iter()
                .fold(TrustStore::belgian(), TrustStore::with_test_root),
        })),
    }
}

/// The Dutch text, and those at `paths`.
fn installed(paths: &[PathBuf]) -> Result<InstalledTexts, ConfigError> {
    let refused =
        |place: &Path, reason: String| ConfigError::new("consent.texts", format!("{}: {reason}", place.display()));
    let mut texts = Vec::new();
    for path in paths {
        texts.push(read_consent_text(path).map_err(|error| refused(path, error.to_string()))?);
        // One more each time, so that the second of a language is the one that is named.
        InstalledTexts::new(texts.clone()).map_err(|error| refused(path, error.to_string()))?;
    }
    InstalledTexts::new(texts).map_err(|error| ConfigError::new("consent.texts", error.to_string()))
}

impl TryFrom<OriginEntry> for Origin {
    type Error = String;

    fn try_from(entry: OriginEntry) -> Result<Self, Self::Error> {
        let scopes = Scopes::parse(entry.scopes.iter().map(String::as_str), "scopes")
            .map_err(|error| error.detail(Language::En))?;
        match origin::fault(&entry.origin) {
            None => Ok(Self {
                origin: entry.origin,
                scopes,
            }),
            Some(fault) => Err(format!("origin: {:?} {fault}", entry.origin)),
        }
    }
}

#[cfg(test)]
mod tests;
