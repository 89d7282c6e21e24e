//! OpenSSL, which judges what we make and plays issuers.

use crate::patience::LIMIT;
use crate::process::{FinishedCommand, RunningProgram, guarded, run};
use crate::programs::tool;
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

/// Runs `openssl` in `directory`.
///
/// # Panics
/// If it is not installed.
#[must_use]
pub fn openssl(directory: &Path, arguments: &[&str]) -> FinishedCommand {
    run(Command::new(tool("openssl")).current_dir(directory).args(arguments))
}

/// An issuer that answers for its certificates (`openssl ocsp`). Its answers are good for an hour.
#[derive(Clone, Copy, Debug)]
pub struct OcspResponder<'f> {
    /// Directory of `index` and `issuer`.
    pub directory: &'f Path,
    /// Index of the certificates that it issued, as `openssl ca` writes it.
    pub index: &'f str,
    /// Certificate of the issuer, PEM.
    pub issuer: &'f str,
    /// Certificate that signs the answers, PEM.
    pub signer: &'f Path,
    /// Private key of `signer`, PEM.
    pub key: &'f Path,
}

impl OcspResponder<'_> {
    /// Starts it on `port`; returns once it listens.
    ///
    /// # Panics
    /// If it does not listen.
    #[must_use]
    pub fn start(&self, port: u16) -> RunningProgram {
        let mut command = guarded(tool("openssl"));
        command.current_dir(self.directory);
        command.args(["ocsp", "-nmin", "60", "-port", &port.to_string()]);
        command.args(["-index", self.index, "-CA", self.issuer]);
        command.arg("-rsigner").arg(self.signer).arg("-rkey").arg(self.key);
        let running = RunningProgram::start("openssl ocsp", command);
        let line = running.line(LIMIT).expect("the responder says that it is there");
        assert!(line.starts_with("ACCEPT"), "{line}");
        running
    }
}

/// Finds a TCP port that nobody listens on.
///
/// # Panics
/// If there is none left.
#[must_use]
pub fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    listener.local_addr().expect("a listener has an address").port()
}
