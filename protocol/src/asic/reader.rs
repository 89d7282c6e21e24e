//! The ZIP of a container, read so that no two programs can open two different things.
//!
//! Programs find the entries of a ZIP in two ways: in its directory, which the record at the end points at, or header
//! by header from the front. A file in which the two differ shows one content to one program and another to the next.
//! So the whole file is accounted for, to the byte: the entries lie one behind the other from the first byte on, the
//! directory follows the last entry, the ZIP64 records (if any) follow the directory, the end record follows these, and
//! its comment is the end of the file. What a header says of its entry, the directory says too.
//!
//! Other programs' habits that change nothing of this are taken as they are: names marked as UTF-8, extra fields, sizes
//! behind the entry instead of in front of it, entries for folders, ZIP64.
//!
//! Source: PKWARE APPNOTE 6.3.10, 4.3 to 4.5; ISO/IEC 21320-1; ETSI EN 319 162-1, annex A.1 (mimetype).

use std::io::Read;

use beid_pki::Reason;
use flate2::Crc;
use flate2::bufread::DeflateDecoder;

use super::{LONGEST, MIMETYPE};
use crate::verify::Objection;
use crate::xades::is_file_name;

/// Most entries that are read.
const MOST_ENTRIES: usize = 1024;
/// Upper limit on the factor of compression: text has ten, an empty page a hundred, a bomb a thousand.
const MOST_COMPRESSED: u64 = 256;
/// Size in bytes up to which the factor does not count, because a bomb does no harm.
const HARMLESS: u64 = 1 << 16;

const END_RECORD: [u8; 4] = *b"PK\x05\x06";
const DIRECTORY_ENTRY: [u8; 4] = *b"PK\x01\x02";
const LOCAL_HEADER: [u8; 4] = *b"PK\x03\x04";
const DESCRIPTOR: [u8; 4] = *b"PK\x07\x08";
const ZIP64_RECORD: [u8; 4] = *b"PK\x06\x06";
const ZIP64_LOCATOR: [u8; 4] = *b"PK\x06\x07";

/// Bits of the general purpose flags (APPNOTE, 4.4.4): encrypted; how well deflated; sizes behind the entry; UTF-8.
const ENCRYPTED: u16 = 1;
const DEFLATE_LEVEL: u16 = 0b110;
const SIZES_BEHIND: u16 = 1 << 3;
const UTF_8: u16 = 1 << 11;

/// Headers of extra fields (APPNOTE, 4.5.2 and 4.6.9).
const ZIP64_EXTRA: u16 = 0x0001;
const UNICODE_PATH: u16 = 0x7075;

const STORED: u16 = 0;
const DEFLATED: u16 = 8;

const NOT_A_ZIP: Reason = Reason::NotAZip;
const AMBIGUOUS: Reason = Reason::AmbiguousZip;

/// A container as read.
pub(crate) struct Archive {
    /// The kind that its first entry says it is.
    pub(crate) kind: ContainerKind,
    /// The `mimetype` entry, if there is one.
    pub(crate) mimetype: Option<Entry>,
    /// All other entries, in the order in which they lie there; no folders.
    pub(crate) entries: Vec<Entry>,
}

/// Kind of a container, as its `mimetype` says.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum ContainerKind {
    /// ASiC-E: any number of files.
    Extended,
    /// ASiC-S: one file.
    Simple,
    /// Untold: there is no `mimetype`, and the file's extension decides; or it is that of the file inside. (EN 319 162-1,
    /// 4.3.3.1)
    Unsaid,
}

/// A file in a container.
pub(crate) struct Entry {
    /// Its name, which leads nowhere else.
    pub(crate) name: String,
    /// Its content, decompressed.
    pub(crate) content: Vec<u8>,
}

