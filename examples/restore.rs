//! Two new validator keys, restored from their backup to a folder that Lighthouse takes, with a simulated
//! wallet: `cargo run -p stockade --example restore --features mock`.
#![allow(clippy::print_stdout, reason = "an example shows what it did")]

use std::{
    error::Error,
    path::{Path, PathBuf},
};

use stockade::{
    backup::{
        Access, Copy, Layout, SetId, Trust,
        history::{HistoryRequest, HistoryUser},
        restore_request::{Approved, RestoreRequest},
        scrub,
        unlockers::Unlockers,
        whereabouts::{Location, LocationKind, OtherPlaces, Record},
    },
    bls::PublicKey,
    device::Timeouts,
    discovery::{self, MockSetup},
    staking::Network,
    validator::{self, Withdrawal},
};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1).unwrap_or_else(|| "demo-restore".to_owned());
    let folder = PathBuf::from(folder);
    for line in run(&folder.join("a"), &folder.join("client"))? {
        println!("{line}");
    }
    Ok(())
}

/// Makes two keys in a backup in `copy`, and restores them to `client`.
pub fn run(copy: &Path, client: &Path) -> Result<Vec<String>, Box<dyn Error>> {
    let (mut user, mut progress) = ((), ());
    let found =
        discovery::find(&"mock-ledger".parse()?, Timeouts::default(), &MockSetup::default())?;
    let mut wallet = found.open(&mut user)?;
    let request = validator::Request::new(Network::Hoodi, 2, Withdrawal::Device);
    let mut copies = Copy::prepare_all(&[copy.to_owned()])?;
    validator::create(&request, &mut copies, wallet.as_mut(), &mut user, &mut progress)?;
    drop(copies);

    // What can be refused is refused before the wallet is asked for anything.
    let copies = Copy::open_all(&[copy.to_owned()])?;
    let scrubbed = scrub::read(&copies, None, &mut progress)?;
    let set = scrubbed.sets.first().ok_or("no set")?;
    let request = RestoreRequest::new(&copies, set, client, Layout::Lighthouse);
    request.require()?;
    let keys = request.keys();
    let history = never_signed(&copies, &set.id, &keys).decide(&mut Person)?;
    request.require_decided(&history)?;
    let record = Record::read(&copies, &set.id, &keys)?;
    let mut said = vec![format!("{} places where they may sign", record.places(&keys).len())];
    let elsewhere = OtherPlaces { record, off: Vec::new(), shown_are_off: false };

    // The wallet opens the set, in memory.
    let mut unlockers = Unlockers::new();
    unlockers.add_wallet(wallet, &mut user)?;
    let trust = Trust::default();
    let mut access = Access::new(&mut unlockers, &trust, &mut user, &mut progress);
    let opened = request.open(&mut access)?;

    // The copies record where the keys go, then the folder appears as a whole.
    let to = Location::new(LocationKind::Folder, &client.to_string_lossy());
    let approved = Approved { history: &history, to: &to, elsewhere: &elsewhere, password: None };
    let report = request.carry_out(&opened, approved, &mut Person, &mut progress)?;
    said.push(format!("{} keys restored", opened.public_keys().len()));
    said.push(format!("{} copies could not record it", report.unrecorded.len()));
    Ok(said)
}

/// What a person would state: these keys are new, and never signed.
fn never_signed<'a>(
    copies: &'a [Copy],
    set: &'a SetId,
    keys: &'a [PublicKey],
) -> HistoryRequest<'a> {
    HistoryRequest {
        copies,
        set,
        keys,
        files: &[],
        never_attested: true,
        never_attested_keys: &[],
        lost: false,
    }
}

/// Nobody is asked here.
struct Person;

impl HistoryUser for Person {
    fn tell(&mut self, _line: &str) {}

    fn old_machine_is_off(&mut self) -> bool {
        false
    }

    fn signed_since(&mut self, _description: &str) -> Option<bool> {
        None
    }
}
