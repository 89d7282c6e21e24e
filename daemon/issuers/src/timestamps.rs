//! Time stamps: one authority attests at what time a signature existed.
//!
//! The request holds a digest of the signature and a nonce: no file, no name, no certificate. It goes to the address in
//! the settings and to no other. `beid_protocol` judges the answer.
//!
//! Source: RFC 3161, 3.4 (over HTTP).

pub use crate::fetch::ExactUrl;

use crate::fetch::{FetchRequest, Limits, Proxies, fetch};
use beid_host::random::random_bytes;
use beid_pki::{HashAlgorithm, Reason, TrustStore};
use beid_protocol::ProtocolError;
use beid_protocol::timestamp::{TimeStampRequest, Token};
use jiff::{SignedDuration, Timestamp};
use std::time::Duration;

/// Limits of an answer. A token with a chain of certificates has some five thousand bytes.
const ANSWER: Limits = Limits {
    bytes: 64 << 10,
    time: Duration::from_secs(10),
};

/// Maximum time by which the authority's clock may be behind ours. Verifiers object to a signature that was made
/// after its stamp.
const BEHIND: SignedDuration = SignedDuration::from_mins(5);

/// Settings of [`Stamper`].
#[derive(Clone, Debug)]
pub struct TimestampSettings {
    /// Address of the authority.
    pub url: ExactUrl,
    /// Roots to which the authority's certificate must chain.
    pub roots: TrustStore,
    /// Proxy through which it is asked.
    pub proxies: Proxies,
}

/// Client of one time-stamping authority.
pub struct Stamper {
    settings: TimestampSettings,
    clock: fn() -> Timestamp,
}

impl Stamper {
    /// Prepares to ask the authority in `settings`; stamps are compared with the time of `clock`.
    pub fn new(settings: TimestampSettings, clock: fn() -> Timestamp) -> Self {
        Self { settings, clock }
    }

    /// Obtains a token over `stamped`, the octets of a signature.
    ///
    /// # Errors
    /// The reason why there is none.
    pub async fn stamp(&self, stamped: &[u8]) -> Result<Token, Reason> {
        let nonce = random_bytes::<16>();
        let request = TimeStampRequest::new(stamped, HashAlgorithm::Sha256, &nonce).map_err(reason)?;
        let asked = FetchRequest::TimeStamp(request.der().to_vec());
        let answer = fetch(self.settings.url.address(), asked, ANSWER, &self.settings.proxies).await;
        let answer = answer.map_err(|not| not.reason())?;
        self.judge(&request, &answer)
    }

    fn judge(&self, request: &TimeStampRequest, answer: &[u8]) -> Result<Token, Reason> {
        let now = (self.clock)();
        let token = request.accept(answer, &self.settings.roots, now).map_err(reason)?;
        if now.duration_since(token.time()) > BEHIND {
            return Err(Reason::FromThePast);
        }
        Ok(token)
    }
}

fn reason(error: ProtocolError) -> Reason {
    if let ProtocolError::TimeStampRejected { reason } = error {
        reason
    } else {
        // An answer that cannot be read at all.
        Reason::Malformed
    }
}
