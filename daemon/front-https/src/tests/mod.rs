//! The front as its callers see it: real TLS, a real client (curl), virtual cards. Common tools are in `bench`.

mod ahead;
mod answers;
mod authentications;
mod bench;
mod certificates;
mod checks;
mod connections;
mod consents;
mod evidence;
mod forms;
mod identity_readings;
mod limits;
mod logs;
mod lost_connections;
mod page;
mod pairings;
mod records;
mod redirects;
mod relay;
mod repeats;
mod responses;
mod reviews;
mod rotation;
mod signatures;
mod stream;
mod verifications;
