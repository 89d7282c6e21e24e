//! Signatures over files: any file, with the holder's key that binds.
//!
//! ```text
//! FileOrder::parse(request)   format, algorithm and the list, closed: nothing is added to it or changed any more
//! FilesToSign                 material of the ceremony: dialog and signatures are made from the bytes in the list
//! ceremony::sign(...)         all signatures of the list, or none
//! lasting::extend(...)        time stamps and revocation values, where they can be had
//! ```
//!
//! Several files are one batch: one PIN, and for each signature the VERIFY that the card demands. A card that fails
//! half way, or a wrong PIN, gives nothing at all.

mod dialog;
mod documents;
mod formats;

use crate::Context;
use crate::cards::Insertion;
use crate::ceremony::{
    self, Dialog, Finished, PresentedCard, Signable, Signatory, ToSign, document_algorithm, lasting,
};
use crate::evidence::Recording;
use crate::pin::Asking;
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use beid_api::file_formats::FileFormat;
use beid_api::types as t;
use beid_api::{ApiError, ErrorCode, Scope};
use beid_card::{HolderKey, Identity, SignatureAlgorithm};
use beid_evidence::{RecordKind, Unrecorded};
use documents::Documents;
use jiff::Timestamp;
use serde_json::Value;

pub(crate) async fn sign(context: Context, request: t::SignRequest) -> Result<Unrecorded<t::SignAnswer>, ApiError> {
    let order = FileOrder::parse(request, &context)?;
    let service = &context.service;
    let card = service
        .registry
        .resolve(order.card_id.as_deref().unwrap_or("current"))?;
    let presented = PresentedCard::read(service, card, Some(HolderKey::NonRepudiation), service.now()).await?;
    let mut ceremony = ceremony::sign(&context, &presented, &order.files).await?;
    let warnings = lasting::extend(service, &mut ceremony, |at| format!("signatures[{at}]")).await;
    let (card, format) = (&presented.card, order.files.format);
    tracing::info!(
        reader = card.reader,
        ?format,
        signatures = ceremony.signatures.len(),
        "files signed"
    );
    let certificates = ceremony.signatory.certificates();
    let holder = presented.holder().national_number.as_ref();
    let recording = Recording::new(&context, RecordKind::Signature)
        .with("operation", "sign")
        .with("documents", order.files.described())
        .presented(Some(&presented))
        .about(holder.map(|number| number.as_str().to_owned()));
    recording.with_answer(t::SignAnswer {
        evidence_id: None,
        card_id: presented.card_id.as_str().to_owned(),
        format: format.word(),
        algorithm: ceremony.algorithm.name().to_owned(),
        signatures: order.files.answers(&ceremony.signatures)?,
        certificates: certificates
            .iter()
            .map(|certificate| BASE64.encode(certificate.der()))
            .collect(),
        warnings,
        simulated: card.simulated.then_some(true),
    })
}

/// One call for signatures, judged as far as it can be before the card is read.
struct FileOrder {
    card_id: Option<String>,
    files: FilesToSign,
}

impl FileOrder {
    fn parse(request: t::SignRequest, context: &Context) -> Result<Self, ApiError> {
        let format = FileFormat::parse(&request)?;
        // A scope of its own: by a digest or a raw signature anything can be signed, and no dialog can show what.
        let needed = if format == FileFormat::Raw || request.documents.iter().any(|document| document.digest.is_some())
        {
            Scope::SignDigest
        } else {
            Scope::Sign
        };
        context.caller.may(Some(needed))?;
        let documents = Documents::parse(request.documents)?;
        formats::must_take(format, &documents)?;
        Ok(Self {
            card_id: request.card_id,
            files: FilesToSign {
                documents,
                format,
                algorithm: request.algorithm,
            },
        })
    }
}

/// Files of one list, and the signatures that are wanted.
struct FilesToSign {
    documents: Documents,
    format: FileFormat,
    /// Name of an algorithm, if the caller wants that one.
    algorithm: Option<String>,
}

impl FilesToSign {
    /// Description of the files for the record: names, media types and digests. Their contents are the caller's to keep.
    fn described(&self) -> Value {
        self.documents.iter().map(documents::FileToSign::described).collect()
    }

    /// The files that are given out, in the order of the list.
    fn answers(&self, signatures: &[Finished]) -> Result<Vec<t::SignatureAnswer>, ApiError> {
        let names: Vec<_> = self.documents.iter().map(documents::FileToSign::name).collect();
        let named = self.format.names(&names).into_iter().zip(signatures);
        let answer = |(name, signature): (String, &Finished)| {
            Ok(t::SignatureAnswer {
                name,
                media_type: self.format.media_type().to_owned(),
                data: BASE64.encode(signature.to_file()?),
            })
        };
        named.map(answer).collect()
    }
}

impl Signable for FilesToSign {
    type Signature = Finished;

    /// Chooses the algorithm that was asked for, else the first of the card's that fits the digests given.
    fn algorithm(&self, signatory: &Signatory, card: &Insertion) -> Result<SignatureAlgorithm, ApiError> {
        let usual = (!self.format.signs_anything()).then(|| document_algorithm(signatory));
        let usual = usual.transpose()?;
        let named = self.algorithm.as_deref();
        let fits = |algorithm: &SignatureAlgorithm| {
            named.is_none_or(|name| algorithm.name() == name)
                && usual.is_none_or(|usual| usual == *algorithm)
                && self.documents.hash().is_none_or(|hash| algorithm.hash() == hash)
        };
        let found = signatory.algorithms(card).find(fits);
        found.ok_or_else(|| ErrorCode::UnsupportedAlgorithm.into())
    }

    fn prepare(
        &self,
        signatory: &Signatory,
        algorithm: SignatureAlgorithm,
        at: Timestamp,
    ) -> Result<Vec<ToSign<Finished>>, ApiError> {
        formats::prepare(self.format, &self.documents, signatory, algorithm, at)
    }

    fn dialog(&self, asking: &Asking<'_>, holder: &Identity, signatures: usize) -> Result<Dialog, ApiError> {
        let dialog = dialog::FilesDialog {
            documents: &self.documents,
            knows_content: self.format != FileFormat::Raw && !self.documents.have_digests(),
            signatures,
            at_keypad: asking.is_at_keypad(),
        };
        Ok(Dialog::new(signatures, dialog.text(asking, holder)))
    }
}
