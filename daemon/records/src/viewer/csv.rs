//! The line of text that the viewer wrote until version 4.0: fields with semicolons between them, no quotes, no header.

use super::read_xml::{birth_of_words, certificate_name, dotted, gender, words};
use super::tables::{self, MONTHS, status_digit, status_of_digit};
use super::{StatedRecord, ViewerRecord, certificate, first_of_each, needed, no_export, octets};
use crate::{cannot_carry, carried};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use beid_api::ApiError;
use beid_api::types::{ExportFormat, ExportedAddress, ExportedIdentity};
use beid_api::words::GenderWord;
use jiff::civil::Date;

/// Characters of base64 between two blanks.
const GROUP: usize = 60;

/// Number of the field before which the certificates begin.
const CERTIFICATES: usize = 51;

/// Writes the line.
///
/// # Errors
/// `not-acceptable` if the card lacks a field that the format asks for, or has a text that would break the line, or that
/// programs for tables would run as a formula; it names the field.
pub fn write(record: &ViewerRecord<'_>) -> Result<Vec<u8>, ApiError> {
    let (identity, address) = (record.identity, record.address);
    let text = |value: &Option<String>, member: &str| field(value.as_deref().unwrap_or_default(), member);
    let code = identity.document_type.as_ref().map(|document| document.code);
    let gender = match identity.gender {
        Some(GenderWord::Male) => "M",
        Some(GenderWord::Female) => "F",
        Some(GenderWord::Unknown | GenderWord::Other(_)) | None => "",
    };
    let initial = identity.third_given_name_initial.as_deref().unwrap_or_default();
    let given = format!("{} {initial}", record.given_names);
    let member = if identity.member_of_family == Some(true) {
        "1"
    } else {
        ""
    };
    let status = identity.special_status.as_ref().map(status_digit);
    let day = |day: &Option<String>, member: &str| dotted_day(needed(day.as_deref(), member)?, member);
    let mut fields = vec![
        "1".to_owned(),
        "eid".to_owned(),
        String::new(),
        code.map(|code| format!("{code:02}")).unwrap_or_default(),
        field(given.trim(), "givenNames")?,
        text(&identity.family_name, "familyName")?,
        gender.to_owned(),
        birth_words(needed(identity.birth_date.as_deref(), "birthDate")?)?,
        text(&identity.birth_place, "birthPlace")?,
        text(&identity.noble_condition, "nobleCondition")?,
        text(&identity.nationality, "nationality")?,
        text(&identity.national_number, "nationalNumber")?,
        text(&identity.duplicate, "duplicate")?,
        text(&identity.special_organisation, "specialOrganisation")?,
        member.to_owned(),
        status.map(|digit| digit.to_string()).unwrap_or_default(),
        text(&identity.card_number, "cardNumber")?,
        text(&identity.chip_number, "chipNumber")?,
        day(&identity.valid_from, "validFrom")?,
        day(&identity.valid_until, "validUntil")?,
        text(&identity.issuing_municipality, "issuingMunicipality")?,
        String::new(),
        text(&address.street_and_number, "streetAndNumber")?,
        text(&address.postal_code, "postalCode")?,
        text(&address.municipality, "municipality")?,
        "be".to_owned(),
    ];
    // The card's own files, which the viewer left empty.
    fields.extend(std::iter::repeat_n(String::new(), 4));
    fields.push(grouped(record.photo));
    // Members of the chip, which it left empty too.
    fields.resize(CERTIFICATES, String::new());
    fields.extend(certificates(record));
    Ok((fields.join(";") + "\r\n").into_bytes())
}

fn certificates(record: &ViewerRecord<'_>) -> Vec<String> {
    let of = record.certificates;
    let register = [("RRN", of.national_register)];
    let holder = [
        ("Authentication", of.authentication),
        ("Signature", of.signature),
        ("CA", of.intermediate),
        ("Root", of.root),
    ];
    let there: Vec<_> = holder.into_iter().filter(|(_, der)| !der.is_empty()).collect();
    let row = |(label, der): (&str, &[u8])| [label.to_owned(), "1".to_owned(), grouped(der), String::new()];
    let mut fields: Vec<String> = register.into_iter().flat_map(row).collect();
    fields.push(there.len().to_string());
    fields.extend(there.into_iter().flat_map(row));
    fields.push("0".to_owned());
    fields
}

