//! Documents from start to finish: made, signed by a software key, judged by ourselves and by others' programs.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests may fail on the spot"
)]

mod answers;
mod asic;
mod asic_parts;
mod attacks;
mod belgian;
mod c14n;
mod cades;
mod citizens;
mod cms_others;
mod connector;
mod evidence;
mod golden;
mod long_term;
mod moments;
mod openssl;
mod operations;
mod others;
mod pages;
mod python;
mod reading_back;
mod rebuild;
mod recognise;
mod requests;
mod rules;
mod samples;
mod schema;
mod signature;
mod statement;
mod tamper;
mod timestamps;
mod tools;
mod tsa;
mod world;
mod xades;
mod xades_objects;
mod xades_others;
mod xades_tamper;
