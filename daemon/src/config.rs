//! Settings: files, then the environment, then flags; each may override what came before, except that what `/etc` says
//! of trust, policy and origins can only be narrowed.

use crate::api::Scopes;
use crate::api::types::AuthorMembers;
use crate::roots::read_roots;
use crate::service::cards::Role;
use crate::texts::Language;
use beid_protocol::author::Author;
use beid_protocol::party::HcPartyFields;
use serde::de::{DeserializeOwned, Error as _, IgnoredAny};
use serde::{Deserialize, Deserializer};
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
    /// The practice itself, as author of documents.
    pub provider: Option<AuthorMembers>,
    /// Web pages that are let in without asking.
    pub origins: Vec<Origin>,
    /// What is logged: `error`, `warn`, `info`, `debug` or `trace`.
    pub log_level: String,
    /// Whether cards are simulated; from a flag only.
    pub simulated: bool,
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

/// One file, as written.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct File {
    https: Https,
    dbus: Dbus,
    pcsc: Pcsc,
    prompt: Prompt,
    trust: Option<Trust>,
    provider: Option<Provider>,
    #[serde(rename = "evidence")]
    _evidence: Evidence,
    policy: Policy,
    origin: Option<Vec<Origin>>,
    log: Log,
}

/// A file of `origins.d`: pages, and nothing else.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct DropIn {
    origin: Vec<Origin>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Https {
    port: Option<u16>,
    #[serde(rename = "tls")]
    _tls: Option<NotYet>,
    allow_users: Option<Vec<u32>>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Dbus {
    bus: Option<Bus>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Pcsc {
    ignore_readers: Option<Vec<String>>,
    roles: Option<BTreeMap<String, RoleWord>>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum RoleWord {
    Patient,
    Provider,
    Any,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Prompt {
    pinentry: Option<PathBuf>,
    language: Option<Tongue>,
    timeout_s: Option<Patience>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(try_from = "String")]
struct Tongue(Language);

impl TryFrom<String> for Tongue {
    type Error = &'static str;

    fn try_from(tag: String) -> Result<Self, Self::Error> {
        Language::of_tag(&tag).map(Self).ok_or("should be nl, fr, de or en")
    }
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(try_from = "u64")]
struct Patience(Duration);

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
struct Trust {
    extra_roots: Option<Vec<PathBuf>>,
    revocation: Option<Revocation>,
}

/// Of what the contract names only this is built.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(try_from = "String")]
enum Revocation {
    Off,
}

impl TryFrom<String> for Revocation {
    type Error = &'static str;

    fn try_from(word: String) -> Result<Self, Self::Error> {
        match word.as_str() {
            "off" => Ok(Self::Off),
            "soft" | "require" => Err("not supported yet: only off is"),
            _ => Err("should be off"),
        }
    }
}

/// A key that will mean something some day. Whoever writes it now relies on what nobody does.
#[derive(Clone, Copy, Debug)]
enum NotYet {}

const NOT_YET: &str = "not supported yet";

impl<'de> Deserialize<'de> for NotYet {
    fn deserialize<D: Deserializer<'de>>(value: D) -> Result<Self, D::Error> {
        IgnoredAny::deserialize(value)?;
        Err(D::Error::custom(NOT_YET))
    }
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Evidence {
    #[serde(rename = "url")]
    _url: Option<NotYet>,
    #[serde(rename = "retention")]
    _retention: Option<NotYet>,
}

/// An author who can be written into a document.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "AuthorMembers")]
struct Provider(AuthorMembers);

impl TryFrom<AuthorMembers> for Provider {
    type Error = String;

    fn try_from(members: AuthorMembers) -> Result<Self, Self::Error> {
        let parties: Vec<_> = members.parties.iter().map(HcPartyFields::from).collect();
        match Author::parse(&parties, None) {
            Ok(_) => Ok(Self(members)),
            Err(error) => Err(error.under("provider").to_string()),
        }
    }
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Policy {
    pairing: Option<Pairing>,
}

/// Pages that are not listed cannot be let in by a person yet, so the narrow word is the only one there is: whatever
/// follows `/etc` is as narrow.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(try_from = "String")]
enum Pairing {
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
struct OriginEntry {
    origin: String,
    scopes: Vec<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Log {
    level: Option<Level>,
    journald: Option<Journald>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
struct Level(String);

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
struct Journald;

impl TryFrom<bool> for Journald {
    type Error = &'static str;

    fn try_from(wanted: bool) -> Result<Self, Self::Error> {
        if wanted { Err(NOT_YET) } else { Ok(Self) }
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
        let mut settled = File::default();
        if let Some(file) = read::<File>(&sources.etc.join("beidd.toml"), false)? {
            overlay(&mut settled, file);
        }
        for path in drop_ins(&sources.etc.join("origins.d"))? {
            let added: DropIn = read(&path, true)?.unwrap_or_default();
            settled.origin.get_or_insert_default().extend(added.origin);
        }
        let guard = Guard {
            extra_roots: settled
                .trust
                .as_ref()
                .map(|trust| trust.extra_roots.clone().unwrap_or_default()),
            origins: settled.origin.clone(),
        };
        let later = [(&sources.user, false), (&sources.named, true)];
        for (path, required) in later
            .into_iter()
            .filter_map(|(path, required)| Some((path.as_ref()?, required)))
        {
            if let Some(file) = read::<File>(path, required)? {
                guard.check(&file, &path.display().to_string())?;
                overlay(&mut settled, file);
            }
        }
        let file = from_environment(&sources.environment)?;
        guard.check(&file, "environment")?;
        overlay(&mut settled, file);
        decide(settled)
    }
}

/// Those of the variables that may be ours.
///
/// # Errors
/// [`ConfigError`] names the one that is no text.
pub fn variables(all: impl IntoIterator<Item = (OsString, OsString)>) -> Result<Vec<(String, String)>, ConfigError> {
    let named = all
        .into_iter()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value)));
    let ours = named.filter(|(name, _)| name.starts_with("BEIDD_"));
    ours.map(|(name, value)| match value.into_string() {
        Ok(value) => Ok((name, value)),
        Err(_) => Err(ConfigError::new(name, "should be UTF-8")),
    })
    .collect()
}

fn read<F: DeserializeOwned>(path: &Path, required: bool) -> Result<Option<F>, ConfigError> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && !required => return Ok(None),
        Err(error) => return Err(ConfigError::new(path.display().to_string(), error.to_string())),
    };
    // The parser's own text names line, column and key, and shows the line.
    toml::from_str(&text)
        .map(Some)
        .map_err(|error| ConfigError::new(path.display().to_string(), error.to_string()))
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
    }
    set(&mut under.provider, over.provider);
    set(&mut under.policy.pairing, over.policy.pairing);
    set(&mut under.origin, over.origin);
    set(&mut under.log.level, over.log.level);
    set(&mut under.log.journald, over.log.journald);
}

/// What the administrator said, against what comes after.
struct Guard {
    extra_roots: Option<Vec<PathBuf>>,
    origins: Option<Vec<Origin>>,
}

impl Guard {
    fn check(&self, later: &File, place: &str) -> Result<(), ConfigError> {
        let refused = |key: &str| ConfigError::new(place, format!("{key} may only narrow what /etc/beidd says"));
        let roots = later.trust.as_ref().and_then(|trust| trust.extra_roots.as_ref());
        if let (Some(etc), Some(later)) = (&self.extra_roots, roots)
            && !later.iter().all(|root| etc.contains(root))
        {
            return Err(refused("trust.extra_roots"));
        }
        if let (Some(etc), Some(later)) = (&self.origins, &later.origin) {
            let within = |one: &Origin| {
                etc.iter()
                    .any(|known| known.origin == one.origin && one.scopes.is_within(&known.scopes))
            };
            if !later.iter().all(within) {
                return Err(refused("origin"));
            }
        }
        Ok(())
    }
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
            "BEIDD_DBUS_BUS" => {
                file.dbus.bus = Some(match value.as_str() {
                    "session" => Bus::Session,
                    "system" => Bus::System,
                    "none" => Bus::None,
                    _ => return Err(wrong("session, system or none")),
                });
            }
            "BEIDD_PCSC_IGNORE_READERS" => file.pcsc.ignore_readers = Some(list().collect()),
            "BEIDD_PROMPT_PINENTRY" => file.prompt.pinentry = Some(value.into()),
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
            "BEIDD_POLICY_PAIRING" => file.policy.pairing = Some(said(value.clone(), name)?),
            "BEIDD_LOG_LEVEL" => file.log.level = Some(said(value.clone(), name)?),
            "BEIDD_LOG_JOURNALD" => {
                let wanted: bool = value.parse().map_err(|_| wrong("true or false"))?;
                file.log.journald = Some(said(wanted, name)?);
            }
            "BEIDD_HTTPS_TLS" | "BEIDD_EVIDENCE_URL" | "BEIDD_EVIDENCE_RETENTION" => {
                return Err(ConfigError::new(name.clone(), NOT_YET));
            }
            _ => {}
        }
    }
    Ok(file)
}

