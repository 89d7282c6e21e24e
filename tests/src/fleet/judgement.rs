//! Judgement of what a fleet has brought to its server, by counts, by the verifier of the crate and by the one in Python;
//! and its figures.

use super::draft::desk_role;
use super::process::ConfirmedRecords;
use super::{FleetOrder, to_f64};
use beid_evidence::{
    ContentChoice, DatabasePlace, EvidenceError, EvidenceStore, Ledger, Opening, Sealing, ServerAddress, back_up,
    prepare_server, verify_chain, write_export,
};
use beid_testkit::{PostgresServer, Scratch, run, tool, workspace};
use jiff::Timestamp;
use std::collections::HashSet;
use std::process::Command;
use std::time::Duration;
use tokio::runtime::Runtime;

/// Number of desks whose chains the Python verifier judges.
const SAMPLE: u32 = 5;

/// Judgement of what is on the server.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FleetJudgement {
    /// Records that are not there: by the desks' own counts, or although their answers had left.
    pub lost: u64,
    /// Records that are there twice.
    pub doubled: u64,
    /// Chains that do not hold, are of another length, or are too many or too few.
    pub broken: u64,
    /// Chains that `examples/verify-evidence.py` has judged.
    pub judged_by_python: u32,
}

/// Times between the writing of records at the desk and their commit on the server.
#[derive(Clone, Copy, Debug, Default)]
pub struct LagFigures {
    /// Median.
    pub median: Duration,
    /// Time within which 95 of a hundred were there.
    pub most: Duration,
    /// The longest.
    pub longest: Duration,
}

/// Space for one record, in octets.
#[derive(Clone, Debug, Default)]
pub struct StoreSizes {
    /// In the desk's own database.
    pub sqlite: f64,
    /// In the server's, with indexes.
    pub postgres: f64,
    /// Part of each table of the server, with its indexes.
    pub tables: Vec<(String, f64)>,
}

/// Makes a database with its tables, and a role for each desk; returns its name.
///
/// # Panics
/// If the server refuses.
#[must_use]
pub fn prepare_database(server: &PostgresServer, desks: u32) -> String {
    let database = server.new_database();
    let owner = address(server, "admin", &database);
    within(async { prepare_server(&owner).await });
    server.sql(
        &database,
        &format!(
            "DO $$ BEGIN FOR desk IN 0 .. {} LOOP
                EXECUTE format('CREATE ROLE desk_%s LOGIN IN ROLE beidd_desk', desk);
            END LOOP; END $$",
            desks.saturating_sub(1)
        ),
    );
    database
}

fn address(server: &PostgresServer, role: &str, database: &str) -> ServerAddress {
    let address = ServerAddress::parse(&server.url(role, database), None);
    address.unwrap_or_else(|error| panic!("{role}: {error}"))
}

fn within<T>(work: impl Future<Output = Result<T, EvidenceError>>) -> T {
    let runtime = Runtime::new().expect("a runtime");
    let done = runtime.block_on(work);
    done.unwrap_or_else(|error| panic!("the server's database: {error}"))
}

/// Judges all that is on the server.
pub(super) fn judge(
    server: &PostgresServer,
    database: &str,
    order: &FleetOrder,
    confirmed: &ConfirmedRecords,
    scratch: &Scratch,
) -> FleetJudgement {
    let count = |what: &str| -> u64 {
        let counted = server.sql(
            database,
            &format!("SELECT count({what}) FROM records JOIN entries USING (desk, position)"),
        );
        counted.parse().unwrap_or_default()
    };
    let (all, different) = (count("*"), count("DISTINCT reference"));
    let ids = server.sql(database, "SELECT id FROM records");
    let ids: HashSet<&str> = ids.lines().collect();
    let unanswered = u64::try_from(confirmed.missing_in(&ids)).unwrap_or(u64::MAX);
    FleetJudgement {
        lost: order.records().saturating_sub(different).max(unanswered),
        doubled: all.saturating_sub(different),
        broken: broken_chains(server, database, order),
        judged_by_python: judged_by_python(server, database, order, scratch),
    }
}

