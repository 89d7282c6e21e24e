//! Room on a disk.

use rustix::fs::{FallocateFlags, fallocate};
use rustix::io::Errno;
use std::io;
use std::path::Path;

/// Makes sure that so many octets can be written in `directory` now. They are claimed and given back, so that a quota counts
/// too. Where the system cannot claim any (ZFS, some networks), nothing is found out.
///
/// # Errors
/// [`StorageFull`](io::ErrorKind::StorageFull) or [`QuotaExceeded`](io::ErrorKind::QuotaExceeded) if there is less room;
/// else those of making a file in the directory.
pub fn must_have_room(directory: &Path, octets: u64) -> io::Result<()> {
    // It has no name, so that nothing is left of it, not even after a crash.
    let file = tempfile::tempfile_in(directory)?;
    match fallocate(&file, FallocateFlags::empty(), 0, octets) {
        Err(Errno::OPNOTSUPP | Errno::NOSYS) | Ok(()) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn room_is_claimed_given_back_and_leaves_nothing() {
        let directory = std::env::temp_dir().join(format!("beidd-room-{}", crate::random::random_id()));
        assert_eq!(
            must_have_room(&directory, 1).unwrap_err().kind(),
            io::ErrorKind::NotFound
        );
        fs::create_dir(&directory).unwrap();
        must_have_room(&directory, 1 << 20).unwrap();
        // More than any disk has.
        let refused = must_have_room(&directory, 1 << 60).unwrap_err();
        assert!(
            matches!(
                refused.kind(),
                io::ErrorKind::StorageFull | io::ErrorKind::FileTooLarge | io::ErrorKind::QuotaExceeded
            ),
            "{refused}"
        );
        assert_eq!(fs::read_dir(&directory).unwrap().count(), 0);
        fs::remove_dir(directory).unwrap();
    }
}
