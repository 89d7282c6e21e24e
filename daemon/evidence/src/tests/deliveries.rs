//! The way to the institution's server: cut, stalled, set back, and still exactly once and in order.

use super::world::{SERVER, desk_role, draft, hours, patient, prepared_database, put_back, store, write};
use crate::backup::back_up;
use crate::delivery::{Delivery, DeliveryState};
use crate::error::EvidenceError;
use crate::ledger::{Ledger, RecordSearch};
use crate::patient::PatientContent;
use crate::postgres::ServerAddress;
use crate::purge::PurgeOrder;
use crate::record::RecordKind;
use crate::sealing::{Opening, Sealing};
use crate::store::EvidenceStore;
use crate::verify::verify_chain;
use crate::{chain::ChainReport, database::DatabasePlace};
use beid_testkit::{FaultyLink, LIMIT, LinkFault, PostgresServer, Scratch};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::time::{sleep, timeout};

fn delivery(store: &Arc<EvidenceStore>, address: &ServerAddress) -> Delivery {
    Delivery::new(Arc::clone(store), address.clone(), false, || hours(500))
}

/// Judgements of all chains on a server.
async fn judged(address: &ServerAddress) -> Vec<ChainReport> {
    let mut server = Ledger::at(DatabasePlace::Server(address.clone()));
    let mut reports = Vec::new();
    for genesis in server.chains().await.unwrap() {
        reports.push(
            verify_chain(&mut server, &genesis, &Opening::default(), &[])
                .await
                .unwrap(),
        );
    }
    reports
}

fn state(delivery: &Delivery) -> DeliveryState {
    delivery.state().lock().unwrap().clone()
}

#[tokio::test]
async fn what_was_written_here_is_on_the_server_once_and_in_order() {
    let scratch = Scratch::new("deliver");
    let database = prepared_database(&SERVER).await;
    let address = desk_role(&SERVER, &database, "desk_that_delivers");
    let store = Arc::new(store(&scratch).await);
    let mut delivery = delivery(&store, &address);
    // More than fit in one transaction.
    write(&store, 150).await;
    delivery.deliver().await.unwrap();
    let expected = DeliveryState {
        waiting: 0,
        error: None,
        confirmed: Some(hours(500)),
        set_back: None,
    };
    assert_eq!(state(&delivery), expected);
    let here = store.verify(&[]).await.unwrap();
    assert_eq!(judged(&address).await, here);
    // Nothing new, then a head at a record that was delivered, then more.
    delivery.deliver().await.unwrap();
    store.sign_head(hours(400)).await.unwrap();
    delivery.deliver().await.unwrap();
    assert_eq!(judged(&address).await[0].behind_last_head, 0);
    write(&store, 3).await;
    delivery.deliver().await.unwrap();
    let reports = judged(&address).await;
    assert_eq!(
        (reports[0].records, reports[0].contents, &reports[0].broken),
        (153, 153, &None)
    );
}

#[tokio::test]
async fn contents_that_the_server_has_are_dropped_here_if_so_set() {
    let scratch = Scratch::new("drops");
    let database = prepared_database(&SERVER).await;
    let address = desk_role(&SERVER, &database, "desk_that_drops");
    let store = Arc::new(store(&scratch).await);
    write(&store, 5).await;
    Delivery::new(Arc::clone(&store), address.clone(), true, || hours(500))
        .deliver()
        .await
        .unwrap();
    let here = &store.verify(&[]).await.unwrap()[0];
    assert_eq!((here.records, here.contents, &here.broken), (5, 0, &None));
    assert_eq!(judged(&address).await[0].contents, 5);
    // What they are found by is still here, until its time is over or the patient wants it to go.
    let found = async |number| {
        let found = store.search(RecordSearch::default(), Some(&patient(number))).await;
        found.unwrap().len()
    };
    assert_eq!((found(0).await, found(1).await), (2, 2));
    let of_patient = PurgeOrder::About {
        number: patient(0),
        stays: Vec::new(),
    };
    store.purge(&of_patient, "asked", hours(600)).await.unwrap();
    assert_eq!((found(0).await, found(1).await), (0, 2));
    let overdue = PurgeOrder::Before(RecordKind::Consent, hours(1));
    store.purge(&overdue, "overdue", hours(600)).await.unwrap();
    assert_eq!(found(1).await, 2, "written in the hour that was named");
    let overdue = PurgeOrder::Before(RecordKind::Consent, hours(500));
    store.purge(&overdue, "overdue", hours(600)).await.unwrap();
    assert_eq!((found(1).await, found(2).await), (0, 0));
}

