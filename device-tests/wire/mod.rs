//! The wire: framing, exchanges, and what happens when a packet is lost or damaged.

mod discovery;
mod faults;
mod ledger_apps;
mod ledger_found;
mod ledger_recorded;
mod ledger_transactions;
mod person;
mod preflight;
mod scripts;
mod silent;
mod thp;
mod trezor_device;
mod trezor_late;
mod trezor_recorded;
mod trezor_session;
