//! Identity readings: the record that the sickness insurance asks of who bills by third-party payer, of how each patient was
//! identified at the moment of the care.
//!
//! ```text
//! ReadingMeans::new(way, support, reasons)      combinations that the insurers accept
//! IdentityReading::new(means, fields, now)      with number, serial number and time
//!     .efact() .eattest()                       the values ready for billing
//! ```
//!
//! Sources: royal decree of 18 September 2015 on the third-party payer, article 3; the insurers' errors of record 52.

mod codes;
mod encodings;

pub use codes::{DocumentSupport, ManualReason, ReadingGroup, ReadingSupport, ReadingWay, SerialRule, VignetteReason};
pub use encodings::{EattestReading, EfactReading};

use crate::error::{ProtocolError, Warning, WarningKind};
use crate::numbers::{EidCardNumber, Ssin};
use crate::period::{brussels_day, brussels_time};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, Zoned};

/// Time by which a stated time of reading may differ from the clock: a scanner or another computer may be a little off.
const TOLERANCE: SignedDuration = SignedDuration::from_mins(5);
/// Length of a serial number at most: that of zone 16.
const SERIAL_LENGTH: usize = 15;

/// Way, support and reasons of a reading that fit together.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ReadingMeans {
    way: ReadingWay,
    support: ReadingSupport,
    manual_reason: Option<ManualReason>,
    vignette_reason: Option<VignetteReason>,
}

impl ReadingMeans {
    /// Accepts the combinations that the insurers accept.
    ///
    /// # Errors
    /// [`ProtocolError::ReadingNotAllowed`] with the rule that is broken: way and support do not fit (520910), a reason is
    /// missing (520304, 521104) or not due (520310, 521110).
    pub fn new(
        way: ReadingWay,
        support: ReadingSupport,
        manual_reason: Option<ManualReason>,
        vignette_reason: Option<VignetteReason>,
    ) -> Result<Self, ProtocolError> {
        if !way.reads(support) {
            return not_allowed("such a support cannot be read in this way");
        }
        match (way, manual_reason) {
            (ReadingWay::Manual, None) => return not_allowed("a manual entry needs its reason, manualReason"),
            (ReadingWay::Manual, Some(_)) | (_, None) => {}
            (_, Some(_)) => return not_allowed("manualReason goes with manual entries only"),
        }
        let has_no_document = manual_reason == Some(ManualReason::NoDocument);
        if has_no_document != (support == ReadingSupport::None) {
            return not_allowed("the support none and the reason no-document go together only");
        }
        match (support, vignette_reason) {
            (ReadingSupport::Vignette, None) => return not_allowed("a vignette needs its reason, vignetteReason"),
            (ReadingSupport::Vignette, Some(_)) | (_, None) => {}
            (_, Some(_)) => return not_allowed("vignetteReason goes with vignettes only"),
        }
        Ok(Self {
            way,
            support,
            manual_reason,
            vignette_reason,
        })
    }

    /// The way of reading.
    #[must_use]
    pub fn way(self) -> ReadingWay {
        self.way
    }

    /// The support.
    #[must_use]
    pub fn support(self) -> ReadingSupport {
        self.support
    }

    /// The reason for manual entry.
    #[must_use]
    pub fn manual_reason(self) -> Option<ManualReason> {
        self.manual_reason
    }

    /// The reason for using a vignette.
    #[must_use]
    pub fn vignette_reason(self) -> Option<VignetteReason> {
        self.vignette_reason
    }

    /// Returns true if the entry is made later, without a time of reading.
    #[must_use]
    pub fn is_deferred(self) -> bool {
        self.manual_reason.is_some_and(ManualReason::is_deferred)
    }

    /// Group in which it counts.
    #[must_use]
    pub fn group(self) -> ReadingGroup {
        self.way.group(self.support)
    }
}

/// Values of a reading besides its means, as they come from the card or the caller.
#[derive(Clone, Copy)]
pub struct ReadingFields<'f> {
    /// The patient's national number.
    pub national_number: &'f str,
    /// Serial number of the support.
    pub serial_number: Option<&'f str>,
    /// Time of reading that was stated; `None`: now.
    pub read_at: Option<Timestamp>,
    /// Day of the care, if it was stated.
    pub service_date: Option<Date>,
}

/// Reading of a patient's identity, in values that the insurers accept.
#[derive(Clone, Eq, PartialEq)]
pub struct IdentityReading {
    means: ReadingMeans,
    patient: Ssin,
    serial_number: Option<String>,
    /// Time of reading in Belgium; `None` if the entry is deferred.
    read_at: Option<Zoned>,
    service_date: Option<Date>,
}

redacted_debug!(IdentityReading);

