//! The Belgian eID daemon for care: one service core, two thin fronts.

pub mod app;
pub mod authorities;
pub mod config;
pub mod consent_texts;
pub mod ctl;
pub mod front;
pub mod keeper;
pub mod log;
pub mod prompt;
pub mod roots;
pub mod service;
pub mod source;
pub mod texts;

pub use beid_api as api;
pub use beid_host as host;
pub use beid_issuers as issuers;
