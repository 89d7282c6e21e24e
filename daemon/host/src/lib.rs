//! The machine the daemon runs on: its paths, private files, terminals and process, and randomness. Everything that
//! depends on the operating system is here, for the daemon and `beidctl` alike.

pub mod kept;
pub mod paths;
pub mod pem;
pub mod private;
pub mod process;
pub mod random;
pub mod terminal;
