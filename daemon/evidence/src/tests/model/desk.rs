//! A desk with a real store, and a real server behind a link that fails.

use super::super::world::{SERVER, desk_role, draft, hours, patient, prepared_database};
use super::expected::{BATCH, DeliveryWay, DeskStep, ExpectedContent, ExpectedDesk, ExportedContents, There};
use super::tampering::broken_by;
use crate::backup::back_up;
use crate::chain::{ChainEnd, ChainReport};
use crate::database::DatabasePlace;
use crate::delivery::Delivery;
use crate::error::EvidenceError;
use crate::export::verify_export;
use crate::ledger::{Ledger, RecordRow, RecordSearch};
use crate::postgres::ServerAddress;
use crate::purge::PurgeOrder;
use crate::record::time_text;
use crate::sealing::{Opening, Sealing};
use crate::store::EvidenceStore;
use crate::verify::verify_chain;
use beid_testkit::{FaultyLink, LIMIT, LinkFault, Scratch, eventually};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};
use tokio::runtime::{Builder, Runtime};

/// Role of all desks of the model.
const ROLE: &str = "desk_of_the_model";

/// Database on the server, which all desks share.
static DATABASE: LazyLock<String> = LazyLock::new(|| {
    let database = runtime().block_on(prepared_database(&SERVER));
    drop(desk_role(&SERVER, &database, ROLE));
    database
});

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

fn usize_of(number: u64) -> usize {
    usize::try_from(number).unwrap()
}

/// A desk under test.
pub(super) struct ModelDesk {
    // Before the runtime: connections are closed in it.
    delivery: Option<Delivery>,
    store: Option<Arc<EvidenceStore>>,
    runtime: Runtime,
    scratch: Scratch,
    /// Directory of the store; another after each crash.
    directory: PathBuf,
    directories: usize,
    desk: String,
    /// Ends that somebody noted.
    noted: Vec<ChainEnd>,
}

impl ModelDesk {
    pub(super) fn new() -> Self {
        let (runtime, scratch) = (runtime(), Scratch::new("model"));
        let directory = scratch.path().join("desk-0");
        let store = runtime.block_on(open(&directory));
        let desk = runtime.block_on(store.desk());
        Self {
            delivery: None,
            store: Some(Arc::new(store)),
            runtime,
            scratch,
            directory,
            directories: 1,
            desk,
            noted: Vec::new(),
        }
    }

    fn store(&self) -> &Arc<EvidenceStore> {
        self.store.as_ref().unwrap()
    }

    /// Does a step; `expected` is what must be there afterwards.
    pub(super) fn take(&mut self, step: &DeskStep, expected: &ExpectedDesk) {
        let now = hours(expected.hour);
        match step {
            DeskStep::Write { kind, number, .. } => {
                let draft = draft(*kind, *number);
                let receipt = self.runtime.block_on(self.store().record(&draft, now)).unwrap();
                assert_eq!(usize_of(receipt.position()), expected.count());
            }
            DeskStep::SignHead => {
                self.runtime.block_on(self.store().sign_head(now)).unwrap();
                self.note();
            }
            DeskStep::Close => {
                self.runtime.block_on(self.store().close(now)).unwrap();
                self.note();
                self.open_again();
            }
            DeskStep::Reopen => self.open_again(),
            DeskStep::Crash => {
                self.directory = self.as_they_are();
                self.open_again();
            }
            DeskStep::Deliver(way) => self.deliver(*way, expected.drops),
            DeskStep::PurgeOld { kind, age } => {
                let order = PurgeOrder::Before(*kind, hours(expected.hour - age));
                self.runtime.block_on(self.store().purge(&order, "old", now)).unwrap();
            }
            DeskStep::PurgePatient { patient: about, stays } => {
                let stays = stays.map(|(kind, age)| (kind, hours(expected.hour - age)));
                let order = PurgeOrder::About {
                    number: patient(*about),
                    stays: stays.into_iter().collect(),
                };
                self.runtime.block_on(self.store().purge(&order, "asked", now)).unwrap();
            }
            DeskStep::Export(choice) => self.export(*choice, expected),
            DeskStep::Tamper { tampering, at } => {
                let (at, (position, fault)) = expected.first_broken(*tampering, *at);
                let copy = self.new_directory("copy");
                let mut noted = self.noted.clone();
                noted.extend(self.end());
                let broken = self.runtime.block_on(async {
                    back_up(&self.directory, &copy).await.unwrap();
                    broken_by(*tampering, &copy.join("evidence.db"), &self.desk, at, &noted).await
                });
                let broken = broken.map(|broken| (usize_of(broken.position), broken.fault));
                assert_eq!(broken, Some((position, fault)), "{tampering:?} at {at}");
            }
        }
    }

