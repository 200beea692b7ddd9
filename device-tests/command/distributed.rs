//! `exit combine` and `keyshares verify`, with files that charon and ssv-keys wrote.

use std::fs;

use serde_json::{Value, json};

use super::{
    fixture::{Folder, imported, ledger, vector},
    run::{Ran, alone, on},
};

/// The validator of charon's cluster: key 0 of the set that [`ledger`] gives.
const VALIDATOR: &str = "8eb0c4f0ccd612ab16e77a74997a6ff9fac75aaea844b1caffb900d4cb4da85e16f874e7552310382343fc3490998d4b";

fn cluster(name: &str) -> String {
    vector(&format!("distributed/charon-cluster/{name}"))
}

fn part(node: usize) -> String {
    cluster(&format!("partial-exit-node{node}.json"))
}

fn json_of(path: &str) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

fn combine(folder: &Folder, files: &[String], more: &str) -> Ran {
    let _ = fs::remove_file(folder.path("exit.json"));
    let out = folder.at("exit.json");
    alone().run(&format!("exit combine {} --out {out} {more}", files.join(" ")))
}

#[test]
fn three_of_charons_partial_exits_become_the_exit_that_the_whole_key_signs() {
    let folder = Folder::new();
    for nodes in [[0, 1, 2], [3, 0, 1], [2, 3, 1]] {
        let made = combine(&folder, &nodes.map(part), "").code(0);
        assert_eq!((made.text("pubkey"), made.text("network")), (VALIDATOR, "hoodi"));
        assert_eq!(json_of(&folder.at("exit.json")), json_of(&cluster("exit-of-whole-key.json")));
    }
    let out = folder.at("exit.json");
    let verified = alone().run(&format!("exit verify {out} --pubkey {VALIDATOR}")).code(0);
    assert_eq!(verified.json["verdicts"]["proven"], 1);
    // What was written is not written over.
    let again = format!("exit combine {} {} {} --out {out}", part(0), part(1), part(2));
    alone().run(&again).error(3, "file");
}

/// Other tools' files name neither the share nor the validator: the lock tells.
#[test]
fn partial_exits_that_name_no_share_are_told_by_the_lock() {
    let folder = Folder::new();
    let bare = [3, 1, 2].map(|node| {
        let message = &json_of(&part(node))["partial_exits"][0]["signed_exit_message"];
        folder.file(&format!("bare{node}.json"), message.to_string())
    });
    let refused = combine(&folder, &bare, "").error(3, "input");
    assert!(refused.message().contains("which share signed this"), "{}", refused.message());
    let lock = format!("--lock {}", cluster("node2/cluster-lock.json"));
    let made = combine(&folder, &bare, &lock).code(0);
    let places: Vec<_> = made.list("parts").iter().map(|one| one["x"].as_u64()).collect();
    assert_eq!(places, [Some(4), Some(2), Some(3)]);
    assert_eq!(json_of(&folder.at("exit.json")), json_of(&cluster("exit-of-whole-key.json")));
}

/// Stockade's own partial exits name no share: the sets of the shares tell. Shares cannot be split again.
#[test]
fn exits_that_shares_in_sets_signed_become_one() {
    let folder = Folder::new();
    let copy = folder.at("a");
    for number in [0, 1, 3] {
        let node = cluster(&format!("node{number}"));
        let from = format!("--from {node} --password-dir {node}/validator_keys");
        let line = format!("backup create --network hoodi {from} --copy {copy}");
        on("mock-ledger").run(&line).code(0);
    }
    let lock = json_of(&cluster("node0/cluster-lock.json"));
    let share = |x: usize| {
        let shares = &lock["distributed_validators"][0]["public_shares"];
        shares[x - 1].as_str().unwrap().to_owned()
    };
    let signed = [4, 1, 2].map(|x| {
        let (key, out) = (share(x), folder.at(&format!("part{x}.json")));
        let line =
            format!("exit create --copy {copy} --pubkey {key} --validator-index 42 --out {out}");
        on("mock-ledger").run(&line).code(0);
        out
    });
    let made = combine(&folder, &signed, &format!("--copy {copy}")).code(0);
    assert_eq!((made.text("pubkey"), made.text("network")), (VALIDATOR, "hoodi"));
    assert_eq!(json_of(&folder.at("exit.json")), json_of(&cluster("exit-of-whole-key.json")));
    let two = combine(&folder, &signed[..2], &format!("--copy {copy}")).error(3, "input");
    assert!(two.message().contains("2; at least 3 are needed"), "{}", two.message());

    let (key, to) = (share(1), folder.at("to"));
    for line in [
        format!(
            "validator split --copy {copy} --pubkey {key} --shares 4 --to {to} --whole-keys-are-off"
        ),
        format!("validator split --elsewhere --copy {copy} --pubkey {key}"),
        format!("backup restore {copy} --pubkey {key} --layout charon --to {to} --never-attested"),
    ] {
        let refused = on("mock-ledger").run(&line).error(3, "input");
        assert!(refused.message().contains("only a whole key"), "{line}: {}", refused.message());
        assert!(!refused.prompted() && !folder.path("to").exists(), "{line}");
    }
}

