//! Records of what operations did: which facts go into a record, and giving an answer out with its record.
//!
//! ```text
//! Recording::new(context, kind)   caller, scopes, time, version
//!     .presented(...)             reader, card, its checks
//!     .counting(...)              what is counted of it, where the settings want reports
//!     .about(...)                 national number of the patient, which is written as a keyed hash only
//!     .with_answer(answer)        the answer, held back: Unrecorded
//! Outcome::release(...)           the record is on the disk, the answer leaves
//! ```
//!
//! The table of operations says which are recorded. A function that is bound to one of those must give its answer as
//! [`Unrecorded`], which `bindings.rs` has the compiler check; and an [`Unrecorded`] answer comes out only with its record.

pub(crate) mod administration;
pub(crate) mod head;
pub(crate) mod patient;

use crate::caller::{Asker, Caller, CallerId};
use crate::cards::Insertion;
use crate::ceremony::PresentedCard;
use crate::patients::check_answer;
use crate::reports::{CountFacts, counts_of};
use crate::running::Progress;
use crate::{Context, Service};
use beid_api::types as t;
use beid_api::{ApiError, ErrorCode, EvidenceReference, InForms, Octets, OperationRow, TypedAnswer};
use beid_card::{CardCheck, Identity};
use beid_evidence::{EvidenceError, RecordDraft, RecordKind, Unrecorded};
use beid_texts::Message;
use futures_util::future::{BoxFuture, FutureExt};
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// Facts about one operation, for its record.
pub(crate) struct Recording<'c> {
    context: &'c Context,
    draft: RecordDraft,
    facts: CountFacts,
}

impl<'c> Recording<'c> {
    /// Begins with what every record says: who called, with which scopes, and which version of beidd answered.
    pub(crate) fn new(context: &'c Context, kind: RecordKind) -> Self {
        let caller = &context.caller;
        let mut content = Map::new();
        content.insert("caller".to_owned(), described(caller));
        content.insert("user".to_owned(), beid_host::process::own_user().into());
        content.insert("version".to_owned(), env!("CARGO_PKG_VERSION").into());
        content.insert("began".to_owned(), context.began.to_string().into());
        if context.service.config().simulated {
            content.insert("simulated".to_owned(), true.into());
        }
        let draft = RecordDraft {
            kind,
            content,
            owner: owner_of(&caller.id),
            subjects: Vec::new(),
            card: None,
            reference: None,
            once: None,
        };
        Self {
            context,
            draft,
            facts: CountFacts::default(),
        }
    }

    /// Adds a fact.
    pub(crate) fn with(mut self, name: &str, fact: impl Into<Value>) -> Self {
        self.draft.content.insert(name.to_owned(), fact.into());
        self
    }

    /// Adds the card that was read for it, if one was: its reader, and each check of its data.
    pub(crate) fn presented(self, presented: Option<&PresentedCard>) -> Self {
        let Some(presented) = presented else { return self };
        self.read("card", &presented.card, presented.holder(), presented.checks())
    }

    /// Adds the provider's own card, if one was read.
    pub(crate) fn presented_by_provider(self, presented: Option<&PresentedCard>) -> Self {
        let Some(presented) = presented else { return self };
        self.read("providerCard", &presented.card, presented.holder(), presented.checks())
    }

    /// Adds a card that was read, as the fact `name`: its reader, and each check of its data.
    pub(crate) fn read(mut self, name: &str, card: &Insertion, holder: &Identity, checks: &[CardCheck]) -> Self {
        let service = &self.context.service;
        let checks: Vec<Value> = checks
            .iter()
            .filter_map(|check| serde_json::to_value(check_answer(check, service.now())).ok())
            .collect();
        let fact = json!({
            "cardId": card.id.as_str(),
            "reader": service.registry.reader_name(card.reader),
            "role": if service.registry.is_for_providers(card) { "provider" } else { "patient" },
            "simulated": card.simulated,
            "checks": checks,
        });
        self.facts.is_simulated |= card.simulated;
        if name == "card" {
            self.draft.card = holder.card_number.as_ref().map(|number| number.as_str().to_owned());
        }
        self.with(name, fact)
    }

