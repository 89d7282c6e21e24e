//! Identity readings: recording how a patient was identified, for the sickness insurance.
//!
//! ```text
//! order      what the caller says, parsed before a card is read
//! record     the chip, read and checked now; or the caller's word. The record, then the numbers, then the answer
//! counts     numbers by month and provider      list    readings of before      codes   tables, for forms
//! ```
//!
//! Of a chip nothing about the patient is taken from the caller, and nothing is taken from a cache. Of every other way
//! beidd checks shapes, rules and the clock, and says in the answer that it asserts nothing else.

mod answers;
pub(crate) mod codes;
mod counts;
pub(crate) mod list;
mod order;

pub use counts::ReadingCounts;

use crate::ceremony::PresentedCard;
use crate::evidence::{Departure, Outcome, Recording, owner_of};
use crate::patients::malformed;
use crate::reports::{self, CountFacts};
use crate::{Context, caller::Asker};
use answers::{ReadingDetails, reading_answer};
use beid_api::types as t;
use beid_api::{ApiError, ErrorCode};
use beid_card::Identity;
use beid_evidence::{RecordKind, Unrecorded};
use beid_protocol::WarningKind;
use beid_protocol::identity_reading::{
    DocumentSupport, IdentityReading, ReadingFields, ReadingMeans, ReadingSupport, ReadingWay,
};
use beid_texts::Message;
use counts::{CountedParty, CountedReading};
use futures_util::future::{BoxFuture, FutureExt};
use order::{ReadingOrder, ReadingSource};
use serde_json::{Value, json};

pub(crate) async fn record(context: Context, request: t::IdentityReadingRequest) -> Result<UncountedReading, ApiError> {
    let order = ReadingOrder::parse(&context.service, &request)?;
    let key = CountedParty {
        owner: owner_of(&context.caller.id),
        caller: name_of(&context.caller.asker),
        provider: order.provider.clone(),
        profession: order.profession.map(str::to_owned),
    };
    let taken = take(&context, &order).await;
    if let Err(error) = &taken {
        context.service.readings.refuse(&key, error.code, context.service.now());
    }
    let TakenReading {
        reading,
        presented,
        is_confirmed,
    } = taken?;
    let simulated = context.service.config().simulated || presented.as_ref().is_some_and(|one| one.card.simulated);
    let details = ReadingDetails {
        order: &order,
        reading: &reading,
        presented: presented.as_ref(),
        is_confirmed,
        simulated,
    };
    let answer = reading_answer(&context, &details)?;
    let facts = CountFacts {
        party: Some(counted_party(&order)),
        way: Some(reading.means().way().word()),
        is_simulated: simulated,
        ..CountFacts::default()
    };
    let mut recording = Recording::new(&context, RecordKind::IdentityReading)
        .counting(facts)
        .presented(presented.as_ref())
        .about([reading.patient().as_str().to_owned()])
        .referred_to_as(order.reference.as_ref())
        .with("timeZone", "Europe/Brussels");
    if let Some(presented) = &presented {
        recording = recording.with("document", document_facts(presented));
    }
    Ok(UncountedReading {
        counted: CountedReading::new(key, &reading, simulated),
        unrecorded: recording.with_answer(answer)?,
    })
}

/// Provider of a reading, in reports.
fn counted_party(order: &ReadingOrder) -> reports::CountedParty {
    reports::CountedParty {
        profession: order.profession.map(str::to_owned),
        number: order.provider.clone(),
    }
}

/// Name of a caller in the numbers.
fn name_of(asker: &Asker) -> String {
    match asker {
        Asker::Origin(name) | Asker::Program(name) => name.clone(),
        Asker::OwnPage => "own-page".to_owned(),
    }
}

/// Facts about a document whose chip was read: enough to show later, with its files, that these very files were read.
fn document_facts(presented: &PresentedCard) -> Value {
    let (holder, digests) = (presented.holder(), presented.digests());
    let signer = presented.register().first();
    json!({
        "type": holder.document_type.map(|kind| kind.0),
        "validUntil": holder.valid_until.map(|day| day.to_string()),
        "identitySha256": hex(&digests.identity),
        "identitySignatureSha256": hex(&digests.signature),
        "registerCertificateSha256":
            signer.map(|signer| hex(&beid_pki::HashAlgorithm::Sha256.digest(signer.der()))),
    })
}

fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

/// A reading that was taken, with the card if a chip was read.
struct TakenReading {
    reading: IdentityReading,
    presented: Option<PresentedCard>,
    /// True if the caller confirmed a type of card that is newer than this software.
    is_confirmed: bool,
}

