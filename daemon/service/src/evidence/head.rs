//! The head of the chain, signed by the care provider: on request only, since a PIN is asked for.
//!
//! The desk signs heads by itself. One that a care provider signs says more: whoever has the keys of the desk could write its
//! chain anew, but not with a signature of that person under it.

use super::administration::store;
use super::{Recording, unavailable};
use crate::Context;
use crate::ceremony::{self, Dialog, Finished, PresentedCard, Signable, Signatory, ToSign, lasting};
use crate::patients::malformed;
use crate::pin::Asking;
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use beid_api::types as t;
use beid_api::{ApiError, ErrorCode};
use beid_card::{HolderKey, Identity, SignatureAlgorithm};
use beid_evidence::{Head, RecordKind, Unrecorded};
use beid_prompt::layout::{paragraph, wrapped};
use beid_protocol::cms::{Attributes, Cms};
use beid_protocol::period::brussels_time;
use beid_texts::{Language, Message, Render};
use jiff::Timestamp;

pub(crate) async fn sign_evidence_head(
    context: Context,
    _: t::NoMembers,
) -> Result<Unrecorded<t::EvidenceHeadAnswer>, ApiError> {
    let service = &context.service;
    let head = store(&context).await?.head_to_sign(service.now()).await;
    let none = || ApiError::new(ErrorCode::NotFound, Message::new("detail-evidence-no-records"));
    let head = HeadToSign {
        text: head.map_err(|error| unavailable(&error))?.ok_or_else(none)?,
    };
    let position = head.read()?.position;
    let card = service.registry.provider()?;
    let presented = PresentedCard::read(service, card, Some(HolderKey::NonRepudiation), service.now()).await?;
    must_be_of_practice(&context, presented.holder())?;
    let mut ceremony = ceremony::sign(&context, &presented, &head).await?;
    let warnings = lasting::extend(service, &mut ceremony, |_| "signature".to_owned()).await;
    let signature = ceremony.signatures.first();
    let signature = signature.ok_or_else(|| ApiError::internal("signed nothing"))?;
    let signature = BASE64.encode(signature.to_file()?);
    tracing::info!(position, "head of the chain of evidence signed by a care provider");
    let recording = Recording::new(&context, RecordKind::ChainHead)
        .with("operation", "sign-evidence-head")
        .with("head", head.text.as_str())
        .with("signature", signature.as_str())
        .presented_by_provider(Some(&presented));
    Ok(recording.without_answer(t::EvidenceHeadAnswer {
        position,
        head: head.text,
        signature,
        warnings,
        evidence_id: None,
        simulated: presented.card.simulated.then_some(true),
    }))
}

/// Refuses a card whose holder is none of the parties of the practice, where the settings name persons.
fn must_be_of_practice(context: &Context, holder: &Identity) -> Result<(), ApiError> {
    let number = holder.complete().map_err(malformed)?.national_number.as_str();
    let config = context.service.config();
    let author = config
        .settings
        .provider
        .parties
        .as_ref()
        .map(|parties| parties.author());
    let parties = author.iter().flat_map(|author| &author.parties);
    let persons = parties.filter_map(|party| party.ssin.as_deref());
    if is_of_practice(persons, number) {
        return Ok(());
    }
    let text = Message::new("detail-evidence-wrong-provider");
    Err(ApiError::new(ErrorCode::WrongCard, text))
}

/// Returns true if the practice has the person, or names none.
fn is_of_practice<'p>(persons: impl Iterator<Item = &'p str>, number: &str) -> bool {
    let mut persons = persons.peekable();
    persons.peek().is_none() || persons.any(|person| person == number)
}

/// Head that a care provider is asked to sign.
struct HeadToSign {
    /// Its text, exactly as it is signed.
    text: String,
}

impl HeadToSign {
    fn read(&self) -> Result<Head, ApiError> {
        Head::parse(&self.text).ok_or_else(|| ApiError::internal("a head that says nothing"))
    }
}

impl Signable for HeadToSign {
    type Signature = Finished;

    fn prepare(
        &self,
        signatory: &Signatory,
        _algorithm: SignatureAlgorithm,
        at: Timestamp,
    ) -> Result<Vec<ToSign<Finished>>, ApiError> {
        let attributes = Attributes {
            mime_type: Some("application/json"),
            ..Attributes::default()
        };
        let (signer, chain) = (&signatory.certificate, &signatory.authorities);
        let pending = Cms::detached(self.text.as_bytes(), signer, chain, at, attributes)?;
        Ok(vec![ToSign::formed(pending)])
    }

    fn dialog(&self, asking: &Asking<'_>, holder: &Identity, signatures: usize) -> Result<Dialog, ApiError> {
        let asks = asking.asks("dialog-asked", Some(holder));
        let said = meaning(&self.read()?, asking.language());
        Ok(Dialog::new(signatures, format!("{asks}\n\n{said}")))
    }
}

/// Renders the meaning of a head: that these are all records so far, of which computer, when, how many, and the hash of the
/// last.
fn meaning(head: &Head, language: Language) -> String {
    let time = head.time.parse().map_or_else(
        |_| head.time.clone(),
        |time| brussels_time(time).strftime("%Y-%m-%d %H:%M").to_string(),
    );
    let row = |id: &str, value: &str| wrapped(&Message::new(id).arg("value", value).render(language), 2);
    let rows = [
        row("dialog-head-records", &head.position.to_string()),
        row("dialog-head-time", &time),
        row("dialog-head-desk", &head.desk),
        row("dialog-head-hash", &head.hash),
    ];
    let heading = paragraph(&Message::new("dialog-head").render(language));
    format!("{heading}\n{}", rows.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_persons_of_the_practice_sign_where_it_names_some() {
        let (one, other) = ("85061599888", "85051402418");
        for (persons, expected) in [
            (&[][..], true),
            (&[one], true),
            (&[other, one], true),
            (&[other], false),
        ] {
            assert_eq!(is_of_practice(persons.iter().copied(), one), expected, "{persons:?}");
        }
    }

    #[test]
    fn the_dialog_says_all_that_is_signed_in_every_language() {
        let head = Head {
            desk: "1".repeat(32),
            format: 1,
            hash: "ab".repeat(32),
            position: 4217,
            time: "2026-11-28T23:05:12.250Z".to_owned(),
        };
        for language in Language::ALL {
            let said = meaning(&head, language);
            let unbroken: String = said.split_whitespace().collect();
            for part in ["4217", "2026-11-2900:05", &head.desk, &head.hash] {
                assert!(unbroken.contains(part), "{part}: {said}");
            }
            assert!(!said.contains("dialog-head"), "{said}");
        }
    }
}
