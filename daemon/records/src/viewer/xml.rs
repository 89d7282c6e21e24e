//! Writing the XML file of version 4 (`.eid`).

use super::tables::{CARD_MENTIONS, DOCUMENT_TYPES, SPECIAL_STATUS, WORK_PERMITS, status_digit, word};
use super::{ViewerRecord, needed};
use crate::{cannot_carry, carried};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use beid_api::ApiError;
use beid_api::types::IdentityAnswer;
use beid_api::words::GenderWord;
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};

/// Lowest version of the format that knows every field that is always written.
const VERSION: &str = "4.3";
/// Version that has mentions on cards A.
const VERSION_WITH_MENTIONS: &str = "4.5";

/// Characters in a line of base64.
const LINE: usize = 72;

/// ViewerAttributes in their order.
type ViewerAttributes<'a> = Vec<(&'static str, &'a str)>;

/// Writes the file. Fields that the viewer leaves out are left out here too.
///
/// # Errors
/// `not-acceptable` if the card lacks a field that the format asks for, or has one that XML cannot carry; it names the field.
pub fn write(record: &ViewerRecord<'_>) -> Result<Vec<u8>, ApiError> {
    let mut file = ViewerFile(Writer::new(Vec::new()));
    file.event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let has_mentions = !mentions(record.identity).is_empty();
    let version = if has_mentions { VERSION_WITH_MENTIONS } else { VERSION };
    file.element("eid", &vec![("version", version)], |file| {
        identity(file, record)?;
        card(file, record.identity)?;
        address(file, record)?;
        certificates(file, record)
    })?;
    Ok(file.0.into_inner())
}

fn identity(file: &mut ViewerFile, record: &ViewerRecord<'_>) -> Result<(), ApiError> {
    let identity = record.identity;
    let born = needed(identity.birth_date.as_deref(), "birthDate")?;
    // A year alone has month and day 00.
    let born = if born.len() == 4 {
        format!("{born}0000")
    } else {
        born.replace('-', "")
    };
    let gender = match identity.gender {
        Some(GenderWord::Male) => "male",
        Some(GenderWord::Female) => "female",
        Some(GenderWord::Unknown | GenderWord::Other(_)) | None => "unknown",
    };
    let mut attributes: ViewerAttributes<'_> = vec![
        (
            "nationalnumber",
            text(identity.national_number.as_deref(), "nationalNumber")?,
        ),
        ("dateofbirth", &born),
        ("gender", gender),
    ];
    let optional = |text: &'_ Option<String>| text.as_deref().and_then(carried).map(str::to_owned);
    let (noble, duplicate) = (optional(&identity.noble_condition), optional(&identity.duplicate));
    attributes.extend(noble.as_deref().map(|noble| ("noblecondition", noble)));
    let status = identity.special_status.as_ref().map(status_digit);
    let status = status.and_then(|digit| SPECIAL_STATUS.get(digit));
    attributes.extend(status.map(|status| ("specialstatus", *status)));
    attributes.extend(duplicate.as_deref().map(|duplicate| ("duplicate", duplicate)));
    if identity.member_of_family == Some(true) {
        attributes.push(("memberoffamily", "1"));
    }
    file.element("identity", &attributes, |file| {
        file.text("name", text(identity.family_name.as_deref(), "familyName")?)?;
        file.text("firstname", plain(record.given_names, "givenNames")?)?;
        let initial = identity.third_given_name_initial.as_deref().unwrap_or_default();
        file.text("middlenames", plain(initial, "thirdGivenNameInitial")?)?;
        let nationality = identity.nationality.as_deref().unwrap_or_default();
        file.text("nationality", plain(nationality, "nationality")?)?;
        let place = identity.birth_place.as_deref().unwrap_or_default();
        file.text("placeofbirth", plain(place, "birthPlace")?)?;
        file.octets("photo", record.photo)
    })
}

fn card(file: &mut ViewerFile, identity: &IdentityAnswer) -> Result<(), ApiError> {
    let code = identity.document_type.as_ref().map(|document| document.code);
    // Kinds that the viewer does not know have an empty word there too.
    let kind = DOCUMENT_TYPES.iter().find(|(known, _)| Some(*known) == code);
    let day = |day: &Option<String>, member: &str| needed(day.as_deref(), member).map(|day| day.replace('-', ""));
    let (from, until) = (
        day(&identity.valid_from, "validFrom")?,
        day(&identity.valid_until, "validUntil")?,
    );
    let attributes = vec![
        ("documenttype", kind.map_or("", |(_, word)| *word)),
        ("cardnumber", text(identity.card_number.as_deref(), "cardNumber")?),
        ("chipnumber", text(identity.chip_number.as_deref(), "chipNumber")?),
        ("validitydatebegin", &from),
        ("validitydateend", &until),
    ];
    file.element("card", &attributes, |file| {
        let issuer = identity.issuing_municipality.as_deref().unwrap_or_default();
        file.text("deliverymunicipality", plain(issuer, "issuingMunicipality")?)?;
        if let Some(protection) = identity.date_and_country_of_protection.as_deref().and_then(carried) {
            file.text("protection_date_country", protection)?;
        }
        work_permit(file, identity)?;
        let brexit: Vec<&str> = identity.brexit.iter().filter_map(|one| carried(one)).collect();
        file.mentions("brexit", ["mention1", "mention2"], &brexit)?;
        file.mentions("cardA", ["mentions1", "mentions2"], &mentions(identity))
    })
}

