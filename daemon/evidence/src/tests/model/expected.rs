//! Records that a desk and its server must have after some steps: a plain list.

use super::tampering::Tampering;
use crate::chain::ChainFault;
use crate::record::RecordKind;
use proptest::prelude::*;
use proptest::sample::select;
use proptest_state_machine::ReferenceStateMachine;
use std::collections::BTreeSet;

/// Number of records in the first transaction of a delivery.
pub(super) const BATCH: u32 = 3;
/// Kinds that desks of the model write.
const KINDS: [RecordKind; 3] = [RecordKind::Consent, RecordKind::Exclusion, RecordKind::CardRead];

/// One thing that happens at a desk.
#[derive(Clone, Debug)]
pub(super) enum DeskStep {
    /// A record is written, so many hours after the step before.
    Write {
        kind: RecordKind,
        number: usize,
        later: i64,
    },
    /// The end is signed.
    SignHead,
    /// The store is closed, and opened again.
    Close,
    /// The process ends without closing, and the store is opened again.
    Reopen,
    /// The process is killed: the store goes on with the files as they are at this moment.
    Crash,
    /// Records are brought to the server.
    Deliver(DeliveryWay),
    /// Contents are dropped that are so many hours old.
    PurgeOld { kind: RecordKind, age: i64 },
    /// Contents about a patient are dropped, but for those of a kind that are younger than so many hours.
    PurgePatient {
        patient: usize,
        stays: Option<(RecordKind, i64)>,
    },
    /// Everything is exported, and the export verified.
    Export(ExportedContents),
    /// A copy is changed, and the copy verified.
    Tamper { tampering: Tampering, at: usize },
}

/// Way to the server.
#[derive(Clone, Copy, Debug)]
pub(super) enum DeliveryWay {
    /// Nothing fails.
    Straight,
    /// The server commits the first transaction, and the desk does not learn of it.
    Unanswered,
    /// The connection is cut after so many octets.
    Cut(u64),
    /// The server's answers stop after so many octets.
    HalfClosed(u64),
}

/// Contents that an export holds.
#[derive(Clone, Copy, Debug)]
pub(super) enum ExportedContents {
    All,
    OfPatient(usize),
    OfCaller(&'static str),
}

/// Content of a record.
#[derive(Clone, Debug)]
pub(super) enum ExpectedContent {
    /// A draft of the tests' world.
    Draft { kind: RecordKind, number: usize },
    /// A purge of these positions.
    Purge(Vec<usize>),
}

/// Presence of a record, or of its content, on the server. A connection that was cut leaves it open.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum There {
    No,
    Perhaps,
    Yes,
}

/// A record that must be there.
#[derive(Clone, Debug)]
pub(super) struct ExpectedRecord {
    pub(super) said: ExpectedContent,
    pub(super) hour: i64,
    /// True while the content is here.
    pub(super) content: bool,
    /// True while the record is found by its patient and caller.
    pub(super) entry: bool,
    /// On the server: the record, and its content.
    pub(super) there: There,
    pub(super) content_there: There,
}

/// A desk with its server.
#[derive(Clone, Debug)]
pub(super) struct ExpectedDesk {
    /// True if contents are dropped here once the server has them.
    pub(super) drops: bool,
    pub(super) hour: i64,
    pub(super) records: Vec<ExpectedRecord>,
    /// Positions with a signed head.
    pub(super) heads: BTreeSet<usize>,
    /// Positions whose hashes somebody noted.
    pub(super) noted: BTreeSet<usize>,
    day_of_last_head: Option<i64>,
    /// Number of records that the desk knows to be on the server, at least.
    confirmed: usize,
    /// True if more may be confirmed: a connection was cut.
    is_open: bool,
}

impl ExpectedRecord {
    pub(super) fn kind(&self) -> RecordKind {
        match &self.said {
            ExpectedContent::Draft { kind, .. } => *kind,
            ExpectedContent::Purge(_) => RecordKind::Purge,
        }
    }

    pub(super) fn patient(&self) -> Option<usize> {
        match &self.said {
            ExpectedContent::Draft { number, .. } => Some(number % 3),
            ExpectedContent::Purge(_) => None,
        }
    }

