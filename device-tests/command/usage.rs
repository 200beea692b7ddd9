//! Command lines that are none, and devices that are not there.

use std::{
    ffi::OsStr,
    net::{TcpListener, UdpSocket},
    os::unix::ffi::OsStrExt as _,
    time::{Duration, Instant},
};

use super::{
    fixture::Folder,
    run::{Ran, alone, on},
};

#[test]
fn a_command_line_that_is_none_is_a_json_error_too() {
    let folder = Folder::new();
    let a = folder.at("a");
    for line in [
        "",
        "nonsense",
        "backup",
        "backup nonsense",
        "backup scrub",
        "backup scrub a --nonsense",
        "address --index x",
        "address --index -1",
        "attest verify a",
        "attest verify a --signer 0x12",
        "validator pubkey --index 3..1",
        "backup drill x --device speculos --device speculos:127.0.0.1:9999",
        "mock ledger --model nonsense",
        &format!("validator create --network nowhere --count 1 --copy {a}"),
        &format!("validator create --network hoodi --count 0 --copy {a}"),
        &format!("validator create --network hoodi --count 1 --amount 1e3 --copy {a}"),
        &format!("validator create --network hoodi --count 1 --scheme rot13 --copy {a}"),
        &format!("backup restore {a} --to x --layout cloud --never-attested"),
        &format!("attest create --copy {a} --challenge a;b"),
    ] {
        on("mock-ledger").run(line).error(2, "usage");
    }
    for device in ["ledge", "mock-trezor:safe4", "speculos:nowhere"] {
        let refused = on(device).run("address").error(2, "usage");
        assert!(refused.message().contains(device), "{}", refused.message());
    }
    assert!(!folder.path("a").exists());
}

#[test]
fn a_withdrawal_address_must_carry_its_checksum() {
    let folder = Folder::new();
    for address in [
        "0xd8da6bf26964af9d7eed9e03e53415d37aa96045",
        "0xD8dA6BF26964aF9D7eEd9e03E53415D37aA96045",
        "0xd8dA6BF26964aF9D7eEd9e03E53415D37aA9604",
        "d8dA6BF26964aF9D7eEd9e03E53415D37aA96045",
        "vitalik.eth",
    ] {
        let line = format!(
            "validator create --network hoodi --count 1 --withdrawal-address {address} --copy {}",
            folder.at("a")
        );
        let refused = on("mock-ledger").run(&line).error(2, "usage");
        assert!(!refused.prompted(), "{}", refused.stderr);
        assert!(!folder.path("a").exists(), "{address}");
    }
}

#[test]
fn amounts_that_no_deposit_takes_are_refused_before_anything_is_written() {
    let folder = Folder::new();
    for options in ["--amount 0.5", "--amount 33", "--amount 2049 --credentials 0x02"] {
        let line = "validator create --network hoodi --count 1";
        let refused = on("mock-ledger").run(&format!("{line} {options} --copy {}", folder.at("a")));
        assert!([2, 3].contains(&refused.code), "{options}: {}", refused.json);
        assert!(!folder.path("a").exists(), "{options}");
    }
}

#[test]
fn arguments_that_are_no_text_are_an_error_and_no_crash() {
    let bytes = OsStr::from_bytes(b"\xff\xfe");
    let args = |words: &[&str]| {
        let words = words.iter().map(OsStr::new);
        words.chain([bytes]).map(OsStr::to_owned).collect::<Vec<_>>()
    };
    alone().run_args(&args(&["nonsense"])).error(2, "usage");
    alone().run_args(&args(&["address", "--index"])).error(2, "usage");
    alone().run_args(&args(&["backup", "scrub"])).error(3, "file");
}

#[test]
fn folders_that_hold_no_copy_are_named() {
    let folder = Folder::new();
    let nowhere = folder.at("nowhere");
    for line in [
        format!("backup list {nowhere}"),
        format!("backup scrub {nowhere}"),
        format!("backup drill {nowhere}"),
        format!("attest create --copy {nowhere}"),
        format!("backup restore {nowhere} --to x --layout plain --never-attested"),
        format!("attest verify {nowhere} --signer 0x9858EfFD232B4033E47d90003D41EC34EcaEda94"),
        format!("deposit verify {nowhere}"),
    ] {
        let refused = on("mock-ledger").run(&line).error(3, "file");
        assert!(refused.message().contains("nowhere"), "{}", refused.message());
    }
    let check = on("mock-ledger").run(&format!("validator check {nowhere}"));
    assert!([1, 3].contains(&check.code), "{}", check.json);
}

#[test]
fn one_copy_named_twice_is_one_copy() {
    let folder = super::fixture::ledger().copies();
    let a = folder.at("a");
    for command in ["backup scrub", "backup drill", "backup list"] {
        alone().run(&format!("{command} {a} {a}")).error(2, "usage");
    }
}

/// Runs a command that needs the wallet, and makes sure that it gives up soon.
#[track_caller]
fn assert_not_there(device: &str) -> Ran {
    let begun = Instant::now();
    let ran = on(device).run("address").code(4);
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
    let kind = ran.json["error"]["kind"].as_str().unwrap();
    assert!(["not_found", "timeout", "disconnected"].contains(&kind), "{kind}");
    ran
}

#[test]
fn emulators_that_are_not_there_are_given_up_within_seconds() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    assert_not_there(&format!("speculos:{closed}"));
    let silent = UdpSocket::bind("127.0.0.1:0").unwrap();
    assert_not_there(&format!("trezor-udp:{}", silent.local_addr().unwrap()));
    let closed = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    assert_not_there(&format!("trezor-udp:{closed}"));
}

#[test]
fn without_json_errors_are_words_on_standard_error() {
    let output = assert_cmd::Command::new(env!("CARGO_BIN_EXE_stockade"))
        .args(["backup", "scrub", "/nowhere"])
        .env_remove("STOCKADE_DEVICE")
        .output()
        .unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(3));
    assert!(output.stdout.is_empty() && stderr.starts_with("error: /nowhere "), "{stderr}");
    assert!(stderr.contains("\nhint: "), "{stderr}");
}

#[test]
fn wallets_say_what_they_are() {
    for (device, vendor, passphrase) in
        [("mock-ledger", "Ledger", "unknown"), ("mock-trezor:safe5", "Trezor", "off")]
    {
        let info = on(device).run("device info").code(0);
        assert_eq!((info.text("vendor"), info.text("state")), (vendor, "ready"));
        assert_eq!((info.text("passphrase"), &info.json["simulated"]), (passphrase, &true.into()));
        let address = on(device).run("address --confirm").code(0);
        assert_eq!(address.text("address"), "0x9858EfFD232B4033E47d90003D41EC34EcaEda94");
        assert_eq!(address.text("path"), "m/44'/60'/0'/0/0");
        assert_eq!(
            address.json["withdrawal_credentials"]["0x01"],
            "0100000000000000000000009858effd232b4033e47d90003d41ec34ecaeda94"
        );
    }
    on("mock-trezor").run("validator pubkey --index 0").error(4, "unsupported");
    let keys = on("mock-ledger").run("validator pubkey --index 0..1").code(0);
    assert!(keys.each("keys", "pubkey")[0].starts_with("b3e445d43871965d890a398f719348a1"));
}
