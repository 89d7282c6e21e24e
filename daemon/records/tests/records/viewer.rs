//! The viewer's files: written, read back, and read when somebody means ill.

use crate::{address, desire, golden, ida, identity, lotte, with};
use beid_api::ErrorCode;
use beid_api::types::{AddressAnswer, ExportFormat, IdentityAnswer};
use beid_records::viewer::{Export, StatedRecord, ViewerCertificates, ViewerRecord, read, write_csv, write_xml};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::process::Command;

const PHOTO: &[u8] = &[0xFF, 0xD8, 0xFF, 0xE0, 1, 2, 3];
/// Octets with the head of a certificate.
const DER: &[u8] = &[0x30, 0x82, 0x00, 0x02, 0xAA, 0xBB];

fn record<'r>(identity: &'r IdentityAnswer, address: &'r AddressAnswer, given_names: &'r str) -> ViewerRecord<'r> {
    ViewerRecord {
        identity,
        given_names,
        address,
        photo: PHOTO,
        certificates: ViewerCertificates {
            authentication: DER,
            signature: &[],
            intermediate: DER,
            root: DER,
            national_register: DER,
        },
    }
}

fn stated(file: &[u8]) -> StatedRecord {
    match read(file) {
        Ok(Export::Stated(record)) => *record,
        Ok(Export::CardFiles(_)) => panic!("a card's files"),
        Err(error) => panic!("{error:?}"),
    }
}

#[test]
fn files_are_the_golden_ones_and_say_the_same_when_read() {
    for (members, place, given, name) in [
        (
            lotte(),
            address("Specimenstraat 12", "3000", "Leuven"),
            "Lotte Anna",
            "lotte",
        ),
        (
            desire(),
            address("Rue de l'Essai 7 /b012", "1000", "Bruxelles"),
            "Désiré",
            "desire",
        ),
        (ida(), address("Probeweg 1a", "4700", "Eupen"), "Ida", "ida"),
    ] {
        let holder = identity(members.clone());
        let record = record(&holder, &place, given);
        let xml = write_xml(&record).unwrap();
        golden(&format!("{name}.eid"), str::from_utf8(&xml).unwrap());
        let csv = write_csv(&record).unwrap();
        golden(
            &format!("{name}.csv"),
            &str::from_utf8(&csv).unwrap().replace("\r\n", "\n"),
        );
        for (file, format) in [(xml, ExportFormat::EidXml), (csv, ExportFormat::Csv)] {
            let back = stated(&file);
            assert_eq!(back.format, format);
            let (back, address) = (back.identity, back.address);
            let back = serde_json::to_value(back).unwrap();
            for member in [
                "nationalNumber",
                "familyName",
                "givenNames",
                "nationality",
                "birthPlace",
                "birthDate",
                "birthDatePrecision",
                "gender",
                "cardNumber",
                "chipNumber",
                "validFrom",
                "validUntil",
                "duplicate",
                "nobleCondition",
                "issuingMunicipality",
                "specialStatus",
            ] {
                // The line of text has the initial among the given names.
                if format == ExportFormat::Csv && member == "givenNames" && name == "lotte" {
                    assert_eq!(back[member], json!(["Lotte", "Anna", "M"]));
                    continue;
                }
                assert_eq!(back[member], members[member], "{name} {format:?} {member}");
            }
            assert_eq!(address.street_and_number, place.street_and_number);
            assert_eq!(back["documentType"]["code"], members["documentType"]["code"]);
            if format == ExportFormat::EidXml {
                for member in ["workPermit", "employerVat", "regionalFileNumber", "cardMentions"] {
                    assert_eq!(back[member], members[member], "{name} {member}");
                }
            }
        }
    }
}

/// The facts about the format as a schema of our own.
const SCHEMA: &str = "tests/records/eid.xsd";

#[test]
fn xmllint_finds_the_files_as_the_format_is() {
    let directory = std::env::temp_dir().join(format!("beid-records-{}", std::process::id()));
    std::fs::create_dir_all(&directory).unwrap();
    for (members, given) in [(lotte(), "Lotte Anna"), (desire(), "Désiré"), (ida(), "Ida")] {
        let (holder, place) = (identity(members), address("Proefstraat 1 bus 2", "3000", "Leuven"));
        let file = directory.join("file.eid");
        std::fs::write(&file, write_xml(&record(&holder, &place, given)).unwrap()).unwrap();
        let lint = |file: &std::path::Path| {
            let schema = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(SCHEMA);
            let mut command = Command::new("xmllint");
            command
                .args(["--noout", "--nonet", "--schema"])
                .arg(schema)
                .arg(file)
                .output()
                .unwrap()
        };
        let good = lint(&file);
        assert!(good.status.success(), "{}", String::from_utf8_lossy(&good.stderr));
        // A schema that accepts anything would prove nothing.
        let text = std::fs::read_to_string(&file).unwrap();
        std::fs::write(&file, text.replace("chipnumber=\"5", "chipnumber=\"")).unwrap();
        assert!(!lint(&file).status.success());
    }
    std::fs::remove_dir_all(&directory).unwrap();
}

