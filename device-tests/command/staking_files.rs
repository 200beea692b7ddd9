//! Deposits, exits and credential changes of other tools: read in the forms in which they come, and
//! what is wrong with one is said of that, and of nothing else.

use std::fs;

use serde_json::Value;
use stockade::{
    mnemonic::{Mnemonic, Seed},
    staking::{Exit, Network},
};

use super::{
    create::deposit_data,
    fixture::{Folder, ledger, vector},
    run::{OTHER_WORDS, Ran, Stockade, WORDS, alone, on},
};

const KEY: &str = "b3e445d43871965d890a398f719348a1405ac72e35b92727cc570026f54471af7ea7b2040622a8fd0b5bfb2a209b5911";
const ADDRESS: &str = "0x9858EfFD232B4033E47d90003D41EC34EcaEda94";

fn deposit(name: &str) -> Ran {
    alone().run(&format!("deposit verify {}", vector(&format!("staking/deposits/{name}.json"))))
}

fn exit(name: &str, more: &str) -> Ran {
    alone().run(&format!("exit verify {} {more}", vector(&format!("staking/exits/{name}.json"))))
}

fn change(name: &str, more: &str) -> Ran {
    let file = vector(&format!("staking/changes/{name}.json"));
    alone().run(&format!("credentials verify {file} {more}"))
}

fn verdicts(ran: &Ran) -> (usize, usize, usize) {
    let count = |verdict: &str| ran.json["verdicts"][verdict].as_u64().unwrap() as usize;
    (count("proven"), count("contradicted"), count("inconclusive"))
}

/// Roots and signature need the file's fork version alone.
#[test]
fn a_deposit_of_a_network_that_is_not_known_is_open_and_not_wrong() {
    let ran = deposit("05-holesky").code(1);
    assert_eq!(verdicts(&ran), (0, 0, 1));
    let one = &ran.list("deposits")[0];
    assert_eq!(one["reason"], "not_checked");
    assert!(one["why"].as_str().unwrap().contains("01017000"), "{one}");
    // What can be checked is checked.
    let folder = Folder::new();
    let text = fs::read_to_string(vector("staking/deposits/05-holesky.json")).unwrap();
    let damaged = folder.file("damaged.json", text.replace("\"amount\": 32", "\"amount\": 31"));
    assert_eq!(verdicts(&alone().run(&format!("deposit verify {damaged}")).code(1)), (0, 1, 0));
    let resigned = text.replace("01017000", "01017001");
    let resigned = folder.file("resigned.json", resigned);
    assert_eq!(verdicts(&alone().run(&format!("deposit verify {resigned}")).code(1)), (0, 1, 0));
}

#[test]
fn deposits_of_ethdo_and_of_old_tools_are_proven_and_what_launchpads_say_is_said() {
    for (name, count) in [("02-ethdo-json-v3", 3), ("ethdo-depositdata-v3", 1)] {
        let ran = deposit(name).code(0);
        assert_eq!(verdicts(&ran), (count, 0, 0), "{name}");
        for one in ran.list("deposits") {
            assert!(one["note"].as_str().unwrap().contains("--launchpad"), "{one}");
        }
    }
    let ran = deposit("ethdo-depositdata-gnosis-launchpad").code(0);
    assert_eq!(ran.list("deposits")[0]["network"], "gnosis");
    let old = deposit("03-old-cli-2.0.0").code(0);
    assert!(old.list("deposits")[0]["note"].as_str().unwrap().contains("2.0.0"));
    let new = deposit("00-ok-hoodi").code(0);
    assert_eq!(new.list("deposits")[0]["note"], Value::Null);
}

