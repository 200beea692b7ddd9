//! `validator combine`: enough shares become a whole key in a sealed set, never through a file.

use std::fs;

use serde_json::{Value, json};

use super::{
    fixture::{Folder, ledger, vector},
    run::{Ran, alone, on},
};

/// The validator of charon's cluster, which is also key 0 of the set that [`ledger`] gives.
const VALIDATOR: &str = "8eb0c4f0ccd612ab16e77a74997a6ff9fac75aaea844b1caffb900d4cb4da85e16f874e7552310382343fc3490998d4b";

/// The folder of a node of charon's cluster.
fn node(number: usize) -> String {
    vector(&format!("distributed/charon-cluster/node{number}"))
}

fn combine(folder: &Folder, more: &str) -> Ran {
    let line = format!("validator combine --network hoodi --copy {} {more}", folder.both());
    on("mock-ledger").run(&line)
}

fn refused(folder: &Folder, more: &str) -> String {
    let ran = combine(folder, more).error(3, "input");
    assert!(!ran.prompted(), "{more}: {}", ran.stderr);
    assert!(!folder.path("a").exists() || folder.sets("a").is_empty(), "{more}");
    ran.message().to_owned()
}

#[test]
fn three_nodes_of_charon_give_the_key_in_a_set_that_says_that_it_runs_as_shares() {
    let folder = Folder::new();
    let from = format!("--from charon:{} {} {}", node(0), node(3), node(1));
    let made = combine(&folder, &from).code(0);
    let key = &made.list("keys")[0];
    assert_eq!((&key["pubkey"], &key["threshold"]), (&json!(VALIDATOR), &json!(3)));
    let numbers: Vec<_> =
        key["shares"].as_array().unwrap().iter().map(|share| share["x"].clone()).collect();
    assert_eq!(numbers, [1, 2, 4]);
    assert!(key["cluster"].as_str().unwrap().starts_with("0x3564a380"));
    assert_eq!(made.list("copies").len(), 2);
    let both = folder.both();
    let drilled = on("mock-ledger").run(&format!("backup drill {both}")).code(0);
    assert_eq!(drilled.verdicts(), (2, 0, 0));

    // From the first moment, each copy knows that the shares may run.
    for copy in ["a", "b"] {
        let (copy, to) = (folder.at(copy), folder.at("whole"));
        let restore = format!("backup restore {copy} --to {to} --layout plain --never-attested");
        let stopped = on("mock-ledger").run(&restore).error(2, "usage");
        assert!(stopped.message().contains("4 shares (3 of them sign"), "{}", stopped.message());
        assert!(!stopped.prompted() && !folder.path("whole").exists());
    }
    let to = folder.at("whole");
    let line = format!("backup restore {both} --to {to} --layout plain --never-attested");
    let restored = on("mock-ledger").run(&format!("{line} --shares-are-off")).code(0);
    assert_eq!(restored.each("keys", "pubkey"), [VALIDATOR]);
    let other = format!("validator combine --network sepolia --copy {} {from}", folder.at("c"));
    let stopped = on("mock-ledger").run(&other).error(3, "input");
    assert!(stopped.message().contains("is for hoodi, not for sepolia"), "{}", stopped.message());
    assert!(!stopped.prompted() && !folder.path("c").exists(), "{}", stopped.stderr);
    // A key is not twice in the same copies.
    assert!(combine(&folder, &from).error(3, "input").message().contains(VALIDATOR));
}