    pub(super) fn owner(&self) -> &'static str {
        match &self.said {
            ExpectedContent::Draft { number, .. } if number.is_multiple_of(2) => "token:a",
            ExpectedContent::Draft { .. } => "origin:https://b.example",
            ExpectedContent::Purge(_) => "beidd",
        }
    }
}

impl ExpectedDesk {
    /// Number of records, which is the position of the last.
    pub(super) fn count(&self) -> usize {
        self.records.len()
    }

    /// Position that a tampering names, and the link that must break first.
    pub(super) fn first_broken(&self, tampering: Tampering, at: usize) -> (usize, (usize, ChainFault)) {
        let count = self.count();
        // The last one has no next to change places with.
        let last = count - usize::from(tampering == Tampering::Swaps);
        let at = at % last + 1;
        // Somebody always knows the present end.
        let is_known =
            |position: usize| position == count || self.heads.contains(&position) || self.noted.contains(&position);
        let first_known = (at..=count).find(|position| is_known(*position)).unwrap_or(count);
        let broken = match tampering {
            Tampering::ChangesContent => (at, ChainFault::Content),
            Tampering::ChangesHeader => (at, ChainFault::Columns),
            Tampering::ChangesHeaderAndColumns if is_known(at) => (at, ChainFault::Head),
            Tampering::ChangesHeaderAndColumns => (at + 1, ChainFault::Previous),
            Tampering::WritesAnew => (first_known, ChainFault::Head),
            Tampering::Removes if at == count => (at, ChainFault::Shorter),
            Tampering::Removes | Tampering::Swaps => (at, ChainFault::Position),
            Tampering::CutsOff => (at, ChainFault::Shorter),
        };
        (at, broken)
    }

    fn push(&mut self, said: ExpectedContent) {
        self.records.push(ExpectedRecord {
            said,
            hour: self.hour,
            content: true,
            entry: true,
            there: There::No,
            content_there: There::No,
        });
        // The first record of a day is signed.
        if self.day_of_last_head != Some(self.day()) {
            self.sign();
        }
    }

    fn sign(&mut self) {
        if self.count() > 0 && self.heads.insert(self.count()) {
            self.day_of_last_head = Some(self.day());
        }
    }

    /// Signs the end, which the desk then notes elsewhere.
    fn sign_and_note(&mut self) {
        self.sign();
        if self.count() > 0 {
            self.noted.insert(self.count());
        }
    }

    /// Day, in UTC: the first hour is that from 20 to 21.
    fn day(&self) -> i64 {
        (20 + self.hour).div_euclid(24)
    }

    fn deliver(&mut self, way: DeliveryWay) {
        let last_sent = match way {
            DeliveryWay::Straight => self.count(),
            DeliveryWay::Unanswered => self.confirmed + usize::try_from(BATCH).unwrap(),
            DeliveryWay::Cut(_) | DeliveryWay::HalfClosed(_) => 0,
        };
        self.is_open |= matches!(way, DeliveryWay::Cut(_) | DeliveryWay::HalfClosed(_));
        for (index, record) in self.records.iter_mut().enumerate() {
            let now = if record.content { There::Yes } else { There::No };
            if record.there == There::No && (index < last_sent || self.is_open) {
                record.content_there = now;
            }
            if index < last_sent {
                record.there = There::Yes;
            } else if self.is_open && record.there == There::No {
                record.there = There::Perhaps;
            }
        }
        if let DeliveryWay::Straight = way {
            (self.confirmed, self.is_open) = (self.count(), false);
            for record in self.records.iter_mut().filter(|_| self.drops) {
                record.content = false;
            }
        }
    }

    fn purge(&mut self, goes: impl Fn(&ExpectedRecord) -> bool) {
        let positions = (1..).zip(&self.records);
        let gone: Vec<usize> = positions
            .filter(|(_, record)| (record.content || record.entry) && goes(record))
            .map(|(position, _)| position)
            .collect();
        if gone.is_empty() {
            return;
        }
        for position in &gone {
            let record = &mut self.records[position - 1];
            (record.content, record.entry) = (false, false);
            // It came along if the record did.
            if record.there == There::Perhaps {
                record.content_there = There::Perhaps;
            }
        }
        self.push(ExpectedContent::Purge(gone));
    }
}

impl ReferenceStateMachine for ExpectedDesk {
    type State = Self;
    type Transition = DeskStep;

