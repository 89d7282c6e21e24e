//! The virtual card: a Belgian eID in software, for `beidd --simulate`, for `beid-sim` and for tests.
//!
//! It answers command APDUs byte for byte as the manuals say a card of applet 1.1 (RSA-1024), 1.7 (RSA-2048) or 1.8
//! (P-384) does. Its holders are invented ([`CITIZENS`]) and its certificates hang under test roots made on the spot
//! ([`TestPki`]), so no verifier takes one for a real card. It always says what it is: the chip serial number
//! (EF(ID#RN) tag 02, EF(TokenInfo), GET CARD DATA) is ASCII that starts with [`CHIP_SERIAL_PREFIX`], every issuer has
//! `TEST` in its name, and so has the photo.
//!
//! ```no_run
//! use beid_simulator::{Citizen, TestPki, VirtualCard};
//!
//! let pki = TestPki::open("/tmp/test-pki".as_ref())?;
//! let mut card = VirtualCard::new(Citizen::find("anna")?, &pki)?;
//! assert_eq!(card.apdu(&[0x80, 0xE4, 0x00, 0x00, 0x1C]).len(), 28 + 2);
//! # Ok::<(), beid_simulator::SimulatorError>(())
//! ```

mod applets;
mod authorities;
mod card;
mod certificate;
mod citizens;
mod command;
pub mod command_lines;
mod connection;
mod encode;
mod engine;
mod export;
mod extensions;
mod files;
mod keypad;
mod keys;
mod oddities;
mod persons;
mod pkcs15;
mod pki;
mod reading;
pub mod script;
mod security;
mod sign;
mod slot;
pub mod vpcd;
mod wire;

pub use applets::CardGeneration;
pub use card::VirtualCard;
pub use citizens::{CITIZENS, Citizen, Day, Foreigner, HolderCertificates, TEST_PIN};
pub use connection::VirtualConnection;
pub use encode::{encode_address, encode_identity};
pub use extensions::Urls;
pub use files::CHIP_SERIAL_PREFIX;
pub use keypad::{Gesture, Keypad, KeypadKind, VirtualKeypad};
pub use oddities::Oddities;
pub use persons::{PersonsError, read_persons};
pub use pki::TestPki;
pub use slot::VirtualSlot;
pub use wire::{Exchanged, Timing};

use std::path::PathBuf;

/// Reason why a virtual card could not be made.
#[derive(Debug, thiserror::Error)]
pub enum SimulatorError {
    /// No invented person has this id; [`CITIZENS`] lists them. (The caller's mistake.)
    #[error("no simulated citizen called {0:?}; `beid-sim --list` lists them")]
    UnknownCitizen(String),
    /// The directory that keeps the test keys cannot be used.
    #[error("{path}: {source}", path = path.display())]
    State {
        /// The file or directory concerned.
        path: PathBuf,
        /// Error of the system.
        source: std::io::Error,
    },
    /// A key in that directory cannot be read, or none could be made.
    #[error("test key {name}: {reason}")]
    Key {
        /// Name of the key, which is that of its file.
        name: String,
        /// Error of the key library.
        reason: String,
    },
    /// A certificate or file of the card could not be encoded: a mistake in our tables.
    #[error("test certificate: {0}")]
    Certificate(#[from] der::Error),
}
