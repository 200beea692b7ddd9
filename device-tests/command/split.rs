//! `validator split`: shares that sign for their key together, and marks of keys that were split.

use std::{fs, path::Path};

use stockade::{
    bls::{PublicKey, SecretKey, Signature, combine_signatures},
    eth2_keystore::{Keystore, Password},
};

use super::{
    fixture::{Folder, ledger},
    restore_history::{epoch_now, up_to},
    run::{OTHER_WORDS, alone, on},
};
use crate::backup::retire::replaced;

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
fn signed(shares: &[(u64, Signature)], subset: u32) -> Signature {
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
        for node in 0..4_u64 {
            let folder = copies.path("nodes").join(format!("node{node}"));
            let (keystore, secret) = share(&folder, place);
            let said = &split.json["keys"][place]["shares"][node as usize];
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
        // No share is at 0, and no two at one place.
        (format!("--pubkey {key} --x 0,1,2 {off}"), 2, "usage"),
        (format!("--pubkey {key} --x 7,8,7 {off}"), 2, "usage"),
        (format!("--pubkey {key} --x 7,8,9 --shares 4 {off}"), 2, "usage"),
        (format!("--pubkey {key} --x 7,8,18446744073709551616 {off}"), 2, "usage"),
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

#[test]
fn a_key_that_signed_within_the_hour_is_not_split() {
    let now = epoch_now();
    let all: Vec<_> = (0..3).map(pubkey).collect();
    let split = |copies: &Folder, keys: &[String]| {
        let options = format!("--pubkey {} --shares 4 --whole-keys-are-off", keys.join(" "));
        on("mock-ledger").run(&line(copies, &options))
    };
    let one_of_them = {
        let mut history = up_to(&all, now - 20, 5);
        let recent = up_to(&all, now - 1, 5);
        history["data"][1] = recent["data"][1].clone();
        history
    };
    let mut block = up_to(&all, now - 20, (now - 1) * 32);
    block["data"].as_array_mut().unwrap().truncate(2);
    for (name, history) in
        [("all of them", up_to(&all, now - 1, 5)), ("one of them", one_of_them), ("a block", block)]
    {
        let copies = ledger().copies();
        let set = copies.sets("b").remove(0);
        let file = format!("b/stockade/history/{set}/20261120T101500Z.json");
        copies.file(&file, history.to_string());
        let refused = split(&copies, &all).error(3, "input");
        assert!(refused.message().contains("within the hour"), "{name}: {}", refused.message());
        assert!(!refused.prompted(), "{name}: {}", refused.stderr);
        assert!(!copies.path("nodes").exists(), "{name}");
    }
    // Nor where it signed so beside another set, or nobody can read what it signed.
    let (copies, old, new) = replaced(0, 3);
    let file = format!("a/stockade/history/{old}/20261120T101500Z.json");
    copies.file(&file, up_to(&all, now - 1, 5).to_string());
    let options = format!("--set {new} --pubkey {} --shares 4 --whole-keys-are-off", all[0]);
    let refused = on("mock-ledger").run(&line(&copies, &options)).error(3, "input");
    assert!(refused.message().contains("within the hour"), "{}", refused.message());
    copies.file(&file, "{");
    let refused = on("mock-ledger").run(&line(&copies, &options)).error(3, "input");
    assert!(refused.message().contains("20261120T101500Z"), "{}", refused.message());
    // What they signed long ago is no reason.
    copies.file(&file, up_to(&all, now - 20, 5).to_string());
    on("mock-ledger").run(&line(&copies, &options)).code(0);
}

/// From now on the key runs as shares: whoever restores it whole must know.
#[test]
fn a_split_leaves_a_mark_that_every_later_command_sees() {
    let copies = ledger().copies();
    let (both, set) = (copies.both(), copies.sets("a").remove(0));
    let options = format!("--pubkey {} {} --shares 4 --whole-keys-are-off", pubkey(0), pubkey(2));
    let split = on("mock-ledger").run(&line(&copies, &options)).code(0);
    assert_eq!(split.list("marked").len(), 2);
    // How long the shares stay off is said each time, not only when something is wrong.
    assert_eq!(split.json["wait"], serde_json::json!({"epochs": 3, "minutes": 20}));

    let listed = alone().run(&format!("validator list {both}")).code(0);
    assert!(listed.each("warnings", "kind").contains(&"split"), "{:#}", listed.json);
    let marks = listed.list("sets")[0]["splits"].as_array().unwrap();
    assert_eq!(marks.len(), 1, "the same in both copies");
    assert_eq!((&marks[0]["shares"], &marks[0]["threshold"]), (&4.into(), &3.into()));
    assert_eq!(marks[0]["keys"], serde_json::json!([pubkey(0), pubkey(2)]));
    let listed = alone().run(&format!("backup list {both}")).code(0);
    assert!(listed.list("sets").iter().all(|set| set["splits"].as_array().unwrap().len() == 1));

    let restore = |to: &str, more: &str| {
        let to = copies.at(to);
        let line = format!("backup restore {both} --layout plain --to {to} --never-attested");
        on("mock-ledger").run(&format!("{line} {more}"))
    };
    let refused = restore("whole", "").error(2, "usage");
    assert!(refused.message().contains("split"), "{}", refused.message());
    assert!(!refused.prompted() && !copies.path("whole").exists(), "{}", refused.stderr);
    restore("whole", "--shares-are-off").code(0);
    copies.forget(&set);
    // Two splits of one key are two validators.
    let again = format!("--pubkey {} --shares 3 --whole-keys-are-off", pubkey(2));
    let line = |more: &str| {
        format!("validator split --copy {both} --to {} {again} {more}", copies.at("again"))
    };
    on("mock-ledger").run(&line("")).error(2, "usage");
    on("mock-ledger").run(&line("--shares-are-off")).code(0);
    // Of a key that was not split nothing is asked.
    let (other, to) = (pubkey(1), copies.at("other"));
    let line = format!("validator split --copy {both} --to {to} --pubkey {other} --shares 3");
    on("mock-ledger").run(&format!("{line} --whole-keys-are-off")).code(0);

    // It goes where the key goes: to other copies, and to the set that replaces this one.
    fs::remove_dir_all(copies.path("b/stockade/history")).unwrap();
    alone().run(&format!("backup repair {both}")).code(0);
    let create = "validator create --network hoodi --batch 0 --start 0 --count 3 --recreate";
    let new = on("mock-ledger").run(&format!("{create} --copy {both}")).code(0);
    let new = new.text("set_id");
    on("mock-ledger").run(&format!("backup retire {both} --set {set} --by {new}")).code(0);
    fs::remove_dir_all(copies.path("b/stockade/history").join(&set)).unwrap();
    let (b, to) = (copies.at("b"), copies.at("from-b"));
    let line = format!("backup restore {b} --layout plain --to {to} --never-attested");
    on("mock-ledger").run(&line).error(2, "usage");
    // One that cannot be read may name any key.
    let mark = fs::read_dir(copies.path("b/stockade/history").join(new)).unwrap();
    for file in mark {
        fs::write(file.unwrap().path(), "{").unwrap();
    }
    on("mock-ledger").run(&line).error(2, "usage");
}

/// SSV numbers shares by the ids of operators.
#[test]
fn shares_are_at_the_places_that_the_user_names() {
    let (copies, key) = (ledger().copies(), pubkey(0));
    let places = [12, 77, 345, u64::MAX];
    let options = format!("--pubkey {key} --x 12,77,345,{} --whole-keys-are-off", u64::MAX);
    let split = on("mock-ledger").run(&line(&copies, &options)).code(0);
    assert_eq!((&split.json["shares"], &split.json["threshold"]), (&4.into(), &3.into()));
    let said = split.json["keys"][0]["shares"].as_array().unwrap();
    let mut shares = Vec::new();
    for (node, x) in places.into_iter().enumerate() {
        assert_eq!(said[node]["x"], x);
        assert_eq!(said[node]["file"], format!("node{node}/validator_keys/keystore-0.json"));
        let (keystore, secret) = share(&copies.path("nodes").join(format!("node{node}")), 0);
        assert!(keystore.description().unwrap().starts_with(&format!("Share {x} of 4, ")));
        shares.push((x, secret.sign(&ROOT)));
    }
    let key: PublicKey = key.parse().unwrap();
    for group in [[0, 1, 2], [1, 2, 3], [3, 0, 2]] {
        let parts = group.map(|i: usize| shares[i].clone());
        assert!(combine_signatures(&parts).unwrap().verify(&ROOT, &key), "{group:?}");
    }
    assert!(!combine_signatures(&shares[..2]).unwrap().verify(&ROOT, &key));
}

#[test]
fn a_threshold_that_is_not_two_thirds_is_warned_of_with_the_reason() {
    for (numbers, why) in [
        ("--shares 5 --threshold 3", Some("with 1 faulty machine that would sign anything")),
        ("--shares 4 --threshold 4", Some("stops as soon as one machine fails")),
        ("--shares 4 --threshold 3", None),
    ] {
        let copies = ledger().copies();
        let options = format!("--pubkey {} {numbers} --whole-keys-are-off", pubkey(0));
        let split = on("mock-ledger").run(&line(&copies, &options)).code(0);
        let warnings = split.list("warnings");
        assert_eq!(warnings.len(), usize::from(why.is_some()), "{numbers}");
        if let Some(why) = why {
            assert!(warnings[0].as_str().unwrap().contains(why), "{:#}", split.json);
            assert!(split.stderr.contains(why), "{}", split.stderr);
        }
    }
}

/// charon's own commands do not take the folder as it is: the lock is missing.
#[test]
fn what_charon_needs_besides_is_said() {
    let copies = ledger().copies();
    let options = format!("--pubkey {} --shares 4 --whole-keys-are-off", pubkey(0));
    let said = on("mock-ledger").words(&line(&copies, &options));
    assert!(said.contains("charon does not run with them alone"), "{said}");
    assert!(said.contains("cluster-lock.json"), "{said}");
    let options = format!("--pubkey {} --shares 4 --whole-keys-are-off", pubkey(1));
    let line = line(&copies, &options).replace("nodes", "others");
    let split = on("mock-ledger").run(&line).code(0);
    assert_eq!(split.json["layout_lacks"][0], "cluster-lock.json");
}

#[test]
fn no_share_is_written_without_a_mark_and_a_copy_without_one_is_named() {
    let copies = ledger().copies();
    let options = format!("--pubkey {} --shares 4 --whole-keys-are-off", pubkey(0));
    let busy = |copy: &str| {
        let folder = fs::File::open(copies.path(copy).join("stockade")).unwrap();
        folder.try_lock().unwrap();
        folder
    };
    let (a, b) = (busy("a"), busy("b"));
    let refused = on("mock-ledger").run(&line(&copies, &options)).error(3, "file");
    assert!(!refused.prompted() && !copies.path("nodes").exists(), "{}", refused.stderr);
    drop(a);
    let split = on("mock-ledger").run(&line(&copies, &options)).code(1);
    assert_eq!(split.list("marked").len(), 1);
    assert_eq!(split.json["not_marked"], serde_json::json!([copies.at("b")]));
    assert!(split.json["error"].is_null() && copies.path("nodes/node3").exists());
    drop(b);
}

/// Keys that another tool split before: nothing is opened, and every later command asks.
#[test]
fn a_split_by_another_tool_can_be_recorded() {
    let copies = ledger().copies();
    let (both, key) = (copies.both(), pubkey(1));
    let line = format!("validator split --elsewhere --copy {both} --pubkey {key}");
    let recorded = alone().run(&line).code(0);
    assert_eq!(recorded.json["split_elsewhere"], serde_json::json!([key]));
    assert_eq!((recorded.list("marked").len(), &recorded.json["shares"]), (2, &0.into()));
    let listed = alone().run(&format!("validator list {both}")).code(0);
    assert!(listed.each("warnings", "kind").contains(&"split"), "{:#}", listed.json);

    let to = copies.at("whole");
    let restore = format!("backup restore {both} --layout plain --to {to} --never-attested");
    let refused = on("mock-ledger").run(&restore).error(2, "usage");
    assert!(
        refused.message().contains("split into shares by another tool"),
        "{}",
        refused.message()
    );
    assert!(!refused.prompted() && !copies.path("whole").exists());
    on("mock-ledger").run(&format!("{restore} --shares-are-off")).code(0);

    // What is known is recorded; what cannot be a split is refused.
    let more = format!("{line} --shares 4 --threshold 3");
    assert_eq!(alone().run(&more).code(0).json["shares"], 4);
    alone().run(&format!("{line} --shares 4 --threshold 2")).error(2, "usage");
    alone().run(&format!("{line} --to {}", copies.at("nodes"))).error(2, "usage");
    let foreign = line.replace(&key, &foreign_key().to_string());
    alone().run(&foreign).error(3, "input");
    // A mark in no copy is none.
    let busy = ["a/stockade", "b/stockade"].map(|copy| fs::File::open(copies.path(copy)).unwrap());
    busy.iter().for_each(|copy| copy.try_lock().unwrap());
    alone().run(&line).error(4, "busy");
}

fn foreign_key() -> PublicKey {
    SecretKey::derive_master(&[9; 32]).unwrap().public_key()
}
