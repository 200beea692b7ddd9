//! Restoring: to a folder that a client imports, all or nothing.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path};

use stockade::eth2_keystore::{KeyCache, Keystore, Password};

use super::{
    fixture::{Folder, KEYSTORES, imported, ledger, vector},
    run::{KEYSTORE_PASSWORD, OTHER_WORDS, Ran, alone, on},
};

fn restore(folder: &Folder, options: &str) -> Ran {
    let line = format!("backup restore {} --layout plain --never-attested", folder.both());
    on("mock-ledger").run(&format!("{line} --to {} {options}", folder.at("restored")))
}

/// Opens every keystore of a restored folder with the password beside them, and gives their
/// public keys.
fn open_all(folder: &Path) -> Vec<String> {
    let password = Password::from_file(&fs::read(folder.join("password.txt")).unwrap()).unwrap();
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let keystores = files.filter(|file| file.to_str().unwrap().contains("/keystore-"));
    let mut keys = KeyCache::new();
    let mut pubkeys: Vec<_> = keystores
        .map(|file| {
            let keystore = Keystore::parse(&fs::read(file).unwrap()).unwrap();
            let key = keys.key(&password, keystore.kdf()).unwrap();
            let secret = keystore.open_with(&key).unwrap();
            assert_eq!(secret.public_key(), *keystore.pubkey());
            secret.public_key().to_string()
        })
        .collect();
    pubkeys.sort();
    pubkeys
}

fn sorted(json: &serde_json::Value) -> Vec<String> {
    let keys = json["keys"].as_array().unwrap().iter();
    let mut keys: Vec<_> = keys.map(|key| key["pubkey"].as_str().unwrap().to_owned()).collect();
    keys.sort();
    keys
}

#[test]
fn what_was_made_comes_back_under_a_password_of_its_own() {
    let folder = ledger().copies();
    let before = folder.content();
    let restored = restore(&folder, "").code(0);
    assert_eq!(restored.text("history"), "never_attested");
    assert_eq!(open_all(&folder.path("restored")), sorted(&ledger().json));
    let names = fs::read_dir(folder.path("restored")).unwrap().count();
    assert_eq!(names, 4, "three keystores and the password");
    assert_private(&folder.path("restored"));
    let mut after = folder.content();
    // All that the copies take is where the keys went.
    let is_entry = |path: &&std::path::PathBuf| {
        let path = path.to_string_lossy();
        path.contains("/whereabouts/") && path.ends_with(".json")
    };
    assert_eq!(after.keys().filter(is_entry).count(), 2);
    after.retain(|path, _| {
        !path.starts_with("restored") && !path.to_string_lossy().contains("/whereabouts")
    });
    assert!(after == before, "the copies were touched");
}

/// Nobody but the owner may read what was restored.
fn assert_private(folder: &Path) {
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(folder), 0o700);
    for entry in fs::read_dir(folder).unwrap() {
        assert_eq!(mode(&entry.unwrap().path()), 0o600);
    }
}

#[test]
fn a_password_can_be_given_and_must_be_one_that_clients_take() {
    let folder = imported().copies();
    let short = folder.file("short", "tooshort");
    let refused = restore(&folder, &format!("--new-password-file {short}")).error(3, "input");
    assert!(!refused.prompted() && !folder.path("restored").exists());
    let chosen = folder.password_file();
    let restored = restore(&folder, &format!("--new-password-file {chosen}")).code(0);
    assert_eq!(
        fs::read_to_string(folder.path("restored/password.txt")).unwrap(),
        KEYSTORE_PASSWORD
    );
    assert_eq!(open_all(&folder.path("restored")), sorted(&restored.json));
}

#[test]
fn nothing_is_overwritten() {
    let folder = ledger().copies();
    let kept = folder.file("restored/mine", "mine");
    let refused = restore(&folder, "").error(3, "file");
    assert!(!refused.prompted(), "{}", refused.stderr);
    assert_eq!(fs::read_dir(folder.path("restored")).unwrap().count(), 1);
    fs::remove_file(kept).unwrap();
    restore(&folder, "").code(0);
}

#[test]
fn a_folder_may_have_any_name() {
    let folder = ledger().copies();
    let name = "a/Meine Schlüssel/von heute";
    let [a, to] = [folder.at("a"), folder.at(name)];
    let args = ["backup", "restore", &a, "--to", &to, "--layout", "plain", "--never-attested"];
    on("mock-ledger").run_args(&args).code(0);
    assert_eq!(fs::read_dir(folder.path(name)).unwrap().count(), 4);
}

