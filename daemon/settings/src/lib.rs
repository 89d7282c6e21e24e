//! Settings from files, then the environment, then flags. Later sources override earlier ones, but may only narrow the
//! trust, policy, origins and consent texts of `/etc`.
//!
//! [`ROWS`] is the one table of settings. A row feeds the files, the environment, [`Config::print`], the limits of `/etc`
//! and `docs/settings.md`.

pub mod consent_texts;
mod environment;
mod guard;
mod layers;
mod limits;
pub mod origin;
mod readers;
pub mod roots;
mod table;
mod values;

pub use environment::variables;
pub use limits::Limit;
pub use origin::fault as fault_of_origin;
pub use readers::{AssignedRole, IgnoreReaders, ReaderRoles, ReaderRows, ReaderRule, ReaderRules, UsbId};
pub use table::{
    Consent, Dbus, Evidence, Https, Log, Metrics, Network, Pcsc, Policy, Prompt, Provider, ROWS, Reload, Report,
    SettingRow, Settings, Trust,
};
pub use values::{
    AllowedProofs, BatchReview, Bus, ConfirmBus, EvidenceHeads, EvidenceSeal, EvidenceUse, ExportForm, ExportForms,
    HttpsCertificate, Level, MetricsListen, Origin, Pairing, Parties, Patience, PinPlace, Prefetch, ProofProfileWord,
    ProxyChoice, ReportUse, Retention, StatusFor, Tongue,
};

use crate::consent_texts::read_consent_text;
use crate::roots::read_roots;
use beid_host::private;
use beid_issuers::revocation::{Proxies, RevocationSettings};
use beid_issuers::timestamps::{ExactUrl, TimestampSettings};
use beid_pki::{Certificate, TrustStore};
use beid_protocol::consent_text::InstalledTexts;
use environment::from_variable;
use guard::Guard;
use layers::{Layers, SettingSource};
use serde::de::DeserializeOwned;
use std::path::{Path, PathBuf};
use table::{DropIn, SECTIONS};
use toml::{Table, Value};

/// Settings in force, combined from all sources.
#[derive(Clone, Debug)]
pub struct Config {
    /// Settings as the sources give them.
    pub settings: Settings,
    /// Settings for asking issuers about revocation.
    pub revocation: RevocationSettings,
    /// Authority that is asked for time stamps; absent if none is.
    pub timestamps: Option<TimestampSettings>,
    /// Official texts of the consent.
    pub consent_texts: InstalledTexts,
    /// True if cards are simulated; set by a flag only.
    pub simulated: bool,
    /// Warnings for the log, about settings that are left out.
    pub warnings: Vec<String>,
    layers: Layers,
    /// Settings that the files in `/etc` set, section and key.
    administrators: Vec<(&'static str, &'static str)>,
}

/// Differences between the settings in force and those that were read again.
#[derive(Debug, Default, Eq, PartialEq)]
pub struct SettingChanges {
    /// Names of the settings whose new value counts at once: `policy.exports`.
    pub applied: Vec<String>,
    /// Names of those whose new value counts from the next start.
    pub after_restart: Vec<String>,
}

/// Fault in the settings, with its place.
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

    /// Returns place and line without the text there, which may be about a person: for the log.
    #[must_use]
    pub fn for_log(&self) -> String {
        let reason = self.reason.lines().next().unwrap_or_default();
        format!("{}: {reason}", self.place)
    }
}

/// Sources of settings, in ascending order of precedence.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// Directory `/etc/beidd`, with `beidd.toml` and `origins.d/`.
    pub etc: PathBuf,
    /// The user's own file; it may be absent.
    pub user: Option<PathBuf>,
    /// File named on the command line; it must exist.
    pub named: Option<PathBuf>,
    /// Variables `BEIDD_…`, by name.
    pub environment: Vec<(String, String)>,
    /// Flags of the command line.
    pub flags: Vec<Flag>,
}

