//! Signatures with the holder's keys: one, or a batch that was closed before the PIN was given.
//!
//! Key 83 wants its PIN *just before*: on applet 1.7 VERIFY must be the very command before PSO: CDS, and on 1.8 at most
//! one may come between. (Manuals, 5.1) The types here let none, and treat key 82 the same.

use crate::algorithms::{HolderKey, Method, SignatureAlgorithm};
use crate::apdu::Command;
use crate::card::{Applet, Card};
use crate::error::CardError;
use crate::session::Session;
use crate::transport::Transport;
use crate::verify::{Entry, Granted, Waiting, is_wanted, select_belpic};
use beid_pki::Certificate;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// With what to sign.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Signer {
    /// Which of the holder's keys.
    pub key: HolderKey,
    /// How.
    pub algorithm: SignatureAlgorithm,
    /// That key's certificate, as read from the card: every signature is checked with it before it is given out.
    pub certificate: Certificate,
}

impl Signer {
    /// How `applet` is told to sign `digest` with this.
    fn method(&self, applet: Applet, digest: &[u8]) -> Result<&'static Method, CardError> {
        applet
            .method(self.key, self.algorithm)
            .filter(|_| self.algorithm.fits(self.certificate.public_key()))
            .filter(|_| digest.len() == self.algorithm.hash().digest_len())
            .ok_or(CardError::UnsupportedAlgorithm)
    }
}

/// Digests to be signed with one PIN, in this order and no others: the list is closed before a person is asked.
#[derive(Clone, Debug)]
pub struct Batch {
    signer: Signer,
    digests: Vec<Vec<u8>>,
    made: Made,
}

/// Signatures of one batch, as the card makes them. Whoever cannot wait for [`Card::sign_batch`] to return looks here: a card
/// may fall silent right behind the last signature, and that is no reason to lose it.
#[derive(Clone, Debug)]
pub struct Made {
    list: Arc<Mutex<Vec<Vec<u8>>>>,
    wanted: usize,
}

