//! `charon:DIR`: the folder of a node is taken whole and given back.

use std::{fs, path::Path};

use stockade::eth2_keystore::{Keystore, Password};

use super::{
    fixture::{Folder, Made, vector},
    run::{Ran, alone, on},
};

const VALIDATOR: &str = "8eb0c4f0ccd612ab16e77a74997a6ff9fac75aaea844b1caffb900d4cb4da85e16f874e7552310382343fc3490998d4b";

fn node(number: usize) -> String {
    vector(&format!("distributed/charon-cluster/node{number}"))
}

fn create(folder: &Folder, from: &str) -> Ran {
    let line = format!("backup create --network hoodi --copy {} --from {from}", folder.both());
    on("mock-ledger").run(&line)
}

/// A set of node 0, without a password or a question.
fn made() -> Folder {
    static MADE: std::sync::OnceLock<Made> = std::sync::OnceLock::new();
    let made = MADE.get_or_init(|| {
        let folder = Folder::new();
        let made = create(&folder, &format!("charon:{}", node(0))).code(0);
        assert_eq!(made.list("skipped").len(), 0, "everything in the folder is taken");
        assert_eq!(made.json["keys"][0]["share"]["tool"], "charon");
        Made::of(&folder, made.json)
    });
    made.copies()
}

fn restore(folder: &Folder, options: &str) -> Ran {
    let line = format!(
        "backup restore {} --layout charon-node --to {} --never-attested {options}",
        folder.both(),
        folder.at("node")
    );
    on("mock-ledger").run(&line)
}

/// Where the keys came from is switched off.
fn off(made: &Folder) {
    let set = made.sets("a")[0].clone();
    made.forget(&set);
}

fn same(folder: &Folder, restored: &str, node: &str) {
    for name in [
        "cluster-lock.json",
        "charon-enr-private-key",
        "deposit-data.json",
        "deposit-data-1eth.json",
    ] {
        let restored = fs::read(folder.path(restored).join(name)).unwrap();
        assert_eq!(restored, fs::read(format!("{node}/{name}")).unwrap(), "{name}");
    }
}

fn open(folder: &Path) -> stockade::bls::PublicKey {
    let file = |extension| folder.join(format!("validator_keys/keystore-0.{extension}"));
    let keystore = Keystore::parse(&fs::read(file("json")).unwrap()).unwrap();
    // To the last byte, as charon reads it.
    let password = fs::read_to_string(file("txt")).unwrap();
    keystore.open(&Password::new(&password).unwrap()).unwrap().public_key()
}

#[test]
fn what_a_set_keeps_of_a_folder_is_part_of_it_and_nothing_else_is() {
    let folder = made();
    for check in ["backup scrub", "backup drill"] {
        let who = if check.ends_with("drill") { on("mock-ledger") } else { alone() };
        let checked = who.run(&format!("{check} {}", folder.both()));
        assert!(checked.list("files").is_empty(), "{check}: {:#}", checked.json["files"]);
    }
    let stray = folder.set("a").join("sealed/charon-0/stray");
    fs::write(&stray, "").unwrap();
    let checked = alone().run(&format!("backup scrub {}", folder.both()));
    assert_eq!(checked.each("files", "reason"), ["unlisted"]);
    assert!(checked.list("files")[0]["file"].as_str().unwrap().ends_with("sealed/charon-0/stray"));
}

