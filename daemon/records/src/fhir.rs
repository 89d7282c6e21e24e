//! FHIR R4 resources of a holder: a Patient by the Belgian profile, alone or in a Bundle with its Provenance.
//!
//! `PATIENT` is the mapping, one row an element. Elements that the card says nothing of are never set: `active`,
//! `deceased`, `telecom`, `communication` (the card's language is not the patient's), `maritalStatus`; nor `id`, because this
//! is no server's resource. Rights of residence and marks of disability have no row either: they are nobody's by default.
//!
//! Sources: FHIR 4.0.1; hl7.fhir.be.core 2.1.2 (be-patient, be-address, be-provenance).

mod identity_document;
mod narrative;
mod provenance;

pub use identity_document::patient_identity_document;
pub use provenance::ReadingStamp;

use crate::carried;
use beid_api::Language;
use beid_api::types::{AddressAnswer, IdentityAnswer};
use beid_api::words::{CheckOutcome, GenderWord};
use serde_json::{Map, Value, json};

/// Addresses of profiles, extensions and code systems.
mod url {
    pub(super) const PATIENT: &str = "https://www.ehealth.fgov.be/standards/fhir/core/StructureDefinition/be-patient";
    pub(super) const PROVENANCE: &str =
        "https://www.ehealth.fgov.be/standards/fhir/core/StructureDefinition/be-provenance";
    pub(super) const SSIN: &str = "https://www.ehealth.fgov.be/standards/fhir/core/NamingSystem/ssin";
    pub(super) const COUNTRY: &str = "https://www.ehealth.fgov.be/standards/fhir/core/CodeSystem/cd-fed-country";
    pub(super) const NATIONALITY: &str = "http://hl7.org/fhir/StructureDefinition/patient-nationality";
    pub(super) const BIRTH_PLACE: &str = "http://hl7.org/fhir/StructureDefinition/patient-birthPlace";
    pub(super) const STREET: &str = "http://hl7.org/fhir/StructureDefinition/iso21090-ADXP-streetName";
    pub(super) const HOUSE: &str = "http://hl7.org/fhir/StructureDefinition/iso21090-ADXP-houseNumber";
    pub(super) const IDENTIFIER_TYPE: &str = "http://terminology.hl7.org/CodeSystem/v2-0203";
    pub(super) const OBSERVATION: &str = "http://terminology.hl7.org/CodeSystem/v3-ObservationValue";
    pub(super) const ACT_REASON: &str = "http://terminology.hl7.org/CodeSystem/v3-ActReason";
    pub(super) const DATA_OPERATION: &str = "http://terminology.hl7.org/CodeSystem/v3-DataOperation";
    pub(super) const PARTICIPANT: &str = "http://terminology.hl7.org/CodeSystem/provenance-participant-type";
}

/// Codes of documents that are issued to Belgians only: the eID and the Kids-ID.
const BELGIANS_DOCUMENTS: [u8; 2] = [1, 6];

/// Members that a Patient is made of.
#[derive(Clone, Copy)]
pub struct FhirSource<'s> {
    /// The identity, as its caller may see it.
    pub identity: &'s IdentityAnswer,
    /// The address, if the Patient is to have it.
    pub address: Option<&'s AddressAnswer>,
    /// True if members were left out, by scope or by choice.
    pub is_subset: bool,
    /// Language of the narrative.
    pub language: Language,
}

/// Element of a resource: its name, and the function that makes its value; `None` if there is none to make.
type ElementRow = (&'static str, fn(&FhirSource<'_>) -> Option<Value>);

/// The mapping: elements of a Patient in their order.
const PATIENT: &[ElementRow] = &[
    ("resourceType", |_| Some(json!("Patient"))),
    ("meta", meta),
    ("language", |source| Some(json!(source.language.tag()))),
    ("text", narrative::text),
    ("extension", extensions),
    ("identifier", identifier),
    ("name", name),
    ("gender", gender),
    ("birthDate", birth_date),
    ("address", address),
];

/// Makes the Patient.
#[must_use]
pub fn patient(source: &FhirSource<'_>) -> Value {
    let elements = PATIENT.iter();
    let elements = elements.filter_map(|(name, make)| Some(((*name).to_owned(), make(source)?)));
    Value::Object(elements.collect())
}

