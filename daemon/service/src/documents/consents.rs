//! Informed consents: the requests that register, withdraw and look for one, and evidence that somebody agreed.
//!
//! ```text
//! ConsentOrder::parse(request)   the request, judged as far as it can be before a card is read
//! ConsentCards::choose(order)    the card that tells who the patient is, and the one that signs: decided once, on arrival
//! order.document(...)            the document, finished: a consent carries no signature of its own
//! order.official_text(...)       the text to agree to; only of consents that are given
//! EvidenceToSign                 material of the ceremony: document, text and who acts for the patient, as bytes
//! ```
//!
//! Without evidence nobody is asked anything, and the request rests on the caller's word: the only proof in it is the
//! number of the patient's card.

mod dialog;
mod evidence;

use crate::cards::Insertion;
use crate::ceremony::{self, PresentedCard, lasting};
use crate::documents::{self, Head, HeadMembers, OpenedDocument, PatientSource, refuse};
use crate::evidence::Recording;
use crate::patients::malformed;
use crate::{Context, Service};
use beid_api::types::{self as t, ConsentOperation, ConsentSigner};
use beid_api::{ApiError, ErrorCode};
use beid_card::{HolderKey, Identity, KnownBirthDate};
use beid_evidence::{RecordKind, Unrecorded};
use beid_protocol::consent::{self, ConsentFields};
use beid_protocol::consent_text::{ConsentText, explanation};
use beid_protocol::document::Document;
use beid_texts::{Language, Message};
use dialog::TextHelp;
use evidence::{EvidenceBytes, EvidenceFormat, EvidenceToSign};
use jiff::civil::Date;
use std::sync::Arc;

pub(crate) async fn consent(
    context: Context,
    asked: t::ConsentRequest,
) -> Result<Unrecorded<t::ConsentAnswer>, ApiError> {
    let service = &context.service;
    let order = ConsentOrder::parse(&asked, service)?;
    let cards = ConsentCards::choose(&order, service)?;
    let by_patient = order.is_signed_by(ConsentSigner::Patient);
    let opened = order.head.open(service, cards.patients, by_patient).await?;
    let mut provider = None;
    // After the patient's card, because the provider is compared with its holder.
    if let Some(card) = cards.providers {
        let read = PresentedCard::read(service, card, Some(HolderKey::NonRepudiation), service.now()).await?;
        must_be_of_author(read.holder(), &opened, &cards.subject)?;
        provider = Some(read);
    }
    let document = order.document(&opened, &cards.subject)?;
    let official = order.official_text(service)?;
    let mut warnings = documents::warnings(&document);
    let patient = opened.patient(&cards.subject)?.ssin().as_str().to_owned();

    let patients = opened.presented;
    let card_id = patients.as_ref().map(|patients| patients.card_id.as_str().to_owned());
    let simulated = [&patients, &provider]
        .into_iter()
        .flatten()
        .any(|one| one.card.simulated);
    let recording = Recording::new(&context, record_kind(order.request.operation))
        .counting(order.head.facts())
        .with("operation", document.operation().root())
        .presented(patients.as_ref())
        .presented_by_provider(provider.as_ref())
        .referred_to_as(order.request.reference.as_ref())
        .about([patient]);
    let signer = if by_patient { patients } else { provider };
    let mut evidence = None;
    if let Some(to_sign) = order.evidence(&document, official.as_ref(), &cards.subject)? {
        let (signed, missing) = sign(&context, signer, &to_sign).await?;
        evidence = Some(signed);
        warnings.extend(missing);
    }
    tracing::info!(
        operation = ?order.request.operation,
        evidence = evidence.is_some(),
        by_patient,
        "consent request made"
    );
    recording.with_answer(t::ConsentAnswer {
        evidence_id: None,
        request_id: document.request_id().to_owned(),
        card_id,
        xml: document.xml().to_owned(),
        evidence,
        consent_text: official.map(|official| named(&official.text)),
        warnings,
        simulated: context.simulated().or(simulated.then_some(true)),
    })
}

