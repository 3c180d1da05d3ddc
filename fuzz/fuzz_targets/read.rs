//! Any bytes are read without a panic, and no document is lost: `cargo +nightly fuzz run read`
#![no_main]

#[path = "../invariants.rs"]
mod invariants;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    invariants::hold("a.yaml", bytes);
    invariants::hold("a.json", bytes);
});