/// What the variable called `name` says, if it can say that.
fn said<V, T: TryFrom<V, Error: Into<String>>>(value: V, name: &str) -> Result<T, ConfigError> {
    T::try_from(value).map_err(|reason| ConfigError::new(name, reason))
}

const LEVELS: [&str; 5] = ["error", "warn", "info", "debug", "trace"];

/// How long a person may think, where nobody says otherwise.
const THINKING: Duration = Duration::from_secs(60);

fn decide(file: File) -> Result<Config, ConfigError> {
    let extra_roots = file.trust.and_then(|trust| trust.extra_roots).unwrap_or_default();
    for path in &extra_roots {
        let wrong = |error| ConfigError::new("trust.extra_roots", format!("{}: {error}", path.display()));
        read_roots(path).map_err(wrong)?;
    }
    let role = |role: RoleWord| match role {
        RoleWord::Patient => Role::Patient,
        RoleWord::Provider => Role::Provider,
        RoleWord::Any => Role::Any,
    };
    Ok(Config {
        https_port: file.https.port.unwrap_or(32032),
        https_port_is_fixed: file.https.port.is_some(),
        https_allow_users: file.https.allow_users.unwrap_or_default(),
        bus: file.dbus.bus.unwrap_or_default(),
        ignore_readers: file.pcsc.ignore_readers.unwrap_or_default(),
        roles: file
            .pcsc
            .roles
            .unwrap_or_default()
            .into_iter()
            .map(|(name, word)| (name, role(word)))
            .collect(),
        pinentry: file.prompt.pinentry,
        language: file
            .prompt
            .language
            .map_or_else(Language::of_environment, |Tongue(language)| language),
        prompt_timeout: file.prompt.timeout_s.map_or(THINKING, |Patience(limit)| limit),
        extra_roots,
        provider: file.provider.map(|Provider(author)| author),
        origins: file.origin.unwrap_or_default(),
        log_level: file.log.level.map_or_else(|| "info".to_owned(), |Level(level)| level),
        simulated: false,
    })
}

