//! Files and directories that only this user can write: checks, reads and writes them.
//!
//! They decide who may call, which program asks for the PIN and which certificate browsers trust, so nobody else may be
//! able to write them, and no link of another user is followed. The rules are those of OpenSSH's `StrictModes`
//! (`safe_path` in its misc.c), with one exception that Debian's OpenSSH makes too: a group of the user's own may
//! write.

use rustix::fs::OFlags;
use rustix::io::Errno;
use std::fs::{self, DirBuilder, File, Metadata, OpenOptions, Permissions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use crate::foreign::flag;
use crate::process::own_user;

/// Maximum length of a settings or state file, in bytes: far more than any of them needs.
const LONGEST: u64 = 4 << 20;
/// `S_ISVTX`: in such a directory (`/tmp`) nobody can rename or remove files of other users.
const STICKY: u32 = 0o1000;

/// Adds the path to an error of the system, and advice where the error does not suggest what to do.
pub fn at(path: &Path) -> impl Fn(io::Error) -> io::Error {
    let path = path.display().to_string();
    move |error| io::Error::new(error.kind(), format!("{path}: {error}{}", advice(&error)))
}

/// Returns advice on an error of the system; empty where its own text is enough.
fn advice(error: &io::Error) -> &'static str {
    let Some(number) = error.raw_os_error() else { return "" };
    match Errno::from_raw_os_error(number) {
        Errno::ISDIR => "; a file belongs here: move the directory away",
        Errno::ACCESS | Errno::PERM => "; give it to this user, or its permissions back (chown, chmod)",
        Errno::NOSPC | Errno::DQUOT => "; free some space",
        Errno::LOOP => "; it is a link, and beidd follows none to files of its own: put the file itself here",
        _ => "",
    }
}

/// Makes `directory` and those above it, with access for their owner only.
///
/// # Errors
/// If it cannot be made or closed, or if somebody else could write in it or replace it. The error names the directory.
pub fn make_directory(directory: &Path) -> io::Result<()> {
    // Checked before anything is made: root could make it in another user's directory too.
    if let Some(existing) = directory.ancestors().find(|path| path.exists()) {
        check_way_to(existing).map_err(refused)?;
    }
    let mut builder = DirBuilder::new();
    builder
        .recursive(true)
        .mode(0o700)
        .create(directory)
        .map_err(at(directory))?;
    let itself = fs::symlink_metadata(directory).map_err(at(directory))?;
    // A link in a directory that everybody can write, such as /tmp, may be anybody's.
    if let Some(fault) = fault_of_owner(&itself) {
        return Err(refused(format!("{} {fault}", directory.display())));
    }
    check_way_to(directory).map_err(refused)?;
    fs::set_permissions(directory, Permissions::from_mode(0o700)).map_err(at(directory))
}

/// Checks that nobody else can have written a file, such as one in a runtime directory that many share.
///
/// # Errors
/// If it is absent, belongs to another user, or others can write to it or to a directory above it. The error names
/// which.
pub fn check_ours(path: &Path) -> io::Result<()> {
    let itself = fs::symlink_metadata(path).map_err(at(path))?;
    if let Some(fault) = fault_of_owner(&itself) {
        return Err(refused(format!("{} {fault}", path.display())));
    }
    check_way_to(path).map_err(refused)
}

fn refused(fault: String) -> io::Error {
    io::Error::new(
        ErrorKind::PermissionDenied,
        format!(
            "{fault}; beidd keeps its files only where nobody but user {} can write",
            own_user()
        ),
    )
}

/// Opens a file of ours for reading. A link in its place is not followed.
///
/// # Errors
/// If it is absent or cannot be opened. The error names it.
pub fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    // Neither waits for whoever writes to a pipe: only once it is open it is known to be ours.
    let flags = no_follow() | flag(OFlags::NONBLOCK);
    let opened = options.read(true).custom_flags(flags).open(path);
    opened.map_err(at(path))
}

/// Returns `O_NOFOLLOW` in the type that the standard library takes.
pub fn no_follow() -> i32 {
    flag(OFlags::NOFOLLOW)
}

