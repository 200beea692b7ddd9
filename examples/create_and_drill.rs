//! A backup of two new validator keys in two copies, and the proof that it opens, with a simulated
//! wallet: `cargo run -p stockade --example create_and_drill --features mock`.
#![allow(clippy::print_stdout, reason = "an example shows what it did")]

use std::{error::Error, path::PathBuf};

use stockade::{
    backup::{Access, Copy, Trust, drill, scrub, unlockers::Unlockers},
    device::Timeouts,
    discovery::{self, MockSetup},
    staking::Network,
    validator::{self, Withdrawal},
};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1).unwrap_or_else(|| "demo-copies".to_owned());
    for line in run(&[PathBuf::from(&folder).join("a"), PathBuf::from(&folder).join("b")])? {
        println!("{line}");
    }
    Ok(())
}

/// Makes two keys, writes them to `folders`, whose parent folder exists, and drills what is there.
pub fn run(folders: &[PathBuf]) -> Result<Vec<String>, Box<dyn Error>> {
    let spec = "mock-ledger".parse()?;
    let found = discovery::find(&spec, Timeouts::default(), &MockSetup::default())?;
    let (mut user, mut progress) = ((), ());
    let mut wallet = found.open(&mut user)?;

    let request = validator::Request::new(Network::Hoodi, 2, Withdrawal::Device);
    let mut copies = Copy::prepare_all(folders)?;
    let created =
        validator::create(&request, &mut copies, wallet.as_mut(), &mut user, &mut progress)?;
    let mut said = vec![format!("{} keys in {}", created.keys.len(), created.set.set_id)];
    drop(copies);

    // With nothing but the wallet and the copies.
    let copies = Copy::open_all(folders)?;
    let scrubbed = scrub::read(&copies, None, &mut progress)?;
    let mut unlockers = Unlockers::new();
    unlockers.add_wallet(wallet, &mut user)?;
    let trust = Trust::default();
    let mut access = Access::new(&mut unlockers, &trust, &mut user, &mut progress);
    let report = drill::drill(&copies, &scrubbed, &mut access)?;
    said.push(format!("{} of {} proven", report.counts().proven, report.keys.len()));
    Ok(said)
}
