//! Shares of validators' keys: every command knows that a share is not a validator's key.

use std::fs;

use super::{
    fixture::{Folder, Made, ledger, vector},
    run::{Ran, alone, on},
};
use serde_json::Value;

/// The validator of the fixtures, and the shares of it that charon's node 0 and dirk have.
const VALIDATOR: &str = "8eb0c4f0ccd612ab16e77a74997a6ff9fac75aaea844b1caffb900d4cb4da85e16f874e7552310382343fc3490998d4b";
const CHARON_0: &str = "9216bd59aebdbf37090b9a049a6a2c3d64e7a5878a59d1495fbab4d423f8e09143c8772a0270ae9aafc7edad161cf22d";
const LOCK_HASH: &str = "0x3564a3806a924b303563e11697302880b0a6023d0eb864128c06c5ab1cd372f5";

fn distributed(name: &str) -> String {
    vector(&format!("distributed/{name}"))
}

fn back_up(folder: &Folder, options: &str) -> Ran {
    let line = format!("backup create --network hoodi --copy {} {options}", folder.both());
    on("mock-ledger").run(&line)
}

/// A set of node 0 of charon's cluster, in two copies.
fn charon() -> Folder {
    static MADE: std::sync::OnceLock<Made> = std::sync::OnceLock::new();
    let made = MADE.get_or_init(|| {
        let (folder, from) = (Folder::new(), distributed("charon-cluster/node0"));
        let made = back_up(&folder, &format!("--from {from} --password-dir {from}/validator_keys"))
            .code(0);
        Made::of(&folder, made.json)
    });
    made.copies()
}

fn manifest(folder: &Folder) -> Value {
    serde_json::from_slice(&fs::read(folder.set("a").join("manifest.json")).unwrap()).unwrap()
}

#[test]
fn a_share_is_known_from_the_lock_the_account_the_description_or_the_user() {
    let split = distributed("stockade-split/node2");
    let dirk = distributed("dirk/dirk-distributed-account");
    let node = distributed("charon-cluster/node0");
    let alone = Folder::new();
    for name in ["keystore-0.json", "keystore-0.txt"] {
        alone
            .file(&format!("k/{name}"), fs::read(format!("{node}/validator_keys/{name}")).unwrap());
    }
    let said = format!("--share-of {VALIDATOR} --share-x 345 --share-threshold 3");
    for (options, tool, x, shares, cluster) in [
        (
            format!("--from {node} --password-dir {node}/validator_keys"),
            "charon",
            1,
            Some(4),
            Some(LOCK_HASH),
        ),
        // The lock is above the folder that is named.
        (
            format!("--from {node}/validator_keys --password-dir {node}/validator_keys"),
            "charon",
            1,
            Some(4),
            Some(LOCK_HASH),
        ),
        (
            format!("--from {split} --password-dir {split}/validator_keys"),
            "stockade",
            3,
            Some(4),
            None,
        ),
        (format!("--from {dirk}.json --password-file {dirk}.password"), "dirk", 1, Some(4), None),
        (
            format!("--from {} --password-dir {} {said}", alone.at("k"), alone.at("k")),
            "user",
            345,
            None,
            None,
        ),
    ] {
        let folder = Folder::new();
        let made = back_up(&folder, &options).code(0);
        let share = &made.json["keys"][0]["share"];
        assert_eq!(
            (share["tool"].as_str(), share["x"].as_u64()),
            (Some(tool), Some(x)),
            "{options}"
        );
        assert_eq!(share["validator"], VALIDATOR);
        assert_eq!((share["threshold"].as_u64(), share["shares"].as_u64()), (Some(3), shares));
        assert_eq!(share["cluster"].as_str(), cluster);
        let manifest = manifest(&folder);
        assert_eq!(manifest["version"], 2);
        assert_eq!(manifest["keystores"][0]["share"]["validator"], VALIDATOR);
    }
}

