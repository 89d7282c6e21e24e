//! Copies of a store: complete at one moment, made while the daemon writes on, and with the keys that belong to it.

use crate::database::connect_unchanged;
use crate::error::{EvidenceError, of_sqlite};
use crate::statements as sql;
use crate::store::{database_file, keys_file};
use beid_host::private;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;
use zeroize::Zeroizing;

/// Copies the store in `directory` to the directory `to`, which is made if it is absent; its files can be read by this user
/// alone. Nothing in its place is overwritten.
///
/// The library that is built in makes the copy, because older ones can damage a write-ahead log that a daemon uses at the
/// same time.
///
/// # Errors
/// Those of the database and of the file of keys; [`EvidenceError::Copy`] if a copy is there already, or cannot be made.
pub async fn back_up(directory: &Path, to: &Path) -> Result<(), EvidenceError> {
    let (database, keys) = (database_file(directory), keys_file(directory));
    let (database_copy, keys_copy) = (database_file(to), keys_file(to));
    let draft = database_copy.with_extension("db.part");
    make_directory(to).map_err(|error| no_copy(to, error))?;
    // Whoever can write there could put another copy in its place, or read the keys of the desk.
    private::check_ours(to).map_err(|error| no_copy(to, error))?;
    for copy in [&keys_copy, &database_copy] {
        if copy.exists() {
            return Err(no_copy(copy, ErrorKind::AlreadyExists.into()));
        }
    }
    let mut connection = connect_unchanged(&database).await?;
    // An empty file, which SQLite takes: it would make one with the mode of everybody's files.
    drop(new_file(&draft).map_err(|error| no_copy(&draft, error))?);
    let copied = copy_database(&mut connection, &database, &draft).await;
    let copied = copied.and_then(|()| copy_keys(&keys, &keys_copy));
    // Last, so that a copy that was broken off has no database: half a copy would be taken for a whole one.
    let copied =
        copied.and_then(|()| put_in_place(&draft, &database_copy).map_err(|error| no_copy(&database_copy, error)));
    if copied.is_err() {
        // What cannot be removed either is in the way of the next copy, whose error names it.
        drop(fs::remove_file(&draft));
        drop(fs::remove_file(&keys_copy));
    }
    copied
}

fn put_in_place(draft: &Path, copy: &Path) -> io::Result<()> {
    fs::rename(draft, copy)?;
    copy.parent()
        .map_or(Ok(()), |directory| File::open(directory)?.sync_all())
}

async fn copy_database(
    connection: &mut sqlx::SqliteConnection,
    database: &Path,
    copy: &Path,
) -> Result<(), EvidenceError> {
    let path = copy
        .to_str()
        .ok_or_else(|| no_copy(copy, io::Error::other("its path is not UTF-8")))?;
    let copied = sqlx::query(sql::BACK_UP).bind(path).execute(connection).await;
    copied.map_err(|error| of_sqlite(&database.display().to_string(), &error))?;
    let synchronised = File::open(copy).and_then(|file| file.sync_all());
    synchronised.map_err(|error| no_copy(copy, error))
}

fn copy_keys(keys: &Path, copy: &Path) -> Result<(), EvidenceError> {
    let unread = |error| EvidenceError::Keys {
        path: keys.to_owned(),
        error,
    };
    let octets = private::read(keys).map_err(unread)?.map(Zeroizing::new);
    let octets = octets.ok_or_else(|| unread(ErrorKind::NotFound.into()))?;
    let written = new_file(copy).and_then(|mut file| file.write_all(&octets).and_then(|()| file.sync_all()));
    written.map_err(|error| no_copy(copy, error))
}

fn make_directory(directory: &Path) -> io::Result<()> {
    match DirBuilder::new().mode(0o700).create(directory) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}

fn new_file(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

fn no_copy(path: &Path, error: io::Error) -> EvidenceError {
    EvidenceError::Copy {
        path: path.to_owned(),
        error,
    }
}