/// Makes the Bundle of a Patient and the Provenance that says where its data came from.
#[must_use]
pub fn bundle(source: &FhirSource<'_>, stamp: &ReadingStamp) -> Value {
    let of_patient = stamp.patient_urn();
    json!({
        "resourceType": "Bundle",
        "type": "collection",
        "timestamp": stamp.time(),
        "entry": [
            { "fullUrl": of_patient, "resource": patient(source) },
            { "fullUrl": stamp.provenance_urn(), "resource": provenance::provenance(source.identity, stamp) },
        ],
    })
}

fn meta(source: &FhirSource<'_>) -> Option<Value> {
    // FHIR's words for how far data can be relied on (v3-ObservationValue, integrity confidence).
    let (code, display) = match source.identity.authenticity.outcome {
        CheckOutcome::Passed => ("HRELIABLE", "highly reliable"),
        CheckOutcome::Failed => ("UNRELIABLE", "unreliable"),
        CheckOutcome::Unknown | CheckOutcome::Other(_) => ("UNCERTREL", "uncertain reliability"),
    };
    let mut security = vec![coding(url::OBSERVATION, code, display)];
    if source.identity.simulated == Some(true) {
        security.push(test_data());
    }
    let mut meta = json!({ "profile": [url::PATIENT], "security": security });
    if let (true, Some(meta)) = (source.is_subset, meta.as_object_mut()) {
        let tag = coding(url::OBSERVATION, "SUBSETTED", "subsetted");
        meta.insert("tag".to_owned(), json!([tag]));
    }
    Some(meta)
}

fn extensions(source: &FhirSource<'_>) -> Option<Value> {
    let made: Vec<_> = [nationality(source.identity), birth_place(source.identity)]
        .into_iter()
        .flatten()
        .collect();
    (!made.is_empty()).then(|| json!(made))
}

/// Nationality: the card's words, in its language. They are not turned into a code, because a wrong nationality is worse than
/// none; that a document is for Belgians only is a fact of the document.
fn nationality(identity: &IdentityAnswer) -> Option<Value> {
    let text = carried(identity.nationality.as_deref()?)?;
    let mut code = Map::new();
    if is_for_belgians(identity) {
        let belgium = coding(url::COUNTRY, "BE", "Belgium");
        code.insert("coding".to_owned(), json!([belgium]));
    }
    code.insert("text".to_owned(), json!(text));
    Some(json!({
        "url": url::NATIONALITY,
        "extension": [{ "url": "code", "valueCodeableConcept": code }],
    }))
}

fn is_for_belgians(identity: &IdentityAnswer) -> bool {
    let document = identity.document_type.as_ref();
    document.is_some_and(|document| BELGIANS_DOCUMENTS.contains(&document.code))
}

fn birth_place(identity: &IdentityAnswer) -> Option<Value> {
    let text = carried(identity.birth_place.as_deref()?)?;
    let mut place = Map::new();
    place.insert("text".to_owned(), json!(text));
    // With brackets, commas or slashes there is more than a city in it: `Kinshasa (Congo)`.
    if text.chars().all(|c| c.is_alphabetic() || matches!(c, ' ' | '-' | '\'')) {
        place.insert("city".to_owned(), json!(text));
    }
    Some(json!({ "url": url::BIRTH_PLACE, "valueAddress": place }))
}

fn identifier(source: &FhirSource<'_>) -> Option<Value> {
    // Numbers of the Bis register are SSINs too, in the same system.
    let number = carried(source.identity.national_number.as_deref()?)?;
    let kind = coding(url::IDENTIFIER_TYPE, "SB", "Social Beneficiary Identifier");
    Some(json!([{
        "use": "official",
        "type": { "coding": [kind] },
        "system": url::SSIN,
        "value": number,
    }]))
}

fn name(source: &FhirSource<'_>) -> Option<Value> {
    let identity = source.identity;
    let family = identity.family_name.as_deref().and_then(carried);
    let given = given_names(identity);
    let prefix = identity.noble_condition.as_deref().and_then(carried);
    let text: Vec<&str> = given.iter().copied().chain(family).collect();
    if text.is_empty() {
        return None;
    }
    let mut name = Map::new();
    name.insert("use".to_owned(), json!("official"));
    name.insert("text".to_owned(), json!(text.join(" ")));
    name.extend(family.map(|family| ("family".to_owned(), json!(family))));
    if !given.is_empty() {
        name.insert("given".to_owned(), json!(given));
    }
    name.extend(prefix.map(|prefix| ("prefix".to_owned(), json!([prefix]))));
    Some(json!([name]))
}

