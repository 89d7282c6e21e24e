//! Host system: paths, private files, terminals, the process and random numbers. Code that depends on the operating
//! system belongs here, for the daemon and `beidctl` alike.

pub mod foreign;
pub mod kept;
pub mod manager;
pub mod paths;
pub mod pem;
pub mod private;
pub mod process;
pub mod random;
pub mod room;
pub mod state;
pub mod terminal;
