//! The caller's part of a reading, parsed before a card is read.

use crate::Service;
use crate::documents::{must_be_possible, refuse};
use beid_api::types as t;
use beid_api::{ApiError, Message};
use beid_protocol::ProtocolError;
use beid_protocol::identity_reading::{
    ManualReason, ReadingFields, ReadingMeans, ReadingSupport, ReadingWay, VignetteReason,
};
use beid_protocol::numbers::{Nihii, Ssin};
use beid_settings::Parties;
use jiff::Timestamp;
use jiff::civil::Date;

/// Length of a caller's own word at most, in characters.
const LONGEST_REFERENCE: usize = 64;

/// Reading that a caller wants recorded.
pub(super) struct ReadingOrder {
    pub(super) source: ReadingSource,
    pub(super) service_date: Option<Date>,
    /// NIHII number of the provider.
    pub(super) provider: Option<String>,
    /// Code of the provider's profession.
    pub(super) profession: Option<&'static str>,
    /// National number of the patient whom the caller expects.
    pub(super) expected: Option<String>,
    pub(super) reference: Option<String>,
    pub(super) encodings: Vec<t::ReadingEncoding>,
}

/// Source of what is known about the patient.
pub(super) enum ReadingSource {
    /// The chip of this card. The support, if the caller names one, confirms a new type of card.
    Chip {
        card_id: String,
        support: Option<ReadingSupport>,
    },
    /// The caller.
    Stated(StatedReading),
}

/// Reading by the caller's word.
pub(super) struct StatedReading {
    way: ReadingWay,
    support: ReadingSupport,
    manual_reason: Option<ManualReason>,
    vignette_reason: Option<VignetteReason>,
    national_number: String,
    serial_number: Option<String>,
    pub(super) read_at: Option<Timestamp>,
}

impl StatedReading {
    /// Way, support and reasons.
    ///
    /// # Errors
    /// `reading-not-allowed` if they do not fit together.
    pub(super) fn means(&self) -> Result<ReadingMeans, ProtocolError> {
        ReadingMeans::new(self.way, self.support, self.manual_reason, self.vignette_reason)
    }

    pub(super) fn fields(&self, service_date: Option<Date>) -> ReadingFields<'_> {
        ReadingFields {
            national_number: &self.national_number,
            serial_number: self.serial_number.as_deref(),
            read_at: self.read_at,
            service_date,
        }
    }
}

impl ReadingOrder {
    /// Parses a request.
    ///
    /// # Errors
    /// `invalid-request` or `invalid-national-number` on the member at fault.
    pub(super) fn parse(service: &Service, request: &t::IdentityReadingRequest) -> Result<Self, ApiError> {
        let (provider, profession) = provider(service, request)?;
        let expected = request.patient.as_ref().map(|patient| patient.national_number.clone());
        expected.as_deref().map_or(Ok(()), must_be_possible)?;
        if let Some(reference) = &request.reference {
            must_be_opaque(reference)?;
        }
        let usual = || vec![t::ReadingEncoding::Efact, t::ReadingEncoding::Eattest];
        Ok(Self {
            source: source(request)?,
            service_date: request.service_date.map(|day| day.0),
            provider,
            profession,
            expected,
            reference: request.reference.clone(),
            encodings: request.encodings.clone().unwrap_or_else(usual),
        })
    }
}

fn source(request: &t::IdentityReadingRequest) -> Result<ReadingSource, ApiError> {
    let (way, support) = (request.way.0, request.support.map(|support| support.0));
    if way == ReadingWay::Chip {
        let on_card = [
            ("serialNumber", request.serial_number.is_some()),
            ("nationalNumber", request.national_number.is_some()),
            ("readAt", request.read_at.is_some()),
        ];
        refuse(&on_card, "is read from the card, not taken from a request")?;
        let reasons = [
            ("manualReason", request.manual_reason.is_some()),
            ("vignetteReason", request.vignette_reason.is_some()),
        ];
        refuse(&reasons, "does not go with the way chip")?;
        let card_id = request.card_id.clone().unwrap_or_else(|| "current".to_owned());
        return Ok(ReadingSource::Chip { card_id, support });
    }
    refuse(&[("cardId", request.card_id.is_some())], "goes with the way chip only")?;
    let needed = |member: &str| ApiError::invalid(member, "is needed");
    Ok(ReadingSource::Stated(StatedReading {
        way,
        support: support.ok_or_else(|| needed("support"))?,
        manual_reason: request.manual_reason.map(|reason| reason.0),
        vignette_reason: request.vignette_reason.map(|reason| reason.0),
        national_number: request
            .national_number
            .clone()
            .ok_or_else(|| needed("nationalNumber"))?,
        serial_number: request.serial_number.clone(),
        read_at: request.read_at.map(|time| time.0),
    }))
}

/// The provider's number and the code of the profession: the caller's, or else those of the practice in the settings.
fn provider(
    service: &Service,
    request: &t::IdentityReadingRequest,
) -> Result<(Option<String>, Option<&'static str>), ApiError> {
    let practice = service.config.settings.provider.parties.as_ref().map(Parties::author);
    let parties = practice.map(|practice| practice.parties).unwrap_or_default();
    let usual = parties.into_iter().find(|party| party.nihii.is_some());
    let stated = request.profession.map(|profession| profession.code());
    if let Some(provider) = &request.provider {
        Nihii::parse(&provider.nihii).map_err(|error| ApiError::invalid("provider.nihii", error.to_string()))?;
        // The profession in the settings is that of another number.
        let same = usual.filter(|party| party.nihii.as_ref() == Some(&provider.nihii));
        let profession = stated.or(same.map(|party| party.party_type.code()));
        return Ok((Some(provider.nihii.clone()), profession));
    }
    let profession = stated.or(usual.as_ref().map(|party| party.party_type.code()));
    Ok((usual.and_then(|party| party.nihii), profession))
}

/// Refuses a caller's own word that cannot be kept beside a record: it is there in the clear.
fn must_be_opaque(reference: &str) -> Result<(), ApiError> {
    let invalid = |reason: &str| Err(ApiError::invalid("reference", Message::from(reason)));
    let length = reference.chars().count();
    if !(1..=LONGEST_REFERENCE).contains(&length) || reference.chars().any(char::is_control) {
        return invalid("must have 1 to 64 characters, and none that is invisible");
    }
    // As people write numbers: 85.05.14-024.18.
    let digits: Vec<char> = reference
        .chars()
        .filter(|c| !matches!(c, '.' | '-' | ' ' | '/'))
        .collect();
    let is_number = |window: &[char]| Ssin::parse(&window.iter().collect::<String>()).is_ok();
    if digits.windows(11).any(is_number) {
        return invalid("must not contain a national number");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_says_nothing_about_anybody() {
        for (reference, is_taken) in [
            ("visit 20261128-17", true),
            ("é", true),
            (&"x".repeat(64), true),
            (&"x".repeat(65), false),
            ("", false),
            ("a\nb", false),
            ("85051402418", false),
            ("85.05.14-024.18", false),
            ("patient 85051402418, room 3", false),
            ("8505140241", true),
        ] {
            assert_eq!(must_be_opaque(reference).is_ok(), is_taken, "{reference}");
        }
    }
}
