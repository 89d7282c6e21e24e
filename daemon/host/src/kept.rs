//! Files in the state directory for signed documents that could not be delivered.
//!
//! A signature cannot be made again without the person and the PIN, so it is never thrown away: `beidctl` keeps a
//! document that it cannot write to its place, the daemon keeps one whose caller has left. Only their owner can read
//! the files, and they stay until that person moves or deletes them.

use crate::private;
use jiff::Timestamp;
use std::io;
use std::path::{Path, PathBuf};

/// Keeps `bytes` in a new file of `kept/` in the state directory `state`, and returns its path, which ends in `name`.
///
/// # Errors
/// If the file cannot be written or synchronised to the disk.
pub fn keep(state: &Path, name: &str, bytes: &[u8]) -> io::Result<PathBuf> {
    let directory = state.join("kept");
    private::make_directory(&directory)?;
    let at = Timestamp::now().strftime("%Y%m%dT%H%M%SZ").to_string();
    // A name from a caller must not lead out of the directory.
    let name = Path::new(name).file_name().map(|name| name.to_string_lossy());
    let name = name.unwrap_or_default();
    let random: String = crate::random::random_id().chars().take(8).collect();
    let path = directory.join(format!("{at}-{random}-{name}"));
    private::write(&path, bytes)?;
    Ok(path)
}
