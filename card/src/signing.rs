//! Signatures with the holder's keys: one, or a batch that is closed before the PIN is given.
//!
//! Key 83 requires its PIN *just before*: on applet 1.7 VERIFY must be the very command before PSO: CDS, and on 1.8 at
//! most one may come between. (Manuals, 5.1) The types here allow none, for key 82 too.

use crate::algorithms::{HolderKey, SignatureAlgorithm, SigningMethod};
use crate::apdu::CommandApdu;
use crate::card::{Applet, Card};
use crate::error::CardError;
use crate::session::CardSession;
use crate::transport::Transport;
use crate::verify::{Granted, PinEntry, Requester, is_wanted, select_belpic};
use beid_pki::Certificate;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Key, algorithm and certificate of a signature.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CardSigner {
    /// Key that signs.
    pub key: HolderKey,
    /// Algorithm of the signature.
    pub algorithm: SignatureAlgorithm,
    /// Certificate of that key, as read from the card: every signature is checked with it before it is returned.
    pub certificate: Certificate,
}

impl CardSigner {
    /// Finds the command parameters with which `applet` signs `digest`.
    fn method(&self, applet: Applet, digest: &[u8]) -> Result<&'static SigningMethod, CardError> {
        applet
            .method(self.key, self.algorithm)
            .filter(|_| self.algorithm.fits(self.certificate.public_key()))
            .filter(|_| digest.len() == self.algorithm.hash().digest_len())
            .ok_or(CardError::UnsupportedAlgorithm)
    }
}

/// Digests to be signed with one PIN, in this order. The list is closed before a person is asked, so that nothing can
/// be added afterwards.
#[derive(Clone, Debug)]
pub struct Batch {
    signer: CardSigner,
    digests: Vec<Vec<u8>>,
    made: BatchSignatures,
}

/// Signatures of one batch, available as soon as the card has made them. Serves callers that cannot wait for
/// [`Card::sign_batch`] to return: a card may fall silent just after the last signature, which must not be lost.
#[derive(Clone, Debug)]
pub struct BatchSignatures {
    list: Arc<Mutex<Vec<Vec<u8>>>>,
    wanted: usize,
}

impl BatchSignatures {
    /// All signatures of the batch, in order; `None` until the last one is made.
    #[must_use]
    pub fn all(&self) -> Option<Vec<Vec<u8>>> {
        let list = self.lock();
        (list.len() == self.wanted).then(|| list.clone())
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Vec<u8>>> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Digests that cannot form a batch.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("a batch is 1 to {} digests, each as long as its hash makes them", Batch::MAX)]
pub struct NotABatch;

/// Failure in the middle of a batch.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{cause}, after {} signatures", made.len())]
pub struct BatchError {
    /// Signatures made before, in order. They are valid; the caller decides if they are of use without the others.
    pub made: Vec<Vec<u8>>,
    /// Error that ended the batch. No PIN was sent after it.
    #[source]
    pub cause: CardError,
}

impl Batch {
    /// Maximum number of digests for one PIN entry.
    pub const MAX: usize = 50;

    /// Closes the list of digests.
    ///
    /// # Errors
    /// [`NotABatch`] if there is no digest, if there are more than [`MAX`](Self::MAX), or if one does not have the
    /// length of the signer's hash.
    pub fn new(signer: CardSigner, digests: Vec<Vec<u8>>) -> Result<Self, NotABatch> {
        let len = signer.algorithm.hash().digest_len();
        if (1..=Self::MAX).contains(&digests.len()) && digests.iter().all(|digest| digest.len() == len) {
            let made = BatchSignatures {
                list: Arc::default(),
                wanted: digests.len(),
            };
            Ok(Self { signer, digests, made })
        } else {
            Err(NotABatch)
        }
    }

    /// Handle through which the signatures can be seen as soon as they are made.
    #[must_use]
    pub fn made(&self) -> BatchSignatures {
        self.made.clone()
    }
}

impl<T: Transport> Card<T> {
    /// Signs `digest`. VERIFY is sent at most once for this `entry`, even after an error. LOG OFF follows, so that no
    /// other program can use the PIN's right.
    ///
    /// Returns the signature as the card gives it, after checking it with the signer's certificate: big-endian and as
    /// long as the modulus for RSA, `r‖s` of 48 bytes each for P-384.
    ///
    /// # Errors
    /// [`CardError::WrongPin`] and [`CardError::PinBlocked`] from the card; [`CardError::UnsupportedAlgorithm`] before
    /// any PIN is sent; [`CardError::Abandoned`] if `requester` has given up just before VERIFY, or just before PSO:
    /// CDS; those of [`PinPad::verify`](crate::PinPad::verify) from a keypad; [`CardError::Removed`] if the card was
    /// pulled out or replaced; [`CardError::WrongSignature`] if the answer is not a signature by the certificate's key.
    pub fn sign(
        &mut self,
        signer: &CardSigner,
        digest: &[u8],
        entry: PinEntry,
        requester: &dyn Requester,
    ) -> Result<Vec<u8>, CardError> {
        self.sign_one(signer, digest, &entry, (Lasts::ToTheEnd, requester), |_| {})
    }