    /// Says whom it is about: the national number is written as a keyed hash only.
    pub(crate) fn about(mut self, numbers: impl IntoIterator<Item = String>) -> Self {
        self.draft.subjects.extend(numbers);
        self
    }

    /// Adds the caller's own word for it.
    pub(crate) fn referred_to_as(mut self, reference: Option<&EvidenceReference>) -> Self {
        self.draft.reference = reference.map(|reference| reference.as_str().to_owned());
        self
    }

    /// Adds facts that are counted, and that the record does not need.
    pub(crate) fn counting(mut self, facts: CountFacts) -> Self {
        let is_simulated = self.facts.is_simulated || facts.is_simulated;
        self.facts = CountFacts { is_simulated, ..facts };
        self
    }

    /// Says that it is recorded once for each caller and insertion, however often it is done.
    pub(crate) fn once_for(mut self, operation: &str, card: &Insertion) -> Self {
        // By all that is known of the caller: programs on the bus find each other's records, but each has its own.
        let caller = described(&self.context.caller);
        let (owner, card) = (&self.draft.owner, card.id.as_str());
        self.draft.once = Some(format!("{owner}\n{caller}\n{operation}\n{card}"));
        self
    }

    /// Holds the answer back until the record is written. The record does not repeat it.
    pub(crate) fn without_answer<A>(self, answer: A) -> Unrecorded<A> {
        let counts = counts_of(self.context, &self.draft, self.facts);
        Unrecorded::new(answer, self.draft).counting(counts)
    }

    /// Holds the answer back until the record, with the answer in it, is written.
    ///
    /// # Errors
    /// `internal` if the answer cannot be written as members.
    pub(crate) fn with_answer<A: Serialize>(self, answer: A) -> Result<Unrecorded<A>, ApiError> {
        let members = serde_json::to_value(&answer).map_err(ApiError::internal)?;
        Ok(self.with("answer", members).without_answer(answer))
    }
}

/// Describes a caller, as the person at the desk knows it.
fn described(caller: &Caller) -> Value {
    let (kind, name) = match &caller.asker {
        Asker::Origin(origin) => ("website", Some(origin)),
        Asker::Program(name) => ("program", Some(name)),
        Asker::OwnPage => ("own-page", None),
    };
    json!({
        "kind": kind,
        "name": name,
        "executable": caller.executable.as_ref().map(|path| path.display().to_string()),
        "user": caller.user.unwrap_or_else(beid_host::process::own_user),
        "scopes": caller.scopes.words(),
    })
}

/// Key of a caller, under which it finds what it produced: a website in all its pairings, a program by its token, and
/// all programs on the user's bus as one.
pub(crate) fn owner_of(caller: &CallerId) -> String {
    match caller {
        CallerId::Bus(_) => "bus".to_owned(),
        CallerId::Token(digest) => format!("token:{digest}"),
        CallerId::Page { origin, .. } => format!("origin:{origin}"),
        CallerId::OwnPage(_) => "own-page".to_owned(),
        CallerId::Anonymous => "anonymous".to_owned(),
    }
}

/// Circumstances under which an answer leaves.
pub(crate) struct Departure {
    pub(crate) service: Arc<Service>,
    pub(crate) progress: Progress,
    pub(crate) operation: &'static OperationRow,
}

/// Outcome of an operation's function: its answer, or one that is held back until it is recorded.
pub(crate) trait Outcome<A>: Send + Sized + 'static {
    /// True if it is recorded.
    const IS_RECORDED: bool;

    /// Gives the answer out.
    fn release(self, departure: Departure) -> BoxFuture<'static, Result<A, ApiError>>;
}

impl<A: TypedAnswer + Send + 'static> Outcome<A> for A {
    const IS_RECORDED: bool = false;

    fn release(self, _: Departure) -> BoxFuture<'static, Result<A, ApiError>> {
        std::future::ready(Ok(self)).boxed()
    }
}

