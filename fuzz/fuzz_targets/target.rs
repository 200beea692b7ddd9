//! One target of the table, which STOCKADE_FUZZ_TARGET names, under libFuzzer.

#![no_main]

#[path = "../targets/mod.rs"]
mod targets;

use std::sync::OnceLock;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    static RUN: OnceLock<fn(&[u8])> = OnceLock::new();
    let run = RUN.get_or_init(|| {
        let name = std::env::var("STOCKADE_FUZZ_TARGET").unwrap_or_default();
        let named = targets::TARGETS.iter().find(|target| target.name == name);
        let names: Vec<_> = targets::TARGETS.iter().map(|target| target.name).collect();
        named.unwrap_or_else(|| panic!("STOCKADE_FUZZ_TARGET is one of {names:?}")).run
    });
    run(data);
});
