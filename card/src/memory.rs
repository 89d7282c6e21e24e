//! Files of one card read since its connection was last restored.

use crate::error::CardError;
use crate::files::ElementaryFile;
use crate::session::to_certificate;
use beid_pki::Certificate;
use std::sync::OnceLock;
use zeroize::Zeroizing;

/// Contents of the files read so far, so that none is read twice in one insertion. They are wiped with the card, and
/// forgotten when the card was reset, because it may then be another one.
#[derive(Default)]
pub(crate) struct Memory {
    files: Vec<Remembered>,
    /// Number of times that the connection was restored.
    connection: usize,
}

struct Remembered {
    file: &'static ElementaryFile,
    /// Content; `None` if the card has no such file.
    content: Option<Zeroizing<Vec<u8>>>,
    /// Certificate in the file, once parsed. It remembers which signatures were found good, so that they are calculated
    /// once per insertion.
    certificate: OnceLock<Certificate>,
    /// True if the content was proved, or read thoroughly a second time: reading it again would change nothing.
    settled: bool,
}

impl Memory {
    /// Content of `file`; `None` if it has not been read or is not on the card.
    pub(crate) fn content(&self, file: &ElementaryFile) -> Option<&[u8]> {
        let known = self.files.iter().find(|known| known.file == file)?;
        known.content.as_ref().map(|content| content.as_slice())
    }

    /// Certificate in `file`; `None` if the file is empty, absent or has not been read.
    ///
    /// # Errors
    /// [`CardError::Malformed`] if the content is no certificate.
    pub(crate) fn certificate(&self, file: &ElementaryFile) -> Result<Option<Certificate>, CardError> {
        let Some(known) = self.files.iter().find(|known| known.file == file) else {
            return Ok(None);
        };
        if let Some(certificate) = known.certificate.get() {
            return Ok(Some(certificate.clone()));
        }
        let parsed = match &known.content {
            Some(der) => to_certificate(file, der)?,
            None => None,
        };
        // One object for all callers, because it remembers the signatures it has verified.
        Ok(parsed.map(|certificate| known.certificate.get_or_init(|| certificate).clone()))
    }

    /// Returns true if the card has been asked for `file`.
    pub(crate) fn knows(&self, file: &ElementaryFile) -> bool {
        self.files.iter().any(|known| known.file == file)
    }

    /// Keeps the content of `file`; `None` if the card has no such file.
    pub(crate) fn keep(&mut self, file: &'static ElementaryFile, content: Option<Vec<u8>>) {
        self.drop_all(&[file]);
        self.files.push(Remembered {
            file,
            content: content.map(Zeroizing::new),
            certificate: OnceLock::new(),
            settled: false,
        });
    }

    /// Returns true if at least one of these files is known, and all known ones are settled.
    pub(crate) fn is_settled(&self, files: &[&'static ElementaryFile]) -> bool {
        let mut known = self.files.iter().filter(|known| files.contains(&known.file)).peekable();
        known.peek().is_some() && known.all(|known| known.settled)
    }

    /// Marks these files as settled: proved, or read as thoroughly as possible.
    pub(crate) fn settle(&mut self, files: &[&'static ElementaryFile]) {
        for known in self.files.iter_mut().filter(|known| files.contains(&known.file)) {
            known.settled = true;
        }
    }

    /// Removes these files, so that they are read again.
    pub(crate) fn drop_all(&mut self, files: &[&'static ElementaryFile]) {
        self.files.retain(|known| !files.contains(&known.file));
    }

    /// Removes everything, because the connection was lost.
    pub(crate) fn forget(&mut self) {
        self.files.clear();
        self.connection += 1;
    }

    /// Number that changes whenever everything is forgotten.
    pub(crate) fn connection(&self) -> usize {
        self.connection
    }
}
