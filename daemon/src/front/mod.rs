//! The two fronts. They translate; the service decides.

pub mod dbus;
pub mod http;
