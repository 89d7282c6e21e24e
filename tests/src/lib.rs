//! The whole of beidd at a pretended desk: a real `pcscd` with virtual readers, a private message bus, a scripted
//! pinentry and the real binaries.
//!
//! ```no_run
//! use beid_e2e::{ScriptedAnswer, Desk};
//! use serde_json::json;
//!
//! let desk = Desk::start();
//! let card = desk.insert("anna"); // in the first reader; returns once the daemon says it is ready
//! let identity = desk.card(&card, "ReadIdentity", &json!({})).unwrap();
//! assert_eq!(identity["givenNames"][0], "Anna");
//!
//! let rest = desk.daemon.rest(&["readers", "identity.full", "proof.therlink"]);
//! assert_eq!(rest.get("/v1/cards/current/identity").ok()["nationalNumber"], identity["nationalNumber"]);
//!
//! // What the person will do with the next dialog: wait for the gate, then type a wrong PIN.
//! let gate = desk.pinentry.will_pause_then(ScriptedAnswer::pin("9999"));
//! let body = json!({ "operation": "put", "type": "gpconsultation", "proof": "eidsigning" });
//! let pending = rest.begin("POST", "/v1/therapeutic-links", &[], Some(&body));
//! assert!(desk.pinentry.next_shown().description.contains("Testaert"));
//! gate.open();
//! assert_eq!(pending.finish().problem(), "pin-incorrect");
//! ```
//!
//! Everything started here ends with the value that stands for it, and with the test process even if that is killed.
//! Nothing outside is touched: no other `pcscd`, no other bus, no file but in a directory of its own ([`Scratch`]) and
//! the test keys beside the binaries. A missing program is a failure that says what to install.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a desk that cannot be set up must fail the test, saying why"
)]
#![expect(clippy::indexing_slicing, reason = "members that JSON does not have read as null")]

mod bus;
mod daemon;
mod dbus_json;
mod desk;
mod disk_faults;
pub mod fleet;
mod kept;
mod members;
mod neighbour;
mod pinentry;
mod readers;
mod rest;

pub use beid_simulator::script::{DialogKind, ScriptDirectory, ScriptedAnswer, ShownDialog};
pub use beid_testkit::{
    FinishedCommand, LIMIT, OcspResponder, PrivateBus, RunningProgram, Scratch, SetOnDrop, built, eventually,
    free_port, guarded, openssl, run, test_pki, test_pki_directory, test_tools, test_trust, tool, workspace,
    write_program,
};
pub use bus::{BusCallError, PendingCall, SessionBus};
pub use daemon::{Daemon, DaemonOptions, Home, PRACTICE};
pub use desk::{Desk, link};
pub use disk_faults::{DiskFault, FaultyCall, WaitingFault};
pub use kept::{KeptConnection, KeptReply, tls_client};
pub use members::{SetupFailure, plain};
pub use neighbour::Neighbour;
pub use pinentry::{AnswerGate, OnScreen, ScriptedPinentry, willing_pinentry};
pub use readers::{ForeignCard, Readers, Slot};
pub use rest::{PendingReply, Rest, RestReply, SseEvent, SseEvents};
