//! One file being read, chunk by chunk.
//!
//! SELECT does not tell sizes, so the question is always where the file ends. A *lean* reading believes the first answer,
//! or a length it was told; that is the fewest commands, and right as long as whoever asked proves what came. A
//! *thorough* reading believes nothing it has not seen twice: some readers say 6B00 or nothing at all in the middle of a
//! file. (Reader driver reports on the AU9540 family)

use crate::apdu::{Command, StatusWord};
use crate::error::{CardError, FieldError};
use crate::files::{ElementaryFile, Extent};
use crate::quirks::Quirks;
use crate::session::Session;
use zeroize::Zeroizing;

/// How much is taken for granted.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Pace {
    /// What was seen before: this many bytes, if known, and every end as it is told.
    Lean(Option<usize>),
    /// Nothing.
    Thorough,
}

/// The largest `Le`, written 00.
const MAX_LE: usize = 256;

/// A file that comes in less than this many bytes at a time, on average, will not come in a lifetime: it is cut off like
/// one that never ends. Readers bring 248 or more at a time (`quirks`).
const LEAST_CHUNK: usize = 32;
/// So many more may bring nothing: ends that are told twice.
const EMPTY_READS: usize = 16;

/// A file being read. It can stop between two chunks and go on in another transaction.
pub(crate) struct Reading {
    file: &'static ElementaryFile,
    pace: Pace,
    content: Zeroizing<Vec<u8>>,
    /// The card has no such file.
    absent: bool,
    /// Where the card said once that the file ends.
    doubted_end: Option<usize>,
    /// How often the card has been asked.
    reads: usize,
}

/// What one READ BINARY brought.
enum Chunk {
    Data(Vec<u8>),
    /// The last ones.
    LastData(Vec<u8>),
    End(StatusWord),
}

impl Reading {
    pub(crate) fn new(file: &'static ElementaryFile, pace: Pace) -> Self {
        Self {
            file,
            pace,
            content: Zeroizing::default(),
            absent: false,
            doubted_end: None,
            reads: 0,
        }
    }

