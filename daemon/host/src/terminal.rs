//! Terminals and displays on which a person can be asked something.

use std::env;
use std::fs::{self, OpenOptions};
use std::io::IsTerminal;
use std::os::unix::fs::OpenOptionsExt;

/// `O_NOCTTY`: looking whether a terminal is there must not make it ours.
const NO_CONTROLLING_TERMINAL: i32 = 0o400;

/// Where a pinentry shows itself. A caller names none, with one exception: a daemon that has no terminal and no display
/// may use those of `beidctl` for a call of its own. A dialog on somebody else's screen asks the wrong person.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Terminal {
    /// Device of the terminal, for pinentry-tty and pinentry-curses: `/dev/pts/3`.
    pub ttyname: Option<String>,
    /// Its kind: `xterm`.
    pub ttytype: Option<String>,
    /// X display: `:0`.
    pub display: Option<String>,
    /// Socket of the Wayland display: `wayland-0`. There is no Assuan option for it: it goes into the program's
    /// environment.
    pub wayland_display: Option<String>,
    /// Locale of characters: `C.UTF-8`.
    pub lc_ctype: Option<String>,
    /// Locale of the program's own texts.
    pub lc_messages: Option<String>,
}

impl Terminal {
    /// What this process was started with: standard input if that is a terminal, else `GPG_TTY`, and the usual
    /// variables of the environment.
    #[must_use]
    pub fn from_this_process() -> Self {
        let stdin = terminal_at(0, std::io::stdin().is_terminal());
        Self {
            ttyname: stdin.or_else(|| variable("GPG_TTY")),
            ..Self::from_environment()
        }
    }

    /// What a command of a person was started on: its standard error, output or input, whichever is a terminal, and the
    /// display of the environment. No other terminal: this one is offered to somebody else.
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
            // Nobody can be shown a name with an accent in these: pinentry refuses the whole dialog.
            set.filter(|name| !matches!(name.as_str(), "C" | "POSIX"))
        };
        Self {
            ttyname: None,
            ttytype: variable("TERM"),
            display: variable("DISPLAY"),
            wayland_display: variable("WAYLAND_DISPLAY"),
            // Our texts are UTF-8, whatever the environment forgot to say.
            lc_ctype: locale("LC_CTYPE").or_else(|| Some("C.UTF-8".to_owned())),
            lc_messages: locale("LC_MESSAGES"),
        }
    }

    /// Options of the Assuan protocol that say so, with their values.
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

    /// `terminal` instead of this one, with our locale: our texts are what it is for.
    #[must_use]
    pub fn elsewhere(&self, terminal: &Self) -> Self {
        Self {
            lc_ctype: self.lc_ctype.clone(),
            lc_messages: self.lc_messages.clone(),
            ..terminal.clone()
        }
    }

    /// Whether there is anything to show a dialog on.
    #[must_use]
    pub fn is_there(&self) -> bool {
        self.ttyname.is_some() || self.display.is_some() || self.wayland_display.is_some()
    }

    /// Returns true if the terminal is one that this process may read and write.
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

/// Name of the terminal behind a file descriptor of ours, if it is one.
fn terminal_at(descriptor: u32, is_terminal: bool) -> Option<String> {
    let path = is_terminal.then(|| fs::read_link(format!("/proc/self/fd/{descriptor}")).ok());
    path.flatten()?.into_os_string().into_string().ok()
}
