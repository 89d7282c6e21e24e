//! Combination of sources: each setting has the value of the last source that sets it, and the name of that source.

use super::ConfigError;
use super::table::{ROWS, SECTIONS, Settings};
use std::collections::BTreeMap;
use toml::{Table, Value};

/// Name of the list of web pages, which is no section.
const ORIGIN: &str = "origin";

/// Values by section and key, each with its source; the list of origins has an empty key.
#[derive(Clone, Debug, Default)]
pub(super) struct Layers(BTreeMap<(String, String), (Value, String)>);

impl Layers {
    /// Adds the settings of `place`, which override earlier ones.
    pub(super) fn put(&mut self, table: Table, place: &str) {
        for (section, value) in table {
            match value {
                Value::Table(keys) => {
                    for (key, value) in keys {
                        self.0.insert((section.clone(), key), (value, place.to_owned()));
                    }
                }
                pages @ (Value::Array(_)
                | Value::String(_)
                | Value::Integer(_)
                | Value::Float(_)
                | Value::Boolean(_)
                | Value::Datetime(_)) => {
                    self.0.insert((section, String::new()), (pages, place.to_owned()));
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

    /// Writes every setting in the form of a file, with its source; defaults are comments.
    pub(super) fn print(&self) -> String {
        let set = |section: &str, key: &str| self.0.get(&(section.to_owned(), key.to_owned()));
        let mut text = match set(ORIGIN, "") {
            Some((pages, place)) => format!("{ORIGIN} = {pages} # {place}\n"),
            None => format!("# {ORIGIN}: none (default)\n"),
        };
        for section in SECTIONS {
            text.push_str(&format!("\n[{section}]\n"));
            for row in ROWS.iter().filter(|row| row.section == *section) {
                let key = row.key;
                text.push_str(&match set(section, key) {
                    Some((value, place)) => format!("{key} = {value} # {place}\n"),
                    None => format!("# {key}: {} (default)\n", row.default),
                });
            }
        }
        text
    }
}
