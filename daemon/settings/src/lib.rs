//! Settings from files, then the environment, then flags. Later sources override earlier ones, but may only narrow the
//! trust, policy, origins and consent texts of `/etc`.
//!
//! [`ROWS`] is the one table of settings. A row feeds the files, the environment, [`Config::print`] and
//! `docs/settings.md`.

pub mod consent_texts;
mod environment;
mod guard;
mod layers;
pub mod origin;
pub mod roots;
mod table;
mod values;

pub use environment::variables;
pub use origin::fault as fault_of_origin;
pub use table::{
    Consent, Dbus, Evidence, Https, Log, Pcsc, Policy, Prompt, Provider, ROWS, SettingRow, Settings, Trust,
};
pub use values::{
    AssignedRole, BatchReview, Bus, ConfirmBus, EvidenceSeal, EvidenceUse, ExportForm, ExportForms, HttpsCertificate,
    IgnoreReaders, Journald, Level, Origin, Pairing, Parties, Patience, Prefetch, ProofProfileWord, ReaderRoles,
    Retention, StatusFor, Tongue,
};

use crate::consent_texts::read_consent_text;
use crate::roots::read_roots;
use beid_host::private;
use beid_issuers::revocation::RevocationSettings;
use beid_issuers::timestamps::{ExactUrl, TimestampSettings};
use beid_pki::{Certificate, TrustStore};
use beid_protocol::consent_text::InstalledTexts;
use environment::from_variable;
use guard::Guard;
use layers::Layers;
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
        let (mut layers, mut warnings) = (Layers::default(), Vec::new());
        let etc = read_etc(&sources.etc, &mut warnings)?;
        let mut said = Layers::default();
        said.put(etc.clone(), "/etc");
        let guard = Guard::new(said.settings()?, &etc);
        layers.put(etc, &sources.etc.display().to_string());

        let later = [(&sources.user, false), (&sources.named, true)];
        for (path, required) in later
            .into_iter()
            .filter_map(|(path, required)| Some((path.as_ref()?, required)))
        {
            if let Some((mut table, settings)) = read::<Settings>(path, required)? {
                let place = path.display().to_string();
                guard.check(&settings, &place)?;
                warnings.extend(guard.leave_out(&settings, &mut table, &place, &sources.etc));
                layers.put(table, &place);
            }
        }
        // Checked together, as the settings of a file are: one rule may concern several keys.
        let mut environment = Layers::default();
        for (name, value) in &sources.environment {
            if let Some((table, _)) = from_variable(name, value, name)? {
                environment.put(table.clone(), name);
                layers.put(table, name);
            }
        }
        guard.check(&environment.settings()?, "environment")?;
        // Not compared with `/etc`: the flags set the port and switch D-Bus off, which `/etc` does not limit.
        for Flag { flag, variable, value } in &sources.flags {
            if let Some((table, _)) = from_variable(variable, value, flag)? {
                layers.put(table, flag);
            }
        }
        Self::decide(layers, warnings)
    }

    /// Reads the files that settings name, and combines settings that belong together.
    fn decide(layers: Layers, warnings: Vec<String>) -> Result<Self, ConfigError> {
        let settings = layers.settings()?;
        let trust = &settings.trust;
        // Read here so that a fault in a file stops the start. Whoever trusts the roots reads them again.
        all_roots("trust.extra_roots", &trust.extra_roots())?;
        Ok(Self {
            revocation: trust.revocation_settings(),
            timestamps: timestamps(trust.timestamp_url.clone(), &trust.timestamp_roots())?,
            consent_texts: installed(&settings.consent.texts())?,
            settings,
            simulated: false,
            warnings,
            layers,
        })
    }

    /// Names of the settings that a source sets, section and key; never a value.
    #[must_use]
    pub fn names_set(&self) -> Vec<(&'static str, &'static str)> {
        self.layers.names()
    }

    /// Writes every setting in the form of a file, with its source.
    #[must_use]
    pub fn print(&self) -> String {
        self.layers.print()
    }
}

/// Reads `beidd.toml` in `/etc/beidd`, and the origins of its drop-ins.
fn read_etc(etc: &Path, warnings: &mut Vec<String>) -> Result<Table, ConfigError> {
    let main = read::<Settings>(&etc.join("beidd.toml"), false)?;
    let mut table = main.map(|(table, _)| table).unwrap_or_default();
    for path in drop_ins(&etc.join("origins.d"), warnings)? {
        let added = read::<DropIn>(&path, true)?.map(|(table, _)| table);
        let Some(Value::Array(mut more)) = added.unwrap_or_default().remove("origin") else {
            continue;
        };
        let pages = table.entry("origin").or_insert_with(|| Value::Array(Vec::new()));
        let Some(pages) = pages.as_array_mut() else { continue };
        more.retain(|page| {
            let origin = page.get("origin").and_then(Value::as_str).unwrap_or_default();
            let mut before = pages.iter().filter_map(|page| page.get("origin"));
            let is_new = before.all(|known| known.as_str() != Some(origin));
            if !is_new {
                let place = path.display();
                warnings.push(format!(
                    "{place}: origin {origin} is left out: an earlier file lists it"
                ));
            }
            is_new
        });
        pages.append(&mut more);
    }
    if table.contains_key("origin") {
        // Whoever lists origins means these and no others, unless it says that a person may add some.
        let policy = table.entry("policy").or_insert_with(|| Value::Table(Table::new()));
        if let Value::Table(policy) = policy {
            policy.entry("pairing").or_insert_with(|| "listed-only".into());
        }
    }
    Ok(table)
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

/// Combines address and roots of the time-stamping authority: without roots its stamps could not be verified.
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
