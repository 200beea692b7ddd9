//! One flipped bit anywhere, one file gone, one set gone: each is seen, and named.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::command::{
    fixture::{Folder, ledger},
    run::{Ran, alone, on},
};

/// Every file of the set in copy `b`, by its path below the set's folder.
pub(crate) fn files(folder: &Folder) -> Vec<String> {
    let set = folder.set("b");
    let mut files = Vec::new();
    let mut folders = vec![set.clone()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path)
            } else {
                files.push(path.strip_prefix(&set).unwrap().to_str().unwrap().to_owned())
            }
        }
    }
    files.sort();
    files
}

/// Bits in a file of `len` bytes that are tried: at its ends, and in between.
fn bits(len: usize) -> [usize; 6] {
    [0, 5, len * 8 / 3, len * 4 + 1, len * 8 - 9, len * 8 - 1]
}

pub(crate) fn flip(path: &Path, bit: usize) {
    let mut bytes = fs::read(path).unwrap();
    bytes[bit / 8] ^= 1 << (bit % 8);
    fs::write(path, bytes).unwrap();
}

fn scrub(folder: &Folder) -> Ran {
    alone().run(&format!("backup scrub {}", folder.both()))
}

/// Makes sure that the report blames this file of copy `b` for `reason`.
#[track_caller]
fn assert_blamed(ran: &Ran, file: &str, reason: &str) {
    let set = ran.list("sets")[0].as_str().unwrap();
    let blamed = |list: &str| {
        ran.list(list).iter().any(|one| {
            one["file"] == format!("{set}/{file}")
                && one["reason"] == reason
                && one["copy"] == ran.list("copies")[1]
        })
    };
    assert!(blamed("files"), "{file}: {:#}", ran.json);
    assert!(blamed("keys"), "{file}: {:#}", ran.json);
}

/// A keystore concerns one key of the copy, and any other file all three.
fn concerned(file: &str) -> usize {
    if file.starts_with("keystores/") { 1 } else { 3 }
}

#[test]
fn every_flipped_bit_is_seen_and_its_file_named() {
    let folder = ledger().copies();
    let files = files(&folder);
    assert_eq!(files.len(), 11, "{files:?}");
    let mut tried = 0;
    for file in &files {
        let path = folder.set("b").join(file);
        for bit in bits(fs::metadata(&path).unwrap().len() as usize) {
            flip(&path, bit);
            let scrubbed = scrub(&folder).code(1);
            assert_blamed(&scrubbed, file, "bit_rot");
            let bad = concerned(file);
            assert_eq!(scrubbed.verdicts(), (6 - bad, bad, 0), "{file} bit {bit}");
            flip(&path, bit);
            tried += 1;
        }
    }
    scrub(&folder).code(0);
    println!("{tried} flipped bits in {} files, each seen and named", files.len());
}

#[test]
fn a_drill_sees_a_flipped_bit_too() {
    let folder = ledger().copies();
    let keystore = files(&folder).into_iter().find(|file| file.starts_with("keystores/"));
    for file in [keystore.unwrap().as_str(), "seal/secret.age", "manifest.json"] {
        let path = folder.set("b").join(file);
        let bit = fs::metadata(&path).unwrap().len() as usize * 4;
        flip(&path, bit);
        let drilled = on("mock-ledger").run(&format!("backup drill {}", folder.both())).code(1);
        assert_blamed(&drilled, file, "bit_rot");
        let bad = concerned(file);
        assert_eq!(drilled.verdicts(), (6 - bad, bad, 0), "{file}");
        flip(&path, bit);
    }
}

#[test]
fn the_only_copy_with_a_flipped_bit_is_never_all_proven() {
    let folder = ledger().copies();
    fs::remove_dir_all(folder.path("a")).unwrap();
    for file in files(&folder) {
        let path = folder.set("b").join(&file);
        let bit = fs::metadata(&path).unwrap().len() as usize * 4 + 2;
        flip(&path, bit);
        // A drill takes a second: of files that the wallet's secret opens, one is enough.
        let drilled = !file.contains("_1_0_0-") && !file.contains("_2_0_0-");
        for check in ["backup scrub", "backup drill"].into_iter().take(1 + usize::from(drilled)) {
            let ran = on("mock-ledger").run(&format!("{check} {}", folder.at("b"))).code(1);
            assert!(!ran.reads_as_proven(), "{check} {file}: {:#}", ran.json);
        }
        flip(&path, bit);
    }
}

#[test]
fn a_file_that_is_gone_cut_off_or_grown_is_seen() {
    for file in files(&ledger().copies()) {
        let folder = ledger().copies();
        let path = folder.set("b").join(&file);
        let bytes = fs::read(&path).unwrap();
        fs::remove_file(&path).unwrap();
        assert_blamed(&scrub(&folder).code(1), &file, "missing");
        fs::write(&path, &bytes[..bytes.len() - 1]).unwrap();
        assert_blamed(&scrub(&folder).code(1), &file, "bit_rot");
        fs::write(&path, [&bytes[..], b"\n"].concat()).unwrap();
        assert_blamed(&scrub(&folder).code(1), &file, "bit_rot");
        fs::write(&path, b"").unwrap();
        assert_blamed(&scrub(&folder).code(1), &file, "bit_rot");
    }
}