    fn init_state() -> BoxedStrategy<Self> {
        let desk = |drops| Self {
            drops,
            hour: 0,
            records: Vec::new(),
            heads: BTreeSet::new(),
            noted: BTreeSet::new(),
            day_of_last_head: None,
            confirmed: 0,
            is_open: false,
        };
        any::<bool>().prop_map(desk).boxed()
    }

    fn transitions(desk: &Self) -> BoxedStrategy<DeskStep> {
        let kind = || select(&KINDS[..]);
        let kept = || prop_oneof![3 => kind(), 1 => Just(RecordKind::Purge)];
        let write =
            (kind(), 0..6_usize, 0..30_i64).prop_map(|(kind, number, later)| DeskStep::Write { kind, number, later });
        let old = (kept(), 0..60_i64).prop_map(|(kind, age)| DeskStep::PurgeOld { kind, age });
        let patient = (0..3_usize, prop::option::of((kind(), 0..60_i64)))
            .prop_map(|(patient, stays)| DeskStep::PurgePatient { patient, stays });
        let steps = prop_oneof![
            10 => write,
            1 => Just(DeskStep::SignHead),
            1 => Just(DeskStep::Close),
            1 => Just(DeskStep::Reopen),
            2 => Just(DeskStep::Crash),
            5 => way(desk.drops).prop_map(DeskStep::Deliver),
            1 => old,
            1 => patient,
            1 => exported().prop_map(DeskStep::Export),
        ];
        if desk.count() == 0 {
            return steps.boxed();
        }
        let tampering = if desk.count() > 1 {
            Tampering::ALL
        } else {
            Tampering::OF_ONE_RECORD
        };
        let tampering = (select(tampering), 0..64_usize);
        let tamper = tampering.prop_map(|(tampering, at)| DeskStep::Tamper { tampering, at });
        prop_oneof![9 => steps, 1 => tamper].boxed()
    }

    fn preconditions(desk: &Self, step: &DeskStep) -> bool {
        if let DeskStep::Tamper { tampering, .. } = step {
            return desk.count() > 1 || desk.count() == 1 && Tampering::OF_ONE_RECORD.contains(tampering);
        }
        !desk.drops
            || !matches!(
                step,
                DeskStep::Deliver(DeliveryWay::Cut(_) | DeliveryWay::HalfClosed(_))
            )
    }

    fn apply(mut desk: Self, step: &DeskStep) -> Self {
        match step {
            DeskStep::Write { kind, number, later } => {
                desk.hour += later;
                desk.push(ExpectedContent::Draft {
                    kind: *kind,
                    number: *number,
                });
            }
            DeskStep::SignHead | DeskStep::Close | DeskStep::Export(_) => desk.sign_and_note(),
            DeskStep::Reopen | DeskStep::Crash | DeskStep::Tamper { .. } => {}
            DeskStep::Deliver(way) => desk.deliver(*way),
            DeskStep::PurgeOld { kind, age } => {
                let before = desk.hour - age;
                desk.purge(|record| record.kind() == *kind && record.hour < before);
            }
            DeskStep::PurgePatient { patient, stays } => {
                let hour = desk.hour;
                let stays = |record: &ExpectedRecord| {
                    stays.is_some_and(|(kind, age)| record.kind() == kind && record.hour >= hour - age)
                };
                desk.purge(|record| record.patient() == Some(*patient) && !stays(record));
            }
        }
        desk
    }
}

/// Ways to the server. Where contents are dropped once the server has them, a connection that is cut somewhere would leave
/// open what is here, too.
fn way(drops: bool) -> BoxedStrategy<DeliveryWay> {
    let known = prop_oneof![2 => Just(DeliveryWay::Straight), 1 => Just(DeliveryWay::Unanswered)];
    if drops {
        return known.boxed();
    }
    // From the greeting to behind the last record.
    let octets = || 50..12_000_u64;
    prop_oneof![
        3 => known,
        1 => octets().prop_map(DeliveryWay::Cut),
        1 => octets().prop_map(DeliveryWay::HalfClosed),
    ]
    .boxed()
}

fn exported() -> impl Strategy<Value = ExportedContents> {
    prop_oneof![
        Just(ExportedContents::All),
        (0..3_usize).prop_map(ExportedContents::OfPatient),
        select(&["token:a", "beidd"][..]).prop_map(ExportedContents::OfCaller),
    ]
}
