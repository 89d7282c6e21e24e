//! The Belgian eID card.

mod transport;
#[cfg(feature = "simulator")]
pub mod simulator;

pub use transport::{Exchange, Transport, TransportError};
