//! The guides' commands are run as they are printed, in one shell a guide: blocks marked `sh run`.
//! What is the reader's own (`sh yours`: where the sticks are) comes from here.

use std::{fs, path::Path, process::Command};

use super::{
    fixture::{Folder, KEYSTORES, ledger, vector},
    run::KEYSTORE_PASSWORD,
};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/guides");

/// The script that a reader types who follows the guide from top to bottom.
fn script(guide: &str, yours: &str) -> String {
    let text = fs::read_to_string(Path::new(FOLDER).join(guide)).unwrap();
    let mut script = vec!["set -euo pipefail"];
    let (mut running, mut replaced, mut asked) = (false, false, false);
    for line in text.lines() {
        match line {
            "```sh run" => running = true,
            "```sh yours" => replaced = true,
            "```" => (running, replaced) = (false, false),
            line if running => script.push(line),
            _ if replaced && !asked => {
                asked = true;
                script.push(yours);
            }
            _ => {}
        }
    }
    assert!(script.len() > 1, "{guide}: nothing to run");
    script.join("\n")
}

/// Runs a guide in `folder`, with a simulated Ledger; returns what the reader sees.
fn follow(guide: &str, folder: &Folder, yours: &str) -> String {
    let home = folder.at("home");
    fs::create_dir_all(&home).unwrap();
    let program = Path::new(env!("CARGO_BIN_EXE_stockade")).parent().unwrap();
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
    // A program that a failing guide leaves behind must not hold the test.
    let ran = Command::new("timeout")
        .args(["--kill-after", "5", "300", "bash", "-c", &script(guide, yours)])
        .current_dir(folder.path(""))
        .env_clear()
        .envs([("PATH", path.as_str()), ("HOME", &home), ("STOCKADE_DEVICE", "mock-ledger")])
        .stdin(std::process::Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8(ran.stdout).unwrap() + &String::from_utf8(ran.stderr).unwrap();
    assert!(ran.status.success(), "{guide}: {:?}\n{said}", ran.status.code());
    said
}

#[test]
fn a_first_validator_comes_out_of_its_guide() {
    let folder = Folder::new();
    let said = follow("first-validator.md", &folder, "A=a B=b");
    for expected in ["Made set ", "2 proven, 0 contradicted, 0 inconclusive", "Restored 1 key"] {
        assert!(said.contains(expected), "{expected}: {said}");
    }
    assert!(said.contains("withdrawals: pays this wallet's own address"), "{said}");
    assert!(folder.path("keys/validators").is_dir());
}

#[test]
fn old_keystores_are_in_sealed_copies_after_their_guide() {
    let folder = Folder::new();
    fs::create_dir(folder.path("old")).unwrap();
    for name in KEYSTORES {
        let there = vector(&format!("deposits/hoodi-0x01/{name}"));
        fs::copy(there, folder.path("old").join(name)).unwrap();
    }
    fs::write(folder.path("password"), KEYSTORE_PASSWORD).unwrap();
    let said = follow("old-keystores.md", &folder, "KEYS=old PASSWORD=password A=a B=b");
    assert!(said.contains("0 contradicted, 0 inconclusive"), "{said}");
    assert!(said.contains("Every key opens, in every copy."), "{said}");
}

#[test]
fn a_program_is_tested_with_simulated_wallets_as_the_guide_says() {
    let folder = Folder::new();
    follow("ci.md", &folder, "");
    let read = |name: &str| fs::read_to_string(folder.path(name)).unwrap();
    assert!(read("address.json").contains("0x9858EfFD232B4033E47d90003D41EC34EcaEda94"));
    assert!(read("drill.json").contains("\"ok\": true"));
}

#[test]
fn an_heir_learns_from_a_stick_what_the_guide_promises() {
    let folder = ledger().copies();
    let said = follow("heirs.md", &folder, "STICK=a");
    assert!(said.contains("Every key opens, in every copy."), "{said}");
}

#[test]
fn many_keys_are_created_checked_restored_together_and_shown() {
    let folder = Folder::new();
    let said = follow("thousand-keys.md", &folder, "A=a B=b N=2");
    for expected in
        ["8 proven, 0 contradicted", "Restored 4 keys of 2 sets", "opening them takes 1 approval"]
    {
        assert!(said.contains(expected), "{expected}: {said}");
    }
    let read = |name: &str| fs::read_to_string(folder.path(name)).unwrap();
    assert_eq!(read("keys.csv").lines().count(), 5);
    let (own, public) = (read("backups.html"), read("for-the-auditor.html"));
    assert!(public.contains("<b>Good</b>") && public.contains("<b>4</b> keys"), "{public}");
    assert!(own.contains("What to do next"));
    // An auditor learns no place.
    assert!(!public.contains(folder.path("").to_str().unwrap()));
}
