//! Sources of cards: real readers and virtual ones. Each only reports readers and cards to the registry.

pub mod pcsc;
pub mod simulated;
mod usb;