/// Reads a file of ours whole; `None` if it is absent.
///
/// # Errors
/// If it cannot be read, or is longer than any file of ours.
pub fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    match open(path) {
        Ok(file) => read_all(file).map(Some).map_err(at(path)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Reads a file whole that nobody else can have written; `None` if it is absent. Judged are the file that was opened and
/// its directory, not those above: in a namespace of users they belong to nobody.
///
/// # Errors
/// If it cannot be read, or it or its directory belongs to another user or can be written by others.
pub fn read_ours(path: &Path) -> io::Result<Option<Vec<u8>>> {
    let file = match open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let directory = path.parent().unwrap_or(Path::new("/"));
    for (step, about) in [(directory, fs::metadata(directory)), (path, file.metadata())] {
        if let Some(fault) = fault_of(&about.map_err(at(step))?) {
            return Err(refused(format!("{} {fault}", step.display())));
        }
    }
    read_all(file).map(Some).map_err(at(path))
}

fn read_all(file: File) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.take(LONGEST + 1).read_to_end(&mut bytes)?;
    match u64::try_from(bytes.len()) {
        Ok(..=LONGEST) => Ok(bytes),
        _ => Err(io::Error::new(ErrorKind::InvalidData, "longer than such a file can be")),
    }
}

/// Reads and parses a state file; `None` if it is absent or damaged.
///
/// A damaged file, as a crash or a full disk leaves it, is renamed with a warning in the log: its content may still be
/// wanted, and the daemon must start all the same.
///
/// # Errors
/// If it cannot be read, or is damaged and cannot be renamed.
pub fn read_state<T, E: std::fmt::Display>(
    path: &Path,
    parse: impl FnOnce(&[u8]) -> Result<T, E>,
) -> io::Result<Option<T>> {
    let Some(bytes) = read(path)? else { return Ok(None) };
    match parse(&bytes) {
        Ok(found) => Ok(Some(found)),
        Err(error) => {
            let kept = set_aside(path)?;
            tracing::warn!(path = %path.display(), kept = %kept.display(), %error, "a damaged file is set aside; what it said is forgotten");
            Ok(None)
        }
    }
}

/// Renames a damaged file: `tokens.json.damaged`, or `.damaged-2` and so on where that is taken.
pub fn set_aside(path: &Path) -> io::Result<PathBuf> {
    let named = |suffix: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        PathBuf::from(name)
    };
    let more = (2..).map(|number| named(&format!(".damaged-{number}")));
    let free = std::iter::once(named(".damaged"))
        .chain(more)
        .find(|kept| fs::symlink_metadata(kept).is_err());
    let kept = free.unwrap_or_else(|| named(".damaged"));
    fs::rename(path, &kept).map_err(at(path))?;
    Ok(kept)
}

/// Replaces the file at `path`, with access for its owner only. Readers see the old content or the new one, never a
/// part, even after a crash.
///
/// # Errors
/// If it cannot be written. The error names the file.
pub fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let beside = path.with_extension("new");
    let written = || {
        match fs::remove_file(&beside) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
        // A new file, so that neither a link nor the mode of an earlier one has an effect.
        let mut options = OpenOptions::new();
        let mut file = options.write(true).create_new(true).mode(0o600).open(&beside)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&beside, path)?;
        // The rename survives a crash only once the directory is on the disk.
        path.parent()
            .map_or(Ok(()), |directory| File::open(directory)?.sync_all())
    };
    written().map_err(at(path))
}

/// Reads a settings file, which only this user or root may be able to write. Links are followed.
///
/// # Errors
/// If it is absent, cannot be read, or could have been written by somebody else. The error does not name the file.
pub fn read_settings(path: &Path) -> io::Result<String> {
    let file = File::open(path).map_err(|error| io::Error::new(error.kind(), format!("{error}{}", advice(&error))))?;
    let about = file.metadata()?;
    let others = |fault: String| {
        let rule = "settings are read only from where nobody but this user and root can write";
        io::Error::new(ErrorKind::PermissionDenied, format!("{fault}; {rule}"))
    };
    // Everybody can write to /dev/null, which changes nothing.
    if let Some(fault) = fault_of(&about).filter(|_| !about.file_type().is_char_device()) {
        return Err(others(fault));
    }
    // A pipe from the shell has no directory in which it could be replaced.
    if about.is_file() {
        check_way_to(path).map_err(others)?;
    }
    String::from_utf8(read_all(file)?).map_err(|_| io::Error::new(ErrorKind::InvalidData, "not UTF-8"))
}

/// Checks that a file with a secret, which an administrator has written, is kept from those whom it does not concern.
///
/// # Errors
/// If everybody can read it. A group may, as that of `ssl-cert`.
pub fn check_secret(about: &Metadata) -> io::Result<()> {
    if about.mode() & 0o007 == 0 {
        return Ok(());
    }
    Err(io::Error::new(
        ErrorKind::PermissionDenied,
        "can be read by everybody: only its owner, or a group, may read it (chmod o-rwx)",
    ))
}

/// Checks that nobody else can write to `path` or a directory above it, with links resolved; the error is the fault
/// found. Directories above the user's home are the administrator's responsibility and are not checked.
fn check_way_to(path: &Path) -> Result<(), String> {
    let whole = path.canonicalize().map_err(|error| at(path)(error).to_string())?;
    let home = std::env::home_dir().and_then(|home| home.canonicalize().ok());
    for step in whole.ancestors() {
        let about = fs::metadata(step).map_err(|error| at(step)(error).to_string())?;
        if let Some(fault) = fault_of(&about) {
            return Err(format!("{} {fault}", step.display()));
        }
        if home.as_deref() == Some(step) {
            break;
        }
    }
    Ok(())
}

/// Returns the reason why somebody else could change the file or directory; `None` if nobody could.
fn fault_of(about: &Metadata) -> Option<String> {
    let (mode, group) = (about.mode(), about.gid());
    let sticky = about.is_dir() && mode & STICKY != 0;
    // Systems with a group for each user give it the user's number (USERGROUPS_ENAB in login.defs), and make files
    // writable for it.
    let private_group = group == own_user() || group == 0;
    fault_of_owner(about).or_else(|| match mode {
        _ if sticky => None,
        mode if mode & 0o002 != 0 => Some("can be written by everybody".to_owned()),
        mode if mode & 0o020 != 0 && !private_group => Some(format!("can be written by group {group}")),
        _ => None,
    })
}

fn fault_of_owner(about: &Metadata) -> Option<String> {
    let owner = about.uid();
    (owner != 0 && owner != own_user()).then(|| format!("belongs to user {owner}"))
}

#[cfg(test)]
mod tests;