fn work_permit(file: &mut ViewerFile, identity: &IdentityAnswer) -> Result<(), ApiError> {
    let permit = identity
        .work_permit
        .as_deref()
        .and_then(|code| word(WORK_PERMITS, code));
    // The element means nothing without this word.
    let Some(permit) = permit else { return Ok(()) };
    let mut attributes = vec![("mention", permit)];
    let employers = identity.employer_vat.iter().filter_map(|number| carried(number));
    attributes.extend(["vat1", "vat2"].into_iter().zip(employers));
    let regional = identity.regional_file_number.as_deref().and_then(carried);
    attributes.extend(regional.map(|number| ("regionalfile", number)));
    file.element("workpermit", &attributes, |_| Ok(()))
}

/// Words of the mentions on a card A, as far as the viewer has them.
fn mentions(identity: &IdentityAnswer) -> Vec<&'static str> {
    let codes = identity.card_mentions.iter();
    codes.filter_map(|code| word(CARD_MENTIONS, code)).collect()
}

fn address(file: &mut ViewerFile, record: &ViewerRecord<'_>) -> Result<(), ApiError> {
    let address = record.address;
    file.element("address", &Vec::new(), |file| {
        for (element, part, member) in [
            ("streetandnumber", &address.street_and_number, "streetAndNumber"),
            ("zip", &address.postal_code, "postalCode"),
            ("municipality", &address.municipality, "municipality"),
        ] {
            file.text(element, plain(part.as_deref().unwrap_or_default(), member)?)?;
        }
        Ok(())
    })
}

fn certificates(file: &mut ViewerFile, record: &ViewerRecord<'_>) -> Result<(), ApiError> {
    let certificates = record.certificates;
    file.element("certificates", &Vec::new(), |file| {
        file.octets("root", certificates.root)?;
        file.octets("citizenca", certificates.intermediate)?;
        for (element, der) in [
            ("authentication", certificates.authentication),
            ("signing", certificates.signature),
        ] {
            // Children's cards have none: the viewer leaves the element out.
            if !der.is_empty() {
                file.octets(element, der)?;
            }
        }
        file.octets("rrn", certificates.national_register)
    })
}

/// A text that the format asks for.
fn text<'t>(text: Option<&'t str>, member: &str) -> Result<&'t str, ApiError> {
    needed(text, member).and_then(|text| plain(text, member))
}

/// A text that may be empty, and that XML keeps as it is: parsers change line ends, and the other control characters are no
/// XML at all.
fn plain<'t>(text: &'t str, member: &str) -> Result<&'t str, ApiError> {
    if text.trim().is_empty() || carried(text).is_some() {
        Ok(text)
    } else {
        Err(cannot_carry(member))
    }
}

/// A file being written.
struct ViewerFile(Writer<Vec<u8>>);

impl ViewerFile {
    fn element(
        &mut self,
        name: &str,
        attributes: &ViewerAttributes<'_>,
        body: impl FnOnce(&mut Self) -> Result<(), ApiError>,
    ) -> Result<(), ApiError> {
        let start = BytesStart::new(name).with_attributes(attributes.iter().copied());
        self.event(Event::Start(start))?;
        body(self)?;
        self.event(Event::End(BytesEnd::new(name)))
    }

    fn text(&mut self, name: &str, text: &str) -> Result<(), ApiError> {
        self.element(name, &Vec::new(), |file| file.event(Event::Text(BytesText::new(text))))
    }

    /// Writes an element with base64 in lines.
    fn octets(&mut self, name: &str, octets: &[u8]) -> Result<(), ApiError> {
        let base64 = BASE64.encode(octets);
        let mut lines = String::with_capacity(base64.len() + base64.len() / LINE);
        for (at, c) in base64.chars().enumerate() {
            if at > 0 && at % LINE == 0 {
                lines.push('\n');
            }
            lines.push(c);
        }
        self.text(name, &lines)
    }

    /// Writes an element with one or two mentions; none without any.
    fn mentions(&mut self, name: &str, names: [&'static str; 2], mentions: &[&str]) -> Result<(), ApiError> {
        if mentions.is_empty() {
            return Ok(());
        }
        let attributes: ViewerAttributes<'_> = names.into_iter().zip(mentions.iter().copied()).collect();
        self.element(name, &attributes, |_| Ok(()))
    }

    fn event(&mut self, event: Event<'_>) -> Result<(), ApiError> {
        self.0.write_event(event).map_err(ApiError::internal)
    }
}