impl IdentityReading {
    /// Checks the values of one reading. `now` is the time at the end of the reading.
    ///
    /// # Errors
    /// [`ProtocolError::ReadingNotAllowed`] on a serial number or a time that is missing or not due;
    /// [`ProtocolError::InvalidNationalNumber`]; [`ProtocolError::InvalidRequest`] on a value that cannot be one.
    pub fn new(means: ReadingMeans, fields: ReadingFields<'_>, now: Timestamp) -> Result<Self, ProtocolError> {
        let patient = Ssin::parse(fields.national_number)
            .map_err(|rule| ProtocolError::national_number("nationalNumber", rule))?;
        must_have_serial(means.support, fields.serial_number)?;
        if let Some(serial) = fields.serial_number {
            must_be_serial(means, serial)?;
        }
        let read_at = time_of(means, fields.read_at, now)?;
        if fields.service_date.is_none() && means.is_deferred() {
            return Err(ProtocolError::invalid("serviceDate", "is needed"));
        }
        if fields.service_date > Some(brussels_day(now)) {
            return Err(ProtocolError::invalid("serviceDate", "must not be in the future"));
        }
        Ok(Self {
            means,
            patient,
            serial_number: fields.serial_number.map(str::to_owned),
            read_at,
            service_date: fields.service_date,
        })
    }

    /// Way, support and reasons.
    #[must_use]
    pub fn means(&self) -> ReadingMeans {
        self.means
    }

    /// The patient's national number.
    #[must_use]
    pub fn patient(&self) -> &Ssin {
        &self.patient
    }

    /// Serial number of the support.
    #[must_use]
    pub fn serial_number(&self) -> Option<&str> {
        self.serial_number.as_deref()
    }

    /// Time of reading in Belgium; `None` if the entry is deferred.
    #[must_use]
    pub fn read_at(&self) -> Option<&Zoned> {
        self.read_at.as_ref()
    }

    /// Day of the care, if it was stated.
    #[must_use]
    pub fn service_date(&self) -> Option<Date> {
        self.service_date
    }

    /// Remarks for a person.
    #[must_use]
    pub fn warnings(&self) -> Vec<Warning> {
        let mut warnings = Vec::new();
        let number = self
            .serial_number()
            .and_then(|serial| EidCardNumber::parse(serial).ok());
        // Chips tell their number themselves, and genuine cards are known to break the rule.
        let was_copied = self.means.way != ReadingWay::Chip && self.means.support == ReadingSupport::Eid;
        if was_copied && number.is_some_and(|number| !number.check_digits_match()) {
            warnings.push(Warning::new("serialNumber", WarningKind::SerialCheckDigits));
        }
        let read_on = self.read_at.as_ref().map(Zoned::date);
        if self.service_date.is_some() && read_on.is_some() && self.service_date != read_on {
            // The insurers' error 156 of electronic attestations.
            warnings.push(Warning::new("serviceDate", WarningKind::ServiceDateDiffers));
        }
        if self.means.vignette_reason == Some(VignetteReason::NoContactRequired) {
            // The insurers' error 521105.
            warnings.push(Warning::new("vignetteReason", WarningKind::ReasonNeedsServiceCheck));
        }
        warnings
    }
}

/// Decides the time of reading.
fn time_of(means: ReadingMeans, stated: Option<Timestamp>, now: Timestamp) -> Result<Option<Zoned>, ProtocolError> {
    if means.is_deferred() {
        return match stated {
            None => Ok(None),
            Some(_) => not_allowed("readAt does not go with an entry that is made later"),
        };
    }
    let stated = stated.unwrap_or(now);
    if stated.duration_since(now) > TOLERANCE {
        return not_allowed("readAt is in the future");
    }
    if now.duration_since(stated) > TOLERANCE {
        return not_allowed("readAt is more than five minutes ago; an entry that is made later has its own reasons");
    }
    Ok(Some(brussels_time(stated)))
}

fn must_have_serial(support: ReadingSupport, serial: Option<&str>) -> Result<(), ProtocolError> {
    match (support.serial_rule(), serial) {
        (SerialRule::Required, None) => not_allowed("this support has a serial number, which is missing"),
        (SerialRule::None, Some(_)) => not_allowed("this support has no serial number"),
        (SerialRule::Required, Some(_)) | (SerialRule::Optional, _) | (SerialRule::None, None) => Ok(()),
    }
}

/// Checks the form of a serial number. For a chip it is whatever the card says.
fn must_be_serial(means: ReadingMeans, serial: &str) -> Result<(), ProtocolError> {
    let is_digits = serial.bytes().all(|byte| byte.is_ascii_digit());
    let is_text =
        (1..=SERIAL_LENGTH).contains(&serial.len()) && serial.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let reason = match means.support {
        ReadingSupport::Eid if means.way != ReadingWay::Chip && !(is_digits && serial.len() == 12) => {
            "must be the 12 digits printed on the card, without dashes"
        }
        ReadingSupport::Eid | ReadingSupport::Foreigner if EidCardNumber::parse(serial).is_err() => {
            "must be the 1 to 12 letters and digits printed on the card"
        }
        ReadingSupport::Isi if !(is_digits && is_text) => "must be the 1 to 15 digits printed on the ISI+ card",
        ReadingSupport::Itsme if !is_text => "must be 1 to 15 letters and digits",
        ReadingSupport::Eid
        | ReadingSupport::Foreigner
        | ReadingSupport::Isi
        | ReadingSupport::Vignette
        | ReadingSupport::InsuredAttestation
        | ReadingSupport::LossAttestation
        | ReadingSupport::Itsme
        | ReadingSupport::None => return Ok(()),
    };
    Err(ProtocolError::invalid("serialNumber", reason))
}

fn not_allowed<T>(reason: &'static str) -> Result<T, ProtocolError> {
    Err(ProtocolError::ReadingNotAllowed { reason })
}

#[cfg(test)]
mod tests;
