//! Recordings of real firmware, played against the mocks.

mod ledger;
mod trezor;
mod trezor_fields;
mod trezor_thp;
