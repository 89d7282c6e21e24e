//! Databases of NSS, as Chromium and Firefox have them, through `certutil`.

use super::authority::{LocalAuthority, NAME};
use super::record::InstallRecord;
use super::{CertificateStore, StoreEntry, StoreFault, StoreType, unusable};
use beid_host::private;
use beid_host::process::own_user;
use std::fs::{self, Metadata};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// The database itself; without it there is none.
const DATABASE: &str = "cert9.db";
/// All files of a database.
const FILES: [&str; 3] = [DATABASE, "key4.db", "pkcs11.txt"];
/// Program of NSS. Root runs it from where the package puts it, since `PATH` may be an ordinary user's.
const PROGRAM: &str = "certutil";
const PROGRAM_OF_ROOT: &str = "/usr/bin/certutil";
/// Trust for certificates of web servers, and for nothing else (certutil(1), "-t").
const TRUST: &str = "C,,";

/// Upper limit on one run of `certutil`: a browser that is starting holds its database for some seconds.
const LONGEST_RUN: Duration = Duration::from_secs(10);
/// Interval at which it is looked whether `certutil` has ended.
const LOOK_AGAIN: Duration = Duration::from_millis(2);

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
        check_files(place)?;
        match fs::symlink_metadata(place.join(DATABASE)) {
            Ok(_) => Ok(Some(Self(place))),
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
        check_files(place)?;
        let existing = place.ancestors().find(|path| path.exists());
        if let Some(existing) = existing {
            check_owner(&fs::metadata(existing).map_err(unusable(existing))?)?;
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
        let program = if own_user() == 0 { PROGRAM_OF_ROOT } else { PROGRAM };
        let mut command = Command::new(program);
        command.args(arguments).arg("-d").arg(sql).env("LC_ALL", "C");
        if !arguments.contains(&"--empty-password") {
            // An empty file of passwords: else it would ask for one on the terminal.
            command.args(["-f", "/dev/null"]);
        }
        let output = piped(&mut command, input, LONGEST_RUN).map_err(|error| {
            if error.kind() == ErrorKind::NotFound {
                return StoreFault::ToolMissing {
                    program: PROGRAM,
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

/// Checks that nobody else can have chosen what `certutil` does with a database: it loads the libraries that `pkcs11.txt`
/// names. Absent files are fine.
fn check_files(place: &Path) -> Result<(), StoreFault> {
    if own_user() == 0 {
        check_way_of_root(place)?;
    }
    // An ordinary user's own link to a directory of their own is followed: programs put profiles in memory that way.
    let directory = (place.to_owned(), fs::metadata(place));
    let files = FILES.map(|name| place.join(name)).map(|path| {
        let about = fs::symlink_metadata(&path);
        (path, about)
    });
    for (path, about) in [directory].into_iter().chain(files) {
        match about {
            Ok(about) => {
                check_owner(&about)?;
                if about.is_file() == (path == place) {
                    return Err(StoreFault::Unusable(format!(
                        "{}: is a link, or no file",
                        path.display()
                    )));
                }
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(unusable(&path)(error)),
        }
    }
    Ok(())
}

/// Checks for root that every step from the home directory to `place` is root's own: another user could change the way
/// between this check and the use. A home of somebody else ends it at once.
fn check_way_of_root(place: &Path) -> Result<(), StoreFault> {
    let home = std::env::home_dir();
    for step in place.ancestors() {
        match fs::symlink_metadata(step) {
            Ok(about) => check_owner(&about)?,
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(unusable(step)(error)),
        }
        if home.as_deref() == Some(step) {
            break;
        }
    }
    match place.ancestors().find(|path| path.exists()) {
        Some(existing) => private::check_ours(existing).map_err(|error| StoreFault::Unusable(error.to_string())),
        None => Ok(()),
    }
}

/// Refuses what belongs to another user: written by root, say, its owner's browser could not write it any more.
fn check_owner(about: &Metadata) -> Result<(), StoreFault> {
    match about.uid() {
        owner if owner == own_user() => Ok(()),
        owner => Err(StoreFault::OtherUser(owner)),
    }
}

/// Runs a command to its end, with `input` on its standard input; ends it itself after `limit`.
fn piped(command: &mut Command, input: &str, limit: Duration) -> io::Result<Output> {
    let command = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        // Fails if it ends without reading: its own words say why.
        drop(stdin.write_all(input.as_bytes()));
    }
    // Read while it runs: it would wait for ever once a pipe is full.
    let (stdout, stderr) = (collected(child.stdout.take()), collected(child.stderr.take()));
    let begun = Instant::now();
    let status = loop {
        match child.try_wait()? {
            Some(status) => break status,
            None if begun.elapsed() > limit => {
                child.kill()?;
                child.wait()?;
                return Err(ErrorKind::TimedOut.into());
            }
            None => thread::sleep(LOOK_AGAIN),
        }
    };
    Ok(Output {
        status,
        stdout: stdout.join().unwrap_or_default(),
        stderr: stderr.join().unwrap_or_default(),
    })
}

/// Reads a pipe to its end, on a thread of its own.
fn collected(pipe: Option<impl Read + Send + 'static>) -> JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut all = Vec::new();
        // What came before a fault is kept; the status of the program tells whether it is enough.
        drop(pipe.map(|mut pipe| pipe.read_to_end(&mut all)));
        all
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use beid_testkit::Scratch;
    use std::os::unix::fs::{chown, lchown, symlink};

    const SOMEBODY: u32 = 65534;

    fn furnished() -> Scratch {
        let scratch = Scratch::new("nss");
        let place = scratch.dir("profile");
        for name in FILES {
            fs::write(place.join(name), "").unwrap();
        }
        scratch
    }

    #[test]
    fn a_program_that_does_not_end_is_ended() {
        let ended = piped(Command::new("sleep").arg("600"), "", Duration::from_millis(20));
        assert_eq!(ended.unwrap_err().kind(), ErrorKind::TimedOut);
    }

    #[test]
    fn everything_that_a_program_says_is_read_however_long() {
        let mut command = Command::new("sh");
        command.args([
            "-c",
            "cat; head -c 300000 /dev/zero; head -c 200000 /dev/zero >&2; exit 3",
        ]);
        let output = piped(&mut command, "asked", LONGEST_RUN).unwrap();
        assert_eq!(output.status.code(), Some(3));
        assert_eq!((output.stdout.len(), output.stderr.len()), (300_005, 200_000));
        assert!(output.stdout.starts_with(b"asked"));
    }

    #[test]
    fn databases_whose_files_are_links_or_no_files_are_refused() {
        assert!(check_files(&furnished().path().join("profile")).is_ok());
        assert!(check_files(&furnished().path().join("nothing/there")).is_ok());
        for name in FILES {
            let scratch = furnished();
            let (place, moved) = (scratch.path().join("profile"), scratch.path().join(name));
            fs::rename(place.join(name), &moved).unwrap();
            assert!(check_files(&place).is_ok(), "{name} is absent");
            symlink(&moved, place.join(name)).unwrap();
            let fault = check_files(&place).unwrap_err().to_string();
            assert!(fault.contains(name) && fault.contains("is a link"), "{fault}");
            fs::remove_file(place.join(name)).unwrap();
            fs::create_dir(place.join(name)).unwrap();
            assert!(check_files(&place).is_err(), "{name} is a directory");
        }
    }

    /// Only root can give files away, and only root needs this.
    #[test]
    fn root_opens_no_database_that_somebody_else_chooses_or_can_reach() {
        if own_user() != 0 {
            return;
        }
        let refused = |place: &Path| matches!(check_files(place), Err(StoreFault::OtherUser(SOMEBODY)));
        for name in FILES {
            let scratch = furnished();
            let place = scratch.path().join("profile");
            chown(place.join(name), Some(SOMEBODY), None).unwrap();
            assert!(refused(&place), "{name}");
        }
        let scratch = furnished();
        let place = scratch.path().join("profile");
        let link = scratch.path().join("link");
        symlink(&place, &link).unwrap();
        assert!(check_files(&link).is_ok(), "root's own link");
        lchown(&link, Some(SOMEBODY), None).unwrap();
        assert!(refused(&link));
        let through = scratch.path().join("through");
        symlink(scratch.path(), &through).unwrap();
        lchown(&through, Some(SOMEBODY), None).unwrap();
        assert!(refused(&through.join("profile")));
        assert!(refused(&through.join("new/database")));
        chown(scratch.path(), Some(SOMEBODY), None).unwrap();
        assert!(refused(&place));
    }
}
