//! The system's store, as Debian and its kin have it: a file in a directory, and `update-ca-certificates`.

use super::authority::LocalAuthority;
use super::{StoreEntry, StoreFault, unusable};
use beid_host::foreign;
use std::fs;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::NamedTempFile;

/// Directory for certificates of the administrator (update-ca-certificates(8), "FILES").
pub(crate) const CERTIFICATES: &str = "/usr/local/share/ca-certificates";
/// Directory of links to every trusted certificate, by name and by hash.
const LINKS: &str = "/etc/ssl/certs";
/// All trusted certificates in one file, which programs read.
const BUNDLE: &str = "/etc/ssl/certs/ca-certificates.crt";
/// Upper limit on that file, in bytes. It has some 220 KB.
const LONGEST_BUNDLE: u64 = 64 << 20;
/// Program that writes the bundle. Root runs it, whose `PATH` may be an ordinary user's.
const UPDATE: &str = "/usr/sbin/update-ca-certificates";

pub(crate) fn entries() -> Result<Vec<StoreEntry>, StoreFault> {
    let bundle = foreign::read_text(Path::new(BUNDLE), LONGEST_BUNDLE).unwrap_or_default();
    let mut entries = Vec::new();
    for file in files(Path::new(CERTIFICATES))? {
        if let Some(authority) = LocalAuthority::read(&file) {
            let trusted = bundle.contains(authority.pem().trim_end());
            entries.push(StoreEntry { authority, trusted });
        }
    }
    Ok(entries)
}

pub(crate) fn trust(authority: &LocalAuthority) -> Result<(), StoreFault> {
    if !Path::new(CERTIFICATES).is_dir() {
        return Err(missing());
    }
    let file = file_of(Path::new(CERTIFICATES), authority, "crt");
    write_for_everybody(&file, authority.pem().as_bytes())?;
    update().inspect_err(|_| drop(fs::remove_file(&file)))
}

pub(crate) fn forget(authority: &LocalAuthority) -> Result<(), StoreFault> {
    remove(&file_of(Path::new(CERTIFICATES), authority, "crt"))?;
    let link = file_of(Path::new(LINKS), authority, "pem");
    // The program leaves links that lead nowhere, unless it makes all of them anew: meanwhile nothing would be trusted.
    for entry in fs::read_dir(LINKS).into_iter().flatten().flatten() {
        let path = entry.path();
        if fs::read_link(&path).is_ok_and(|target| Some(target.as_os_str()) == link.file_name()) {
            remove(&path)?;
        }
    }
    remove(&link)?;
    update()
}

fn missing() -> StoreFault {
    StoreFault::ToolMissing {
        program: UPDATE,
        package: "ca-certificates",
    }
}

fn update() -> Result<(), StoreFault> {
    let output = Command::new(UPDATE).stdin(Stdio::null()).output();
    match output {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            Err(StoreFault::Unusable(format!("{UPDATE}: {said}")))
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Err(missing()),
        Err(error) => Err(StoreFault::Unusable(format!("{UPDATE}: {error}"))),
    }
}

/// File of an authority in a directory that everybody reads.
pub(crate) fn file_of(directory: &Path, authority: &LocalAuthority, extension: &str) -> PathBuf {
    directory.join(format!("beidd-{}.{extension}", authority.id()))
}

/// Lists the files of our authorities in a directory; none if it does not exist.
pub(crate) fn files(directory: &Path) -> Result<Vec<PathBuf>, StoreFault> {
    let entries = match fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(unusable(directory)(error)),
    };
    let names = entries.flatten().map(|entry| entry.path());
    let ours = |path: &PathBuf| {
        path.file_name()
            .is_some_and(|name| name.to_string_lossy().starts_with("beidd-"))
    };
    let mut files: Vec<PathBuf> = names.filter(ours).collect();
    files.sort();
    Ok(files)
}

/// Replaces a file that everybody may read. Readers see the old content or the new one, never a part.
pub(crate) fn write_for_everybody(path: &Path, bytes: &[u8]) -> Result<(), StoreFault> {
    let written = || {
        let directory = path.parent().unwrap_or(Path::new("/"));
        let mut file = NamedTempFile::new_in(directory)?;
        file.write_all(bytes)?;
        let mode = fs::metadata(path).map_or(0o644, |about| about.permissions().mode() & 0o777);
        file.as_file().set_permissions(fs::Permissions::from_mode(mode))?;
        file.as_file().sync_all()?;
        file.persist(path).map_err(|error| error.error)?;
        Ok(())
    };
    written().map_err(unusable(path))
}

/// Removes a file; one that is not there is fine.
pub(crate) fn remove(path: &Path) -> Result<(), StoreFault> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(unusable(path)(error)),
        Ok(()) | Err(_) => Ok(()),
    }
}