/// A flag of the command line that overrides a setting.
#[derive(Clone, Debug)]
pub struct Flag {
    /// Name of the flag: `--https-port`.
    pub flag: &'static str,
    /// Name of the variable that sets the same.
    pub variable: &'static str,
    /// Value, in the form of the variable.
    pub value: String,
}

impl Config {
    /// Reads every source.
    ///
    /// # Errors
    /// [`ConfigError`] names the file, its line and the key, or the variable, or the file that a key names.
    pub fn load(sources: &Sources) -> Result<Self, ConfigError> {
        let mut warnings = Vec::new();
        let (etc, mut layers) = read_etc(&sources.etc, &mut warnings)?;
        let guard = Guard::new(layers.settings()?, &etc);
        let administrators = layers.names();

        let later = [(&sources.user, false), (&sources.named, true)];
        for (path, required) in later
            .into_iter()
            .filter_map(|(path, required)| Some((path.as_ref()?, required)))
        {
            if let Some((mut table, settings)) = read::<Settings>(path, required)? {
                let place = path.display().to_string();
                guard.check(&settings, &place)?;
                warnings.extend(guard.leave_out(&settings, &mut table, &place, &sources.etc));
                layers.put(table, &SettingSource::File(place));
            }
        }
        // Checked together, as the settings of a file are: one rule may concern several keys.
        let mut environment = Layers::default();
        for (name, value) in &sources.environment {
            if let Some((table, _)) = from_variable(name, value, name)? {
                let source = SettingSource::Environment(name.clone());
                environment.put(table.clone(), &source);
                layers.put(table, &source);
            }
        }
        guard.check(&environment.settings()?, "environment")?;
        // Not compared with `/etc`: the flags set the port and switch D-Bus off, which `/etc` does not limit.
        for Flag { flag, variable, value } in &sources.flags {
            if let Some((table, _)) = from_variable(variable, value, flag)? {
                layers.put(table, &SettingSource::Flag(flag));
            }
        }
        Self::decide(layers, administrators, warnings)
    }

    /// Reads the files that settings name, and combines settings that belong together.
    fn decide(
        layers: Layers,
        administrators: Vec<(&'static str, &'static str)>,
        warnings: Vec<String>,
    ) -> Result<Self, ConfigError> {
        let settings = layers.settings()?;
        must_have_records(&settings)?;
        let trust = &settings.trust;
        // Read here so that a fault in a file stops the start. Whoever trusts the roots reads them again.
        all_roots("trust.extra_roots", &trust.extra_roots())?;
        let proxies = proxies(&settings.network)?;
        Ok(Self {
            revocation: RevocationSettings {
                proxies: proxies.clone(),
                ..trust.revocation_settings()
            },
            timestamps: timestamps(trust.timestamp_url.clone(), &trust.timestamp_roots(), proxies)?,
            consent_texts: installed(&settings.consent.texts())?,
            settings,
            simulated: false,
            warnings,
            layers,
            administrators,
        })
    }

    /// Takes over from `newer`, which were read again, whatever can change while the daemon runs. Files that settings
    /// name are read again too.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn reloaded(&self, newer: &Self) -> Result<(Self, SettingChanges), ConfigError> {
        let mut changes = SettingChanges::default();
        for (name, reload) in self.layers.differing(&newer.layers) {
            match reload {
                Reload::Now => changes.applied.push(name),
                Reload::Restart => changes.after_restart.push(name),
            }
        }
        let mut layers = newer.layers.clone();
        layers.keep_until_restart(&self.layers);
        let merged = Self::decide(layers, newer.administrators.clone(), newer.warnings.clone())?;
        let simulated = self.simulated;
        Ok((Self { simulated, ..merged }, changes))
    }

    /// Names of the settings that a source sets, section and key; never a value.
    #[must_use]
    pub fn names_set(&self) -> Vec<(&'static str, &'static str)> {
        self.layers.names()
    }

    /// Returns true if the administrator sets it, in `/etc`.
    #[must_use]
    pub fn is_administrators(&self, section: &str, key: &str) -> bool {
        self.administrators.contains(&(section, key))
    }

    /// Writes every setting in the form of a file, with its source.
    #[must_use]
    pub fn print(&self) -> String {
        self.layers.print()
    }
}

