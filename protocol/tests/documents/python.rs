//! Programs in Python that others wrote, at the versions that `tests/tools/requirements.txt` pins.

use std::path::PathBuf;
use std::process::Command;

use beid_testkit::{python, run, workspace};

/// Runs a script of this folder, which must succeed, and returns its output.
#[track_caller]
pub(crate) fn script(name: &str, arguments: impl IntoIterator<Item = PathBuf>) -> String {
    let script = workspace().join("protocol/tests/documents").join(name);
    run(Command::new(python()).arg(script).args(arguments)).ok()
}