/// Flips a bit in the middle of a file of the copy's set.
fn rot(folder: &Folder, copy: &str, file: &str) {
    let path = folder.set(copy).join(file);
    let mut bytes = fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(path, bytes).unwrap();
}

/// The keystores of the only set of a copy, by their names below its folder.
fn keystores(folder: &Folder) -> Vec<String> {
    let files = fs::read_dir(folder.set("a").join("keystores")).unwrap();
    let name = |entry: std::io::Result<fs::DirEntry>| entry.unwrap().file_name();
    files.map(|entry| format!("keystores/{}", name(entry).to_str().unwrap())).collect()
}

#[test]
fn what_rotted_in_one_copy_is_taken_from_the_other() {
    let folder = ledger().copies();
    let keystores = keystores(&folder);
    rot(&folder, "a", &keystores[0]);
    rot(&folder, "a", "seal/secret.age");
    rot(&folder, "a", "manifest.mac");
    rot(&folder, "b", &keystores[1]);
    rot(&folder, "b", "manifest.json");
    restore(&folder, "").code(0);
    assert_eq!(open_all(&folder.path("restored")), sorted(&ledger().json));
}

#[test]
fn a_set_that_rotted_in_every_copy_stops_all() {
    for (file, words) in [
        ("seal/secret.age", "no copy has the sealed secret intact"),
        ("manifest.json", "its bytes changed since it was written"),
    ] {
        let folder = ledger().copies();
        rot(&folder, "a", file);
        rot(&folder, "b", file);
        let before = folder.content();
        let refused = restore(&folder, "").error(3, "input");
        assert!(refused.message().contains(words), "{file}: {}", refused.message());
        assert!(folder.content() == before, "{file}: something was written");
    }
}

#[test]
fn the_last_copy_is_restored_for_all_that_rotted_in_it_and_is_not_needed() {
    for files in
        [&["RECOVERY.txt", "SHA256SUMS"][..], &["manifest.mac"], &["manifest.mac", "SHA256SUMS"]]
    {
        let folder = ledger().copies();
        fs::remove_dir_all(folder.path("b")).unwrap();
        files.iter().for_each(|file| rot(&folder, "a", file));
        let line = format!("backup restore {} --layout plain --never-attested", folder.at("a"));
        let restored = on("mock-ledger").run(&format!("{line} --to {}", folder.at("restored")));
        assert_eq!(sorted(&restored.code(0).json), sorted(&ledger().json), "{files:?}");
    }
}

#[test]
fn files_that_no_manifest_lists_are_not_restored() {
    let folder = ledger().copies();
    let planted = fs::read(vector(&format!("deposits/hoodi-0x01/{}", KEYSTORES[0]))).unwrap();
    fs::write(folder.set("a").join("keystores/keystore-planted.json"), &planted).unwrap();
    fs::write(folder.set("b").join("planted"), &planted).unwrap();
    let scrubbed = alone().run(&format!("backup scrub {}", folder.both())).code(0);
    assert_eq!(scrubbed.each("files", "reason"), ["unlisted"; 2]);
    let restored = restore(&folder, "").code(0);
    assert_eq!(sorted(&restored.json), sorted(&ledger().json));
    assert_eq!(fs::read_dir(folder.path("restored")).unwrap().count(), 4);
}

#[test]
fn another_wallet_restores_nothing_and_is_asked_nothing() {
    let folder = ledger().copies();
    let line = format!("backup restore {} --layout plain --never-attested", folder.both());
    let refused = on("mock-trezor")
        .holding(OTHER_WORDS)
        .run(&format!("{line} --to {}", folder.at("restored")))
        .error(3, "input");
    assert!(!refused.prompted(), "{}", refused.stderr);
    assert!(!folder.path("restored").exists());
}

#[test]
fn of_several_sets_one_is_named() {
    let folder = ledger().copies();
    let line = format!("validator create --network hoodi --count 1 --copy {}", folder.both());
    let second = on("mock-ledger").run(&line).code(0);
    restore(&folder, "").error(2, "usage");
    restore(&folder, "--set 20261120-hoodi-00000000").error(3, "input");
    let restored = restore(&folder, &format!("--set {}", second.text("set_id"))).code(0);
    assert_eq!(sorted(&restored.json), sorted(&second.json));
}
