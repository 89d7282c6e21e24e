//! Parts that at least two test suites use, once: virtual cards under one test PKI, programs, scratch directories.
//!
//! ```no_run
//! use beid_testkit::{judge, recognise, slot_with};
//! use beid_card::{Outcome, Wanted};
//!
//! let mut card = recognise(&slot_with("anna"));
//! let holder = card.holder(Wanted::default(), judge(), &mut ())?;
//! assert_eq!(holder.outcome(), Outcome::Passed);
//! # Ok::<(), beid_card::CardError>(())
//! ```
//!
//! Only tests depend on it. It knows the card and the simulator, so that unit tests of every crate above them can use it;
//! with the feature `daemon` also the service and the D-Bus front, for the suites of the daemon. A missing program is a failure that says what to install, never a skipped test.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "what cannot be set up must fail the test, saying why"
)]

mod bus;
mod cards;
#[cfg(feature = "daemon")]
pub mod daemon;
mod faulty_link;
mod hex;
mod openssl;
mod patience;
mod postgres;
mod process;
mod programs;
mod scratch;
mod seeded;

pub use bus::PrivateBus;
pub use cards::{
    judge, now, odd_card, recognise, slot_with, slot_with_odd, test_pki, test_pki_directory, test_trust, virtual_card,
};
pub use faulty_link::{FaultyLink, LinkCounts, LinkFault};
pub use hex::from_hex;
pub use openssl::{OcspResponder, free_port, openssl};
pub use patience::{LIMIT, SetOnDrop, eventually};
pub use postgres::PostgresServer;
pub use process::{FinishedCommand, RunningProgram, guarded, run};
pub use programs::{built, python, test_tools, tool, workspace, write_program};
pub use scratch::Scratch;
pub use seeded::SeededRandom;
