//! Folders that other programs wrote: every file in them is taken, skipped or bad, each by name.

use std::{
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::Command,
};

use super::{
    fixture::{Folder, KEYSTORES, ledger, vector},
    run::{Ran, alone, on},
};

const FIRST: &str = "8eb0c4f0ccd612ab16e77a74997a6ff9fac75aaea844b1caffb900d4cb4da85e16f874e7552310382343fc3490998d4b";

fn back_up(folder: &Folder, options: &str) -> Ran {
    let line = format!("backup create --network hoodi --copy {} {options}", folder.at("copy"));
    on("mock-ledger").run(&line)
}

fn keystore(index: usize) -> String {
    fs::read_to_string(vector(&format!("deposits/hoodi-0x01/{}", KEYSTORES[index]))).unwrap()
}

/// The fixture `name`, in a folder where more may be put.
fn foreign(folder: &Folder, name: &str) -> String {
    copy(&PathBuf::from(vector(&format!("foreign/{name}"))), folder, name);
    folder.at(name)
}

fn copy(from: &Path, folder: &Folder, to: &str) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = format!("{to}/{}", entry.file_name().to_str().unwrap());
        if entry.path().is_dir() {
            copy(&entry.path(), folder, &to)
        } else {
            drop(folder.file(&to, fs::read(entry.path()).unwrap()))
        }
    }
}

/// The names of files, without the folders before them.
fn names(files: &[&str]) -> Vec<String> {
    let name = |file: &&str| Path::new(file).file_name().unwrap().to_str().unwrap().to_owned();
    let mut names: Vec<_> = files.iter().map(name).collect();
    names.sort();
    names
}

fn passed_over(ran: &Ran, name: &str) -> String {
    let files = ran.list("passed_over").iter();
    let mut found = files.filter(|file| file["file"].as_str().unwrap().ends_with(name));
    let file = found.next().unwrap_or_else(|| panic!("{name}: {:#}", ran.json));
    file["what"].as_str().unwrap().to_owned()
}

#[test]
fn a_keystore_is_taken_whatever_its_name_and_all_else_is_named() {
    let folder = Folder::new();
    let from = folder.at("from");
    folder.file("from/bls-keystore", keystore(0));
    folder.file("from/KEYSTO~1.JSON", keystore(1));
    folder.file("elsewhere/keystore-2.json.txt", keystore(2));
    symlink(folder.path("elsewhere"), folder.path("from/linked")).unwrap();
    symlink(folder.path("from/bls-keystore"), folder.path("from/again.json")).unwrap();
    folder.file(
        "from/deposit_data.json",
        "[{\"pubkey\": \"00\", \"withdrawal_credentials\": \"01\"}]",
    );
    folder.file("from/.DS_Store", b"\0\0\0\x01Bud1");
    folder.file("from/._keystore.json", b"\0\x05\x16\x07\0\x02\0\0Mac OS X");
    folder.file("from/Thumbs.db", b"\xd0\xcf\x11\xe0");
    folder.file("from/desktop.ini", "[.ShellClassInfo]\r\n");
    folder.file("from/System Volume Information/IndexerVolumeGuid", "x");
    folder.file("from/notes.txt", "the password is elsewhere");
    let password = format!("--password-file {}", folder.password_file());
    let made = back_up(&folder, &format!("--from {from} {password}")).code(0);
    assert_eq!(made.list("keys").len(), 3);
    let skipped = names(&made.each("passed_over", "file"));
    let expected = [
        ".DS_Store",
        "._keystore.json",
        "System Volume Information",
        "Thumbs.db",
        "bls-keystore",
        "deposit_data.json",
        "desktop.ini",
        "notes.txt",
    ];
    // The keystore that a link leads to is taken under the name that comes first.
    assert_eq!(skipped, expected);
    assert_eq!(made.list("skipped").len(), expected.len());
    assert_eq!(passed_over(&made, "deposit_data.json"), "deposit data");
    assert!(passed_over(&made, "bls-keystore").contains("again.json"));

    // The same by the commands that open nothing, or one after another.
    let checked = on("mock-ledger").run(&format!("validator check {from}")).code(0);
    assert_eq!((checked.verdicts(), checked.list("passed_over").len()), ((3, 0, 0), 8));
    for verb in ["inspect".to_owned(), format!("doctor {password}")] {
        let seen = alone().run(&format!("keystore {verb} {from}"));
        assert_eq!((seen.list("keys").len(), seen.list("passed_over").len()), (3, 8), "{verb}");
    }
}