#[test]
fn a_file_of_deposits_is_for_one_network_and_each_key_once() {
    let mixed = deposit("35-mixed-networks").code(1);
    assert_eq!(mixed.each("deposits", "reason"), ["ok", "malformed"]);
    assert!(mixed.list("deposits")[1]["why"].as_str().unwrap().contains("mainnet"));
    for (name, words) in [
        ("16-wc-zero-address", "zero address"),
        ("17-wc-right-padded", "bytes 2 to 12"),
        ("07-hoodi-says-mainnet", "signed for hoodi"),
        ("08-hoodi-renamed-to-mainnet", "signature is invalid"),
    ] {
        let ran = deposit(name).code(1);
        assert!(ran.list("deposits")[0]["why"].as_str().unwrap().contains(words), "{name}");
    }
    deposit("34-utf16").error(3, "input");

    let copies = ledger().copies();
    let file = deposit_data(&copies.set("a"));
    let mut deposits: Value = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
    let mut again = deposits[0].clone();
    again["pubkey"] = again["pubkey"].as_str().unwrap().to_uppercase().into();
    deposits[1] = again;
    let twice = copies.file("twice.json", deposits.to_string());
    let ran = alone().run(&format!("deposit verify {twice}")).code(1);
    assert_eq!(ran.each("deposits", "reason"), ["ok", "malformed", "ok"]);
}

/// The key signed it, so nobody says that it did not; but no network takes it.
#[test]
fn an_exit_for_another_fork_is_named_by_its_fork() {
    let own = format!("--pubkey {KEY}");
    let ran = exit("01-deneb-fork", &own).code(1);
    assert_eq!((ran.text("verdict"), ran.text("reason")), ("contradicted", "malformed"));
    let detail = ran.text("detail");
    for word in ["Deneb", "hoodi", "EIP-7044"] {
        assert!(detail.contains(word), "{detail}");
    }
    assert_eq!(exit("16-withdrawal-key", &own).code(1).text("reason"), "pubkey_mismatch");
    let mainnet = exit("05-mainnet", &own).code(0);
    assert_eq!(mainnet.text("network"), "mainnet");
    assert_eq!(
        exit("05-mainnet", &format!("{own} --network hoodi")).code(1).text("reason"),
        "pubkey_mismatch"
    );
}

#[test]
fn exits_are_read_as_clients_and_tools_write_them() {
    for name in ["00-ok", "09-data-wrapped", "15-upper-sig"] {
        let ran = exit(name, &format!("--pubkey {KEY}")).code(0);
        assert_eq!(ran.text("network"), "hoodi", "{name}");
        assert_eq!(verdicts(&ran), (1, 0, 0), "{name}");
    }
    for (name, count) in [("lighthouse", 1), ("lighthouse-api", 1), ("ethdo-exit-operations", 3)] {
        let ran = exit(name, "").code(1);
        assert_eq!(verdicts(&ran), (0, 0, count), "{name}");
        assert_eq!(ran.list("exits").len(), count, "{name}");
    }
    let folder = Folder::new();
    let two: Vec<Value> = ["00-ok", "01-deneb-fork"]
        .map(|name| {
            let bytes = fs::read(vector(&format!("staking/exits/{name}.json"))).unwrap();
            serde_json::from_slice(&bytes).unwrap()
        })
        .to_vec();
    let file = folder.file("two.json", Value::from(two).to_string());
    let ran = alone().run(&format!("exit verify {file} --pubkey {KEY}")).code(1);
    assert_eq!(ran.each("exits", "verdict"), ["proven", "contradicted"]);
    let empty = folder.file("empty.json", "[]");
    alone().run(&format!("exit verify {empty}")).error(3, "input");
}

#[test]
fn an_exit_for_an_epoch_that_never_comes_is_not_made_and_not_proven() {
    let folder = Folder::new();
    let out = folder.at("never.json");
    let line = |epoch: &str| {
        format!(
            "exit create --from-mnemonic --mnemonic-fd 0 --network hoodi --index 0 \
             --validator-index 1 --epoch {epoch} --out {out}"
        )
    };
    alone().reading(WORDS).run(&line("18446744073709551615")).error(2, "usage");
    assert!(!folder.path("never.json").exists());
    // Signed elsewhere: the signature is right, and nobody can use it.
    let seed = Seed::new(&Mnemonic::parse(WORDS, None).unwrap(), "");
    let exit = Exit { epoch: u64::MAX, validator_index: 1 };
    let signed = exit.sign(Network::Hoodi, &seed.signing_key(0).unwrap());
    let file = folder.file("max.json", signed.to_json().unwrap());
    let ran = alone().run(&format!("exit verify {file} --pubkey {KEY}")).code(1);
    assert_eq!(ran.text("verdict"), "contradicted");
    assert!(ran.text("detail").contains("never comes"), "{}", ran.text("detail"));
}

