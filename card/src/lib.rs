//! The Belgian eID card: commands, files, authenticity and signatures.
//!
//! Inside are functions from bytes to values; at the edge is one trait, [`Transport`]. A [`Card`] is a Belgian card
//! whose chip number is known: [`Card::read`] reads in one transaction and returns what it read only if the same chip
//! still answers, and [`Card::sign`] makes one signature with the holder's PIN. The crate has no async code, reads no
//! clock, and logs nothing that is sent to a card.
//!
//! Sources: the Belpic applet 1.7 and 1.8 reference manuals, and the card content documents 4.01 and 5.4.

mod transport;

pub mod apdu;
pub mod atr;
mod card;
mod files;
mod reading;
mod session;

mod algorithms;
mod signing;
mod verify;

mod certificates;
mod experience;
mod holder;
mod memory;

mod address;
mod authenticity;
mod ber;
mod genuine;
mod holder_chain;
mod identity;
pub mod pkcs15;
mod tlv;
mod values;

mod error;
mod patience;
mod pin;
mod pin_pad;
mod quirks;
mod secret;

mod fault;
mod trace;

#[cfg(feature = "pcsc")]
pub mod pcsc;

pub use address::Address;
pub use algorithms::{HolderKey, SignatureAlgorithm};
pub use apdu::StatusWord;
pub use authenticity::{CardCheck, Register, Source, photo_hash, signed_by_register};
pub use beid_pki::{CheckName, Outcome, Reason};
pub use card::{Applet, Card, Courtesy};
pub use certificates::HolderCertificate;
pub use error::{CardError, FieldError};
pub use experience::Experience;
pub use fault::{ExchangeFault, Faulty};
pub use files::{
    ADDRESS, ADDRESS_SIGNATURE, AODF, AUTHENTICATION_CERTIFICATE, BASIC_PUBLIC_KEY, CA_CERTIFICATE, CDF, CERTIFICATES,
    DIR, ElementaryFile, Extent, FILES, IDENTITY, IDENTITY_SIGNATURE, ODF, PHOTO, PREFERENCES, PRKDF,
    REGISTER_CERTIFICATE, ROLE_KEY_DIGEST, ROOT_CERTIFICATE, SIGNATURE_CERTIFICATE, TOKEN_INFO,
};
pub use genuine::{Challenge, ChallengeAnswer, card_genuine};
pub use holder::{Holder, IdentityDigests, Judge, Wanted};
pub use holder_chain::holder_chain;
pub use identity::{CompleteIdentity, Identity, MalformedField, PhotoDigest};
pub use patience::{LONGEST_CONNECT, longest_answer, longest_control};
pub use pin::{NotAPin, Pin};
pub use pin_pad::{PadLanguage, PinPad};
pub use quirks::{KeypadUse, OldFormat, Quirks};
pub use secret::SecretOctets;
pub use session::CardSession;
pub use signing::{Batch, BatchError, BatchSignatures, CardSigner, NotABatch};
pub use trace::{EXCHANGES, Traced};
pub use transport::{Exchange, Reconnect, Transport, TransportError};
pub use values::{
    BirthDate, CardNumber, ChipNumber, DocumentType, Gender, KnownBirthDate, NationalNumber, NationalNumberKind,
    SpecialStatus,
};
pub use verify::{PIN_TRIES, PinChange, PinEntry, Requester};