/// Reads a container.
///
/// Refused is whatever two readers of ZIP could see differently, names that occur twice (capitals or not) or lead out
/// of the container. Encryption, and more than is read here, are not judged.
pub(crate) fn read(bytes: &[u8]) -> Result<Archive, Objection> {
    if bytes.len() > LONGEST {
        return Err(Objection::Unknown(Reason::TooLong));
    }
    let directory = Directory::find(bytes)?;
    let mut records = directory.records(bytes)?;
    if records.is_empty() {
        return Err(NOT_A_ZIP.into());
    }
    check_names(&records)?;
    // The directory may list entries in any order. Only their places must leave no gap.
    records.sort_by_key(|record| record.offset);
    let mut entries = Vec::new();
    let (mut kind, mut mimetype) = (ContainerKind::Unsaid, None);
    let mut left = u64::try_from(LONGEST).unwrap_or(u64::MAX);
    let mut at = 0;
    for (number, record) in records.iter().enumerate() {
        let next = records.get(number + 1).map_or(directory.start, |next| next.offset);
        let located = record.locate(bytes, at, next)?;
        at = next;
        if record.name.ends_with('/') {
            // Data of a folder would be handed out by nobody here, and perhaps by another program.
            if record.size != 0 || !located.data.is_empty() {
                return Err(Reason::NameNotAllowed.into());
            }
            continue;
        }
        // Judged by what the directory states, before anything is decompressed; `content` holds the data to it.
        let most = record.compressed.saturating_mul(MOST_COMPRESSED).max(HARMLESS);
        if record.size > left || record.size > most {
            return Err(Objection::Unknown(Reason::TooLong));
        }
        // The limit is for all entries together: many could each stay below it.
        left = left.saturating_sub(record.size);
        let content = record.content(located.data)?;
        let name = record.name.to_owned();
        if name == MIMETYPE {
            kind = kind_of(number, record, &located, &content)?;
            mimetype = Some(Entry { name, content });
        } else {
            entries.push(Entry { name, content });
        }
    }
    Ok(Archive {
        kind,
        mimetype,
        entries,
    })
}

/// Reads the kind from the entry called `mimetype`, which must be where programs look that know files by their first
/// bytes.
fn kind_of(
    number: usize,
    record: &Record<'_>,
    located: &Located<'_>,
    content: &[u8],
) -> Result<ContainerKind, Objection> {
    if number != 0 {
        return Err(Reason::MimetypeNotFirst.into());
    }
    if record.method != STORED {
        return Err(Reason::MimetypeCompressed.into());
    }
    if located.has_extra_field {
        return Err(Reason::MimetypeWithExtraField.into());
    }
    Ok(match content {
        b"application/vnd.etsi.asic-e+zip" => ContainerKind::Extended,
        b"application/vnd.etsi.asic-s+zip" => ContainerKind::Simple,
        _ => ContainerKind::Unsaid,
    })
}

/// Names that programs would open as one and the same file, or that lead elsewhere.
fn check_names(records: &[Record<'_>]) -> Result<(), Objection> {
    if !records.iter().all(Record::is_name_allowed) {
        return Err(Reason::NameNotAllowed.into());
    }
    // On some systems names that differ in capitals are one file.
    let name = |record: &Record<'_>| record.name.trim_end_matches('/').to_lowercase();
    let mut names: Vec<_> = records.iter().map(name).collect();
    names.sort_unstable();
    if names.windows(2).any(|pair| pair.first() == pair.last()) {
        return Err(Reason::DuplicateNames.into());
    }
    Ok(())
}

/// Place of the directory, as offsets in the file.
struct Directory {
    start: u64,
    end: u64,
    count: u64,
}

impl Directory {
    /// Finds it by the last end record of the file, which must be the end of the file.
    fn find(bytes: &[u8]) -> Result<Self, Objection> {
        // The last one: a comment of any length may follow the record, so programs search from the end.
        let at = bytes
            .windows(END_RECORD.len())
            .rposition(|window| window == END_RECORD)
            .ok_or(NOT_A_ZIP)?;
        let (before, record) = bytes.split_at(at);
        let mut fields = Fields(record);
        let found = fields.end_record().ok_or(AMBIGUOUS)?;
        if fields.0.len() != usize::from(found.comment) || !found.is_one_disk {
            return Err(AMBIGUOUS.into());
        }
        let here = u64::try_from(at).map_err(|_| AMBIGUOUS)?;
        let Some(locator) = before
            .len()
            // The locator has 20 bytes and lies just in front of the end record. (APPNOTE, 4.3.15)
            .checked_sub(20)
            .and_then(|start| before.get(start..))
            .filter(|locator| locator.starts_with(&ZIP64_LOCATOR))
        else {
            return found.directory(here);
        };
        // The record of ZIP64 lies in front of its locator, and has nothing but the fields that it must have.
        const RECORD: u64 = 56;
        let record_at = Fields(locator).zip64_locator().ok_or(AMBIGUOUS)?;
        if record_at.checked_add(RECORD + 20) != Some(here) {
            return Err(AMBIGUOUS.into());
        }
        let record = slice(bytes, record_at, here).ok_or(AMBIGUOUS)?;
        let large = Fields(record).zip64_record().ok_or(AMBIGUOUS)?;
        // Programs that do not know ZIP64 go by the first record, the others by this one.
        if !found.agrees_with(&large) {
            return Err(AMBIGUOUS.into());
        }
        large.directory(record_at)
    }

    /// Reads the directory, which must be filled by its entries.
    fn records<'z>(&self, bytes: &'z [u8]) -> Result<Vec<Record<'z>>, Objection> {
        // Before any entry is read: the count is the file's own word.
        if self.count > u64::try_from(MOST_ENTRIES).unwrap_or(u64::MAX) {
            return Err(Objection::Unknown(Reason::TooManyEntries));
        }
        let mut fields = Fields(slice(bytes, self.start, self.end).ok_or(AMBIGUOUS)?);
        let mut records = Vec::new();
        for _ in 0..self.count {
            records.push(Record::read(&mut fields)?);
        }
        if fields.0.is_empty() {
            Ok(records)
        } else {
            Err(AMBIGUOUS.into())
        }
    }
}

