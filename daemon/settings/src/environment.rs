//! Settings from variables: `BEIDD_<SECTION>_<KEY>`, for single values and lists. Names with other sections are
//! ignored.

use super::ConfigError;
use super::table::{ROWS, SECTIONS, SettingRow, Settings, VariableForm};
use beid_host::process::started_by_bus;
use std::ffi::OsString;
use toml::{Table, Value};

/// Variable that names the pinentry program.
const PINENTRY: &str = "BEIDD_PROMPT_PINENTRY";

/// Picks the variables that set something. If a bus started the daemon, the one for the pinentry program is left out:
/// every program on that bus can have set it.
///
/// # Errors
/// [`ConfigError`] names a variable that is not UTF-8.
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

/// Splits a variable's name into section and key, in lower case; `None` if it names no section of ours.
fn key_of(variable: &str) -> Option<(String, String)> {
    let (section, key) = variable.strip_prefix("BEIDD_")?.split_once('_')?;
    // In small letters it is another variable to the system, and perhaps to another program.
    let is_loud = section == section.to_uppercase();
    let (section, key) = (section.to_lowercase(), key.to_lowercase());
    let known = SECTIONS.contains(&section.as_str()) || section == "origin";
    (known && is_loud).then_some((section, key))
}

/// Reads `value` as the variable `name`; `None` if the variable is not ours.
///
/// # Errors
/// [`ConfigError`] with `place`, if there is no such setting or the value is not valid.
pub(super) fn from_variable(name: &str, value: &str, place: &str) -> Result<Option<(Table, Settings)>, ConfigError> {
    let Some((section, key)) = key_of(name) else {
        return Ok(None);
    };
    let row = ROWS.iter().find(|row| row.section == section && row.key == key);
    let Some(row) = row.filter(|row| row.has_variable() && row.variable() == name) else {
        return Err(unknown(&section, &key, place));
    };
    // Read by the same types as a file, so that both have the same rules.
    let table = one(&section, &key, parse(row, value, place)?);
    match table.clone().try_into::<Settings>() {
        Ok(settings) => Ok(Some((table, settings))),
        Err(error) => Err(match (row.form, error.message()) {
            // The parser's text would name a Rust type: `u16`.
            (VariableForm::Number(what), reason) if reason.starts_with("invalid") => wrong(place, what),
            (VariableForm::Numbers(what), reason) if reason.starts_with("invalid") => wrong_list(place, what),
            (_, reason) => ConfigError::new(place, reason.trim_end()),
        }),
    }
}

fn one(section: &str, key: &str, value: Value) -> Table {
    let keys = Table::from_iter([(key.to_owned(), value)]);
    Table::from_iter([(section.to_owned(), Value::Table(keys))])
}

fn parse(row: &SettingRow, value: &str, place: &str) -> Result<Value, ConfigError> {
    let items = || value.split(',').map(str::trim).filter(|item| !item.is_empty());
    let number = |item: &str| item.parse::<i64>().map(Value::Integer);
    Ok(match row.form {
        VariableForm::Text | VariableForm::FileOnly => value.into(),
        VariableForm::Flag => Value::Boolean(value.parse().map_err(|_| wrong(place, "true or false"))?),
        VariableForm::Number(what) => number(value).map_err(|_| wrong(place, what))?,
        VariableForm::Texts => items().map(Value::from).collect::<Vec<_>>().into(),
        VariableForm::Numbers(what) => {
            let numbers: Result<Vec<_>, _> = items().map(number).collect();
            numbers.map_err(|_| wrong_list(place, what))?.into()
        }
    })
}

fn wrong(place: &str, what: &str) -> ConfigError {
    ConfigError::new(place, format!("should be {what}"))
}

fn wrong_list(place: &str, what: &str) -> ConfigError {
    wrong(place, &format!("{what}, comma-separated"))
}

/// Returns the error for a variable of a known section that sets nothing, in the parser's words for a key in a file.
fn unknown(section: &str, key: &str, place: &str) -> ConfigError {
    let reason = match one(section, key, true.into()).try_into::<Settings>() {
        Err(error) if error.message().starts_with("unknown field") => error.message().to_owned(),
        // The key exists, or belongs to a table.
        Ok(_) | Err(_) => "can be set in a file only".to_owned(),
    };
    ConfigError::new(place, reason)
}
