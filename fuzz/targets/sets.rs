//! The files of a set and beside it, policies, and files of custodians.

use std::path::Path;

use stockade::{
    attest::{Attestation, Policy, Statement, delivery::DeliveryNote, delivery::DeliveryStatement},
    backup::{
        Digest, SetId, delivery_mark::DeliveryMark, exits, history, manifest::Manifest, marks,
        retired, scrub, split_mark::SplitMark, whereabouts,
    },
    bls::PublicKey,
    custodian::{AnyCustodian, Custodian, GivenIdentity},
};

use super::{
    changed_copy::SIGNER,
    memory::{self, Memory},
};

/// A set's manifest.
pub(super) fn manifest(data: &[u8]) {
    let Ok(manifest) = Manifest::parse(data) else { return };
    super::understood();
    let written = manifest.to_json().unwrap_or_default();
    super::same(Manifest::parse(&written).ok().as_ref(), Some(&manifest));
    for entry in &manifest.keystores {
        assert!(!entry.path.as_str().split('/').any(|name| name == ".." || name.is_empty()));
    }
}

/// A custodian file.
pub(super) fn custodian(data: &[u8]) {
    let any = AnyCustodian::parse(data);
    if let Ok(any) = &any {
        super::understood();
        assert!(any.verify().is_ok(), "a custodian that cannot be sealed to is read as one");
        if let Some(wallet) = any.wallet() {
            let written = wallet.to_json().unwrap_or_default();
            super::same(AnyCustodian::parse(&written).ok().as_ref(), Some(any));
        }
    }
    if let Ok(wallet) = Custodian::parse(data) {
        super::same(wallet.verify().is_ok(), true);
        // In a field that is ignored, only one of the two minds bytes that are no text.
        if std::str::from_utf8(data).is_ok() {
            super::same(any.ok().as_ref().and_then(AnyCustodian::wallet), Some(&wallet));
        }
    }
}

/// A file with age identities.
pub(super) fn identity_file(data: &[u8]) {
    let read = || GivenIdentity::parse(data, &mut ()).map(|all| all.len()).ok();
    let _ = read().is_some().then(super::understood);
    super::same(read(), read());
}

/// The statements that the golden wallet really signed.
fn signed(memory: &Memory) -> Vec<String> {
    let files = memory.0.iter().filter(|(path, _)| path.starts_with("attestations/"));
    let read = files.filter_map(|(_, bytes)| Attestation::parse(bytes).ok());
    read.map(|attestation| attestation.statement).collect()
}

/// An attestation: nothing counts as signed but what was.
pub(super) fn attestation(data: &[u8]) {
    let Ok(attestation) = Attestation::parse(data) else { return };
    let _ = attestation.statement.parse::<Statement>().is_ok().then(super::understood);
    if attestation.address.to_string() == SIGNER && attestation.is_signed() {
        let all: Vec<_> = (0..2).flat_map(|version| signed(memory::golden(version))).collect();
        assert!(all.contains(&attestation.statement), "{}", attestation.statement);
    }
    let again = serde_json::to_vec(&attestation).unwrap_or_default();
    super::same(Attestation::parse(&again), Ok(attestation));
}

/// A delivery note.
pub(super) fn delivery_note(data: &[u8]) {
    let Ok(note) = DeliveryNote::parse(data) else { return };
    let _ = note.is_signed();
    if let Ok(statement) = note.statement.parse::<DeliveryStatement>() {
        super::understood();
        let _ = note.lists(&statement);
    }
    let again = note.to_json().unwrap_or_default();
    super::same(DeliveryNote::parse(&again), Ok(note));
}

/// A policy.
pub(super) fn policy(data: &[u8]) {
    let read = || Policy::parse(data, Path::new("/place/policy.json")).map_err(|e| e.to_string());
    super::same(format!("{:?}", read()), format!("{:?}", read()));
    if let Ok(policy) = read() {
        super::understood();
        assert!(policy.threshold > 0 && policy.threshold <= policy.signers.len());
    }
}

/// What is stored beside a set, under a name of its kind.
pub(super) fn beside_a_set(data: &[u8]) {
    let Some((kind, content)) = data.split_first() else { return };
    let mut memory = memory::golden(usize::from(kind / 128)).clone();
    let (set, digest) = (memory.set(), Digest::of(content).to_string());
    let time = "20261130T120000Z";
    let name = match kind % 8 {
        0 => format!("history/{set}/{time}.json"),
        1 => format!("history/{set}/{time}-delivery.json"),
        2 => format!("history/{set}/{time}-split.json"),
        3 => format!("whereabouts/{set}/{time}-{}.json", &digest[..16]),
        4 => format!("exits/{set}/{time}-b1989a27bd5b-{}.age", &digest[..16]),
        5 => format!("retired/{set}.json"),
        6 => format!("attestations/{set}/{time}-{SIGNER}.json"),
        _ => "copy.json".to_owned(),
    };
    memory.0.insert(name, content.to_vec());
    let (Ok(id), Ok(copy)) = (set.parse::<SetId>(), memory.open()) else { return };
    let copies = [copy];
    let keys = keys_of(&copies);
    let kept = history::kept(&copies, &id, &keys);
    let delivered = marks::beside::<DeliveryMark>(&copies, &id);
    let split = marks::beside::<SplitMark>(&copies, &id);
    let is_read = match kind % 8 {
        0 => kept.is_ok_and(|kept| kept.unread.is_empty()),
        1 => delivered.is_ok_and(|marks| !marks.marks.is_empty()),
        2 => split.is_ok_and(|marks| !marks.marks.is_empty()),
        3 => whereabouts::Record::read(&copies, &id, &keys)
            .is_ok_and(|record| record.places(&keys).iter().any(|place| place.location.is_some())),
        _ => true,
    };
    let _ = is_read.then(super::understood);
    if let Ok(mut record) = whereabouts::Record::read(&copies, &id, &keys) {
        let places = record.places(&keys).len();
        // Without the set's secret nothing is closed: a place is never lost by that.
        record.verify(None);
        assert!(record.places(&keys).len() >= places);
    }
    let _ = exits::read(&copies, &id);
    let _ = retired::notes(&copies[0]);
}

fn keys_of(copies: &[stockade::backup::Copy]) -> Vec<PublicKey> {
    let read = scrub::read(copies, None, &mut ());
    read.map(|read| read.sets.iter().flat_map(|set| set.public_keys()).collect())
        .unwrap_or_default()
}