/// Fields of an end record, of ZIP or of ZIP64.
struct End {
    is_one_disk: bool,
    count: u64,
    size: u64,
    start: u64,
    comment: u16,
}

impl End {
    /// The directory, which must end where `end` is.
    fn directory(&self, end: u64) -> Result<Directory, Objection> {
        if !self.is_one_disk || self.start.checked_add(self.size) != Some(end) {
            return Err(AMBIGUOUS.into());
        }
        Ok(Directory {
            start: self.start,
            end,
            count: self.count,
        })
    }

    /// Tells whether each value is the same in the record of ZIP64, or points at it by having all bits set.
    fn agrees_with(&self, large: &Self) -> bool {
        let same = |own: u64, other: u64, all: u64| own == other || own == all;
        same(self.count, large.count, u64::from(u16::MAX))
            && same(self.size, large.size, u64::from(u32::MAX))
            && same(self.start, large.start, u64::from(u32::MAX))
    }
}

/// Entry of the directory, about one file.
struct Record<'z> {
    flags: u16,
    method: u16,
    crc: u32,
    compressed: u64,
    size: u64,
    offset: u64,
    name: &'z str,
    is_link: bool,
}

/// An entry where it lies.
struct Located<'z> {
    /// Its octets, compressed or not.
    data: &'z [u8],
    has_extra_field: bool,
}

impl<'z> Record<'z> {
    /// Reads one entry of the directory. (APPNOTE, 4.3.12)
    fn read(fields: &mut Fields<'z>) -> Result<Self, Objection> {
        let (record, name, extra) = fields.directory_entry().ok_or(AMBIGUOUS)?;
        let refused = if record.flags & ENCRYPTED != 0 {
            Some(Objection::Unknown(Reason::Encrypted))
        } else if record.flags & !(DEFLATE_LEVEL | SIZES_BEHIND | UTF_8) != 0 {
            // The other bits stand for patches, strong encryption and masked headers, which change what fields mean.
            // (APPNOTE, 4.4.4)
            Some(AMBIGUOUS.into())
        } else if ![STORED, DEFLATED].contains(&record.method) {
            Some(Objection::Unknown(Reason::CompressionNotSupported))
        } else {
            None
        };
        if let Some(refused) = refused {
            return Err(refused);
        }
        check_extra_fields(name, extra)?;
        // Without the mark other programs take it for code page 437, or for UTF-8: of ASCII that is the same, and of
        // anything else the names of the signature decide which it is.
        let name = std::str::from_utf8(name).map_err(|_| Reason::NameNotAllowed)?;
        Ok(Self { name, ..record })
    }

    fn is_name_allowed(&self) -> bool {
        is_file_name(self.name.strip_suffix('/').unwrap_or(self.name)) && !self.is_link
    }

