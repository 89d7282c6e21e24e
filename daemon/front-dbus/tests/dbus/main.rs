//! The service and the D-Bus front, over a bus of their own, with simulated cards.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests may fail on the spot"
)]

mod authentications;
mod certificates;
mod confirmation;
mod consents;
mod exclusions;
mod forms;
mod front;
mod identity_readings;
mod judged;
mod lasting;
mod links;
mod odd_cards;
mod pin;
mod policies;
mod responses;
mod revocation;
mod roles;
mod screens;
mod signatures;
mod silence;
mod trust;
mod undelivered;
mod verifications;