impl Made {
    /// Signatures of the whole batch, in order, once all are made.
    #[must_use]
    pub fn all(&self) -> Option<Vec<Vec<u8>>> {
        let list = self.lock();
        (list.len() == self.wanted).then(|| list.clone())
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Vec<u8>>> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// These digests are no batch.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("a batch is 1 to {} digests, each as long as its hash makes them", Batch::MAX)]
pub struct NotABatch;

/// A batch that did not come to its end.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{cause}, after {} signatures", made.len())]
pub struct BatchError {
    /// The signatures made before, in order: they are good, and whether they are of use alone is for the caller to say.
    pub made: Vec<Vec<u8>>,
    /// What ended it. No PIN was sent after it.
    #[source]
    pub cause: CardError,
}

impl Batch {
    /// How many digests one PIN may be given for.
    pub const MAX: usize = 50;

    /// Closes the list.
    ///
    /// # Errors
    /// [`NotABatch`] if there are none, more than [`MAX`](Self::MAX), or one is not of `signer`'s hash.
    pub fn new(signer: Signer, digests: Vec<Vec<u8>>) -> Result<Self, NotABatch> {
        let len = signer.algorithm.hash().digest_len();
        if (1..=Self::MAX).contains(&digests.len()) && digests.iter().all(|digest| digest.len() == len) {
            let made = Made {
                list: Arc::default(),
                wanted: digests.len(),
            };
            Ok(Self { signer, digests, made })
        } else {
            Err(NotABatch)
        }
    }

    /// Place where its signatures are seen as soon as they are made.
    #[must_use]
    pub fn made(&self) -> Made {
        self.made.clone()
    }
}

impl<T: Transport> Card<T> {
    /// Signs `digest`: VERIFY is sent once, and never again for this `entry`, whatever happens. Ends with LOG OFF, so
    /// that the PIN opens nothing for anybody else.
    ///
    /// Returns the signature as the card gives it, after checking it with the signer's certificate: big-endian and as
    /// long as the modulus for RSA, `r‖s` of 48 bytes each for P-384.
    ///
    /// # Errors
    /// [`CardError::WrongPin`] and [`CardError::PinBlocked`] from the card; [`CardError::UnsupportedAlgorithm`] before
    /// any PIN is sent; [`CardError::Abandoned`] if `waiting` says no just before, or when the PIN is in; those of
    /// [`PinPad::verify`](crate::PinPad::verify) from a keypad; [`CardError::Removed`] if the card went or is another one;
    /// [`CardError::WrongSignature`] if what came back is not by the certificate's key.
    pub fn sign(
        &mut self,
        signer: &Signer,
        digest: &[u8],
        entry: Entry,
        waiting: &dyn Waiting,
    ) -> Result<Vec<u8>, CardError> {
        self.sign_one(signer, digest, &entry, (Lasts::ToTheEnd, waiting), |_| {})
    }

    /// Signs every digest of `batch`, in order, each after a VERIFY of its own; the first thing that goes wrong ends it.
    /// `waiting` is asked before each. At a keypad the PIN is typed as often as there are digests.
    ///
    /// Each signature is a transaction of its own, so that other programs get their turn between two, and ends with LOG
    /// OFF, so that they find nothing open. After LOG OFF key and algorithm must be chosen again anyway, so one long
    /// transaction would hardly be shorter. What others did meanwhile does not matter to the next one: it starts at
    /// SELECT; PC/SC tells of a reset or a removal at its door, and that the chip is still the same one the signature
    /// just checked has proved.
    ///
    /// # Errors
    /// [`BatchError`] with what was signed before, and the cause as in [`sign`](Self::sign).
    pub fn sign_batch(
        &mut self,
        batch: &Batch,
        entry: Entry,
        waiting: &dyn Waiting,
    ) -> Result<Vec<Vec<u8>>, BatchError> {
        batch.made.lock().clear();
        for (at, digest) in batch.digests.iter().enumerate() {
            let is_last = at + 1 == batch.digests.len();
            let lasts = if is_last || matches!(entry, Entry::Typed(_)) {
                Lasts::ToTheEnd
            } else {
                Lasts::ForThisOne
            };
            let keep = |signature: &[u8]| batch.made.lock().push(signature.to_vec());
            if let Err(cause) = self.sign_one(&batch.signer, digest, &entry, (lasts, waiting), keep) {
                let made = batch.made.lock().clone();
                return Err(BatchError { made, cause });
            }
        }
        let made = batch.made.lock().clone();
        Ok(made)
    }

    fn sign_one(
        &mut self,
        signer: &Signer,
        digest: &[u8],
        entry: &Entry,
        (lasts, waiting): (Lasts, &dyn Waiting),
        keep: impl Fn(&[u8]),
    ) -> Result<Vec<u8>, CardError> {
        let method = signer.method(self.applet(), digest)?;
        let input = method.input(digest);
        self.act(|session| {
            let armed = Armed::arm(session, signer.key, method)?;
            let granted = armed.verify(entry, &|| waiting.still_wanted())?;
            // At a keypad the person may have taken long: nothing is signed that nobody waits for any more.
            is_wanted(&|| match lasts {
                Lasts::ToTheEnd => waiting.takes_signature(),
                Lasts::ForThisOne => waiting.still_wanted(),
            })?;
            granted.sign(&input, |raw| {
                let verified = signer.algorithm.verify(signer.certificate.public_key(), digest, &raw);
                verified.map_err(|_| CardError::WrongSignature)?;
                keep(&raw);
                Ok(raw)
            })
        })
    }
}

/// Reach of one entry of the PIN.
#[derive(Clone, Copy)]
enum Lasts {
    /// No person is needed any more for what is to be signed.
    ToTheEnd,
    /// The next signature needs another entry, at a keypad.
    ForThisOne,
}

/// Key and algorithm are chosen; the next command must be VERIFY.
struct Armed<'s, 'e>(&'s mut Session<'e>);

impl<'s, 'e> Armed<'s, 'e> {
    fn arm(session: &'s mut Session<'e>, key: HolderKey, method: &Method) -> Result<Self, CardError> {
        select_belpic(session)?;
        session.expect_ok(&Command::mse_set(method.reference, key.reference()))?;
        Ok(Self(session))
    }

    fn verify(self, entry: &Entry, still_wanted: &dyn Fn() -> bool) -> Result<Granted<'s, 'e>, CardError> {
        Granted::by_verify(self.0, entry, still_wanted)
    }
}
