//! A backup of two new validator keys in two copies, and the proof that it opens, with a simulated
//! wallet: `cargo run -p stockade --example create_and_drill --features mock`.
#![allow(clippy::print_stdout, reason = "an example shows what it did")]

use std::{error::Error, path::PathBuf};

use stockade::{
    backup::{Copy, drill, hands::Hands, scrub},
    device::Timeouts,
    discovery::{self, MockSetup},
    staking::Network,
    timestamp::Timestamp,
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
    let now = Timestamp::now();
    let created = validator::create(
        &request,
        &[],
        &mut copies,
        wallet.as_mut(),
        now,
        &mut user,
        &mut progress,
    )?;
    let mut said = vec![format!("{} keys in {}", created.keys.len(), created.set.set_id)];
    drop(copies);

    // As somebody would who has nothing but the wallet and the copies.
    let copies = Copy::open_all(folders)?;
    let scrubbed = scrub::read(&copies, None, &mut progress)?;
    let mut hands = Hands::new();
    hands.add_wallet(wallet, &mut user)?;
    let options = drill::Options::default();
    let report = drill::drill(&copies, &scrubbed, &options, &mut hands, &mut user, &mut progress)?;
    said.push(format!("{} of {} proven", report.counts().proven, report.keys.len()));
    Ok(said)
}
