//! Settings: files, then the environment, then flags; each may override what came before, except that what `/etc` says
//! of trust, policy and origins can only be narrowed.

use crate::api::Scopes;
use crate::api::types::AuthorMembers;
use crate::service::cards::Role;
use crate::texts::Language;
use serde::Deserialize;
use std::collections::BTreeMap;
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
    /// PEM files with roots of test and pilot cards.
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
#[derive(Clone, Debug, Eq, PartialEq)]
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
    provider: Option<AuthorMembers>,
    policy: Option<Policy>,
    origin: Option<Vec<OriginEntry>>,
    log: Log,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Https {
    port: Option<u16>,
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
    language: Option<String>,
    timeout_s: Option<u64>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Trust {
    extra_roots: Vec<PathBuf>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Policy {
    pairing: Option<Pairing>,
}

/// Pages that are not listed cannot be let in by a person yet, so the narrow word is the only one there is.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "kebab-case")]
enum Pairing {
    ListedOnly,
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
    level: Option<String>,
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
    /// [`ConfigError`] names the file, its line and the key, or the variable.
    pub fn load(sources: &Sources) -> Result<Self, ConfigError> {
        let mut settled = File::default();
        if let Some(file) = read(&sources.etc.join("beidd.toml"), false)? {
            overlay(&mut settled, file);
        }
        for path in drop_ins(&sources.etc.join("origins.d"))? {
            let added = read(&path, true)?.and_then(|file| file.origin).unwrap_or_default();
            settled.origin.get_or_insert_default().extend(added);
        }
        let guard = Guard {
            trust: settled.trust.clone(),
            origins: settled.origin.clone(),
        };
        let later = [(&sources.user, false), (&sources.named, true)];
        for (path, required) in later
            .into_iter()
            .filter_map(|(path, required)| Some((path.as_ref()?, required)))
        {
            if let Some(file) = read(path, required)? {
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

fn read(path: &Path, required: bool) -> Result<Option<File>, ConfigError> {
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
    set(&mut under.trust, over.trust);
    set(&mut under.provider, over.provider);
    set(&mut under.policy, over.policy);
    set(&mut under.origin, over.origin);
    set(&mut under.log.level, over.log.level);
}

/// What the administrator said, against what comes after.
struct Guard {
    trust: Option<Trust>,
    origins: Option<Vec<OriginEntry>>,
}

impl Guard {
    fn check(&self, later: &File, place: &str) -> Result<(), ConfigError> {
        let refused = |key: &str| ConfigError::new(place, format!("{key} may only narrow what /etc/beidd says"));
        if let (Some(etc), Some(later)) = (&self.trust, &later.trust)
            && !later.extra_roots.iter().all(|root| etc.extra_roots.contains(root))
        {
            return Err(refused("trust.extra_roots"));
        }
        if let (Some(etc), Some(later)) = (&self.origins, &later.origin) {
            let within = |one: &OriginEntry| {
                etc.iter().any(|known| {
                    known.origin == one.origin && one.scopes.iter().all(|scope| known.scopes.contains(scope))
                })
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
            "BEIDD_PROMPT_LANGUAGE" => file.prompt.language = Some(value.clone()),
            "BEIDD_PROMPT_TIMEOUT_S" => {
                file.prompt.timeout_s = Some(value.parse().map_err(|_| wrong("a number of seconds"))?);
            }
            "BEIDD_TRUST_EXTRA_ROOTS" => {
                file.trust = Some(Trust {
                    extra_roots: list().map(PathBuf::from).collect(),
                });
            }
            "BEIDD_LOG_LEVEL" => file.log.level = Some(value.clone()),
            _ => {}
        }
    }
    Ok(file)
}

const LEVELS: [&str; 5] = ["error", "warn", "info", "debug", "trace"];

fn decide(file: File) -> Result<Config, ConfigError> {
    let language = match file.prompt.language.as_deref() {
        None => Language::of_environment(),
        Some(tag) => {
            Language::of_tag(tag).ok_or_else(|| ConfigError::new("prompt.language", "should be nl, fr, de or en"))?
        }
    };
    let log_level = file.log.level.unwrap_or_else(|| "info".to_owned());
    if !LEVELS.contains(&log_level.as_str()) {
        return Err(ConfigError::new(
            "log.level",
            format!("should be one of {}", LEVELS.join(", ")),
        ));
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
        language,
        prompt_timeout: Duration::from_secs(file.prompt.timeout_s.unwrap_or(60).clamp(5, 600)),
        extra_roots: file.trust.unwrap_or_default().extra_roots,
        provider: file.provider,
        origins: file
            .origin
            .unwrap_or_default()
            .into_iter()
            .map(origin)
            .collect::<Result<_, _>>()?,
        log_level,
        simulated: false,
    })
}

fn origin(entry: OriginEntry) -> Result<Origin, ConfigError> {
    let scopes = Scopes::parse(entry.scopes.iter().map(String::as_str), "scopes")
        .map_err(|error| ConfigError::new("origin.scopes", error.detail(Language::En)))?;
    let (scheme, host) = entry.origin.split_once("://").unwrap_or_default();
    let loopback = ["localhost", "127.0.0.1", "[::1]"]
        .iter()
        .any(|name| host_of(host) == *name);
    let exact = !host.is_empty()
        && !host.contains(['/', '*', ' ', '@', '?', '#'])
        && entry.origin == entry.origin.to_ascii_lowercase();
    if exact && (scheme == "https" || (scheme == "http" && loopback)) {
        Ok(Origin {
            origin: entry.origin,
            scopes,
        })
    } else {
        Err(ConfigError::new(
            "origin",
            format!("{:?} should be https://host[:port], nothing behind it", entry.origin),
        ))
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

    fn load(etc: &str, user: &str, environment: &[(&str, &str)]) -> Result<Config, ConfigError> {
        let directory = std::env::temp_dir().join(format!("beidd-config-{}", crate::random::random_id()));
        std::fs::create_dir_all(&directory).unwrap();
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
        let etc = "[trust]\nextra_roots = ['/a.pem']\n[[origin]]\norigin = 'https://a.example'\nscopes = ['readers', 'certificates']";
        assert!(load(etc, "[trust]\nextra_roots = ['/b.pem']", &[]).is_err());
        assert!(
            load(etc, "[trust]\nextra_roots = []", &[])
                .unwrap()
                .extra_roots
                .is_empty()
        );
        assert!(load(etc, "", &[("BEIDD_TRUST_EXTRA_ROOTS", "/b.pem")]).is_err());
        assert!(
            load(
                etc,
                "[[origin]]\norigin = 'https://b.example'\nscopes = ['readers']",
                &[]
            )
            .is_err()
        );
        let narrowed = load(
            etc,
            "[[origin]]\norigin = 'https://a.example'\nscopes = ['readers']",
            &[],
        )
        .unwrap();
        assert_eq!(narrowed.origins[0].scopes.words(), ["readers"]);
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
