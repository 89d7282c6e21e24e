//! Programs that tests run: those of the system, and those of this workspace.

use std::env;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Finds a program of the system.
///
/// # Panics
/// If it is not installed: a test that skips proves nothing.
#[must_use]
pub fn tool(name: &str) -> PathBuf {
    let path = env::var_os("PATH").unwrap_or_default();
    // Not on everybody's PATH, but that is where pcscd and ip are.
    let system = ["/usr/sbin", "/sbin"].map(PathBuf::from);
    let mut files = env::split_paths(&path).chain(system).map(|dir| dir.join(name));
    let found = files.find(|file| file.is_file());
    found.unwrap_or_else(|| panic!("{name} is not installed: run `packaging/setup test`"))
}

/// Finds a program of this workspace, beside the test that runs.
///
/// # Panics
/// If it has not been built, or not since one of its sources was changed.
#[must_use]
pub fn built(name: &str) -> PathBuf {
    let file = profile_directory().join(name);
    assert!(
        file.is_file(),
        "{} is missing: run `cargo build --workspace --bins` first, as `make test` does",
        file.display()
    );
    // Cargo does not know that a test runs it, so it may be of yesterday. It lists what each program is made of.
    let changed = |path: &Path| path.metadata().and_then(|about| about.modified()).ok();
    let sources = fs::read_to_string(file.with_extension("d")).unwrap_or_default();
    let sources = sources.split_once(": ").map_or("", |(_, sources)| sources);
    for source in sources.split_whitespace() {
        assert!(
            changed(Path::new(source)) <= changed(&file),
            "{} is older than {source}: run `cargo build --workspace --bins`",
            file.display()
        );
    }
    file
}

/// Directory with the tools that `packaging/setup test` installs for tests: packages of Python and npm.
///
/// # Panics
/// If they are not installed.
#[must_use]
pub fn test_tools() -> PathBuf {
    let tools = env::var_os("BEIDD_TEST_TOOLS").map_or_else(|| workspace().join("target/test-tools"), PathBuf::from);
    assert!(
        tools.join("installed.txt").is_file(),
        "tools for tests are missing: run `packaging/setup test`"
    );
    tools
}

/// Finds the Python interpreter with the packages of `tests/tools/requirements.txt`.
///
/// # Panics
/// If it is not installed.
#[must_use]
pub fn python() -> PathBuf {
    test_tools().join("bin/python3")
}

/// Root directory of the workspace.
#[must_use]
pub fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Writes a program for the shell to the file `name` in `directory`, and returns its path.
///
/// # Panics
/// If it cannot be written.
#[must_use]
pub fn write_program(directory: &Path, name: &str, script: &str) -> PathBuf {
    let file = directory.join(name);
    // Another process does the writing: had we the file open while another test starts a child, that child would hold it
    // open too for a moment, and the file could not be run ("text file busy").
    let mut writer = Command::new("sh")
        .args(["-c", "cat > \"$0\" && chmod 755 \"$0\""])
        .arg(&file)
        .stdin(Stdio::piped())
        .spawn()
        .expect("a shell runs");
    let mut stdin = writer.stdin.take().expect("stdin is piped");
    write!(stdin, "#!/bin/sh\n{script}\n").expect("the shell takes the program");
    drop(stdin);
    assert!(
        writer.wait().is_ok_and(|status| status.success()),
        "cannot write {}",
        file.display()
    );
    file
}

/// Finds `target/debug`, for a test in `target/debug/deps/` as for a program beside it.
pub(crate) fn profile_directory() -> PathBuf {
    let own = env::current_exe().expect("a program knows where it is");
    let directory = own.parent().expect("a program is in a directory");
    let directory = if directory.ends_with("deps") {
        directory.parent().expect("deps/ is in a directory")
    } else {
        directory
    };
    directory.to_owned()
}
