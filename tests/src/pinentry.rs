//! The person at the desk: a scripted pinentry.

use beid_simulator::TEST_PIN;
use beid_simulator::script::{ScriptDirectory, ScriptedAnswer, ShownDialog};
use beid_testkit::{LIMIT, Scratch, built, eventually, write_program};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::SystemTime;

/// A pinentry that does what the test said beforehand, one [`ScriptedAnswer`] a dialog, and cancels when nothing was said.
pub struct ScriptedPinentry {
    program: PathBuf,
    script: ScriptDirectory,
    /// Number of dialogs that `next_shown` has given out.
    given: AtomicUsize,
    gates: AtomicUsize,
    _scratch: Scratch,
}

/// Holds an answer back until it is opened.
#[must_use]
pub struct AnswerGate(PathBuf);

impl AnswerGate {
    /// Lets the person answer.
    ///
    /// # Panics
    /// If the directory has gone.
    pub fn open(self) {
        fs::write(&self.0, []).expect("the gate opens");
    }
}

impl ScriptedPinentry {
    /// Prepares one.
    ///
    /// # Panics
    /// If it is not built.
    #[must_use]
    pub fn new() -> Self {
        let scratch = Scratch::new("pinentry");
        // The daemon starts a pinentry without arguments. The cards in its readers are virtual, whatever it thinks.
        let line = format!(
            "exec '{}' --any-daemon --script '{}'",
            built("beid-scripted-pinentry").display(),
            scratch.path().display()
        );
        Self {
            program: write_program(scratch.path(), "pinentry", &line),
            script: ScriptDirectory::at(scratch.path()),
            given: AtomicUsize::new(0),
            gates: AtomicUsize::new(0),
            _scratch: scratch,
        }
    }

    /// The program to configure as `[prompt] pinentry`.
    #[must_use]
    pub fn program(&self) -> &Path {
        &self.program
    }

    /// Queues the person's answer to the next dialog that has none yet.
    ///
    /// # Panics
    /// If the directory has gone.
    pub fn will(&self, answer: ScriptedAnswer) {
        self.script.push(&answer).expect("the script can be written");
    }

    /// Like [`will`](Self::will), but only once the gate is open, so that a test can act between prompt and answer.
    ///
    /// # Panics
    /// If the directory has gone.
    pub fn will_pause_then(&self, answer: ScriptedAnswer) -> AnswerGate {
        let name = format!("gate-{}", self.gates.fetch_add(1, Ordering::Relaxed));
        let gate = AnswerGate(self.script.path().join(&name));
        self.will(ScriptedAnswer::PauseUntil(name, Box::new(answer)));
        gate
    }

    /// All dialogs so far, oldest first.
    ///
    /// # Panics
    /// If the directory has gone.
    #[must_use]
    pub fn shown(&self) -> Vec<ShownDialog> {
        self.script.shown().expect("what was shown can be read")
    }

    /// Waits for the next dialog, the first one after the one this gave out last.
    ///
    /// # Panics
    /// If there is none.
    pub fn next_shown(&self) -> ShownDialog {
        let number = self.given.fetch_add(1, Ordering::Relaxed);
        eventually("a dialog opens", LIMIT, || self.shown().into_iter().nth(number))
    }

    /// Time at which the person last pressed OK after typing a PIN.
    ///
    /// # Panics
    /// If the directory has gone.
    #[must_use]
    pub fn last_entry(&self) -> Option<SystemTime> {
        self.script.last_entry().expect("the script can be read")
    }

    /// Number of answers that are left.
    ///
    /// # Panics
    /// If the directory has gone.
    #[must_use]
    pub fn answers_left(&self) -> usize {
        self.script.left().expect("the script can be read")
    }
}

impl Default for ScriptedPinentry {
    fn default() -> Self {
        Self::new()
    }
}

/// A pinentry behind which somebody says yes to everything and types the PIN of the simulated cards: for tests of what
/// comes after a signature, whatever dialogs come before. Only for daemons with simulated readers.
///
/// # Panics
/// If it is not built.
#[must_use]
pub fn willing_pinentry(scratch: &Scratch) -> PathBuf {
    let program = built("beid-scripted-pinentry");
    write_program(
        scratch.path(),
        "willing-pinentry",
        &format!("exec '{}' --demo-pin {TEST_PIN}", program.display()),
    )
}

/// A dialog that a test can watch.
pub trait OnScreen {
    /// Waits until it is closed: its process has ended.
    ///
    /// # Panics
    /// If it stays open.
    fn wait_closed(&self);
}

impl OnScreen for ShownDialog {
    fn wait_closed(&self) {
        let process = Path::new("/proc").join(self.pid.to_string());
        eventually("the dialog closes", LIMIT, || (!process.exists()).then_some(()));
    }
}
