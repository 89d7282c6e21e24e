//! Documents from start to finish: made, signed by a software key, judged by ourselves and by others' programs.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "tests may fail on the spot and say why they did not run"
)]

mod citizens;
mod golden;
mod openssl;
mod samples;
mod schema;
mod tamper;
mod tools;