#[test]
fn what_a_format_cannot_carry_is_refused_by_name() {
    let refused = |members: Value, member: &str, csv_alone: bool| {
        let (holder, place) = (
            identity(with(lotte(), &members)),
            address("Proefstraat 1", "3000", "Leuven"),
        );
        let record = record(&holder, &place, "Lotte");
        let written = [write_xml(&record), write_csv(&record)];
        for (at, written) in written.into_iter().enumerate() {
            if at == 0 && csv_alone {
                assert!(written.is_ok(), "{member}");
                continue;
            }
            let error = written.err().unwrap_or_else(|| panic!("{member} {at}"));
            assert_eq!(error.code, ErrorCode::NotAcceptable);
            assert!(format!("{error:?}").contains(member), "{error:?}");
        }
    };
    refused(json!({ "familyName": "a\u{0}b" }), "familyName", false);
    refused(json!({ "familyName": "a\nb" }), "familyName", false);
    refused(json!({ "validUntil": null }), "validUntil", false);
    refused(json!({ "birthDate": null }), "birthDate", false);
    refused(json!({ "familyName": "a;b" }), "familyName", true);
    refused(json!({ "birthPlace": "=HYPERLINK(1)" }), "birthPlace", true);
}

#[test]
fn files_of_other_hands_are_read() {
    // Hand-formatted, with a byte order mark, CR LF, an empty permit and an upper version.
    let file = "\u{FEFF}<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\r\n<eid version=\"9.9\"><identity nationalnumber=\"90022805737\" \
                dateofbirth=\"19620000\" gender=\"unknown\"><name> Proef &amp; Man </name>\r\n<firstname>Jan  Nep</firstname>\
                <photo>/9j/\r\n 4A</photo></identity><card documenttype=\"foreigner_Z\"><workpermit mention=\"\"/></card></eid>";
    let read = stated(file.as_bytes());
    assert_eq!(read.identity.family_name.as_deref(), Some("Proef & Man"));
    assert_eq!(read.identity.given_names.unwrap(), ["Jan", "Nep"]);
    assert_eq!(read.identity.birth_date.as_deref(), Some("1962"));
    assert!(read.identity.work_permit.is_none() && read.identity.document_type.is_none());
    assert_eq!(read.photo.unwrap(), [0xFF, 0xD8, 0xFF, 0xE0]);
    // Version 3.5.
    let file = "<beid_card><biographic><surname>Proefman</surname><name>Jan Nep</name><gender>V</gender>\
                <date_of_birth>28 FEB 1990</date_of_birth><national_nr>90022805737</national_nr><type>01</type>\
                <date_begin>15.01.2024</date_begin><issuing_municipality>Gent</issuing_municipality>\
                <municipality>Leuven</municipality></biographic><biometric><picture><data>/9j/4A==</data></picture></biometric>\
                <cryptographic><certificate><label>RRN</label><data>MIIAAqq7AAA=</data></certificate></cryptographic></beid_card>";
    let read = stated(file.as_bytes());
    assert_eq!(read.format, ExportFormat::BeidCardXml);
    assert_eq!(read.identity.birth_date.as_deref(), Some("1990-02-28"));
    assert_eq!(read.identity.valid_from.as_deref(), Some("2024-01-15"));
    assert_eq!(read.identity.document_type.unwrap().code, 1);
    assert_eq!(read.address.municipality.as_deref(), Some("Leuven"));
    assert_eq!(read.certificates, [("national-register", DER.to_vec())]);
    // The quick-key toolset, and a virtual card.
    for file in [
        "<BelPicDirectory><identityFile><fileData>AQIDBA==</fileData></identityFile></BelPicDirectory>",
        "<card><file><id>3F00DF014031</id><content>01 02\n0304</content></file></card>",
    ] {
        match read_files(file) {
            Some(identity) => assert_eq!(identity, [1, 2, 3, 4]),
            None => panic!("{file}"),
        }
    }
}

fn read_files(file: &str) -> Option<Vec<u8>> {
    match read(file.as_bytes()) {
        Ok(Export::CardFiles(files)) => Some(files.identity),
        Ok(Export::Stated(_)) | Err(_) => None,
    }
}

