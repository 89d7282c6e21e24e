//! The ceremony of a signature, once for links, consents, files and log-ins: check, show, PIN, sign, finish.
//!
//! ```text
//! PresentedCard::read(...)  holder and certificate of the key: read anew, proved, not revoked, good today
//!      .signatory(...)      certificate: trusted, for this purpose, this holder's, not revoked
//! Checked::new(...)         signatures prepared once in vain: whatever can be refused is, before a person is asked
//!      .show()              turn, tries left; parts that the person leaves out; dialog rendered from the bytes that stay;
//!                           then the PIN, or a yes for the keypad
//! Agreed::sign()            signatures prepared again from the same bytes, made by the card, counted, finished
//! lasting::extend(...)      time stamps and revocation values, where they can be had; refuses nothing
//! ```
//!
//! The material is borrowed from the first step to the last, so nobody can change it in between. Where a
//! person leaves parts out, material of the others is checked as the whole was, and takes its place. [`Agreed`]
//! is only made by showing it, holds the one entry of a PIN, and is consumed by signing: what was not shown cannot be
//! signed, and nothing can be signed twice.
//!
//! Each signature to be made names its key, and its kind chooses it: documents and files have the key that binds, and the
//! one thing that the key for log-ins signs is a [`LogInChallenge`]. A card that was presented for one key is never asked for
//! a signature by the other.

mod dialog;
pub(crate) mod lasting;
mod signatory;

pub(crate) use dialog::Dialog;
pub(crate) use signatory::{PresentedCard, Signatory};

use crate::Context;
use crate::authentications::LogInChallenge;
use crate::cards::{AnyCard, Insertion};
use crate::evidence;
use crate::pin::Asking;
use beid_api::ApiError;
use beid_card::{Batch, CardError, CardSigner, HolderKey, Identity, PinEntry, Requester, SignatureAlgorithm};
use beid_protocol::signature::{Algorithm, Pending, RawSignature, Signed};
use jiff::Timestamp;
use std::sync::Arc;

/// Something that a person can be asked to sign: bytes that no longer change.
pub(crate) trait Signable: Send + Sync + Sized {
    /// One finished signature.
    type Signature: Send + 'static;

    /// Chooses the algorithm; by default the one that documents have for this kind of key.
    ///
    /// # Errors
    /// `unsupported-algorithm` if there is none.
    fn algorithm(&self, signatory: &Signatory, _card: &Insertion) -> Result<SignatureAlgorithm, ApiError> {
        document_algorithm(signatory)
    }

    /// Begins all signatures over the bytes, at one time.
    ///
    /// # Errors
    /// Those that keep a signature from being made. It is called before the dialog too, so that a person is not asked
    /// in vain.
    fn prepare(
        &self,
        signatory: &Signatory,
        algorithm: SignatureAlgorithm,
        at: Timestamp,
    ) -> Result<Vec<ToSign<Self::Signature>>, ApiError>;

    /// Has the person choose among the parts before the dialog; returns material of those that stay, in which every part
    /// was shown. `None` if there is nothing to choose.
    ///
    /// # Errors
    /// As [`Asking::choose`].
    fn review(
        &self,
        _asking: &Asking<'_>,
        _holder: &Identity,
        _signatures: usize,
    ) -> impl Future<Output = Result<Option<Self>, ApiError>> + Send {
        std::future::ready(Ok(None))
    }

    /// Renders the dialog from the same bytes; `signatures` is how many [`prepare`](Self::prepare) makes of them.
    ///
    /// # Errors
    /// `internal` if the bytes do not say one thing that can be shown: then nobody may be asked to sign them.
    fn dialog(&self, asking: &Asking<'_>, holder: &Identity, signatures: usize) -> Result<Dialog, ApiError>;
}

/// Chooses the algorithm that documents have for the signatory's key.
///
/// # Errors
/// `unsupported-algorithm` if they have none.
pub(crate) fn document_algorithm(signatory: &Signatory) -> Result<SignatureAlgorithm, ApiError> {
    Ok(on_card(Algorithm::for_key(signatory.certificate.public_key())?))
}

/// Names the algorithm of a document as the card does.
fn on_card(algorithm: Algorithm) -> SignatureAlgorithm {
    match algorithm {
        Algorithm::RsaSha256 => SignatureAlgorithm::Rs256,
        Algorithm::EcdsaSha384 => SignatureAlgorithm::Es384,
    }
}

/// Last step of a signature: the card's answer goes in, the finished signature comes out.
type Finish<S> = Box<dyn FnOnce(Vec<u8>) -> Result<S, ApiError> + Send>;

/// One signature for the card to make: the digest, and the step that turns the card's answer into the finished
/// signature.
pub(crate) struct ToSign<S> {
    key: HolderKey,
    digest: Vec<u8>,
    /// Algorithm that the finished signature names; none for a bare one.
    algorithm: Option<SignatureAlgorithm>,
    finish: Finish<S>,
}

impl<S: 'static> From<Pending<S>> for ToSign<S> {
    fn from(pending: Pending<S>) -> Self {
        Self {
            key: HolderKey::NonRepudiation,
            digest: pending.digest().to_vec(),
            algorithm: Some(on_card(pending.algorithm())),
            finish: Box::new(|answer| {
                let raw = RawSignature::new(pending.algorithm(), answer);
                Ok(pending.finish(raw)?)
            }),
        }
    }
}

