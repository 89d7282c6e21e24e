//! Databases of NSS, as Chromium and Firefox have them, through `certutil`.

use super::authority::{LocalAuthority, NAME};
use super::record::InstallRecord;
use super::{CertificateStore, StoreEntry, StoreFault, StoreType, unusable};
use beid_host::process::own_user;
use std::fs;
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// The database itself; without it there is none.
const DATABASE: &str = "cert9.db";
/// All files of a database.
const FILES: [&str; 3] = [DATABASE, "key4.db", "pkcs11.txt"];
/// Trust for certificates of web servers, and for nothing else (certutil(1), "-t").
const TRUST: &str = "C,,";

pub(crate) fn entries(store: &CertificateStore) -> Result<Vec<StoreEntry>, StoreFault> {
    let Some(database) = NssDatabase::open(store)? else {
        return Ok(Vec::new());
    };
    let names = database.names()?;
    let ours = names.into_iter().filter(|(name, _)| name.starts_with(NAME));
    let mut entries = Vec::new();
    for (name, flags) in ours {
        let pem = database.run(&["-L", "-n", &name, "-a"], "")?;
        // Something else under such a name is not ours to judge, nor to remove.
        if let Ok(authority) = LocalAuthority::parse(&pem.stdout) {
            let trusted = flags.split(',').next().is_some_and(|web| web.contains('C'));
            entries.push(StoreEntry { authority, trusted });
        }
    }
    Ok(entries)
}

pub(crate) fn trust(store: &CertificateStore, authority: &LocalAuthority) -> Result<(), StoreFault> {
    let database = match NssDatabase::open(store)? {
        Some(database) => database,
        None => NssDatabase::create(store)?,
    };
    let held = database.names()?.iter().any(|(name, _)| name == authority.name());
    let added = database.run(&["-A", "-n", authority.name(), "-t", TRUST, "-a"], &authority.pem());
    // A database with a password takes the certificate and refuses to trust it: then it must not stay either.
    if added.is_err() && !held {
        drop(database.run(&["-D", "-n", authority.name()], ""));
    }
    added.map(drop)
}

pub(crate) fn forget(store: &CertificateStore, authority: &LocalAuthority) -> Result<(), StoreFault> {
    let Some(database) = NssDatabase::open(store)? else {
        return Ok(());
    };
    let names = || database.names();
    if names()?.iter().any(|(name, _)| name == authority.name()) {
        database.run(&["-D", "-n", authority.name()], "")?;
    }
    let left = names()?;
    if left.iter().any(|(name, _)| name.starts_with(NAME)) {
        return Ok(());
    }
    let mut record = InstallRecord::open(&store.record)?;
    if !record.databases.contains(&store.place) {
        return Ok(());
    }
    // One that its browser has come to use is no longer ours to remove.
    if left.is_empty() && !database.has_keys() {
        for file in FILES.map(|name| store.place.join(name)) {
            fs::remove_file(&file).map_err(unusable(&file))?;
        }
    }
    record.databases.retain(|place| *place != store.place);
    record.settle()
}

/// A database that exists and belongs to this user.
struct NssDatabase<'s>(&'s Path);

impl<'s> NssDatabase<'s> {
    /// Opens the database of a store; `None` if Chromium has not made it yet.
    fn open(store: &'s CertificateStore) -> Result<Option<Self>, StoreFault> {
        let place = store.place.as_path();
        match fs::metadata(place.join(DATABASE)) {
            Ok(about) if about.uid() == own_user() => Ok(Some(Self(place))),
            // Written by root, say, its owner's browser could not write it any more.
            Ok(about) => Err(StoreFault::OtherUser(about.uid())),
            Err(error) if error.kind() == ErrorKind::NotFound => match store.store_type {
                StoreType::Firefox => Err(StoreFault::NeverStarted),
                StoreType::Chromium | StoreType::System | StoreType::FirefoxPolicy => Ok(None),
            },
            Err(error) => Err(unusable(place)(error)),
        }
    }

    /// Makes the database where Chromium will look for it.
    fn create(store: &'s CertificateStore) -> Result<Self, StoreFault> {
        let place = store.place.as_path();
        let existing = place.ancestors().find(|path| path.exists());
        match existing.map(fs::metadata) {
            Some(Ok(about)) if about.uid() != own_user() => return Err(StoreFault::OtherUser(about.uid())),
            Some(Err(error)) => return Err(unusable(place)(error)),
            Some(Ok(_)) | None => {}
        }
        let mut record = InstallRecord::open(&store.record)?;
        record.make_directories(place, 0o700)?;
        record.databases.push(place.to_owned());
        record.save()?;
        let database = Self(place);
        database.run(&["-N", "--empty-password"], "")?;
        Ok(database)
    }

    /// Lists every certificate by name, with its trust flags: `C,,`.
    fn names(&self) -> Result<Vec<(String, String)>, StoreFault> {
        let output = self.run(&["-L"], "")?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        // Behind the heading and an empty line; names may contain blanks, flags do not.
        let rows = text.lines().filter_map(|line| line.trim_end().rsplit_once(' '));
        let rows = rows.filter(|(_, flags)| flags.matches(',').count() == 2 && !flags.contains('/'));
        Ok(rows
            .map(|(name, flags)| (name.trim().to_owned(), flags.to_owned()))
            .collect())
    }

    /// Returns true if there is a private key in it, or that cannot be told.
    fn has_keys(&self) -> bool {
        match self.run(&["-K"], "") {
            Err(StoreFault::Unusable(said)) => !said.contains("no keys found"),
            Ok(_) | Err(_) => true,
        }
    }

    /// Runs `certutil` on the database with `input` on standard input.
    fn run(&self, arguments: &[&str], input: &str) -> Result<Output, StoreFault> {
        let mut sql = std::ffi::OsString::from("sql:");
        sql.push(self.0);
        let mut command = Command::new("certutil");
        command.args(arguments).arg("-d").arg(sql).env("LC_ALL", "C");
        if !arguments.contains(&"--empty-password") {
            // An empty file of passwords: else it would ask for one on the terminal.
            command.args(["-f", "/dev/null"]);
        }
        let output = piped(&mut command, input).map_err(|error| {
            if error.kind() == ErrorKind::NotFound {
                return StoreFault::ToolMissing {
                    program: "certutil",
                    package: "libnss3-tools",
                };
            }
            StoreFault::Unusable(format!("certutil: {error}"))
        })?;
        if output.status.success() {
            return Ok(output);
        }
        // Some of its complaints go to standard output.
        let said = [output.stderr, output.stdout].concat();
        let said = String::from_utf8_lossy(&said).trim().to_owned();
        if said.contains("SEC_ERROR_BAD_PASSWORD") {
            return Err(StoreFault::Password);
        }
        Err(StoreFault::Unusable(format!("{}: {said}", self.0.display())))
    }
}

/// Runs a command to its end, with `input` on its standard input.
fn piped(command: &mut Command, input: &str) -> io::Result<Output> {
    let command = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        // Fails if it ends without reading: its own words say why.
        drop(stdin.write_all(input.as_bytes()));
    }
    child.wait_with_output()
}
