//! Virtual cards, and the roots under which they are genuine.

use crate::programs::profile_directory;
use beid_card::{Card, Judge, Transport};
use beid_pki::{Certificate, TrustStore};
use beid_simulator::{Citizen, Oddities, TestPki, VirtualCard, VirtualSlot};
use jiff::Timestamp;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

static STATE: LazyLock<PathBuf> = LazyLock::new(|| profile_directory().join("test-state"));
static DIRECTORY: LazyLock<PathBuf> = LazyLock::new(|| STATE.join("beidd/simulator"));
static PKI: LazyLock<TestPki> =
    LazyLock::new(|| TestPki::open(&DIRECTORY).unwrap_or_else(|error| panic!("no test PKI: {error}")));
static TRUST: LazyLock<TrustStore> = LazyLock::new(|| {
    let roots = PKI.roots();
    let roots = roots
        .iter()
        .map(|root| Certificate::parse(root).expect("our root is a certificate"));
    roots.fold(TrustStore::belgian(), TrustStore::with_test_root)
});

/// The test PKI of all suites, made once and kept beside the programs: RSA keys take seconds.
///
/// # Panics
/// If it cannot be made.
#[must_use]
pub fn test_pki() -> &'static TestPki {
    &PKI
}

/// Directory of [`test_pki`], with its keys and the PEM files of its roots.
///
/// # Panics
/// If the test PKI cannot be made.
#[must_use]
pub fn test_pki_directory() -> &'static Path {
    LazyLock::force(&PKI);
    &DIRECTORY
}

/// State directory (`XDG_STATE_HOME`) whose simulated cards are those of [`test_pki`].
///
/// # Panics
/// If the test PKI cannot be made.
#[cfg(feature = "daemon")]
pub(crate) fn test_state() -> &'static Path {
    LazyLock::force(&PKI);
    &STATE
}

/// The Belgian roots, and those of [`test_pki`] as test roots.
///
/// # Panics
/// If the test PKI cannot be made.
#[must_use]
pub fn test_trust() -> &'static TrustStore {
    &TRUST
}

/// Makes a new card of the citizen called `id`.
///
/// # Panics
/// If nobody is called that.
#[must_use]
pub fn virtual_card(id: &str) -> VirtualCard {
    VirtualCard::new(citizen(id), &PKI).unwrap_or_else(|error| panic!("no card of {id}: {error}"))
}

/// Makes a card of the citizen called `id` that departs from the usual one.
///
/// # Panics
/// If nobody is called that.
#[must_use]
pub fn odd_card(id: &str, oddities: &Oddities) -> VirtualCard {
    VirtualCard::odd(citizen(id), &PKI, oddities).unwrap_or_else(|error| panic!("no card of {id}: {error}"))
}

/// Makes a reader with a new card of the citizen called `id` in it.
///
/// # Panics
/// If nobody is called that.
#[must_use]
pub fn slot_with(id: &str) -> VirtualSlot {
    slot_around(virtual_card(id))
}

/// Makes a reader with an [`odd_card`] in it.
///
/// # Panics
/// If nobody is called that.
#[must_use]
pub fn slot_with_odd(id: &str, oddities: &Oddities) -> VirtualSlot {
    slot_around(odd_card(id, oddities))
}

/// Connects to the card in `slot` and recognises it.
///
/// # Panics
/// If there is no card, or none of ours.
#[must_use]
pub fn recognise(slot: &VirtualSlot) -> Card<impl Transport + use<>> {
    let connection = slot.connect().expect("there is a card in the slot");
    let recognised = Card::recognise(connection).unwrap_or_else(|error| panic!("the card fails: {error}"));
    recognised.expect("it is a Belgian card")
}

/// Time at which the cards are judged: a day on which those that are not made to be expired are valid.
///
/// # Panics
/// Never: it is a constant.
#[must_use]
pub fn now() -> Timestamp {
    "2026-11-21T12:00:00Z".parse().expect("it is a time stamp")
}

/// A judge of cards who trusts [`test_trust`] and judges at [`now`].
///
/// # Panics
/// If the test PKI cannot be made.
#[must_use]
pub fn judge() -> Judge<'static> {
    Judge {
        trust: &TRUST,
        now: now(),
    }
}

fn citizen(id: &str) -> &'static Citizen {
    Citizen::find(id).unwrap_or_else(|error| panic!("{error}"))
}

fn slot_around(card: VirtualCard) -> VirtualSlot {
    let slot = VirtualSlot::new();
    slot.insert(card);
    slot
}
