//! Signatures over files: any file, with the holder's key that binds.
//!
//! ```text
//! FileOrder::parse(request)   format, algorithm and the list, closed: nothing is added to it or changed any more
//! FilesToSign                 material of the ceremony: dialog and signatures are made from the bytes in the list
//! FilesReview::run()          several files: shown in one list, or one by one; what is left out is out before the PIN
//! ceremony::sign(...)         all signatures of the files that stay, or none
//! lasting::extend(...)        time stamps and revocation values, where they can be had
//! ```
//!
//! Several files are one batch: one PIN, and for each signature the VERIFY that the card demands. A card that fails
//! half way, or a wrong PIN, gives nothing at all. Only a person leaves files out, before the PIN, and only for a caller who
//! said that it takes that.

mod dialog;
mod documents;
mod formats;
mod open;
mod review;

pub(crate) use open::{OpenReviews, list_reviews, read_reviewed_document};

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
use beid_api::types::LeftOutDocument;
use beid_api::{ApiError, ErrorCode, Scope};
use beid_card::{HolderKey, Identity, SignatureAlgorithm};
use beid_evidence::{RecordKind, Unrecorded};
use beid_settings::BatchReview;
use dialog::FilesDialog;
use documents::Documents;
use jiff::Timestamp;
use open::ReviewWindow;
use review::FilesReview;
use serde_json::Value;

pub(crate) async fn sign(context: Context, request: t::SignRequest) -> Result<Unrecorded<t::SignAnswer>, ApiError> {
    let order = FileOrder::parse(request, &context)?;
    let service = &context.service;
    let card = service
        .registry
        .resolve(order.card_id.as_deref().unwrap_or("current"))?;
    let presented = PresentedCard::read(service, card, Some(HolderKey::NonRepudiation), service.now()).await?;
    let mut ceremony = ceremony::sign(&context, &presented, &order.files).await?;
    let mut files = ceremony.reviewed.take().unwrap_or(order.files);
    // Before the time stamps, for which nobody has to look at anything.
    drop(files.window.take());
    let warnings = lasting::extend(service, &mut ceremony, |at| format!("signatures[{at}]")).await;
    let (card, format) = (&presented.card, files.format);
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
        .with("documents", files.described())
        .presented(Some(&presented))
        .about(holder.map(|number| number.as_str().to_owned()));
    recording.with_answer(t::SignAnswer {
        evidence_id: None,
        card_id: presented.card_id.as_str().to_owned(),
        format: format.word(),
        algorithm: ceremony.algorithm.name().to_owned(),
        signatures: files.answers(&ceremony.signatures)?,
        certificates: certificates
            .iter()
            .map(|certificate| BASE64.encode(certificate.der()))
            .collect(),
        warnings,
        left_out: files.read.into_left_out(),
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
                may_leave_out: request.may_leave_out.unwrap_or_default(),
                review: context.service.config.settings.policy.batch_review(),
                read: FilesRead::NotYet,
                window: None,
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
    /// True if the caller takes signatures for a part of its list.
    may_leave_out: bool,
    review: BatchReview,
    read: FilesRead,
    /// Open while the person is asked.
    window: Option<ReviewWindow>,
}

/// Way in which the person has read the files before the dialog that asks for the PIN.
enum FilesRead {
    /// Not at all: that dialog shows them.
    NotYet,
    /// In one list.
    Together,
    /// One by one.
    OneByOne {
        /// Places in the caller's list of those that stay.
        numbers: Vec<usize>,
        left_out: Vec<LeftOutDocument>,
    },
}

impl FilesRead {
    fn into_left_out(self) -> Vec<LeftOutDocument> {
        match self {
            Self::NotYet | Self::Together => Vec::new(),
            Self::OneByOne { left_out, .. } => left_out,
        }
    }
}

impl FilesToSign {
    /// Description of the files for the record: names, media types and digests. Their contents are the caller's to keep.
    fn described(&self) -> Value {
        self.documents.iter().map(documents::FileToSign::described).collect()
    }

    /// The files with these places in the list, which the person has read.
    fn part(&self, numbers: &[usize], read: FilesRead) -> Self {
        Self {
            documents: self.documents.part(numbers),
            format: self.format,
            algorithm: self.algorithm.clone(),
            may_leave_out: self.may_leave_out,
            review: self.review,
            read,
            window: None,
        }
    }

    /// Dialog of some of the files.
    fn in_dialog<'d>(&self, documents: &'d Documents, signatures: usize, asking: &Asking<'_>) -> FilesDialog<'d> {
        FilesDialog {
            documents,
            knows_content: self.format != FileFormat::Raw && !documents.have_digests(),
            signatures,
            at_keypad: asking.is_at_keypad(),
            place: None,
            all_or_none: false,
        }
    }

    /// The files that are given out, in the order of the list.
    fn answers(&self, signatures: &[Finished]) -> Result<Vec<t::SignatureAnswer>, ApiError> {
        let names = self.documents.names();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
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

    /// Lets the own page look at the files, and the person choose among several.
    async fn review(
        &self,
        asking: &Asking<'_>,
        holder: &Identity,
        signatures: usize,
    ) -> Result<Option<Self>, ApiError> {
        let window = ReviewWindow::open(asking.context(), &self.documents);
        let stays = if self.documents.only().is_some() {
            self.part(&self.documents.numbers(), FilesRead::NotYet)
        } else {
            let review = FilesReview {
                files: self,
                asking,
                holder,
                signatures,
            };
            review.run().await?
        };
        Ok(Some(Self {
            window: Some(window),
            ..stays
        }))
    }

    fn dialog(&self, asking: &Asking<'_>, holder: &Identity, signatures: usize) -> Result<Dialog, ApiError> {
        let dialog = self.in_dialog(&self.documents, signatures, asking);
        let text = match &self.read {
            FilesRead::NotYet => dialog.text(asking, holder),
            FilesRead::Together => dialog::after_list(asking.language()),
            FilesRead::OneByOne { numbers, left_out } => dialog.in_short(asking, holder, numbers, left_out),
        };
        Ok(Dialog::new(signatures, text))
    }
}
