//! The two databases: opening them, and what is done on either alike.

use crate::error::{EvidenceError, of_postgres, of_sqlite};
use crate::postgres::ServerAddress;
use crate::statements::LIBRARY;
use beid_host::private;
use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use sqlx::postgres::PgConnection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions, SqlSafeStr};
use std::fs::OpenOptions;
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::time::timeout;

/// Oldest SQLite that will do: those before can damage a write-ahead log that two connections use.
/// (<https://www.sqlite.org/wal.html#walresetbug>)
const OLDEST_SQLITE: &str = "3.51.3";
/// Time for one piece of work on a server. A connection that takes longer is given up.
const SERVER_PATIENCE: Duration = Duration::from_secs(15);
/// Octets a second of the slowest line over which large records still get through, one by one.
const SLOWEST_LINE: usize = 16 * 1024;

/// Migrations of the embedded database, in order. A released file is never changed: its checksum is kept.
pub(crate) const EMBEDDED: &[(i64, &str, &str)] = &[
    (1, "chain", include_str!("../migrations/sqlite/0001_chain.sql")),
    (2, "counts", include_str!("../migrations/sqlite/0002_counts.sql")),
];
/// Migrations of the server, in order.
pub(crate) const ON_SERVER: &[(i64, &str, &str)] = &[
    (1, "chain", include_str!("../migrations/postgres/0001_chain.sql")),
    (2, "counts", include_str!("../migrations/postgres/0002_counts.sql")),
    (3, "truncate", include_str!("../migrations/postgres/0003_truncate.sql")),
];

/// An open connection to one of the two databases.
pub(crate) enum Connection {
    /// The embedded one.
    Sqlite(SqliteConnection),
    /// A server.
    Postgres(PgConnection),
}

/// Does the same work on either database: `$one` is its connection.
macro_rules! either {
    ($connection:expr, $one:ident => $work:expr) => {
        match $connection {
            $crate::database::Connection::Sqlite($one) => $work,
            $crate::database::Connection::Postgres($one) => $work,
        }
    };
}
pub(crate) use either;

impl Connection {
    /// Statement that begins a transaction which will write.
    pub(crate) fn begin(&self) -> &'static str {
        match self {
            // Otherwise the lock is taken at the first write, which may then fail because another one came first.
            Self::Sqlite(_) => "BEGIN IMMEDIATE",
            Self::Postgres(_) => "BEGIN",
        }
    }
}

/// Place of a database.
#[derive(Clone)]
pub enum DatabasePlace {
    /// A file.
    File(PathBuf),
    /// A server.
    Server(ServerAddress),
}

impl DatabasePlace {
    /// Name of it, for people; it holds no password.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::File(path) => path.display().to_string(),
            Self::Server(address) => address.name(),
        }
    }

    /// Translates an error of the database.
    pub(crate) fn error(&self, error: &sqlx::Error) -> EvidenceError {
        match self {
            Self::File(_) => of_sqlite(&self.name(), error),
            Self::Server(_) => of_postgres(&self.name(), error),
        }
    }

    /// Ends work on a server that takes too long; the disk has all the time that it needs.
    pub(crate) async fn within<T>(&self, work: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, sqlx::Error> {
        self.within_time_for(0, work).await
    }

    /// Ends work as [`within`](Self::within) does, with the time besides that so many octets need over a slow line.
    pub(crate) async fn within_time_for<T>(
        &self,
        octets: usize,
        work: impl Future<Output = Result<T, sqlx::Error>>,
    ) -> Result<T, sqlx::Error> {
        let sending = Duration::from_secs(u64::try_from(octets / SLOWEST_LINE).unwrap_or(u64::MAX));
        match self {
            Self::File(_) => work.await,
            Self::Server(_) => match timeout(SERVER_PATIENCE.saturating_add(sending), work).await {
                Ok(done) => done,
                Err(_) => Err(sqlx::Error::Io(io::Error::new(io::ErrorKind::TimedOut, "no answer"))),
            },
        }
    }

    /// Connects, and makes sure that the tables are those of this version. Those of a file are brought up to date; those of
    /// a server are its owner's business.
    pub(crate) async fn connect(&self) -> Result<Connection, EvidenceError> {
        match self {
            Self::File(path) => self.open_file(path).await.map(Connection::Sqlite),
            Self::Server(address) => self.connect_server(address).await.map(Connection::Postgres),
        }
    }

    async fn open_file(&self, path: &Path) -> Result<SqliteConnection, EvidenceError> {
        make_file(path).map_err(|error| EvidenceError::Closed {
            place: self.name(),
            detail: error.to_string(),
        })?;
        let options = options(path)
            .journal_mode(SqliteJournalMode::Wal)
            .foreign_keys(true)
            // What is dropped is overwritten, not only forgotten.
            .pragma("secure_delete", "ON");
        let connected = options.connect().await;
        let mut connection = connected.map_err(|error| self.error(&error))?;
        let library: Result<String, _> = sqlx::query_scalar(LIBRARY).fetch_one(&mut connection).await;
        must_be_sound(&library.map_err(|error| self.error(&error))?)?;
        let migrated = migrator(EMBEDDED).run_direct(None, &mut connection, false).await;
        migrated.map_err(|error| self.migration_error(error, EMBEDDED))?;
        Ok(connection)
    }

    async fn connect_server(&self, address: &ServerAddress) -> Result<PgConnection, EvidenceError> {
        let options = address.options().clone().disable_statement_logging();
        let connected = self.within(async { options.connect().await }).await;
        let mut connection = connected.map_err(|error| self.error(&error))?;
        let latest = "SELECT version FROM _sqlx_migrations WHERE success ORDER BY version DESC LIMIT 1";
        let work = async {
            sqlx::query_scalar::<_, i64>(latest)
                .fetch_optional(&mut connection)
                .await
        };
        let found = self.within(work).await.map_err(|error| self.error(&error))?;
        let known = latest_of(ON_SERVER);
        match found {
            Some(found) if found == known => Ok(connection),
            Some(found) if found > known => Err(EvidenceError::Newer {
                place: self.name(),
                found,
                known,
            }),
            Some(_) | None => Err(EvidenceError::Unprepared { place: self.name() }),
        }
    }

    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "the rest are faults of the migrations themselves, and the list is open"
    )]
    fn migration_error(&self, error: MigrateError, migrations: &[(i64, &str, &str)]) -> EvidenceError {
        match error {
            MigrateError::VersionMissing(found) => EvidenceError::Newer {
                place: self.name(),
                found,
                known: latest_of(migrations),
            },
            MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => self.error(&error),
            MigrateError::VersionMismatch(version) | MigrateError::Dirty(version) => EvidenceError::Damaged {
                place: self.name(),
                detail: format!("its tables of version {version} are not those of beidd"),
            },
            other => EvidenceError::Internal(other.to_string()),
        }
    }
}