impl<A: Recorded + Send + 'static> Outcome<A> for Unrecorded<A> {
    const IS_RECORDED: bool = true;

    fn release(self, departure: Departure) -> BoxFuture<'static, Result<A, ApiError>> {
        let released = async move {
            let Departure {
                service,
                progress,
                operation,
            } = departure;
            match service.evidence.release(self, service.now()).await {
                Ok((mut answer, receipt)) => {
                    if let Some(receipt) = receipt {
                        answer.set_evidence_id(receipt.id().as_str());
                    }
                    Ok(answer)
                }
                Err((error, answer)) => {
                    // A signature cannot be made again without the person, so it is kept, though nobody is given it.
                    if progress.is_committed() {
                        service.running.keep_unrecorded(operation.name, answer);
                    }
                    Err(unavailable(&error))
                }
            }
        };
        released.boxed()
    }
}

/// Answer of an operation that is recorded.
pub(crate) trait Recorded: TypedAnswer {
    /// Adds the identifier of the record, where the answer has a member for it.
    fn set_evidence_id(&mut self, id: &str);
}

/// Answers with a member `evidenceId`.
macro_rules! name_their_record {
    ($($answer:ty),*) => {
        $(impl Recorded for $answer {
            fn set_evidence_id(&mut self, id: &str) {
                self.evidence_id = Some(id.to_owned());
            }
        })*
    };
}

/// Answers that are a card's data, and nothing else.
macro_rules! do_not_name_their_record {
    ($($answer:ty),*) => {
        $(impl Recorded for $answer {
            fn set_evidence_id(&mut self, _: &str) {}
        })*
    };
}

name_their_record!(
    t::TherapeuticLinkAnswer,
    t::ConsentAnswer,
    t::ExclusionAnswer,
    t::SignAnswer,
    t::IdentityReadingAnswer,
    t::EvidenceHeadAnswer
);
do_not_name_their_record!(
    InForms<t::IdentityAnswer>,
    InForms<t::SummaryAnswer>,
    t::AddressAnswer,
    Octets
);

/// Error for records that cannot be written or read.
pub(crate) fn unavailable(error: &EvidenceError) -> ApiError {
    tracing::error!(%error, "evidence cannot be written or read");
    let (text, place) = match error {
        EvidenceError::Full { place } => ("detail-evidence-full", place),
        EvidenceError::Disk { place, .. } => ("detail-evidence-disk", place),
        EvidenceError::Closed { place, .. } => ("detail-evidence-closed", place),
        EvidenceError::Damaged { place, .. } => ("detail-evidence-damaged", place),
        EvidenceError::Newer { place, .. } => ("detail-evidence-newer", place),
        EvidenceError::Busy { place } => ("detail-evidence-busy", place),
        EvidenceError::Sealed { .. } => {
            let text = Message::new("detail-evidence-changed");
            return ApiError::new(ErrorCode::EvidenceUnavailable, text);
        }
        EvidenceError::TooLong { limit } => {
            let text = Message::new("detail-evidence-export-long").arg("size", (limit >> 20).to_string());
            return ApiError::new(ErrorCode::TooLarge, text);
        }
        EvidenceError::Unprepared { .. }
        | EvidenceError::Unreachable { .. }
        | EvidenceError::Refused { .. }
        | EvidenceError::Forked { .. }
        | EvidenceError::Setting { .. }
        | EvidenceError::Library { .. }
        | EvidenceError::Keys { .. }
        | EvidenceError::Copy { .. }
        | EvidenceError::Internal(_) => return ErrorCode::EvidenceUnavailable.into(),
    };
    ApiError::new(
        ErrorCode::EvidenceUnavailable,
        Message::new(text).arg("place", place.as_str()),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_of_the_contract_are_those_of_the_store() {
        let kinds: Vec<_> = RecordKind::ALL.iter().map(|kind| kind.word()).collect();
        assert_eq!(beid_api::names::EVIDENCE_KINDS, kinds);
    }
}
