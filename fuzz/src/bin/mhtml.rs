//! Mhtml documents.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| nianbao_fuzz::open(nianbao::medium::Media::Mhtml, bytes));
