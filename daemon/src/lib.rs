//! The Belgian eID daemon for care, put together: settings, sources of cards, the service, its two fronts, and the log.

pub mod app;
pub mod arguments;
pub mod authorities;
pub mod evidence;
pub mod log;
pub mod manager;
pub mod reload;
pub mod trust;
