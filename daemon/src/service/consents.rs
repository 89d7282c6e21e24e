//! Informed consents: the requests that register, withdraw and look for one, and evidence that somebody agreed.
//!
//! ```text
//! Plan::of(request)       what is asked, as far as it can be judged before a card is read
//! Cards::of(plan)         whose card tells who the patient is, and whose signs: decided once, on arrival
//! plan.document(...)      the request, finished: a consent carries no signature of its own
//! plan.agreed(...)        the text: the official one; only of consents that are given
//! evidence::Material      the request's bytes, the text, who acts for the patient: all that is signed
//! dialog::Shown           reads them back and shows them, page by page, before a PIN is asked
//! lasting::extend(...)    adds a time stamp and what was said of the certificates, where that can be had
//! ```
//!
//! Without evidence nobody is asked anything, and the request is the caller's word: the number of the patient's card is
//! all the proof there is in it.

mod dialog;
mod evidence;

use crate::api::types::{self as t, ConsentOperation, ConsentSigner};
use crate::api::{ApiError, ErrorCode};
use crate::service::cards::Insertion;
use crate::service::documents::{self, Head, HeadMembers, Presented, Subject, day, refuse};
use crate::service::patients::malformed;
use crate::service::pin::Asking;
use crate::service::signing::{self, Signatory};
use crate::service::{Context, Service, lasting};
use crate::texts::{Language, Message};
use beid_card::{Identity, KnownBirthDate};
use beid_protocol::codes::ConsentType;
use beid_protocol::consent::{self, ConsentFields};
use beid_protocol::consent_text::{ConsentText, explanation};
use beid_protocol::document::Document;
use beid_protocol::request::Request;
use dialog::{Beside, Shown};
use evidence::{Format, Material};
use jiff::Timestamp;
use jiff::civil::Date;
use std::sync::Arc;

pub(crate) async fn consent(context: Context, asked: t::ConsentRequest) -> Result<t::ConsentAnswer, ApiError> {
    let service = &context.service;
    let plan = Plan::of(&asked, service)?;
    let cards = Cards::of(&plan, service)?;
    let now = service.now();
    let by_patient = plan.is_signed_by(ConsentSigner::Patient);
    let patients = presented(service, cards.patients.as_ref(), by_patient, now).await?;
    let providers = presented(service, cards.providers.as_ref(), true, now).await?;

    let holder = patients.as_ref().map(Presented::holder);
    let request = plan.head.request(holder, now)?;
    if let Some(provider) = &providers {
        must_be_of_author(provider.holder(), &request, &cards.subject, holder)?;
    }
    let document = plan.document(&request, &cards.subject, holder)?;
    let agreed = plan.agreed(&context)?;
    let mut warnings = documents::warnings(&document);

    let card_id = patients.as_ref().map(|patients| patients.card_id.as_str().to_owned());
    let simulated = [&patients, &providers]
        .into_iter()
        .flatten()
        .any(|one| one.card.simulated);
    let patient_was_read = cards.subject.is_on_card();
    let (evidence, missing) = match (plan.format, if by_patient { patients } else { providers }) {
        (None, _) => (None, Vec::new()),
        (Some(_), None) => return Err(ErrorCode::NoCard.into()),
        (Some(format), Some(presented)) => {
            let signing = Signing {
                context: &context,
                format,
                material: Material::of(&document, agreed.as_ref().map(|agreed| &agreed.text))?,
                beside: agreed
                    .as_ref()
                    .and_then(|agreed| agreed.beside.text(&agreed.text, service.prompter.language())),
                patient_was_read,
                by_patient,
            };
            let (evidence, missing) = signing.with(presented, now).await?;
            (Some(evidence), missing)
        }
    };
    warnings.extend(missing);
    tracing::info!(
        operation = ?plan.request.operation,
        evidence = evidence.is_some(),
        by_patient,
        "consent request made"
    );
    Ok(t::ConsentAnswer {
        request_id: document.request_id().to_owned(),
        card_id,
        xml: document.xml().to_owned(),
        evidence,
        consent_text: agreed.map(|agreed| named(&agreed.text)),
        warnings,
        simulated: context.simulated().or(simulated.then_some(true)),
    })
}

/// Which text it was.
fn named(text: &ConsentText) -> t::ConsentTextAnswer {
    t::ConsentTextAnswer {
        id: text.id().to_owned(),
        language: text.language().to_owned(),
        version: text.version().to_owned(),
        sha256: text.sha256().to_owned(),
    }
}

/// What is asked, as far as it can be judged before a card is read.
struct Plan<'r> {
    request: &'r t::ConsentRequest,
    head: Head,
    format: Option<Format>,
    signer: ConsentSigner,
    sign_date: Option<Date>,
    revoke_date: Option<Date>,
}

