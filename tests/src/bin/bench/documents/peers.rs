//! OpenSSL and xmlsec1 at the same work, on the same files.
//!
//! A process that starts, reads its keys and ends is no part of signing. So two times are told of each: that of the whole
//! process, and what the work alone adds to it.

use crate::SetupFailure;
use beid_e2e::{run, tool};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// Number of times that xmlsec1 repeats its work in one process.
const REPEATED: u32 = 10;

/// A program and what it is to do.
pub(super) struct Peer {
    pub(super) name: &'static str,
    program: &'static str,
    folder: PathBuf,
    work: Vec<String>,
    other: Vec<String>,
    /// By how many operations the other run differs from the work.
    by: u32,
}

/// Shortest times measured so far.
#[derive(Clone, Copy)]
pub(super) struct Took {
    work: Duration,
    other: Duration,
}

impl Peer {
    /// `openssl`, which can do its work but once; `idle` is a run that does all but that.
    pub(super) fn openssl(folder: &Path, work: Vec<String>, idle: Vec<String>) -> Self {
        Self {
            name: "openssl cms",
            program: "openssl",
            folder: folder.to_owned(),
            work,
            other: idle,
            by: 1,
        }
    }

    /// `xmlsec1 <command> <arguments>`, which can also do its work several times in one process.
    pub(super) fn xmlsec1(folder: &Path, command: &str, arguments: Vec<String>) -> Self {
        let again = vec!["--repeat".to_owned(), (REPEATED + 1).to_string()];
        let with = |more: Vec<String>| [vec![command.to_owned()], more, arguments.clone()].concat();
        Self {
            name: "xmlsec1",
            program: "xmlsec1",
            folder: folder.to_owned(),
            work: with(Vec::new()),
            other: with(again),
            by: REPEATED,
        }
    }

    /// Does it once each way.
    pub(super) fn run(&self) -> Result<Took, SetupFailure> {
        Ok(Took {
            work: self.process(&self.work)?,
            other: self.process(&self.other)?,
        })
    }

    /// The time of one operation, of what all runs took.
    pub(super) fn alone(&self, took: Took) -> Duration {
        took.work.abs_diff(took.other) / self.by
    }

    fn process(&self, arguments: &[String]) -> Result<Duration, SetupFailure> {
        let mut command = Command::new(tool(self.program));
        command.args(arguments).current_dir(&self.folder);
        let begun = Instant::now();
        let done = run(&mut command);
        let took = begun.elapsed();
        if done.code == Some(0) {
            Ok(took)
        } else {
            Err(format!("{}: {done}", self.name).into())
        }
    }
}

impl Took {
    /// The lesser of each.
    pub(super) fn least(self, other: Self) -> Self {
        Self {
            work: self.work.min(other.work),
            other: self.other.min(other.other),
        }
    }

    /// Time of a whole process.
    pub(super) fn whole(self) -> Duration {
        self.work
    }
}
