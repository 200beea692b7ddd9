//! Splits random keys into shares, of 2 to 10 machines and with every threshold, and prints each split
//! for another program to combine: the threshold, the whole key, and `x:share` for each machine. The
//! keys are made for this and guard nothing. Run `cargo run -p stockade --example random_splits 90`.
#![allow(clippy::print_stdout, reason = "an example shows what it did")]

use std::{
    error::Error,
    io::{self, Write as _},
};

use stockade::{
    bls::{self, SecretKey},
    secret::SecretBytes,
};

/// The most machines of a split.
const MOST: u8 = 10;

fn main() -> Result<(), Box<dyn Error>> {
    let count = std::env::args().nth(1).unwrap_or_else(|| "45".to_owned()).parse()?;
    let mut out = io::BufWriter::new(io::stdout().lock());
    for line in run(count)? {
        writeln!(out, "{line}")?;
    }
    out.flush()?;
    Ok(())
}

/// Splits `count` random keys. Every number of machines and every threshold has its turn.
pub fn run(count: usize) -> Result<Vec<String>, Box<dyn Error>> {
    let kinds =
        (2..=MOST).flat_map(|shares| (2..=shares).map(move |threshold| (shares, threshold)));
    kinds.cycle().take(count).map(|(shares, threshold)| split(shares, threshold)).collect()
}

fn split(shares: u8, threshold: u8) -> Result<String, Box<dyn Error>> {
    let key = SecretKey::derive_master(SecretBytes::<32>::random()?.expose())?;
    let mut line = format!("{threshold} {}", hex::encode(key.to_bytes().expose()));
    for share in bls::split(&key, shares, threshold)? {
        line += &format!(" {}:{}", share.x, hex::encode(share.secret.to_bytes().expose()));
    }
    Ok(line)
}
