//! Errors of the stores, for people: the place, what happened to it, and the next step.

use std::io::{self, ErrorKind};
use std::path::PathBuf;

/// Reason why evidence could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum EvidenceError {
    /// No space is left for the store.
    #[error("{place}: the disk is full; free some space, then try again")]
    Full {
        /// The database.
        place: String,
    },
    /// The system could not read or write the store. Some systems report a full disk like this, too.
    #[error(
        "{place}: the disk cannot be read or written ({detail}); it may be full or failing: look into the system's log"
    )]
    Disk {
        /// The database.
        place: String,
        /// Message of the database.
        detail: String,
    },
    /// The store cannot be opened or written by this user.
    #[error(
        "{place}: cannot be opened or written ({detail}); give it and its directory to this user, with write access"
    )]
    Closed {
        /// The database.
        place: String,
        /// Message of the database or of the system.
        detail: String,
    },
    /// The store is not what a store looks like.
    #[error("{place}: damaged ({detail}); stop beidd, keep the file, and put the last backup in its place")]
    Damaged {
        /// The database.
        place: String,
        /// Value that was found.
        detail: String,
    },
    /// A later version of beidd has written the store.
    #[error(
        "{place}: written by a newer beidd (its tables have version {found}, this one knows {known}); install that version again"
    )]
    Newer {
        /// The database.
        place: String,
        /// Version of its tables.
        found: i64,
        /// Latest version known here.
        known: i64,
    },
    /// The server has no tables of beidd, or older ones.
    #[error(
        "{place}: the tables of beidd are missing or older than this version; let the owner of the database run `beidd --prepare-evidence URL`"
    )]
    Unprepared {
        /// The server and its database.
        place: String,
    },
    /// Another program holds the store.
    #[error("{place}: held by another program; end that program, then try again")]
    Busy {
        /// The database.
        place: String,
    },
    /// The server does not answer.
    #[error("{place}: cannot be reached ({detail}); records wait on this computer until it can")]
    Unreachable {
        /// The server and its database.
        place: String,
        /// Message of the library or of the system.
        detail: String,
    },
    /// The server refuses the role, or what it asks for.
    #[error("{place}: refused ({detail}); ask whoever runs the server about the role of this desk")]
    Refused {
        /// The server and its database.
        place: String,
        /// Message of the server.
        detail: String,
    },
    /// The store has another record at this position than the one to be added.
    #[error(
        "{place}: has another record {position} of desk {desk}, as if this computer's store were an older copy; begin a new chain"
    )]
    Forked {
        /// The database.
        place: String,
        /// The desk.
        desk: String,
        /// Position in its chain.
        position: u64,
    },
    /// A setting cannot be used.
    #[error("evidence.{setting}: {reason}")]
    Setting {
        /// Key in the section `evidence`.
        setting: &'static str,
        /// Fault of its value, which may hold a password and is not repeated.
        reason: String,
    },
    /// The library of the embedded database is one that can lose data.
    #[error("SQLite {found} is built in, which can damage write-ahead logs; beidd needs {needed} or newer")]
    Library {
        /// Version found.
        found: String,
        /// Oldest version that will do.
        needed: &'static str,
    },
    /// An export is longer than one answer can hold.
    #[error("the export is longer than {limit} bytes; export what is about one patient, or copy the database")]
    TooLong {
        /// Upper limit, in bytes.
        limit: usize,
    },
    /// The keys of the desk cannot be read or written.
    #[error("{}: {error}", path.display())]
    Keys {
        /// Their file.
        path: PathBuf,
        /// Reason.
        error: io::Error,
    },
    /// A copy of the store cannot be made.
    #[error("{}: the copy cannot be made ({error}); name a directory that is new or empty, and on a disk with space", path.display())]
    Copy {
        /// The copy, or its directory.
        path: PathBuf,
        /// Reason.
        error: io::Error,
    },
    /// A sealed content cannot be opened.
    #[error("record {position} of desk {desk} is sealed with a key that is not here, or was changed")]
    Sealed {
        /// The desk.
        desk: String,
        /// Position in its chain.
        position: u64,
    },
    /// A fault of this program.
    #[error("evidence: {0}; this is a fault of beidd, please report it")]
    Internal(String),
}

/// Primary codes of SQLite, the lowest byte of its extended ones. (sqlite3.h; <https://www.sqlite.org/rescode.html>)
mod sqlite_codes {
    pub(super) const PERM: i32 = 3;
    pub(super) const BUSY: i32 = 5;
    pub(super) const LOCKED: i32 = 6;
    pub(super) const READONLY: i32 = 8;
    pub(super) const IOERR: i32 = 10;
    pub(super) const CORRUPT: i32 = 11;
    pub(super) const FULL: i32 = 13;
    pub(super) const CANTOPEN: i32 = 14;
    pub(super) const NOTADB: i32 = 26;
    /// Extended: the file ends before a page that it speaks of.
    pub(super) const IOERR_SHORT_READ: i32 = 522;
}