    /// Which file it is.
    pub(crate) fn file(&self) -> &'static ElementaryFile {
        self.file
    }

    /// Selects the file and reads on to its end (true), or until `pause` wants a pause between two chunks (false).
    pub(crate) fn go_on(&mut self, session: &mut Session<'_>, pause: &dyn Fn() -> bool) -> Result<bool, CardError> {
        match session.select_file(self.file) {
            // A file of which something came before is not absent.
            Err(CardError::NoSuchFile { .. }) if self.content.is_empty() => {
                self.absent = true;
                return Ok(true);
            }
            selected => selected?,
        }
        let quirks = session.quirks();
        while let Some(want) = self.want(quirks.chunk)? {
            if !self.content.is_empty() && pause() {
                return Ok(false);
            }
            self.reads += 1;
            match read_chunk(session, self.content.len(), want)? {
                Chunk::Data(data) => self.content.extend_from_slice(&data),
                Chunk::LastData(data) => {
                    self.content.extend_from_slice(&data);
                    if self.believes_ends(quirks) {
                        break;
                    }
                }
                Chunk::End(sw) if self.has_no_end_here() && (!quirks.spurious_end || self.doubts_end_here()) => {
                    return Err(refused(sw));
                }
                Chunk::End(_) if self.has_no_end_here() => self.doubt(session)?,
                Chunk::End(_) if self.believes_ends(quirks) || self.doubts_end_here() => break,
                Chunk::End(_) => self.doubt(session)?,
            }
        }
        Ok(true)
    }

    /// Content that was read, of a certificate file the certificate alone; none if the card has no such file.
    pub(crate) fn into_content(mut self) -> Option<Vec<u8>> {
        if self.absent {
            return None;
        }
        if self.file.extent == Extent::Certificate {
            // What the first chunk brought beyond the certificate is padding.
            let len = certificate_len(&self.content).unwrap_or(0);
            self.content.truncate(len);
        }
        Some(std::mem::take(&mut self.content))
    }

    /// No file is empty, and a certificate says itself where it ends.
    fn has_no_end_here(&self) -> bool {
        self.content.is_empty() || self.file.extent == Extent::Certificate
    }

    /// Whether the card has said before that the file ends here.
    fn doubts_end_here(&self) -> bool {
        self.doubted_end == Some(self.content.len())
    }

    /// Selects the file anew, to be told once more.
    fn doubt(&mut self, session: &mut Session<'_>) -> Result<(), CardError> {
        self.doubted_end = Some(self.content.len());
        session.select_file(self.file)
    }

    /// A certificate says itself where it ends.
    fn believes_ends(&self, quirks: Quirks) -> bool {
        self.pace != Pace::Thorough && self.file.extent != Extent::Certificate && !quirks.spurious_end
    }

    /// How many bytes to ask for next; `None` when the file has been read to its end.
    fn want(&self, chunk: usize) -> Result<Option<usize>, CardError> {
        let read = self.content.len();
        if read >= self.file.ceiling || self.reads >= EMPTY_READS + self.file.ceiling / LEAST_CHUNK {
            return Err(CardError::Endless { file: self.file.name });
        }
        let up_to = |total: usize| Some(total.saturating_sub(read).min(chunk)).filter(|want| *want > 0);
        Ok(match (self.file.extent, self.pace, self.content.as_slice()) {
            (Extent::Certificate, _, []) => Some(chunk),
            (Extent::Certificate, _, [0x00, ..]) => None,
            (Extent::Certificate, _, content) => {
                up_to(certificate_len(content).ok_or(FieldError::new(self.file.name, "a DER certificate"))?)
            }
            (_, Pace::Lean(Some(len)), _) => up_to(len),
            (Extent::WholeUpTo(len), Pace::Lean(None), _) if read >= len => None,
            (Extent::Whole | Extent::WholeUpTo(_), Pace::Lean(None) | Pace::Thorough, _) => Some(chunk),
        })
    }
}

/// One READ BINARY, or two if the card says how many bytes there are.
fn read_chunk(session: &mut Session<'_>, offset: usize, want: usize) -> Result<Chunk, CardError> {
    let offset = u16::try_from(offset).unwrap_or(u16::MAX);
    // 256 is written 00.
    let command = Command::read_binary(offset, u8::try_from(want).unwrap_or(0));
    let response = session.send(&command)?;
    if let Some(len) = response.sw.exact_len() {
        std::thread::sleep(session.quirks().pause_after_6c);
        let rest = session.expect_ok(&Command::read_binary(offset, len))?;
        let exact = if len == 0 { MAX_LE } else { usize::from(len) };
        return match rest.data.len() {
            0 => Ok(Chunk::End(rest.sw)),
            len if len > exact => Err(too_long(len)),
            _ => Ok(Chunk::LastData(rest.data)),
        };
    }
    match (response.sw, response.data.len()) {
        (StatusWord::OK, len) if len > want => Err(too_long(len)),
        (StatusWord::OK, 0) | (StatusWord::BEHIND_END | StatusWord::NO_FILE | StatusWord::BAD_LC, _) => {
            Ok(Chunk::End(response.sw))
        }
        (StatusWord::OK, len) if len < want => Ok(Chunk::LastData(response.data)),
        (StatusWord::OK, _) => Ok(Chunk::Data(response.data)),
        (sw, _) => Err(refused(sw)),
    }
}

fn too_long(len: usize) -> CardError {
    CardError::UnexpectedLength {
        command: "READ BINARY",
        len,
    }
}

fn refused(sw: StatusWord) -> CardError {
    CardError::Refused {
        command: "READ BINARY",
        sw,
    }
}

/// How long the certificate at the start of `content` is, header included.
fn certificate_len(content: &[u8]) -> Option<usize> {
    match content {
        [0x30, 0x82, high, low, ..] => Some(usize::from(u16::from_be_bytes([*high, *low])) + 4),
        _ => None,
    }
}
