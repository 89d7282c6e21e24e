//! Many desks that record evidence and bring it to one PostgreSQL server, over a network that fails, in processes that are
//! killed; and the judgement of all that arrived.
//!
//! ```text
//! under faults     desks record and deliver; connections are cut, half-closed and stalled; processes are killed and
//!                  started again
//! without network  desks record on; at the end every process is killed
//! drain            the network is back, every process is started at once, and everything has to arrive
//! ```
//!
//! Desks use the crate that beidd uses, not beidd itself: a thousand of them fit on one computer. `evidence-desks` is the
//! program.

mod draft;
mod judgement;
mod process;

pub use draft::{desk_role, evidence_draft};
pub use judgement::{FleetJudgement, LagFigures, StoreSizes, prepare_database};

use beid_testkit::{FaultyLink, LinkCounts, LinkFault, PostgresServer, Scratch, SeededRandom, eventually};
use process::{ConfirmedRecords, DeskProcess};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Time between two looks at the server while it is being filled.
const LOOK: Duration = Duration::from_millis(250);

/// Size and conditions of a fleet.
#[derive(Clone, Debug)]
pub struct FleetOrder {
    /// Number of desks.
    pub desks: u32,
    /// Number of desks in one process, which are killed together.
    pub desks_in_process: u32,
    /// Number of records that each desk writes under faults.
    pub under_faults: u32,
    /// Time that those have to arrive before the network goes.
    pub settles: Duration,
    /// Number of records that each desk writes without a network, after those.
    pub without_network: u32,
    /// Pause before each record under faults, on average.
    pub pause: Duration,
    /// Time between two kills, on average.
    pub kill_every: Duration,
    /// Time after which the fleet is given up, in each of its parts.
    pub patience: Duration,
    /// Start of the random numbers: of faults, kills and pauses.
    pub seed: u64,
}

impl FleetOrder {
    /// Number of records that must be on the server in the end.
    #[must_use]
    pub fn records(&self) -> u64 {
        u64::from(self.desks) * u64::from(self.under_faults + self.without_network)
    }
}

/// Outcome of a fleet.
#[derive(Debug)]
pub struct FleetReport {
    /// Judgement of what is on the server.
    pub judgement: FleetJudgement,
    /// Number of records that must be there.
    pub records: u64,
    /// Number of kills, without those at the end of the second part.
    pub kills: u32,
    /// Lag of records that were written under faults, also of those that arrived when the network was back.
    pub lag: LagFigures,
    /// Number of records that waited at the desks when the network came back.
    pub backlog: u64,
    /// Time until they were on the server, with the start of all processes.
    pub drain: Duration,
    /// Connections, faults and octets.
    pub link: LinkCounts,
    /// Connections that the server refused since it had too many.
    pub too_many: usize,
    /// Space that records take.
    pub sizes: StoreSizes,
}

/// Fleet at work.
struct Fleet {
    order: FleetOrder,
    // Dropped in this order: desks, network, server, files.
    processes: Vec<DeskProcess>,
    link: FaultyLink,
    fails: Arc<AtomicBool>,
    confirmed: Arc<ConfirmedRecords>,
    server: PostgresServer,
    database: String,
    random: SeededRandom,
    scratch: Scratch,
}

/// Lets a fleet work, and judges what arrived.
///
/// # Panics
/// If it cannot be set up, a desk ends by itself, or a part takes longer than the order's patience.
#[must_use]
pub fn run_fleet(order: &FleetOrder) -> FleetReport {
    let mut fleet = Fleet::start(order.clone());
    let empty = fleet.database_size();
    let kills = fleet.record_under_faults();
    fleet.record_without_network();
    let (backlog, drain) = fleet.drain();
    // Only now, so that those that arrived last of all count too.
    let lag = judgement::lag(&fleet.server, &fleet.database, order.under_faults);
    for process in &mut fleet.processes {
        process.end();
    }
    let sizes = StoreSizes {
        postgres: (fleet.database_size() - empty) / to_f64(order.records()),
        sqlite: judgement::sqlite_size(&fleet.scratch, order.under_faults + order.without_network),
        tables: judgement::table_sizes(&fleet.server, &fleet.database, order.records()),
    };
    FleetReport {
        judgement: judgement::judge(&fleet.server, &fleet.database, order, &fleet.confirmed, &fleet.scratch),
        records: order.records(),
        kills,
        lag,
        backlog,
        drain,
        link: fleet.link.counts(),
        too_many: fleet.server.log().matches("too many clients").count(),
        sizes,
    }
}

impl Fleet {
    fn start(order: FleetOrder) -> Self {
        // As Debian ships it, but for the times of commits.
        let server = PostgresServer::start_with(&["fsync=on", "track_commit_timestamp=on"]);
        let database = prepare_database(&server, order.desks);
        let mut faults = SeededRandom::new(order.seed);
        let fails = Arc::new(AtomicBool::new(true));
        let is_failing = Arc::clone(&fails);
        let link = FaultyLink::start(&server.socket().join(".s.PGSQL.5432"), move || {
            let fault = random_fault(&mut faults);
            fault.filter(|_| is_failing.load(Ordering::SeqCst))
        });
        let (scratch, confirmed) = (Scratch::new("fleet"), Arc::new(ConfirmedRecords::default()));
        let numbers = (0..order.desks).step_by(usize::try_from(order.desks_in_process.max(1)).unwrap_or(1));
        let processes = numbers.map(|first| {
            let count = order.desks_in_process.min(order.desks - first);
            let words = [
                scratch.path().display().to_string(),
                link.port().to_string(),
                database.clone(),
                first.to_string(),
                count.to_string(),
                order.seed.to_string(),
            ];
            DeskProcess::new(words, Arc::clone(&confirmed))
        });
        Self {
            processes: processes.collect(),
            random: SeededRandom::new(order.seed ^ u64::MAX),
            order,
            link,
            fails,
            confirmed,
            server,
            database,
            scratch,
        }
    }

