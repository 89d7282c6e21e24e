//! `beidctl tls`: real databases of NSS, homes with many profiles, the real daemon, and for root a computer whose system
//! directories are copies.

#![expect(clippy::expect_used, clippy::panic, reason = "what fails here fails the test")]
#![expect(clippy::indexing_slicing, reason = "members that JSON does not have read as null")]

mod administrator;
mod databases;
mod endpoint;
mod everybody;
mod machine;
mod page;
mod profiles;
mod rotation;
mod status;