/// A text as a field.
fn field(text: &str, member: &str) -> Result<String, ApiError> {
    let is_formula = text.starts_with(['=', '+', '-', '@']);
    if text.is_empty() || (carried(text).is_some() && !text.contains([';', '"']) && !is_formula) {
        Ok(text.to_owned())
    } else {
        Err(cannot_carry(member))
    }
}

/// `28 FEB 1990`, or the year alone.
fn birth_words(date: &str) -> Result<String, ApiError> {
    let Ok(day) = date.parse::<Date>() else {
        return field(date, "birthDate");
    };
    let month = usize::try_from(day.month() - 1).ok().and_then(|at| MONTHS.get(at));
    let month = month.ok_or_else(|| cannot_carry("birthDate"))?;
    Ok(format!("{} {month} {:04}", day.day(), day.year()))
}

fn dotted_day(day: &str, member: &str) -> Result<String, ApiError> {
    let day: Date = day.parse().map_err(|_| cannot_carry(member))?;
    Ok(format!("{:02}.{:02}.{:04}", day.day(), day.month(), day.year()))
}

fn grouped(octets: &[u8]) -> String {
    let mut text = String::new();
    for (at, c) in BASE64.encode(octets).chars().enumerate() {
        if at > 0 && at % GROUP == 0 {
            text.push(' ');
        }
        text.push(c);
    }
    text
}

/// Reads the first line.
///
/// # Errors
/// `invalid-request` if it is not text in UTF-8, or has fewer fields than an address needs.
pub(super) fn read(text: &[u8]) -> Result<StatedRecord, ApiError> {
    let text = str::from_utf8(text).map_err(|_| no_export())?;
    let fields: Vec<&str> = text.lines().next().unwrap_or_default().split(';').collect();
    let at = |index: usize| -> Option<String> {
        let text = fields.get(index)?.trim();
        (!text.is_empty()).then(|| text.to_owned())
    };
    if fields.len() < 25 {
        return Err(no_export());
    }
    let status = at(15).and_then(|digit| digit.parse().ok());
    Ok(StatedRecord {
        format: ExportFormat::Csv,
        identity: ExportedIdentity {
            card_number: at(16),
            chip_number: at(17),
            valid_from: at(18).and_then(|day| dotted(&day)),
            valid_until: at(19).and_then(|day| dotted(&day)),
            issuing_municipality: at(20),
            national_number: at(11),
            family_name: at(5),
            given_names: at(4).map(|names| words(&names)),
            nationality: at(10),
            birth_place: at(8),
            gender: at(6).map(|letter| gender(&letter)),
            noble_condition: at(9),
            document_type: at(3).and_then(|code| tables::document_type_of_code(&code)),
            special_status: status.and_then(status_of_digit),
            duplicate: at(12),
            member_of_family: at(14).map(|word| word == "1"),
            ..birth_of_words(at(7))
        },
        address: ExportedAddress {
            street_and_number: at(22),
            postal_code: at(23),
            municipality: at(24),
        },
        photo: at(30).and_then(|photo| octets(&photo)),
        certificates: certificates_of(&fields),
    })
}

/// Certificates by their labels, which stand two fields before them.
fn certificates_of(fields: &[&str]) -> Vec<(&'static str, Vec<u8>)> {
    let found = fields.windows(3).skip(CERTIFICATES).filter_map(|window| match window {
        [label, "1", data] => Some((certificate_name(label)?, *data)),
        _ => None,
    });
    let found = first_of_each(found).into_iter();
    found
        .filter_map(|(name, data)| Some((name, certificate(octets(data)?)?)))
        .collect()
}
