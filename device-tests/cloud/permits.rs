//! Permits, as the record of where keys may sign gives them: there is no other way to one.

use std::path::Path;

use stockade::{
    backup::{
        Copy, SetId,
        whereabouts::{Location, LocationKind, Permit, Record, Release, RemovalPermit},
    },
    bls::PublicKey,
    staking::Network,
    timestamp::Timestamp,
};

/// A new copy in this folder.
pub(crate) fn copy(dir: &Path) -> Copy {
    let mut copy = Copy::prepare(dir).unwrap();
    copy.initialise().unwrap();
    copy
}

/// To send, and to remove, `keys`.
pub(super) fn both(keys: &[PublicKey]) -> (Permit, RemovalPermit) {
    let folder = tempfile::tempdir().unwrap();
    let copies = [copy(folder.path())];
    let set = SetId::random(Network::Hoodi, Timestamp::now()).unwrap();
    let at = |address| Location::new(LocationKind::Keymanager, address);
    let (to, from) = (at("https://to.example"), at("https://from.example"));
    let release =
        Release { to: &to, keys, from: Some(&from), off: &[], shown_are_off: false, running: &[] };
    let record = Record::read(&copies, &set, keys).unwrap();
    let mut clearance = record.clear(&release, &copies, None).unwrap();
    (clearance.send(keys).unwrap(), clearance.request_removal(keys).unwrap())
}
