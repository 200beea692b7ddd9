//! What is said of shares outside their own commands: checks, deliveries, deposit files, changed locks;
//! and dirk's distributed accounts, which come out as they went in.

use std::{fs, path::Path};

use serde_json::Value;
use stockade::{
    eth2_keystore::{Keystore, Password},
    staking::{Deposit, Network, WithdrawalCredentials, write_deposit_file},
};

use super::{
    fixture::{Folder, vector},
    run::{Ran, alone, on},
};

const VALIDATOR: &str = "8eb0c4f0ccd612ab16e77a74997a6ff9fac75aaea844b1caffb900d4cb4da85e16f874e7552310382343fc3490998d4b";
const CHARON_0: &str = "9216bd59aebdbf37090b9a049a6a2c3d64e7a5878a59d1495fbab4d423f8e09143c8772a0270ae9aafc7edad161cf22d";

fn distributed(name: &str) -> String {
    vector(&format!("distributed/{name}"))
}

fn back_up(folder: &Folder, from: &str, passwords: &str) -> Ran {
    let line = format!("backup create --network hoodi --copy {} --from {from}", folder.at("a"));
    on("mock-ledger").run(&format!("{line} {passwords}"))
}

/// A copy with the share of node 0 of charon's cluster.
fn node0() -> Folder {
    let (folder, from) = (Folder::new(), distributed("charon-cluster/node0"));
    back_up(&folder, &from, &format!("--password-dir {from}/validator_keys")).code(0);
    folder
}

