//! The extension of a claim's item that says how a patient was identified. The profiles are drafts.
//!
//! Source: hl7-be/nihdi-terminology, 20 February 2026, `be-ext-patientidentitydocument` and its code systems. The guide is
//! to move to another base address, which stands here once.

use beid_protocol::identity_reading::{IdentityReading, ManualReason, VignetteReason};
use jiff::Zoned;
use serde_json::{Map, Value, json};

/// Base of the guide's addresses.
const BASE: &str = "https://www.ehealth.fgov.be/standards/fhir/nihdi-terminology";

/// Writes the extension.
#[must_use]
pub fn patient_identity_document(reading: &IdentityReading) -> Map<String, Value> {
    let means = reading.means();
    let time = |format: &str| reading.read_at().map(|time: &Zoned| time.strftime(format).to_string());
    let code = |system: &str, code: &str| json!({ "coding": [{ "system": format!("{BASE}/CodeSystem/be-cs-id-doc-{system}"), "code": code }] });
    let manual = means.manual_reason().map(ManualReason::code);
    let sticker = means.vignette_reason().map(VignetteReason::code);
    // One row: the element, its type, its value.
    let rows = [
        ("readingDate", "valueDate", time("%Y-%m-%d").map(Value::from)),
        ("readingTime", "valueTime", time("%H:%M:%S").map(Value::from)),
        (
            "entryType",
            "valueCodeableConcept",
            Some(code("input-type", means.way().code())),
        ),
        (
            "reasonManual",
            "valueCodeableConcept",
            manual.map(|reason| code("manual-input-justification", reason)),
        ),
        (
            "medium",
            "valueCodeableConcept",
            Some(code("media-type", means.support().code())),
        ),
        (
            "stickerReason",
            "valueCodeableConcept",
            sticker.map(|reason| code("vignette-use-justification", reason)),
        ),
        ("serialNumber", "valueString", reading.serial_number().map(Value::from)),
    ];
    let parts: Vec<Value> = rows
        .into_iter()
        .filter_map(|(url, member, value)| Some(json!({ "url": url, member: value? })))
        .collect();
    let url = format!("{BASE}/StructureDefinition/be-ext-patientidentitydocument");
    Map::from_iter([("url".to_owned(), url.into()), ("extension".to_owned(), parts.into())])
}

#[cfg(test)]
mod tests {
    use super::*;
    use beid_protocol::identity_reading::{ReadingFields, ReadingMeans, ReadingSupport, ReadingWay};

    #[test]
    fn the_extension_has_the_two_codes_that_it_must_and_no_element_without_a_value() {
        let fields = ReadingFields {
            national_number: "84020140285",
            serial_number: Some("593001234586"),
            read_at: None,
            service_date: Some("2026-11-27".parse().unwrap()),
        };
        let now = "2026-11-28T08:41:06Z".parse().unwrap();
        let elements = |way, support, manual| {
            let means = ReadingMeans::new(way, support, manual, None).unwrap();
            let extension = patient_identity_document(&IdentityReading::new(means, fields, now).unwrap());
            let parts = extension["extension"].as_array().unwrap().clone();
            let names: Vec<_> = parts
                .iter()
                .map(|part| part["url"].as_str().unwrap().to_owned())
                .collect();
            (names.join(" "), parts)
        };
        let (names, parts) = elements(ReadingWay::Chip, ReadingSupport::Eid, None);
        assert_eq!(names, "readingDate readingTime entryType medium serialNumber");
        assert_eq!(parts[0]["valueDate"], "2026-11-28");
        assert_eq!(parts[1]["valueTime"], "09:41:06");
        assert_eq!(
            parts[2]["valueCodeableConcept"]["coding"][0]["system"],
            "https://www.ehealth.fgov.be/standards/fhir/nihdi-terminology/CodeSystem/be-cs-id-doc-input-type"
        );
        let (names, parts) = elements(ReadingWay::Manual, ReadingSupport::Eid, Some(ManualReason::Forgotten));
        assert_eq!(names, "entryType reasonManual medium serialNumber");
        assert_eq!(parts[1]["valueCodeableConcept"]["coding"][0]["code"], "5");
    }
}
