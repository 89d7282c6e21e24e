//! The Belgian eID daemon for care: one service core, two thin fronts.

pub mod api;
pub mod app;
pub mod authorities;
pub mod config;
pub mod consent_texts;
pub mod ctl;
pub(crate) mod fetch;
pub mod front;
pub mod kept;
pub mod log;
pub mod paths;
pub(crate) mod pem;
pub mod private;
pub mod process;
pub mod prompt;
pub(crate) mod random;
pub mod revocation;
pub mod roots;
pub mod service;
pub mod source;
pub mod texts;
pub mod timestamps;