/// Translates an error of the embedded database at `place`.
pub(crate) fn of_sqlite(place: &str, error: &sqlx::Error) -> EvidenceError {
    let (place, detail) = (place.to_owned(), error.to_string());
    // Columns have types and texts are checked: another value is not what was written.
    if matches!(error, sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_)) {
        return EvidenceError::Damaged { place, detail };
    }
    let code = error.as_database_error().and_then(|error| error.code());
    // Extended codes add the step that failed: a full disk is also IOERR_SHMSIZE (4874).
    let Some(code) = code.and_then(|code| code.parse::<i32>().ok()) else {
        return EvidenceError::Internal(detail);
    };
    if code == sqlite_codes::IOERR_SHORT_READ {
        return EvidenceError::Damaged { place, detail };
    }
    match code & 0xff {
        sqlite_codes::FULL => EvidenceError::Full { place },
        sqlite_codes::IOERR => EvidenceError::Disk { place, detail },
        sqlite_codes::READONLY | sqlite_codes::CANTOPEN | sqlite_codes::PERM => EvidenceError::Closed { place, detail },
        sqlite_codes::CORRUPT | sqlite_codes::NOTADB => EvidenceError::Damaged { place, detail },
        sqlite_codes::BUSY | sqlite_codes::LOCKED => EvidenceError::Busy { place },
        _ => EvidenceError::Internal(detail),
    }
}

/// Translates an error of the system about the embedded database at `place`.
pub(crate) fn of_system(place: &str, error: &io::Error) -> EvidenceError {
    const FULL: [ErrorKind; 3] = [
        ErrorKind::StorageFull,
        ErrorKind::QuotaExceeded,
        ErrorKind::FileTooLarge,
    ];
    const CLOSED: [ErrorKind; 3] = [
        ErrorKind::PermissionDenied,
        ErrorKind::ReadOnlyFilesystem,
        ErrorKind::NotFound,
    ];
    let (place, detail) = (place.to_owned(), error.to_string());
    if FULL.contains(&error.kind()) {
        EvidenceError::Full { place }
    } else if CLOSED.contains(&error.kind()) {
        EvidenceError::Closed { place, detail }
    } else {
        EvidenceError::Disk { place, detail }
    }
}

/// Translates an error of the server at `place`.
pub(crate) fn of_postgres(place: &str, error: &sqlx::Error) -> EvidenceError {
    let place = place.to_owned();
    let Some(refused) = error.as_database_error() else {
        let detail = error.to_string();
        return EvidenceError::Unreachable { place, detail };
    };
    let (code, detail) = (refused.code().unwrap_or_default(), refused.message().to_owned());
    // Classes of SQLSTATE. (PostgreSQL, appendix A)
    match code.get(..2).unwrap_or_default() {
        // 42P01 undefined_table, 42703 undefined_column, 3F000 invalid_schema_name.
        "42" | "3F" if code != "42501" => EvidenceError::Unprepared { place },
        // Out of space, memory or connections; shut down by its administrator; a fault of its own.
        "53" | "57" | "58" | "XX" | "08" => EvidenceError::Unreachable { place, detail },
        _ => EvidenceError::Refused { place, detail },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sqlx::error::{DatabaseError, ErrorKind as SqlErrorKind};
    use std::borrow::Cow;
    use std::error::Error;
    use std::fmt;

    #[derive(Debug)]
    struct Coded(&'static str);

    impl fmt::Display for Coded {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("as the database says")
        }
    }

    impl Error for Coded {}

    impl DatabaseError for Coded {
        fn message(&self) -> &str {
            "as the database says"
        }
        fn code(&self) -> Option<Cow<'_, str>> {
            Some(Cow::Borrowed(self.0))
        }
        fn as_error(&self) -> &(dyn Error + Send + Sync + 'static) {
            self
        }
        fn as_error_mut(&mut self) -> &mut (dyn Error + Send + Sync + 'static) {
            self
        }
        fn into_error(self: Box<Self>) -> Box<dyn Error + Send + Sync + 'static> {
            self
        }
        fn kind(&self) -> SqlErrorKind {
            SqlErrorKind::Other
        }
    }

    fn coded(code: &'static str) -> sqlx::Error {
        sqlx::Error::Database(Box::new(Coded(code)))
    }

    #[test]
    fn every_step_at_which_a_disk_can_fail_is_told_from_others() {
        for (code, expected) in [
            ("13", "the disk is full"),
            ("10", "may be full or failing"),
            ("4874", "may be full or failing"),
            ("778", "may be full or failing"),
            ("1034", "may be full or failing"),
            ("8", "cannot be opened or written"),
            ("1544", "cannot be opened or written"),
            ("14", "cannot be opened or written"),
            ("11", "damaged"),
            ("779", "damaged"),
            ("26", "damaged"),
            ("522", "damaged"),
            ("5", "held by another program"),
            ("261", "held by another program"),
            ("19", "a fault of beidd"),
        ] {
            let said = of_sqlite("evidence.db", &coded(code)).to_string();
            assert!(said.contains(expected), "{code}: {said}");
        }
    }

    #[test]
    fn a_server_that_refuses_is_told_from_one_that_is_not_there() {
        for (code, expected) in [
            ("42P01", "--prepare-evidence"),
            ("42703", "--prepare-evidence"),
            ("42501", "refused"),
            ("28P01", "refused"),
            ("23514", "refused"),
            ("57P01", "cannot be reached"),
            ("53300", "cannot be reached"),
            ("53100", "cannot be reached"),
        ] {
            let said = of_postgres("db.example", &coded(code)).to_string();
            assert!(said.contains(expected), "{code}: {said}");
        }
        let cut = sqlx::Error::Io(io::Error::from(io::ErrorKind::BrokenPipe));
        assert!(
            of_postgres("db.example", &cut)
                .to_string()
                .contains("cannot be reached")
        );
    }
}