    /// Its data, which must begin behind a header at `at` and end, sizes behind it included, where `next` is.
    ///
    /// Source: APPNOTE, 4.3.7 and 4.3.9.
    fn locate(&self, bytes: &'z [u8], at: u64, next: u64) -> Result<Located<'z>, Objection> {
        if self.offset != at {
            return Err(AMBIGUOUS.into());
        }
        let mut fields = Fields(slice(bytes, at, next).ok_or(AMBIGUOUS)?);
        let (local, name, extra) = fields.local_header().ok_or(AMBIGUOUS)?;
        check_extra_fields(name, extra)?;
        // Whoever writes without knowing how much comes leaves zeros in front.
        let behind = self.flags & SIZES_BEHIND != 0;
        let same = |own: u64, other: u64| own == other || (behind && other == 0);
        let agrees = name == self.name.as_bytes()
            && (local.flags, local.method) == (self.flags, self.method)
            && same(u64::from(self.crc), u64::from(local.crc))
            && same(self.compressed, local.compressed)
            && same(self.size, local.size);
        if !agrees {
            return Err(AMBIGUOUS.into());
        }
        let length = usize::try_from(self.compressed).map_err(|_| AMBIGUOUS)?;
        let data = fields.take(length).ok_or(AMBIGUOUS)?;
        let is_whole = if behind {
            self.is_described_by(fields.0)
        } else {
            fields.0.is_empty()
        };
        if !is_whole {
            return Err(AMBIGUOUS.into());
        }
        Ok(Located {
            data,
            has_extra_field: !extra.is_empty(),
        })
    }

    /// Tells whether `descriptor` says the same of it: CRC and sizes, with a signature or without, sizes of 32 or 64
    /// bits.
    fn is_described_by(&self, descriptor: &[u8]) -> bool {
        // The signature became usual later, and 64 bits may be used for sizes of any length. (APPNOTE, 4.3.9.2 and
        // 4.3.9.3)
        let crc = self.crc.to_le_bytes();
        let long = [self.compressed.to_le_bytes(), self.size.to_le_bytes()].concat();
        let short: Option<Vec<u8>> = [self.compressed, self.size]
            .into_iter()
            .map(|size| u32::try_from(size).ok())
            .collect::<Option<Vec<_>>>()
            .map(|sizes| sizes.into_iter().flat_map(u32::to_le_bytes).collect());
        let is = |sizes: &[u8]| {
            let bare = [&crc, sizes].concat();
            descriptor == bare || descriptor == [&DESCRIPTOR, bare.as_slice()].concat()
        };
        is(&long) || short.is_some_and(|short| is(&short))
    }

    /// Its content, which must be as long as the directory says and use up all of `data`.
    fn content(&self, data: &[u8]) -> Result<Vec<u8>, Objection> {
        let size = usize::try_from(self.size).map_err(|_| AMBIGUOUS)?;
        let content = if self.method == STORED {
            data.to_vec()
        } else {
            let mut decoder = DeflateDecoder::new(data);
            // `read` has already refused a size beyond the limits.
            let mut content = Vec::with_capacity(size);
            // One byte more than stated tells an entry that is longer from one that is not.
            let limit = self.size.saturating_add(1);
            decoder
                .by_ref()
                .take(limit)
                .read_to_end(&mut content)
                .map_err(|_| Reason::DamagedZip)?;
            // What lies behind the end of the compressed data would be another content to other programs.
            if decoder.total_in() != self.compressed {
                return Err(AMBIGUOUS.into());
            }
            content
        };
        if content.len() != size {
            return Err(AMBIGUOUS.into());
        }
        let mut crc = Crc::new();
        crc.update(&content);
        if crc.sum() == self.crc {
            Ok(content)
        } else {
            Err(Reason::DamagedZip.into())
        }
    }
}

/// A name that stands in an extra field once more must be the same one (APPNOTE, 4.6.9: version, CRC, name). Of two
/// fields with one header, some programs take the first and others the last.
fn check_extra_fields(name: &[u8], extra: &[u8]) -> Result<(), Objection> {
    let mut headers = Vec::new();
    let mut rest = Fields(extra);
    while let Some((header, field)) = rest.next_extra_field() {
        let is_other_name = header == UNICODE_PATH && field.get(5..) != Some(name);
        let is_read = [UNICODE_PATH, ZIP64_EXTRA].contains(&header);
        if is_other_name || (is_read && headers.contains(&header)) {
            return Err(AMBIGUOUS.into());
        }
        headers.push(header);
    }
    Ok(())
}

fn slice(bytes: &[u8], start: u64, end: u64) -> Option<&[u8]> {
    bytes.get(usize::try_from(start).ok()?..usize::try_from(end).ok()?)
}

/// Rest of a record that is still to be read, little-endian.
struct Fields<'z>(&'z [u8]);

