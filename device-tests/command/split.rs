//! `validator split`: shares in the layout of charon, which sign for their key together.

use std::{fs, path::Path};

use stockade::{
    bls::{PublicKey, SecretKey, Signature, combine_signatures},
    eth2_keystore::{Keystore, Password},
};

use super::{
    fixture::{Folder, ledger},
    run::{OTHER_WORDS, on},
};

const ROOT: [u8; 32] = [9; 32];

/// The key at `index` of the set that [`ledger`] gives.
fn pubkey(index: usize) -> String {
    ledger().json["keys"][index]["pubkey"].as_str().unwrap().to_owned()
}

fn line(copies: &Folder, options: &str) -> String {
    format!("validator split --copy {} --to {} {options}", copies.both(), copies.at("nodes"))
}

/// The share that a node's `keystore-<place>` holds.
fn share(node: &Path, place: usize) -> (Keystore, SecretKey) {
    let file = |extension| node.join(format!("validator_keys/keystore-{place}.{extension}"));
    let keystore = Keystore::parse(&fs::read(file("json")).unwrap()).unwrap();
    // To the last byte, as charon reads it.
    let password = fs::read_to_string(file("txt")).unwrap();
    assert_eq!(password.len(), 64);
    let secret = keystore.open(&Password::new(&password).unwrap()).unwrap();
    (keystore, secret)
}

/// What the shares at these places sign together.
fn signed(shares: &[(u8, Signature)], subset: u32) -> Signature {
    let parts = shares.iter().filter(|(x, _)| subset >> (x - 1) & 1 == 1);
    combine_signatures(&parts.cloned().collect::<Vec<_>>()).unwrap()
}

#[test]
fn three_of_four_shares_sign_for_each_key_and_two_do_not() {
    let copies = ledger().copies();
    // Not in the set's order: the cluster's order is what counts.
    let keys = [pubkey(2), pubkey(0)];
    let options = format!("--pubkey {} 0x{} --shares 4 --whole-keys-are-off", keys[0], keys[1]);
    let split = on("mock-ledger").run(&line(&copies, &options)).code(0);
    assert_eq!((&split.json["threshold"], split.text("layout")), (&3.into(), "charon"));
    assert_eq!(split.each("keys", "pubkey"), keys);

    for (place, key) in keys.iter().enumerate() {
        let key: PublicKey = key.parse().unwrap();
        let mut shares = Vec::new();
        for node in 0..4_u8 {
            let folder = copies.path("nodes").join(format!("node{node}"));
            let (keystore, secret) = share(&folder, place);
            let said = &split.json["keys"][place]["shares"][usize::from(node)];
            assert_eq!(said["x"], node + 1);
            assert_eq!(said["pubkey"], secret.public_key().to_string());
            assert!(keystore.description().unwrap().contains(&key.to_string()));
            shares.push((node + 1, secret.sign(&ROOT)));
        }
        for subset in 1_u32..16 {
            let verifies = signed(&shares, subset).verify(&ROOT, &key);
            assert_eq!(verifies, subset.count_ones() >= 3, "{subset:b}");
        }
    }
    let passwords: std::collections::BTreeSet<_> = (0..4)
        .map(|node| {
            let path = format!("nodes/node{node}/validator_keys/keystore-0.txt");
            fs::read_to_string(copies.path(&path)).unwrap()
        })
        .collect();
    assert_eq!(passwords.len(), 4, "no machine can open what another has");
}

#[test]
#[cfg(unix)]
fn only_the_owner_can_read_a_share() {
    use std::os::unix::fs::PermissionsExt as _;

    let copies = ledger().copies();
    let options = format!("--pubkey {} --shares 3 --whole-keys-are-off", pubkey(1));
    on("mock-ledger").run(&line(&copies, &options)).code(0);
    let mode = |name: &str| {
        let path = copies.path("nodes/node2").join(name);
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    };
    assert_eq!(mode("validator_keys"), 0o700);
    for file in ["validator_keys/keystore-0.json", "validator_keys/keystore-0.txt"] {
        assert_eq!(mode(file), 0o600);
    }
    // Not a second time into the same folder.
    on("mock-ledger").run(&line(&copies, &options)).error(3, "file");
}

#[test]
fn what_would_get_a_validator_slashed_is_refused_before_the_wallet_is_asked() {
    let copies = ledger().copies();
    let key = pubkey(0);
    let off = "--whole-keys-are-off";
    for (options, code, kind) in [
        // Two groups without a machine in common.
        (format!("--pubkey {key} --shares 4 --threshold 2 {off}"), 2, "usage"),
        (format!("--pubkey {key} --shares 3 --threshold 4 {off}"), 2, "usage"),
        (format!("--pubkey {key} --shares 1 {off}"), 2, "usage"),
        (format!("--pubkey {key} {key} --shares 3 {off}"), 2, "usage"),
        // Nobody says that the whole key is off.
        (format!("--pubkey {key} --shares 3"), 2, "usage"),
        // Of no set.
        (format!("--pubkey {} --shares 3 {off}", foreign_key()), 3, "input"),
    ] {
        let refused = on("mock-ledger").run(&line(&copies, &options)).error(code, kind);
        assert!(!refused.prompted(), "{options}: {}", refused.stderr);
        assert!(!copies.path("nodes").exists(), "{options}");
    }
}

#[test]
fn who_does_not_open_the_set_gets_no_share() {
    let copies = ledger().copies();
    let options = format!("--pubkey {} --shares 3 --whole-keys-are-off", pubkey(0));
    on("mock-ledger").rejecting().run(&line(&copies, &options)).error(5, "rejected");
    on("mock-ledger").holding(OTHER_WORDS).run(&line(&copies, &options)).error(3, "input");
    assert!(!copies.path("nodes").exists());
}

fn foreign_key() -> PublicKey {
    SecretKey::derive_master(&[9; 32]).unwrap().public_key()
}