impl<'r> Plan<'r> {
    fn of(request: &'r t::ConsentRequest, service: &Service) -> Result<Self, ApiError> {
        let format = Format::of(request.evidence);
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
        request.consent_type.as_deref().map(ConsentType::parse).transpose()?;
        must_be_installed(request.text_language.as_deref(), service)?;
        let head = HeadMembers {
            author: request.author.as_ref(),
            representative: request.representative.as_ref(),
            dialect: request.dialect.as_deref(),
            ..HeadMembers::default()
        };
        let head = Head::of(service, head)?;
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
            sign_date: day("signDate", request.sign_date.as_deref())?,
            revoke_date: day("revokeDate", request.revoke_date.as_deref())?,
        })
    }

    fn is_signed_by(&self, signer: ConsentSigner) -> bool {
        self.format.is_some() && self.signer == signer
    }

    /// Where the patient's data come from, and the card to read for them. Whoever changes a consent reads the patient's
    /// card if there is one, for its number is the proof; unless the caller says of the patient what no card here tells.
    fn subject(
        &self,
        named: Option<Arc<Insertion>>,
        service: &Service,
    ) -> Result<(Subject, Option<Arc<Insertion>>), ApiError> {
        let patient = self.request.patient.as_ref();
        let current = || named.clone().map_or_else(|| service.registry.resolve("current"), Ok);
        if self.is_signed_by(ConsentSigner::Patient) {
            return Ok((Subject::on_card(patient)?, Some(current()?)));
        }
        let changes = match self.request.operation {
            ConsentOperation::Put | ConsentOperation::Revoke => true,
            ConsentOperation::Get | ConsentOperation::Status => false,
        };
        let numbered_only = patient.is_some_and(|patient| patient.national_number.is_some() && !patient.say_more());
        if changes && numbered_only && named.is_none() && !self.head.is_of_citizen() {
            return match current() {
                Ok(card) => Ok((Subject::on_card(patient)?, Some(card))),
                Err(error) if matches!(error.code, ErrorCode::NoCard | ErrorCode::NoReader) => {
                    Ok((Subject::stated(patient)?, None))
                }
                Err(error) => Err(error),
            };
        }
        let subject = Subject::of(&self.head, patient, named.as_ref().map(|card| card.id.as_str()))?;
        let card = subject.is_on_card() || self.head.is_of_citizen();
        let card = card.then(current).transpose()?;
        Ok((subject, card))
    }

    /// The request, finished.
    fn document(&self, request: &Request, subject: &Subject, holder: Option<&Identity>) -> Result<Document, ApiError> {
        let patient = subject.patient(holder)?;
        let consent_type = self.request.consent_type.as_deref();
        let fields = ConsentFields {
            consent_type,
            sign_date: self.sign_date,
            revoke_date: self.revoke_date,
            birth_date: holder.filter(|_| subject.is_on_card()).and_then(born),
        };
        Ok(match self.request.operation {
            ConsentOperation::Put => consent::put(request, &patient, fields)?,
            ConsentOperation::Revoke => consent::revoke(request, &patient, fields)?,
            ConsentOperation::Get => consent::get(request, &patient, consent_type)?,
            ConsentOperation::Status => consent::status(request, &patient, consent_type)?,
        })
    }

    /// The text that whoever signs agrees to; none where a consent is withdrawn, or nobody signs.
    fn agreed(&self, context: &Context) -> Result<Option<Agreed>, ApiError> {
        if self.format.is_none() || self.request.operation != ConsentOperation::Put {
            return Ok(None);
        }
        let service = &context.service;
        let texts = &service.config.consent_texts;
        let text = match self.request.text_language.as_deref() {
            // It was installed on arrival, and texts do not change while we run.
            Some(asked) => texts
                .in_language(asked)
                .ok_or_else(|| ApiError::from(ErrorCode::NoOfficialText))?,
            None => texts.dutch(),
        };
        let foreign = explanation(Language::tag(service.prompter.language()));
        let foreign = foreign.filter(|one| one.language != text.language());
        Ok(Some(Agreed {
            text: text.clone(),
            beside: foreign.map_or(Beside::Glossary, Beside::Explanation),
        }))
    }
}

/// A text to agree to.
struct Agreed {
    text: ConsentText,
    beside: Beside,
}

/// Which cards it takes.
struct Cards {
    subject: Subject,
    /// The card of the patient, or of the citizen who acts for him.
    patients: Option<Arc<Insertion>>,
    /// The card of the provider who signs.
    providers: Option<Arc<Insertion>>,
}

impl Cards {
    /// Decides it once: whatever changes later is `card-removed`.
    ///
    /// # Errors
    /// As [`Registry::resolve`](crate::service::cards::Registry::resolve) and [`Subject`].
    fn of(plan: &Plan<'_>, service: &Service) -> Result<Self, ApiError> {
        let registry = &service.registry;
        let named = plan.request.card_id.as_deref();
        let named = named.map(|id| registry.resolve(id)).transpose()?;
        let (providers, named) = if plan.is_signed_by(ConsentSigner::Provider) {
            match named {
                Some(card) if registry.is_for_providers(&card) => (Some(card), None),
                other => (Some(registry.provider()?), other),
            }
        } else {
            (None, named)
        };
        let (subject, patients) = plan.subject(named, service)?;
        Ok(Self {
            subject,
            patients,
            providers,
        })
    }
}

