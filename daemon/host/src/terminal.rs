//! Terminals and displays for dialogs.

use std::env;
use std::fs::{self, OpenOptions};
use std::io::IsTerminal;
use std::os::unix::fs::OpenOptionsExt;

/// `O_NOCTTY`: opening a terminal to test it must not make it our controlling terminal.
const NO_CONTROLLING_TERMINAL: i32 = 0o400;

/// Returns true if this process belongs to a terminal that is still there.
///
/// Source: tty(4): `/dev/tty` cannot be opened by a process without a controlling terminal.
#[must_use]
pub fn has_controlling_terminal() -> bool {
    OpenOptions::new().read(true).open("/dev/tty").is_ok()
}

/// Terminal and display of a pinentry program. Callers cannot choose them, since a dialog on somebody else's screen
/// asks the wrong person. The one exception: a daemon without terminal and display may use those of `beidctl` for its
/// calls.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Terminal {
    /// Device of the terminal, for pinentry-tty and pinentry-curses: `/dev/pts/3`.
    pub ttyname: Option<String>,
    /// Terminal type: `xterm`.
    pub ttytype: Option<String>,
    /// X display: `:0`.
    pub display: Option<String>,
    /// Socket of the Wayland display: `wayland-0`. Assuan has no option for it, so it goes into the program's
    /// environment.
    pub wayland_display: Option<String>,
    /// Locale for characters: `C.UTF-8`.
    pub lc_ctype: Option<String>,
    /// Locale for the program's own texts.
    pub lc_messages: Option<String>,
}

impl Terminal {
    /// Reads the terminal of this process (standard input if that is a terminal, else `GPG_TTY`) and the display and
    /// locale in its environment.
    #[must_use]
    pub fn from_this_process() -> Self {
        let stdin = terminal_at(0, std::io::stdin().is_terminal());
        Self {
            ttyname: stdin.or_else(|| variable("GPG_TTY")),
            ..Self::from_environment()
        }
    }

    /// Reads the terminal of a command that a person runs (its standard error, output or input, the first that is one)
    /// and the display in its environment. `GPG_TTY` is not used, because the terminal is offered to another process.
    #[must_use]
    pub fn from_command() -> Self {
        let ttyname = terminal_at(2, std::io::stderr().is_terminal())
            .or_else(|| terminal_at(1, std::io::stdout().is_terminal()))
            .or_else(|| terminal_at(0, std::io::stdin().is_terminal()));
        Self {
            ttyname,
            ..Self::from_environment()
        }
    }

    fn from_environment() -> Self {
        let locale = |name| {
            let set = variable("LC_ALL")
                .or_else(|| variable(name))
                .or_else(|| variable("LANG"));
            // In these, pinentry cannot show a name with an accent and refuses the whole dialog.
            set.filter(|name| !matches!(name.as_str(), "C" | "POSIX"))
        };
        Self {
            ttyname: None,
            ttytype: variable("TERM"),
            display: variable("DISPLAY"),
            wayland_display: variable("WAYLAND_DISPLAY"),
            // Our texts are UTF-8, also where the environment sets no locale.
            lc_ctype: locale("LC_CTYPE").or_else(|| Some("C.UTF-8".to_owned())),
            lc_messages: locale("LC_MESSAGES"),
        }
    }

    /// Returns the Assuan options for this terminal, with their values.
    pub fn options(&self) -> impl Iterator<Item = (&'static str, &str)> {
        [
            ("ttyname", &self.ttyname),
            ("ttytype", &self.ttytype),
            ("display", &self.display),
            ("lc-ctype", &self.lc_ctype),
            ("lc-messages", &self.lc_messages),
        ]
        .into_iter()
        .filter_map(|(name, value)| value.as_deref().map(|value| (name, value)))
    }

    /// Returns `terminal` with the locale of this one, which suits our texts.
    #[must_use]
    pub fn elsewhere(&self, terminal: &Self) -> Self {
        Self {
            lc_ctype: self.lc_ctype.clone(),
            lc_messages: self.lc_messages.clone(),
            ..terminal.clone()
        }
    }

    /// Returns true if there is a terminal or a display.
    #[must_use]
    pub fn is_there(&self) -> bool {
        self.ttyname.is_some() || self.display.is_some() || self.wayland_display.is_some()
    }

    /// Returns true if this process may read and write the terminal.
    #[must_use]
    pub fn can_be_opened(&self) -> bool {
        let mut how = OpenOptions::new();
        how.read(true).write(true).custom_flags(NO_CONTROLLING_TERMINAL);
        let opened = self.ttyname.as_deref().map(|name| how.open(name));
        opened.is_some_and(|terminal| terminal.is_ok_and(|file| file.is_terminal()))
    }
}

fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

/// Returns the name of the terminal behind a file descriptor of this process.
fn terminal_at(descriptor: u32, is_terminal: bool) -> Option<String> {
    let path = is_terminal.then(|| fs::read_link(format!("/proc/self/fd/{descriptor}")).ok());
    path.flatten()?.into_os_string().into_string().ok()
}