#[test]
fn parts_that_make_no_exit_are_named() {
    let folder = Folder::new();
    let lock = format!("--lock {}", cluster("node0/cluster-lock.json"));
    let refused = combine(&folder, &[part(0), part(1)], &lock).error(3, "input");
    assert!(refused.message().contains("2; at least 3 are needed"), "{}", refused.message());
    combine(&folder, &[part(0), part(1)], "").error(3, "input");
    // A part by another share under this one's number.
    let mut wrong = json_of(&part(2));
    wrong["share_idx"] = json!(2);
    let wrong = folder.file("wrong.json", wrong.to_string());
    let three = [part(0), wrong.clone(), part(3)];
    combine(&folder, &three, "").error(3, "input");
    let refused = combine(&folder, &three, &lock).error(3, "input");
    assert!(refused.message().contains("wrong.json (share 2)"), "{}", refused.message());
    assert!(!folder.path("exit.json").exists());
    // With one more than needed the wrong one is found without a lock, too.
    let four = [part(0), wrong, part(3), part(2)];
    for more in ["", &lock] {
        let made = combine(&folder, &four, more).code(1);
        assert_eq!(made.json["wrong"][0]["x"], 2, "{more}");
        assert_eq!(json_of(&folder.at("exit.json")), json_of(&cluster("exit-of-whole-key.json")));
    }
    combine(&folder, &[part(0), part(1), part(2)], "--network mainnet").error(3, "input");
}

#[test]
fn a_key_file_of_ssv_keys_is_held_to_the_set_the_owner_and_the_nonce() {
    let (copies, file) = (ledger().copies(), vector("distributed/ssv/keyshares-1.json"));
    let line = format!("keyshares verify {file} --copy {}", copies.both());
    let verified = alone().run(&line).code(0);
    let one = &verified.list("validators")[0];
    assert_eq!((&one["pubkey"], &one["verdict"]), (&json!(VALIDATOR), &json!("proven")));
    assert_eq!((&one["nonce"], &one["operators"]), (&json!(0), &json!([1, 2, 3, 4])));
    assert_eq!(one["split_recorded"], false);
    let (owner, nonce) = ("0x9858EfFD232B4033E47d90003D41EC34EcaEda94", 0);
    alone().run(&format!("{line} --owner {owner} --nonce {nonce}")).code(0);
    let elsewhere = "validator split --elsewhere --shares 4 --threshold 3 --pubkey";
    alone().run(&format!("{elsewhere} {VALIDATOR} --copy {}", copies.both())).code(0);
    assert_eq!(alone().run(&line).code(0).list("validators")[0]["split_recorded"], true);

    let wrong = |more: &str, why: &str| {
        let ran = alone().run(&format!("{line} {more}")).code(1);
        let one = &ran.list("validators")[0];
        assert_eq!(one["verdict"], "contradicted", "{more}");
        assert!(one["problems"].to_string().contains(why), "{more}: {one:#}");
    };
    wrong("--owner 0x5C81Eade04A009301586bF5421F18F3EB5C52df4", "its owner is");
    wrong("--nonce 1", "its nonce is 0, not 1");
    // A file that was changed: the signature is over owner and nonce.
    let mut changed = json_of(&file);
    changed["shares"][0]["data"]["ownerNonce"] = json!(1);
    let changed = copies.file("changed.json", changed.to_string());
    let ran = alone().run(&line.replace(&file, &changed)).code(1);
    let problems = ran.list("validators")[0]["problems"].to_string();
    assert!(problems.contains("did not sign for this owner and nonce"), "{problems}");
    // Copies without the key.
    let other = imported().copies();
    let ran = alone().run(&format!("keyshares verify {file} --copy {}", other.both())).code(1);
    let problems = ran.list("validators")[0]["problems"].to_string();
    assert!(problems.contains("no set in these copies"), "{problems}");
    alone().run(&line.replace(&file, &part(0))).error(3, "input");
}
