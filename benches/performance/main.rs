//! What the command costs, as ratios to something measured in the same run: `cargo bench`.
//!
//! Writes `docs/performance.md`. `cargo bench -- --quick` leaves out the 10,000 keys and writes
//! nothing.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "a measurement")]
#![allow(clippy::disallowed_methods, reason = "writes its own page, and foreign keystores")]

mod baseline;
mod child;
mod deliveries;
mod page;
mod scenarios;
mod stand_in;

use scenarios::Measured;

fn main() {
    let quick = std::env::args().any(|argument| argument == "--quick");
    let sizes: &[usize] = if quick { &[10, 1_000] } else { &[10, 1_000, 10_000] };
    let measured = Measured::take(sizes);
    let page = page::render(&measured);
    println!("{page}");
    if !quick {
        std::fs::write(
            concat!(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."), "/docs/performance.md"),
            page,
        )
        .unwrap();
    }
}
