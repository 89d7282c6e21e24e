//! The command line of `beidd`, read from the text of its `--help`.
//!
//! The daemon reads its few options without clap, to stay small, so its help is the one description of them.

use crate::programs::one_of_the_people;
use clap::{Arg, ArgAction, Command, ValueHint};

/// Text of `beidd --help`.
pub(crate) const HELP: &str = include_str!("../../../daemon/src/help.txt");

/// One option of the help.
struct HelpRow {
    short: Option<char>,
    long: &'static str,
    value: Option<&'static str>,
    help: String,
}

/// Makes the definition of the command line.
pub(crate) fn command() -> Command {
    let about = HELP.lines().next().unwrap_or_default();
    let command = Command::new("beidd").about(about).version(env!("CARGO_PKG_VERSION"));
    let command = command.disable_help_flag(true).disable_version_flag(true);
    let rows = rows();
    rows.into_iter()
        .fold(command, |command, row| command.arg(argument(row)))
}

fn argument(row: HelpRow) -> Arg {
    let argument = Arg::new(row.long).long(row.long).help(row.help);
    let argument = match row.short {
        Some(short) => argument.short(short),
        None => argument,
    };
    let Some(value) = row.value else {
        return argument.action(ArgAction::SetTrue);
    };
    let argument = argument.value_name(value);
    match value {
        "FILE" => argument.value_hint(ValueHint::FilePath),
        "DIR" => argument.value_hint(ValueHint::DirPath),
        "URL" => argument.value_hint(ValueHint::Url),
        _ if value.starts_with("PERSON") => one_of_the_people(argument),
        _ => argument,
    }
}

/// Reads the options: a row begins with the option and has its help two blanks or more to the right; rows that are
/// indented deeper continue the help.
fn rows() -> Vec<HelpRow> {
    let mut rows: Vec<HelpRow> = Vec::new();
    for line in HELP.lines().skip_while(|line| *line != "Options:").skip(1) {
        let text = line.trim();
        match (parse_row(text), rows.last_mut()) {
            (Some(row), _) => rows.push(row),
            (None, Some(last)) => {
                last.help.push(' ');
                last.help.push_str(text);
            }
            (None, None) => {}
        }
    }
    rows
}

/// Reads a row; none if it continues another one.
fn parse_row(text: &'static str) -> Option<HelpRow> {
    let (names, help) = text.split_once("  ").filter(|_| text.starts_with('-'))?;
    let (short, names) = match names.split_once(", ") {
        Some((short, long)) => (short.chars().nth(1), long),
        None => (None, names),
    };
    let (long, value) = match names.split_once(' ') {
        Some((long, value)) => (long, Some(value)),
        None => (names, None),
    };
    let long = long.strip_prefix("--")?;
    let help = help.trim().to_owned();
    Some(HelpRow {
        short,
        long,
        value,
        help,
    })
}
