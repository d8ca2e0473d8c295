//! Any markup as a page.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    nianbao_fuzz::read_text(format!("<html><body>{text}").as_bytes());
});
