//! Faults of a disk below a running daemon: at a chosen call of the system on chosen files, injected by `strace`.

use crate::daemon::Daemon;
use beid_testkit::{LIMIT, RunningProgram, Scratch, guarded, tool};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Fault of one call.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum DiskFault {
    /// Nothing is done, and the disk is said to be full.
    Full,
    /// Nothing is done, and the disk is said to be broken.
    Broken,
    /// Nothing is done, and the process is killed.
    Killed,
}

impl DiskFault {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Full, Self::Broken, Self::Killed];

    /// The fault as strace has it. (strace(1), "Tampering")
    fn injection(self) -> &'static str {
        match self {
            Self::Full => "error=ENOSPC",
            Self::Broken => "error=EIO",
            Self::Killed => "signal=SIGKILL",
        }
    }
}

/// Call at which a fault happens.
#[derive(Clone, Copy, Debug)]
pub struct FaultyCall {
    /// The call, as strace selects it: `fsync`, `/^rename`.
    pub call: &'static str,
    /// Number of the call in its thread, from 1.
    pub number: usize,
    /// The fault.
    pub fault: DiskFault,
}

impl FaultyCall {
    /// Arguments of strace, which writes what it sees of the call on these files to `log`.
    #[must_use]
    pub fn arguments(&self, files: &[PathBuf], log: &Path) -> Vec<String> {
        let Self { call, number, fault } = self;
        let mut arguments = vec!["--follow-forks".to_owned(), format!("--output={}", log.display())];
        arguments.push(format!("--trace={call}"));
        arguments.push(format!("--inject={call}:{}:when={number}", fault.injection()));
        arguments.extend(files.iter().map(|file| format!("--trace-path={}", file.display())));
        arguments
    }

    /// Returns true if the fault has happened, by what strace wrote to `log`: a thread has come as far as this call.
    #[must_use]
    pub fn has_happened(&self, log: &Path) -> bool {
        let name = self.call.trim_start_matches("/^");
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for line in fs::read_to_string(log).unwrap_or_default().lines() {
            // `8065  pwrite64(12, …`, written when the call begins.
            if let Some((thread, call)) = line.split_once(' ')
                && call.trim_start().starts_with(name)
            {
                *counts.entry(thread.to_owned()).or_default() += 1;
            }
        }
        counts.values().any(|count| *count >= self.number)
    }
}

/// A fault that waits for its call in a running daemon.
pub struct WaitingFault {
    strace: RunningProgram,
    call: FaultyCall,
    scratch: Scratch,
}

impl WaitingFault {
    /// Lays it in the way of a daemon that runs [apart](crate::DaemonOptions::apart); returns once it is there.
    ///
    /// # Panics
    /// If strace cannot look into the daemon.
    #[must_use]
    pub fn lay(daemon: &Daemon, files: &[PathBuf], call: &FaultyCall) -> Self {
        let scratch = Scratch::new("fault");
        let mut command = guarded(tool("sh"));
        command.args(["-c", "exec \"$0\" \"$@\" 2>&1"]).arg(tool("strace"));
        command.args(call.arguments(files, &scratch.path().join("log")));
        command.arg(format!("--attach={}", daemon.pid()));
        let strace = RunningProgram::start("strace", command);
        let mut said = Vec::new();
        loop {
            match strace.line(LIMIT) {
                Some(line) if line.contains(" attached") => break,
                Some(line) => said.push(line),
                None => panic!("strace cannot look into beidd: {}", said.join("; ")),
            }
        }
        Self {
            strace,
            call: *call,
            scratch,
        }
    }

    /// Takes it away, and returns what strace has seen of the call on the files, one call a line.
    ///
    /// # Panics
    /// If strace has written nothing.
    #[must_use]
    pub fn seen(mut self) -> String {
        self.strace.terminate(LIMIT);
        fs::read_to_string(self.scratch.path().join("log")).expect("strace writes a log")
    }

    /// Takes it away from a daemon that lives and runs on; returns true if it has happened.
    #[must_use]
    pub fn take_away(mut self) -> bool {
        self.strace.terminate(LIMIT);
        self.has_happened()
    }

    /// Waits until strace has seen the end of the daemon; returns true if the fault has happened.
    ///
    /// Told to end before that, strace would wait for the first thread, whose end is reported after those of the others.
    #[must_use]
    pub fn outlast(mut self) -> bool {
        self.strace.ended(LIMIT);
        self.has_happened()
    }

    fn has_happened(&self) -> bool {
        self.call.has_happened(&self.scratch.path().join("log"))
    }
}