    /// Signs every digest of `batch`, in order, each after a VERIFY of its own; the first error ends it. `requester` is
    /// asked before each. At a keypad the PIN is typed as often as there are digests.
    ///
    /// Each signature is a transaction of its own, so that other programs get their turn between two, and ends with LOG
    /// OFF, so that they find no right left open. LOG OFF also makes the card forget key and algorithm, so one long
    /// transaction would save hardly anything. Nothing that other programs do in between affects the next signature: it
    /// starts with SELECT; PC/SC reports a reset or a removal when the transaction begins; and the signature just
    /// checked proves that the chip is still the same.
    ///
    /// # Errors
    /// [`BatchError`] with the signatures made before, and the cause as in [`sign`](Self::sign).
    pub fn sign_batch(
        &mut self,
        batch: &Batch,
        entry: PinEntry,
        requester: &dyn Requester,
    ) -> Result<Vec<Vec<u8>>, BatchError> {
        // An earlier attempt with this batch may have left signatures behind.
        batch.made.lock().clear();
        for (at, digest) in batch.digests.iter().enumerate() {
            let is_last = at + 1 == batch.digests.len();
            let lasts = if is_last || matches!(entry, PinEntry::Typed(_)) {
                Lasts::ToTheEnd
            } else {
                Lasts::ForThisOne
            };
            let keep = |signature: &[u8]| batch.made.lock().push(signature.to_vec());
            if let Err(cause) = self.sign_one(&batch.signer, digest, &entry, (lasts, requester), keep) {
                let made = batch.made.lock().clone();
                return Err(BatchError { made, cause });
            }
        }
        let made = batch.made.lock().clone();
        Ok(made)
    }

    fn sign_one(
        &mut self,
        signer: &CardSigner,
        digest: &[u8],
        entry: &PinEntry,
        (lasts, requester): (Lasts, &dyn Requester),
        keep: impl Fn(&[u8]),
    ) -> Result<Vec<u8>, CardError> {
        // Before the transaction: an unsupported signature must not cost a command, still less a PIN.
        let method = signer.method(self.applet(), digest)?;
        let input = method.input(digest);
        self.act(|session| {
            let armed = Armed::arm(session, signer.key, method)?;
            let granted = armed.verify(entry, &|| requester.still_wanted())?;
            // At a keypad the person may have taken long: nothing is signed for a caller that has given up.
            is_wanted(&|| match lasts {
                Lasts::ToTheEnd => requester.takes_signature(),
                Lasts::ForThisOne => requester.still_wanted(),
            })?;
            granted.sign(&input, |raw| {
                let verified = signer.algorithm.verify(signer.certificate.public_key(), digest, &raw);
                verified.map_err(|_| CardError::WrongSignature)?;
                // Kept before LOG OFF is sent, which a card may never answer.
                keep(&raw);
                Ok(raw)
            })
        })
    }
}

/// Number of signatures that one PIN entry covers.
#[derive(Clone, Copy)]
enum Lasts {
    /// All remaining ones: no person is needed any more.
    ToTheEnd,
    /// This one only: at a keypad each signature needs another entry.
    ForThisOne,
}

/// State after MSE: SET has chosen key and algorithm; the next command must be VERIFY.
struct Armed<'s, 'e>(&'s mut CardSession<'e>);

impl<'s, 'e> Armed<'s, 'e> {
    fn arm(session: &'s mut CardSession<'e>, key: HolderKey, method: &SigningMethod) -> Result<Self, CardError> {
        select_belpic(session)?;
        session.expect_ok(&CommandApdu::mse_set(method.reference, key.reference()))?;
        Ok(Self(session))
    }

    fn verify(self, entry: &PinEntry, still_wanted: &dyn Fn() -> bool) -> Result<Granted<'s, 'e>, CardError> {
        Granted::by_verify(self.0, entry, still_wanted)
    }
}
