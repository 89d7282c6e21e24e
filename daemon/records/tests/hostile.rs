//! Hostile files of viewers: nothing panics, and nothing is read that was not there.
//!
//! The target is that of `fuzz/src/records.rs`; libFuzzer is run by hand (`fuzz/README.md`).

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "what fails here, helpers included, fails a test"
)]

#[path = "../../../fuzz/src/changes.rs"]
mod changes;

#[path = "../../../fuzz/src/records.rs"]
#[expect(unreachable_pub, reason = "it is reached by the program for libFuzzer")]
mod records;

use beid_api::types::ExportFormat;
use beid_records::viewer::{self, Export};
use std::fs;
use std::path::Path;

#[test]
fn no_target_fails_on_its_corpus_or_on_changes_of_it() {
    changes::run(records::TARGETS);
}

/// Checks the start of the target: a corpus that is refused at once would find nothing.
#[test]
fn every_format_is_in_the_corpus() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/viewer");
    let (mut formats, mut refused) = (Vec::new(), 0);
    for entry in fs::read_dir(corpus).unwrap() {
        match viewer::read(&fs::read(entry.unwrap().path()).unwrap()) {
            Ok(Export::Stated(record)) => formats.push(record.format),
            Ok(Export::CardFiles(_)) => formats.push(ExportFormat::CardFiles),
            Err(_) => refused += 1,
        }
    }
    for format in [
        ExportFormat::EidXml,
        ExportFormat::BeidCardXml,
        ExportFormat::CardFiles,
        ExportFormat::Csv,
    ] {
        let files = formats.iter().filter(|known| **known == format).count();
        assert!(files >= 3, "{format:?}: {files}");
    }
    assert!(refused >= 5, "{refused}");
}
