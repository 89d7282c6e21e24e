//! What has been read of one card since its connection was taken up.

use crate::files::ElementaryFile;
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
    content: Zeroizing<Vec<u8>>,
    /// It was proved, or read thoroughly a second time: reading it again would change nothing.
    settled: bool,
}

impl Memory {
    /// What `file` holds; nothing if it has not been read.
    pub(crate) fn content(&self, file: &ElementaryFile) -> Option<&[u8]> {
        let known = self.files.iter().find(|known| known.file == file);
        known.map(|known| known.content.as_slice())
    }

    pub(crate) fn keep(&mut self, file: &'static ElementaryFile, content: Vec<u8>) {
        self.drop_all(&[file]);
        self.files.push(Remembered {
            file,
            content: Zeroizing::new(content),
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
