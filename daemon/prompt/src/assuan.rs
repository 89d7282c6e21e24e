//! Dialogs in a pinentry program, which speaks the Assuan protocol on its standard input and output.
//!
//! One dialog is one child process. Dropping the future closes the dialog: the child is killed at once, and nothing
//! that it or its descendants do can delay us. Digits go from the pipe into memory that is wiped and from there into a
//! [`Pin`], and nowhere else.
//!
//! Source: the Assuan manual, "Client requests" and "Server responses"; the pinentry manual, "Protocol".

mod program;
mod session;
mod text;

pub use program::{default_program, program_at};
pub use text::Budget;

use beid_card::{NotAPin, Pin, SecretOctets};
use beid_host::terminal::Terminal;
use session::{AssuanAnswer, AssuanRequest, AssuanSession, OnData};
use std::path::PathBuf;
use std::time::Duration;
use tokio::time::timeout;

/// Maximum length of an Assuan line in bytes, with its command and without its line end. (Assuan manual, 3.1)
pub const MAX_LINE: usize = 1000;

/// Maximum time from the start of a program until it has accepted all texts.
const START_LIMIT: Duration = Duration::from_secs(10);
/// Time beyond the dialog's timeout in which a program may close the dialog itself, before it is killed.
const GRACE: Duration = Duration::from_secs(2);

/// A pinentry program, and the terminal or display for its dialogs.
///
/// A program that is killed in a terminal leaves it without echo (`stty sane` restores it). That is accepted, because
/// only killing makes sure that the dialog is closed.
#[derive(Clone, Debug)]
pub struct Pinentry {
    /// The program; it is started without arguments.
    pub program: PathBuf,
    /// The daemon's own terminal and display.
    pub terminal: Terminal,
}

/// Texts of one dialog, in UTF-8. The description and the error may have line breaks.
#[derive(Clone, Default)]
pub struct PinentryDialog {
    /// Title of the window.
    pub title: String,
    /// Text above the field and the buttons. A dialog for which it is too long is refused: see [`Budget`].
    pub description: String,
    /// Label of the field for the PIN: `PIN:`.
    pub prompt: String,
    /// Text of the button for yes.
    pub ok: String,
    /// Text of the button for no.
    pub cancel: String,
    /// Text of a third button between yes and no, in dialogs without a field.
    pub third_button: Option<String>,
    /// True if Enter presses the button for yes, in dialogs without a field. Only for pages that ask nothing.
    pub ok_is_default: bool,
    /// Message about the previous attempt.
    pub error: Option<String>,
    /// Time for the person to answer, to the second.
    pub timeout: Duration,
}