/// Given names, and the initial of the third as the last.
fn given_names(identity: &IdentityAnswer) -> Vec<&str> {
    let names = identity.given_names.iter().flatten().map(String::as_str);
    let initial = identity.third_given_name_initial.as_deref();
    names.chain(initial).filter_map(carried).collect()
}

fn gender(source: &FhirSource<'_>) -> Option<Value> {
    // Never `other`: no card has a letter for it.
    source.identity.gender.as_ref().map(|gender| match gender {
        GenderWord::Male => json!("male"),
        GenderWord::Female => json!("female"),
        GenderWord::Unknown | GenderWord::Other(_) => json!("unknown"),
    })
}

fn birth_date(source: &FhirSource<'_>) -> Option<Value> {
    // A year alone is a date in FHIR too.
    source.identity.birth_date.as_ref().map(|date| json!(date))
}

fn address(source: &FhirSource<'_>) -> Option<Value> {
    let address = source.address?;
    let part = |part: &Option<String>| part.as_deref().and_then(carried).map(str::to_owned);
    let (line, code, city) = (
        part(&address.street_and_number),
        part(&address.postal_code),
        part(&address.municipality),
    );
    let place: Vec<&str> = code.iter().chain(&city).map(String::as_str).collect();
    let place = Some(place.join(" ")).filter(|place| !place.is_empty());
    let text: Vec<&str> = line.iter().chain(&place).map(String::as_str).collect();
    if text.is_empty() {
        return None;
    }
    // No `type`: the registered domicile may be a place where nobody lives.
    let mut made = Map::new();
    made.insert("use".to_owned(), json!("home"));
    made.insert("text".to_owned(), json!(text.join(", ")));
    if let Some(line) = &line {
        made.insert("line".to_owned(), json!([line]));
        if let Some((street, house)) = split(line) {
            let parts = json!([{ "extension": [
                { "url": url::STREET, "valueString": street },
                { "url": url::HOUSE, "valueString": house },
            ] }]);
            made.insert("_line".to_owned(), parts);
        }
    }
    made.extend(city.map(|city| ("city".to_owned(), json!(city))));
    let is_belgian = code
        .as_deref()
        .is_some_and(|code| code.len() == 4 && code.bytes().all(|byte| byte.is_ascii_digit()));
    made.extend(code.map(|code| ("postalCode".to_owned(), json!(code))));
    if is_belgian {
        made.insert("country".to_owned(), json!("BE"));
    }
    Some(json!([made]))
}

/// Splits a line into street and house number if it is nothing but that: `Specimenstraat 12`, `Kerkweg 7b`. Boxes, other
/// numbers and every doubt leave it whole.
fn split(line: &str) -> Option<(&str, &str)> {
    let (street, house) = line.rsplit_once(' ')?;
    let in_street = |c: char| c.is_alphabetic() || matches!(c, ' ' | '.' | '\'' | '-');
    let number = house.strip_suffix(|c: char| c.is_ascii_alphabetic()).unwrap_or(house);
    let is_number = (1..=4).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit());
    let is_street = street.chars().all(in_street) && street.starts_with(char::is_alphabetic) && !street.ends_with(' ');
    (is_number && is_street).then_some((street, house))
}

/// Mark of data of a simulated card.
fn test_data() -> Value {
    coding(url::ACT_REASON, "HTEST", "test health data")
}

fn coding(system: &str, code: &str, display: &str) -> Value {
    json!({ "system": system, "code": code, "display": display })
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn a_line_is_split_only_where_nothing_is_guessed() {
        for (line, parts) in [
            ("Specimenstraat 12", Some(("Specimenstraat", "12"))),
            ("Kerkweg 7b", Some(("Kerkweg", "7b"))),
            ("Sint-Jan's Dr. Émile-laan 1", Some(("Sint-Jan's Dr. Émile-laan", "1"))),
            ("Rue de l'Essai 7 /b012", None),
            ("Proefstraat 1 bus 2", None),
            ("Rue du 11 Novembre 5", None),
            ("Proefstraat  12", None),
            ("Proefstraat 12345", None),
            ("Proefstraat 12bis", None),
            ("Proefstraat, 12", None),
            ("12 Proefstraat", None),
            ("Proefstraat", None),
            (" 12", None),
            ("", None),
        ] {
            assert_eq!(split(line), parts, "{line}");
        }
    }
}
