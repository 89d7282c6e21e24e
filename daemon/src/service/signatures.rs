//! Signatures over files: any file, with the holder's key that binds.
//!
//! ```text
//! Documents::of(request)   the list, closed: nothing is added to it or changed any more
//! dialog::text(...)        is rendered from its bytes
//! prepare(format, ...)     makes from the same bytes what the card signs, one for each signature
//! finish(...)              checks each answer of the card and gives all of them out, or none
//! lasting::extend(...)     adds a time stamp and what was said of the certificates, where that can be had
//! ```
//!
//! Several files are one batch: one PIN, and for each signature the VERIFY that the card demands. A card that fails half
//! way, or a wrong PIN, gives nothing at all.

mod dialog;
mod documents;
mod formats;

use crate::api::types as t;
use crate::api::{ApiError, ErrorCode, Scope};
use crate::service::cards::Insertion;
use crate::service::pin::Asking;
use crate::service::signing::{self, Reading, Signatory};
use crate::service::{Context, lasting};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use beid_card::{SignatureAlgorithm, Signer};
use beid_protocol::signature::Algorithm;
use documents::Documents;
use formats::Format;
use std::sync::Arc;

pub(crate) use documents::ALL_CONTENTS;
pub(crate) use formats::MOST_INSIDE_XML;

/// What comes of documents with these names, for whoever makes room for it before asking.
pub(crate) struct Outcome {
    /// Names of the files, in the order in which they are answered.
    pub(crate) names: Vec<String>,
    /// Whether a digest of each document will do.
    pub(crate) takes_digests: bool,
}

/// Foretells what [`sign`] will answer.
///
/// # Errors
/// `invalid-request` if the format leaves no choice of `detached`.
pub(crate) fn outcome(
    format: t::SignatureFormat,
    detached: Option<bool>,
    documents: &[&str],
) -> Result<Outcome, ApiError> {
    let format = Format::chosen(format, detached, None)?;
    Ok(Outcome {
        names: format.names(documents),
        takes_digests: format.takes_digests(),
    })
}

pub(crate) async fn sign(context: Context, request: t::SignRequest) -> Result<t::SignAnswer, ApiError> {
    let plan = Plan::of(request, &context)?;
    let service = &context.service;
    let card = service.registry.resolve(plan.card_id.as_deref().unwrap_or("current"))?;
    let now = service.now();
    let (card_id, read) = Reading::of(service, &card, true, now).await?;
    let signatory = read.signatory(service, now).await?;
    let signer = signatory.signer(&card, plan.algorithm(&signatory, &card)?)?;
    let (made, warnings) = plan.carry_out(&context, &card, &signatory, signer.clone()).await?;
    tracing::info!(
        reader = card.reader,
        format = ?plan.format,
        signatures = made.len(),
        "files signed"
    );
    let certificates = signatory.certificates();
    Ok(t::SignAnswer {
        card_id: card_id.as_str().to_owned(),
        format: plan.format.word(),
        algorithm: signer.algorithm.name().to_owned(),
        signatures: made,
        certificates: certificates
            .iter()
            .map(|certificate| BASE64.encode(certificate.der()))
            .collect(),
        warnings,
        simulated: card.simulated.then_some(true),
    })
}

/// What is asked, as far as it can be judged before the card is read.
struct Plan {
    card_id: Option<String>,
    format: Format,
    algorithm: Option<String>,
    documents: Documents,
}

impl Plan {
    fn of(request: t::SignRequest, context: &Context) -> Result<Self, ApiError> {
        let format = Format::of(&request)?;
        let needed = if format == Format::Raw || request.documents.iter().any(|document| document.digest.is_some()) {
            Scope::SignDigest
        } else {
            Scope::Sign
        };
        context.caller.may(Some(needed))?;
        let documents = Documents::of(request.documents)?;
        format.takes(&documents)?;
        Ok(Self {
            card_id: request.card_id,
            format,
            algorithm: request.algorithm,
            documents,
        })
    }

    /// With what to sign: what was asked for, else the first of the card's that fits the digests given.
    fn algorithm(&self, signatory: &Signatory, card: &Insertion) -> Result<SignatureAlgorithm, ApiError> {
        let usual = (!self.format.signs_anything()).then(|| Algorithm::of(signatory.certificate.public_key()));
        let usual = usual.transpose()?.map(signing::of_document);
        let named = self.algorithm.as_deref();
        let fits = |algorithm: &SignatureAlgorithm| {
            named.is_none_or(|name| algorithm.name() == name)
                && usual.is_none_or(|usual| usual == *algorithm)
                && self.documents.hash().is_none_or(|hash| algorithm.hash() == hash)
        };
        let found = signatory.algorithms(card).find(fits);
        found.ok_or_else(|| ErrorCode::UnsupportedAlgorithm.into())
    }

    /// Shows the whole list, asks the PIN, and has the card sign.
    async fn carry_out(
        &self,
        context: &Context,
        card: &Arc<Insertion>,
        signatory: &Signatory,
        signer: Signer,
    ) -> Result<(Vec<t::SignatureAnswer>, Vec<t::WarningAnswer>), ApiError> {
        let service = &context.service;
        let prepare = |now| self.format.prepare(&self.documents, signatory, signer.algorithm, now);
        // Whatever cannot be made is refused before a person is asked.
        let count = prepare(service.now())?.len();
        let asking = Asking::begin(context, card)?;
        asking.look_at_tries().await?;
        let shown = dialog::Shown {
            documents: &self.documents,
            knows_content: self.format != Format::Raw && !self.documents.have_digests(),
            signatures: count,
            at_keypad: card.pin_pad().is_some(),
        };
        let text = shown.text(&asking, &signatory.holder);
        let entry = asking.entry(shown.wording(), &text).await?;
        // The time of signing is now, however long the person has read. Nothing else differs.
        let prepared = prepare(service.now())?;
        let digests = prepared.iter().map(|pending| pending.digest().to_vec()).collect();
        let raw = signing::make(asking, signer, digests, entry).await?;
        let finished = prepared.into_iter().zip(raw).map(|(pending, raw)| pending.finish(raw));
        let (named, made): (Vec<_>, Vec<_>) = finished.collect::<Result<Vec<_>, _>>()?.into_iter().unzip();
        if made.len() != count {
            return Err(ApiError::internal("another number of signatures than was shown"));
        }
        let field = |at| format!("signatures[{at}]");
        let (made, warnings) = lasting::extend(service, made, &signatory.said, field).await;
        let answers = named.into_iter().zip(&made).map(|(named, made)| named.with(made));
        Ok((answers.collect::<Result<_, _>>()?, warnings))
    }
}
