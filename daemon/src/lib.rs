//! The Belgian eID daemon for care: one service core, two thin fronts.

pub mod app;
pub mod authorities;
pub mod log;

pub use beid_api as api;
pub use beid_host as host;
pub use beid_issuers as issuers;
pub use beid_prompt as prompt;
pub use beid_service as service;
pub use beid_service::keeper;
pub use beid_settings as config;
pub use beid_settings::{consent_texts, roots};
pub use beid_sources as source;
pub use beid_texts as texts;

/// The two fronts. They translate; the service decides.
pub mod front {
    pub use beid_front_dbus as dbus;
    pub use beid_front_https as http;
}
