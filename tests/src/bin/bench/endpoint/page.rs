//! First view of the page: everything that a browser with an empty cache asks for before the card is shown.

use super::in_kib;
use crate::SetupFailure;
use crate::table::LimitTable;
use beid_e2e::{Daemon, KeptConnection};
use std::collections::BTreeSet;
use std::time::Instant;

/// Files that the document names, and the first view that is opened.
const FIRST: [&str; 4] = ["/", "/favicon.ico", "/page/style.css", "/page/app.js"];
const VIEW: &str = "/page/views/card.js";
/// Texts of a language that has long words.
const TEXTS: &str = "/page/locales/de.ftl";
/// Data that the view shows.
const DATA: [&str; 2] = ["/v1/cards/current/summary", "/v1/cards/current/photo"];

/// Measures the octets of the first view, and the time that they take one after the other over one new connection. The
/// card has been read before, so that its speed is not in it; nor is the browser's.
pub(super) fn measure(daemon: &Daemon, table: &mut LimitTable) -> Result<(), SetupFailure> {
    let token = daemon.token(&["readers", "identity.full", "identity.photo"]);
    let open = || KeptConnection::open(daemon.port(), &token, &daemon.ca());
    let paths = paths(&mut open()?)?;
    let begun = Instant::now();
    let (mut connection, mut octets) = (open()?, 0);
    for path in &paths {
        octets += connection.request(path, "accept-encoding: gzip\r\n")?.octets;
    }
    let took = begun.elapsed();
    let what = format!("first view of the page, {} requests", paths.len());
    table.at_most(&what, in_kib(u64::try_from(octets)?), 100.0, "KiB");
    table.at_most(
        &format!("{what}, without the browser's time"),
        took.as_secs_f64() * 1000.0,
        300.0,
        "ms",
    );
    Ok(())
}

/// Paths of all that the first view needs: the modules that its modules import, and the rest.
fn paths(connection: &mut KeptConnection) -> Result<BTreeSet<String>, SetupFailure> {
    let mut found: BTreeSet<String> = FIRST.iter().chain(&DATA).map(|path| (*path).to_owned()).collect();
    found.insert(TEXTS.to_owned());
    let mut modules = vec!["/page/app.js".to_owned(), VIEW.to_owned()];
    while let Some(module) = modules.pop() {
        let source = String::from_utf8(connection.get(&module)?)?;
        let imports = source
            .lines()
            .filter(|line| line.starts_with("import ") || line.starts_with("export "));
        let named = imports.filter_map(|line| line.split_once(" from \"")?.1.split_once('"'));
        let named: Vec<_> = named.map(|(name, _)| resolved(&module, name)).collect();
        let new = named.into_iter().filter(|name| found.insert(name.clone()));
        modules.extend(new);
        found.insert(module);
    }
    // Its data is read now, so that the speed of the card is not measured.
    for path in DATA {
        connection.get(path)?;
    }
    Ok(found)
}

/// Path of a module that `module` imports as `name`.
fn resolved(module: &str, name: &str) -> String {
    let mut parts: Vec<&str> = module.split('/').collect();
    parts.pop();
    for part in name.split('/') {
        match part {
            "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}
