//! The system's journal as the place of the log.
//!
//! An entry has three fields of ours, and the line is the one that standard error would get: what may not stand in the log
//! stands in no other field either.
//!
//! Source: systemd, "Native Journal Protocol"; syslog(3), numbers of priorities.

use super::LogSink;
use std::io;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use tracing::Level;

/// Socket of the journal.
const SOCKET: &str = "/run/systemd/journal/socket";

/// The journal.
#[derive(Debug)]
pub struct Journal {
    socket: UnixDatagram,
    path: PathBuf,
}

impl Journal {
    /// Opens the system's journal.
    ///
    /// # Errors
    /// If there is none, with its path.
    pub fn open() -> io::Result<Self> {
        Self::at(Path::new(SOCKET))
    }

    fn at(path: &Path) -> io::Result<Self> {
        let wrong = |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", path.display()));
        let socket = UnixDatagram::unbound().map_err(wrong)?;
        // Only to see that somebody listens: entries are sent to the path, where another journal may listen later.
        UnixDatagram::unbound()
            .and_then(|probe| probe.connect(path))
            .map_err(wrong)?;
        Ok(Self {
            socket,
            path: path.to_owned(),
        })
    }
}

impl LogSink for Journal {
    const NOTES_TIME: bool = true;

    fn put(&mut self, level: Level, line: &[u8]) -> io::Result<()> {
        self.socket.send_to(&entry(level, line), &self.path).map(drop)
    }
}

/// Writes an entry. The message has its length in front, so that no line of it can pass for another field.
fn entry(level: Level, line: &[u8]) -> Vec<u8> {
    let message = line.strip_suffix(b"\n").unwrap_or(line);
    let length = u64::try_from(message.len()).unwrap_or(u64::MAX).to_le_bytes();
    let head = format!("PRIORITY={}\nSYSLOG_IDENTIFIER=beidd\nMESSAGE\n", priority(level));
    [head.as_bytes(), &length, message, b"\n"].concat()
}

/// Number of the level among syslog's priorities. `trace` has none of its own.
fn priority(level: Level) -> u8 {
    match level {
        Level::ERROR => 3,
        Level::WARN => 4,
        Level::INFO => 6,
        Level::DEBUG | Level::TRACE => 7,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::LogWriter;
    use std::time::Duration;

    #[test]
    fn lines_become_entries_in_which_nothing_passes_for_a_field() {
        let path = std::env::temp_dir().join(format!("beidd-journal-{}", std::process::id()));
        let taken = UnixDatagram::bind(&path).unwrap();
        taken.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let log = LogWriter::to(Journal::at(&path).unwrap()).unwrap();
        log.line("one\nPRIORITY=0");
        let mut buffer = [0; 256];
        let length = taken.recv(&mut buffer).unwrap();
        let expected = b"PRIORITY=3\nSYSLOG_IDENTIFIER=beidd\nMESSAGE\n\x0e\0\0\0\0\0\0\0one\nPRIORITY=0\n";
        assert_eq!(
            buffer[..length].escape_ascii().to_string(),
            expected.escape_ascii().to_string()
        );
        std::fs::remove_file(&path).unwrap();
        let missing = Journal::at(&path).unwrap_err().to_string();
        assert!(missing.contains("beidd-journal-"), "{missing}");
    }
}