    fn new_directory(&mut self, name: &str) -> PathBuf {
        self.directories += 1;
        self.scratch.path().join(format!("{name}-{}", self.directories))
    }

    /// Copies the files of the open store, as a process that is killed leaves them.
    fn as_they_are(&mut self) -> PathBuf {
        let left = self.new_directory("desk");
        let left = self.scratch.dir(left.file_name().unwrap().to_str().unwrap());
        for name in ["evidence.db", "evidence.db-wal", "desk.keys"] {
            let from = self.directory.join(name);
            if from.exists() {
                fs::copy(from, left.join(name)).unwrap();
            }
        }
        left
    }

    fn open_again(&mut self) {
        (self.delivery, self.store) = (None, None);
        self.store = Some(Arc::new(self.runtime.block_on(open(&self.directory))));
    }

    /// End of the chain.
    fn end(&self) -> Option<ChainEnd> {
        let end = async { self.store().writer().lock().await.end(&self.desk).await.unwrap() };
        self.runtime.block_on(end).filter(|end| end.position > 0)
    }

    fn note(&mut self) {
        self.noted.extend(self.end());
    }

    fn new_delivery(&self, address: &ServerAddress, drops: bool) -> Delivery {
        Delivery::new(Arc::clone(self.store()), address.clone(), drops, || hours(500)).in_batches_of(BATCH)
    }

    fn deliver(&mut self, way: DeliveryWay, drops: bool) {
        let fault = match way {
            DeliveryWay::Straight => None,
            DeliveryWay::Unanswered => Some(LinkFault::Unanswered("COMMIT")),
            DeliveryWay::Cut(octets) => Some(LinkFault::Cut(octets)),
            DeliveryWay::HalfClosed(octets) => Some(LinkFault::HalfClosed(octets)),
        };
        let Some(fault) = fault else {
            let mut delivery = self
                .delivery
                .take()
                .unwrap_or_else(|| self.new_delivery(&address(), drops));
            self.runtime.block_on(delivery.deliver()).unwrap();
            let state = delivery.state().lock().unwrap().clone();
            assert_eq!((state.waiting, state.set_back, state.error), (0, None, None));
            self.delivery = Some(delivery);
            return;
        };
        let mut faults = Some(fault);
        let link = FaultyLink::start(&SERVER.socket().join(".s.PGSQL.5432"), move || faults.take());
        let url = format!("postgres://{ROLE}@127.0.0.1:{}/{}", link.port(), *DATABASE);
        let mut delivery = self.new_delivery(&ServerAddress::parse(&url, None).unwrap(), drops);
        // A desk has one delivery at a time.
        self.delivery = None;
        let done = self.runtime.block_on(delivery.deliver());
        drop((delivery, link));
        settle();
        match (done, way) {
            (Ok(()), DeliveryWay::Cut(_) | DeliveryWay::HalfClosed(_))
            | (Err(EvidenceError::Unreachable { .. }), _) => {}
            (done, _) => panic!("{way:?}: {done:?}"),
        }
    }

    fn export(&mut self, choice: ExportedContents, expected: &ExpectedDesk) {
        let now = hours(expected.hour);
        let (about, owner) = match choice {
            ExportedContents::All => (None, None),
            ExportedContents::OfPatient(about) => (Some(patient(about)), None),
            ExportedContents::OfCaller(owner) => (None, Some(owner)),
        };
        let work = self.store().export(about.as_deref(), owner, now);
        let export = String::from_utf8(self.runtime.block_on(work).unwrap()).unwrap();
        self.note();
        let is_chosen = |index: usize| {
            let record = &expected.records[index];
            let is_meant = match choice {
                ExportedContents::All => true,
                ExportedContents::OfPatient(about) => record.entry && record.patient() == Some(about),
                ExportedContents::OfCaller(owner) => record.entry && record.owner() == owner,
            };
            record.content && is_meant
        };
        let lines = export.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let records: Vec<Value> = lines.filter(|line| line["record"].is_string()).collect();
        let contents: Vec<bool> = records.iter().map(|line| line["content"].is_string()).collect();
        assert_eq!(contents, (0..expected.count()).map(is_chosen).collect::<Vec<_>>());
        let reports = verify_export(&export, &Opening::default(), &self.noted);
        assert_eq!(reports.len(), 1);
        self.must_hold(&reports[0], expected);
        assert_eq!(reports[0].behind_last_head, 0);
    }

    /// Compares a report about the whole chain with what must be there.
    fn must_hold(&self, report: &ChainReport, expected: &ExpectedDesk) {
        assert_eq!((&report.desk, &report.broken), (&self.desk, &None));
        assert_eq!(usize_of(report.records), expected.count());
        assert_eq!(usize_of(report.heads), expected.heads.len());
        let behind = expected.count() - expected.heads.last().copied().unwrap_or(0);
        assert_eq!(usize_of(report.behind_last_head), behind);
    }