async fn presented(
    service: &Service,
    card: Option<&Arc<Insertion>>,
    signing: bool,
    now: Timestamp,
) -> Result<Option<Presented>, ApiError> {
    match card {
        None => Ok(None),
        Some(card) => Presented::of(service, Some(card.id.as_str()), signing, now)
            .await
            .map(Some),
    }
}

/// The provider who signs is one of those who register, and not the patient, whose card would be in the wrong reader.
fn must_be_of_author(
    provider: &Identity,
    request: &Request,
    subject: &Subject,
    holder: Option<&Identity>,
) -> Result<(), ApiError> {
    let number = provider.complete().map_err(malformed)?.national_number.as_str();
    let is_party = |ssin: &str| ssin == number;
    let registers = request.author().parties().filter_map(|party| party.ssin());
    let registers = registers.map(beid_protocol::numbers::Ssin::as_str).any(is_party);
    let is_patient = subject.patient(holder)?.ssin().as_str() == number;
    if registers && !is_patient {
        Ok(())
    } else {
        Err(ApiError::new(
            ErrorCode::WrongCard,
            Message::new("detail-consent-wrong-provider"),
        ))
    }
}

/// An official text in a language that somebody asks for must be there: nobody signs another than was meant.
///
/// # Errors
/// `no-official-text`, with the languages there are; `invalid-request` for what is no language.
fn must_be_installed(asked: Option<&str>, service: &Service) -> Result<(), ApiError> {
    let Some(asked) = asked else { return Ok(()) };
    if !is_language(asked) {
        return Err(ApiError::invalid(
            "textLanguage",
            "must be a language such as nl or fr-BE",
        ));
    }
    let texts = &service.config.consent_texts;
    if texts.in_language(asked).is_some() {
        return Ok(());
    }
    let there: Vec<&str> = texts.texts().map(ConsentText::language).collect();
    let text = Message::new("detail-no-official-text")
        .arg("language", asked)
        .arg("there", there.join(", "));
    Err(ApiError::new(ErrorCode::NoOfficialText, text))
}

/// Whether it looks like a language tag. (RFC 5646, 2.1)
fn is_language(tag: &str) -> bool {
    (2..=35).contains(&tag.len()) && tag.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// The day of birth, if the card tells all of it.
fn born(holder: &Identity) -> Option<Date> {
    match holder.birth_date.as_ref()?.known? {
        KnownBirthDate::Day(day) => Some(day),
        KnownBirthDate::Year(_) => None,
    }
}

/// Evidence to be made.
struct Signing<'c> {
    context: &'c Context,
    format: Format,
    material: Material,
    beside: Option<String>,
    patient_was_read: bool,
    by_patient: bool,
}

impl Signing<'_> {
    /// Shows everything, asks the PIN, has the card that was read sign, and says what could not be added.
    async fn with(
        &self,
        presented: Presented,
        now: Timestamp,
    ) -> Result<(t::EvidenceAnswer, Vec<t::WarningAnswer>), ApiError> {
        let (service, card) = (&self.context.service, &presented.card);
        let signatory = presented.reading.signatory(service, now).await;
        let signatory = signatory.map_err(|error| self.without_certificate(error))?;
        let prepare = |now| self.material.prepare(self.format, &signatory, now);
        // Whatever cannot be made is refused before a person is asked.
        let signer = signatory.signer(card, signing::of_document(prepare(service.now())?.algorithm()))?;
        let asking = Asking::begin(self.context, card)?;
        asking.look_at_tries().await?;
        let entry = self.show(&signatory, &asking).await?;
        // The time of signing is now, however long the person has read. Nothing else differs.
        let pending = prepare(service.now())?;
        let made = signing::make(asking, signer, vec![pending.digest().to_vec()], entry).await?;
        let raw = made.into_iter().next();
        let made = pending.finish(raw.ok_or_else(|| ApiError::internal("signed nothing"))?)?;
        let field = |_| "evidence".to_owned();
        let (made, missing) = lasting::extend(service, vec![made], &signatory.said, field).await;
        let only = made.first().ok_or_else(|| ApiError::internal("signed nothing"))?;
        Ok((self.format.answer(only)?, missing))
    }

    async fn show(&self, signatory: &Signatory, asking: &Asking<'_>) -> Result<beid_card::Entry, ApiError> {
        let said = self.material.said()?;
        let shown = Shown {
            said: &said,
            beside: self.beside.as_deref(),
            holder: &signatory.holder,
            patient_was_read: self.patient_was_read,
            by_patient: self.by_patient,
        };
        shown.entry(asking).await
    }

    /// Patients under eighteen have no certificate: says what there is instead.
    fn without_certificate(&self, error: ApiError) -> ApiError {
        if self.by_patient && error.code == ErrorCode::CertificateMissing {
            let instead = Message::new("detail-consent-no-certificate");
            return ApiError::new(ErrorCode::CertificateMissing, instead);
        }
        error
    }
}
