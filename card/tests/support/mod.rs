//! Virtual cards and the roots to trust them by, for every test of this crate.
#![allow(dead_code, reason = "each test program uses a part of it")]

use beid_card::{Card, Judge, Transport};
use beid_pki::{Certificate, TrustStore};
use beid_simulator::{Citizen, Oddities, TestPki, VirtualCard, VirtualSlot};
use jiff::Timestamp;
use std::path::Path;
use std::sync::LazyLock;

pub(crate) static PKI: LazyLock<TestPki> =
    LazyLock::new(|| TestPki::open(&Path::new(env!("CARGO_TARGET_TMPDIR")).join("simulator-pki")).unwrap());

pub(crate) static TEST_ROOTS: LazyLock<TrustStore> = LazyLock::new(|| {
    let roots = PKI.roots();
    roots.iter().fold(TrustStore::belgian(), |store, root| {
        store.with_test_root(Certificate::parse(root).unwrap())
    })
});

pub(crate) fn virtual_card(id: &str) -> VirtualCard {
    VirtualCard::new(Citizen::find(id).unwrap(), &PKI).unwrap()
}

pub(crate) fn slot_with(id: &str) -> VirtualSlot {
    let slot = VirtualSlot::new();
    slot.insert(virtual_card(id));
    slot
}

/// A reader with a card that is not as it should be.
pub(crate) fn slot_with_odd(id: &str, oddities: &Oddities) -> VirtualSlot {
    let slot = VirtualSlot::new();
    slot.insert(VirtualCard::odd(Citizen::find(id).unwrap(), &PKI, oddities).unwrap());
    slot
}

pub(crate) fn recognise(slot: &VirtualSlot) -> Card<impl Transport + use<>> {
    Card::recognise(slot.connect().unwrap()).unwrap().unwrap()
}

pub(crate) fn now() -> Timestamp {
    "2026-11-21T12:00:00Z".parse().unwrap()
}

pub(crate) fn judge() -> Judge<'static> {
    Judge {
        trust: &TEST_ROOTS,
        now: now(),
    }
}
