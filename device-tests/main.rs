//! Everything that Stockade relies on, tried against mocks, recordings, vectors, emulators and,
//! where one is plugged in, hardware.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods
)]

mod backup;
#[cfg(feature = "cloud")]
mod cells;
#[cfg(feature = "cloud")]
mod cloud;
mod command;
mod conformance;
mod enrolment;
mod examples;
mod fuzz;
mod golden;
mod house;
mod interrupted;
mod json;
#[cfg(feature = "cloud")]
mod model;
mod transcripts;
mod vectors;
mod wire;
