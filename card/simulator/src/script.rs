//! The script of `beid-scripted-pinentry`: a directory with the answers to come and the dialogs shown so far.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Answer to one dialog: one line in the file `answers`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ScriptedAnswer {
    /// `pin 1234`: types this and presses OK.
    Pin(String),
    /// `sign 1234`: says yes to every page that comes before the PIN, then types this and presses OK.
    Sign(String),
    /// `ok`: says yes to a confirmation.
    Ok,
    /// `no`: says no to a confirmation.
    No,
    /// `third`: presses the third button of a confirmation that has one.
    Third,
    /// `cancel`: closes the dialog.
    Cancel,
    /// `timeout`: the program gives up waiting.
    Timeout,
    /// `hang`: nothing ever happens.
    Hang,
    /// `die`: the program ends without an answer.
    Die,
    /// `pause-until FILE ANSWER`: the answer, once FILE is in the directory.
    PauseUntil(String, Box<ScriptedAnswer>),
}

impl ScriptedAnswer {
    /// Makes an answer that types `pin` and presses OK.
    #[must_use]
    pub fn pin(pin: &str) -> Self {
        Self::Pin(pin.to_owned())
    }
}

impl fmt::Display for ScriptedAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pin(pin) => write!(f, "pin {pin}"),
            Self::Sign(pin) => write!(f, "sign {pin}"),
            Self::Ok => f.write_str("ok"),
            Self::No => f.write_str("no"),
            Self::Third => f.write_str("third"),
            Self::Cancel => f.write_str("cancel"),
            Self::Timeout => f.write_str("timeout"),
            Self::Hang => f.write_str("hang"),
            Self::Die => f.write_str("die"),
            Self::PauseUntil(file, answer) => write!(f, "pause-until {file} {answer}"),
        }
    }
}

impl FromStr for ScriptedAnswer {
    type Err = String;

    fn from_str(line: &str) -> Result<Self, String> {
        let (word, rest) = line.trim().split_once(' ').unwrap_or((line.trim(), ""));
        match (word, rest) {
            ("pin", pin) => Ok(Self::pin(pin)),
            ("sign", pin) => Ok(Self::Sign(pin.to_owned())),
            ("ok", "") => Ok(Self::Ok),
            ("no", "") => Ok(Self::No),
            ("third", "") => Ok(Self::Third),
            ("cancel", "") => Ok(Self::Cancel),
            ("timeout", "") => Ok(Self::Timeout),
            ("hang", "") => Ok(Self::Hang),
            ("die", "") => Ok(Self::Die),
            ("pause-until", rest) => match rest.split_once(' ') {
                Some((file, answer)) => Ok(Self::PauseUntil(file.to_owned(), Box::new(answer.parse()?))),
                None => Err(format!("pause-until takes a file and an answer: {line:?}")),
            },
            _ => Err(format!("no such answer: {line:?}")),
        }
    }
}

/// Kind of a dialog.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DialogKind {
    /// A question for a PIN (GETPIN).
    Pin,
    /// A question for a yes (CONFIRM).
    Confirm,
}

/// A dialog as it was shown, escapes resolved: one line in the file `shown.jsonl`.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct ShownDialog {
    /// Kind of dialog.
    pub kind: DialogKind,
    /// Text of SETTITLE.
    pub title: String,
    /// Text of SETDESC.
    pub description: String,
    /// Text of SETPROMPT.
    pub prompt: String,
    /// Text of SETOK.
    pub ok: String,
    /// Text of SETCANCEL.
    pub cancel: String,
    /// Text of SETNOTOK, the third button.
    #[serde(default)]
    pub third: Option<String>,
    /// Text of SETERROR.
    pub error: Option<String>,
    /// Value of SETTIMEOUT, in seconds.
    pub timeout: Option<u64>,
    /// OPTION lines, as they came: `lc-ctype=C.UTF-8`.
    pub options: Vec<String>,
    /// Process id of the dialog.
    pub pid: u32,
}

/// The directory of a script.
#[derive(Clone, Debug)]
pub struct ScriptDirectory(PathBuf);