fn record_kind(operation: ConsentOperation) -> RecordKind {
    match operation {
        ConsentOperation::Put => RecordKind::Consent,
        ConsentOperation::Revoke => RecordKind::ConsentRevocation,
        ConsentOperation::Get | ConsentOperation::Status => RecordKind::Inquiry,
    }
}

/// Lets the holder of the card sign, and returns warnings about additions that could not be had.
async fn sign(
    context: &Context,
    signer: Option<PresentedCard>,
    evidence: &EvidenceToSign,
) -> Result<(t::EvidenceAnswer, Vec<t::WarningAnswer>), ApiError> {
    let signer = signer.ok_or(ErrorCode::NoCard)?;
    let ceremony = ceremony::sign(context, &signer, evidence).await;
    let mut ceremony = ceremony.map_err(|error| evidence.without_certificate(error))?;
    let missing = lasting::extend(&context.service, &mut ceremony, |_| "evidence".to_owned()).await;
    let only = ceremony.signatures.first();
    let only = only.ok_or_else(|| ApiError::internal("signed nothing"))?;
    Ok((evidence.format.answer(only)?, missing))
}

/// Identification of the text.
fn named(text: &ConsentText) -> t::ConsentTextAnswer {
    t::ConsentTextAnswer {
        id: text.id().to_owned(),
        language: text.language().to_owned(),
        version: text.version().to_owned(),
        sha256: text.sha256().to_owned(),
    }
}

/// One operation on a consent, judged as far as it can be before a card is read.
struct ConsentOrder<'r> {
    request: &'r t::ConsentRequest,
    head: Head,
    /// Form of the evidence, if there is to be any.
    format: Option<EvidenceFormat>,
    signer: ConsentSigner,
}

impl<'r> ConsentOrder<'r> {
    fn parse(request: &'r t::ConsentRequest, service: &Service) -> Result<Self, ApiError> {
        let format = EvidenceFormat::asked(request.evidence);
        let changes = matches!(request.operation, ConsentOperation::Put | ConsentOperation::Revoke);
        let asks = [
            ("evidence", format.is_some()),
            ("signDate", request.sign_date.is_some()),
            ("revokeDate", request.revoke_date.is_some()),
        ];
        let unsigned = [
            ("signer", request.signer.is_some()),
            ("textLanguage", request.text_language.is_some()),
        ];
        let without_text = [("textLanguage", request.text_language.is_some())];
        if !changes {
            refuse(&asks, "goes with put and revoke only")?;
        }
        if format.is_none() {
            refuse(
                &unsigned,
                "goes with evidence: without it nobody signs, and nothing is shown",
            )?;
        }
        if request.operation == ConsentOperation::Revoke {
            refuse(&without_text, "goes with put: whoever withdraws agrees to no text")?;
        }
        must_be_installed(request.text_language.as_deref(), service)?;
        let head = HeadMembers {
            author: request.author.as_ref(),
            representative: request.representative.as_ref(),
            dialect: request.dialect.map(|dialect| dialect.0),
            ..HeadMembers::default()
        };
        let head = Head::parse(service, head)?;
        let signer = request.signer.unwrap_or_default();
        if format.is_some() && signer == ConsentSigner::Patient && head.is_of_citizen() && head.is_represented() {
            let reason = "the card is that of who acts for the patient, not the patient's";
            let text = Message::new("detail-proof").arg("reason", reason);
            return Err(ApiError::new(ErrorCode::ProofNotAllowed, text));
        }
        Ok(Self {
            request,
            head,
            format,
            signer,
        })
    }

    fn is_signed_by(&self, signer: ConsentSigner) -> bool {
        self.format.is_some() && self.signer == signer
    }

