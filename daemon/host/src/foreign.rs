//! Files that other programs or users have written, in places that they choose.

use rustix::fs::OFlags;
use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// Reads a file of others whole, if it is a regular one of at most `most` bytes. Links are followed.
///
/// # Errors
/// If it cannot be read; `InvalidInput` if it is a directory, a pipe or a device, and `FileTooLarge` if it is longer.
pub fn read(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let file = open(path)?;
    let mut bytes = Vec::new();
    // One more than allowed: a file can grow, and those of /proc say that they are empty.
    file.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
    match u64::try_from(bytes.len()) {
        Ok(length) if length <= most => Ok(bytes),
        Ok(_) | Err(_) => Err(ErrorKind::FileTooLarge.into()),
    }
}

/// Reads a text as [`read`] does.
///
/// # Errors
/// As [`read`], and `InvalidData` if it is not UTF-8.
pub fn read_text(path: &Path, most: u64) -> io::Result<String> {
    String::from_utf8(read(path, most)?).map_err(|_| io::Error::new(ErrorKind::InvalidData, "is not UTF-8"))
}

fn open(path: &Path) -> io::Result<File> {
    // A pipe that nobody writes to would keep us waiting for ever. On regular files the flag has no effect (open(2)).
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(flag(OFlags::NONBLOCK))
        .open(path)?;
    // Asked of the open file: what stands at the path may be replaced at any time.
    if !file.metadata()?.is_file() {
        return Err(io::Error::new(ErrorKind::InvalidInput, "is no file"));
    }
    Ok(file)
}

/// Converts a flag into the type that the standard library takes.
pub(crate) fn flag(flags: OFlags) -> i32 {
    // Cannot fail: flags are bits below the sign.
    i32::try_from(flags.bits()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::fs::{CWD, FileType, Mode, mknodat};
    use std::os::unix::fs::symlink;
    use std::os::unix::net::UnixListener;
    use std::path::PathBuf;

    /// A directory, removed when dropped.
    struct ForeignDirectory(PathBuf);

    impl ForeignDirectory {
        fn new() -> Self {
            let directory = std::env::temp_dir().join(format!("beidd-foreign-{}", crate::random::random_id()));
            std::fs::create_dir(&directory).unwrap();
            Self(directory)
        }
    }

    impl Drop for ForeignDirectory {
        fn drop(&mut self) {
            drop(std::fs::remove_dir_all(&self.0));
        }
    }

    #[test]
    fn files_are_read_up_to_the_limit_and_links_to_them_too() {
        let directory = ForeignDirectory::new();
        let (file, link) = (directory.0.join("file"), directory.0.join("link"));
        std::fs::write(&file, "12345").unwrap();
        symlink(&file, &link).unwrap();
        for path in [&file, &link] {
            assert_eq!(read(path, 5).unwrap(), b"12345");
            assert_eq!(read(path, 4).unwrap_err().kind(), ErrorKind::FileTooLarge);
            assert_eq!(read_text(path, u64::MAX).unwrap(), "12345");
        }
        std::fs::write(&file, [0xFF]).unwrap();
        assert_eq!(read_text(&file, 5).unwrap_err().kind(), ErrorKind::InvalidData);
        assert_eq!(
            read(&directory.0.join("absent"), 5).unwrap_err().kind(),
            ErrorKind::NotFound
        );
    }

    #[test]
    fn nothing_that_is_no_file_is_read_or_waited_for() {
        let directory = ForeignDirectory::new();
        let pipe = directory.0.join("pipe");
        mknodat(CWD, &pipe, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
        let (linked, socket) = (directory.0.join("linked"), directory.0.join("socket"));
        symlink(&pipe, &linked).unwrap();
        let _listening = UnixListener::bind(&socket).unwrap();
        for path in [&pipe, &linked, &socket, &directory.0, Path::new("/dev/zero")] {
            assert!(read(path, 5).is_err(), "{}", path.display());
        }
    }
}
