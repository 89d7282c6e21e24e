//! The ZIP around it, written always the same.

use std::io::{Cursor, Write};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

/// Most files of a caller's.
pub(super) const MOST_FILES: usize = 1000;
/// Writes `entries` in this order.
pub(super) fn write(entries: &[(&str, &[u8])]) -> Option<Vec<u8>> {
    // Nothing here depends on clock, user or system: the same input must give the same bytes.
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Stored)
        .last_modified_time(DateTime::default())
        .unix_permissions(0o644);
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in entries {
        zip.start_file(*name, options).ok()?;
        zip.write_all(content).ok()?;
    }
    Some(zip.finish().ok()?.into_inner())
}
