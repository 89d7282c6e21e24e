//! Values of a reading as the billing formats write them.

use super::codes::NO_REASON;
use super::{IdentityReading, ManualReason, SERIAL_LENGTH, VignetteReason};
use jiff::Zoned;

/// Zones of record type 52 of the electronic invoice that a reading gives. The other zones are the biller's.
///
/// Source: layout of record 52 in the instructions for electronic invoicing of the NIHDI, 350 characters.
#[derive(Clone, Eq, PartialEq)]
pub struct EfactReading {
    /// Zone 3, position 9, 1 digit: reason for manual entry.
    pub z3: String,
    /// Zone 6a-6b, position 25, 8 digits: date of reading `YYYYMMDD`, or zeros.
    pub z6: String,
    /// Zone 8a-8b, position 36, 13 digits: national number, right-aligned.
    pub z8: String,
    /// Zone 9, position 49, 1 character: way of reading.
    pub z9: String,
    /// Zone 10, position 50, 1 character: support.
    pub z10: String,
    /// Zone 11, position 51, 1 digit: reason for the vignette.
    pub z11: String,
    /// Zone 12-13, position 52, 4 digits: hour of reading `HHMM` in Belgium, or zeros.
    pub z12: String,
    /// Zone 16, position 80, 15 characters: serial number of the support, left-aligned.
    pub z16: String,
}

/// Reading in an electronic attestation: the item `documentidentity` of its transaction.
#[derive(Clone, Eq, PartialEq)]
pub struct EattestReading {
    /// Date of reading, `YYYYMMDD` as a number.
    pub date: u32,
    /// Time of reading in Belgium, `HHMMSS` as a number.
    pub time: u32,
    /// Way of reading, `NIHDI-ID-DOC-INPUT-TYPE`.
    pub input_type: &'static str,
    /// Support, `NIHDI-ID-DOC-MEDIA-TYPE`.
    pub media_type: &'static str,
    /// Reason for manual entry, `NIHDI-ID-DOC-MANUAL-INPUT-JUSTIFICATION`.
    pub manual_input_reason: Option<&'static str>,
    /// Reason for the vignette, `NIHDI-ID-DOC-VIGNETTE-USE-JUSTIFICATION`.
    pub vignette_reason: Option<&'static str>,
    /// Serial number of the support.
    pub serial: Option<String>,
}

redacted_debug!(EfactReading EattestReading);

impl IdentityReading {
    /// Writes the zones of record 52.
    #[must_use]
    pub fn efact(&self) -> EfactReading {
        let means = self.means();
        let read_at = |format: &str, zeros: &str| {
            let written = self.read_at().map(|time| time.strftime(format).to_string());
            written.unwrap_or_else(|| zeros.to_owned())
        };
        EfactReading {
            z3: means.manual_reason().map_or(NO_REASON, ManualReason::code).to_owned(),
            z6: read_at("%Y%m%d", "00000000"),
            z8: format!("{:0>13}", self.patient().as_str()),
            z9: means.way().code().to_owned(),
            z10: means.support().code().to_owned(),
            z11: means
                .vignette_reason()
                .map_or(NO_REASON, VignetteReason::code)
                .to_owned(),
            z12: read_at("%H%M", "0000"),
            z16: format!("{:<SERIAL_LENGTH$}", self.serial_number().unwrap_or_default()),
        }
    }

    /// Writes the reading for an electronic attestation; `None` if the entry is deferred, because an attestation takes
    /// readings of the day of the care only (the insurers' errors 156, 223 and 224).
    #[must_use]
    pub fn eattest(&self) -> Option<EattestReading> {
        let (means, read_at) = (self.means(), self.read_at()?);
        Some(EattestReading {
            date: date_number(read_at),
            time: time_number(read_at),
            input_type: means.way().code(),
            media_type: means.support().code(),
            manual_input_reason: means.manual_reason().map(ManualReason::code),
            vignette_reason: means.vignette_reason().map(VignetteReason::code),
            serial: self.serial_number().map(str::to_owned),
        })
    }
}

fn date_number(time: &Zoned) -> u32 {
    in_hundreds([time.year(), time.month().into(), time.day().into()])
}

fn time_number(time: &Zoned) -> u32 {
    in_hundreds([time.hour().into(), time.minute().into(), time.second().into()])
}

fn in_hundreds(parts: [i16; 3]) -> u32 {
    parts
        .into_iter()
        .fold(0, |sum, part| sum * 100 + u32::try_from(part).unwrap_or_default())
}
