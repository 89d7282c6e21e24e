//! Combination of sources: each setting has the value of the last source that sets it, and the name of that source.

use super::ConfigError;
use super::table::{ROWS, Reload, SECTIONS, SettingRow, Settings};
use std::collections::BTreeMap;
use std::fmt;
use toml::{Table, Value};

/// Name of the list of web pages, which is no section.
const ORIGIN: &str = "origin";

/// Source of a value.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum SettingSource {
    /// Files in `/etc/beidd`, whose values limit those of later sources.
    Administrator(String),
    /// The user's own file, or the one that the command line names.
    File(String),
    /// A variable.
    Environment(String),
    /// A flag.
    Flag(&'static str),
}

impl fmt::Display for SettingSource {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Administrator(files) => write!(out, "administrator, {files}"),
            Self::File(path) => write!(out, "file {path}"),
            Self::Environment(variable) => write!(out, "environment {variable}"),
            Self::Flag(flag) => write!(out, "flag {flag}"),
        }
    }
}

/// Values by section and key, each with its source; the list of origins has an empty key.
#[derive(Clone, Debug, Default)]
pub(super) struct Layers(BTreeMap<(String, String), (Value, SettingSource)>);

impl Layers {
    /// Adds the settings of `place`, which override earlier ones.
    pub(super) fn put(&mut self, table: Table, place: &SettingSource) {
        for (section, value) in table {
            match value {
                Value::Table(keys) => {
                    for (key, value) in keys {
                        self.0.insert((section.clone(), key), (value, place.clone()));
                    }
                }
                pages @ (Value::Array(_)
                | Value::String(_)
                | Value::Integer(_)
                | Value::Float(_)
                | Value::Boolean(_)
                | Value::Datetime(_)) => {
                    self.0.insert((section, String::new()), (pages, place.clone()));
                }
            }
        }
    }

    /// Converts the values to settings.
    ///
    /// # Errors
    /// If a value is not valid, which cannot happen to tables that were each read before.
    pub(super) fn settings(&self) -> Result<Settings, ConfigError> {
        let mut whole = Table::new();
        for ((section, key), (value, _)) in &self.0 {
            if key.is_empty() {
                whole.insert(section.clone(), value.clone());
                continue;
            }
            let table = whole
                .entry(section.clone())
                .or_insert_with(|| Value::Table(Table::new()));
            let Value::Table(keys) = table else {
                return Err(ConfigError::new(section, "should be a section"));
            };
            keys.insert(key.clone(), value.clone());
        }
        whole
            .try_into()
            .map_err(|error: toml::de::Error| ConfigError::new("settings", error.message()))
    }

    /// Names of the settings that are set, in the order of the table.
    pub(super) fn names(&self) -> Vec<(&'static str, &'static str)> {
        let is_set = |section: &str, key: &str| self.0.contains_key(&(section.to_owned(), key.to_owned()));
        let rows = ROWS.iter().filter(|row| is_set(row.section, row.key));
        rows.map(|row| (row.section, row.key)).collect()
    }

    /// Writes every setting in the form of a file, each with its source and its default; settings that no source gives
    /// are comments.
    pub(super) fn print(&self) -> String {
        let mut text = match self.get(ORIGIN, "") {
            Some((pages, place)) => format!("{ORIGIN} = {pages} # {place}; default: none\n"),
            None => format!("# {ORIGIN}: none # default\n"),
        };
        for section in SECTIONS {
            text.push_str(&format!("\n[{section}]\n"));
            let rows = ROWS.iter().filter(|row| row.section == *section);
            rows.for_each(|row| text.push_str(&self.line(row)));
        }
        text
    }

    fn line(&self, row: &SettingRow) -> String {
        let SettingRow {
            section, key, default, ..
        } = row;
        let Some((value, place)) = self.get(section, key) else {
            return format!("# {key}: {default} # default\n");
        };
        let limit = match place {
            SettingSource::Administrator(_) if row.limit.is_set() => {
                format!("; later sources: {}", row.limit.words)
            }
            SettingSource::Administrator(_)
            | SettingSource::File(_)
            | SettingSource::Environment(_)
            | SettingSource::Flag(_) => String::new(),
        };
        format!("{key} = {value} # {place}; default: {default}{limit}\n")
    }

    /// Names of the settings whose value differs from that in `other`, in the order of the table, with their time of
    /// reloading; origins come first.
    pub(super) fn differing(&self, other: &Self) -> Vec<(String, Reload)> {
        let differs = |section: &str, key: &str| {
            let value = |layers: &Self| layers.get(section, key).map(|(value, _)| value.clone());
            value(self) != value(other)
        };
        let origins = differs(ORIGIN, "").then(|| (ORIGIN.to_owned(), Reload::Now));
        let rows = ROWS.iter().filter(|row| differs(row.section, row.key));
        let named = rows.map(|row| (format!("{}.{}", row.section, row.key), row.reload));
        origins.into_iter().chain(named).collect()
    }

    /// Takes the values of `other` for settings that are read at the start only.
    pub(super) fn keep_until_restart(&mut self, other: &Self) {
        for row in ROWS.iter().filter(|row| row.reload == Reload::Restart) {
            let place = (row.section.to_owned(), row.key.to_owned());
            match other.0.get(&place) {
                Some(value) => self.0.insert(place, value.clone()),
                None => self.0.remove(&place),
            };
        }
    }

    fn get(&self, section: &str, key: &str) -> Option<&(Value, SettingSource)> {
        self.0.get(&(section.to_owned(), key.to_owned()))
    }
}