impl ToSign<Finished> {
    /// A bare signature over a digest. The card's work ends with a check of it, so it is not checked once more.
    pub(crate) fn bare(digest: Vec<u8>) -> Self {
        Self {
            key: HolderKey::NonRepudiation,
            digest,
            algorithm: None,
            finish: Box::new(|answer| Ok(Finished::Bare(answer))),
        }
    }

    /// A signature in one of the forms of documents.
    pub(crate) fn formed<S: Into<Signed> + 'static>(pending: Pending<S>) -> Self {
        pending.map(|signed| Finished::Formed(signed.into())).into()
    }
}

impl ToSign<Vec<u8>> {
    /// A log-in. It is the one signature that the key for log-ins makes, so that no document can be slipped under it.
    pub(crate) fn log_in(challenge: &LogInChallenge, algorithm: SignatureAlgorithm) -> Self {
        Self {
            key: HolderKey::Authentication,
            digest: challenge.digest(algorithm.hash()),
            algorithm: Some(algorithm),
            finish: Box::new(Ok),
        }
    }
}

/// A finished signature that is a file of its own.
#[derive(Clone)]
pub(crate) enum Finished {
    /// The card's answer as it is; nothing can be added to it.
    Bare(Vec<u8>),
    /// A CMS, a signature in XML, or a container.
    Formed(Signed),
}

impl Finished {
    /// The file.
    ///
    /// # Errors
    /// `internal` if a container cannot be written.
    pub(crate) fn to_file(&self) -> Result<Vec<u8>, ApiError> {
        match self {
            Self::Bare(answer) => Ok(answer.clone()),
            Self::Formed(signed) => Ok(signed.to_file()?),
        }
    }
}

/// Result of a ceremony: all signatures that were shown, in their order, and who made them.
pub(crate) struct Ceremony<M: Signable> {
    pub(crate) signatures: Vec<M::Signature>,
    pub(crate) signatory: Signatory,
    pub(crate) algorithm: SignatureAlgorithm,
    /// Material that was signed, if the person was given a choice.
    pub(crate) reviewed: Option<M>,
}

/// Shows `material` to the holder of the card, asks for the PIN once, and has the card make all signatures of the parts
/// that stay, or none.
///
/// # Errors
/// As [`PresentedCard::signatory`], [`Signable`], [`Asking::entry`] and [`Asking::spend`].
pub(crate) async fn sign<M: Signable>(
    context: &Context,
    presented: &PresentedCard,
    material: &M,
) -> Result<Ceremony<M>, ApiError> {
    let service = &context.service;
    let signatory = presented.signatory(service, service.now()).await?;
    // Before a person is asked: a signature that cannot be recorded would not be answered. Log-ins are not recorded.
    if signatory.key == HolderKey::NonRepudiation {
        let ready = service.evidence.must_be_ready(service.now()).await;
        ready.map_err(|error| evidence::unavailable(&error))?;
    }
    let whole = MaterialInUse::Whole(material);
    let checked = Checked::new(context, &presented.card, whole, &signatory)?;
    let agreed = checked.show().await?;
    // Of what stays: without some of the parts another one can be the first that fits.
    let algorithm = agreed.checked.signer.algorithm;
    let (signatures, reviewed) = agreed.sign().await?;
    Ok(Ceremony {
        signatures,
        signatory,
        algorithm,
        reviewed,
    })
}

/// Material that is shown and signed: all that was asked for, or what stays of it.
enum MaterialInUse<'c, M> {
    Whole(&'c M),
    Reviewed(Box<M>),
}

impl<M> MaterialInUse<'_, M> {
    fn get(&self) -> &M {
        match self {
            Self::Whole(material) => material,
            Self::Reviewed(material) => material,
        }
    }

    fn reviewed(self) -> Option<M> {
        match self {
            Self::Whole(_) => None,
            Self::Reviewed(material) => Some(*material),
        }
    }
}

/// Material that this signatory can sign on this card.
struct Checked<'c, M> {
    context: &'c Context,
    card: &'c Arc<Insertion>,
    material: MaterialInUse<'c, M>,
    signatory: &'c Signatory,
    signer: CardSigner,
    /// Number of signatures.
    count: usize,
}