#[test]
fn a_file_that_may_be_a_key_and_cannot_be_read_is_bad_by_name() {
    let whole = keystore(1);
    let utf16: Vec<u8> = [0xff, 0xfe]
        .into_iter()
        .chain(whole[..300].encode_utf16().flat_map(u16::to_le_bytes))
        .collect();
    let bad: [(&str, Vec<u8>, &str); 9] = [
        ("cut.json.txt", whole.as_bytes()[..whole.len() / 2].to_vec(), "cut off"),
        ("cut-utf16.txt", utf16, "cut off"),
        ("keystore-9.json", Vec::new(), "is empty"),
        ("zeros.json", vec![0; 700], "is empty"),
        ("backup.tar.gz", b"\x1f\x8b\x08\0".to_vec(), "archive (gzip) that is cut off"),
        ("list.json", format!("{{\"validators\": [{whole}]}}").into_bytes(), "unknown form"),
        ("extra.json", whole.replacen('{', "{\"share\": 1,", 1).into_bytes(), "`share`"),
        ("half.json", b"{\"version\": 4, \"uuid\": \"x\"}".to_vec(), "half a keystore"),
        (
            "shared.dat",
            b"{\"version\":1,\"participants\":3,\"threshold\":2,\"data\":\"0x00\"}".to_vec(),
            "shared export",
        ),
    ];
    for (name, content, why) in bad {
        let folder = Folder::new();
        folder.file("from/keystore.json", keystore(0));
        let file = folder.file(&format!("from/{name}"), content);
        let line =
            format!("--from {} --password-file {}", folder.at("from"), folder.password_file());
        let refused = back_up(&folder, &line).error(3, "input");
        let message = refused.message();
        assert!(message.contains(&file) && message.contains(why), "{name}: {message}");
        assert!(!folder.path("copy").exists());
    }
    let folder = Folder::new();
    folder.file("from/keystore.json", keystore(0));
    symlink("nowhere", folder.path("from/linked")).unwrap();
    let line = format!("--from {} --password-file {}", folder.at("from"), folder.password_file());
    let made = back_up(&folder, &format!("{line} --skip-bad")).code(1);
    assert!(made.each("left_out", "why")[0].contains("a file that does not exist"));
}

#[test]
fn a_keystore_is_read_after_a_byte_order_mark_in_utf16_and_within_an_answer() {
    let folder = Folder::new();
    let utf16 = keystore(1).encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<_>>();
    folder.file("from/bom.json", [b"\xef\xbb\xbf", keystore(0).as_bytes()].concat());
    folder.file("from/utf16.json", [b"\xfe\xff", utf16.as_slice()].concat());
    folder.file("from/answer.json", format!("{{\"data\": {}}}", keystore(2)));
    let password = format!("--password-file {}", folder.password_file());
    let made = back_up(&folder, &format!("--from {} {password}", folder.at("from"))).code(0);
    assert_eq!(made.list("keys").len(), 3);
    // Clients do not take it so, and a doctor does not say that they do.
    let seen = alone().run(&format!("keystore doctor {password} {}", folder.at("from/bom.json")));
    assert!(seen.code(3).message().contains("byte-order mark"));
}

/// Somebody has to write into it before anything comes out.
#[test]
fn a_pipe_is_never_waited_for() {
    let folder = Folder::new();
    folder.file("from/keystore.json", keystore(0));
    let pipe = folder.path("from/pipe.json");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let line = format!("--from {} --password-file {}", folder.at("from"), folder.password_file());
    let refused = back_up(&folder, &line).error(3, "input");
    assert!(refused.message().contains("pipe.json: not a regular file"), "{}", refused.message());
    let checked = on("mock-ledger").run(&format!("validator check {}", folder.at("from"))).code(1);
    assert_eq!(checked.verdicts(), (1, 0, 1));
    assert_eq!(
        alone().run(&format!("keystore inspect {}", folder.at("from"))).code(1).list("keys").len(),
        2
    );
}

