//! The ZIP around it: written always the same, read with suspicion.

use std::io::{Cursor, Read, Write};

use zip::read::{ArchiveOffset, Config};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter};

use super::{LONGEST, MIMETYPE};

/// Most files of a caller's.
pub(super) const MOST_FILES: usize = 64;
/// Most entries that are read.
const MOST_ENTRIES: usize = 256;
/// Text becomes a tenth of itself, an empty page a hundredth; a bomb a thousandth.
const MOST_COMPRESSED: u64 = 256;
/// Below this a bomb does no harm, in bytes.
const HARMLESS: u64 = 1 << 16;

/// A file in a container.
pub(crate) struct Entry {
    /// Its name, which leads nowhere else.
    pub(crate) name: String,
    /// What is in it.
    pub(crate) content: Vec<u8>,
}

/// Writes `entries` in this order.
pub(super) fn write(entries: &[(&str, &[u8])]) -> Option<Vec<u8>> {
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

/// Reads all entries but the first, which must say that this is a container; a stable word if it cannot be one.
///
/// Refused is whatever two readers of ZIP could see differently: something before or behind the archive, names twice
/// (capitals or not), headers that disagree, entries over one another, names that lead out of it, encryption.
///
/// Source: ETSI EN 319 162-1, 4.4.1 and annex A.1 (mimetype).
pub(crate) fn read(bytes: &[u8]) -> Result<Vec<Entry>, &'static str> {
    const UNREADABLE: &str = "not-a-zip";
    if bytes.len() > LONGEST {
        return Err("too-long");
    }
    let config = Config {
        archive_offset: ArchiveOffset::Known(0),
    };
    let mut zip = ZipArchive::with_config(config, Cursor::new(bytes)).map_err(|_| UNREADABLE)?;
    if zip.len() > MOST_ENTRIES {
        return Err("too-many-entries");
    }
    if zip.has_duplicate_names() {
        return Err("duplicate-names");
    }
    let overlapping = zip.has_overlapping_entries().map_err(|_| UNREADABLE)?;
    if overlapping || zip.validate_header_consistency().is_err() || !ends_with_comment(bytes, zip.comment().len()) {
        return Err("ambiguous-zip");
    }
    let media_type = begins_with_mimetype(bytes)?;
    let mut entries = Vec::new();
    let mut left = u64::try_from(LONGEST).unwrap_or(u64::MAX);
    for index in 0..zip.len() {
        let mut file = zip.by_index(index).map_err(|_| UNREADABLE)?;
        let name = file.name().map_err(|_| "name-not-allowed")?.into_owned();
        if file.is_dir() && file.size() == 0 {
            continue;
        }
        if file.is_symlink() || file.is_dir() || !is_plain(&name) {
            return Err("name-not-allowed");
        }
        if file.size() > left || file.size() > file.compressed_size().saturating_mul(MOST_COMPRESSED).max(HARMLESS) {
            return Err("too-long");
        }
        let mut content = Vec::new();
        let limit = file.size().saturating_add(1);
        file.by_ref()
            .take(limit)
            .read_to_end(&mut content)
            .map_err(|_| UNREADABLE)?;
        if u64::try_from(content.len()) != Ok(file.size()) {
            return Err("ambiguous-zip");
        }
        left = left.saturating_sub(file.size());
        if name == MIMETYPE {
            let is_first = file.header_start() == 0 && content == media_type;
            if !is_first || content != super::MEDIA_TYPE.as_bytes() {
                return Err("not-an-asic-e");
            }
        } else {
            entries.push(Entry { name, content });
        }
    }
    has_no_lookalikes(&entries)?;
    Ok(entries)
}

/// The content of the first entry, which must be the media type as it is: stored, without extra field.
fn begins_with_mimetype(bytes: &[u8]) -> Result<&[u8], &'static str> {
    // Local file header: signature, version, flags, method, time, date, CRC, two sizes, two lengths, name.
    let header = bytes.get(..38).ok_or("not-a-zip")?;
    let is_plain = header.get(6..10) == Some(&[0; 4])
        && header.get(26..30) == Some(&[8, 0, 0, 0])
        && header.get(30..) == Some(MIMETYPE.as_bytes());
    let content = bytes.get(38..).and_then(|rest| rest.get(..super::MEDIA_TYPE.len()));
    match content {
        Some(content) if is_plain => Ok(content),
        _ => Err("mimetype-not-first"),
    }
}

/// Whether the end record with its comment is really the end.
fn ends_with_comment(bytes: &[u8], comment: usize) -> bool {
    let start = comment
        .checked_add(22)
        .and_then(|length| bytes.len().checked_sub(length));
    start
        .and_then(|start| bytes.get(start..))
        .is_some_and(|record| record.starts_with(b"PK\x05\x06"))
}

fn is_plain(name: &str) -> bool {
    let is_segment = |segment: &str| !matches!(segment, "" | "." | "..");
    name.split('/').all(is_segment) && !name.contains(|c: char| c.is_control() || c == '\\' || c == ':')
}

/// On some systems names that differ in capitals are one file.
fn has_no_lookalikes(entries: &[Entry]) -> Result<(), &'static str> {
    let mut names: Vec<_> = entries.iter().map(|entry| entry.name.to_lowercase()).collect();
    names.sort_unstable();
    if names.windows(2).any(|pair| pair.first() == pair.last()) {
        return Err("duplicate-names");
    }
    Ok(())
}
