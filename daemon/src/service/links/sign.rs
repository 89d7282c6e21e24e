//! The patient signs: what is signed is shown, the PIN asked once, and each signature made over one link.

use super::dialog;
use crate::api::ApiError;
use crate::service::Context;
use crate::service::documents::Presented;
use crate::service::pin::Asking;
use crate::service::signing;
use beid_protocol::ProtocolError;
use beid_protocol::cms::{Cms, Pending};
use beid_protocol::signature::RawSignature;
use beid_protocol::summary::{RequestSummary, SignedSummary};
use beid_protocol::therlink::SignedContent;
use jiff::Timestamp;

/// What was read back from the bytes: of the request, and of what is signed for each of its links.
pub(super) struct Shown {
    pub(super) request: RequestSummary,
    /// In the order of the links; none for a link that is proved otherwise.
    pub(super) signed: Vec<Option<SignedSummary>>,
}

/// Has the holder of the card sign `contents`, all or none.
///
/// # Errors
/// As [`Reading::signatory`](signing::Reading::signatory), [`Asking::entry`] and [`signing::make`].
pub(super) async fn all(
    context: &Context,
    presented: Option<&Presented>,
    contents: &[&SignedContent],
    shown: &Shown,
    now: Timestamp,
) -> Result<Vec<Cms>, ApiError> {
    let service = &context.service;
    let presented = presented.ok_or_else(|| ApiError::internal("a signature without a card"))?;
    let card = &presented.card;
    let signatory = presented.reading.signatory(service, now).await?;
    let prepare = |now| -> Result<Vec<Pending>, ProtocolError> {
        let (certificate, authorities) = (&signatory.certificate, &signatory.authorities);
        let each = |content: &&SignedContent| content.cms(certificate, authorities, now);
        contents.iter().map(each).collect()
    };
    // Whatever cannot be made is refused before a person is asked.
    let algorithm = prepare(now)?.first().map(Pending::algorithm);
    let algorithm = algorithm.ok_or_else(|| ApiError::internal("nothing to sign"))?;
    let signer = signatory.signer(card, signing::of_document(algorithm))?;
    let asking = Asking::begin(context, card)?;
    asking.look_at_tries().await?;
    let at_keypad = card.pin_pad().is_some();
    let text = dialog::text(&asking, shown, at_keypad, &signatory.holder)?;
    let entry = asking.entry(&dialog::wording(shown), &text).await?;
    // The time of signing is now, however long the person has read.
    let pending = prepare(service.now())?;
    let digests = pending.iter().map(|pending| pending.digest().to_vec()).collect();
    let made = signing::make(asking, signer, digests, entry).await?;
    if made.len() != pending.len() {
        return Err(ApiError::internal("another number of signatures than was shown"));
    }
    let finish = |(pending, raw): (Pending, Vec<u8>)| {
        let raw = RawSignature::new(pending.algorithm(), raw);
        pending.finish(raw)
    };
    Ok(pending.into_iter().zip(made).map(finish).collect::<Result<_, _>>()?)
}