#[test]
fn the_folder_of_a_node_comes_back_as_it_was() {
    let folder = made();
    off(&folder);
    let restored = restore(&folder, "").code(0);
    assert_eq!(restored.text("layout"), "charon-node");
    same(&folder, "node", &node(0));
    let mut there: Vec<_> = fs::read_dir(folder.path("node/validator_keys"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    there.sort();
    assert_eq!(there, ["keystore-0.json", "keystore-0.txt"]);
    assert_eq!(open(&folder.path("node")), open(Path::new(&node(0))));
    // charon opens ten at once: with scrypt that takes gigabytes.
    let keystore = fs::read_to_string(folder.path("node/validator_keys/keystore-0.json")).unwrap();
    assert!(keystore.contains("pbkdf2"), "{keystore}");
    // What came back is a folder of charon again.
    let again = Folder::new();
    let made = create(&again, &format!("charon:{}", folder.at("node"))).code(0);
    assert_eq!(made.json["keys"][0]["share"]["x"], 1);
}

#[test]
fn the_key_of_the_node_and_the_lock_lie_sealed_and_go_along() {
    let folder = made();
    let enr = fs::read(format!("{}/charon-enr-private-key", node(0))).unwrap();
    let hash = b"3564a3806a924b303563e11697302880b0a6023d0eb864128c06c5ab1cd372f5";
    for (path, bytes) in folder.content() {
        let bytes = bytes.unwrap_or_default();
        assert!(!bytes.windows(64).any(|part| part == enr), "{path:?}");
        let is_manifest = path.ends_with("manifest.json");
        assert!(is_manifest || !bytes.windows(64).any(|part| part == hash), "{path:?}");
    }
    assert!(folder.set("a").join("sealed/charon-0/charon-enr-private-key.age").exists());
    let old = folder.sets("a")[0].clone();
    let custodian = folder.set("a").display().to_string();
    let line = format!("backup reseal {} --set {old} --custodian {custodian}", folder.both());
    let new = on("mock-ledger").run(&line).code(0).text("set_id").to_owned();
    folder.forget(&old);
    folder.forget(&new);
    restore(&folder, &format!("--set {new}")).code(0);
    same(&folder, "node", &node(0));
}

#[test]
fn the_folders_of_a_whole_cluster_are_taken_at_once() {
    let folder = Folder::new();
    let from: Vec<_> = (0..4).map(|number| format!("charon:{}", node(number))).collect();
    let made = create(&folder, &from.join(" ")).code(0);
    let x: Vec<_> =
        made.list("keys").iter().map(|key| key["share"]["x"].as_u64().unwrap()).collect();
    assert_eq!(x, [1, 2, 3, 4]);
    off(&folder);
    restore(&folder, "").code(0);
    for number in 0..4 {
        let name = format!("node/node{number}");
        same(&folder, &name, &node(number));
        assert_eq!(open(&folder.path(&name)), open(Path::new(&node(number))));
    }
}

#[test]
fn more_than_ten_keystores_keep_their_order_and_names() {
    // Twelve folders' worth is not at hand: one keystore under names that sort otherwise.
    let folder = Folder::new();
    for name in ["cluster-lock.json", "charon-enr-private-key"] {
        folder.file(&format!("n/{name}"), fs::read(format!("{}/{name}", node(0))).unwrap());
    }
    for extension in ["json", "txt"] {
        let bytes = fs::read(format!("{}/validator_keys/keystore-0.{extension}", node(0))).unwrap();
        folder.file(&format!("n/validator_keys/keystore-2.{extension}"), &bytes);
        let other = fs::read(format!("{}/validator_keys/keystore-0.{extension}", node(1))).unwrap();
        folder.file(&format!("n/validator_keys/keystore-10.{extension}"), other);
    }
    let made = create(&folder, &format!("charon:{}", folder.at("n"))).code(0);
    let x: Vec<_> =
        made.list("keys").iter().map(|key| key["share"]["x"].as_u64().unwrap()).collect();
    assert_eq!(x, [1, 2], "keystore-2 comes before keystore-10");
    off(&folder);
    restore(&folder, "").code(0);
    assert!(folder.path("node/validator_keys/keystore-10.json").exists());
}

#[test]
fn what_is_not_taken_or_not_there_is_named() {
    let folder = Folder::new();
    let lock = fs::read(format!("{}/cluster-lock.json", node(0))).unwrap();
    folder.file("n/cluster-lock.json", &lock);
    folder.file("n/notes.txt", "hello");
    folder.file("n/charon-enr-private-key.lock", "{}");
    folder.file("n/more/thing", "x");
    for extension in ["json", "txt"] {
        let bytes = fs::read(format!("{}/validator_keys/keystore-0.{extension}", node(0))).unwrap();
        folder.file(&format!("n/validator_keys/keystore-0.{extension}"), &bytes);
    }
    let from = format!("charon:{}", folder.at("n"));
    let made = create(&folder, &from).code(0);
    let said: Vec<_> = made.each("passed_over", "file");
    for name in ["notes.txt", "charon-enr-private-key.lock", "more/thing", "charon-enr-private-key"]
    {
        assert!(said.iter().any(|file| file.ends_with(name)), "{name}: {said:?}");
    }
    assert!(made.json["passed_over"].to_string().contains("NOT HERE"), "{}", made.json);

    // A key that the lock does not list is not taken for one of it, nor left out in silence.
    let other = vector("distributed/stockade-split/node0/validator_keys");
    for extension in ["json", "txt"] {
        let bytes = fs::read(format!("{other}/keystore-0.{extension}")).unwrap();
        folder.file(&format!("n/validator_keys/keystore-1.{extension}"), bytes);
    }
    let copies = Folder::new();
    let refused = create(&copies, &from).error(3, "input");
    assert!(refused.message().contains("does not list this key"), "{}", refused.message());
    // Nor is a folder without its lock, or one of another network.
    let refused = create(&copies, &format!("charon:{}", folder.at("n/more"))).error(3, "input");
    assert!(refused.message().contains("cluster-lock.json"), "{}", refused.message());
    let line = format!("backup create --network sepolia --copy {}", copies.at("a"));
    let line = format!("{line} --from charon:{}", node(0));
    let refused = on("mock-ledger").run(&line).error(2, "usage");
    assert!(refused.message().contains("hoodi"), "{}", refused.message());
    // The lock is asked as well if the folder is not said to be charon's.
    let line =
        format!("backup create --network sepolia --copy {} --from {}", copies.at("a"), node(0));
    let line = format!("{line} --password-dir {}/validator_keys", node(0));
    let refused = on("mock-ledger").run(&line).error(2, "usage");
    assert!(refused.message().contains("hoodi"), "{}", refused.message());
    assert!(copies.content().is_empty());
}

#[test]
fn a_drill_proves_the_shares_against_the_lock_and_an_old_lock_is_told() {
    let folder = made();
    let drill = on("mock-ledger").run(&format!("backup drill {}", folder.both())).code(0);
    let lock = &drill.json["in_locks"][0];
    assert_eq!(lock["shares"], 1);
    assert!(lock["cluster"].as_str().unwrap().starts_with("0x3564a38"), "{lock}");

    let lock = format!("{}/cluster-lock.json", node(0));
    let line = format!("backup scrub {} --cluster-lock", folder.both());
    alone().run(&format!("{line} {lock}")).code(0);
    // The cluster's keys were changed: the validator is the same, the lock and its shares are others.
    let changed = changed_lock(&lock);
    let changed = folder.file("changed.json", changed);
    let scrub = alone().run(&format!("{line} {changed}")).code(1);
    assert_eq!(scrub.json["keys"][0]["reason"], "other_cluster");
    let drill = on("mock-ledger")
        .run(&format!("backup drill {} --cluster-lock {changed}", folder.both()))
        .code(1);
    assert_eq!(drill.json["verdicts"]["contradicted"], 2);
}

/// The same lock with another hash, and the shares of Stockade's own split of the same validator.
fn changed_lock(lock: &str) -> String {
    let mut json: serde_json::Value = serde_json::from_slice(&fs::read(lock).unwrap()).unwrap();
    let shares: Vec<_> = (0..4)
        .map(|node| {
            let file =
                format!("distributed/stockade-split/node{node}/validator_keys/keystore-0.json");
            let keystore = Keystore::parse(&fs::read(vector(&file)).unwrap()).unwrap();
            assert!(keystore.description().unwrap().contains(VALIDATOR));
            format!("0x{}", keystore.pubkey())
        })
        .collect();
    json["distributed_validators"][0]["public_shares"] = shares.into();
    json["lock_hash"] = format!("0x{}", "ab".repeat(32)).into();
    json.to_string()
}

#[test]
fn a_set_from_elsewhere_has_no_folder_to_give_back() {
    let folder = super::fixture::ledger().copies();
    let refused = restore(&folder, "").error(3, "input");
    assert!(refused.message().contains("charon:DIR"), "{}", refused.message());
    assert!(!refused.prompted());
}