async fn take(context: &Context, order: &ReadingOrder) -> Result<TakenReading, ApiError> {
    let taken = match &order.source {
        ReadingSource::Chip { card_id, support } => chip(context, order, card_id, *support).await?,
        ReadingSource::Stated(stated) => TakenReading {
            reading: IdentityReading::new(
                stated.means()?,
                stated.fields(order.service_date),
                context.service.now(),
            )?,
            presented: None,
            is_confirmed: false,
        },
    };
    let patient = taken.reading.patient().as_str();
    if order.expected.as_deref().is_some_and(|expected| expected != patient) {
        return Err(ErrorCode::PatientMismatch.into());
    }
    Ok(taken)
}

/// Reads the patient's card now, and judges it.
async fn chip(
    context: &Context,
    order: &ReadingOrder,
    card_id: &str,
    stated: Option<ReadingSupport>,
) -> Result<TakenReading, ApiError> {
    let service = &context.service;
    let card = service.registry.resolve(card_id)?;
    let presented = PresentedCard::read(service, card, None, service.now()).await?;
    let (support, is_confirmed) = support_of(presented.holder(), stated)?;
    let identity = presented.holder().complete().map_err(malformed)?;
    let fields = ReadingFields {
        national_number: identity.national_number.as_str(),
        serial_number: Some(identity.card_number.as_str()),
        read_at: None,
        service_date: order.service_date,
    };
    let means = ReadingMeans::new(ReadingWay::Chip, support, None, None)?;
    // The clock is asked at the end: that is the time of the reading.
    let reading = IdentityReading::new(means, fields, service.now())?;
    Ok(TakenReading {
        reading,
        presented: Some(presented),
        is_confirmed,
    })
}

/// Decides the support of a card, and if it is so only because the caller confirms it.
fn support_of(holder: &Identity, stated: Option<ReadingSupport>) -> Result<(ReadingSupport, bool), ApiError> {
    let unsupported = |text| Err(ApiError::new(ErrorCode::UnsupportedCard, Message::new(text)));
    let document = holder
        .document_type
        .map(|kind| DocumentSupport::from_document_type(kind.0));
    match (document, stated) {
        (Some(DocumentSupport::Known(known)), Some(stated)) if stated != known => {
            Err(ApiError::invalid("support", "is not what the card says"))
        }
        (Some(DocumentSupport::Known(known)), _) => Ok((known, false)),
        (Some(DocumentSupport::NoDocument), _) => unsupported("detail-reading-no-identity-document"),
        (Some(DocumentSupport::Unknown) | None, Some(ReadingSupport::Foreigner)) => {
            Ok((ReadingSupport::Foreigner, true))
        }
        (Some(DocumentSupport::Unknown) | None, _) => unsupported("detail-reading-unknown-document"),
    }
}

/// A reading that is neither recorded nor counted.
pub(crate) struct UncountedReading {
    unrecorded: Unrecorded<t::IdentityReadingAnswer>,
    counted: CountedReading,
}

impl Outcome<t::IdentityReadingAnswer> for UncountedReading {
    const IS_RECORDED: bool = true;

    fn release(self, departure: Departure) -> BoxFuture<'static, Result<t::IdentityReadingAnswer, ApiError>> {
        let service = departure.service.clone();
        let released = async move {
            // What could not be recorded is not counted either.
            let mut answer = self.unrecorded.release(departure).await?;
            let counted = service.readings.count(&self.counted, service.now());
            tracing::info!(way = answer.way.as_str(), "identity reading recorded");
            let mut warn = |kind: WarningKind, field: &str| {
                let (code, field) = (kind.code().to_owned(), field.to_owned());
                answer.warnings.push(t::WarningAnswer { code, field });
            };
            if counted.is_repeated {
                warn(WarningKind::CardNumberDuplicate, "serialNumber");
            }
            if let Some(kind) = counted.share_warning {
                warn(kind, "share");
            }
            if answer.evidence_id.is_none() {
                warn(WarningKind::NotStored, "evidenceId");
            }
            answer.share = Some(counted.share);
            Ok(answer)
        };
        released.boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_identity_document_that_is_known_has_its_support() {
        for code in 0..=99_u8 {
            let document = DocumentSupport::from_document_type(code);
            let name = beid_card::DocumentType(code).name();
            let expected = match code {
                1 | 6 => DocumentSupport::Known(ReadingSupport::Eid),
                7 | 8 => DocumentSupport::NoDocument,
                _ if name == "unknown" => continue,
                _ => DocumentSupport::Known(ReadingSupport::Foreigner),
            };
            assert_eq!(document, expected, "{code} {name}");
        }
    }
}
