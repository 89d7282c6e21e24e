//! The page of the settings, from their table: beidd.toml(5).

use crate::page::title;
use beid_settings::{ROWS, Reload, SettingRow};
use clap_mangen::roff::{Roff, bold, roman};
use std::io;

const DESCRIPTION: [&str; 3] = [
    "beidd runs without settings. Later sources override earlier ones: /etc/beidd/beidd.toml, with websites in \
     /etc/beidd/origins.d/*.toml; ~/.config/beidd/beidd.toml; the file named with --config; variables BEIDD_SECTION_KEY; \
     options of beidd. The files are TOML.",
    "What /etc sets, later sources can only narrow: a wider value is an error that names the key and the file. An unknown key, \
     or an impossible value, is an error too. beidd --check-config finds it, and with --print shows each setting with its \
     source.",
    "systemctl --user reload beidd, or SIGHUP, has the settings read again. If anything is wrong, the earlier ones stay in \
     force, and the log names file and line.",
];

const EXAMPLE: [&str; 12] = [
    "[[provider.parties]]",
    "type = \"persphysician\"",
    "nihii = \"19999816004\"",
    "firstName = \"Testo\"",
    "familyName = \"ARTS\"",
    "",
    "[prompt]",
    "language = \"fr\"",
    "",
    "[[origin]]",
    "origin = \"https://emr.example\"",
    "scopes = [\"readers\", \"identity.full\", \"proof.therlink\"]",
];

/// Makes the page.
///
/// # Errors
/// None in practice: it is written into memory.
pub(crate) fn page() -> io::Result<Vec<u8>> {
    let mut page = Roff::new();
    page.control("SH", ["NAME"]);
    page.text([roman("beidd.toml - settings of beidd, the Belgian eID daemon for care")]);
    page.control("SH", ["DESCRIPTION"]);
    for paragraph in DESCRIPTION {
        page.control("PP", []);
        page.text([roman(paragraph)]);
    }
    page.control("SH", ["SETTINGS"]);
    let mut section = "";
    for row in ROWS {
        if row.section != section {
            section = row.section;
            page.control("SS", [format!("[{section}]").as_str()]);
        }
        add_setting(&mut page, row);
    }
    page.control("SH", ["WEBSITES"]);
    page.control("TP", []);
    page.text([bold("[[origin]]")]);
    page.text([roman(
        "A website that is let in without asking a person: origin, its address, and scopes, what it may do. May be repeated.",
    )]);
    page.control("SH", ["EXAMPLE"]);
    page.control("nf", []);
    for line in EXAMPLE {
        page.text([roman(line)]);
    }
    page.control("fi", []);
    page.control("SH", ["SEE ALSO"]);
    page.text([roman("beidd(1), beidctl(1)")]);
    let mut whole = title("beidd.toml", "5").into_bytes();
    page.to_writer(&mut whole)?;
    Ok(whole)
}

fn add_setting(page: &mut Roff, row: &SettingRow) {
    page.control("TP", []);
    page.text([bold(row.key)]);
    page.text([roman(format!("{}.", plain(row.means)))]);
    page.control("IP", []);
    page.text([roman(format!(
        "Default: {}. Where /etc sets it, later sources: {}. Counts {}.",
        plain(row.default),
        plain(row.limit.words),
        match row.reload {
            Reload::Now => "once it is read again",
            Reload::Restart => "after a restart",
        }
    ))]);
}

/// Text without the marks of Markdown: code, and links, of which the words stay.
pub(crate) fn plain(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text.trim();
    while let Some((before, after)) = rest.split_once('[') {
        plain.push_str(before);
        let link = after.split_once("](").filter(|(words, _)| !words.contains([']', '[']));
        rest = match link.and_then(|(words, target)| Some((words, target.split_once(')')?.1))) {
            Some((words, behind)) => {
                plain.push_str(words);
                behind
            }
            None => {
                plain.push('[');
                after
            }
        };
    }
    plain.push_str(rest);
    plain.replace('`', "")
}
