//! The doctor: looks at what beidd needs on this computer. The daemon uses it for its answer, and `beidctl` where no daemon
//! runs.
//!
//! | module | looks at |
//! |---|---|
//! | `system` | versions |
//! | `readers` | the smart card service, drivers, USB, and what the daemon knows of readers and cards |
//! | `trust` | the report on the endpoint and the stores of browsers |
//! | `permissions` | policies of browsers on websites that reach this computer |
//! | `dialogs` | the program for dialogs |
//! | `ports` | the port of HTTPS, and who has it |
//! | `clock` | the clock, beside certificates and servers |
//! | `bundle` | what of all this may leave the computer |
//!
//! Nothing here changes anything, opens a dialog, or calls out. Every finding is a row of [`beid_api::findings`].

mod bundle;
mod clock;
mod dialogs;
mod machine;
mod permissions;
mod ports;
mod readers;
mod system;
mod trust;

pub use bundle::{BundledFinding, SupportBundle};
pub use clock::{ClockWitness, about_clock, about_server_clock};
pub use dialogs::{about_dialogs, about_screen};
pub use machine::Machine;
pub use permissions::about_permissions;
pub use ports::{PortUse, about_port};
pub use readers::{about_card_service, about_drivers, about_readers};
pub use system::about_versions;
pub use trust::about_trust;
