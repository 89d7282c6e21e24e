//! Changes behind a store's back, made to a copy of it.

use crate::chain::{BrokenLink, ChainEnd};
use crate::database::DatabasePlace;
use crate::ledger::Ledger;
use crate::record::{RecordHeader, hash, read_canonical, write_canonical};
use crate::sealing::Opening;
use crate::verify::verify_chain;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Executor, SqliteConnection};
use std::path::Path;

/// Change of records behind the store's back.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Tampering {
    /// Another content is put in the place of one, or where there is none.
    ChangesContent,
    /// A header is changed, and nothing else.
    ChangesHeader,
    /// A header is changed with its hash and the columns beside it.
    ChangesHeaderAndColumns,
    /// A header is changed, and all behind it are written anew to fit.
    WritesAnew,
    /// A record is removed.
    Removes,
    /// A record and all behind it are removed, with their heads.
    CutsOff,
    /// A record and the next change places.
    Swaps,
}

impl Tampering {
    pub(super) const ALL: &[Self] = &[
        Self::ChangesContent,
        Self::ChangesHeader,
        Self::ChangesHeaderAndColumns,
        Self::WritesAnew,
        Self::Removes,
        Self::CutsOff,
        Self::Swaps,
    ];
    /// Those that need no second record: all but the last.
    pub(super) const OF_ONE_RECORD: &[Self] = Self::ALL.split_at(Self::ALL.len() - 1).0;

    /// Changes the database in `file`.
    async fn change(self, file: &Path, desk: &str, at: usize) {
        let options = SqliteConnectOptions::new().filename(file).foreign_keys(false);
        let mut past = options.connect().await.unwrap();
        for trigger in ["records_stay", "records_remain", "contents_stay", "heads_remain"] {
            run(&mut past, &format!("DROP TRIGGER {trigger}")).await;
        }
        let statements = match self {
            Self::ChangesContent => {
                format!("INSERT OR REPLACE INTO contents VALUES ('{desk}', {at}, 'none', CAST('{{}}' AS BLOB))")
            }
            Self::ChangesHeader => changed_header(at, ""),
            Self::ChangesHeaderAndColumns | Self::WritesAnew => {
                return write_anew(&mut past, file, desk, at, self == Self::WritesAnew).await;
            }
            Self::Removes => format!("DELETE FROM records WHERE position = {at}"),
            Self::CutsOff => {
                format!("DELETE FROM records WHERE position >= {at}; DELETE FROM heads WHERE position >= {at}")
            }
            Self::Swaps => {
                let moved =
                    |from: usize, to: usize| format!("UPDATE records SET position = {to} WHERE position = {from}");
                [moved(at, 9999), moved(at + 1, at), moved(9999, at + 1)].join("; ")
            }
        };
        run(&mut past, &statements).await;
    }
}

async fn run(past: &mut SqliteConnection, statements: &str) {
    past.execute(AssertSqlSafe(statements.to_owned())).await.unwrap();
}

/// Statement that makes a record one of another year; `columns` are set, too.
fn changed_header(at: usize, columns: &str) -> String {
    format!(
        "UPDATE records SET header = replace(header, '\"time\":\"20', '\"time\":\"19'){columns} WHERE position = {at}"
    )
}

/// Changes a header with its columns, and those behind it if `all` is true.
async fn write_anew(past: &mut SqliteConnection, file: &Path, desk: &str, at: usize, all: bool) {
    run(past, &changed_header(at, ", time = '19' || substr(time, 3)")).await;
    let mut ledger = Ledger::at(DatabasePlace::File(file.to_owned()));
    let first = u64::try_from(at).unwrap();
    let rows = ledger.part(desk, first - 1, 10_000).await.unwrap();
    let mut previous: Option<String> = None;
    for row in rows.into_iter().take(if all { usize::MAX } else { 1 }) {
        let mut header: RecordHeader = read_canonical(&row.text).unwrap();
        header.previous = previous.unwrap_or(header.previous);
        let text = write_canonical(&header).unwrap();
        let hashed = hash(text.as_bytes());
        run(
            past,
            &format!(
                "UPDATE records SET header = '{text}', hash = '{hashed}' WHERE position = {}",
                row.position
            ),
        )
        .await;
        previous = Some(hashed);
    }
    ledger.close().await.unwrap();
}

/// Changes a copy of a store, and returns the link that breaks first. `noted` are ends that somebody noted.
pub(super) async fn broken_by(
    tampering: Tampering,
    file: &Path,
    desk: &str,
    at: usize,
    noted: &[ChainEnd],
) -> Option<BrokenLink> {
    tampering.change(file, desk, at).await;
    let mut copy = Ledger::at(DatabasePlace::File(file.to_owned()));
    let geneses = copy.chains().await.unwrap();
    let report = verify_chain(&mut copy, &geneses[0], &Opening::default(), noted).await;
    report.unwrap().broken
}