#[tokio::test]
async fn a_confirmation_that_got_lost_doubles_nothing() {
    let scratch = Scratch::new("lost");
    let database = prepared_database(&SERVER).await;
    let address = desk_role(&SERVER, &database, "desk_not_told");
    let store = Arc::new(store(&scratch).await);
    write(&store, 10).await;
    delivery(&store, &address).deliver().await.unwrap();
    // As if the process had ended between the server's commit and ours.
    let file = scratch.path().join("evidence/evidence.db");
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(file);
    let mut past = sqlx::ConnectOptions::connect(&options).await.unwrap();
    sqlx::query("UPDATE deliveries SET position = 4")
        .execute(&mut past)
        .await
        .unwrap();
    write(&store, 2).await;
    delivery(&store, &address).deliver().await.unwrap();
    let reports = judged(&address).await;
    assert_eq!((reports.len(), reports[0].records, &reports[0].broken), (1, 12, &None));
    assert_eq!(SERVER.sql(&database, "SELECT count(*) FROM entries"), "12");
}

#[tokio::test]
async fn a_desk_without_its_server_goes_on_and_delivers_later() {
    let scratch = Scratch::new("away");
    let mut server = PostgresServer::start();
    let database = prepared_database(&server).await;
    let address = desk_role(&server, &database, "desk_alone");
    let store = Arc::new(store(&scratch).await);
    let mut delivery = delivery(&store, &address);
    write(&store, 3).await;
    delivery.deliver().await.unwrap();
    server.pause();
    write(&store, 4).await;
    let refused = delivery.deliver().await.unwrap_err();
    assert!(matches!(refused, EvidenceError::Unreachable { .. }), "{refused}");
    assert!(refused.to_string().contains("records wait on this computer"));
    assert_eq!(state(&delivery).waiting, 4);
    assert!(state(&delivery).error.unwrap().contains("cannot be reached"));
    server.resume();
    delivery.deliver().await.unwrap();
    assert_eq!((state(&delivery).waiting, state(&delivery).error), (0, None));
    let reports = judged(&address).await;
    assert_eq!((reports[0].records, &reports[0].broken), (7, &None));
}

#[tokio::test]
async fn a_desk_that_was_set_back_begins_another_chain_and_loses_nothing() {
    let scratch = Scratch::new("set-back");
    let database = prepared_database(&SERVER).await;
    let address = desk_role(&SERVER, &database, "desk_set_back");
    let first = Arc::new(store(&scratch).await);
    write(&first, 5).await;
    let directory = scratch.path().join("evidence");
    let backup = scratch.path().join("backup");
    back_up(&directory, &backup).await.unwrap();
    write(&first, 3).await;
    delivery(&first, &address).deliver().await.unwrap();
    let desk = first.desk().await;
    first.close(hours(9)).await.unwrap();
    put_back(&backup, &directory);

    let second = EvidenceStore::open(&directory, Sealing::Desk, hours(100))
        .await
        .unwrap();
    let second = Arc::new(second);
    // Written before the fork is noticed: it stays here.
    second
        .record(&draft(RecordKind::Consent, 77), hours(100))
        .await
        .unwrap();
    let mut again = delivery(&second, &address);
    again.deliver().await.unwrap();
    assert_ne!(second.desk().await, desk);
    second
        .record(&draft(RecordKind::Consent, 78), hours(101))
        .await
        .unwrap();
    again.deliver().await.unwrap();
    let there = judged(&address).await;
    assert_eq!(there.iter().map(|report| report.records).sum::<u64>(), 9);
    assert!(there.iter().all(|report| report.broken.is_none()));
    let here = second.verify(&[]).await.unwrap();
    assert_eq!(here.iter().map(|report| report.records).sum::<u64>(), 7);
    assert!(here.iter().all(|report| report.broken.is_none()));
    assert_eq!((state(&again).waiting, state(&again).set_back), (0, Some(1)));
    // Patients are found in both chains, and what the key of the desk has sealed in the first is read.
    for (number, records) in [(0, 3), (2, 2)] {
        let export = second
            .export_about(&patient(number), None, None, hours(102))
            .await
            .unwrap();
        let read = export.records.iter();
        let read = read.filter(|record| matches!(record.content, PatientContent::Text(_)));
        assert_eq!((read.count(), export.records.len()), (records, records), "{number}");
    }
}

