//! Printing answers: as JSON for programs, as pages for people.

use super::CommandFailure;
use super::arguments::Arguments;
use super::input::{self, STANDARD};
use super::place::{Delivery, OutputPlace};
use super::render::{self, Paint};
use beid_client::Reply;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};

/// The way answers are printed.
pub(super) struct Printer {
    json: bool,
    paint: Paint,
    /// Pages for people give way where a result goes to standard output.
    pages: PageStream,
}

#[derive(Clone, Copy)]
enum PageStream {
    Stdout,
    Stderr,
}

impl Printer {
    pub(super) fn new(arguments: &Arguments) -> Self {
        let colour = io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        Self {
            json: arguments.json,
            paint: Paint::new(colour, arguments.language()),
            pages: PageStream::Stdout,
        }
    }

    /// Returns the same printer for a command whose results go to these places besides.
    ///
    /// # Errors
    /// [`CommandFailure`] if two of them are one, or standard output is wanted for two things.
    pub(super) fn beside(&self, places: &[&OutputPlace]) -> Result<Self, CommandFailure> {
        let mut seen = Vec::new();
        for place in places {
            let spot = place.spot();
            if seen.contains(&spot) {
                let twice = format!("{} is named for two things", place.path().display());
                return Err(CommandFailure::usage(twice));
            }
            seen.push(spot);
        }
        let takes_stdout = places.iter().any(|place| place.is_stdout());
        if takes_stdout && self.json {
            return Err(CommandFailure::usage(
                "--json is printed on standard output, so no file can be written to it",
            ));
        }
        Ok(Self {
            json: self.json,
            paint: Paint::new(self.paint.has_colour() && !takes_stdout, self.paint.language()),
            pages: if takes_stdout { PageStream::Stderr } else { self.pages },
        })
    }

    /// Prints an answer of the daemon: its members as JSON if that was asked for, else `page`.
    pub(super) fn print<T: DeserializeOwned>(
        &self,
        reply: &Reply<T>,
        page: fn(&T, &Paint) -> String,
    ) -> Result<(), CommandFailure> {
        Ok(self.show(reply, page)?)
    }

    /// Prints what was found here, as [`print`](Self::print).
    pub(super) fn print_own(
        &self,
        members: impl FnOnce() -> io::Result<Value>,
        page: impl FnOnce(&Paint) -> String,
    ) -> Result<(), CommandFailure> {
        let text = if self.json {
            format!("{:#}\n", members()?)
        } else {
            page(&self.paint)
        };
        Ok(self.write(&text)?)
    }

    fn show<T: DeserializeOwned>(&self, reply: &Reply<T>, page: fn(&T, &Paint) -> String) -> io::Result<()> {
        let text = if self.json {
            format!("{:#}\n", reply.members)
        } else {
            page(&render::visible_answer(&reply.members)?, &self.paint)
        };
        self.write(&text)
    }

    /// Prints an answer once `delivery` has what goes into files. A signed answer that cannot be printed as JSON is kept.
    pub(super) fn print_delivered<T: DeserializeOwned>(
        &self,
        reply: &Reply<T>,
        mut delivery: Delivery,
        page: fn(&T, &Paint) -> String,
    ) -> Result<(), CommandFailure> {
        let printed = self.show(reply, page);
        if let (Err(error), true) = (&printed, self.json && delivery.is_signed()) {
            let text = format!("{:#}\n", reply.members);
            delivery.keep(Path::new(STANDARD), "answer.json", text.as_bytes(), input::words(error));
        }
        let written = delivery.close()?;
        printed?;
        self.say_written(&written)
    }

    /// Prints the names of the files that were written.
    pub(super) fn say_written(&self, files: &[PathBuf]) -> Result<(), CommandFailure> {
        if self.json {
            return Ok(());
        }
        Ok(self.write(&render::written(files))?)
    }

    /// Returns true if answers are printed whole: then nothing of them is lost that is not written to a file.
    pub(super) fn is_whole(&self) -> bool {
        self.json
    }

    /// Adds a word for people; programs that read JSON do not need it.
    pub(super) fn remark(&self, words: &str) -> Result<(), CommandFailure> {
        if self.json { Ok(()) } else { Ok(self.write(words)?) }
    }

    /// Prints something that is no part of the answer, on standard error.
    pub(super) fn warn(&self, words: &str) {
        if !self.json {
            // Nobody to read it: then nobody misses it.
            drop(writeln!(io::stderr(), "beidctl: {words}"));
        }
    }

    /// Prints a line of many, at once.
    pub(super) fn print_line(&self, line: &str) -> io::Result<()> {
        print(line)
    }

    fn write(&self, text: &str) -> io::Result<()> {
        match self.pages {
            PageStream::Stdout => print(text),
            PageStream::Stderr => {
                // The result itself is written by now.
                drop(io::stderr().write_all(text.as_bytes()));
                Ok(())
            }
        }
    }
}

fn print(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    stdout.flush()
}
