//! Reading XML files of viewers, of version 4 and 3.5, and files of other programs that hold a card's own files.

use super::tables::{self, CARD_MENTIONS, SPECIAL_STATUS, WORK_PERMITS};
use super::{CardFiles, Export, StatedRecord, certificate, first_of_each, no_export, octets};
use beid_api::ApiError;
use beid_api::types::{DocumentTypeAnswer, ExportFormat, ExportedAddress, ExportedIdentity};
use beid_api::words::{DatePrecision, GenderWord};
use beid_protocol::markup::Source;
use roxmltree::{Document, Node};

/// Reads a file by its root element.
///
/// # Errors
/// `invalid-request` if it is no XML, has a document type or goes beyond limits, or its root element is none of a viewer's.
pub(super) fn read(text: &[u8]) -> Result<Export, ApiError> {
    let source = Source::read(text).map_err(|_| no_export())?;
    let document = source.parse().map_err(|_| no_export())?;
    let stated = |record| Export::Stated(Box::new(record));
    match document.root_element().tag_name().name() {
        "eid" => Ok(stated(version_4(document.root_element()))),
        "beid_card" => Ok(stated(version_3(&document))),
        "BelPicDirectory" => CardFiles::from_quick_key(&document).map(|files| Export::CardFiles(Box::new(files))),
        "card" => CardFiles::from_test_card(&document).map(|files| Export::CardFiles(Box::new(files))),
        _ => Err(no_export()),
    }
}

