//! One signature with the holder's non-repudiation key.
//!
//! Key 83 wants its PIN *just before*: on applet 1.7 VERIFY must be the very command before PSO: CDS, and on 1.8 at most
//! one may come between. (Manuals, 5.1) The types below let none.

use crate::apdu::{Command, StatusWord};
use crate::card::{Applet, Card};
use crate::error::CardError;
use crate::files::BELPIC_PATH;
use crate::pin::Pin;
use crate::session::Session;
use crate::transport::Transport;
use beid_pki::{Certificate, HashAlgorithm, PublicKey, ecdsa_raw_to_der};

/// Reference of the non-repudiation key (MSE: SET, tag 84).
const NON_REPUDIATION_KEY: u8 = 0x83;

impl Applet {
    /// Whether cards of this generation sign digests made with `hash`: to be asked before a person is.
    #[must_use]
    pub fn signs(self, hash: HashAlgorithm) -> bool {
        scheme(self).is_some_and(|scheme| scheme.hash == hash)
    }
}

/// How a generation signs.
#[derive(Clone, Copy)]
struct Scheme {
    /// MSE: SET, tag 80.
    algorithm: u8,
    /// What the digest must have been made with.
    hash: HashAlgorithm,
}

/// The scheme we use on each generation. The same number means different things: 08 is PKCS#1 with SHA-256 on 1.7 (the
/// card builds the DigestInfo), 02 is ECDSA with SHA-384 on 1.8. (Manual 1.7, 6.2; manual 1.8, 6.3)
fn scheme(applet: Applet) -> Option<Scheme> {
    match applet {
        Applet::V1_7 => Some(Scheme {
            algorithm: 0x08,
            hash: HashAlgorithm::Sha256,
        }),
        Applet::V1_8 => Some(Scheme {
            algorithm: 0x02,
            hash: HashAlgorithm::Sha384,
        }),
        Applet::Other(_) => None,
    }
}

impl<T: Transport> Card<T> {
    /// Signs `digest`, made with `hash`, with the non-repudiation key: VERIFY is sent once, and never again for this
    /// `pin`, whatever happens. Ends with LOG OFF, so that the PIN opens nothing for anybody else.
    ///
    /// Returns the signature as the card gives it, after checking it with `certificate`: 256 bytes big-endian for RSA,
    /// `r‖s` of 48 bytes each for P-384.
    ///
    /// # Errors
    /// [`CardError::WrongPin`] and [`CardError::PinBlocked`] from the card; [`CardError::UnsupportedAlgorithm`] before
    /// any PIN is sent; [`CardError::Abandoned`] if `still_wanted` says no just before; [`CardError::Removed`] if the card went or is another one; [`CardError::WrongSignature`] if what
    /// came back is not by `certificate`'s key.
    pub fn sign(
        &mut self,
        pin: &Pin,
        hash: HashAlgorithm,
        digest: &[u8],
        certificate: &Certificate,
        still_wanted: &dyn Fn() -> bool,
    ) -> Result<Vec<u8>, CardError> {
        let scheme = scheme(self.applet())
            .filter(|scheme| scheme.hash == hash && digest.len() == hash.digest_len())
            .ok_or(CardError::UnsupportedAlgorithm)?;
        let raw = self.act(|session| {
            let armed = Armed::arm(session, scheme)?;
            // Another program may have held the card for long: whoever asked may have given up meanwhile.
            if still_wanted() {
                armed.verify(pin)?.sign(digest)
            } else {
                Err(CardError::Abandoned)
            }
        })?;
        let verified = match certificate.public_key() {
            key @ PublicKey::Rsa(_) => key.verify_digest(hash, digest, &raw),
            key @ PublicKey::P384(_) => ecdsa_raw_to_der(&raw).and_then(|der| key.verify_digest(hash, digest, &der)),
        };
        verified.map(|()| raw).map_err(|_| CardError::WrongSignature)
    }
}

/// Key and algorithm are chosen; the next command must be VERIFY.
struct Armed<'s, 'e>(&'s mut Session<'e>);

impl<'s, 'e> Armed<'s, 'e> {
    fn arm(session: &'s mut Session<'e>, scheme: Scheme) -> Result<Self, CardError> {
        // 1.7 wants DF(BELPIC) current before MSE: SET.
        session.expect_ok(&Command::select(&BELPIC_PATH))?;
        session.expect_ok(&Command::mse_set(scheme.algorithm, NON_REPUDIATION_KEY))?;
        Ok(Self(session))
    }

    fn verify(self, pin: &Pin) -> Result<Granted<'s, 'e>, CardError> {
        let command = Command::verify(pin);
        // From here on the card may believe that its holder is there, even if its answer is lost: leave by LOG OFF.
        let granted = Granted(self.0);
        let sw = granted.0.send(&command)?.sw;
        match (sw, sw.tries_left()) {
            (StatusWord::OK, _) => Ok(granted),
            // The last wrong try is answered 6983 by real cards; 63C0 would mean the same.
            (StatusWord::BLOCKED, _) | (_, Some(0)) => Err(CardError::PinBlocked),
            (_, Some(tries_left)) => Err(CardError::WrongPin { tries_left }),
            _ => Err(CardError::Refused {
                command: command.name(),
                sw,
            }),
        }
    }
}

/// PIN accepted; the next command must be PSO: CDS, so nothing else can be sent from here. However it ends, what the PIN
/// opened is closed again.
struct Granted<'s, 'e>(&'s mut Session<'e>);

impl Granted<'_, '_> {
    fn sign(self, digest: &[u8]) -> Result<Vec<u8>, CardError> {
        Ok(self.0.expect_ok(&Command::compute_signature(digest))?.data)
    }
}

impl Drop for Granted<'_, '_> {
    fn drop(&mut self) {
        // A card that has gone has forgotten the PIN by itself.
        drop(self.0.send(&Command::log_off()));
    }
}