/// Connection to a database as it is, whichever version wrote it, for who copies it.
pub(crate) async fn connect_unchanged(path: &Path) -> Result<SqliteConnection, EvidenceError> {
    let connected = options(path).read_only(true).connect().await;
    connected.map_err(|error| of_sqlite(&path.display().to_string(), &error))
}

fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        // In a write-ahead log, less than this loses the latest records with the power.
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(Duration::from_secs(5))
        // Memory-mapped, a failing disk would end the process instead of a statement.
        .pragma("mmap_size", "0")
        .pragma("trusted_schema", "OFF")
        .disable_statement_logging()
}

/// Makes the tables in a database of a server, or brings them up to date; for its owner.
///
/// # Errors
/// If it cannot be reached, refuses, or was prepared by a newer version.
pub async fn prepare_server(address: &ServerAddress) -> Result<(), EvidenceError> {
    let place = DatabasePlace::Server(address.clone());
    let options = address.options().clone().disable_statement_logging();
    let connected = place.within(async { options.connect().await }).await;
    let mut connection = connected.map_err(|error| place.error(&error))?;
    let migrated = migrator(ON_SERVER).run_direct(None, &mut connection, false).await;
    migrated.map_err(|error| place.migration_error(error, ON_SERVER))
}

pub(crate) fn migrator(migrations: &[(i64, &'static str, &'static str)]) -> Migrator {
    let one = |(version, name, sql): &(i64, &'static str, &'static str)| {
        Migration::new(
            *version,
            (*name).into(),
            MigrationType::Simple,
            sql.into_sql_str(),
            false,
        )
    };
    Migrator::with_migrations(migrations.iter().map(one).collect())
}

fn latest_of(migrations: &[(i64, &str, &str)]) -> i64 {
    migrations.last().map_or(0, |(version, ..)| *version)
}

/// Makes the file if it is absent, readable by this user alone; the files beside it get its mode from SQLite. A link in its
/// place is not followed.
fn make_file(path: &Path) -> io::Result<()> {
    if let Some(directory) = path.parent() {
        private::make_directory(directory)?;
    }
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false).mode(0o600);
    options
        .custom_flags(private::no_follow())
        .open(path)
        .map_err(private::at(path))?;
    private::check_ours(path)
}

/// Refuses a library that can damage write-ahead logs.
fn must_be_sound(library: &str) -> Result<(), EvidenceError> {
    let numbers = |version: &str| -> Vec<u32> { version.split('.').map(|part| part.parse().unwrap_or(0)).collect() };
    if numbers(library) >= numbers(OLDEST_SQLITE) {
        Ok(())
    } else {
        Err(EvidenceError::Library {
            found: library.to_owned(),
            needed: OLDEST_SQLITE,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libraries_that_can_damage_a_log_are_refused() {
        for (library, sound) in [
            ("3.40.1", false),
            ("3.46.0", false),
            ("3.51.2", false),
            ("3.51.3", true),
            ("3.52.0", true),
            ("4.0.0", true),
        ] {
            assert_eq!(must_be_sound(library).is_ok(), sound, "{library}");
        }
    }
}
