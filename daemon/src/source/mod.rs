//! Where cards come from: real readers, or virtual ones. Each tells the registry what it sees and does nothing else.

pub mod pcsc;
pub mod simulated;