/// Reads `beidd.toml` in `/etc/beidd`, and the origins of its drop-ins; both as a table and with the files of each key.
fn read_etc(etc: &Path, warnings: &mut Vec<String>) -> Result<(Table, Layers), ConfigError> {
    let main = etc.join("beidd.toml");
    let mut table = read::<Settings>(&main, false)?
        .map(|(table, _)| table)
        .unwrap_or_default();
    let administrator = |files: String| SettingSource::Administrator(files);
    let mut layers = Layers::default();
    layers.put(table.clone(), &administrator(main.display().to_string()));

    let mut lists: Vec<_> = table.contains_key("origin").then(|| main.clone()).into_iter().collect();
    for path in drop_ins(&etc.join("origins.d"), warnings)? {
        let added = read::<DropIn>(&path, true)?.map(|(table, _)| table);
        let Some(Value::Array(mut more)) = added.unwrap_or_default().remove("origin") else {
            continue;
        };
        let pages = table.entry("origin").or_insert_with(|| Value::Array(Vec::new()));
        let Some(pages) = pages.as_array_mut() else { continue };
        more.retain(|page| is_new(page, pages, &path, warnings));
        pages.append(&mut more);
        lists.push(path);
    }
    if let Some(pages) = table.get("origin").cloned() {
        let names: Vec<_> = lists.iter().map(|path| path.display().to_string()).collect();
        let names = names.join(", ");
        layers.put(
            Table::from_iter([("origin".to_owned(), pages)]),
            &administrator(names.clone()),
        );
        // Whoever lists origins means these and no others, unless it says that a person may add some.
        let policy = table.entry("policy").or_insert_with(|| Value::Table(Table::new()));
        if let Some(policy) = policy.as_table_mut().filter(|policy| !policy.contains_key("pairing")) {
            policy.insert("pairing".to_owned(), "listed-only".into());
            let implied = Table::from_iter([("pairing".to_owned(), "listed-only".into())]);
            let implied = Table::from_iter([("policy".to_owned(), Value::Table(implied))]);
            layers.put(implied, &administrator(format!("by the origins in {names}")));
        }
    }
    Ok((table, layers))
}

/// Returns true unless `pages`, of earlier files, list the origin of `page`; adds a warning then.
fn is_new(page: &Value, pages: &[Value], place: &Path, warnings: &mut Vec<String>) -> bool {
    let origin = page.get("origin").and_then(Value::as_str).unwrap_or_default();
    let mut before = pages.iter().filter_map(|page| page.get("origin"));
    let is_new = before.all(|known| known.as_str() != Some(origin));
    if !is_new {
        let place = place.display();
        warnings.push(format!(
            "{place}: origin {origin} is left out: an earlier file lists it"
        ));
    }
    is_new
}

/// Reads a file, both as a table and as settings; `None` if it is absent and not `required`.
fn read<F: DeserializeOwned>(path: &Path, required: bool) -> Result<Option<(Table, F)>, ConfigError> {
    let wrong = |reason: String| ConfigError::new(path.display().to_string(), reason.trim_end());
    let text = match private::read_settings(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && !required => return Ok(None),
        Err(error) => return Err(wrong(error.to_string())),
    };
    // The parser's own text names line, column and key, and shows the line.
    // Read twice: the types refuse unknown keys, and the table tells which keys are set at all.
    let meaning = toml::from_str(&text).map_err(|error| wrong(error.to_string()))?;
    let table: Table = toml::from_str(&text).map_err(|error| wrong(error.to_string()))?;
    // The types take a list for a section too, whose values would then have no names, and no limit of /etc.
    if let Some(section) = SECTIONS
        .iter()
        .find(|section| table.get(**section).is_some_and(|keys| !keys.is_table()))
    {
        return Err(wrong(format!("{section} should be a section: [{section}]")));
    }
    Ok(Some((table, meaning)))
}

