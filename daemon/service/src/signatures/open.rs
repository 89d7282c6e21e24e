//! Lists of files about which a dialog is open, so that the daemon's own page can open its copy of each while a person
//! decides.
//!
//! A list is here from the moment its caller has the turn to ask until the signatures are made or refused. Sessions of the
//! own page alone can look: no website or program learns what another one has signed.

use super::documents::{Documents, FileBody, FileToSign};
use crate::Context;
use crate::caller::{Asker, CallerId};
use crate::events::{Event, Events};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use beid_api::types as t;
use beid_api::{ApiError, ErrorCode};
use beid_host::random::random_id;
use beid_pki::HashAlgorithm;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Lists about which a dialog is open.
#[derive(Clone, Default)]
pub(crate) struct OpenReviews(Arc<Mutex<Vec<OpenReview>>>);

struct OpenReview {
    id: String,
    caller: CallerId,
    asker: Asker,
    documents: Documents,
}

/// Time in which the own page can look at one list; ends when this is dropped.
pub(super) struct ReviewWindow {
    id: String,
    reviews: OpenReviews,
    events: Events,
}

impl ReviewWindow {
    /// Lets the own page look at `documents`, which share their contents with the list that is signed.
    pub(super) fn open(context: &Context, documents: &Documents) -> Self {
        let service = &context.service;
        let window = Self {
            id: random_id(),
            reviews: service.reviews.clone(),
            events: service.events.clone(),
        };
        window.reviews.lock().push(OpenReview {
            id: window.id.clone(),
            caller: context.caller.id.clone(),
            asker: context.caller.asker.clone(),
            documents: documents.part(&documents.numbers()),
        });
        window.events.send(Event::review(&window.id));
        window
    }
}

impl Drop for ReviewWindow {
    fn drop(&mut self) {
        self.reviews.lock().retain(|review| review.id != self.id);
        self.events.send(Event::review(&self.id));
    }
}

impl OpenReviews {
    fn lock(&self) -> MutexGuard<'_, Vec<OpenReview>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Lists the files about which a dialog is open. The page has its own already, and shows them where they were chosen.
pub(crate) async fn list_reviews(context: Context, _: t::NoMembers) -> Result<t::ReviewsAnswer, ApiError> {
    must_be_own_page(&context)?;
    let reviews = context.service.reviews.lock();
    let others = reviews.iter().filter(|review| review.caller != context.caller.id);
    Ok(t::ReviewsAnswer {
        reviews: others.map(answer).collect(),
    })
}

/// Gives the content of one file, exactly the octets that are signed.
pub(crate) async fn read_reviewed_document(
    context: Context,
    request: t::ReviewedDocumentRequest,
) -> Result<t::ReviewedContentAnswer, ApiError> {
    must_be_own_page(&context)?;
    let reviews = context.service.reviews.lock();
    let review = reviews.iter().find(|review| review.id == request.id);
    let number: Option<usize> = request.number.parse().ok();
    let document = review
        .zip(number.and_then(|number| number.checked_sub(1)))
        .and_then(|(review, at)| review.documents.iter().nth(at));
    let content = document.and_then(FileToSign::content).ok_or(ErrorCode::NotFound)?;
    Ok(t::ReviewedContentAnswer {
        content: BASE64.encode(content),
    })
}

/// Refuses other callers than the own page, whichever front they come by.
fn must_be_own_page(context: &Context) -> Result<(), ApiError> {
    match context.caller.id {
        CallerId::OwnPage(_) => Ok(()),
        CallerId::Bus(_) | CallerId::Token(_) | CallerId::Page { .. } | CallerId::Anonymous => {
            Err(ErrorCode::OriginNotPaired.into())
        }
    }
}

fn answer(review: &OpenReview) -> t::ReviewAnswer {
    let (website, program) = match &review.asker {
        Asker::Origin(origin) => (Some(origin.clone()), None),
        Asker::Program(name) => (None, Some(name.clone())),
        Asker::OwnPage => (None, None),
    };
    let documents = review.documents.iter().enumerate();
    t::ReviewAnswer {
        id: review.id.clone(),
        website,
        program,
        documents: documents.map(|(at, document)| described(at, document)).collect(),
    }
}

fn described(at: usize, document: &FileToSign) -> t::ReviewedDocumentAnswer {
    let (hash, value) = match document.body() {
        FileBody::Content(content) => (HashAlgorithm::Sha256, HashAlgorithm::Sha256.digest(content)),
        FileBody::Digest(hash, value) => (*hash, value.clone()),
    };
    t::ReviewedDocumentAnswer {
        number: (at + 1).to_string(),
        name: document.name().to_owned(),
        media_type: document.media_type().to_owned(),
        size: document.content().map(<[u8]>::len),
        digest: t::DigestMembers {
            algorithm: hash.name().to_owned(),
            value: BASE64.encode(value),
        },
    }
}
