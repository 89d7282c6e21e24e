//! Taking of the state directory: by one daemon at a time, and only if it knows the form of the files in it.
//!
//! One number, in the file `form`, is that of all files in the directory. A daemon that finds a higher one than its own
//! is older than the daemon that wrote them: it would take them for damaged, set them aside, and forget what they say. It
//! does not start, and touches nothing.
//!
//! A change after which an earlier version would misread a file raises [`STATE_FORM`]; files of earlier forms are read for
//! good. The number is raised before the first file is written in a new form, so that it is never too low.

use crate::paths::Paths;
use crate::private;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// Form of the files that this version writes. Directories without a number have the first.
pub const STATE_FORM: u64 = 1;

/// State directory that this process alone uses, until it is dropped, and whose files have a form that it knows.
#[derive(Debug)]
pub struct TakenState {
    _lock: File,
}

impl Paths {
    /// Takes the state directory: two daemons would write over each other's files, and an older one would misread them.
    ///
    /// # Errors
    /// If another daemon has it, if a newer version has written it, or if a file cannot be opened or written. The error
    /// names the file and says what to do.
    pub fn take_state(&self) -> io::Result<TakenState> {
        let lock = self.lock()?;
        raise_form(&self.state.join("form"))?;
        Ok(TakenState { _lock: lock })
    }

    fn lock(&self) -> io::Result<File> {
        let path = self.state.join("lock");
        let mut options = OpenOptions::new();
        let file = options
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .custom_flags(private::no_follow())
            .open(&path)
            .map_err(private::at(&path))?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(TryLockError::Error(error)) => Err(private::at(&path)(error)),
            Err(TryLockError::WouldBlock) => Err(io::Error::other(format!(
                "another beidd uses {}; end that one, or give this one a state directory of its own (XDG_STATE_HOME)",
                self.state.display()
            ))),
        }
    }
}

/// Makes sure that the form is known, and writes this version's number if it is higher.
fn raise_form(path: &Path) -> io::Result<()> {
    let found = match private::read(path)? {
        None => None,
        Some(bytes) => Some(form_in(&bytes).ok_or_else(|| {
            let todo = "if no newer beidd has used this directory, remove that file";
            io::Error::new(
                ErrorKind::InvalidData,
                format!("{}: holds no number; {todo}", path.display()),
            )
        })?),
    };
    match found {
        Some(found) if found > STATE_FORM => Err(io::Error::new(
            ErrorKind::Unsupported,
            format!(
                "{}: a newer beidd has written this directory (form {found}; this version knows {STATE_FORM}); install \
                 that version again, or give this one a state directory of its own (XDG_STATE_HOME)",
                path.display()
            ),
        )),
        Some(STATE_FORM) => Ok(()),
        Some(_) | None => private::write(path, format!("{STATE_FORM}\n").as_bytes()),
    }
}

fn form_in(bytes: &[u8]) -> Option<u64> {
    str::from_utf8(bytes).ok()?.trim_end().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn paths() -> Paths {
        let state = std::env::temp_dir().join(format!("beidd-state-{}", crate::random::random_id()));
        fs::create_dir(&state).unwrap();
        Paths {
            runtime: state.join("run"),
            config: None,
            state,
        }
    }

    #[test]
    fn a_directory_is_taken_once_and_says_its_form() {
        let paths = paths();
        let taken = paths.take_state().unwrap();
        let refused = paths.take_state().unwrap_err().to_string();
        assert!(refused.contains("another beidd uses"), "{refused}");
        drop(taken);
        paths.take_state().unwrap();
        assert_eq!(fs::read_to_string(paths.state.join("form")).unwrap(), "1\n");
        fs::remove_dir_all(paths.state).unwrap();
    }

    #[test]
    fn a_form_that_is_not_known_is_refused_and_stays() {
        for (written, words) in [
            ("2\n", "install that version again"),
            ("18446744073709551615", "a newer beidd"),
            ("18446744073709551616", "holds no number"),
            ("", "holds no number"),
            ("-1\n", "holds no number"),
            ("1.5\n", "holds no number"),
            ("\u{0}\n", "holds no number"),
        ] {
            let paths = paths();
            let file = paths.state.join("form");
            fs::write(&file, written).unwrap();
            let refused = paths.take_state().unwrap_err().to_string();
            assert!(refused.contains(words), "{written:?}: {refused}");
            assert!(refused.starts_with(&file.display().to_string()), "{refused}");
            assert_eq!(fs::read_to_string(&file).unwrap(), written);
            fs::remove_dir_all(paths.state).unwrap();
        }
    }

    #[test]
    fn an_earlier_form_is_raised() {
        let paths = paths();
        fs::write(paths.state.join("form"), "0").unwrap();
        drop(paths.take_state().unwrap());
        assert_eq!(fs::read_to_string(paths.state.join("form")).unwrap(), "1\n");
        fs::remove_dir_all(paths.state).unwrap();
    }
}