/// A list of certificates in the form of version 3.5: tag, length, value, each shorter than 128 octets.
fn tlv(tag: u8, value: &[u8]) -> Vec<u8> {
    [&[tag, u8::try_from(value.len()).unwrap()], value].concat()
}

#[test]
fn of_certificates_with_one_name_the_first_is_read() {
    let (first, second) = ("MIIAAqq7", "MIIAAszd");
    // Labels of one parent share its data, which a file of 1 MiB could make be decoded 41 117 times.
    let many = "<label>CA</label>".repeat(40_000);
    let zeros = format!("MIL//w{}", "A".repeat(87_382));
    let bomb = format!("<beid_card><data>{zeros}</data>{many}</beid_card>");
    let bomb = stated(bomb.as_bytes());
    let lengths: Vec<_> = bomb.certificates.iter().map(|(name, der)| (*name, der.len())).collect();
    assert_eq!(lengths, [("intermediate", 65_539)]);

    let labelled = |data: &str| format!("<certificate><label>CA</label><data>{data}</data></certificate>");
    let xml = format!("<beid_card>{}{}</beid_card>", labelled(first), labelled(second));
    let csv = format!("1;eid;{}CA;1;{first};CA;1;{second};", ";".repeat(50));
    for file in [xml, csv] {
        let read = stated(file.as_bytes());
        assert_eq!(read.certificates, [("intermediate", DER.to_vec())], "{file}");
    }
    let other = [0x30, 0x82, 0x00, 0x02, 0xCC, 0xDD];
    let listed = [tlv(3, &tlv(0, DER)), tlv(3, &tlv(0, &other))].concat();
    let Ok(Export::CardFiles(files)) = read(&[tlv(1, &[1]), tlv(0x0C, &listed)].concat()) else {
        panic!("no files of a card");
    };
    assert_eq!(files.certificates, [("intermediate", DER.to_vec())]);
}

#[test]
fn hostile_files_are_refused_or_read_and_nothing_else() {
    let deep = format!("{}{}", "<eid>".repeat(5_000), "</eid>".repeat(5_000));
    let wide = format!(
        "<eid {}/>",
        (0..5_000).map(|at| format!("a{at}='' ")).collect::<String>()
    );
    for (file, refused) in [
        (
            "<!DOCTYPE eid [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><eid>&x;</eid>".to_owned(),
            true,
        ),
        (deep, true),
        (wide, true),
        ("<eid><identity/></eid".to_owned(), true),
        ("<eid/>".to_owned(), false),
        ("<eid><identity dateofbirth='é0000000'/></eid>".to_owned(), false),
        ("<svg/>".to_owned(), true),
        (format!("1;eid;{}", ";".repeat(23)), false),
        (format!("1;eid;{}", ";".repeat(10)), true),
        (format!("1;eid;{}", ";x".repeat(100_000)), false),
    ] {
        let start: String = file.chars().take(60).collect();
        assert_eq!(read(file.as_bytes()).is_err(), refused, "{start}");
    }
}

proptest! {
    #[test]
    fn no_file_makes_the_reader_fail(octets in prop::collection::vec(any::<u8>(), 0..400)) {
        drop(read(&octets));
        drop(read(&[b"<eid>".as_slice(), &octets].concat()));
        drop(read(&[b"1;eid;".as_slice(), &octets].concat()));
        drop(read(&[&[0x00, 0x01, 0x02, 0x01], octets.as_slice()].concat()));
    }

    #[test]
    fn changed_files_are_read_or_refused(at in 0_usize..2_000, octet in any::<u8>()) {
        let (holder, place) = (identity(desire()), address("Proefstraat 1", "3000", "Leuven"));
        let record = record(&holder, &place, "Désiré");
        for mut file in [write_xml(&record).unwrap(), write_csv(&record).unwrap()] {
            let at = at % file.len();
            file[at] = octet;
            drop(read(&file));
        }
    }

    /// Texts come back from a file as they were, or the file is not written.
    #[test]
    fn texts_come_back_as_they_were(family in any::<String>(), place in any::<String>(), street in any::<String>()) {
        let members = json!({ "familyName": family, "birthPlace": place });
        let (holder, address) = (identity(with(lotte(), &members)), address(&street, "3000", "Leuven"));
        let record = record(&holder, &address, "Lotte Anna");
        for file in [write_xml(&record), write_csv(&record)].into_iter().flatten() {
            let back = stated(&file);
            let said = |text: Option<String>| text.unwrap_or_default();
            prop_assert_eq!(said(back.identity.family_name), family.trim());
            prop_assert_eq!(said(back.identity.birth_place), place.trim());
            prop_assert_eq!(said(back.address.street_and_number), street.trim());
        }
    }
}