#[test]
fn a_link_or_a_folder_in_the_place_of_a_file_is_not_followed() {
    let folder = ledger().copies();
    let elsewhere = folder.path("elsewhere");
    for file in files(&folder) {
        let path = folder.set("b").join(&file);
        fs::rename(&path, &elsewhere).unwrap();
        std::os::unix::fs::symlink(&elsewhere, &path).unwrap();
        assert_blamed(&scrub(&folder).code(1), &file, "bit_rot");
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        assert_blamed(&scrub(&folder).code(1), &file, "bit_rot");
        fs::remove_dir(&path).unwrap();
        fs::rename(&elsewhere, &path).unwrap();
    }
}

#[test]
fn a_set_that_one_copy_lacks_is_missing_there() {
    let folder = ledger().copies();
    fs::remove_dir_all(folder.set("b")).unwrap();
    for check in ["backup scrub", "backup drill"] {
        let ran = on("mock-ledger").run(&format!("{check} {}", folder.both())).code(1);
        assert_eq!(ran.verdicts(), (3, 3, 0), "{check}");
        let missing = ran.list("keys").iter().filter(|key| key["reason"] == "missing");
        assert_eq!(missing.filter(|key| key["copy"] == ran.list("copies")[1]).count(), 3);
    }
    fs::remove_dir_all(folder.set("a")).unwrap();
    scrub(&folder).error(3, "input");
}

#[test]
fn what_nothing_lists_is_warned_about_and_disturbs_nothing() {
    let folder = ledger().copies();
    let set = folder.set("b");
    let planted = [set.join("planted"), set.join("keystores/._x.json"), set.join("new/file")];
    for path in &planted {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, b"planted").unwrap();
    }
    let beside: PathBuf = folder.path("b/stockade/.20261120-hoodi-7f3a19c2.partial");
    fs::create_dir(&beside).unwrap();
    let scrubbed = scrub(&folder).code(0);
    assert_eq!(scrubbed.each("files", "reason"), ["unlisted"; 3]);
    assert_eq!(scrubbed.list("warnings").len(), 1, "{:?}", scrubbed.list("warnings"));
    assert_eq!(scrubbed.verdicts(), (6, 0, 0));
}

#[test]
fn rot_in_the_copys_own_description_is_named_and_keeps_nobody_from_the_keys() {
    let folder = ledger().copies();
    let path = folder.path("b/stockade/copy.json");
    let len = fs::metadata(&path).unwrap().len() as usize;
    let mut named = 0;
    for byte in 0..len {
        let bit = byte * 8 + byte % 8;
        flip(&path, bit);
        let scrubbed = scrub(&folder);
        assert_eq!(scrubbed.verdicts(), (6, 0, 0), "byte {byte}");
        // A bit may turn the label, or one id, into another.
        if scrubbed.code == 1 {
            assert_eq!(scrubbed.each("files", "file"), ["copy.json"], "byte {byte}");
            named += 1;
        }
        flip(&path, bit);
    }
    assert!(named * 2 > len, "{named} of {len}");
    fs::remove_file(&path).unwrap();
    assert_eq!(scrub(&folder).code(1).each("files", "reason"), ["missing"]);
    let line = format!(
        "backup restore {} --layout plain --never-attested --to {}",
        folder.at("b"),
        folder.at("restored")
    );
    on("mock-ledger").run(&line).code(0);
    // It is no new copy: its keys would be made again.
    let line = format!("validator create --network hoodi --count 1 --copy {}", folder.at("b"));
    on("mock-ledger").run(&line).error(3, "file");
}

/// Whoever writes to a stick chooses names; they are shown, and steer no terminal.
#[test]
fn names_on_a_stick_are_printed_without_control_characters() {
    let folder = ledger().copies();
    fs::create_dir(folder.path("a/stockade/\u{1b}[2Jgone")).unwrap();
    fs::write(folder.set("a").join("\u{1b}]0;title\u{7}"), b"").unwrap();
    let binary = std::process::Command::new(env!("CARGO_BIN_EXE_stockade"))
        .args(["backup", "scrub"])
        .args([folder.path("a"), folder.path("b")])
        .env_remove("STOCKADE_DEVICE")
        .output()
        .unwrap();
    let printed = String::from_utf8([binary.stdout, binary.stderr].concat()).unwrap();
    assert!(printed.contains("gone"), "{printed}");
    assert!(printed.contains("title"), "{printed}");
    assert!(!printed.chars().any(|c| c.is_control() && c != '\n'), "{printed:?}");
}
