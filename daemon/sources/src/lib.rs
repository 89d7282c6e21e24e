//! Sources of cards: real readers and virtual ones. Each only reports readers and cards to the registry.

mod nudge;
pub mod pcsc;
pub mod simulated;