    /// Chooses the source of the patient's data, and the card to read for them. A change of a consent reads the
    /// patient's card if there is one, because its number is the proof, unless the caller gives more than the national
    /// number, or is a citizen who acts for another.
    fn subject(
        &self,
        named: Option<Arc<Insertion>>,
        service: &Service,
    ) -> Result<(PatientSource, Option<Arc<Insertion>>), ApiError> {
        let patient = self.request.patient.as_ref();
        let current = || named.clone().map_or_else(|| service.registry.resolve("current"), Ok);
        if self.is_signed_by(ConsentSigner::Patient) {
            return Ok((PatientSource::on_card(patient)?, Some(current()?)));
        }
        let changes = match self.request.operation {
            ConsentOperation::Put | ConsentOperation::Revoke => true,
            ConsentOperation::Get | ConsentOperation::Status => false,
        };
        let numbered_only = patient.is_some_and(|patient| patient.national_number.is_some() && !patient.say_more());
        if changes && numbered_only && named.is_none() && !self.head.is_of_citizen() {
            return match current() {
                Ok(card) => Ok((PatientSource::on_card(patient)?, Some(card))),
                // Any other error is answered: a card that is there may be the patient's, and its number the proof.
                Err(error) if matches!(error.code, ErrorCode::NoCard | ErrorCode::NoReader) => {
                    Ok((PatientSource::stated(patient)?, None))
                }
                Err(error) => Err(error),
            };
        }
        let subject = PatientSource::choose(&self.head, patient, named.as_ref().map(|card| card.id.as_str()))?;
        let card = subject.is_on_card() || self.head.is_of_citizen();
        let card = card.then(current).transpose()?;
        Ok((subject, card))
    }

    /// The document, finished.
    fn document(&self, opened: &OpenedDocument, subject: &PatientSource) -> Result<Document, ApiError> {
        let (request, patient) = (&opened.request, opened.patient(subject)?);
        let consent_type = self.request.consent_type.map(|one| one.0);
        let fields = ConsentFields {
            consent_type,
            sign_date: self.request.sign_date.map(|day| day.0),
            revoke_date: self.request.revoke_date.map(|day| day.0),
            // The card that was read may be that of a citizen who acts for the patient.
            birth_date: opened.holder().filter(|_| subject.is_on_card()).and_then(born),
        };
        Ok(match self.request.operation {
            ConsentOperation::Put => consent::put(request, &patient, fields)?,
            ConsentOperation::Revoke => consent::revoke(request, &patient, fields)?,
            ConsentOperation::Get => consent::get(request, &patient, consent_type)?,
            ConsentOperation::Status => consent::status(request, &patient, consent_type)?,
        })
    }

    /// The text that the signer agrees to; none where a consent is withdrawn, or nobody signs.
    fn official_text(&self, service: &Service) -> Result<Option<OfficialText>, ApiError> {
        if self.format.is_none() || self.request.operation != ConsentOperation::Put {
            return Ok(None);
        }
        let config = service.config();
        let texts = &config.consent_texts;
        let text = match self.request.text_language.as_deref() {
            // It was installed on arrival, and texts do not change while we run.
            Some(asked) => texts
                .in_language(asked)
                .ok_or_else(|| ApiError::from(ErrorCode::NoOfficialText))?,
            None => texts.dutch(),
        };
        // The language of dialogs is the reader's; the caller chose that of the text.
        let language = service.prompter.language();
        let foreign = explanation(Language::tag(language)).filter(|one| one.language != text.language());
        let help = foreign.map_or(TextHelp::Glossary, TextHelp::Explanation);
        Ok(Some(OfficialText {
            help: help.page(text, language),
            text: text.clone(),
        }))
    }

