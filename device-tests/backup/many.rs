//! Among many keys each is judged for itself: what is wrong with some in the middle is said of
//! those, and of no other.

use std::{fs, sync::OnceLock};

use serde_json::Value;
use stockade::{
    backup::{create::NewKey, manifest::Source},
    bls::SecretKey,
    custodian::Custodian,
    device_secret::Scheme,
    path::DerivationPath,
};

use super::{
    rot::flip,
    tampered::{OWNER, find, sum_again},
};
use crate::command::{
    fixture::{Folder, Made, ledger, wallet},
    run::{Ran, WORDS, alone, on},
    sets::{imported_key, plan, publish},
};

/// More than any core takes at a time.
const COUNT: u32 = 150;

/// Of this one the manifest says that it is from the wallet's batch, and it is not.
const NOT_OF_THE_BATCH: u32 = 70;

/// The keystore of this one rots.
const ROTTEN: u32 = 100;

/// Two copies of a set of many keys that the wallet signed.
fn many() -> &'static Made {
    static MADE: OnceLock<Made> = OnceLock::new();
    MADE.get_or_init(|| {
        let folder = Folder::new();
        let custodian: Custodian =
            serde_json::from_value(ledger().json["custodians"][0].clone()).unwrap();
        let root = SecretKey::derive_master(&[7; 32]).unwrap();
        let key = |i| NewKey {
            path: DerivationPath::signing_key(i).to_string(),
            source: match i {
                NOT_OF_THE_BATCH => {
                    let check_address = OWNER.parse().unwrap();
                    Source::Device { scheme: Scheme::Eip191V1, batch: 0, check_address }
                }
                _ => Source::Imported,
            },
            ..imported_key(root.derive_child(i))
        };
        let plan = plan(vec![custodian.into()], 1, (0..COUNT).map(key).collect());
        let mut owner = wallet("mock-ledger", WORDS);
        publish(plan, &mut *owner, &[folder.path("a"), folder.path("b")]);
        Made::of(&folder, Value::Null)
    })
}

/// The index, copy and reason of each key that is not proven.
fn blamed(ran: &Ran) -> Vec<(u32, usize, &str)> {
    let copies = ran.list("copies");
    let bad = ran.list("keys").iter().filter(|key| key["reason"] != "ok");
    let blamed = bad.map(|key| {
        let file = key["file"].as_str().unwrap();
        let index = file.split("_3600_").nth(1).unwrap().split('_').next().unwrap();
        let copy = copies.iter().position(|copy| *copy == key["copy"]).unwrap();
        (index.parse().unwrap(), copy, key["reason"].as_str().unwrap())
    });
    let mut blamed: Vec<_> = blamed.collect();
    blamed.sort();
    blamed
}

#[test]
fn a_drill_names_just_the_keys_in_the_middle_that_are_wrong() {
    let folder = many().copies();
    flip(&folder.keystore("b", ROTTEN as usize), 2000);
    let drilled = on("mock-ledger").run(&format!("backup drill {}", folder.both())).code(1);
    let expected = [
        (NOT_OF_THE_BATCH, 0, "pubkey_mismatch"),
        (NOT_OF_THE_BATCH, 1, "pubkey_mismatch"),
        (ROTTEN, 1, "bit_rot"),
    ];
    assert_eq!(blamed(&drilled), expected, "{:#}", drilled.json);
    assert_eq!(drilled.verdicts(), (2 * COUNT as usize - 3, 3, 0));

    // Where no other copy has it, the keys behind it are still told apart.
    fs::remove_dir_all(folder.path("a")).unwrap();
    let drilled = on("mock-ledger").run(&format!("backup drill {}", folder.at("b"))).code(1);
    let expected = [(NOT_OF_THE_BATCH, 0, "pubkey_mismatch"), (ROTTEN, 0, "bit_rot")];
    assert_eq!(blamed(&drilled), expected, "{:#}", drilled.json);
    assert_eq!(drilled.list("keys").len(), COUNT as usize);
}

#[test]
fn a_scrub_names_just_the_rotten_one_in_the_order_of_the_manifest() {
    let folder = many().copies();
    flip(&folder.keystore("b", ROTTEN as usize), 2000);
    fs::remove_file(folder.keystore("b", 33)).unwrap();
    let scrubbed = alone().run(&format!("backup scrub {}", folder.both())).code(1);
    assert_eq!(blamed(&scrubbed), [(33, 1, "missing"), (ROTTEN, 1, "bit_rot")]);
    let root = SecretKey::derive_master(&[7; 32]).unwrap();
    let keys = (0..COUNT).map(|i| root.derive_child(i).public_key().to_string());
    let keys: Vec<_> = keys.collect();
    assert_eq!(scrubbed.each("keys", "pubkey"), [keys.as_slice(), &keys].concat());
}

#[test]
fn a_manifest_that_names_in_the_middle_what_is_no_public_key_is_malformed() {
    let folder = many().copies();
    fs::remove_dir_all(folder.path("a")).unwrap();
    let path = find(&folder.set("b"), "manifest.json");
    let mut manifest: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    manifest["keystores"][90]["pubkey"] = "c0".repeat(48).into();
    fs::write(&path, serde_json::to_vec_pretty(&manifest).unwrap()).unwrap();
    sum_again(&folder.set("b"));
    let scrubbed = alone().run(&format!("backup scrub {}", folder.at("b"))).code(1);
    let files = scrubbed.list("files");
    assert!(files.iter().any(|file| file["reason"] == "malformed"), "{files:?}");
    // What the keystores say of themselves is all that is known of them.
    assert_eq!(scrubbed.list("keys").len(), COUNT as usize);
    assert_eq!(scrubbed.verdicts().0, 0);
}