#[test]
fn what_is_said_of_a_share_must_not_contradict_what_is_stored_with_it() {
    let from = distributed("charon-cluster/node0");
    let options = format!("--from {from} --password-dir {from}/validator_keys");
    let folder = Folder::new();
    for (said, code, kind, what) in [
        (format!("--share-of {VALIDATOR} --share-x 2 --share-threshold 3"), 3, "input", "share 1"),
        (format!("--share-of {CHARON_0} --share-x 1 --share-threshold 3"), 3, "input", "itself"),
        (format!("--share-of {VALIDATOR} --share-x 0 --share-threshold 3"), 2, "usage", "from 1"),
        (format!("--share-of {VALIDATOR} --share-x 1 --share-threshold 1"), 2, "usage", "needed"),
    ] {
        let refused = back_up(&folder, &format!("{options} {said}")).error(code, kind);
        assert!(refused.message().contains(what) || what == "itself", "{}", refused.message());
    }
    // What lies in the folder of a cluster and is not in its lock may be an old share of it.
    let other = distributed("stockade-split/node0/validator_keys");
    let mixed = Folder::new();
    for name in ["keystore-0.json", "keystore-0.txt"] {
        mixed.file(&format!("n/{name}"), fs::read(format!("{other}/{name}")).unwrap());
    }
    mixed.file("n/cluster-lock.json", fs::read(format!("{from}/cluster-lock.json")).unwrap());
    let line = format!("--from {} --password-dir {}", mixed.at("n"), mixed.at("n"));
    let refused = back_up(&folder, &line).error(3, "input");
    assert!(refused.message().contains("does not list this key"), "{}", refused.message());
    // A lock that cannot be read tells nothing: that is not "no share".
    mixed.file("n/cluster-lock.json", "{");
    let refused = back_up(&folder, &line).error(3, "input");
    assert!(refused.message().contains("cannot be used"), "{}", refused.message());
    assert!(folder.content().is_empty());
}

#[test]
fn lists_and_checks_say_share() {
    let folder = charon();
    let listed = alone().run(&format!("backup list {}", folder.both())).code(0);
    let share = &listed.json["sets"][0]["shares"][0];
    assert_eq!((share["pubkey"].as_str(), share["x"].as_u64()), (Some(CHARON_0), Some(1)));
    let text = alone().words(&format!("backup list {}", folder.at("a")));
    assert!(text.contains("1 of them SHARES of the keys of 1 validator"), "{}", text);
    assert!(text.contains("cluster 3564a38"), "{}", text);

    let list = alone().run(&format!("validator list {}", folder.both())).code(0);
    let key = &list.json["keys"][0];
    assert_eq!((&key["share"]["validator"], &key["index"]), (&VALIDATOR.into(), &Value::Null));

    let drill = on("mock-ledger").run(&format!("backup drill {}", folder.both())).code(0);
    assert_eq!(drill.json["keys"][0]["share"]["validator"], VALIDATOR);
    let drill = on("mock-ledger").words(&format!("backup drill {}", folder.both()));
    assert!(drill.contains("1 of the keys are SHARES"), "{}", drill);

    // The validator that the user expects is not there: a share is not its key.
    let expected = folder.file("expected", format!("{VALIDATOR}\n"));
    let line = format!("backup scrub {} --expect {expected}", folder.both());
    let scrub = alone().run(&line).code(1);
    assert_eq!(scrub.json["verdicts"]["contradicted"], 1);
    let warnings = scrub.json["warnings"].to_string();
    assert!(warnings.contains("1 of the shares"), "{warnings}");
    let expected = folder.file("expected", format!("{CHARON_0}\n"));
    alone().run(&format!("backup scrub {} --expect {expected}", folder.both())).code(0);
}

#[test]
fn an_exit_by_a_share_is_partial_and_never_proven() {
    let folder = charon();
    let (a, out) = (folder.at("a"), folder.at("exit.json"));
    let line = format!("exit create --copy {a} --pubkey {CHARON_0} --validator-index 42");
    let signed = on("mock-ledger").words(&format!("{line} --out {out}"));
    assert!(signed.contains("a PARTIAL exit"), "{}", signed);
    assert!(signed.contains("2 more shares"), "{}", signed);
    assert!(!signed.contains(&format!("Anybody who has {out} can end")), "{}", signed);

    // charon's node 0 signed the same, byte for byte.
    let partial = fs::read(distributed("charon-cluster/partial-exit-node0.json")).unwrap();
    let partial: Value = serde_json::from_slice(&partial).unwrap();
    let ours: Value = serde_json::from_slice(&fs::read(&out).unwrap()).unwrap();
    assert_eq!(partial["partial_exits"][0]["signed_exit_message"]["signature"], ours["signature"]);

    let verified = alone().run(&format!("exit verify {out} --copy {a}")).code(1);
    assert_eq!((verified.text("verdict"), verified.text("reason")), ("inconclusive", "partial"));

    let sealed = on("mock-ledger").run(&format!("{line} --seal")).code(0);
    assert_eq!(sealed.json["exits"][0]["more_shares_needed"], 2);
    assert_eq!(sealed.json["exits"][0]["share"]["x"], 1);
    let verified = on("mock-ledger").run(&format!("exit verify {a}")).code(1);
    assert_eq!(verified.json["verdicts"]["proven"], 0);
    assert_eq!(verified.json["exits"][0]["reason"], "partial");
    let line = format!("exit open {a} --out {}", folder.at("exits"));
    let opened = on("mock-ledger").run(&line).code(0);
    assert_eq!(opened.json["exits"][0]["share"]["validator"], VALIDATOR);
}

