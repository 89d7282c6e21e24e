//! `beid-man DIR`: writes the manual pages and shell completions of every program, from their own command lines.
//!
//! `DIR/man` gets one page a command, as `beidctl-therlink-put.1`, and the page of the settings, `beidd.toml.5`;
//! `DIR/completions/bash`, `zsh` and `fish` get one file a program, under the names that these shells look for. The same
//! sources give the same octets. None of this is inside the programs themselves.

mod completions;
mod daemon;
mod page;
mod programs;
mod settings;
#[cfg(test)]
mod tests;

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    let (Some(directory), None) = (arguments.next(), arguments.next()) else {
        return complain(2, "usage: beid-man DIR");
    };
    let directory = PathBuf::from(directory);
    match write_all(&directory) {
        Ok(files) => complain(0, &format!("{files} files in {}", directory.display())),
        Err(error) => complain(1, &error.to_string()),
    }
}

/// Writes every page and completion below `directory`, and returns their number. Pages of commands that are no more are
/// removed.
///
/// # Errors
/// The file that cannot be written, and why.
fn write_all(directory: &Path) -> io::Result<usize> {
    for folder in ["man", "completions"] {
        match fs::remove_dir_all(directory.join(folder)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(at(&directory.join(folder))(error)),
            Ok(()) | Err(_) => {}
        }
    }
    let files = made()?;
    for (path, text) in &files {
        let path = directory.join(path);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(at(folder))?;
        }
        fs::write(&path, text).map_err(at(&path))?;
    }
    Ok(files.len())
}

/// Makes every file: paths and texts.
fn made() -> io::Result<Vec<(PathBuf, Vec<u8>)>> {
    let mut made = vec![(PathBuf::from("man/beidd.toml.5"), settings::page()?)];
    for program in programs::all() {
        let pages = page::pages(&program)?;
        made.extend(
            pages
                .into_iter()
                .map(|(name, text)| (Path::new("man").join(name), text)),
        );
        made.extend(completions::for_shells(&program.command));
    }
    Ok(made)
}

/// Adds the path to an error.
fn at(path: &Path) -> impl Fn(io::Error) -> io::Error {
    move |error| io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

fn complain(code: u8, what: &str) -> ExitCode {
    // If standard error is closed, the exit code still tells.
    drop(writeln!(io::stderr(), "beid-man: {what}"));
    ExitCode::from(code)
}
