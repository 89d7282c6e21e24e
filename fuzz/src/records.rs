//! Target for files that viewers of eID cards saved. It is a module of its own because neither the card's tests nor those of
//! the documents have access to records.

use beid_api::ErrorCode;
use beid_api::types::ExportFormat;
use beid_records::viewer::{self, CardFiles, Export, StatedRecord};
use serde_json::Value;
use std::collections::BTreeSet;

/// Function of a target about records.
pub type RecordTarget = fn(&[u8]);

/// All targets about records, as in [`TARGETS`](super::TARGETS).
pub const TARGETS: &[(&str, RecordTarget)] = &[("viewer", viewer)];

/// Reads the bytes as a file of a viewer, of whatever version.
pub fn viewer(data: &[u8]) {
    match viewer::read(data) {
        Ok(Export::Stated(record)) => check_stated(&record, data.len()),
        Ok(Export::CardFiles(files)) => check_files(&files, data.len()),
        Err(error) => assert_eq!(error.code, ErrorCode::InvalidRequest),
    }
}

/// Asserts that nothing is said that the file is too short to say. An octet of Latin-1 may become two of UTF-8.
fn check_stated(record: &StatedRecord, length: usize) {
    assert!(record.format != ExportFormat::CardFiles);
    let mut identity = serde_json::to_value(&record.identity).unwrap();
    // Its name comes from a table of ours.
    drop(identity.as_object_mut().unwrap().remove("documentType"));
    let address = serde_json::to_value(&record.address).unwrap();
    for member in [identity, address]
        .iter()
        .flat_map(|members| members.as_object().unwrap().values())
    {
        let texts: usize = match member {
            Value::Array(items) => items.iter().filter_map(Value::as_str).map(str::len).sum(),
            Value::String(text) => text.len(),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => 0,
        };
        assert!(texts <= 2 * length);
    }
    assert!(
        record
            .photo
            .as_ref()
            .is_none_or(|photo| !photo.is_empty() && photo.len() <= length)
    );
    check_certificates(&record.certificates, length);
}

fn check_files(files: &CardFiles, length: usize) {
    assert!(!files.identity.is_empty());
    let others = [
        &files.identity_signature,
        &files.address,
        &files.address_signature,
        &files.photo,
    ];
    let all = others.into_iter().flatten().chain([&files.identity]);
    all.for_each(|file| assert!(file.len() <= length));
    check_certificates(&files.certificates, length);
}

/// Asserts that there is one certificate of a name, and that each fits into the file.
fn check_certificates(certificates: &[(&str, Vec<u8>)], length: usize) {
    let names: BTreeSet<_> = certificates.iter().map(|(name, _)| name).collect();
    assert_eq!(names.len(), certificates.len());
    assert!(
        certificates
            .iter()
            .all(|(_, der)| !der.is_empty() && der.len() <= length)
    );
}
