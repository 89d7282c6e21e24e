//! The daemon's parts in the test's own process: a [`service`](ServiceSetup), a [`Person`] who answers dialogs, and a
//! [`Desk`] where both meet on a private bus.

pub mod ctl;

mod desk;
mod person;
mod service;
mod verified;

pub use desk::{Desk, DeskSetup, plain, wait_for};
pub use person::Person;
pub use service::ServiceSetup;
