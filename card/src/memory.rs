//! What has been read of one card since its connection was taken up.

use crate::error::CardError;
use crate::files::ElementaryFile;
use crate::session::to_certificate;
use beid_pki::Certificate;
use std::sync::OnceLock;
use zeroize::Zeroizing;

/// The contents of files already read, so that nothing is read twice of one insertion. Gone, wiped, with the card, and
/// forgotten when the card was reset: then it may be another one.
#[derive(Default)]
pub(crate) struct Memory {
    files: Vec<Remembered>,
    /// How often the connection had to be taken up again.
    connection: usize,
}

struct Remembered {
    file: &'static ElementaryFile,
    /// None if the card has no such file.
    content: Option<Zeroizing<Vec<u8>>>,
    /// The certificate in it, once it has been parsed: it remembers which signatures were found good, so that they are
    /// calculated once for an insertion.
    certificate: OnceLock<Certificate>,
    /// It was proved, or read thoroughly a second time: reading it again would change nothing.
    settled: bool,
}

impl Memory {
    /// Content of `file`; none if it has not been read, or is not on the card.
    pub(crate) fn content(&self, file: &ElementaryFile) -> Option<&[u8]> {
        let known = self.files.iter().find(|known| known.file == file)?;
        known.content.as_ref().map(|content| content.as_slice())
    }

    /// The certificate in `file`; none if there is none, no such file, or if it has not been read.
    ///
    /// # Errors
    /// [`CardError::Malformed`] if what is there is no certificate.
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
        Ok(parsed.map(|certificate| known.certificate.get_or_init(|| certificate).clone()))
    }

    /// Tells whether the card has been asked for `file`.
    pub(crate) fn knows(&self, file: &ElementaryFile) -> bool {
        self.files.iter().any(|known| known.file == file)
    }

    /// Keeps what `file` holds; `None` if the card has no such file.
    pub(crate) fn keep(&mut self, file: &'static ElementaryFile, content: Option<Vec<u8>>) {
        self.drop_all(&[file]);
        self.files.push(Remembered {
            file,
            content: content.map(Zeroizing::new),
            certificate: OnceLock::new(),
            settled: false,
        });
    }

    /// Whether there are some of these files, and all that are there are settled.
    pub(crate) fn is_settled(&self, files: &[&'static ElementaryFile]) -> bool {
        let mut known = self.files.iter().filter(|known| files.contains(&known.file)).peekable();
        known.peek().is_some() && known.all(|known| known.settled)
    }

    /// What these files hold is beyond doubt, or at least beyond what reading again can clear.
    pub(crate) fn settle(&mut self, files: &[&'static ElementaryFile]) {
        for known in self.files.iter_mut().filter(|known| files.contains(&known.file)) {
            known.settled = true;
        }
    }

    /// These files will be read again.
    pub(crate) fn drop_all(&mut self, files: &[&'static ElementaryFile]) {
        self.files.retain(|known| !files.contains(&known.file));
    }

    /// The connection is taken up again.
    pub(crate) fn forget(&mut self) {
        self.files.clear();
        self.connection += 1;
    }

    /// Changes whenever everything was forgotten.
    pub(crate) fn connection(&self) -> usize {
        self.connection
    }
}
