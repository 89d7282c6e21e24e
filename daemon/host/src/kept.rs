//! Files in the state directory for what was signed and could not be handed to whoever asked for it.
//!
//! A signature cannot be made again without the person and the PIN, so that it is never thrown away: `beidctl` keeps what
//! it cannot write where it should, the daemon keeps what a caller who has left asked for. The files are for their owner's
//! eyes only, and stay until that person moves or deletes them.

use crate::private;
use jiff::Timestamp;
use std::io;
use std::path::{Path, PathBuf};

/// Keeps `bytes` in a new file of `kept/` in the state directory `state`; its name ends in `name`.
///
/// # Errors
/// If it cannot be written, or not to the disk.
pub fn keep(state: &Path, name: &str, bytes: &[u8]) -> io::Result<PathBuf> {
    let directory = state.join("kept");
    private::make_directory(&directory)?;
    let at = Timestamp::now().strftime("%Y%m%dT%H%M%SZ").to_string();
    // No name that comes from elsewhere leads out of the directory.
    let name = Path::new(name).file_name().map(|name| name.to_string_lossy());
    let name = name.unwrap_or_default();
    let random: String = crate::random::random_id().chars().take(8).collect();
    let path = directory.join(format!("{at}-{random}-{name}"));
    private::write(&path, bytes)?;
    Ok(path)
}