#[test]
fn a_folder_of_lighthouse_is_taken_with_the_passwords_that_it_names() {
    for name in ["lighthouse-inline", "lighthouse-secrets"] {
        let folder = Folder::new();
        let from = format!("{}/validators", foreign(&folder, name));
        let made = back_up(&folder, &format!("--from {from}")).code(0);
        let keys = if name == "lighthouse-inline" { 2 } else { 3 };
        assert_eq!(made.list("keys").len(), keys, "{name}");
        let definitions = passed_over(&made, "validator_definitions.yml");
        assert!(definitions.contains("passwords are read"), "{definitions}");
        if name == "lighthouse-secrets" {
            assert!(passed_over(&made, "validator_key_cache.json").contains("cache"));
        }
        on("mock-ledger").run(&format!("backup drill {}", folder.at("copy"))).code(0);
        let checked = on("mock-ledger").run(&format!("validator check --batch 0 {from}")).code(0);
        assert_eq!(checked.verdicts(), (keys, 0, 0));
    }
}

#[test]
fn a_key_that_lighthouse_runs_and_whose_keystore_is_elsewhere_is_missed() {
    let folder = Folder::new();
    let from = format!("{}/validators", foreign(&folder, "lighthouse-inline"));
    fs::remove_dir_all(folder.path(&format!("lighthouse-inline/validators/0x{FIRST}"))).unwrap();
    let refused = back_up(&folder, &format!("--from {from}")).error(3, "input");
    assert!(refused.message().contains(&format!("0x{FIRST} is not here")), "{}", refused.message());
}

#[test]
fn a_list_of_lighthouses_validator_manager_is_taken_with_its_passwords() {
    for prefix in ["", "keymanager:"] {
        let folder = Folder::new();
        let from = foreign(&folder, "lighthouse-manager");
        let from = if prefix.is_empty() { from } else { format!("{prefix}{from}/validators.json") };
        if cfg!(feature = "cloud") || prefix.is_empty() {
            let made = back_up(&folder, &format!("--from {from}")).code(0);
            assert_eq!(made.list("keys").len(), 3, "{prefix}");
        }
    }
    let from = vector("foreign/lighthouse-manager/validators.json");
    let checked = on("mock-ledger").run(&format!("validator check {from}")).code(0);
    assert_eq!(checked.verdicts(), (3, 0, 0));
    let seen = alone().run(&format!("keystore inspect {from}")).code(1);
    assert_eq!(seen.each("keys", "reason"), ["not_checked"]);
}

#[test]
fn a_wallet_of_prysm_and_its_backup_are_opened() {
    let folder = Folder::new();
    let (from, password) =
        (vector("foreign/prysm-wallet"), vector("foreign/prysm-wallet.password"));
    let made = back_up(&folder, &format!("--from {from} --password-file {password}")).code(0);
    assert!(!made.list("keys").is_empty());
    on("mock-ledger").run(&format!("backup drill {}", folder.at("copy"))).code(0);
    let seen = alone().run(&format!("keystore inspect {from}")).code(1);
    assert_eq!(seen.each("keys", "verdict"), ["inconclusive"]);

    let folder = Folder::new();
    folder.file("from/keystore.json", keystore(0));
    folder.file("from/backup.zip", fs::read(vector("foreign/prysm-backup.zip")).unwrap());
    let line = format!("--from {} --password-file {}", folder.at("from"), folder.password_file());
    let refused = back_up(&folder, &line).error(3, "input");
    let expected = "from/backup.zip/keystore-0.json: wrong password";
    assert!(refused.message().contains(expected), "{}", refused.message());
    let checked = on("mock-ledger").run(&format!("validator check {}", folder.at("from")));
    assert!(checked.each("keys", "file").iter().any(|file| file.ends_with("zip/keystore-0.json")));
    let seen = alone().run(&format!("keystore inspect {}", folder.at("from/backup.zip"))).code(1);
    assert_eq!(seen.each("keys", "reason"), ["not_checked"]);
    let wrong = format!("--from {from} --password-file {}", folder.password_file());
    let refused = back_up(&folder, &wrong).error(3, "input");
    assert!(refused.message().contains("wrong password"), "{}", refused.message());
    assert!(refused.json["error"]["hint"].as_str().unwrap().contains("keystore doctor"));
}

