//! Sources on top of each other: each setting has the value of the strongest source that has one, and the name of that
//! source.

use super::ConfigError;
use super::table::{ROWS, SECTIONS, Settings};
use std::collections::BTreeMap;
use toml::{Table, Value};

/// Name of the list of web pages, which is no section.
const ORIGIN: &str = "origin";

/// Values by section and key, each with the place that it is from; pages have no key.
#[derive(Clone, Debug, Default)]
pub(super) struct Layers(BTreeMap<(String, String), (Value, String)>);

impl Layers {
    /// Puts what `place` says on top.
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

    /// Reads all of them as settings.
    ///
    /// # Errors
    /// If a value cannot be: not for layers of which each was read before.
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
            if let Value::Table(keys) = table {
                keys.insert(key.clone(), value.clone());
            }
        }
        whole
            .try_into()
            .map_err(|error: toml::de::Error| ConfigError::new("settings", error.message()))
    }

    /// Writes every setting as a file would have it, with its source; a default stands as a remark.
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
