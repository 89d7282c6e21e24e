//! A PostgreSQL server of the tests' own.

use crate::patience::LIMIT;
use crate::process::{FinishedCommand, RunningProgram, run};
use crate::programs::tool;
use crate::scratch::Scratch;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::{MetadataExt, chown};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// User and group that run the server where the tests run as root, which it refuses: `nobody`.
const NOBODY: u32 = 65534;

/// A server that answers on a socket in a directory of its own. It ends when dropped, or with the test's process.
#[derive(Debug)]
pub struct PostgresServer {
    scratch: Scratch,
    programs: PathBuf,
    server: Option<RunningProgram>,
    databases: AtomicU32,
    settings: Vec<String>,
}

impl PostgresServer {
    /// Makes a cluster, and starts it. Its superuser is `admin`, and it trusts whoever reaches the socket.
    ///
    /// # Panics
    /// If PostgreSQL is not installed, or does not start.
    #[must_use]
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// Starts one with settings of its own: `max_connections=300`.
    ///
    /// # Panics
    /// As [`start`](Self::start).
    #[must_use]
    pub fn start_with(settings: &[&str]) -> Self {
        let scratch = Scratch::new("pg");
        let mut server = Self {
            programs: programs(),
            scratch,
            server: None,
            databases: AtomicU32::new(0),
            settings: settings.iter().map(|setting| (*setting).to_owned()).collect(),
        };
        if Self::is_root() {
            chown(server.scratch.path(), Some(NOBODY), Some(NOBODY)).expect("root can give a directory away");
        }
        let mut initdb = server.command("initdb");
        initdb.args([
            "--username=admin",
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--no-sync",
            "--pgdata",
        ]);
        initdb.arg(server.data());
        let made = run(&mut initdb);
        assert!(made.succeeded(), "initdb: {}", made.said());
        server.resume();
        server
    }

    fn is_root() -> bool {
        fs::metadata("/proc/self").expect("a process").uid() == 0
    }

    fn data(&self) -> PathBuf {
        self.scratch.path().join("data")
    }

    /// One of the server's programs, as a user that it accepts; it ends with the test's process.
    fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(tool("setpriv"));
        command.args(["--pdeathsig", "KILL"]);
        if Self::is_root() {
            let nobody = NOBODY.to_string();
            command.args(["--reuid", &nobody, "--regid", &nobody, "--clear-groups"]);
        }
        command.arg("--").arg(self.programs.join(program.as_ref()));
        command.current_dir("/");
        command
    }

    /// Starts the server again after [`pause`](Self::pause).
    ///
    /// # Panics
    /// If it does not start.
    pub fn resume(&mut self) {
        let mut command = self.command("postgres");
        // Without synchronisation: the tests pull no plug on it.
        command
            .args(["-c", "fsync=off", "-c", "listen_addresses=", "-k"])
            .arg(self.scratch.path());
        // Of two that name the same, the later one counts.
        command.args(self.settings.iter().flat_map(|setting| ["-c", setting]));
        command.arg("-D").arg(self.data());
        command.stderr(fs::File::create(self.scratch.path().join("log")).expect("the log can be written"));
        self.server = Some(RunningProgram::start("postgres", command));
        let begun = Instant::now();
        while !self.is_up() {
            assert!(begun.elapsed() < LIMIT, "postgres does not start: {}", self.log());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn is_up(&self) -> bool {
        let mut command = self.command("pg_isready");
        command
            .args(["--quiet", "--username=admin", "--host"])
            .arg(self.scratch.path());
        run(&mut command).succeeded()
    }

    /// Log since its last start.
    #[must_use]
    pub fn log(&self) -> String {
        fs::read_to_string(self.scratch.path().join("log")).unwrap_or_default()
    }

    /// Ends the server in the way that breaks connections off; the databases stay.
    pub fn pause(&mut self) {
        if let Some(server) = self.server.take() {
            let mut stop = self.command("pg_ctl");
            stop.args(["stop", "--silent", "--mode=immediate", "--pgdata"])
                .arg(self.data());
            let stopped = run(&mut stop);
            assert!(stopped.succeeded(), "pg_ctl: {}", stopped.said());
            drop(server);
        }
    }

    /// Directory of its socket.
    #[must_use]
    pub fn socket(&self) -> &Path {
        self.scratch.path()
    }

    /// Makes an empty database, and returns its name.
    ///
    /// # Panics
    /// If it cannot be made.
    pub fn new_database(&self) -> String {
        let name = format!("t{}", self.databases.fetch_add(1, Ordering::Relaxed));
        self.sql("postgres", &format!("CREATE DATABASE {name}"));
        name
    }

    /// Address of a database, for a role.
    #[must_use]
    pub fn url(&self, role: &str, database: &str) -> String {
        let socket = self.socket().display().to_string().replace('/', "%2F");
        format!("postgres://{role}@{socket}/{database}")
    }

    /// Dumps a database as statements that make it again.
    ///
    /// # Panics
    /// If it cannot be dumped.
    #[must_use]
    pub fn dump(&self, database: &str) -> String {
        let mut dump = self.command("pg_dump");
        dump.args(["--username=admin", "--dbname", database, "--host"])
            .arg(self.socket());
        run(&mut dump).ok()
    }

    /// Makes a new database of a dump, and returns its name.
    ///
    /// # Panics
    /// If a statement fails.
    pub fn restore(&self, dump: &str) -> String {
        let database = self.new_database();
        let file = self.scratch.write("dump.sql", dump.as_bytes());
        self.sql(&database, &format!("\\i {}", file.display()));
        database
    }

    /// Runs statements as the superuser, and returns what they print, without decoration.
    ///
    /// # Panics
    /// If one fails.
    pub fn sql(&self, database: &str, statements: &str) -> String {
        let done = self.psql(database, statements);
        assert!(done.succeeded(), "{statements}: {}", done.said());
        done.text().trim().to_owned()
    }

    /// Like [`sql`](Self::sql); `None` if it fails, as where others have taken all connections.
    #[must_use]
    pub fn try_sql(&self, database: &str, statements: &str) -> Option<String> {
        let done = self.psql(database, statements);
        done.succeeded().then(|| done.text().trim().to_owned())
    }

    fn psql(&self, database: &str, statements: &str) -> FinishedCommand {
        let mut psql = self.command("psql");
        psql.args([
            "--no-psqlrc",
            "--quiet",
            "--tuples-only",
            "--no-align",
            "--set=ON_ERROR_STOP=1",
            "--username=admin",
        ]);
        psql.args(["--dbname", database, "--command", statements, "--host"])
            .arg(self.socket());
        run(&mut psql)
    }
}

/// Directory of the newest server's programs, which Debian keeps out of the way.
fn programs() -> PathBuf {
    let versions = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(Result::ok);
    let number = |path: &PathBuf| path.file_name()?.to_str()?.parse::<u32>().ok();
    let newest = versions
        .map(|entry| entry.path())
        .filter(|path| number(path).is_some())
        .max_by_key(number);
    let newest = newest.map(|version| version.join("bin"));
    newest.unwrap_or_else(|| panic!("PostgreSQL is not installed: run `packaging/setup test`"))
}
