//! Repair: copies become whole again from each other, and nobody's work but the owner's spreads.

use std::fs;

use stockade::{
    backup::{Digest, SetId, origin::Origin},
    device::Show,
    path::DerivationPath,
};

use super::{
    rot::{files, flip},
    tampered::{OWNER, TAMPERINGS, sum_again},
};
use crate::command::{
    fixture::{Folder, Nobody, ledger, wallet},
    m_of_n::two_of_three,
    run::{OTHER_WORDS, Ran, WORDS, alone, on},
};

fn repair(folder: &Folder, options: &str) -> Ran {
    alone().run(&format!("backup repair {} {options}", folder.both()))
}

/// What a copy holds, below its folder.
fn held(folder: &Folder, copy: &str) -> Vec<(String, Option<Vec<u8>>)> {
    let content = folder.content().into_iter();
    let below = content.filter_map(|(path, bytes)| {
        let path = path.strip_prefix(copy).ok()?.to_str()?.to_owned();
        (path != "stockade/copy.json").then_some((path, bytes))
    });
    below.collect()
}

#[test]
fn two_copies_with_different_damage_make_each_other_whole() {
    let folder = ledger().copies();
    let whole = held(&folder, "a");
    for (i, file) in files(&folder).iter().enumerate() {
        let path = folder.set(if i % 2 == 0 { "a" } else { "b" }).join(file);
        match i % 3 {
            0 => fs::remove_file(path).unwrap(),
            _ => flip(&path, 77),
        }
    }
    let repaired = repair(&folder, "").code(0);
    assert_eq!(repaired.each("repaired", "done"), ["written"; 2]);
    assert_eq!(repaired.verdicts(), (6, 0, 0));
    assert!(held(&folder, "a") == whole && held(&folder, "b") == whole);
    assert_eq!(repair(&folder, "").code(0).each("repaired", "done"), ["whole"; 2]);
}

#[test]
fn a_set_that_a_copy_lacks_comes_back_with_what_lies_beside_it() {
    let folder = ledger().copies();
    on("mock-ledger").run(&format!("attest create --copy {}", folder.both())).code(0);
    let whole = held(&folder, "a");
    fs::remove_dir_all(folder.path("b")).unwrap();
    let (a, b) = (folder.at("a"), folder.at("b"));
    // One copy alone may be a stranger's: somebody must vouch for it.
    let refused = alone().run(&format!("backup repair {a} --to {b}")).code(1);
    assert_eq!(refused.each("repaired", "reason"), ["origin_unknown"; 2]);
    assert!(!folder.path("b").exists());
    let filled = alone().run(&format!("backup repair {a} --to {b} --signer {OWNER}")).code(0);
    assert_eq!(filled.verdicts(), (6, 0, 0));
    assert!(held(&folder, "b") == whole);
}

#[test]
fn what_no_copy_holds_whole_stays_as_it_is() {
    let folder = ledger().copies();
    for copy in ["a", "b"] {
        flip(&folder.set(copy).join("seal/secret.age"), 99);
    }
    flip(&folder.set("b").join("RECOVERY.txt"), 99);
    let before = folder.content();
    let left = repair(&folder, &format!("--signer {OWNER}")).code(1);
    assert_eq!(left.each("repaired", "done"), ["left"; 2]);
    assert!(folder.content() == before, "something was written");
}

#[test]
fn a_copy_that_lost_its_description_gets_a_new_one() {
    let folder = ledger().copies();
    fs::write(folder.path("b/stockade/copy.json"), "{").unwrap();
    repair(&folder, "").code(0);
    assert!(
        alone().run(&format!("backup scrub {}", folder.both())).code(0).list("files").is_empty()
    );
}

#[test]
fn what_somebody_changed_is_never_spread() {
    for (name, tamper) in TAMPERINGS {
        let folder = ledger().copies();
        let own = held(&folder, "a");
        let set = folder.set("b");
        tamper(&set);
        sum_again(&set);
        for (wallet, options) in [
            (alone(), String::new()),
            (alone(), format!("--signer {OWNER}")),
            (on("mock-ledger"), String::new()),
        ] {
            let repaired = wallet.run(&format!("backup repair {} {options}", folder.both()));
            assert!(held(&folder, "a") == own, "{name}: it spread");
            // Either it is the owner's again, or it is left and reads as what it is.
            let is_own = held(&folder, "b") == own;
            assert_eq!(repaired.code, if is_own { 0 } else { 1 }, "{name} {options}");
        }
    }
}

#[test]
fn a_folder_in_which_something_else_lies_is_left_alone() {
    let folder = ledger().copies();
    flip(&folder.set("b").join("manifest.json"), 99);
    fs::write(folder.set("b").join("mine.txt"), "mine").unwrap();
    let before = folder.content();
    let left = repair(&folder, "").code(1);
    assert_eq!(left.each("repaired", "reason"), ["", "unlisted"]);
    assert!(folder.content() == before, "something was written");
}

/// Of several wallets at hand, one signed a set of its own making over what the other made: both
/// are vouched for, so neither counts, and neither is overwritten.
#[test]
fn a_co_custodians_set_is_not_written_over_the_owners() {
    let folder = two_of_three().copies();
    let set = folder.set("a");
    let manifest = fs::read_to_string(set.join("manifest.json")).unwrap();
    let created = serde_json::from_str::<serde_json::Value>(&manifest).unwrap()["created"].clone();
    let changed = manifest.replace(created.as_str().unwrap(), "2020-01-01T00:00:00Z");
    assert_ne!(changed, manifest);
    fs::write(set.join("manifest.json"), &changed).unwrap();
    let id: SetId = folder.sets("a")[0].parse().unwrap();
    let statement = Origin::statement(&id, &Digest::of(changed.as_bytes()));
    let mut other = wallet("mock-trezor:safe5", OTHER_WORDS);
    let path = DerivationPath::check_address();
    let address = other.address(&path, Show::Silently, &mut Nobody).unwrap();
    let signature = other.sign_personal(&path, &statement, &mut Nobody).unwrap();
    let origin = Origin { statement, address, signature };
    fs::write(set.join("origin.json"), origin.to_json().unwrap()).unwrap();
    sum_again(&set);

    let before = folder.content();
    for (words, devices) in [
        (format!("{WORDS};{OTHER_WORDS}"), ["mock-ledger", "mock-trezor:safe5"]),
        (format!("{OTHER_WORDS};{WORDS}"), ["mock-trezor:safe5", "mock-ledger"]),
    ] {
        let [first, second] = devices;
        let line = format!("backup repair {} --device {first} --device {second}", folder.both());
        let ran = alone().holding(Box::leak(words.into_boxed_str())).run(&line);
        assert!(!ran.reads_as_proven(), "{:#}", ran.json);
    }
    // Whoever names the other wallet alone does not overwrite what the owner signed either.
    on("mock-trezor:safe5")
        .holding(OTHER_WORDS)
        .run(&format!("backup repair {}", folder.both()))
        .code(1);
    assert!(folder.content() == before, "something was overwritten");
}
