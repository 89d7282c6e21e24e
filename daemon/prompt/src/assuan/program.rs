//! Finds the pinentry program and prepares its process: a search path and an environment that no caller can choose.

use beid_host::process::started_by_bus;
use beid_host::terminal::Terminal;
use std::env;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tokio::process::Command;

/// Names under which systems install pinentry programs: those with windows before those for terminals. `pinentry`
/// itself may be any of them, or a wrapper that chooses one, so it comes last.
pub(super) const PROGRAMS: [&str; 11] = [
    "pinentry-gnome3",
    "pinentry-qt",
    "pinentry-gtk2",
    "pinentry-gtk-2",
    "pinentry-qt5",
    "pinentry-gtk",
    "pinentry-x11",
    "pinentry-fltk",
    "pinentry-curses",
    "pinentry-tty",
    "pinentry",
];

/// Search path if `PATH` is not set or not trusted.
const SYSTEM_PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// Variables that a pinentry program gets, besides those that begin with `LC_`: they choose its display and language.
/// Others could load code into it (`GTK_MODULES`, `QT_PLUGIN_PATH`) or change its behaviour (`PINENTRY_USER_DATA`).
pub(super) const VARIABLES: [&str; 16] = [
    "DBUS_SESSION_BUS_ADDRESS",
    "DISPLAY",
    "GPG_TTY",
    "HOME",
    "LANG",
    "LANGUAGE",
    "LOGNAME",
    "TERM",
    "USER",
    "WAYLAND_DISPLAY",
    "XAUTHORITY",
    "XDG_CURRENT_DESKTOP",
    "XDG_RUNTIME_DIR",
    "XDG_SESSION_DESKTOP",
    "XDG_SESSION_ID",
    "XDG_SESSION_TYPE",
];

/// Finds the first of the well-known pinentry programs on the search path.
#[must_use]
pub fn default_program() -> Option<PathBuf> {
    first_on(&search_path())
}

pub(super) fn first_on(path: &OsStr) -> Option<PathBuf> {
    PROGRAMS.iter().find_map(|name| find_on(path, Path::new(name)))
}

/// Prepares the process of `program`, with pipes for the protocol.
pub(super) fn command(program: &Path, terminal: &Terminal) -> Command {
    // Programs with windows look for a display before OPTION comes, and Wayland's has no OPTION.
    let displays = [
        ("WAYLAND_DISPLAY", &terminal.wayland_display),
        ("DISPLAY", &terminal.display),
    ];
    let displays = displays
        .into_iter()
        .filter_map(|(name, value)| Some((name, value.as_deref()?)));
    let mut command = Command::new(program);
    command
        .env_clear()
        .envs(passed_on(env::vars_os()))
        .env("PATH", search_path())
        .envs(displays)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        // The program handles names and PINs: nothing that it prints may reach our log.
        .stderr(Stdio::null())
        .kill_on_drop(true);
    command
}

/// Finds the executable file for `program`, which is a path, or a name to look up on the search path.
///
/// # Errors
/// If there is no such program, or it is not executable. The error names it.
pub fn program_at(program: &Path) -> io::Result<PathBuf> {
    let found = if program.components().count() > 1 || program.is_absolute() {
        is_program(program).then(|| program.to_owned())
    } else {
        find_on(&search_path(), program)
    };
    found.ok_or_else(|| {
        let why = "there is no such program, or it may not be run";
        io::Error::new(io::ErrorKind::NotFound, format!("{}: {why}", program.display()))
    })
}

/// Returns the search path for programs: `PATH`, but [`SYSTEM_PATH`] if a bus started the daemon, since every program
/// on that bus can have set `PATH`.
fn search_path() -> OsString {
    let said = env::var_os("PATH").filter(|_| !started_by_bus());
    said.unwrap_or_else(|| SYSTEM_PATH.into())
}

fn find_on(path: &OsStr, name: &Path) -> Option<PathBuf> {
    env::split_paths(path)
        .map(|dir| dir.join(name))
        .find(|file| is_program(file))
}

/// Picks those of `all` variables that a pinentry program gets.
pub(super) fn passed_on(all: impl Iterator<Item = (OsString, OsString)>) -> impl Iterator<Item = (OsString, OsString)> {
    all.filter(|(name, _)| {
        let name = name.to_str().unwrap_or_default();
        name.starts_with("LC_") || VARIABLES.contains(&name)
    })
}

fn is_program(file: &Path) -> bool {
    fs::metadata(file).is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
}
