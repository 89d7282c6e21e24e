//! Reading of one file, chunk by chunk.
//!
//! SELECT does not tell sizes, so the difficulty is to find the end of the file. A *lean* reading believes the first
//! answer that marks an end, or a length known from earlier; that takes the fewest commands, and is right as long as
//! the caller proves the bytes. A *thorough* reading believes an end only when it was answered twice: some readers
//! answer 6B00 or no data in the middle of a file. (Reader driver reports on the AU9540 family)

use crate::apdu::{CommandApdu, StatusWord};
use crate::error::{CardError, FieldError};
use crate::files::{ElementaryFile, Extent};
use crate::quirks::Quirks;
use crate::session::CardSession;
use zeroize::Zeroizing;

/// Evidence that a reading asks for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Pace {
    /// Believes the length known from earlier, if there is one, and every end as it is answered.
    Lean(Option<usize>),
    /// Believes an end only when it was answered twice.
    Thorough,
}

/// Largest `Le`, in bytes; it is written 00.
const MAX_LE: usize = 256;

/// Minimum average chunk, in bytes; below it the file is treated as endless and reading stops. Readers deliver 248 or
/// more at a time (`quirks`).
const LEAST_CHUNK: usize = 32;
/// Number of further reads that may bring nothing, because an end is answered twice.
const EMPTY_READS: usize = 16;

/// A file being read. It can stop between two chunks and continue in another transaction.
pub(crate) struct FileReading {
    file: &'static ElementaryFile,
    pace: Pace,
    content: Zeroizing<Vec<u8>>,
    /// True if the card has no such file.
    absent: bool,
    /// Offset at which the card has answered once that the file ends.
    doubted_end: Option<usize>,
    /// Number of READ BINARY commands so far.
    reads: usize,
}

/// Result of one READ BINARY.
enum Chunk {
    Data(Vec<u8>),
    /// The last bytes of the file.
    LastData(Vec<u8>),
    End(StatusWord),
}

impl FileReading {
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

    /// The file being read.
    pub(crate) fn file(&self) -> &'static ElementaryFile {
        self.file
    }

    /// Selects the file and reads to its end (true), or until `pause` asks for a pause between two chunks (false).
    pub(crate) fn go_on(&mut self, session: &mut CardSession<'_>, pause: &dyn Fn() -> bool) -> Result<bool, CardError> {
        // Each time: between two transactions another program may have selected another file.
        match session.select_file(self.file) {
            // Bytes have come before, so the file exists and 6A82 is the reader's error.
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

    /// Content of the file, without padding if it is a certificate; `None` if the card has no such file.
    pub(crate) fn into_content(mut self) -> Option<Vec<u8>> {
        if self.absent {
            return None;
        }
        if self.file.extent == Extent::Certificate {
            // The first chunk was requested before the length was known, and may end in padding.
            let len = certificate_len(&self.content).unwrap_or(0);
            self.content.truncate(len);
        }
        Some(std::mem::take(&mut self.content))
    }

    /// Returns true if the file cannot end at this offset: no file is empty, and a certificate's header gives its
    /// length.
    fn has_no_end_here(&self) -> bool {
        self.content.is_empty() || self.file.extent == Extent::Certificate
    }

    /// Returns true if the card has answered before that the file ends here.
    fn doubts_end_here(&self) -> bool {
        self.doubted_end == Some(self.content.len())
    }

    /// Selects the file again, so that its end can be answered a second time.
    fn doubt(&mut self, session: &mut CardSession<'_>) -> Result<(), CardError> {
        self.doubted_end = Some(self.content.len());
        session.select_file(self.file)
    }

    /// Returns true if one answer is enough to believe that the file ends here.
    fn believes_ends(&self, quirks: Quirks) -> bool {
        self.pace != Pace::Thorough && self.file.extent != Extent::Certificate && !quirks.spurious_end
    }

    /// Number of bytes to ask for next; `None` at the end of the file.
    fn want(&self, chunk: usize) -> Result<Option<usize>, CardError> {
        let read = self.content.len();
        if read >= self.file.ceiling || self.reads >= EMPTY_READS + self.file.ceiling / LEAST_CHUNK {
            return Err(CardError::Endless { file: self.file.name });
        }
        let up_to = |total: usize| Some(total.saturating_sub(read).min(chunk)).filter(|want| *want > 0);
        Ok(match (self.file.extent, self.pace, self.content.as_slice()) {
            (Extent::Certificate, _, []) => Some(chunk),
            // Children's cards have zeros in place of a certificate.
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

/// Sends one READ BINARY, or two if the card answers 6Cxx with the exact length.
fn read_chunk(session: &mut CardSession<'_>, offset: usize, want: usize) -> Result<Chunk, CardError> {
    let offset = u16::try_from(offset).unwrap_or(u16::MAX);
    // `Le` of 256 is written 00.
    let command = CommandApdu::read_binary(offset, u8::try_from(want).unwrap_or(0));
    let response = session.send(&command)?;
    if let Some(len) = response.sw.exact_len() {
        std::thread::sleep(session.quirks().pause_after_6c);
        let rest = session.expect_ok(&CommandApdu::read_binary(offset, len))?;
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

/// Length, in bytes, of the certificate at the start of `content`, header included.
fn certificate_len(content: &[u8]) -> Option<usize> {
    match content {
        [0x30, 0x82, high, low, ..] => Some(usize::from(u16::from_be_bytes([*high, *low])) + 4),
        _ => None,
    }
}
