//! Keystores that other tools made: taken over whole, or not at all, and never touched.

use std::{fs, path::Path, time::SystemTime};

use super::{
    fixture::{Folder, KEYSTORES, imported, vector, vector_json},
    run::{KEYSTORE_PASSWORD, OTHER_WORDS, Ran, on},
};

fn back_up(folder: &Folder, options: &str) -> Ran {
    let line = format!("backup create --network hoodi --copy {} {options}", folder.both());
    on("mock-ledger").run(&line)
}

/// One keystore of the deposit tool.
fn first_keystore() -> String {
    vector(&format!("deposits/hoodi-0x01/{}", KEYSTORES[0]))
}

/// Every file in a folder, with its bytes and when it was changed.
fn state(folder: &str) -> Vec<(String, Vec<u8>, SystemTime)> {
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let mut state: Vec<_> = names
        .map(|entry| {
            let name = entry.file_name().into_string().unwrap();
            (name, fs::read(entry.path()).unwrap(), entry.metadata().unwrap().modified().unwrap())
        })
        .collect();
    state.sort();
    state
}

#[test]
fn keystores_of_a_deposit_tool_open_from_the_backup_and_are_not_touched() {
    let folder = Folder::new();
    let from = vector("deposits/hoodi-0x01");
    let before = state(&from);
    let line = format!("--from {from} --password-file {}", folder.password_file());
    let made = back_up(&folder, &line).code(0);
    assert!(state(&from) == before, "the originals were touched");
    let paths = [0, 1, 2].map(|index| format!("m/12381/3600/{index}/0/0"));
    assert_eq!(made.each("keys", "path"), paths);
    assert!(made.list("left_out").is_empty());
    // Its deposit data is no keystore, and is named as what was passed over.
    assert_eq!(made.list("skipped").len(), 1);

    let drilled = on("mock-ledger").run(&format!("backup drill {}", folder.both())).code(0);
    assert_eq!(drilled.verdicts(), (6, 0, 0));

    let one = format!("--from {} --password-file {}", first_keystore(), folder.password_file());
    let again = back_up(&folder, &one).error(3, "input");
    assert!(again.message().contains(made.text("set_id")), "{}", again.message());
    assert_eq!(folder.sets("a").len(), 1);
}

#[test]
fn a_ledger_proves_that_they_come_from_its_words_and_a_trezor_cannot_tell() {
    let copies = imported().copies();
    let paths = [0, 1, 2].map(|index| format!("m/12381/3600/{index}/0/0"));
    for place in [vector("deposits/hoodi-0x01"), copies.at("a")] {
        let check = format!("validator check {place}");
        let checked = on("mock-ledger").run(&check).code(0);
        assert_eq!(checked.verdicts(), (3, 0, 0));
        assert_eq!(checked.each("keys", "path"), paths);
        assert!(!checked.prompted(), "{}", checked.stderr);

        let checked = on("mock-trezor").run(&check).code(1);
        assert_eq!(checked.verdicts(), (0, 0, 3));
        assert_eq!(checked.each("keys", "reason"), ["not_checked"; 3]);

        // Of other words: perhaps lost, perhaps not. Never contradicted.
        let checked = on("mock-ledger").holding(OTHER_WORDS).run(&format!("{check} --max-index 3"));
        assert_eq!(checked.code(1).each("keys", "reason"), ["other_source"; 3]);
    }
}

#[test]
fn a_wrong_password_writes_nothing() {
    let folder = Folder::new();
    let wrong = folder.file("wrong", "MyPasswordIs12");
    let line = format!("--from {} --password-file {wrong}", vector("deposits/hoodi-0x01"));
    let refused = back_up(&folder, &line).error(3, "input");
    assert!(refused.message().contains("3 of 3 keys"), "{}", refused.message());
    assert!(!refused.prompted(), "{}", refused.stderr);
    assert!(!folder.path("a").exists() && !folder.path("b").exists());

    let line = format!("--from {} --password-file {wrong}", first_keystore());
    let refused = back_up(&folder, &format!("{line} --skip-bad")).error(3, "input");
    assert!(refused.message().contains("no keystores"), "{}", refused.message());
    assert!(!folder.path("a").exists());
    let line = format!("--from {}", vector("deposits/hoodi-0x01"));
    back_up(&folder, &line).error(2, "usage");
}

/// The first `count` keystores of the deposit tool in a folder of their own.
fn keystores(folder: &Folder, name: &str, count: usize) -> String {
    for keystore in &KEYSTORES[..count] {
        let bytes = fs::read(vector(&format!("deposits/hoodi-0x01/{keystore}"))).unwrap();
        folder.file(&format!("{name}/{keystore}"), bytes);
    }
    folder.at(name)
}

#[test]
fn a_bad_keystore_stops_all_unless_it_may_be_left_out() {
    let folder = Folder::new();
    let from = keystores(&folder, "from", 2);
    let path = format!("from/{}", KEYSTORES[1]);
    let whole = fs::read_to_string(folder.path(&path)).unwrap();
    let line = format!("--from {from} --password-file {}", folder.password_file());
    // Cut off, by whatever name, or a key that rotted.
    for (name, content) in [
        (path.as_str(), &whole[..whole.len() / 2]),
        ("from/validator-7.json", &whole[..whole.len() / 2]),
        (path.as_str(), &whole.replace("\"version\": 4", "\"version\": 3")),
    ] {
        fs::remove_file(folder.path(&path)).unwrap();
        folder.file(name, content);
        let refused = back_up(&folder, &line).error(3, "input");
        let file = Path::new(name).file_name().unwrap().to_str().unwrap();
        assert!(refused.message().contains(file), "{}", refused.message());
        assert!(!folder.path("a").exists());
        fs::remove_file(folder.path(name)).unwrap();
        folder.file(&path, &whole);
    }

    let bad = folder.file("from/keystore-bad.json", &whole[..whole.len() / 2]);
    let made = back_up(&folder, &format!("{line} --skip-bad")).code(1);
    assert_eq!(made.list("keys").len(), 2);
    assert_eq!(made.each("left_out", "file"), [bad]);
    assert_eq!(folder.sets("a").len(), 1);
}

