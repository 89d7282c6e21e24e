//! README.md and the pages below `docs/`: their commands run, their settings are right, their objects are those of the
//! interface, and their links lead somewhere.
//!
//! The words after the language of a fenced block say what becomes of it. Browsers do not show them.
//!
//! | fence | meaning |
//! |---|---|
//! | `sh` | runs, after the blocks before it on the page, at the page's desk (`desks.rs`) |
//! | `sql` | runs in the same order, in the database of the institution |
//! | `text output` | what the block before it prints |
//! | `sh not-run: REASON`, likewise other languages | cannot run here |
//! | `toml` | settings that `beidd --check-config` takes |
//! | `toml FILE` | the same, and the page's desk has them in this file |
//! | `json SCHEMA` | an object that the schema of that name in `docs/openapi.json` describes |
//! | `json part of SCHEMA` | some members of one |
//! | `json part of FILE` | some members of the object in this file of the repository |
//! | `text` | a drawing, or lines of a file |
//!
//! Blocks that another suite tries are in the table `ELSEWHERE` (`fences.rs`).

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "what fails here fails the test, and what was not run is said"
)]

mod commands;
mod desks;
mod fences;
mod links;
mod manual;
mod objects;
mod pictures;
mod quotations;

use beid_e2e::workspace;
use std::fs;
use std::path::{Path, PathBuf};

/// A page of the documentation.
struct MarkdownPage {
    /// Path in the repository.
    path: String,
    /// Its text.
    text: String,
}

impl MarkdownPage {
    fn read(path: &Path) -> Self {
        let text = fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let path = path.strip_prefix(workspace()).expect("a page of the repository");
        let path = path.to_str().expect("a name in ASCII").to_owned();
        Self { path, text }
    }
}

/// The Markdown files below a folder of the repository, in order.
fn markdown_below(folder: &str) -> Vec<PathBuf> {
    let (mut found, mut folders) = (Vec::new(), vec![workspace().join(folder)]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// README.md and every page below `docs/`.
fn pages() -> Vec<MarkdownPage> {
    let mut paths = vec![workspace().join("README.md")];
    paths.extend(markdown_below("docs"));
    assert!(paths.len() > 30, "{paths:?}");
    paths.iter().map(|path| MarkdownPage::read(path)).collect()
}
