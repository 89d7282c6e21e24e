//! Desks that record and deliver evidence by the same crate as beidd, many in one process that can be killed: for
//! the benchmark and the test of many desks.
//!
//! `evidence-desks DIRECTORY PORT DATABASE FIRST COUNT SEED`. A line `RECORDS PAUSE_MS` on standard input lets every desk
//! record until it has so many records, with a pause of that length on average before each; those that a desk had before
//! the process was started count. `DESK ID` is printed for each record once it is confirmed, when an answer would leave,
//! and `done` when every desk has so many. It ends with its standard input.

#![expect(clippy::print_stdout, reason = "that is how it reports")]

use beid_e2e::SetupFailure;
use beid_e2e::fleet::{desk_role, evidence_draft};
use beid_evidence::{Delivery, EvidenceStore, RecordSearch, Sealing, ServerAddress};
use beid_testkit::SeededRandom;
use jiff::Timestamp;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::sleep;

/// Order for all desks.
#[derive(Clone, Copy, Default)]
struct DeskOrder {
    records: u32,
    pause_ms: u64,
}

/// Place and server of all desks.
struct DeskPlace {
    directory: PathBuf,
    port: u16,
    database: String,
    seed: u64,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), SetupFailure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [directory, port, database, first, count, seed] = arguments.as_slice() else {
        return Err("usage: evidence-desks DIRECTORY PORT DATABASE FIRST COUNT SEED".into());
    };
    let place = Arc::new(DeskPlace {
        directory: directory.into(),
        port: port.parse()?,
        database: database.clone(),
        seed: seed.parse()?,
    });
    let (first, count): (u32, usize) = (first.parse()?, count.parse()?);
    let orders = orders();
    let (finished, mut finishes) = mpsc::channel(1);
    let mut desks = JoinSet::new();
    for number in (first..).take(count) {
        desks.spawn(serve(Arc::clone(&place), number, orders.clone(), finished.clone()));
    }
    drop(finished);
    let reports = async {
        let mut have = 0;
        while finishes.recv().await.is_some() {
            have += 1;
            if have == count {
                have = 0;
                println!("done");
            }
        }
    };
    let all = async {
        while let Some(ended) = desks.join_next().await {
            ended??;
        }
        Ok::<_, SetupFailure>(())
    };
    let ((), ended) = tokio::join!(reports, all);
    ended
}

/// Orders as they come; the channel ends with standard input.
fn orders() -> watch::Receiver<DeskOrder> {
    let (given, orders) = watch::channel(DeskOrder::default());
    std::thread::spawn(move || {
        for line in std::io::stdin().lines().map_while(Result::ok) {
            let mut words = line.split(' ').map(str::parse::<u32>);
            if let (Some(Ok(records)), Some(Ok(pause))) = (words.next(), words.next()) {
                let pause_ms = pause.into();
                given.send_replace(DeskOrder { records, pause_ms });
            }
        }
    });
    orders
}

/// One desk, until there are no more orders.
async fn serve(
    place: Arc<DeskPlace>,
    number: u32,
    mut orders: watch::Receiver<DeskOrder>,
    finished: mpsc::Sender<()>,
) -> Result<(), SetupFailure> {
    let directory = place.directory.join(format!("desk-{number}"));
    let store = Arc::new(EvidenceStore::open(&directory, Sealing::Open, Timestamp::now()).await?);
    let (role, port, database) = (desk_role(number), place.port, &place.database);
    let address = ServerAddress::parse(&format!("postgres://{role}@127.0.0.1:{port}/{database}"), None)?;
    let delivery = Delivery::new(Arc::clone(&store), address, false, Timestamp::now);
    let delivery = tokio::spawn(delivery.run());
    let all = RecordSearch {
        limit: u32::MAX,
        ..RecordSearch::default()
    };
    let mut written = u32::try_from(store.search(all, None).await?.len())?;
    let mut random = SeededRandom::new(
        place
            .seed
            .wrapping_add(number.into())
            .wrapping_mul(u64::from(written) + 1),
    );
    while orders.changed().await.is_ok() {
        let order = *orders.borrow_and_update();
        while written < order.records {
            sleep(Duration::from_millis(random.below(2 * order.pause_ms + 1))).await;
            written += 1;
            let receipt = store.record(&evidence_draft(number, written), Timestamp::now()).await?;
            println!("{number} {}", receipt.id().as_str());
        }
        store.sign_head(Timestamp::now()).await?;
        finished.send(()).await?;
    }
    delivery.abort();
    store.close(Timestamp::now()).await?;
    Ok(())
}