    /// Lets all desks record, and kills processes at random meanwhile; returns the number of kills.
    fn record_under_faults(&mut self) -> u32 {
        let pause = self.order.pause;
        self.start_all(self.order.under_faults, pause);
        let begun = Instant::now();
        let mut kills = 0;
        let mut next = self.until_next_kill();
        while !self.processes.iter_mut().all(DeskProcess::is_done) {
            assert!(
                begun.elapsed() < self.order.patience,
                "the desks do not get their records written"
            );
            if begun.elapsed() >= next {
                next += self.until_next_kill();
                let count = u64::try_from(self.processes.len()).unwrap_or(u64::MAX);
                let chosen = usize::try_from(self.random.below(count)).unwrap_or(0);
                if let Some(process) = self.processes.get_mut(chosen) {
                    process.kill();
                    process.start(self.order.under_faults, pause);
                    kills += 1;
                }
            }
            sleep(Duration::from_millis(20));
        }
        let all = u64::from(self.order.desks) * u64::from(self.order.under_faults);
        let written = Instant::now();
        while written.elapsed() < self.order.settles && self.on_server("SELECT count(*) FROM records") < all {
            sleep(LOOK);
        }
        kills
    }

    fn until_next_kill(&mut self) -> Duration {
        let average = u64::try_from(self.order.kill_every.as_millis()).unwrap_or(u64::MAX / 4);
        Duration::from_millis(self.random.below(2 * average) + 1)
    }

    /// Takes the network away, lets all desks record the rest at once, and kills them all.
    fn record_without_network(&mut self) {
        self.link.take_down();
        let records = self.order.under_faults + self.order.without_network;
        for process in &mut self.processes {
            process.order(records, Duration::ZERO);
        }
        let all = &mut self.processes;
        eventually("desks record without a network", self.order.patience, || {
            all.iter_mut().all(DeskProcess::is_done).then_some(())
        });
        for process in &mut self.processes {
            process.kill();
        }
    }

    /// Brings the network back, without faults, and starts all processes; returns the number of records that waited, and the
    /// time until the server had them.
    fn drain(&mut self) -> (u64, Duration) {
        self.fails.store(false, Ordering::SeqCst);
        let backlog = self.order.records() - self.on_server("SELECT count(*) FROM records");
        self.link.bring_up();
        let begun = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let records = self.order.under_faults + self.order.without_network;
        self.start_all(records, Duration::ZERO);
        // The head at the end of a chain is the last that comes of it.
        let heads = format!("SELECT count(*) FROM heads WHERE position = {records}");
        let waiting = Instant::now();
        while self.on_server(&heads) < u64::from(self.order.desks) {
            if waiting.elapsed() > self.order.patience {
                // The judgement tells what is missing.
                break;
            }
            sleep(LOOK);
        }
        let last = "SELECT extract(epoch FROM max(pg_xact_commit_timestamp(xmin)))::float8 FROM records";
        let last = self.server.sql(&self.database, last).parse().unwrap_or(0.0_f64);
        (backlog, Duration::from_secs_f64(last.max(0.0)).saturating_sub(begun))
    }

    fn start_all(&mut self, records: u32, pause: Duration) {
        for process in &mut self.processes {
            process.start(records, pause);
        }
    }

    /// Number that a statement returns. Desks may leave no room for a connection for a while.
    fn on_server(&self, count: &str) -> u64 {
        let what = format!("an answer to {count}");
        eventually(&what, self.order.patience, || {
            let counted = self.server.try_sql(&self.database, count);
            counted?.parse().ok()
        })
    }

    fn database_size(&self) -> f64 {
        to_f64(self.on_server("SELECT pg_database_size(current_database())"))
    }
}

/// Draws the fault of a connection: of ten, seven have none, and three are cut, half-closed or stalled, somewhere from the
/// greeting to behind some dozen records. A stall is rarer than the others, since each costs a desk its whole patience.
fn random_fault(random: &mut SeededRandom) -> Option<LinkFault> {
    let at = 50 + random.below(60_000);
    match random.below(20) {
        0..=2 => Some(LinkFault::Cut(at)),
        3..=4 => Some(LinkFault::HalfClosed(at)),
        5 => Some(LinkFault::Stalled(at)),
        _ => None,
    }
}

fn to_f64(number: u64) -> f64 {
    // Exact up to 2^32, and close enough beyond.
    let (high, low) = (number >> 32, number & u64::from(u32::MAX));
    let part = |part: u64| f64::from(u32::try_from(part).unwrap_or(u32::MAX));
    part(high) * 4_294_967_296.0 + part(low)
}