#[test]
fn a_deposit_to_a_share_is_refused_before_the_wallet_is_asked_and_never_proven() {
    let folder = charon();
    let (a, out) = (folder.at("a"), folder.at("topup.json"));
    let to = "--credentials 0x01 --withdrawal-address 0x9858EfFD232B4033E47d90003D41EC34EcaEda94";
    let line = format!("deposit topup --copy {a} --pubkey {CHARON_0} --amount 1 {to} --out {out}");
    // Not even a wallet is needed to refuse it.
    let refused = alone().run(&line).error(3, "input");
    assert!(refused.message().contains("is share 1 of 4"), "{}", refused.message());
    assert!(!folder.path("topup.json").exists());
}

#[test]
fn a_share_beside_the_whole_key_stops_a_restore_as_a_split_does() {
    let folder = Folder::new();
    let whole = distributed("charon-cluster/combined");
    back_up(&folder, &format!("--from {whole} --password-dir {whole}")).code(0);
    let whole = folder.sets("a")[0].clone();
    let restore = |to: &str, more: &str| {
        let to = folder.at(to);
        let options = format!("--layout plain --never-attested --set {whole} --to {to} {more}");
        on("mock-ledger").run(&format!("backup restore {} {options}", folder.at("a")))
    };
    restore("before", "").code(0);
    folder.forget(&whole);

    let from = distributed("charon-cluster/node0");
    back_up(&folder, &format!("--from {from} --password-dir {from}/validator_keys")).code(0);
    let refused = restore("after", "").error(2, "usage");
    assert!(refused.message().contains(CHARON_0), "{}", refused.message());
    assert!(!folder.path("after").exists());
    restore("after", "--shares-are-off").code(0);
}

#[test]
fn resealing_repairing_and_restoring_keep_what_is_known_of_a_share() {
    let folder = charon();
    let old = folder.sets("a")[0].clone();
    let custodian = folder.set("a").display().to_string();
    let line = format!("backup reseal {} --set {old} --custodian {custodian}", folder.both());
    let resealed = on("mock-ledger").run(&line).code(0);
    assert_eq!(resealed.json["keys"][0]["share"]["cluster"], LOCK_HASH);
    let new = resealed.text("set_id").to_owned();
    let line = format!("backup repair {} --to {}", folder.at("a"), folder.at("c"));
    on("mock-ledger").run(&line).code(0);
    let listed = alone().run(&format!("backup list {} --set {new}", folder.at("c"))).code(0);
    assert_eq!(listed.json["sets"][0]["shares"][0]["validator"], VALIDATOR);

    // A restored keystore says what it is, so that it is known again, wherever it goes.
    folder.forget(&old);
    folder.forget(&new);
    let to = folder.at("restored");
    let line = format!(
        "backup restore {} --set {new} --layout plain --never-attested --to {to}",
        folder.at("a")
    );
    on("mock-ledger").run(&line).code(0);
    let again = Folder::new();
    let line = format!("--from {to} --password-file {to}/password.txt");
    let again = back_up(&again, &line).code(0);
    let share = &again.json["keys"][0]["share"];
    assert_eq!((share["tool"].as_str(), share["x"].as_u64()), (Some("stockade"), Some(1)));
}

#[test]
fn a_set_that_does_not_know_its_keys_as_shares_replaces_none_that_does() {
    let (folder, other, plain) = (charon(), Folder::new(), Folder::new());
    let node = distributed("charon-cluster/node0");
    for name in ["keystore-0.json", "keystore-0.txt"] {
        let bytes = fs::read(format!("{node}/validator_keys/{name}")).unwrap();
        plain.file(&format!("k/{name}"), bytes);
    }
    let k = plain.at("k");
    let unknown = back_up(&other, &format!("--from {k} --password-dir {k}")).code(0);
    assert!(unknown.json["keys"][0]["share"].is_null(), "{}", unknown.json["keys"]);
    let (old, by) = (folder.sets("a")[0].clone(), unknown.text("set_id").to_owned());
    for copy in ["a", "b"] {
        let to = folder.path(copy).join("stockade").join(&by);
        let copied = std::process::Command::new("cp")
            .arg("-r")
            .args([other.path(copy).join("stockade").join(&by), to])
            .status();
        assert!(copied.unwrap().success());
    }
    let line = format!("backup retire {} --set {old} --by {by}", folder.both());
    let refused = on("mock-ledger").run(&line).error(3, "input");
    assert!(refused.message().contains(CHARON_0), "{}", refused.message());
    assert!(!refused.prompted() && folder.sets("a").contains(&old), "{}", refused.stderr);
}

#[test]
fn sets_without_shares_stay_version_1() {
    let folder = ledger().copies();
    assert_eq!(manifest(&folder)["version"], 1);
    let bytes = fs::read_to_string(folder.set("a").join("manifest.json")).unwrap();
    assert!(!bytes.contains("share"), "{bytes}");
}
