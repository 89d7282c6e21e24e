//! One run of a pinentry program: requests on its standard input, answers from its standard output, one line each.
//!
//! Source: the Assuan manual, "Client requests" and "Server responses".

use super::program::{command, program_at};
use super::text::escape;
use super::{AssuanError, MAX_LINE, Pinentry};
use beid_card::SecretOctets;
use std::io;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, ChildStdin, ChildStdout};

/// Request that is composed before the program starts, so that a text that is too long shows nothing at all.
pub(super) struct AssuanRequest {
    /// Command: `SETDESC`.
    pub(super) name: &'static str,
    /// Whole line, without its end.
    pub(super) text: String,
    /// True if the dialog would lack a text that it must show, should the program refuse this.
    pub(super) needed: bool,
}

impl AssuanRequest {
    pub(super) fn new(name: &'static str, argument: &str, needed: bool) -> Result<Self, AssuanError> {
        let text = format!("{name} {}", escape(argument));
        match text.len() {
            ..=MAX_LINE => Ok(Self { name, text, needed }),
            _ => Err(AssuanError::TooLong(name)),
        }
    }
}

/// Callback for the content of data lines, which are not kept.
pub(super) type OnData<'d> = dyn FnMut(&[u8]) + Send + 'd;

/// Running pinentry program. Dropping this kills it first and then closes the pipes, without waiting for it.
pub(super) struct AssuanSession {
    child: Option<Child>,
    requests: ChildStdin,
    answers: Answers,
    /// True if the program accepted a text for a third button.
    pub(super) has_third_button: bool,
}

impl AssuanSession {
    pub(super) fn spawn(pinentry: &Pinentry) -> Result<Self, AssuanError> {
        let missing = |error: io::Error| AssuanError::NoProgram(error.to_string());
        let program = program_at(&pinentry.program).map_err(missing)?;
        let started = command(&program, &pinentry.terminal).spawn();
        let mut child = started.map_err(|e| AssuanError::NoProgram(format!("{}: {e}", program.display())))?;
        let pipes = child.stdin.take().zip(child.stdout.take());
        let (requests, answers) = pipes.ok_or_else(|| AssuanError::Failed("no pipes".to_owned()))?;
        Ok(Self {
            child: Some(child),
            requests,
            answers: Answers::new(answers),
            has_third_button: false,
        })
    }

    /// Sends one line and reads its answer.
    pub(super) async fn request(&mut self, line: &str, data: &mut OnData<'_>) -> Result<AssuanAnswer, AssuanError> {
        let written = self.requests.write_all(format!("{line}\n").as_bytes()).await;
        written.map_err(|_| gone())?;
        self.answer(data).await
    }

    /// Reads lines up to the one that ends an answer.
    pub(super) async fn answer(&mut self, data: &mut OnData<'_>) -> Result<AssuanAnswer, AssuanError> {
        loop {
            let line = self.answers.next().await?;
            let (word, rest) = line.split_at(line.iter().position(|byte| *byte == b' ').unwrap_or(line.len()));
            let rest = rest.strip_prefix(b" ").unwrap_or(rest);
            match word {
                b"OK" => return Ok(AssuanAnswer::Ok),
                b"ERR" => return AssuanAnswer::error(rest),
                b"D" => data(rest),
                // No request of ours allows a cache: a program that uses one must not answer for the person.
                b"S" if rest.starts_with(b"PASSWORD_FROM_CACHE") => {
                    return Err(AssuanError::Failed("answers from a cache".to_owned()));
                }
                b"S" => {}
                comment if comment.starts_with(b"#") => {}
                // The line is not quoted: there might be a PIN in it.
                _ => return Err(AssuanError::Failed("does not speak Assuan".to_owned())),
            }
        }
    }
}

impl Drop for AssuanSession {
    fn drop(&mut self) {
        let Some(mut child) = self.child.take() else { return };
        // Fails if the program has ended by itself, which is just as well.
        drop(child.start_kill());
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            // Reaped in the background, so that no zombie stays in the process table.
            runtime.spawn(async move { drop(child.wait().await) });
        }
    }
}

fn gone() -> AssuanError {
    AssuanError::Failed("ended without an answer".to_owned())
}

/// Line that ends the answer to a request.
pub(super) enum AssuanAnswer {
    Ok,
    /// Error code of libgpg-error, without the number of its source.
    Err(u16),
}

impl AssuanAnswer {
    fn error(rest: &[u8]) -> Result<Self, AssuanError> {
        let digits = rest.split(|byte| !byte.is_ascii_digit()).next().unwrap_or_default();
        let code: Option<u32> = str::from_utf8(digits).ok().and_then(|digits| digits.parse().ok());
        let code = code.ok_or_else(|| AssuanError::Failed("reports an error without a code".to_owned()))?;
        // The upper half is the library that reports it.
        let [_, _, high, low] = code.to_be_bytes();
        Ok(Self::Err(u16::from_be_bytes([high, low])))
    }

    /// Returns `Ok` for OK alone. Codes are those of libgpg-error, err-codes.h.
    pub(super) fn yes(&self, request: &str) -> Result<(), AssuanError> {
        match self {
            Self::Ok => Ok(()),
            // Cancelled, not confirmed, fully cancelled.
            Self::Err(99 | 114 | 198) => Err(AssuanError::Declined),
            Self::Err(62) => Err(AssuanError::TimedOut),
            Self::Err(301) => Err(AssuanError::TooSmall),
            // 303: a variable of the environment is missing (TERM). From 0x8000: an error of the operating system,
            // since the terminal or display could not be opened.
            Self::Err(code @ (303 | 0x8000..)) => Err(AssuanError::NoScreen(format!("pinentry reports error {code}"))),
            Self::Err(code) => Err(AssuanError::Failed(format!("error {code} to {request}"))),
        }
    }
}

/// Reader of the program's lines. They may hold a PIN, so the buffer is kept off the disk and wiped, and never grows: growing
/// would leave a copy.
struct Answers {
    source: ChildStdout,
    buffer: SecretOctets,
    /// Number of bytes in the buffer, including the line given out last.
    filled: usize,
    /// Length of the line given out last, with its end.
    given: usize,
}

impl Answers {
    fn new(source: ChildStdout) -> Self {
        Self {
            source,
            // One line, CR and LF.
            buffer: SecretOctets::zeros(MAX_LINE + 2),
            filled: 0,
            given: 0,
        }
    }

    /// Reads the next line and returns it without its end.
    async fn next(&mut self) -> Result<&[u8], AssuanError> {
        self.forget_last();
        let end = loop {
            let read = self.buffer.get(..self.filled).unwrap_or_default();
            if let Some(end) = read.iter().position(|byte| *byte == b'\n') {
                break end;
            }
            match self
                .source
                .read(self.buffer.get_mut(self.filled..).unwrap_or_default())
                .await
            {
                _ if self.filled == self.buffer.len() => {
                    return Err(AssuanError::Failed("line too long".to_owned()));
                }
                Ok(0) | Err(_) => return Err(gone()),
                Ok(more) => self.filled += more,
            }
        };
        self.given = end + 1;
        let line = self.buffer.get(..end).unwrap_or_default();
        Ok(line.strip_suffix(b"\r").unwrap_or(line))
    }

    /// Wipes the line given out last and moves the bytes after it to the front.
    fn forget_last(&mut self) {
        let left = self.filled.saturating_sub(self.given);
        self.buffer.copy_within(self.given..self.filled, 0);
        self.buffer.iter_mut().skip(left).for_each(|byte| *byte = 0);
        (self.filled, self.given) = (left, 0);
    }
}