/// Text of `node` that says something: without blanks around it.
fn said(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

fn text_in(parent: Option<Node<'_, '_>>, name: &str) -> Option<String> {
    let node = parent?.children().find(|node| node.has_tag_name(name))?;
    said(&content(node))
}

/// All text inside of `node`. A comment inside of a value does not cut it in two.
fn content(node: Node<'_, '_>) -> String {
    let texts = node.descendants().filter(Node::is_text);
    texts.filter_map(|node| node.text()).collect()
}

fn attribute(node: Option<Node<'_, '_>>, name: &str) -> Option<String> {
    node.and_then(|node| said(node.attribute(name)?))
}

/// Reads version 4.
fn version_4(root: Node<'_, '_>) -> StatedRecord {
    let part = |name: &str| root.children().find(|node| node.has_tag_name(name));
    let (identity, card, address) = (part("identity"), part("card"), part("address"));
    let (birth_date, birth_date_precision) = born(attribute(identity, "dateofbirth"));
    let in_card = |name: &str| card?.children().find(|node| node.has_tag_name(name));
    let permit = in_card("workpermit");
    let mentions = |element: &str, names: [&str; 2]| -> Vec<String> {
        let node = in_card(element);
        names.into_iter().filter_map(|name| attribute(node, name)).collect()
    };
    let codes = |words: Vec<String>| words.iter().map(|word| tables::code(CARD_MENTIONS, word)).collect();
    let status = attribute(identity, "specialstatus");
    let status = SPECIAL_STATUS.iter().position(|word| Some(*word) == status.as_deref());
    StatedRecord {
        format: ExportFormat::EidXml,
        identity: ExportedIdentity {
            card_number: attribute(card, "cardnumber"),
            chip_number: attribute(card, "chipnumber"),
            valid_from: attribute(card, "validitydatebegin").and_then(|day| dashed(&day)),
            valid_until: attribute(card, "validitydateend").and_then(|day| dashed(&day)),
            issuing_municipality: text_in(card, "deliverymunicipality"),
            national_number: attribute(identity, "nationalnumber"),
            family_name: text_in(identity, "name"),
            given_names: text_in(identity, "firstname").map(|names| words(&names)),
            third_given_name_initial: text_in(identity, "middlenames"),
            nationality: text_in(identity, "nationality"),
            birth_place: text_in(identity, "placeofbirth"),
            birth_date,
            birth_date_precision,
            gender: attribute(identity, "gender").map(|word| gender(&word)),
            noble_condition: attribute(identity, "noblecondition"),
            document_type: attribute(card, "documenttype").and_then(|word| tables::document_type(&word)),
            special_status: status.and_then(tables::status_of_digit),
            duplicate: attribute(identity, "duplicate"),
            member_of_family: attribute(identity, "memberoffamily").map(|word| ["1", "true"].contains(&word.as_str())),
            date_and_country_of_protection: text_in(card, "protection_date_country")
                .or_else(|| attribute(identity, "dateandcountryofprotection")),
            // An empty mention occurs: it says nothing.
            work_permit: attribute(permit, "mention").map(|word| tables::code(WORK_PERMITS, &word)),
            employer_vat: ["vat1", "vat2"]
                .into_iter()
                .filter_map(|name| attribute(permit, name))
                .collect(),
            regional_file_number: attribute(permit, "regionalfile"),
            brexit: mentions("brexit", ["mention1", "mention2"]),
            card_mentions: codes(mentions("cardA", ["mentions1", "mentions2"])),
        },
        address: ExportedAddress {
            street_and_number: text_in(address, "streetandnumber"),
            postal_code: text_in(address, "zip"),
            municipality: text_in(address, "municipality"),
        },
        photo: text_in(identity, "photo").and_then(|photo| octets(&photo)),
        certificates: [
            ("authentication", "authentication"),
            ("signature", "signing"),
            ("intermediate", "citizenca"),
            ("root", "root"),
            ("national-register", "rrn"),
        ]
        .into_iter()
        .filter_map(|(name, element)| {
            let file = octets(&text_in(part("certificates"), element)?)?;
            Some((name, certificate(file)?))
        })
        .collect(),
    }
}

/// Reads version 3.5. Its elements have names that are each used once, wherever they stand.
fn version_3(document: &Document<'_>) -> StatedRecord {
    let node = |name: &str| document.descendants().find(|node| node.has_tag_name(name));
    let field = |name: &str| node(name).and_then(|node| said(&content(node)));
    let picture = node("picture").and_then(|picture| picture.descendants().find(|node| node.has_tag_name("data")));
    StatedRecord {
        format: ExportFormat::BeidCardXml,
        identity: ExportedIdentity {
            card_number: field("logical_nr"),
            chip_number: field("chip_nr"),
            valid_from: field("date_begin").and_then(|day| dotted(&day)),
            valid_until: field("date_end").and_then(|day| dotted(&day)),
            issuing_municipality: field("issuing_municipality"),
            national_number: field("national_nr"),
            family_name: field("surname"),
            given_names: field("name").map(|names| words(&names)),
            nationality: field("nationality"),
            birth_place: field("location_of_birth"),
            gender: field("gender").map(|letter| gender(&letter)),
            noble_condition: field("nobility"),
            document_type: field("type").and_then(|code| document_type(&code)),
            duplicate: field("duplicata"),
            ..birth_of_words(field("date_of_birth"))
        },
        address: ExportedAddress {
            street_and_number: field("street"),
            postal_code: field("zip"),
            // Only the address has this one; the issuer's has another name.
            municipality: field("municipality"),
        },
        photo: picture.and_then(|data| octets(&content(data))),
        certificates: labelled(document),
    }
}

/// Certificates by their labels.
fn labelled(document: &Document<'_>) -> Vec<(&'static str, Vec<u8>)> {
    let labels = document.descendants().filter(|node| node.has_tag_name("label"));
    let named = labels.filter_map(|label| Some((certificate_name(content(label).trim())?, label)));
    // Before anything is decoded: labels of one parent share its data.
    let found = first_of_each(named).into_iter().filter_map(|(name, label)| {
        let mut siblings = label.parent()?.children();
        let data = siblings.find(|node| node.has_tag_name("data"))?;
        Some((name, certificate(octets(&content(data))?)?))
    });
    found.collect()
}

/// Name of the certificate that older viewers call `label`.
pub(super) fn certificate_name(label: &str) -> Option<&'static str> {
    match label {
        "Authentication" => Some("authentication"),
        "Signature" => Some("signature"),
        "CA" => Some("intermediate"),
        "Root" => Some("root"),
        "RRN" => Some("national-register"),
        _ => None,
    }
}

fn document_type(code: &str) -> Option<DocumentTypeAnswer> {
    tables::document_type_of_code(code)
}

pub(super) fn words(names: &str) -> Vec<String> {
    names.split_whitespace().map(str::to_owned).collect()
}

pub(super) fn gender(word: &str) -> GenderWord {
    match word {
        "male" | "M" => GenderWord::Male,
        "female" | "F" | "V" | "W" => GenderWord::Female,
        _ => GenderWord::Unknown,
    }
}