fn json(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

#[test]
fn a_check_against_the_wallet_and_a_delivery_say_share() {
    let folder = node0();
    let a = folder.at("a");
    let node = distributed("charon-cluster/node0");
    for place in [&a, &node] {
        let checked = on("mock-ledger").run(&format!("validator check {place}"));
        assert_eq!(checked.json["keys"][0]["share"]["validator"], VALIDATOR, "{place}");
        let line = format!("validator check {place}");
        let (_, text) = on("mock-ledger").said(&line.split_whitespace().collect::<Vec<_>>());
        assert!(text.contains("share 1 of 4 of 8eb0c4f0ccd6.."), "{text}");
    }
    let dir = folder.at("signer");
    // The node whose folder was backed up may run.
    let line = format!("deliver web3signer {a} --type file-keystore --never-attested --dir {dir}");
    let stopped = on("mock-ledger").run(&line).error(3, "input");
    let hint = stopped.json["error"]["hint"].as_str().unwrap();
    let off = hint.split_whitespace().skip_while(|word| *word != "--off").nth(1).unwrap();
    let line = format!("{line} --off {}", off.trim_end_matches('.'));
    let delivered = on("mock-ledger").run(&line).code(0);
    let share = &delivered.json["shares"][0];
    assert_eq!((share["pubkey"].as_str(), share["x"].as_u64()), (Some(CHARON_0), Some(1)));
    // Said before it is approved, too.
    assert!(delivered.stderr.contains("1 of them SHARES of the keys of 1 validator"));

    let checked = alone().run(&format!("store check web3signer:{dir}/keys {a}"));
    assert_eq!(checked.json["shares"][0]["validator"], VALIDATOR);
    let line = format!("store check web3signer:{dir}/keys {a}");
    let (_, text) = alone().said(&line.split_whitespace().collect::<Vec<_>>());
    assert!(text.contains("1 of them SHARES of the keys of 1 validator"), "{text}");
}

#[test]
fn a_delivery_of_the_whole_key_beside_a_share_of_it_stops_as_a_restore_does() {
    let folder = node0();
    let whole = distributed("charon-cluster/combined");
    let made = back_up(&folder, &whole, &format!("--password-dir {whole}")).code(0);
    let (a, dir, set) = (folder.at("a"), folder.at("signer"), made.text("set_id").to_owned());
    let line = format!("deliver web3signer {a} --set {set} --never-attested --dir {dir}");
    let refused = on("mock-ledger").run(&format!("{line} --type file-keystore"));
    let refused = refused.error(2, "usage");
    assert!(refused.message().contains(CHARON_0), "{}", refused.message());
    assert!(!folder.path("signer").exists() && !refused.prompted());
}

/// A deposit file that somebody signed with the share: everything in it verifies.
#[test]
fn a_deposit_to_a_share_verifies_and_is_not_proven() {
    let folder = node0();
    let keys = distributed("charon-cluster/node0/validator_keys");
    let read = |name: &str| fs::read(format!("{keys}/{name}")).unwrap();
    let keystore = Keystore::parse(&read("keystore-0.json")).unwrap();
    let share = keystore.open(&Password::from_file(&read("keystore-0.txt")).unwrap()).unwrap();
    let to = "0x9858EfFD232B4033E47d90003D41EC34EcaEda94".parse().unwrap();
    let credentials = WithdrawalCredentials::Execution(to);
    let deposit = Deposit::sign(Network::Hoodi, &share, credentials, 32_000_000_000).unwrap();
    let file = folder.file("deposit.json", write_deposit_file(&[deposit], "2.7.0").unwrap());

    let verified = alone().run(&format!("deposit verify {file} --copy {}", folder.at("a")));
    let entry = &verified.json["deposits"][0];
    assert_eq!(verified.json["verdicts"]["proven"], 0, "{}", verified.json);
    assert_eq!(entry["key"]["reason"], "share", "{}", verified.json);
    assert_eq!(verified.code, 1);
}

/// After a change of the cluster's keys, the old set says so.
#[test]
fn shares_of_two_locks_of_one_validator_are_told_apart() {
    let folder = node0();
    let (node, changed) = (distributed("charon-cluster/node1"), Folder::new());
    let mut lock = json(Path::new(&format!("{node}/cluster-lock.json")));
    lock["lock_hash"] = format!("0x{}", "5a".repeat(32)).into();
    changed.file("n/cluster-lock.json", lock.to_string());
    for name in ["keystore-0.json", "keystore-0.txt"] {
        let bytes = fs::read(format!("{node}/validator_keys/{name}")).unwrap();
        changed.file(&format!("n/validator_keys/{name}"), bytes);
    }
    let n = changed.at("n");
    back_up(&folder, &n, &format!("--password-dir {n}/validator_keys")).code(0);
    let listed = alone().run(&format!("validator list {}", folder.at("a")));
    let warnings = listed.json["warnings"].to_string();
    assert!(warnings.contains("two_locks") && warnings.contains("5a5a5a5"), "{warnings}");
}

/// The folder of one wallet that a restore for dirk wrote.
fn wallet(restored: &Path) -> std::path::PathBuf {
    let mut wallets = fs::read_dir(restored.join("wallets")).unwrap();
    let wallet = wallets.next().unwrap().unwrap().path();
    assert!(wallets.next().is_none());
    wallet
}

#[test]
fn a_distributed_account_of_dirk_comes_out_as_it_went_in() {
    let folder = Folder::new();
    let dirk = distributed("dirk/dirk-distributed-account");
    let password = format!("--password-file {dirk}.password");
    back_up(&folder, &format!("{dirk}.json"), &password).code(0);
    let (a, to) = (folder.at("a"), folder.path("restored"));
    let line = format!("backup restore {a} --layout dirk --never-attested --to {}", to.display());
    on("mock-ledger").run(&line).code(0);

    let wallet = wallet(&to);
    let id = wallet.file_name().unwrap().to_str().unwrap();
    assert_eq!(json(&wallet.join(id))["type"], "distributed");
    let index = json(&wallet.join("index"));
    let restored = json(&wallet.join(index[0]["uuid"].as_str().unwrap()));
    let original = json(Path::new(&format!("{dirk}.json")));
    for field in ["name", "pubkey", "participants", "signing_threshold", "verificationvector"] {
        assert_eq!(restored[field], original[field], "{field}");
    }
    for field in original.as_object().unwrap().keys() {
        assert!(!restored[field].is_null(), "{field} is lost");
    }
    // And it goes in again: the share, and what dirk needs beside it.
    let again = Folder::new();
    let passphrase = format!("--password-file {}", to.join("account-passphrase.txt").display());
    let from = format!("dirk:{}", to.join("wallets").display());
    let made = back_up(&again, &from, &passphrase).code(0);
    assert_eq!(made.json["keys"][0]["share"]["tool"], "dirk");
}

#[test]
fn shares_that_no_dirk_can_be_given_are_refused_before_the_wallet_is_asked() {
    let folder = node0();
    let restore = |copy: &str, to: &str| {
        let options = format!("--layout dirk --never-attested --to {to}");
        on("mock-ledger").run(&format!("backup restore {copy} {options}"))
    };
    let refused = restore(&folder.at("a"), &folder.at("to")).error(3, "input");
    assert!(refused.message().contains("not taken from dirk"), "{}", refused.message());
    assert!(!refused.prompted() && !folder.path("to").exists());
}
