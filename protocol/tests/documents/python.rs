//! Programs in Python that others wrote, at the versions that `tests/tools/requirements.txt` pins.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::tools::run;

/// Runs a script of this folder, which must succeed, and returns its output.
#[track_caller]
pub(crate) fn script(name: &str, arguments: impl IntoIterator<Item = PathBuf>) -> String {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let tools = std::env::var_os("BEIDD_TEST_TOOLS").map_or(here.join("../target/test-tools"), PathBuf::from);
    let python = tools.join("bin/python3");
    assert!(
        python.is_file(),
        "the verifiers in Python are missing: run `packaging/setup test`"
    );
    let (ok, said) = run(Command::new(python)
        .arg(here.join("tests/documents").join(name))
        .args(arguments));
    assert!(ok, "{said}");
    said
}