    /// The evidence to be signed, if there is to be any.
    fn evidence(
        &self,
        document: &Document,
        official: Option<&OfficialText>,
        subject: &PatientSource,
    ) -> Result<Option<EvidenceToSign>, ApiError> {
        let Some(format) = self.format else { return Ok(None) };
        Ok(Some(EvidenceToSign {
            format,
            bytes: EvidenceBytes::write(document, official.map(|official| &official.text))?,
            help: official.and_then(|official| official.help.clone()),
            patient_was_read: subject.is_on_card(),
            by_patient: self.signer == ConsentSigner::Patient,
        }))
    }
}

/// A text to agree to, and a page that helps to read it, which is not signed.
struct OfficialText {
    text: ConsentText,
    help: Option<String>,
}

/// The cards that a consent takes.
struct ConsentCards {
    subject: PatientSource,
    /// The card of the patient, or of the citizen who acts for him.
    patients: Option<Arc<Insertion>>,
    /// The card of the provider who signs.
    providers: Option<Arc<Insertion>>,
}

impl ConsentCards {
    /// Decides once: whatever changes later is `card-removed`.
    ///
    /// # Errors
    /// As [`Registry::resolve`](crate::cards::Registry::resolve) and [`PatientSource`].
    fn choose(order: &ConsentOrder<'_>, service: &Service) -> Result<Self, ApiError> {
        let registry = &service.registry;
        let named = order.request.card_id.as_deref();
        let named = named.map(|id| registry.resolve(id)).transpose()?;
        let (providers, named) = if order.is_signed_by(ConsentSigner::Provider) {
            match named {
                // The request has one member for two cards: the role of the reader tells which of them it names.
                Some(card) if registry.is_for_providers(&card) => (Some(card), None),
                other => (Some(registry.provider()?), other),
            }
        } else {
            (None, named)
        };
        let (subject, patients) = order.subject(named, service)?;
        Ok(Self {
            subject,
            patients,
            providers,
        })
    }
}

/// Refuses a provider's card whose holder is none of the parties that register, or is the patient: then the card is in
/// the wrong reader.
fn must_be_of_author(provider: &Identity, opened: &OpenedDocument, subject: &PatientSource) -> Result<(), ApiError> {
    let number = provider.complete().map_err(malformed)?.national_number.as_str();
    let is_party = |ssin: &str| ssin == number;
    let registers = opened.request.author().parties().filter_map(|party| party.ssin());
    let registers = registers.map(beid_protocol::numbers::Ssin::as_str).any(is_party);
    let is_patient = opened.patient(subject)?.ssin().as_str() == number;
    if registers && !is_patient {
        Ok(())
    } else {
        Err(ApiError::new(
            ErrorCode::WrongCard,
            Message::new("detail-consent-wrong-provider"),
        ))
    }
}

/// Refuses a language in which no official text is installed, so that nobody signs another text than was meant.
///
/// # Errors
/// `no-official-text`, with the languages there are; `invalid-request` for a text that is no language tag.
pub(crate) fn must_be_installed(asked: Option<&str>, service: &Service) -> Result<(), ApiError> {
    let Some(asked) = asked else { return Ok(()) };
    if !is_language(asked) {
        return Err(ApiError::invalid(
            "textLanguage",
            "must be a language such as nl or fr-BE",
        ));
    }
    let config = service.config();
    let texts = &config.consent_texts;
    if texts.in_language(asked).is_some() {
        return Ok(());
    }
    let there: Vec<&str> = texts.texts().map(ConsentText::language).collect();
    let text = Message::new("detail-no-official-text")
        .arg("language", asked)
        .arg("there", there.join(", "));
    Err(ApiError::new(ErrorCode::NoOfficialText, text))
}

/// True if it looks like a language tag. (RFC 5646, 2.1)
fn is_language(tag: &str) -> bool {
    (2..=35).contains(&tag.len()) && tag.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// Day of birth, if the card tells all of it.
pub(crate) fn born(holder: &Identity) -> Option<Date> {
    match holder.birth_date.as_ref()?.known? {
        KnownBirthDate::Day(day) => Some(day),
        KnownBirthDate::Year(_) => None,
    }
}