#[tokio::test]
async fn a_desk_that_was_set_back_learns_it_before_it_writes() {
    let scratch = Scratch::new("set-back-first");
    let database = prepared_database(&SERVER).await;
    let address = desk_role(&SERVER, &database, "desk_set_back_first");
    let first = Arc::new(store(&scratch).await);
    let (directory, backup) = (scratch.path().join("evidence"), scratch.path().join("backup"));
    write(&first, 5).await;
    delivery(&first, &address).deliver().await.unwrap();
    back_up(&directory, &backup).await.unwrap();
    write(&first, 3).await;
    delivery(&first, &address).deliver().await.unwrap();
    let desk = first.desk().await;
    first.close(hours(9)).await.unwrap();
    put_back(&backup, &directory);
    let second = EvidenceStore::open(&directory, Sealing::Open, hours(100))
        .await
        .unwrap();
    let second = Arc::new(second);
    let mut again = delivery(&second, &address);
    again.deliver().await.unwrap();
    assert_ne!(second.desk().await, desk);
    assert_eq!((state(&again).waiting, state(&again).set_back), (0, Some(0)));
    second
        .record(&draft(RecordKind::Consent, 78), hours(101))
        .await
        .unwrap();
    again.deliver().await.unwrap();
    let there = judged(&address).await;
    assert_eq!(there.iter().map(|report| report.records).sum::<u64>(), 9);
    assert!(there.iter().all(|report| report.broken.is_none()));
}

#[tokio::test]
async fn a_server_that_was_set_back_gets_again_what_it_has_lost() {
    let scratch = Scratch::new("server-back");
    let (full, older) = (prepared_database(&SERVER).await, prepared_database(&SERVER).await);
    let store = Arc::new(store(&scratch).await);
    write(&store, 70).await;
    delivery(&store, &desk_role(&SERVER, &full, "desk_of_old_server"))
        .deliver()
        .await
        .unwrap();
    write(&store, 2).await;
    let address = desk_role(&SERVER, &older, "desk_of_old_server");
    delivery(&store, &address).deliver().await.unwrap();
    let reports = judged(&address).await;
    assert_eq!(
        (reports[0].records, reports[0].contents, &reports[0].broken),
        (72, 72, &None)
    );
}

/// Link to the tests' server whose connections fail in the given ways, and then no more.
fn faulty_link(faults: Vec<LinkFault>) -> FaultyLink {
    let mut faults = faults.into_iter();
    FaultyLink::start(&SERVER.socket().join(".s.PGSQL.5432"), move || faults.next())
}

/// Address of the server behind a link.
fn behind(link: &FaultyLink, role: &str, database: &str) -> ServerAddress {
    ServerAddress::parse(&format!("postgres://{role}@127.0.0.1:{}/{database}", link.port()), None).unwrap()
}