impl<'z> Fields<'z> {
    fn take(&mut self, length: usize) -> Option<&'z [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    fn u16(&mut self) -> Option<u16> {
        self.array().map(u16::from_le_bytes)
    }

    fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_le_bytes)
    }

    fn signature(&mut self, expected: [u8; 4]) -> Option<()> {
        (self.array()? == expected).then_some(())
    }

    /// Reads the end record. (APPNOTE, 4.3.16)
    fn end_record(&mut self) -> Option<End> {
        self.signature(END_RECORD)?;
        let (disk, of_directory) = (self.u16()?, self.u16()?);
        let (here, count) = (self.u16()?, self.u16()?);
        Some(End {
            is_one_disk: (disk, of_directory, here) == (0, 0, count),
            count: count.into(),
            size: self.u32()?.into(),
            start: self.u32()?.into(),
            comment: self.u16()?,
        })
    }

    /// Reads the place at which the record of ZIP64 begins. (APPNOTE, 4.3.15)
    fn zip64_locator(&mut self) -> Option<u64> {
        self.signature(ZIP64_LOCATOR)?;
        let disk = self.u32()?;
        let at = self.u64()?;
        let disks = self.u32()?;
        (disk == 0 && disks <= 1).then_some(at)
    }

    /// Reads the end record of ZIP64. (APPNOTE, 4.3.14)
    fn zip64_record(&mut self) -> Option<End> {
        self.signature(ZIP64_RECORD)?;
        // Its size without the twelve bytes so far, then two versions.
        (self.u64()? == 44).then_some(())?;
        self.take(4)?;
        let (disk, of_directory) = (self.u32()?, self.u32()?);
        let (here, count) = (self.u64()?, self.u64()?);
        Some(End {
            is_one_disk: (disk, of_directory, here) == (0, 0, count),
            count,
            size: self.u64()?,
            start: self.u64()?,
            comment: 0,
        })
    }

    /// An entry of the directory, its name and its extra field.
    fn directory_entry(&mut self) -> Option<(Record<'z>, &'z [u8], &'z [u8])> {
        self.signature(DIRECTORY_ENTRY)?;
        let made_by = self.u16()?;
        let _needed = self.u16()?;
        let (flags, method) = (self.u16()?, self.u16()?);
        let _time_and_date = self.u32()?;
        let crc = self.u32()?;
        let (compressed, size) = (self.u32()?, self.u32()?);
        let (name, extra, comment) = (self.u16()?, self.u16()?, self.u16()?);
        let disk = self.u16()?;
        let _internal = self.u16()?;
        let external = self.u32()?;
        let offset = self.u32()?;
        let name = self.take(name.into())?;
        let extra = self.take(extra.into())?;
        self.take(comment.into())?;
        // The extra field has the sizes in another order than the header: before compression first. (APPNOTE, 4.5.3)
        let [size, compressed, offset] = Fields(extra).zip64([size, compressed, offset])?;
        let record = Record {
            flags,
            method,
            crc,
            compressed,
            size,
            offset,
            name: "",
            is_link: is_link(made_by, external),
        };
        (disk == 0).then_some((record, name, extra))
    }

    /// The header in front of an entry, its name and its extra field; its offset is not among what it says.
    fn local_header(&mut self) -> Option<(Record<'z>, &'z [u8], &'z [u8])> {
        self.signature(LOCAL_HEADER)?;
        let _needed = self.u16()?;
        let (flags, method) = (self.u16()?, self.u16()?);
        let _time_and_date = self.u32()?;
        let crc = self.u32()?;
        let (compressed, size) = (self.u32()?, self.u32()?);
        let (name, extra) = (self.u16()?, self.u16()?);
        let name = self.take(name.into())?;
        let extra = self.take(extra.into())?;
        let [size, compressed] = Fields(extra).zip64([size, compressed])?;
        let record = Record {
            flags,
            method,
            crc,
            compressed,
            size,
            offset: 0,
            name: "",
            is_link: false,
        };
        Some((record, name, extra))
    }

    /// Each value, or where it has all bits set, the next one of the extra field of ZIP64. (APPNOTE, 4.5.3)
    fn zip64<const N: usize>(self, values: [u32; N]) -> Option<[u64; N]> {
        let mut large = Fields(self.extra_field(ZIP64_EXTRA).unwrap_or_default());
        let mut read = [0; N];
        for (value, read) in values.into_iter().zip(&mut read) {
            *read = if value == u32::MAX { large.u64()? } else { value.into() };
        }
        Some(read)
    }

    /// The extra field with this header. (APPNOTE, 4.5.1)
    fn extra_field(mut self, wanted: u16) -> Option<&'z [u8]> {
        let mut fields = std::iter::from_fn(|| self.next_extra_field());
        fields.find(|(header, _)| *header == wanted).map(|(_, field)| field)
    }

    fn next_extra_field(&mut self) -> Option<(u16, &'z [u8])> {
        let (header, length) = (self.u16()?, self.u16()?);
        Some((header, self.take(length.into())?))
    }
}

/// Tells whether an entry made on a Unix is no file and no folder: a link, above all. (APPNOTE, 4.4.2; stat(2))
fn is_link(made_by: u16, external: u32) -> bool {
    const UNIX: u16 = 3;
    const MAC: u16 = 19;
    const FORMAT: u32 = 0o170_000;
    let kind = (external >> 16) & FORMAT;
    [UNIX, MAC].contains(&(made_by >> 8)) && ![0, 0o100_000, 0o040_000].contains(&kind)
}
