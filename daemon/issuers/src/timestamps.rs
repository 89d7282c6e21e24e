//! Time stamps: one authority asked when a signature was there.
//!
//! What goes out is a digest of the signature and a number made for this one request: no file, no name, no certificate.
//! It goes to the address of the settings and to no other. `beid_protocol` judges what comes.
//!
//! Source: RFC 3161, 3.4 (over HTTP).

pub use crate::fetch::ExactUrl;

use crate::fetch::{Fetched, Limits, fetch};
use beid_host::random::random_bytes;
use beid_pki::{HashAlgorithm, TrustStore};
use beid_protocol::ProtocolError;
use beid_protocol::timestamp::{TimeStampRequest, Token};
use jiff::{SignedDuration, Timestamp};
use std::time::Duration;

/// A token with a chain of certificates has some five thousand bytes.
const ANSWER: Limits = Limits {
    bytes: 64 << 10,
    time: Duration::from_secs(10),
};

/// How far an authority's clock may be behind ours: whoever verifies finds a signature made after its stamp odd.
const BEHIND: SignedDuration = SignedDuration::from_mins(5);

/// Whom to ask, and whom to believe.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where the authority answers.
    pub url: ExactUrl,
    /// What its certificate must lead to.
    pub roots: TrustStore,
}

/// Asks the authority.
pub struct Stamper {
    settings: Settings,
    clock: fn() -> Timestamp,
}

impl Stamper {
    /// Asks the authority of these settings; `clock` tells whether a stamp is of now.
    pub fn new(settings: Settings, clock: fn() -> Timestamp) -> Self {
        Self { settings, clock }
    }

    /// A token over `stamped`, the octets of a signature.
    ///
    /// # Errors
    /// Why there is none, in a stable word.
    pub async fn stamp(&self, stamped: &[u8]) -> Result<Token, &'static str> {
        let nonce = random_bytes::<16>();
        let request = TimeStampRequest::new(stamped, HashAlgorithm::Sha256, &nonce).map_err(reason)?;
        let asked = Fetched::TimeStamp(request.der().to_vec());
        let answer = fetch(self.settings.url.address(), asked, ANSWER).await;
        let answer = answer.map_err(|not| not.reason().word())?;
        self.judge(&request, &answer)
    }

    fn judge(&self, request: &TimeStampRequest, answer: &[u8]) -> Result<Token, &'static str> {
        let now = (self.clock)();
        let token = request.accept(answer, &self.settings.roots, now).map_err(reason)?;
        if now.duration_since(token.time()) > BEHIND {
            return Err("from-the-past");
        }
        Ok(token)
    }
}

fn reason(error: ProtocolError) -> &'static str {
    if let ProtocolError::TimeStampRejected { reason } = error {
        reason.word()
    } else {
        "internal"
    }
}
