//! The person at the desk: a pinentry program that does what the test says beforehand.

use crate::programs::{python, workspace, write_program};
use beid_host::terminal::Terminal;
use beid_prompt::assuan::Pinentry;
use beid_texts::Language;
use std::fs;
use std::path::Path;

/// Behaviour of the person at the desk in dialogs.
#[derive(Clone, Copy, Debug)]
pub enum Person {
    /// Types this PIN.
    Types(&'static str),
    /// Presses Cancel.
    Declines,
    /// Lets the dialog wait.
    Waits,
    /// Gives these answers, one to each dialog: digits are typed, `ok` `no` `cancel` `timeout` are buttons and ends,
    /// `wait` is no answer, and digits behind `gate` are typed after
    /// [`open_gate`](super::Desk::open_gate). An answer that does not fit its dialog fails, as does every dialog after the
    /// last answer.
    Follows(&'static [&'static str]),
    /// Gives answers as in [`Follows`](Self::Follows) in pinentry-gnome3, which has no third button.
    FollowsInGnome(&'static [&'static str]),
    /// Reads the dialogs of a real pinentry-curses in this language, in a terminal of that many lines and 80 columns, and
    /// answers each: types the PIN, or presses Enter.
    AtTerminal(Language, u16, &'static str),
    /// Sits nowhere: pinentry-curses has no terminal unless a caller offers one.
    Nowhere,
}

impl Person {
    /// Language of the dialogs.
    pub(super) fn language(self) -> Language {
        match self {
            Self::AtTerminal(language, ..) => language,
            Self::Types(_)
            | Self::Declines
            | Self::Waits
            | Self::Follows(_)
            | Self::FollowsInGnome(_)
            | Self::Nowhere => Language::En,
        }
    }

    /// Writes the pinentry program of this person into `dir`, where it keeps its files too.
    pub(super) fn pinentry(self, dir: &Path) -> Pinentry {
        let script = match self {
            Self::Follows(answers) => following(dir, answers, ""),
            Self::FollowsInGnome(answers) => following(dir, answers, "gnome3"),
            Self::AtTerminal(_, lines, pin) => at_terminal(dir, lines, pin),
            Self::Nowhere => "exec pinentry-curses".to_owned(),
            Self::Types(pin) => agreeable(dir, &format!("echo 'D {pin}'; echo OK")),
            Self::Declines => agreeable(dir, "echo 'ERR 83886179 cancelled'"),
            Self::Waits => agreeable(dir, "sleep 60"),
        };
        Pinentry {
            program: write_program(dir, "pinentry", &script),
            terminal: Terminal::default(),
        }
    }
}

/// Script that answers each dialog with the next line of a file, and records the commands that it gets; it says that it
/// is the pinentry of that flavor.
fn following(dir: &Path, answers: &[&str], flavor: &str) -> String {
    let lines: String = answers.iter().map(|answer| format!("{answer}\n")).collect();
    fs::write(dir.join("answers"), lines).expect("the answers can be written");
    let script = r#"echo OK ready
while read -r line; do
  printf '%s\n' "$line" >> told
  case "$line" in
  GETPIN*|CONFIRM*)
    answer=$(head -n 1 answers); sed -i 1d answers; touch asked
    case "$answer" in gate*) while [ ! -e gate ]; do sleep 0.02; done; answer=${answer#gate};; esac
    case "$line $answer" in
    GETPIN*[0-9]) echo "D $answer"; echo OK;;
    CONFIRM*ok) echo OK;;
    *no) echo 'ERR 83886194 not confirmed';;
    *cancel) echo 'ERR 83886179 cancelled';;
    *timeout) echo 'ERR 83886142 timeout';;
    *wait) exec sleep 60;;
    *) echo 'ERR 83886080 no answer to this';;
    esac;;
  *flavor) echo "D $flavor"; echo OK;;
  BYE*) echo OK; exit;;
  *) echo OK;;
  esac
done
"#;
    format!("cd '{}'\nflavor={flavor}\n{script}", dir.display())
}

/// Script that passes everything on to a pinentry-curses, and records its screens.
fn at_terminal(dir: &Path, lines: u16, pin: &str) -> String {
    format!(
        "exec '{}' '{}' '{}' {pin} 80 {lines}",
        python().display(),
        workspace().join("tests/tools/curses_screen.py").display(),
        dir.display(),
    )
}

/// Script that answers OK to everything but the question for the PIN, to which it does `pin`, and records the commands that it gets.
fn agreeable(dir: &Path, pin: &str) -> String {
    let script = r#"echo OK ready
while read -r line; do
  printf '%s\n' "$line" >> told
  case "$line" in
  GETPIN*) touch asked; ANSWER;;
  BYE*) echo OK; exit;;
  *) echo OK;;
  esac
done
"#;
    format!("cd '{}'\n{}", dir.display(), script.replace("ANSWER", pin))
}