    /// Compares the store and the server with what must be there.
    pub(super) fn must_have(&self, expected: &ExpectedDesk) {
        let (reports, here, found) = self.runtime.block_on(async {
            let reports = self.store().verify(&self.noted).await.unwrap();
            let here = self
                .store()
                .writer()
                .lock()
                .await
                .part(&self.desk, 0, 1000)
                .await
                .unwrap();
            let mut found = Vec::new();
            for about in 0..3 {
                let of_patient = self
                    .store()
                    .search(RecordSearch::default(), Some(&patient(about)))
                    .await;
                found.push(of_patient.unwrap().len());
            }
            (reports, here, found)
        });
        assert_eq!(reports.len(), 1, "one chain");
        self.must_hold(&reports[0], expected);
        let contents = expected.records.iter().filter(|record| record.content).count();
        assert_eq!(usize_of(reports[0].contents), contents);
        must_be(&here, expected);
        let is_found = |about: usize| {
            let of_patient = expected.records.iter().filter(|record| record.patient() == Some(about));
            of_patient.filter(|record| record.entry).count()
        };
        assert_eq!(found, (0..3).map(is_found).collect::<Vec<_>>());
        self.server_must_have(&here, expected);
    }

    fn server_must_have(&self, here: &[RecordRow], expected: &ExpectedDesk) {
        if expected.records.iter().all(|record| record.there == There::No) {
            return;
        }
        let (there, report) = self.runtime.block_on(async {
            let mut server = Ledger::at(DatabasePlace::Server(address()));
            let there = server.part(&self.desk, 0, 1000).await.unwrap();
            let mut report = None;
            for genesis in server.chains().await.unwrap() {
                if genesis.contains(&self.desk) {
                    report = Some(
                        verify_chain(&mut server, &genesis, &Opening::default(), &[])
                            .await
                            .unwrap(),
                    );
                }
            }
            server.close().await.unwrap();
            (there, report)
        });
        // Each once and in order: the first so many of those here, and none else.
        assert!(there.len() <= here.len());
        for (there, here) in there.iter().zip(here) {
            assert_eq!((there.position, &there.text), (here.position, &here.text));
        }
        let least = expected
            .records
            .iter()
            .filter(|record| record.there == There::Yes)
            .count();
        let most = expected
            .records
            .iter()
            .filter(|record| record.there != There::No)
            .count();
        assert!(
            (least..=most).contains(&there.len()),
            "{least} to {most}, not {}",
            there.len()
        );
        for (row, record) in there.iter().zip(&expected.records) {
            let has = if row.content.is_some() { There::Yes } else { There::No };
            assert_eq!(row.entry.is_some(), row.content.is_some());
            assert!(
                record.content_there == There::Perhaps || record.content_there == has,
                "{record:?}"
            );
        }
        let report = report.unwrap_or_default();
        assert_eq!((report.broken, usize_of(report.records)), (None, there.len()));
    }
}

/// Waits until the server has done what it was still sent, and has let go of every connection of the model.
fn settle() {
    let open = format!("SELECT count(*) FROM pg_stat_activity WHERE usename = '{ROLE}'");
    eventually("the server settles", LIMIT, || {
        (SERVER.sql(&DATABASE, &open) == "0").then_some(())
    });
}

async fn open(directory: &Path) -> EvidenceStore {
    EvidenceStore::open(directory, Sealing::Open, hours(0)).await.unwrap()
}

fn address() -> ServerAddress {
    ServerAddress::parse(&SERVER.url(ROLE, &DATABASE), None).unwrap()
}

/// Compares the rows of the store with the list, one by one.
fn must_be(here: &[RecordRow], expected: &ExpectedDesk) {
    assert_eq!(here.len(), expected.count());
    for ((position, row), record) in (1..).zip(here).zip(&expected.records) {
        assert_eq!(
            (row.position, row.kind.as_str(), row.time.as_str()),
            (position, record.kind().word(), time_text(hours(record.hour)).as_str())
        );
        assert_eq!(
            row.entry.as_ref().map(|entry| entry.owner.as_str()),
            record.entry.then(|| record.owner())
        );
        assert_eq!(row.content.is_some(), record.content, "content of {position}");
        let Some(content) = &row.content else { continue };
        let content: Value = serde_json::from_slice(&content.octets).unwrap();
        match &record.said {
            ExpectedContent::Draft { number, .. } => {
                let document = content["document"].as_str().unwrap();
                assert!(document.starts_with(&format!("<kmehr n='{number}'>")), "{document}");
            }
            ExpectedContent::Purge(gone) => {
                let dropped = content["dropped"].as_array().unwrap().iter();
                let dropped: Vec<usize> = dropped.map(|one| usize_of(one["position"].as_u64().unwrap())).collect();
                assert_eq!(&dropped, gone);
            }
        }
    }
}
