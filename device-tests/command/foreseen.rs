//! What a wallet is known to refuse is said before its user is asked for anything, by every command
//! that would come to it.

use std::fs;

use super::{
    fixture::{Folder, ledger, trezor},
    run::{Ran, on},
};

/// What `device` is known to refuse: nobody was asked, and the advice is the hint.
#[track_caller]
fn foreseen(device: &str, line: &str, why: &str) -> Ran {
    let refused = on(device).run(line).error(4, "unsupported");
    assert!(!refused.prompted(), "{line}: {}", refused.stderr);
    assert!(refused.message().contains(why), "{line}: {}", refused.message());
    assert!(refused.json["error"]["hint"].is_string(), "{line}: {}", refused.json);
    refused
}

#[test]
fn a_path_that_the_firmware_refuses() {
    for device in ["mock-trezor:one", "mock-trezor:safe5", "mock-trezor:safe7"] {
        foreseen(device, "address --confirm --account 101", "m/44'/60'/101'/0/0");
        on(device).run("address --account 100 --index 1000000").code(0);
    }
    on("mock-ledger").run("address --confirm --account 101").code(0);

    let copies = ledger().copies();
    let attest = format!("attest create --check drill --copy {}", copies.both());
    let before = copies.content();
    foreseen("mock-ledger", &format!("{attest} --path m/44'/0'/0'/0/0"), "m/44'/0'/0'/0/0");
    assert!(copies.content() == before);
}

/// The statement names every copy; a One has no room for so many.
#[test]
fn a_statement_that_is_too_long_for_a_one() {
    let made = trezor().copies();
    let many = Folder::new();
    let mut names = Vec::new();
    for n in 0..90 {
        let name = format!("copy-{n}");
        let copied =
            std::process::Command::new("cp").args(["-r", &made.at("a"), &many.at(&name)]).status();
        assert!(copied.unwrap().success());
        let id = format!(r#"{{"copy_id":"{n:08x}","label":"{name}"}}"#);
        fs::write(many.path(&name).join("stockade/copy.json"), id).unwrap();
        names.push(many.at(&name));
    }
    let line =
        |count: usize| format!("attest create --check drill --copy {}", names[..count].join(" "));
    foreseen("mock-trezor:one", &line(90), "1024 bytes");
    assert!(!many.path("copy-0/stockade/attestations").exists());
    on("mock-trezor:one").run(&line(20)).code(0);
    on("mock-trezor:safe5").run(&line(90)).code(0);
}

#[test]
fn a_scheme_that_a_ledger_does_not_have() {
    let folder = Folder::new();
    let before = folder.content();
    let file = folder.at("custodian.json");
    let enroll = format!("custodian enroll --scheme slip11-v1 --name desk --out {file}");
    foreseen("mock-ledger", &enroll, "CipherKeyValue");
    let create = format!(
        "validator create --network hoodi --count 1 --scheme slip11-v1 --copy {}",
        folder.at("a")
    );
    foreseen("mock-ledger", &create, "CipherKeyValue");
    assert!(folder.content() == before);
}

#[test]
fn a_deposit_that_a_ledger_will_not_sign() {
    const WARNING: &str = "signs only deposits with 0x00 credentials";
    let warned = |device: &str, credentials: &str, network: &str| {
        let folder = Folder::new();
        let ran = on(device).run(&format!(
            "validator create --network {network} --count 1 --credentials {credentials} --copy {}",
            folder.at("a")
        ));
        let ran = ran.code(0);
        let listed = ran.list("warnings").iter().any(|w| w.as_str().unwrap().contains(WARNING));
        // Before the first press.
        let said = ran.stderr.find(WARNING);
        assert_eq!(said.is_some(), listed, "{}", ran.stderr);
        assert!(said.is_none_or(|said| said < ran.stderr.find("approve").unwrap()));
        listed
    };
    assert!(warned("mock-ledger", "0x01", "hoodi") && warned("mock-ledger", "0x02", "hoodi"));
    // Sepolia takes deposits elsewhere; a Trezor signs them.
    assert!(!warned("mock-ledger", "0x01", "sepolia") && !warned("mock-trezor", "0x01", "hoodi"));
}

#[test]
fn a_credential_change_that_a_trezor_cannot_sign() {
    let folder = Folder::new();
    let out = folder.at("change.json");
    for device in ["mock-trezor:one", "mock-trezor:safe5"] {
        let line = format!(
            "credentials change --network hoodi --index 0 --validator-index 7 \
             --withdrawal-address device --out {out}"
        );
        foreseen(device, &line, "no BLS keys");
    }
    assert!(!folder.path("change.json").exists());
}
