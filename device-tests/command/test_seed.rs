//! No real money behind words that the whole world knows.

use std::fs;

use serde_json::Value;

use super::{
    fixture::{Folder, vector},
    run::{OTHER_WORDS, on},
};

fn lines(folder: &Folder, network: &str) -> [String; 2] {
    let copies = folder.both();
    let (from, password) = (vector("deposits/mainnet-0x01"), folder.password_file());
    [
        format!("validator create --network {network} --count 1 --copy {copies}"),
        format!(
            "backup create --network {network} --from {from} --password-file {password} \
             --copy {copies}"
        ),
    ]
}

#[test]
fn a_simulated_wallet_makes_nothing_for_mainnet_and_gnosis() {
    let folder = Folder::new();
    for network in ["mainnet", "gnosis"] {
        for line in lines(&folder, network) {
            let devices = ["mock-ledger", "mock-trezor:safe3"];
            for device in if line.starts_with("backup") { &devices[..1] } else { &devices } {
                let before = folder.content();
                // Words of its own do not make a simulated wallet real.
                let refused = on(device).holding(OTHER_WORDS).run(&line).error(3, "test_seed");
                assert!(refused.message().contains(network), "{}", refused.message());
                assert!(!refused.prompted(), "{}", refused.stderr);
                assert!(folder.content() == before, "{line}: something was written");
            }
        }
    }
}

#[test]
fn what_is_made_for_tests_all_the_same_says_so_for_ever() {
    for at in 0..2 {
        let folder = Folder::new();
        let line = &lines(&folder, "mainnet")[at];
        let made = on("mock-ledger").run(&format!("{line} --allow-test-seed")).code(0);
        assert_eq!(made.list("custodians")[0]["test"], true);
        let set = folder.path("a/stockade").join(made.text("set_id"));
        let manifest: Value =
            serde_json::from_slice(&fs::read(set.join("manifest.json")).unwrap()).unwrap();
        assert_eq!((&manifest["test"], &manifest["network"]), (&true.into(), &"mainnet".into()));
        let listed = on("mock-ledger").run(&format!("backup list {}", folder.both())).code(0);
        assert!(listed.list("sets").iter().all(|set| set["test"] == true));

        let before = folder.content();
        let attest = format!("attest create --copy {}", folder.both());
        let refused = on("mock-ledger").run(&attest).error(3, "test_seed");
        assert!(!refused.prompted(), "{}", refused.stderr);
        assert!(folder.content() == before, "something was written");
        on("mock-ledger").run(&format!("{attest} --allow-test-seed")).code(0);
    }
}

#[test]
fn test_networks_take_it_and_mark_it() {
    let folder = Folder::new();
    let [line, _] = lines(&folder, "chiado");
    let made = on("mock-ledger").run(&line).code(0);
    assert_eq!(made.list("custodians")[0]["test"], true);
}
