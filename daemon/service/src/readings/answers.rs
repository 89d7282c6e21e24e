//! The answer about a reading: its values, who vouches for each, and the values for billing.

use super::order::{ReadingOrder, ReadingSource};
use crate::Context;
use crate::ceremony::PresentedCard;
use crate::documents::warning;
use crate::patients::check_answer;
use beid_api::ApiError;
use beid_api::types as t;
use beid_api::words::ReadingGroupWord;
use beid_card::CardCheck;
use beid_pki::{CheckName, Reason};
use beid_protocol::identity_reading::{
    EattestReading, EfactReading, IdentityReading, ManualReason, ReadingGroup, VignetteReason,
};
use beid_records::fhir::patient_identity_document;
use jiff::Timestamp;

/// Everything that is known about a reading.
pub(super) struct ReadingDetails<'d> {
    pub(super) order: &'d ReadingOrder,
    pub(super) reading: &'d IdentityReading,
    pub(super) presented: Option<&'d PresentedCard>,
    /// True if the caller confirmed the support.
    pub(super) is_confirmed: bool,
    pub(super) simulated: bool,
}

/// Describes a reading that is about to be recorded.
pub(super) fn reading_answer(
    context: &Context,
    details: &ReadingDetails<'_>,
) -> Result<t::IdentityReadingAnswer, ApiError> {
    let ReadingDetails {
        order,
        reading,
        presented,
        ..
    } = details;
    let (means, now) = (reading.means(), context.service.now());
    let mut answer = t::IdentityReadingAnswer {
        card_id: presented.map(|presented| presented.card_id.as_str().to_owned()),
        recorded_at: now.to_string(),
        way: means.way().word().to_owned(),
        support: means.support().word().to_owned(),
        serial_number: reading.serial_number().map(str::to_owned),
        national_number: reading.patient().as_str().to_owned(),
        manual_reason: means
            .manual_reason()
            .map(|reason| ManualReason::word(reason).to_owned()),
        vignette_reason: means
            .vignette_reason()
            .map(|reason| VignetteReason::word(reason).to_owned()),
        read_at: reading
            .read_at()
            .map(|time| time.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()),
        service_date: reading.service_date().map(|day| day.to_string()),
        provider: order.provider.clone().map(|nihii| t::ReadingProvider { nihii }),
        profession: order.profession.map(str::to_owned),
        reference: order.reference.clone(),
        attested: Vec::new(),
        stated: Vec::new(),
        checks: presented.map(|presented| checks(presented, now)).unwrap_or_default(),
        counts: match means.group() {
            ReadingGroup::Electronic => ReadingGroupWord::Electronic,
            ReadingGroup::Other => ReadingGroupWord::NotElectronic,
        },
        share: None,
        warnings: reading.warnings().iter().map(warning).collect(),
        encodings: encodings(reading, &order.encodings),
        evidence_id: None,
        simulated: details.simulated.then_some(true),
    };
    (answer.attested, answer.stated) = vouched_for(&answer, details);
    Ok(answer)
}

/// Checks of the card, and the one that is not made, so that nobody takes its absence for a pass.
fn checks(presented: &PresentedCard, now: Timestamp) -> Vec<t::CheckAnswer> {
    let not_made = CardCheck::unknown(CheckName::DocumentNotStopped, Reason::StateNotAsked);
    let all = presented.checks().iter().chain([&not_made]);
    all.map(|check| check_answer(check, now)).collect()
}

/// Sorts the members of a reading: those that the chip or the clock of this computer attests, and those that somebody said.
fn vouched_for(answer: &t::IdentityReadingAnswer, details: &ReadingDetails<'_>) -> (Vec<String>, Vec<String>) {
    let by_chip = details.presented.is_some();
    let by_clock = match &details.order.source {
        ReadingSource::Chip { .. } => true,
        ReadingSource::Stated(stated) => stated.read_at.is_none(),
    };
    // One row: the member, true if it is there, true if it is attested.
    let members = [
        ("way", true, by_chip),
        ("support", true, by_chip && !details.is_confirmed),
        ("serialNumber", answer.serial_number.is_some(), by_chip),
        ("nationalNumber", true, by_chip),
        ("manualReason", answer.manual_reason.is_some(), false),
        ("vignetteReason", answer.vignette_reason.is_some(), false),
        ("readAt", answer.read_at.is_some(), by_clock),
        ("serviceDate", answer.service_date.is_some(), false),
        ("provider", answer.provider.is_some(), false),
        ("profession", answer.profession.is_some(), false),
        ("reference", answer.reference.is_some(), false),
    ];
    let there = members.into_iter().filter(|(_, is_there, _)| *is_there);
    let (attested, stated): (Vec<_>, Vec<_>) = there.partition(|(_, _, is_attested)| *is_attested);
    let names = |rows: Vec<(&str, bool, bool)>| rows.into_iter().map(|(name, _, _)| name.to_owned()).collect();
    (names(attested), names(stated))
}

fn encodings(reading: &IdentityReading, wanted: &[t::ReadingEncoding]) -> t::ReadingEncodings {
    let wants = |encoding| wanted.contains(&encoding);
    t::ReadingEncodings {
        efact: wants(t::ReadingEncoding::Efact).then(|| efact(reading.efact())),
        eattest: reading
            .eattest()
            .filter(|_| wants(t::ReadingEncoding::Eattest))
            .map(eattest),
        fhir: wants(t::ReadingEncoding::Fhir).then(|| patient_identity_document(reading)),
    }
}

fn efact(zones: EfactReading) -> t::EfactZones {
    let EfactReading {
        z3,
        z6,
        z8,
        z9,
        z10,
        z11,
        z12,
        z16,
    } = zones;
    t::EfactZones {
        z3,
        z6,
        z8,
        z9,
        z10,
        z11,
        z12,
        z16,
    }
}

fn eattest(reading: EattestReading) -> t::EattestCardReading {
    t::EattestCardReading {
        date: reading.date,
        time: reading.time,
        input_type: reading.input_type.into(),
        media_type: reading.media_type.into(),
        manual_input_reason: reading.manual_input_reason.map(Into::into),
        vignette_reason: reading.vignette_reason.map(Into::into),
        serial: reading.serial,
    }
}
