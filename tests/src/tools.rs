//! The programs that tests run: those of the system, and those of this workspace.

use crate::Scratch;
use beid_simulator::TestPki;
use std::env;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

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
/// If it has not been built.
#[must_use]
pub fn built(name: &str) -> PathBuf {
    let file = profile_dir().join(name);
    assert!(
        file.is_file(),
        "{} is missing: run `cargo build --workspace --bins` first, as `make test` does",
        file.display()
    );
    file
}

/// The test PKI of all virtual cards under test, made once and kept: its RSA keys take seconds.
///
/// # Panics
/// If it cannot be made.
pub fn test_pki() -> &'static Path {
    static MADE: OnceLock<PathBuf> = OnceLock::new();
    MADE.get_or_init(|| {
        let dir = profile_dir().join("e2e-test-pki");
        TestPki::open(&dir).expect("the test PKI can be made");
        dir
    })
}

/// The PEM files of its roots.
pub(crate) fn test_roots() -> [PathBuf; 2] {
    ["rsa-root.pem", "ec-root.pem"].map(|file| test_pki().join(file))
}

/// `target/debug`, for a test in `target/debug/deps/` as for a program beside it.
fn profile_dir() -> PathBuf {
    let own = env::current_exe().expect("a program knows where it is");
    let dir = own.parent().expect("a program is in a folder");
    let dir = if dir.ends_with("deps") {
        dir.parent().expect("deps/ is in a folder")
    } else {
        dir
    };
    dir.to_owned()
}

/// Writes a program for the shell.
///
/// Another process does the writing: had we the file open while another test starts a child, that child would hold it
/// open too for a moment, and the file could not be run ("text file busy").
pub(crate) fn write_program(scratch: &Scratch, name: &str, script: &str) -> PathBuf {
    let file = scratch.path().join(name);
    let mut writer = Command::new("sh")
        .args(["-c", "cat > \"$0\" && chmod +x \"$0\""])
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
