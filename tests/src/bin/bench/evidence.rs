//! Many desks and one PostgreSQL server: nothing may get lost or doubled behind a network that fails, in processes that are
//! killed; and what it costs, at two sizes, so that the growth shows.

use crate::table::{LimitTable, Table};
use beid_e2e::fleet::{FleetOrder, FleetReport, run_fleet};
use std::time::Duration;

/// Start of all random numbers: the same faults and kills each time, though not at the same moments.
const SEED: u64 = 20_261_129;
/// Records of each desk: under faults, and without a network after that.
const RECORDS: (u32, u32) = (15, 35);
/// Time for each part of a run, on a busy computer.
const PATIENCE: Duration = Duration::from_secs(600);

/// Size of a run.
struct FleetSize {
    desks: u32,
    desks_in_process: u32,
    pause: Duration,
    kill_every: Duration,
}

/// The second is ten times the first. A computer that does the work of all desks needs longer pauses for more of them.
const SIZES: [FleetSize; 2] = [
    FleetSize {
        desks: 200,
        desks_in_process: 10,
        pause: Duration::from_secs(1),
        kill_every: Duration::from_millis(500),
    },
    FleetSize {
        desks: 2000,
        desks_in_process: 50,
        pause: Duration::from_secs(3),
        kill_every: Duration::from_secs(2),
    },
];

/// Prints the tables; returns true if nothing was lost or doubled and every chain holds.
pub(crate) fn tables() -> bool {
    println!("Many desks: random numbers begin with {SEED}.\n");
    let mut kept = true;
    let mut reports = Vec::new();
    for size in &SIZES {
        let order = FleetOrder {
            desks: size.desks,
            desks_in_process: size.desks_in_process,
            under_faults: RECORDS.0,
            settles: Duration::from_secs(30),
            without_network: RECORDS.1,
            pause: size.pause,
            kill_every: size.kill_every,
            patience: PATIENCE,
            seed: SEED,
        };
        let report = run_fleet(&order);
        kept &= judged(&order, &report);
        reports.push(report);
    }
    println!("{}", figures(&reports));
    println!("{}", sizes(&reports));
    kept
}

/// Prints the judgement; returns true if it is as it must be.
fn judged(order: &FleetOrder, report: &FleetReport) -> bool {
    let judgement = &report.judgement;
    let (desks, records) = (order.desks, order.under_faults + order.without_network);
    let mut table = LimitTable::new(&format!("{desks} desks with {records} records each"));
    for (what, count) in [
        ("records lost", judgement.lost),
        ("records doubled", judgement.doubled),
        ("chains that do not hold", judgement.broken),
        (
            "of five, not held by verify-evidence.py",
            u64::from(5_u32.saturating_sub(judgement.judged_by_python)),
        ),
    ] {
        table.at_most(what, whole(count), 0.0, "");
    }
    table.print()
}

fn figures(reports: &[FleetReport]) -> Table {
    let sizes = SIZES.iter().map(|size| format!("{} desks", size.desks));
    let mut table = Table::new("Many desks and one server", [String::new()].into_iter().chain(sizes));
    let mut row = |what: &str, figure: &dyn Fn(&FleetReport) -> String| {
        table.row([what.to_owned()].into_iter().chain(reports.iter().map(figure)));
    };
    row("kills of processes", &|report| report.kills.to_string());
    row("connections, of them failed", &|report| {
        format!("{}, {}", report.link.connections, report.link.failed)
    });
    row("connections at once, most", &|report| {
        report.link.most_at_once.to_string()
    });
    row("connections refused: too many", &|report| report.too_many.to_string());
    row("lag under faults: median, 95 %, longest (s)", &|report| {
        let lag = report.lag;
        format!(
            "{:.2}, {:.1}, {:.1}",
            lag.median.as_secs_f64(),
            lag.most.as_secs_f64(),
            lag.longest.as_secs_f64()
        )
    });
    row("records that waited when the network came back", &|report| {
        report.backlog.to_string()
    });
    row("until the server had them (s)", &|report| {
        format!("{:.1}", report.drain.as_secs_f64())
    });
    row("records a second", &|report| {
        format!("{:.0}", whole(report.backlog) / report.drain.as_secs_f64())
    });
    table
}

fn sizes(reports: &[FleetReport]) -> Table {
    let sizes = SIZES.iter().map(|size| format!("{} desks", size.desks));
    let mut table = Table::new("Bytes a record", [String::new()].into_iter().chain(sizes));
    let mut row = |what: &str, figure: &dyn Fn(&FleetReport) -> f64| {
        let cells = reports.iter().map(|report| format!("{:.0}", figure(report)));
        table.row([what.to_owned()].into_iter().chain(cells));
    };
    row("at the desk, SQLite", &|report| report.sizes.sqlite);
    row("on the server, PostgreSQL", &|report| report.sizes.postgres);
    let tables = reports.first().map_or(0, |report| report.sizes.tables.len());
    for number in 0..tables {
        let name = reports.first().and_then(|report| report.sizes.tables.get(number));
        let name = name.map_or_else(String::new, |(name, _)| format!("of it `{name}`, with indexes"));
        row(&name, &|report| {
            report.sizes.tables.get(number).map_or(0.0, |(_, size)| *size)
        });
    }
    row("to the server over the network, faults included", &|report| {
        whole(report.link.to_server) / whole(report.records)
    });
    table
}

fn whole(number: u64) -> f64 {
    f64::from(u32::try_from(number).unwrap_or(u32::MAX))
}
