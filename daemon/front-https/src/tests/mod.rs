//! The front as its callers see it: real TLS, a real client (curl), virtual cards.

mod bench;

mod checks;

mod answers;

mod certificates;

mod signatures;

mod ahead;

mod stream;

mod connections;

mod logs;

mod responses;

mod consents;
