//! Custodian files: public, and worth nothing once anybody changed them.

use std::fs;

use serde_json::Value;

use super::{
    fixture::{Folder, vector},
    run::{OTHER_WORDS, WORDS, alone, on},
};

/// Enrols a wallet and gives the custodian file.
fn enroll(folder: &Folder, name: &str, words: &'static str) -> String {
    let out = folder.at(name);
    let line = format!("custodian enroll --name {name} --out {out}");
    on("mock-ledger").holding(words).run(&line).code(0);
    out
}

/// A recipient that the stranger who wrote this test can open.
const STRANGERS_RECIPIENT: &str = "age1zv6hh3k7aht53w9q5cpy7lvthay3exurkc5k8pxaxt4rlyccu5mscycts0";

fn changed(folder: &Folder, file: &str, field: &str, value: impl Into<Value>) -> String {
    let mut json: Value = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
    json[field] = value.into();
    folder.file("changed", json.to_string())
}

#[test]
fn a_custodian_file_shows_what_its_wallet_signed() {
    let folder = Folder::new();
    let file = enroll(&folder, "safe", WORDS);
    let shown = alone().run(&format!("custodian show {file}")).code(0);
    let custodian = &shown.list("custodians")[0];
    assert_eq!(custodian["name"], "safe");
    assert_eq!(custodian["check_address"], "0x5C81Eade04A009301586bF5421F18F3EB5C52df4");
    assert_eq!(custodian["test"], true);
    let before = fs::read(&file).unwrap();
    let line = format!("custodian enroll --name again --out {file}");
    let refused = on("mock-ledger").run(&line).error(3, "file");
    assert!(!refused.prompted(), "{}", refused.stderr);
    assert_eq!(fs::read(&file).unwrap(), before);
}

#[test]
fn a_swapped_recipient_id_or_address_is_refused() {
    let folder = Folder::new();
    let file = enroll(&folder, "safe", WORDS);
    for (field, value) in [
        ("recipient", STRANGERS_RECIPIENT),
        ("id", "00000000"),
        ("scheme", "slip11-v1"),
        ("check_address", "0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96045"),
    ] {
        let changed = changed(&folder, &file, field, value);
        alone().run(&format!("custodian show {changed}")).error(3, "input");
        let line = format!("--custodian {changed} --copy {}", folder.both());
        let create = format!("validator create --network hoodi --count 1 {line}");
        let refused = on("mock-ledger").run(&create).error(3, "input");
        assert!(!refused.prompted(), "{field}: {}", refused.stderr);
        assert!(!folder.path("a").exists(), "{field}");
    }
    let file = changed(&folder, &file, "recipient", "age1notarecipient");
    alone().run(&format!("custodian show {file}")).error(3, "input");
}

#[test]
fn one_wallet_is_no_two_custodians() {
    let folder = Folder::new();
    let (first, second) = (enroll(&folder, "one", WORDS), enroll(&folder, "two", WORDS));
    let line = format!(
        "validator create --network hoodi --count 1 --custodian {first} {second} --copy {}",
        folder.both()
    );
    let refused = on("mock-ledger").run(&line).error(3, "input");
    assert!(refused.message().contains("the same wallet"), "{}", refused.message());
    assert!(!folder.path("a").exists());
}

#[test]
fn any_one_of_several_wallets_opens_and_no_name_travels() {
    let folder = Folder::new();
    let own = enroll(&folder, "my-own", WORDS);
    let sisters = enroll(&folder, "my-sisters", OTHER_WORDS);
    let (from, password) = (vector("deposits/hoodi-0x02"), folder.password_file());
    let line = format!(
        "backup create --network hoodi --from {from} --password-file {password} \
         --custodian {own} {sisters} --copy {}",
        folder.at("a")
    );
    on("mock-ledger").run(&line).code(0);
    let drill = format!("backup drill {}", folder.at("a"));
    assert_eq!(on("mock-ledger").run(&drill).code(0).verdicts(), (2, 0, 0));
    // Hers opens it as well, once she says whose set it is.
    let hers = on("mock-trezor").holding(OTHER_WORDS);
    assert_eq!(hers.run(&drill).code(1).verdicts(), (0, 0, 2));
    let signed = hers.run(&format!("{drill} --signer {own}")).code(0);
    assert_eq!((signed.verdicts(), signed.text("origin")), ((2, 0, 0), "signer"));
    for (path, bytes) in folder.content() {
        if path.starts_with("a") {
            let text = String::from_utf8_lossy(bytes.as_deref().unwrap_or_default()).into_owned();
            assert!(!text.contains("my-own") && !text.contains("my-sisters"), "{}", path.display());
        }
    }
}