impl ScriptDirectory {
    /// Takes the directory at `path`, which exists.
    #[must_use]
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// Path of the directory.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Adds an answer at the end.
    ///
    /// # Errors
    /// When the directory cannot be used.
    pub fn push(&self, answer: &ScriptedAnswer) -> io::Result<()> {
        let _lock = self.lock()?;
        self.append("answers", &answer.to_string())
    }

    /// Removes the first answer and returns it.
    ///
    /// # Errors
    /// When the directory cannot be used, or the line is no answer.
    pub fn take(&self) -> io::Result<Option<ScriptedAnswer>> {
        let _lock = self.lock()?;
        let text = self.read("answers")?;
        let Some((first, rest)) = text.split_once('\n') else {
            return Ok(None);
        };
        // Renamed into place: a pinentry that is killed meanwhile leaves a whole file.
        let draft = self.0.join("answers.draft");
        fs::write(&draft, rest)?;
        fs::rename(draft, self.0.join("answers"))?;
        first.parse().map(Some).map_err(io::Error::other)
    }

    /// Takes the answer to a dialog of `kind`. A [`ScriptedAnswer::Sign`] stays until it has typed its PIN.
    ///
    /// # Errors
    /// As [`take`](Self::take).
    pub fn take_for(&self, kind: DialogKind) -> io::Result<Option<ScriptedAnswer>> {
        // Not locked, because `take` locks: dialogs come one at a time, and whoever adds answers leaves the first line
        // alone.
        let next = self.read("answers")?;
        let next = next.lines().next().map(str::parse::<ScriptedAnswer>);
        match (next, kind) {
            (Some(Ok(ScriptedAnswer::Sign(_))), DialogKind::Confirm) => Ok(Some(ScriptedAnswer::Ok)),
            (Some(Ok(ScriptedAnswer::Sign(pin))), DialogKind::Pin) => {
                self.take().map(|taken| taken.map(|_| ScriptedAnswer::Pin(pin)))
            }
            _ => self.take(),
        }
    }

    /// Number of answers that are left.
    ///
    /// # Errors
    /// When the directory cannot be used.
    pub fn left(&self) -> io::Result<usize> {
        Ok(self.read("answers")?.lines().count())
    }

    /// Adds a dialog to those shown.
    ///
    /// # Errors
    /// When the directory cannot be used.
    pub fn record(&self, shown: &ShownDialog) -> io::Result<()> {
        let _lock = self.lock()?;
        self.append("shown.jsonl", &serde_json::to_string(shown)?)
    }

    /// Dialogs shown so far, oldest first.
    ///
    /// # Errors
    /// When the directory cannot be used.
    pub fn shown(&self) -> io::Result<Vec<ShownDialog>> {
        let _lock = self.lock()?;
        let text = self.read("shown.jsonl")?;
        text.lines().map(|line| Ok(serde_json::from_str(line)?)).collect()
    }

    /// Notes that a PIN is being entered, and when.
    ///
    /// # Errors
    /// When the directory cannot be used.
    pub fn note_entry(&self, now: SystemTime) -> io::Result<()> {
        let since = now.duration_since(UNIX_EPOCH).map_err(io::Error::other)?;
        fs::write(self.0.join("entered"), since.as_nanos().to_string())
    }

    /// Time of the last PIN entry, to the nanosecond.
    ///
    /// # Errors
    /// When the directory cannot be used.
    pub fn last_entry(&self) -> io::Result<Option<SystemTime>> {
        let nanos = self.read("entered")?.parse().ok();
        Ok(nanos.and_then(|nanos| UNIX_EPOCH.checked_add(Duration::from_nanos(nanos))))
    }

    /// Locks the directory for reading or writing; the system unlocks it when the process ends.
    fn lock(&self) -> io::Result<File> {
        let path = self.0.join("lock");
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(path)?;
        file.lock()?;
        Ok(file)
    }

    fn append(&self, file: &str, line: &str) -> io::Result<()> {
        let mut file = OpenOptions::new().create(true).append(true).open(self.0.join(file))?;
        writeln!(file, "{line}")
    }

    fn read(&self, file: &str) -> io::Result<String> {
        match fs::read_to_string(self.0.join(file)) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(String::new()),
            text => text,
        }
    }
}
