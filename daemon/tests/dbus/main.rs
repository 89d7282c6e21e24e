//! The D-Bus front and the command line, over a bus of their own, with simulated cards.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::wildcard_enum_match_arm,
    reason = "tests may fail on the spot"
)]

mod certificates;
mod consents;
mod ctl;
mod exclusions;
mod front;
mod judged;
mod lasting;
mod links;
mod odd_cards;
mod pin;
mod places;
mod responses;
mod revocation;
mod roles;
mod screens;
mod signatures;
mod silence;
mod undelivered;