impl<'c, M: Signable> Checked<'c, M> {
    fn new(
        context: &'c Context,
        card: &'c Arc<Insertion>,
        material: MaterialInUse<'c, M>,
        signatory: &'c Signatory,
    ) -> Result<Self, ApiError> {
        let algorithm = material.get().algorithm(signatory, card)?;
        let prepared = material.get().prepare(signatory, algorithm, context.service.now())?;
        // The card would sign otherwise than the signature says, and that would be found out after the PIN.
        if prepared
            .iter()
            .any(|one| one.algorithm.is_some_and(|named| named != algorithm))
        {
            return Err(ApiError::internal("a signature by another algorithm than the card's"));
        }
        let count = prepared.len();
        must_have_key(&prepared, signatory.key)?;
        // Otherwise a person would be asked for a PIN that signs nothing.
        if count == 0 {
            return Err(ApiError::internal("nothing to sign"));
        }
        Ok(Self {
            context,
            card,
            material,
            signatory,
            signer: signatory.signer(card, algorithm)?,
            count,
        })
    }

    /// Takes the turn, lets the person choose, and shows the dialog.
    async fn show(self) -> Result<Agreed<'c, M>, ApiError> {
        let asking = Asking::begin(self.context, self.card)?;
        // Within the turn: no other question of ours can change the tries any more.
        asking.look_at_tries().await?;
        let holder = &self.signatory.holder;
        let reviewed = self.material.get().review(&asking, holder, self.count).await?;
        let checked = match reviewed {
            Some(stays) => {
                let stays = MaterialInUse::Reviewed(Box::new(stays));
                Checked::new(self.context, self.card, stays, self.signatory)?
            }
            None => self,
        };
        let dialog = checked.material.get().dialog(&asking, holder, checked.count)?;
        let entry = dialog.show(&asking).await?;
        Ok(Agreed { checked, asking, entry })
    }
}

/// Material that was shown, and the entry that a person gave for it and for nothing else.
struct Agreed<'c, M> {
    checked: Checked<'c, M>,
    asking: Asking<'c>,
    entry: PinEntry,
}

impl<M: Signable> Agreed<'_, M> {
    /// Lets the card sign, and finishes the signatures. Returns the reviewed material with them, if there is one.
    async fn sign(self) -> Result<(Vec<M::Signature>, Option<M>), ApiError> {
        let Checked {
            context,
            material,
            signatory,
            signer,
            count,
            ..
        } = self.checked;
        // The time of signing is now, however long the person has read. Nothing else differs.
        let prepared = material
            .get()
            .prepare(signatory, signer.algorithm, context.service.now())?;
        // The person has agreed to a dialog that was rendered for this number.
        must_be_all(prepared.len(), count)?;
        must_have_key(&prepared, signer.key)?;
        let (digests, finishes): (Vec<_>, Vec<_>) = prepared.into_iter().map(|one| (one.digest, one.finish)).unzip();
        let answers = make(self.asking, signer, digests, self.entry).await?;
        must_be_all(answers.len(), count)?;
        let finished = finishes.into_iter().zip(answers);
        let signatures = finished
            .map(|(finish, answer)| finish(answer))
            .collect::<Result<_, _>>()?;
        Ok((signatures, material.reviewed()))
    }
}

/// Refuses signatures by another key than that of the certificate that was checked.
fn must_have_key<S>(prepared: &[ToSign<S>], key: HolderKey) -> Result<(), ApiError> {
    if prepared.iter().all(|one| one.key == key) {
        Ok(())
    } else {
        Err(ApiError::internal("a signature by another key than the one presented"))
    }
}

fn must_be_all(made: usize, shown: usize) -> Result<(), ApiError> {
    if made == shown {
        Ok(())
    } else {
        Err(ApiError::internal("another number of signatures than was shown"))
    }
}

/// Lets the card sign `digests`, each after a VERIFY of its own, as the card demands. It gives all signatures or none:
/// the first failure ends it, and signatures made before are not given out. A failure after the last signature takes
/// nothing back: each was checked with the signer's certificate when it was made.
///
/// # Errors
/// As [`Asking::spend`].
async fn make(
    asking: Asking<'_>,
    signer: CardSigner,
    digests: Vec<Vec<u8>>,
    entry: PinEntry,
) -> Result<Vec<Vec<u8>>, ApiError> {
    let key = signer.key;
    let batch = Batch::new(signer, digests).map_err(ApiError::internal)?;
    // Seen from here too: a card may not answer to the LOG OFF behind the last signature, and its thread, which has the
    // batch, may then never return.
    let made = batch.made();
    let spent = match key {
        HolderKey::NonRepudiation => {
            asking
                .spend("sign", move |card, wanted| signed(card, &batch, entry, wanted))
                .await
        }
        // Not committed to: a log-in for a caller who has left is dropped, where a signature would be kept on disk.
        HolderKey::Authentication => {
            let work = move |card: &mut AnyCard, wanted: &dyn Requester| {
                signed(card, &batch, entry, &|| wanted.still_wanted())
            };
            asking.spend("log-in", work).await
        }
    };
    match spent {
        Ok(signed) => Ok(signed.into_parts().1),
        Err(error) => made.all().ok_or(error),
    }
}

fn signed(
    card: &mut AnyCard,
    batch: &Batch,
    entry: PinEntry,
    wanted: &dyn Requester,
) -> Result<Vec<Vec<u8>>, CardError> {
    card.sign_batch(batch, entry, wanted).map_err(|error| error.cause)
}
