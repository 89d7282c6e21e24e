//! The command line `beidctl`, run at a [`Desk`].

use super::Desk;
use crate::cards::test_state;
use crate::programs::{built, python, workspace};
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

/// Prepares beidctl with the environment of a desk, and nothing of the environment in which the test runs.
///
/// # Panics
/// If it has not been built.
#[must_use]
pub fn beidctl(desk: &Desk) -> Command {
    let mut command = Command::new(built("beidctl"));
    command
        .env_clear()
        .env("DBUS_SESSION_BUS_ADDRESS", desk.bus.address())
        .env("XDG_STATE_HOME", test_state())
        .env("XDG_CONFIG_HOME", &desk.dir)
        .env("XDG_RUNTIME_DIR", &desk.dir)
        .env("LANG", "en_GB.UTF-8")
        .current_dir(&desk.dir);
    command
}

/// Runs it over the bus.
///
/// # Panics
/// If it cannot be started.
pub async fn run(desk: &Desk, arguments: &[&str]) -> Output {
    let mut command = beidctl(desk);
    command.args(arguments);
    output_of(command).await
}

/// Lets beidctl find HTTPS on `port` with the certificate `ca`, and gives it a token.
///
/// # Panics
/// If the files that it reads cannot be written.
pub async fn admit_over_https(desk: &Desk, port: u16, ca: &Path) {
    let found = serde_json::json!({"port": port, "caCertificate": ca, "pid": 1});
    fs::create_dir_all(desk.dir.join("beidd")).expect("a directory can be made");
    desk.write("beidd/https.json", found.to_string().as_bytes());
    let scopes = "readers,identity.full,identity.photo,certificates,proof.therlink,proof.consent,pin.manage";
    let token = succeeds(desk, &["token", "create", "desk", "--scope", scopes]).await;
    desk.write("token", token.as_bytes());
}

/// Runs it over HTTPS, once it has been [admitted](admit_over_https).
///
/// # Panics
/// If it cannot be started.
pub async fn over_https(desk: &Desk, arguments: &[&str]) -> Output {
    let mut command = beidctl(desk);
    command.env("BEIDCTL_TOKEN_FILE", desk.dir.join("token"));
    command.arg("--https").args(arguments);
    output_of(command).await
}

/// Runs it over the bus in a terminal of 80×24, whose screens `tests/tools/in_terminal.py` prints: that on which `word`
/// stood, when `keys` are typed, and the last one.
///
/// # Panics
/// If it cannot be started.
pub async fn in_terminal(desk: &Desk, arguments: &[&str], word: &str, keys: &str) -> Output {
    let template = beidctl(desk);
    let mut command = Command::new(python());
    command.arg(workspace().join("tests/tools/in_terminal.py"));
    command.args([word, keys]).arg(template.get_program()).args(arguments);
    let variables = template.get_envs().filter_map(|(name, value)| Some((name, value?)));
    command.env_clear().envs(variables).env("TERM", "xterm");
    command.envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
    command.current_dir(&desk.dir);
    output_of(command).await
}

async fn output_of(mut command: Command) -> Output {
    let output = tokio::task::spawn_blocking(move || command.output()).await;
    output.expect("no panic").expect("beidctl runs")
}

/// Standard output.
///
/// # Panics
/// If it is not UTF-8.
#[must_use]
pub fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("beidctl prints text")
}

/// Standard error.
///
/// # Panics
/// If it is not UTF-8.
#[must_use]
pub fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("beidctl prints text")
}

/// Standard output of a command that must succeed.
///
/// # Panics
/// If it fails.
pub async fn succeeds(desk: &Desk, arguments: &[&str]) -> String {
    let output = run(desk, arguments).await;
    assert!(output.status.success(), "{arguments:?}: {}", stderr(&output));
    stdout(&output)
}

/// Answer of a command that must succeed, as `--json` prints it.
///
/// # Panics
/// If it fails.
pub async fn json(desk: &Desk, arguments: &[&str]) -> Value {
    let printed = succeeds(desk, &[arguments, &["--json"]].concat()).await;
    serde_json::from_str(&printed).unwrap_or_else(|error| panic!("no JSON ({error}): {printed}"))
}

/// Exit code and standard error of a command that must fail; it prints nothing else.
///
/// # Panics
/// If it prints a result, or a signal ends it.
pub async fn fails(desk: &Desk, arguments: &[&str]) -> (i32, String) {
    let output = run(desk, arguments).await;
    assert_eq!(stdout(&output), "", "{arguments:?}");
    (output.status.code().expect("no signal ended it"), stderr(&output))
}