#[test]
fn one_key_in_two_files_is_refused() {
    let folder = Folder::new();
    let from = keystores(&folder, "from", 1);
    fs::copy(folder.path("from").join(KEYSTORES[0]), folder.path("from/keystore-x.json")).unwrap();
    let line = format!("--from {from} --password-file {}", folder.password_file());
    let refused = back_up(&folder, &line).error(3, "input");
    assert!(!refused.prompted(), "{}", refused.stderr);
    for place in [KEYSTORES[0], "keystore-x.json", "the same key"] {
        assert!(refused.message().contains(place), "{}", refused.message());
    }
    assert!(!folder.path("a").exists());
}

#[test]
fn passwords_are_found_by_the_names_that_clients_give_them() {
    let folder = Folder::new();
    let from = keystores(&folder, "from", 2);
    let stem = KEYSTORES[0].strip_suffix(".json").unwrap();
    folder.file(&format!("passwords/{stem}.txt"), format!("{KEYSTORE_PASSWORD}\r\n"));
    let line = format!("--from {from} --password-dir {}", folder.at("passwords"));
    let refused = back_up(&folder, &line).error(3, "input");
    assert!(refused.message().contains("1 of 2 keys"), "{}", refused.message());
    let second = imported().json["keys"][1]["pubkey"].as_str().unwrap();
    folder.file(&format!("passwords/0x{second}"), KEYSTORE_PASSWORD);
    assert_eq!(back_up(&folder, &line).code(0).list("keys").len(), 2);

    // As Web3signer's are called; and a keystore is never its own password.
    let folder = Folder::new();
    let bytes = fs::read(first_keystore()).unwrap();
    folder.file("from/0xkey.json.txt", &bytes);
    let line = format!("--from {0} --password-dir {0}", folder.at("from"));
    let refused = back_up(&folder, &line).error(3, "input");
    assert!(refused.message().contains("0xkey.json.password"), "{}", refused.message());
    folder.file("from/0xkey.json.password", KEYSTORE_PASSWORD);
    assert_eq!(back_up(&folder, &line).code(0).list("keys").len(), 1);
}

#[test]
fn where_there_is_no_keystore_it_is_said_what_there_is() {
    let folder = Folder::new();
    let from = folder.file("from/deposit_data.json", "[{\"withdrawal_credentials\": \"01\"}]");
    let line = format!("--from {} --password-file {}", folder.at("from"), folder.password_file());
    let refused = back_up(&folder, &line).error(3, "input");
    assert!(refused.message().contains(&format!("{from} (deposit data)")), "{}", refused.message());
    // A file that is named itself must be a keystore.
    let line = format!("--from {from} --password-file {}", folder.password_file());
    let refused = back_up(&folder, &line).error(3, "input");
    assert!(refused.message().contains("not a keystore: deposit data"), "{}", refused.message());
}

/// Variants that no two clients open, or that are another key than they say: never taken over.
const REFUSED: [&str; 7] = [
    "25-wrong-pubkey",
    "30-iv12",
    "33-pw-bom",
    "34-pw-trailing-space",
    "39-pw-umlaut-wealdtech-1.1.3",
    "43-truncated",
    "44-cipher-bitflip",
];

/// A keystore variant and its password in a folder of their own; keystores named as tools do.
fn variant(folder: &Folder, name: &str, passwords: &str) {
    let read = |extension: &str| {
        fs::read(vector(&format!("keystore-variants/{name}.{extension}"))).unwrap()
    };
    folder.file(&format!("variants/keystore-{name}.json"), read("json"));
    folder.file(&format!("{passwords}/keystore-{name}.json.txt"), read("password"));
}

#[test]
fn what_other_tools_write_is_taken_over_as_it_opens() {
    for name in ["10-no-path", "15-no-pubkey", "38-pw-emoji"] {
        let folder = Folder::new();
        variant(&folder, name, "passwords");
        let (from, passwords) = (folder.at("variants"), folder.at("passwords"));
        let line = format!("--from {from} --password-dir {passwords}");
        let made = back_up(&folder, &line).code(0);
        let path = if name == "10-no-path" { "" } else { "m/12381/3600/0/0/0" };
        assert_eq!(made.each("keys", "path"), [path], "{name}");
        let drill = format!("backup drill {}", folder.both());
        assert_eq!(on("mock-ledger").run(&drill).code(0).verdicts(), (2, 0, 0), "{name}");
    }
}

#[test]
fn variants_that_are_not_what_they_say_are_all_named_and_none_is_taken() {
    let folder = Folder::new();
    let measured = vector_json("keystore-variants/expected.json");
    for name in REFUSED {
        assert!(measured.get(name).is_some(), "{name}");
        variant(&folder, name, "passwords");
    }
    let (from, passwords) = (folder.at("variants"), folder.at("passwords"));
    let refused = back_up(&folder, &format!("--from {from} --password-dir {passwords}"));
    let refused = refused.error(3, "input");
    assert!(refused.message().starts_with("7 of 7 keys"), "{}", refused.message());
    for name in REFUSED {
        assert!(refused.message().contains(name), "{name}: {}", refused.message());
    }
    assert!(!folder.path("a").exists());
}