fn broken_chains(server: &PostgresServer, database: &str, order: &FleetOrder) -> u64 {
    let length = u64::from(order.under_faults + order.without_network);
    let reports = within(async {
        let mut ledger = Ledger::at(DatabasePlace::Server(address(server, "admin", database)));
        let mut reports = Vec::new();
        for genesis in ledger.chains().await? {
            reports.push(verify_chain(&mut ledger, &genesis, &Opening::default(), &[]).await?);
        }
        Ok(reports)
    });
    let holds = reports.iter().filter(|report| {
        (report.records, report.contents, report.behind_last_head) == (length, length, 0) && report.broken.is_none()
    });
    let holds = u64::try_from(holds.count()).unwrap_or(0);
    let chains = u64::try_from(reports.len()).unwrap_or(u64::MAX);
    chains.abs_diff(holds).max(chains.abs_diff(order.desks.into()))
}

/// Exports the chains of some desks from the server, each in the role of the desk, and lets Python judge them; returns the
/// number of those that hold.
fn judged_by_python(server: &PostgresServer, database: &str, order: &FleetOrder, scratch: &Scratch) -> u32 {
    let sample = (0..order.desks).step_by(usize::try_from(order.desks.div_ceil(SAMPLE)).unwrap_or(1));
    let holds = sample.filter(|desk| {
        let export = within(async {
            let mut ledger = Ledger::at(DatabasePlace::Server(address(server, &desk_role(*desk), database)));
            let mut lines = Vec::new();
            write_export(&mut ledger, &Opening::default(), &ContentChoice::All, None, &mut lines).await?;
            Ok(lines)
        });
        let file = scratch.write(&format!("export-{desk}.jsonl"), &export);
        let verifier = workspace().join("examples/verify-evidence.py");
        let judged = run(Command::new(tool("python3")).arg(verifier).arg(file));
        let length = order.under_faults + order.without_network;
        judged.succeeded() && judged.text().contains(&format!(": {length} records hold"))
    });
    u32::try_from(holds.count()).unwrap_or(0)
}

/// Lag of the first `records` records of every desk that are on the server.
pub(super) fn lag(server: &PostgresServer, database: &str, records: u32) -> LagFigures {
    let figures = server.sql(
        database,
        &format!(
            "SELECT unnest(percentile_cont(ARRAY[0.5, 0.95, 1]) WITHIN GROUP (ORDER BY
                extract(epoch FROM pg_xact_commit_timestamp(xmin) - time::timestamptz)::float8))
            FROM records WHERE position <= {records}"
        ),
    );
    let mut seconds = figures.lines().map(|line| line.parse().unwrap_or(0.0_f64).max(0.0));
    let mut next = || Duration::from_secs_f64(seconds.next().unwrap_or_default());
    LagFigures {
        median: next(),
        most: next(),
        longest: next(),
    }
}

/// Space for one record in a desk's own database: that of the first desk without that of an empty one.
pub(super) fn sqlite_size(scratch: &Scratch, records: u32) -> f64 {
    let size = |desk: &str| -> f64 {
        // The store of a desk that never recorded is made here.
        let directory = scratch.path().join(desk);
        within(EvidenceStore::open(&directory, Sealing::Open, Timestamp::now()));
        // A copy has no log beside it and no free pages inside.
        let copy = scratch.path().join(format!("{desk}.copy"));
        within(back_up(&directory, &copy));
        let file = copy.join("evidence.db");
        to_f64(file.metadata().map_or(0, |about| about.len()))
    };
    (size("desk-0") - size("empty")) / f64::from(records)
}

/// Part of each table in the space for one record on the server, with its indexes.
pub(super) fn table_sizes(server: &PostgresServer, database: &str, records: u64) -> Vec<(String, f64)> {
    let tables = ["records", "contents", "entries", "subjects", "heads", "chains"];
    let size = |table: &str| -> f64 {
        let size = server.sql(database, &format!("SELECT pg_total_relation_size('{table}')"));
        size.parse().unwrap_or(0.0)
    };
    tables
        .map(|table| (table.to_owned(), size(table) / to_f64(records)))
        .to_vec()
}