#[test]
fn accounts_of_ethdo_are_taken_and_a_share_of_dirk_is_known_as_one() {
    let folder = Folder::new();
    let (from, password) = (vector("foreign/ethdo"), vector("foreign/ethdo.password"));
    // The accounts have a password of their own: they are opened, and not passed over.
    let line = format!("--from {from} --password-file {password}");
    let refused = back_up(&folder, &line).error(3, "input");
    assert!(refused.message().starts_with("2 of 3 keys"), "{}", refused.message());
    let made = back_up(&folder, &format!("{line} --skip-bad")).code(1);
    assert_eq!((made.list("keys").len(), made.list("left_out").len()), (1, 2));
    assert!(passed_over(&made, "/index").contains("index of accounts"));
    assert_eq!(made.list("passed_over").len(), 2);

    let (from, password) = (vector("foreign/dirk"), vector("foreign/dirk.password"));
    for from in [from.clone(), format!("{from}/account.json")] {
        let folder = Folder::new();
        let made = back_up(&folder, &format!("--from {from} --password-file {password}")).code(0);
        let share = &made.json["keys"][0]["share"];
        assert_eq!((share["tool"].as_str(), share["threshold"].as_u64()), (Some("dirk"), Some(3)));
        // What dirk needs beside the key is kept, sealed.
        let account = folder.set("copy").join("sealed/dirk-account-ac8874478916.json.age");
        assert!(account.exists());
    }
}

#[test]
fn what_charon_keeps_beside_its_shares_is_named() {
    let folder = Folder::new();
    let from = vector("foreign/charon");
    let line = format!("--from {from} --password-dir {from}/validator_keys");
    let made = back_up(&folder, &line).code(0);
    assert_eq!(made.list("keys").len(), 1);
    assert!(passed_over(&made, "charon-enr-private-key").contains("charon's key of this node"));
    assert!(passed_over(&made, "cluster-lock.json").contains("cluster lock"));
    assert_eq!(made.list("passed_over").len(), 4);
}

#[test]
fn a_keystore_without_its_public_key_is_taken_where_its_password_opens_it() {
    let (file, password) = (vector("foreign/no-pubkey.json"), vector("foreign/no-pubkey.password"));
    let folder = Folder::new();
    let made = back_up(&folder, &format!("--from {file} --password-file {password}")).code(0);
    assert!(made.each("keys", "pubkey")[0].starts_with("b3e445d4"));
    assert_eq!(made.each("keys", "path"), ["m/12381/3600/0/0/0"]);
    // A name that states another key: its IV, say, is damaged, which no checksum tells.
    let folder = Folder::new();
    let named = folder.file(&format!("0x{FIRST}.json"), fs::read(file).unwrap());
    let refused = back_up(&folder, &format!("--from {named} --password-file {password}"));
    assert!(refused.error(3, "input").message().contains("its name states another one"));
}

#[test]
fn what_an_operating_system_leaves_in_a_set_does_not_keep_it_from_being_repaired() {
    let folder = ledger().copies();
    let set = folder.set("a");
    for name in [".DS_Store", "keystores/._keystore.json", "Thumbs.db"] {
        fs::write(set.join(name), "left there").unwrap();
    }
    fs::write(folder.keystore("a", 0), "rotten").unwrap();
    on("mock-ledger").run(&format!("backup repair {}", folder.both())).code(0);
    on("mock-ledger").run(&format!("backup drill {}", folder.both())).code(0);

    // And where files are named one by one, as `DIR/*` does.
    let folder = Folder::new();
    let litter = folder.file("from/Thumbs.db", b"\xd0\xcf\x11\xe0");
    let file = folder.file("from/keystore.json", keystore(0));
    let password = folder.password_file();
    let made =
        back_up(&folder, &format!("--from {file} --from {litter} --password-file {password}"));
    assert_eq!(names(&made.code(0).each("passed_over", "file")), ["Thumbs.db"]);
}