#[test]
fn what_is_wrong_with_a_credential_change_is_said_of_it() {
    let pays = format!("--withdrawal-address {ADDRESS}");
    for name in ["00-ok", "01-ethdo-no-metadata"] {
        let ran = change(name, "").code(0);
        // Whom it pays was not asked, so that stays open for each.
        assert_eq!(ran.text("receiver"), "not_checked");
        assert_eq!(ran.list("changes")[0]["receiver"]["verdict"], "inconclusive", "{name}");
        let ran = change(name, &pays).code(0);
        assert_eq!(ran.list("changes")[0]["receiver"]["verdict"], "proven", "{name}");
    }
    let fork = change("03-capella-fork", "").code(1);
    let detail = fork.list("changes")[0]["detail"].as_str().unwrap();
    assert!(detail.contains("Capella") && detail.contains("Phase 0"), "{detail}");
    let twice = change("09-two-for-one-validator", "").code(1);
    assert_eq!(twice.each("changes", "reason"), ["ok", "malformed"]);
    assert_eq!(verdicts(&change("10-prater", "").code(1)), (0, 0, 1));

    // Without metadata every network is tried, and none of them is blamed.
    let folder = Folder::new();
    let text = fs::read_to_string(vector("staking/changes/01-ethdo-no-metadata.json")).unwrap();
    let other = folder.file("other.json", text.replace("123456", "123457"));
    let ran = alone().run(&format!("credentials verify {other}")).code(1);
    let detail = ran.list("changes")[0]["detail"].as_str().unwrap();
    assert!(detail.contains("any network known here") && !detail.contains("chiado"), "{detail}");
    let wrapped = folder.file("wrapped.json", format!("\u{feff}{{\"data\": {text}}}"));
    alone().run(&format!("credentials verify {wrapped}")).code(0);
}

/// Whoever reads this knows the words: they have no say over real money.
#[test]
fn words_that_the_world_knows_sign_nothing_for_real_money() {
    let folder = Folder::new();
    let words = "--from-mnemonic --mnemonic-fd 0 --index 0 --network mainnet";
    let out = folder.at("out.json");
    let lines = [
        format!("exit create {words} --validator-index 1 --out {out}"),
        format!(
            "deposit topup {words} --amount 1 --credentials 0x01 --withdrawal-address {ADDRESS} \
             --out {out}"
        ),
        format!(
            "credentials change {words} --validator-index 1 --withdrawal-address {ADDRESS} \
             --out {out}"
        ),
    ];
    for line in &lines {
        alone().reading(WORDS).run(line).error(3, "test_seed");
        assert!(!folder.path("out.json").exists(), "{line}");
    }
    for line in &lines {
        alone().reading(WORDS).run(&format!("{line} --allow-test-seed")).code(0);
        fs::remove_file(folder.path("out.json")).unwrap();
    }

    // The same keys in a set that is marked as a test.
    let copy = folder.at("copy");
    let create = format!("validator create --network mainnet --count 1 --copy {copy}");
    on("mock-ledger").run(&format!("{create} --allow-test-seed")).code(0);
    let from_copy = format!("exit create --index 0 --validator-index 1 --copy {copy} --out {out}");
    let refused = on("mock-ledger").run(&from_copy).error(3, "test_seed");
    assert!(!refused.prompted(), "{}", refused.stderr);
    on("mock-ledger").run(&format!("{from_copy} --allow-test-seed")).code(0);
}

#[test]
fn nobody_is_paid_at_the_zero_address() {
    let folder = Folder::new();
    let zero = "0x0000000000000000000000000000000000000000";
    let line = format!(
        "credentials change --network hoodi --from-mnemonic --mnemonic-fd 0 --index 0 \
         --validator-index 1 --withdrawal-address {zero} --out {}",
        folder.at("out.json")
    );
    alone().reading(OTHER_WORDS).run(&line).error(2, "usage");
    let create = format!("validator create --network hoodi --count 1 --copy {}", folder.at("c"));
    let ledger: Stockade = on("mock-ledger");
    let refused = ledger.run(&format!("{create} --withdrawal-address {zero}")).error(2, "usage");
    assert!(!refused.prompted(), "{}", refused.stderr);
}
