//! `beidctl tls`: real databases of NSS, homes with many profiles, the real daemon, and for root a computer whose system
//! directories are copies.

#![expect(clippy::expect_used, clippy::panic, reason = "what fails here fails the test")]

mod administrator;
mod databases;
mod endpoint;
mod everybody;
mod machine;
mod page;
mod profiles;
mod rotation;
