#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| beid_fuzz::records::viewer(data));