/// A passphrase custodian, and the line that shows it.
fn passphrase_custodian(folder: &Folder) -> String {
    let file = folder.at("passphrase.json");
    let line = format!("custodian enroll --name p --out {file} --passphrase --passphrase-fd 0");
    alone().reading("six random words or so, all in a row").run(&line).code(0);
    file
}

#[test]
fn a_passphrase_custodian_that_rotted_is_never_sealed_to_in_silence() {
    let folder = Folder::new();
    let file = passphrase_custodian(&folder);
    let show = format!("custodian show {file}");
    assert_eq!(alone().run(&show).code(0).json["identities"][0], "intact");
    let shown = alone().reading("six random words or so, all in a row");
    assert_eq!(
        shown.run(&format!("{show} --passphrase-fd 0")).code(0).json["identities"][0],
        "opens"
    );
    let json: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    let identity = json["identity"].as_str().unwrap();
    for gone in [
        "-----BEGIN AGE ENCRYPTED FILE-----\nnothing".to_owned(),
        identity.replace("-----END", "-----FIN"),
        identity[..identity.len() / 2].to_owned(),
        format!("{identity}{identity}"),
        String::new(),
    ] {
        let changed = changed(&folder, &file, "identity", gone);
        let refused = alone().run(&format!("custodian show {changed}")).error(3, "input");
        assert!(refused.message().contains("identity"), "{}", refused.message());
        let copy = folder.at("a");
        let create = format!(
            "validator create --network hoodi --count 1 --custodian {changed} --copy {copy}"
        );
        let refused = on("mock-ledger").run(&create).error(3, "input");
        assert!(!refused.prompted() && !folder.path("a").exists(), "{}", refused.stderr);
    }
}

#[test]
fn every_flipped_character_of_a_sealed_identity_is_refused_or_said() {
    use stockade::custodian::AnyCustodian;

    let folder = Folder::new();
    let file = fs::read(passphrase_custodian(&folder)).unwrap();
    let json: Value = serde_json::from_slice(&file).unwrap();
    let identity = json["identity"].as_str().unwrap();
    let (mut refused, mut said) = (0, 0);
    for at in 0..identity.len() {
        let mut flipped = identity.as_bytes().to_vec();
        flipped[at] ^= 1;
        let Ok(flipped) = String::from_utf8(flipped) else { continue };
        let mut changed = json.clone();
        changed["identity"] = flipped.into();
        match AnyCustodian::parse(changed.to_string().as_bytes()) {
            Err(_) => refused += 1,
            Ok(custodian) => {
                assert_eq!(custodian.plain().unwrap().is_intact(), Some(false), "at {at}");
                said += 1;
            }
        }
    }
    assert!(refused > 100 && said > 0, "{refused} refused, {said} said");
}

/// A named pipe holds what was written to it for as long as anybody has it open.
#[test]
#[cfg(unix)]
fn a_passphrase_is_read_from_a_named_pipe_whose_writer_is_gone() {
    let folder = Folder::new();
    let pipe = folder.at("pipe");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status().unwrap();
    assert!(made.success());
    let writer = {
        let pipe = pipe.clone();
        std::thread::spawn(move || fs::write(pipe, "six random words or so, all in a row").unwrap())
    };
    let reader = fs::File::open(&pipe).unwrap();
    writer.join().unwrap();
    let out = folder.at("passphrase.json");
    let args = ["custodian", "enroll", "--name", "p", "--out", &out, "--passphrase"];
    let mut command = alone().command(&args);
    command.args(["--passphrase-fd", "0"]).stdin(reader);
    command.stdout(std::process::Stdio::null());
    let mut child = command.spawn().unwrap();
    let begun = std::time::Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if begun.elapsed().as_secs() > 60 {
            child.kill().unwrap();
            panic!("it waits for another writer");
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    };
    assert!(status.success(), "{status}");
}
