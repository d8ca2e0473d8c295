//! Any bytes as a text or page: encoding, text, figures, checks.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| nianbao_fuzz::read_text(bytes));