#[test]
fn shares_that_make_no_key_are_named_before_anybody_presses() {
    let folder = Folder::new();
    let said = refused(&folder, &format!("--from {} {}", node(0), node(1)));
    assert!(said.contains("2 of the 3"), "{said}");
    // The same share twice is one share.
    let said = refused(&folder, &format!("--from {} {} {}", node(0), node(1), node(0)));
    assert!(said.contains("2 of the 3"), "{said}");
    let all = (0..4).map(node).collect::<Vec<_>>().join(" ");
    let other = stockade::bls::SecretKey::derive_master(&[9; 32]).unwrap().public_key();
    let said = refused(&folder, &format!("--pubkey {other} --from {all}"));
    assert!(said.contains("no share of"), "{said}");

    // A node of another cluster: the lock tells.
    let name = |file: &str| folder.path(&format!("other/{file}"));
    fs::create_dir_all(name("validator_keys")).unwrap();
    for file in ["validator_keys/keystore-0.json", "validator_keys/keystore-0.txt"] {
        fs::copy(format!("{}/{file}", node(2)), name(file)).unwrap();
    }
    let lock = fs::read(format!("{}/cluster-lock.json", node(2))).unwrap();
    let mut lock: Value = serde_json::from_slice(&lock).unwrap();
    lock["lock_hash"] = json!(format!("0x{}", "ab".repeat(32)));
    fs::write(name("cluster-lock.json"), lock.to_string()).unwrap();
    let from = format!("--from {} {} {}", node(0), node(1), folder.at("other"));
    let said = refused(&folder, &from);
    assert!(said.contains("two clusters") && said.contains("0xabab"), "{said}");
    // Nothing says that it is a share.
    fs::remove_file(name("cluster-lock.json")).unwrap();
    let said = refused(&folder, &from);
    assert!(said.contains("not known to be a share"), "{said}");
}

#[test]
fn a_share_of_another_split_is_named_if_the_others_are_enough() {
    let copies = ledger().copies();
    let split = |to: &str| {
        let (both, to) = (copies.both(), copies.at(to));
        let line = format!(
            "validator split --copy {both} --pubkey {VALIDATOR} --x 12,77,345,900 --to {to} \
             --whole-keys-are-off --shares-are-off"
        );
        on("mock-ledger").run(&line).code(0);
    };
    split("one");
    split("two");
    let folder = Folder::new();
    let at = |names: [&str; 4]| names.map(|name| copies.at(name)).join(" ");
    let said = refused(
        &folder,
        &format!("--from {}", at(["one/node0", "one/node1", "one/node2", "two/node3"])),
    );
    assert!(said.contains("wrong shares") && said.contains("two/node3"), "{said}");
    assert!(said.contains("share 900") && !said.contains("one/node"), "{said}");
    let three = at(["one/node0", "one/node1", "two/node3", "one/node1"]);
    let said = refused(&folder, &format!("--from {three}"));
    assert!(said.contains("do not make the key"), "{said}");
    // Held to the key that the user names, whatever the shares say.
    let right = at(["one/node0", "one/node3", "one/node2", "one/node0"]);
    let made = combine(&folder, &format!("--pubkey {VALIDATOR} --from {right}")).code(0);
    assert_eq!(made.each("keys", "pubkey"), [VALIDATOR]);
}

#[test]
fn shares_in_sealed_sets_give_the_key_without_a_file() {
    let folder = Folder::new();
    for number in [0, 2, 3] {
        let node = node(number);
        let line = format!(
            "backup create --network hoodi --from {node} --password-dir {node}/validator_keys --copy {}",
            folder.both()
        );
        on("mock-ledger").run(&line).code(0);
        if number == 2 {
            let ran = combine(&folder, "").error(3, "input");
            assert!(ran.message().contains("2 of the 3") && !ran.prompted(), "{}", ran.message());
        }
    }
    let made = combine(&folder, "").code(0);
    assert_eq!(made.each("keys", "pubkey"), [VALIDATOR]);
    assert_eq!(folder.sets("a").len(), 4);
    let set = made.text("set_id");
    let drill = format!("backup drill {} --set {set}", folder.both());
    assert_eq!(on("mock-ledger").run(&drill).code(0).verdicts(), (2, 0, 0));
    let listed = alone().run(&format!("validator list {}", folder.both()));
    let sets = listed.list("sets").iter().filter(|one| one["splits"] != json!([])).count();
    assert!(sets >= 1, "{:#}", listed.json);
}