impl TryFrom<OriginEntry> for Origin {
    type Error = String;

    fn try_from(entry: OriginEntry) -> Result<Self, Self::Error> {
        let scopes = Scopes::parse(entry.scopes.iter().map(String::as_str), "scopes")
            .map_err(|error| error.detail(Language::En))?;
        let (scheme, host) = entry.origin.split_once("://").unwrap_or_default();
        let loopback = ["localhost", "127.0.0.1", "[::1]"]
            .iter()
            .any(|name| host_of(host) == *name);
        let exact = !host.is_empty()
            && !host.contains(['/', '*', ' ', '@', '?', '#'])
            && entry.origin == entry.origin.to_ascii_lowercase();
        if exact && (scheme == "https" || (scheme == "http" && loopback)) {
            Ok(Self {
                origin: entry.origin,
                scopes,
            })
        } else {
            Err(format!(
                "origin: {:?} should be https://host[:port], nothing behind it",
                entry.origin
            ))
        }
    }
}

/// Without the port.
fn host_of(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => authority,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn directory() -> PathBuf {
        let directory = std::env::temp_dir().join(format!("beidd-config-{}", crate::random::random_id()));
        std::fs::create_dir_all(directory.join("origins.d")).unwrap();
        directory
    }

    fn load(etc: &str, user: &str, environment: &[(&str, &str)]) -> Result<Config, ConfigError> {
        load_from(directory(), etc, user, environment)
    }

    fn load_from(
        directory: PathBuf,
        etc: &str,
        user: &str,
        environment: &[(&str, &str)],
    ) -> Result<Config, ConfigError> {
        std::fs::write(directory.join("beidd.toml"), etc).unwrap();
        let own = directory.join("user.toml");
        std::fs::write(&own, user).unwrap();
        let environment = environment
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        Config::load(&Sources {
            etc: directory,
            user: Some(own),
            named: None,
            environment,
        })
    }

    #[test]
    fn nothing_said_means_the_defaults() {
        let config = load("", "", &[]).unwrap();
        assert_eq!((config.https_port, config.https_port_is_fixed), (32032, false));
        assert_eq!(config.bus, Bus::Session);
        assert!(config.origins.is_empty());
    }

    #[test]
    fn environment_beats_user_beats_etc() {
        let config = load(
            "[https]\nport = 1\n[log]\nlevel = 'warn'",
            "[https]\nport = 2",
            &[("BEIDD_HTTPS_PORT", "3")],
        );
        let config = config.unwrap();
        assert_eq!((config.https_port, config.log_level.as_str()), (3, "warn"));
    }

    #[test]
    fn unknown_key_is_named_with_file_and_line() {
        let error = load("", "[https]\nport = 1\nprot = 2", &[]).unwrap_err().to_string();
        assert!(
            error.contains("user.toml") && error.contains("line 3") && error.contains("prot"),
            "{error}"
        );
    }

    #[test]
    fn trust_and_origins_of_etc_can_only_be_narrowed() {
        let etc = "[trust]\nextra_roots = ['/a.pem']";
        assert!(load(etc, "[trust]\nextra_roots = ['/b.pem']", &[]).is_err());
        assert!(load(etc, "", &[("BEIDD_TRUST_EXTRA_ROOTS", "/b.pem")]).is_err());
        let none = load(etc, "[trust]\nextra_roots = []", &[]).unwrap();
        assert!(none.extra_roots.is_empty());
        let etc = "[[origin]]\norigin = 'https://a.example'\nscopes = ['readers', 'certificates']";
        let other = "[[origin]]\norigin = 'https://b.example'\nscopes = ['readers']";
        assert!(load(etc, other, &[]).is_err());
        let narrowed = load(
            etc,
            "[[origin]]\norigin = 'https://a.example'\nscopes = ['readers']",
            &[],
        )
        .unwrap();
        assert_eq!(narrowed.origins[0].scopes.words(), ["readers"]);
    }

    #[test]
    fn narrowing_is_asked_of_the_policy_too() {
        let narrow = "[policy]\npairing = 'listed-only'";
        assert!(load(narrow, narrow, &[("BEIDD_POLICY_PAIRING", "listed-only")]).is_ok());
        assert!(load(narrow, "[policy]\npairing = 'ask'", &[]).is_err());
        assert!(load(narrow, "", &[("BEIDD_POLICY_PAIRING", "ask")]).is_err());
    }

    /// What the user's file `text` is refused for: its line 2, and a word of why.
    #[track_caller]
    fn refused(text: &str, why: &str) {
        let error = load("", text, &[]).unwrap_err().to_string();
        assert!(
            error.contains("user.toml") && error.contains("line 2") && error.contains(why),
            "{text}: {error}"
        );
    }

    #[test]
    fn values_that_cannot_be_are_refused_with_their_line() {
        refused("[prompt]\ntimeout_s = 4", "5 to 600");
        refused("[prompt]\ntimeout_s = 601", "5 to 600");
        refused("[prompt]\nlanguage = 'es'", "nl, fr, de or en");
        refused("[log]\nlevel = 'loud'", "error, warn");
        refused("\n[[origin]]\norigin = 'null'\nscopes = ['readers']", "https://host");
    }

    #[test]
    fn what_is_not_built_is_refused_and_what_means_today_is_taken() {
        refused("[https]\ntls = 'auto'", NOT_YET);
        refused("[trust]\nrevocation = 'require'", NOT_YET);
        refused("[log]\njournald = true", NOT_YET);
        refused("[evidence]\nurl = 'https://a.example'", NOT_YET);
        refused("[policy]\npairing = 'ask'", NOT_YET);
        let today = "[trust]\nrevocation = 'off'\n[log]\njournald = false\n[policy]\npairing = 'listed-only'";
        load("", today, &[]).unwrap();
        for (name, bad) in [
            ("BEIDD_HTTPS_TLS", "auto"),
            ("BEIDD_TRUST_REVOCATION", "soft"),
            ("BEIDD_LOG_JOURNALD", "true"),
            ("BEIDD_EVIDENCE_URL", "https://a.example"),
            ("BEIDD_POLICY_PAIRING", "ask"),
        ] {
            let error = load("", "", &[(name, bad)]).unwrap_err().to_string();
            assert!(error.contains(name) && error.contains(NOT_YET), "{error}");
        }
        let today = [
            ("BEIDD_TRUST_REVOCATION", "off"),
            ("BEIDD_LOG_JOURNALD", "false"),
            ("BEIDD_POLICY_PAIRING", "listed-only"),
        ];
        load("", "", &today).unwrap();
    }

    #[test]
    fn provider_who_cannot_be_written_is_refused() {
        let party = |nihii: &str| {
            format!(
                "[[provider.parties]]\ntype = 'persphysician'\nnihii = '{nihii}'\nfirstName = 'Testo'\nfamilyName = 'ARTS'"
            )
        };
        assert!(load("", &party("19999816004"), &[]).unwrap().provider.is_some());
        let error = load("", &party("1"), &[]).unwrap_err().to_string();
        assert!(
            error.contains("user.toml") && error.contains("provider.parties[0].nihii"),
            "{error}"
        );
        assert!(load("", "[provider]\nparties = []", &[]).is_err());
    }

    #[test]
    fn roots_that_cannot_be_read_are_refused() {
        let empty = directory().join("empty.pem");
        std::fs::write(&empty, "").unwrap();
        for path in ["/nonexistent/a.pem", empty.to_str().unwrap()] {
            let error = load("", &format!("[trust]\nextra_roots = ['{path}']"), &[]).unwrap_err();
            let error = error.to_string();
            assert!(error.contains("trust.extra_roots") && error.contains(path), "{error}");
        }
    }

    #[test]
    fn drop_ins_hold_pages_and_nothing_else() {
        let with = |drop_in: &str| {
            let directory = directory();
            std::fs::write(directory.join("origins.d/emr.toml"), drop_in).unwrap();
            load_from(directory, "", "", &[])
        };
        let page = "[[origin]]\norigin = 'https://a.example'\nscopes = ['readers']";
        assert_eq!(with(page).unwrap().origins.len(), 1);
        let error = with(&format!("{page}\n[https]\nport = 1")).unwrap_err().to_string();
        assert!(error.contains("emr.toml") && error.contains("https"), "{error}");
    }

    #[test]
    fn variables_of_others_need_not_be_text() {
        use std::os::unix::ffi::OsStringExt;
        let odd = || OsString::from_vec(vec![0xFF]);
        let of = |name: OsString, value: OsString| variables([(name, value)]);
        assert_eq!(of("PATH".into(), odd()).unwrap(), []);
        assert_eq!(of(odd(), "x".into()).unwrap(), []);
        let ours = ("BEIDD_LOG_LEVEL".to_owned(), "warn".to_owned());
        assert_eq!(of("BEIDD_LOG_LEVEL".into(), "warn".into()).unwrap(), [ours]);
        let error = of("BEIDD_LOG_LEVEL".into(), odd()).unwrap_err().to_string();
        assert!(error.contains("BEIDD_LOG_LEVEL"), "{error}");
    }

    #[test]
    fn origins_are_exact_and_secure() {
        let one = |origin: &str| {
            load(
                "",
                &format!("[[origin]]\norigin = '{origin}'\nscopes = ['readers']"),
                &[],
            )
        };
        for good in [
            "https://a.example",
            "https://a.example:8443",
            "http://localhost:3000",
            "http://[::1]:1",
        ] {
            assert!(one(good).is_ok(), "{good}");
        }
        for bad in [
            "http://a.example",
            "https://a.example/",
            "https://*.example",
            "a.example",
            "null",
            "https://A.example",
        ] {
            assert!(one(bad).is_err(), "{bad}");
        }
    }
}
