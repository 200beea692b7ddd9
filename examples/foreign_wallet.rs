//! A wallet that Stockade does not know, as a custodian:
//! `cargo run -p stockade --example foreign_wallet`.
//!
//! Enrolment, backups, drills and attestations work with everything that implements
//! [`Wallet`](stockade::device::Wallet); here it is the imaginary smart card of `own_wallet.rs`.
#![allow(clippy::print_stdout, reason = "an example shows what it did")]

use std::error::Error;

use stockade::{custodian, device_secret::Scheme};

#[path = "own_wallet.rs"]
#[allow(dead_code, reason = "only the card is used here")]
mod own_wallet;

fn main() -> Result<(), Box<dyn Error>> {
    for line in run()? {
        println!("{line}");
    }
    Ok(())
}

/// Enrols the card as a custodian, then opens with it a secret that was sealed for it.
pub fn run() -> Result<Vec<String>, Box<dyn Error>> {
    let mut card = own_wallet::Card::new()?;
    // No terminal: the card asks its user by itself.
    let mut user = ();
    let custodian = custodian::enroll(&mut card, Scheme::Eip191V1, None, &mut user)?;
    let identity = custodian::open(&mut card, &custodian, &mut user)?;
    Ok(vec![
        format!("custodian {} is the wallet {}", custodian.id, custodian.check_address),
        format!("what is sealed to {} opens with it", identity.recipient()),
    ])
}