/// Finds the drop-ins in `directory`, in the order of their names.
fn drop_ins(directory: &Path, warnings: &mut Vec<String>) -> Result<Vec<PathBuf>, ConfigError> {
    let entries = match std::fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(ConfigError::new(directory.display().to_string(), error.to_string())),
    };
    let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    // A directory has no order of its own, and the same files must give the same settings.
    paths.sort();
    let (read, others): (Vec<_>, Vec<_>) = paths
        .into_iter()
        .partition(|path| path.extension().is_some_and(|extension| extension == "toml"));
    let other = |path: &PathBuf| format!("{}: is not read: names of files here end in .toml", path.display());
    warnings.extend(others.iter().map(other));
    Ok(read)
}

/// Reads the certificates of all `paths`, which the setting `key` names.
fn all_roots(key: &str, paths: &[PathBuf]) -> Result<Vec<Certificate>, ConfigError> {
    let mut roots = Vec::new();
    for path in paths {
        let wrong = |error| ConfigError::new(key, format!("{}: {error}", path.display()));
        roots.extend(read_roots(path).map_err(wrong)?.warned(path));
    }
    Ok(roots)
}

/// Refuses to count what is not recorded.
fn must_have_records(settings: &Settings) -> Result<(), ConfigError> {
    let counts_nothing = settings.report.store() == ReportUse::On && settings.evidence.store() == EvidenceUse::Off;
    if counts_nothing {
        let reason = "goes with evidence.store = \"on\": what is not recorded is not counted";
        return Err(ConfigError::new("report.store", reason));
    }
    Ok(())
}

/// Chooses the way to issuers: the settings', else the environment's.
fn proxies(network: &Network) -> Result<Proxies, ConfigError> {
    let without = network.no_proxy();
    match &network.proxy {
        Some(ProxyChoice::At(url)) => Ok(Proxies::new(url, &without)),
        Some(ProxyChoice::None) | None if !without.is_empty() => Err(ConfigError::new(
            "network.no_proxy",
            "goes with network.proxy; the environment has the variable no_proxy",
        )),
        Some(ProxyChoice::None) => Ok(Proxies::default()),
        None => Ok(Proxies::from_variables(|name| std::env::var(name).ok())),
    }
}

/// Combines address and roots of the time-stamping authority: without roots its stamps could not be verified.
fn timestamps(
    url: Option<ExactUrl>,
    roots: &[PathBuf],
    proxies: Proxies,
) -> Result<Option<TimestampSettings>, ConfigError> {
    let roots = all_roots("trust.timestamp_roots", roots)?;
    match url {
        None => Ok(None),
        Some(_) if roots.is_empty() => Err(ConfigError::new(
            "trust.timestamp_url",
            "goes with trust.timestamp_roots: PEM files with the roots that the authority's certificate leads to",
        )),
        Some(url) => Ok(Some(TimestampSettings {
            url,
            proxies,
            roots: roots
                .into_iter()
                .fold(TrustStore::belgian(), TrustStore::with_test_root),
        })),
    }
}

/// Reads the consent texts at `paths`, to be offered with the Dutch one.
fn installed(paths: &[PathBuf]) -> Result<InstalledTexts, ConfigError> {
    let refused =
        |place: &Path, reason: String| ConfigError::new("consent.texts", format!("{}: {reason}", place.display()));
    let mut texts = Vec::new();
    for path in paths {
        texts.push(read_consent_text(path).map_err(|error| refused(path, error.to_string()))?);
        // Checked after each file, so that the error names the second file of a language.
        InstalledTexts::new(texts.clone()).map_err(|error| refused(path, error.to_string()))?;
    }
    InstalledTexts::new(texts).map_err(|error| ConfigError::new("consent.texts", error.to_string()))
}

#[cfg(test)]
mod tests;
