//! The command line, over a bus of its own, with simulated cards.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::wildcard_enum_match_arm,
    reason = "tests may fail on the spot"
)]

mod ctl;
mod evidence;
mod places;
mod reports;