/// Reason why there is no PIN or no yes.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum AssuanError {
    /// The person said no, or closed the dialog.
    #[error("declined")]
    Declined,
    /// The person pressed the third button.
    #[error("third button")]
    ThirdButton,
    /// The person said no in a program that has no third button, although the dialog has a text for one.
    #[error("declined without a third button")]
    DeclinedOfTwo,
    /// The person did not answer in time.
    #[error("no answer in time")]
    TimedOut,
    /// The text typed cannot be a PIN.
    #[error(transparent)]
    NotAPin(#[from] NotAPin),
    /// A text does not fit in one line, a mistake of the caller. Nothing was shown.
    #[error("too long for one dialog: {0}")]
    TooLong(&'static str),
    /// There is no program to ask with.
    #[error("no pinentry program is installed or set")]
    NotInstalled,
    /// The program cannot be started.
    #[error("cannot be started: {0}")]
    NoProgram(String),
    /// The program has neither terminal nor display.
    #[error("no screen: {0}")]
    NoScreen(String),
    /// The dialog is larger than the window. Nothing was shown.
    #[error("the window is too small")]
    TooSmall,
    /// The program ended, hung or broke the protocol.
    #[error("pinentry failed: {0}")]
    Failed(String),
}

impl Pinentry {
    /// Asks for a PIN. Dropping the future closes the dialog.
    ///
    /// # Errors
    /// [`AssuanError`]; in particular [`AssuanError::NotAPin`] if the text typed cannot be a PIN, which costs no try,
    /// and [`AssuanError::TooLong`] if a text of `dialog` does not fit in its line.
    pub async fn ask_pin(&self, dialog: &PinentryDialog) -> Result<Pin, AssuanError> {
        let mut typed = TypedPin::default();
        self.ask(dialog, "GETPIN", &mut |data| typed.take(data)).await?;
        Ok(typed.pin()?)
    }

    /// Asks yes or no. Dropping the future closes the dialog.
    ///
    /// # Errors
    /// [`AssuanError`] for every outcome but yes; a no is [`AssuanError::Declined`].
    pub async fn confirm(&self, dialog: &PinentryDialog) -> Result<(), AssuanError> {
        // An option since pinentry 1.3.3; earlier versions ignore options that they do not know.
        let question = if dialog.ok_is_default {
            "CONFIRM --focus=ok"
        } else {
            "CONFIRM"
        };
        self.ask(dialog, question, &mut |_| {}).await
    }

    async fn ask(&self, dialog: &PinentryDialog, question: &str, data: &mut OnData<'_>) -> Result<(), AssuanError> {
        let requests = self.requests(dialog)?;
        let started = timeout(START_LIMIT, self.start(&requests)).await;
        let mut session = started.map_err(|_| AssuanError::Failed("does not start".to_owned()))??;
        let limit = dialog.timeout.saturating_add(GRACE);
        let answer = timeout(limit, session.request(question, data)).await;
        let outcome = match answer.map_err(|_| AssuanError::TimedOut)?? {
            // Not confirmed: the third button, if the program has one. (pinentry manual, SETNOTOK)
            AssuanAnswer::Err(114) if session.has_third_button => Err(AssuanError::ThirdButton),
            answer @ (AssuanAnswer::Ok | AssuanAnswer::Err(_)) => answer.yes(question),
        };
        match outcome {
            Err(AssuanError::Declined) if dialog.third_button.is_some() && !session.has_third_button => {
                Err(AssuanError::DeclinedOfTwo)
            }
            outcome => outcome,
        }
    }

    /// Starts the program and asks it about itself, and opens no dialog. Returns its flavour, such as `curses`.
    ///
    /// # Errors
    /// [`AssuanError`] if it cannot be started, does not answer, or lacks a screen.
    pub async fn examine(&self) -> Result<String, AssuanError> {
        let met = timeout(START_LIMIT, self.meet()).await;
        let (_session, flavor) = met.map_err(|_| AssuanError::Failed("does not start".to_owned()))??;
        Ok(String::from_utf8_lossy(&flavor).into_owned())
    }

    /// Starts the program; returns its flavour too.
    async fn meet(&self) -> Result<(AssuanSession, Vec<u8>), AssuanError> {
        let mut session = AssuanSession::spawn(self)?;
        session.answer(&mut |_| {}).await?.yes("greeting")?;
        let mut flavor = Vec::new();
        session
            .request("GETINFO flavor", &mut |data| flavor.extend_from_slice(data))
            .await?;
        // pinentry-tty reports the lack of a terminal as a no of the person.
        if flavor == b"tty" && !self.terminal.can_be_opened() {
            return Err(AssuanError::NoScreen("pinentry-tty without a terminal".to_owned()));
        }
        Ok((session, flavor))
    }

    /// Starts the program and sends it the texts.
    async fn start(&self, requests: &[AssuanRequest]) -> Result<AssuanSession, AssuanError> {
        let (mut session, flavor) = self.meet().await?;
        for request in requests {
            let answer = session.request(&request.text, &mut |_| {}).await?;
            if request.name == "SETNOTOK" {
                // pinentry-gnome3 takes the text and shows two buttons: GNOME's dialogs have no third. One that fell
                // back to a terminal calls itself gnome3:curses.
                session.has_third_button = matches!(answer, AssuanAnswer::Ok) && flavor != b"gnome3";
            }
            if request.needed {
                answer.yes(request.name)?;
            }
        }
        Ok(session)
    }

    fn requests(&self, dialog: &PinentryDialog) -> Result<Vec<AssuanRequest>, AssuanError> {
        let mut requests = Vec::new();
        for (name, value) in self.terminal.options() {
            requests.push(AssuanRequest::new("OPTION", &format!("{name}={value}"), false)?);
        }
        // Not every program knows it; after the same time we kill the program.
        requests.push(AssuanRequest::new(
            "SETTIMEOUT",
            &dialog.timeout.as_secs().max(1).to_string(),
            false,
        )?);
        if let Some(text) = &dialog.third_button {
            requests.push(AssuanRequest::new("SETNOTOK", text, false)?);
        }
        let texts = [
            ("SETTITLE", Some(&dialog.title)),
            ("SETDESC", Some(&dialog.description)),
            ("SETPROMPT", Some(&dialog.prompt)),
            ("SETOK", Some(&dialog.ok)),
            ("SETCANCEL", Some(&dialog.cancel)),
            ("SETERROR", dialog.error.as_ref()),
        ];
        for (command, text) in texts {
            if let Some(text) = text.filter(|text| !text.is_empty()) {
                requests.push(AssuanRequest::new(command, text, true)?);
            }
        }
        Ok(requests)
    }
}

/// Digits typed so far, in memory that is wiped: no more of them than tell a PIN from a text that is too long.
struct TypedPin {
    bytes: SecretOctets,
    len: usize,
}

impl Default for TypedPin {
    fn default() -> Self {
        Self {
            bytes: SecretOctets::zeros(Self::ROOM),
            len: 0,
        }
    }
}

impl TypedPin {
    /// Capacity in bytes: one more than the longest PIN, so that a longer text is not cut to a valid PIN.
    const ROOM: usize = 13;

    /// Appends the content of one data line, with its escapes resolved.
    fn take(&mut self, mut data: &[u8]) {
        while let Some((&byte, rest)) = data.split_first() {
            let (byte, rest) = match (byte, rest) {
                (b'%', [high, low, rest @ ..]) => (hex(*high) << 4 | hex(*low), rest),
                _ => (byte, rest),
            };
            data = rest;
            if let Some(place) = self.bytes.get_mut(self.len) {
                (*place, self.len) = (byte, self.len + 1);
            }
        }
    }

    fn pin(&self) -> Result<Pin, NotAPin> {
        Pin::from_digits(self.bytes.get(..self.len).unwrap_or_default())
    }
}

/// Returns the value of a hexadecimal digit, and 15 for anything else, which in either half of a byte makes it no
/// digit.
fn hex(digit: u8) -> u8 {
    char::from(digit)
        .to_digit(16)
        .and_then(|value| u8::try_from(value).ok())
        .unwrap_or(0x0F)
}

#[cfg(test)]
mod tests;
