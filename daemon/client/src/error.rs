//! Errors of calls: the daemon's own, and those of the way to it.

use beid_api::{ErrorCode, Problem};
use beid_bus::ConnectError;
use serde_json::Value;
use std::io;
use std::path::PathBuf;

/// Reason why a call has no answer.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The daemon refused. On D-Bus an error carries its detail alone: the title is empty then.
    #[error("{} [{}]", .0.detail, .0.code)]
    Refused(Problem),
    /// No daemon is there.
    #[error("beidd does not run")]
    NotRunning,
    /// The daemon has said where it is, and does not answer there.
    #[error("beidd does not run ({0})")]
    Unreachable(io::Error),
    /// Another program answers on the port that the daemon has named.
    #[error("another program answers on port {port}: {reason}")]
    AnotherProgram {
        /// The port.
        port: u16,
        /// Fact by which it is known to be another.
        reason: String,
    },
    /// The certificate on the daemon's port is the daemon's, and today is not within its dates.
    #[error("the certificate of beidd has ended, or has not begun: {0}")]
    CertificateDates(String),
    /// The daemon ended while it was watched.
    #[error("beidd has ended")]
    Ended,
    /// The connection was lost before the whole answer had come.
    #[error("the connection to beidd was lost: {0}")]
    Lost(String),
    /// There is no bus.
    #[error(transparent)]
    NoBus(#[from] ConnectError),
    /// The operation of this name has no method on D-Bus.
    #[error("{0} is not on D-Bus")]
    NotOnBus(&'static str),
    /// The operation of this name has no route on HTTPS.
    #[error("{0} is not on HTTPS")]
    NotOnHttps(&'static str),
    /// The attendant gave the call up.
    #[error("the call was given up")]
    GivenUp,
    /// The attendant could not begin.
    #[error("the call cannot be given up: {0}")]
    Attendant(io::Error),
    /// A file that says where the daemon is cannot be used.
    #[error("{}: {fault}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Fault of the file.
        fault: FileFault,
    },
    /// Somebody else could have written a file that says where the daemon is.
    #[error("{0}")]
    NotOurs(io::Error),
    /// The answer is not one of this operation.
    #[error("the service's answer: {reason}")]
    Unreadable {
        /// The answer as it came.
        members: Value,
        /// Reason why it cannot be read.
        reason: String,
    },
    /// Anything else.
    #[error("{0}")]
    Failed(String),
}

/// Fault of a file.
#[derive(Debug, thiserror::Error)]
pub enum FileFault {
    /// It cannot be read.
    #[error("{0}")]
    Unreadable(io::Error),
    /// Its content is not what it should be.
    #[error("{0}")]
    Malformed(String),
}

impl ClientError {
    /// Error of the table, without the texts that the bus does not carry.
    pub(crate) fn refused(code: ErrorCode, detail: String) -> Self {
        Self::Refused(Problem {
            problem_type: Problem::type_of(code.code()),
            title: String::new(),
            status: code.status(),
            detail,
            code: code.code().to_owned(),
            retriable: code.retriable(),
            tries_left: None,
            retry_after: None,
            document: None,
            other: Box::default(),
        })
    }

    /// Code of the table, if the daemon refused with one that is known.
    #[must_use]
    pub fn code(&self) -> Option<ErrorCode> {
        if let Self::Refused(problem) = self {
            ErrorCode::from_code(&problem.code)
        } else {
            None
        }
    }
}