#[tokio::test]
async fn connections_that_are_cut_or_half_closed_at_any_point_lose_and_double_nothing() {
    let scratch = Scratch::new("faults");
    let database = prepared_database(&SERVER).await;
    drop(desk_role(&SERVER, &database, "desk_far_away"));
    let store = Arc::new(store(&scratch).await);
    // From the greeting to behind the last commit, in steps that are no multiple of anything.
    let points = (0..40).map(|step| 50 + step * 617);
    let faults: Vec<_> = points
        .flat_map(|at| [LinkFault::Cut(at), LinkFault::HalfClosed(at)])
        .collect();
    let count = faults.len();
    let link = faulty_link(faults);
    let mut delivery = delivery(&store, &behind(&link, "desk_far_away", &database));
    let (mut failures, mut written) = (0, 0);
    while failures < count {
        assert!(written < 4000, "{failures} failures, {:?}", link.counts());
        write(&store, 12).await;
        written += 12;
        failures += usize::from(delivery.deliver().await.is_err());
    }
    delivery.deliver().await.unwrap();
    let reports = judged(&desk_role(&SERVER, &database, "desk_far_away")).await;
    assert_eq!(
        (reports.len(), reports[0].records, reports[0].contents),
        (1, written, written)
    );
    assert_eq!(reports[0].broken, None);
}

#[tokio::test]
async fn a_way_that_takes_little_at_a_time_takes_everything_in_the_end() {
    let scratch = Scratch::new("little");
    let database = prepared_database(&SERVER).await;
    drop(desk_role(&SERVER, &database, "desk_on_a_thin_line"));
    let store = Arc::new(store(&scratch).await);
    let link = FaultyLink::start(&SERVER.socket().join(".s.PGSQL.5432"), || Some(LinkFault::Cut(20_000)));
    write(&store, 60).await;
    let mut delivery = delivery(&store, &behind(&link, "desk_on_a_thin_line", &database));
    let mut failures = 0;
    while delivery.deliver().await.is_err() {
        failures += 1;
        assert!(failures < 60, "{:?}", state(&delivery));
    }
    assert!(failures > 2, "the line took it all at once");
    let reports = judged(&desk_role(&SERVER, &database, "desk_on_a_thin_line")).await;
    assert_eq!((reports[0].records, &reports[0].broken), (60, &None));
}

#[tokio::test(start_paused = true)]
async fn a_server_that_falls_silent_is_given_up() {
    let scratch = Scratch::new("silent");
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let store = Arc::new(store(&scratch).await);
    write(&store, 1).await;
    let address = ServerAddress::parse(&format!("postgres://desk@127.0.0.1:{port}/beidd"), None).unwrap();
    let refused = delivery(&store, &address).deliver().await.unwrap_err();
    assert!(matches!(refused, EvidenceError::Unreachable { .. }), "{refused}");
    drop(listener);
}

#[tokio::test]
async fn records_are_brought_as_soon_as_they_are_written_and_after_failures() {
    let scratch = Scratch::new("runs");
    let database = prepared_database(&SERVER).await;
    drop(desk_role(&SERVER, &database, "desk_that_runs"));
    let store = Arc::new(store(&scratch).await);
    let link = faulty_link(vec![LinkFault::Cut(100)]);
    let running = tokio::spawn(delivery(&store, &behind(&link, "desk_that_runs", &database)).run());
    for number in 1..=3 {
        write(&store, 1).await;
        let arrived = async {
            while SERVER.sql(&database, "SELECT count(*) FROM records") != number.to_string() {
                sleep(Duration::from_millis(50)).await;
            }
        };
        timeout(LIMIT, arrived).await.expect("delivered");
    }
    running.abort();
}

#[tokio::test]
async fn a_desk_with_nothing_to_bring_holds_no_connection() {
    let scratch = Scratch::new("rests");
    let database = prepared_database(&SERVER).await;
    let address = desk_role(&SERVER, &database, "desk_that_rests");
    let store = Arc::new(store(&scratch).await);
    let running = tokio::spawn(delivery(&store, &address).run());
    let connections = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'desk_that_rests'";
    for number in 1..=2 {
        write(&store, 1).await;
        let arrived_and_gone = async {
            while SERVER.sql(&database, "SELECT count(*) FROM records") != number.to_string()
                || SERVER.sql(&database, connections) != "0"
            {
                sleep(Duration::from_millis(50)).await;
            }
        };
        timeout(LIMIT, arrived_and_gone)
            .await
            .expect("the connection is closed");
    }
    running.abort();
}