/// Date of birth `YYYYMMDD`. Month 00 means that it is not known, and then the day means nothing.
fn born(text: Option<String>) -> (Option<String>, Option<DatePrecision>) {
    let Some(text) = text else { return (None, None) };
    let is_year = |year: &&str| year.len() == 4 && year.bytes().all(|byte| byte.is_ascii_digit());
    let year = text.get(..4).filter(is_year);
    match (dashed(&text), year) {
        (Some(day), _) => (Some(day), Some(DatePrecision::Day)),
        (None, Some(year)) => (Some(year.to_owned()), Some(DatePrecision::Year)),
        (None, None) => (None, None),
    }
}

/// Date of birth in the card's words: `28 FEB 1990`, or a year.
pub(super) fn birth_of_words(text: Option<String>) -> ExportedIdentity {
    let parts: Vec<String> = text
        .unwrap_or_default()
        .split([' ', '.'])
        .filter(|part| !part.is_empty())
        .map(str::to_uppercase)
        .collect();
    let (birth_date, birth_date_precision) = match parts.as_slice() {
        [day, month, year] => {
            let day = day_of(year, month_number(month), day);
            let precision = day.is_some().then_some(DatePrecision::Day);
            (day, precision)
        }
        [year] if year.len() == 4 && year.bytes().all(|byte| byte.is_ascii_digit()) => {
            (Some(year.clone()), Some(DatePrecision::Year))
        }
        _ => (None, None),
    };
    ExportedIdentity {
        birth_date,
        birth_date_precision,
        ..ExportedIdentity::default()
    }
}

/// Number of a month by the beginning of its word in Dutch, French, German or English.
fn month_number(word: &str) -> Option<i8> {
    let rows: [&[&str]; 12] = [
        &["JAN"],
        &["FEB", "FEV", "FÉV"],
        &["MAA", "MAR", "MÄR"],
        &["APR", "AVR"],
        &["MEI", "MAI", "MAY"],
        &["JUN", "JUIN"],
        &["JUL", "JUIL"],
        &["AUG", "AOU", "AOÛ"],
        &["SEP"],
        &["OKT", "OCT"],
        &["NOV"],
        &["DEC", "DÉC", "DEZ"],
    ];
    let at = rows
        .iter()
        .position(|words| words.iter().any(|known| word.starts_with(known)))?;
    i8::try_from(at + 1).ok()
}

fn day_of(year: &str, month: Option<i8>, day: &str) -> Option<String> {
    let date = jiff::civil::Date::new(year.parse().ok()?, month?, day.parse().ok()?);
    date.ok().map(|date| date.to_string())
}

/// `2024-01-15` from `20240115`.
fn dashed(text: &str) -> Option<String> {
    let is_day = text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit());
    let part = |from: usize, to: usize| text.get(from..to).filter(|_| is_day);
    day_of(part(0, 4)?, part(4, 6)?.parse().ok(), part(6, 8)?)
}

/// `2024-01-15` from `15.01.2024`.
pub(super) fn dotted(text: &str) -> Option<String> {
    let mut parts = text.trim().split('.');
    let (day, month, year) = (parts.next()?, parts.next()?, parts.next()?);
    let whole = parts.next().is_none();
    day_of(year, month.parse().ok().filter(|_| whole), day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_of_birth_say_no_more_than_is_known() {
        let check = |text: &str, date: Option<&str>| assert_eq!(born(said(text)).0.as_deref(), date, "{text}");
        check("19900228", Some("1990-02-28"));
        check("19620000", Some("1962"));
        check("19380019", Some("1938"));
        check("    1962", Some("1962"));
        check("19900231", Some("1990"));
        check("day", None);
        check("", None);
    }

    #[test]
    fn dates_in_words_are_read_in_every_language() {
        for (text, date) in [
            ("28 FEB 1990", Some("1990-02-28")),
            ("1 MAAR 1990", Some("1990-03-01")),
            ("01 JUIL 1990", Some("1990-07-01")),
            ("23.SEP. 1982", Some("1982-09-23")),
            ("1 DÉC 1990", Some("1990-12-01")),
            ("1962", Some("1962")),
            ("31 FEB 1990", None),
            ("", None),
        ] {
            assert_eq!(birth_of_words(said(text)).birth_date.as_deref(), date, "{text}");
        }
    }
}
