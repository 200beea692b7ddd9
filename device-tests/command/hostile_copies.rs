//! Copies that somebody prepared: to be counted twice, to lead out of themselves, or to take all memory
//! and time. And copies on media that fail in part.

use std::{fmt::Write as _, fs, os::unix::fs::symlink, process::Command, time::Instant};

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::{
    fixture::{Folder, ledger},
    run::{alone, on},
};
use crate::backup::tampered::OWNER;

/// Who signs the attestations of the wallet.
pub(super) const SIGNER: &str = "0x9858EfFD232B4033E47d90003D41EC34EcaEda94";

/// A set id that no fixture has.
pub(super) const SET: &str = "20261101-hoodi-00000001";

fn attested() -> Folder {
    let folder = ledger().copies();
    let line = format!("attest create --copy {}", folder.both());
    on("mock-ledger").run(&line).code(0);
    folder
}

#[test]
fn a_copy_with_the_id_of_another_is_no_second_copy() {
    let folder = attested();
    let set = folder.set("b");
    let verify = format!("attest verify {} --signer {SIGNER}", folder.both());
    alone().run(&verify).code(0);
    let attestations = folder.path("b/stockade/attestations").join(set.file_name().unwrap());
    fs::remove_dir_all(&set).unwrap();
    fs::remove_dir_all(attestations).unwrap();
    alone().run(&verify).code(1);
    let (a, b) = (folder.path("a/stockade/copy.json"), folder.path("b/stockade/copy.json"));
    fs::copy(a, b).unwrap();
    let policy = serde_json::json!({
        "format": "stockade-policy", "version": 1, "signers": [SIGNER], "threshold": 1,
        "level": "bytes", "max_age": "90d", "min_copies": 2, "chain": true,
    });
    let policy = folder.file("policy.json", policy.to_string());
    for line in [
        verify,
        format!("attest verify {} --policy {policy}", folder.both()),
        #[cfg(feature = "cloud")]
        format!("deliver verify {} --signer {SIGNER}", folder.both()),
        format!("validator check {}", folder.both()),
    ] {
        let refused = on("mock-ledger").run(&line).error(2, "usage");
        assert!(refused.message().contains("same copy"), "{line}: {}", refused.message());
    }
}

#[test]
fn a_link_in_a_copy_leads_no_command_out_of_it() {
    let commands = |folder: &Folder| {
        [
            format!("backup repair {} --signer {OWNER}", folder.both()),
            format!("attest create --copy {}", folder.both()),
            format!("validator create --network hoodi --count 1 --copy {}", folder.both()),
            format!("backup scrub {}", folder.both()),
        ]
    };
    for line in 0..4 {
        let folder = ledger().copies();
        fs::rename(folder.path("b/stockade"), folder.path("b/elsewhere")).unwrap();
        for name in [".work.partial", ".cfg.old"] {
            folder.file(&format!("b/elsewhere/{name}/f"), "theirs");
        }
        symlink("elsewhere", folder.path("b/stockade")).unwrap();
        let before = folder.content();
        let line = &commands(&folder)[line];
        let refused = on("mock-ledger").run(line).error(3, "file");
        assert!(!refused.prompted(), "{line}: {}", refused.stderr);
        assert_eq!(folder.content(), before, "{line}");
    }
}

/// What lies beside the sets cannot be read: a file in the place of the folder shows it as a bad sector
/// does.
#[test]
fn a_folder_beside_the_sets_that_cannot_be_read_is_damage_and_ends_nothing() {
    let folder = ledger().copies();
    let set = folder.set("b").file_name().unwrap().to_str().unwrap().to_owned();
    folder.file("b/stockade/retired", "no folder");
    folder.file(&format!("b/stockade/exits/{set}"), "no folder");
    let wallet = on("mock-ledger");
    for line in ["backup scrub", "backup drill"] {
        let ran = wallet.run(&format!("{line} {}", folder.both())).code(1);
        assert_eq!(ran.json["verdicts"]["proven"], 6, "{:#}", ran.json);
        let files = ran.each("files", "file");
        assert!(files.contains(&"retired"), "{files:?}");
        assert!(files.iter().any(|file| file.starts_with("exits/")), "{files:?}");
        assert!(ran.each("files", "reason").iter().all(|reason| *reason == "unreadable"));
    }
    wallet.run(&format!("backup list {}", folder.both())).code(0);
    let repaired = wallet.run(&format!("backup repair {}", folder.both()));
    assert_eq!(repaired.each("repaired", "done"), ["whole", "whole"], "{:#}", repaired.json);
    let to = folder.at("keys");
    let line =
        format!("backup restore {} --to {to} --layout plain --never-attested", folder.both());
    wallet.run(&line).code(0);
}

#[test]
fn what_a_killed_reseal_left_beside_no_set_is_cleared_away() {
    let folder = ledger().copies();
    let left = ["history", "exits", "attestations"].map(|room| {
        folder.file(&format!("b/stockade/{room}/{SET}/.20261101T000000Z.json.partial"), "half")
    });
    let kept = folder.file(&format!("b/stockade/history/{SET}/20261101T000000Z.json"), "whole");
    on("mock-ledger").run(&format!("attest create --copy {}", folder.both())).code(0);
    assert!(left.iter().all(|left| !std::path::Path::new(left).exists()));
    assert!(std::path::Path::new(&kept).exists());
}

#[test]
fn a_set_that_vanished_is_missed_where_attestations_speak_of_it() {
    let folder = attested();
    let line = format!("validator create --network hoodi --count 1 --copy {}", folder.at("a"));
    on("mock-ledger").run(&line).code(0);
    alone().run(&format!("backup scrub {}", folder.at("a"))).code(0);
    let set = ledger().json["set_id"].as_str().unwrap();
    fs::remove_dir_all(folder.path("a/stockade").join(set)).unwrap();
    let ran = alone().run(&format!("backup scrub {}", folder.at("a"))).code(1);
    assert_eq!(ran.each("files", "file"), [set]);
    assert_eq!(ran.each("files", "reason"), ["missing"]);
}

#[test]
fn a_copy_that_fails_keeps_a_new_set_from_none_of_the_others() {
    let folder = Folder::new();
    let line = format!("validator create --network hoodi --count 1 --copy {}", folder.both());
    // The folder of the first copy can be made, and its copy.json cannot be written.
    let failing = on("mock-ledger").with("STOCKADE_FAIL_AT", "10:eio");
    let made = failing.run(&line).code(1);
    assert_eq!(made.each("failed", "dir"), [folder.at("a")], "{:#}", made.json);
    assert_eq!(made.each("failed", "kind"), ["file"]);
    assert_eq!(made.each("copies", "dir"), [folder.at("b")]);
    assert_eq!(made.list("keys").len(), 1);
    let hint = made.each("failed", "hint")[0];
    assert!(hint.contains("medium may be failing"), "{hint}");
    // What it says to do next works.
    let repair = format!("backup repair {} --to {}", folder.at("b"), folder.at("a"));
    on("mock-ledger").run(&repair).code(0);
    alone().run(&format!("backup scrub {}", folder.both())).code(0);
}

/// A stick that holds less than it claims, played by hand: while the new set is written, an old one changes.
#[test]
fn a_medium_that_writes_over_another_set_is_found_out() {
    use rustix::process::{Pid, Signal, WaitOptions, kill_process, waitpid};

    let folder = ledger().copies();
    let old = folder.set("b").join("RECOVERY.txt");
    let line = format!("validator create --network hoodi --count 1 --copy {}", folder.both());
    let stockade = on("mock-ledger").with("STOCKADE_FAIL_AT", "1:stop");
    let mut command = stockade.command(&line.split_whitespace().collect::<Vec<_>>());
    let answer = fs::File::create(folder.path("answer.json")).unwrap();
    let mut child = command.stdout(answer).stderr(std::process::Stdio::null()).spawn().unwrap();
    let pid = Pid::from_child(&child);
    let is_written = || {
        let names = fs::read_dir(folder.path("b/stockade")).unwrap();
        let mut names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.any(|name| name.starts_with(".2") && name.ends_with(".partial"))
    };
    let mut overwritten = false;
    let status = loop {
        let (_, status) = waitpid(Some(pid), WaitOptions::UNTRACED).unwrap().unwrap();
        if !status.stopped() {
            break status;
        }
        if !overwritten && is_written() {
            crate::backup::rot::flip(&old, 3);
            overwritten = true;
        }
        kill_process(pid, Signal::CONT).unwrap();
    };
    let _ = child.try_wait();
    let answer = fs::read(folder.path("answer.json")).unwrap();
    let answer: Value = serde_json::from_slice(&answer).unwrap();
    assert_eq!((status.exit_status(), overwritten), (Some(1), true), "{answer:#}");
    let failed = answer["failed"].as_array().unwrap();
    assert_eq!(failed.len(), 1, "{answer:#}");
    assert_eq!(failed[0]["dir"], folder.at("b"));
    assert!(failed[0]["hint"].as_str().unwrap().contains("less than it claims"), "{answer:#}");
}

#[test]
fn an_answer_that_cannot_be_written_is_no_success() {
    let folder = ledger().copies();
    let full = || fs::File::options().write(true).open("/dev/full").unwrap();
    for json in [&["--json"][..], &[]] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_stockade"));
        command.args(["backup", "list"]).arg(folder.path("a")).args(json).stdout(full());
        assert_eq!(command.output().unwrap().status.code(), Some(3), "{json:?}");
    }
}

/// A restore that is asked to end leaves nothing, and one that was killed is told of.
#[test]
fn a_restore_that_is_ended_leaves_no_password() {
    use rustix::process::{Pid, Signal, WaitOptions, kill_process, waitpid};

    let folder = ledger().copies();
    let to = folder.at("keys");
    let line =
        format!("backup restore {} --to {to} --layout plain --never-attested", folder.both());
    let restore = |at: &str| {
        let stockade = on("mock-ledger").with("STOCKADE_FAIL_AT", at);
        let args: Vec<_> = line.split_whitespace().collect();
        let mut command = stockade.command(&args);
        command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
        command
    };
    // The copies take first where the keys go: the first change after that at which the folder is there.
    let begun = (1..200).find(|at| {
        let mut child = restore(&format!("{at}:stop")).spawn().unwrap();
        let pid = Pid::from_child(&child);
        let (_, status) = waitpid(Some(pid), WaitOptions::UNTRACED).unwrap().unwrap();
        let begun = status.stopped() && folder.path(".keys.partial").exists();
        kill_process(pid, Signal::KILL).unwrap();
        child.wait().unwrap();
        begun
    });
    let begun = begun.unwrap();
    for signal in [Signal::TERM, Signal::HUP, Signal::QUIT] {
        let mut child = restore(&format!("{}:stop", begun + 1)).spawn().unwrap();
        let pid = Pid::from_child(&child);
        let mut signalled = false;
        let status = loop {
            let (_, status) = waitpid(Some(pid), WaitOptions::UNTRACED).unwrap().unwrap();
            if !status.stopped() {
                break status;
            }
            if !std::mem::replace(&mut signalled, true) {
                assert!(folder.path(".keys.partial").exists());
                kill_process(pid, signal).unwrap();
            }
            kill_process(pid, Signal::CONT).unwrap();
        };
        let _ = child.try_wait();
        assert_eq!(status.exit_status(), Some(5), "{signal:?}");
        assert!(!folder.path(".keys.partial").exists() && !folder.path("keys").exists());
    }
    // Until the last file, there is no password beside the keys.
    for at in begun..begun + 5 {
        assert!(!restore(&format!("{at}:kill")).status().unwrap().success());
        assert!(folder.path(".keys.partial").exists());
        assert!(!folder.path(".keys.partial/password.txt").exists(), "{at}");
    }
    let again = on("mock-ledger").run(&line).code(0);
    assert!(again.stderr.contains(".keys.partial"), "{}", again.stderr);
    assert!(!folder.path(".keys.partial").exists());
}

/// The command with so much memory as all is to get by with: what the program itself takes, and 256 MiB. One
/// that waits for something that never comes is killed.
pub(super) fn bounded(line: &str) -> (i32, Value, String) {
    const KIB: u32 = (256 + 160) * 1024;
    let script = format!("ulimit -v {KIB}; exec timeout 100 \"$0\" \"$@\"");
    let stockade = on("mock-ledger").with("MALLOC_ARENA_MAX", "1");
    let args: Vec<_> = line.split_whitespace().collect();
    let inner = stockade.command(&args);
    let mut command = Command::new("sh");
    command.args(["-c", &script]).arg(inner.get_program()).args(inner.get_args());
    for (variable, value) in inner.get_envs() {
        match value {
            Some(value) => command.env(variable, value),
            None => command.env_remove(variable),
        };
    }
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    let json = serde_json::from_slice(&output.stdout).unwrap_or(Value::Null);
    let code = output.status.code().unwrap_or(-1);
    assert!((0..=5).contains(&code) && json.is_object(), "{line}: {}: {text}", output.status);
    (code, json, text)
}

/// A large manifest, nearly all of it one custodian that no wallet has.
pub(super) fn large_manifest(folder: &Folder, numbers: usize) -> String {
    let set = folder.set("a");
    let manifest = fs::read_to_string(set.join("manifest.json")).unwrap();
    let mut manifest: Value = serde_json::from_str(&manifest).unwrap();
    manifest["set_id"] = SET.into();
    manifest["custodians"] = serde_json::json!(["@"]);
    let numbers = "0,".repeat(numbers);
    let custodian = format!("{{\"id\":\"7f3a19c2\",\"kind\":\"age\",\"x\":[{numbers}0]}}");
    manifest.to_string().replace("\"@\"", &custodian)
}

/// A SHA256SUMS that is intact, and names more files than any set has.
pub(super) fn large_sums() -> String {
    let mut names: Vec<_> = (0..400_000).map(|i| format!("{i:x}")).collect();
    names.sort();
    let mut text = String::new();
    for name in names {
        writeln!(text, "{}  {name}", "0".repeat(64)).unwrap();
    }
    let own = hex::encode(Sha256::digest(text.as_bytes()));
    text + &format!("# {own}\n")
}

#[test]
fn no_file_of_a_set_takes_all_memory() {
    for (name, content) in [
        ("manifest.json", (|folder| large_manifest(folder, 15_000_000)) as fn(&Folder) -> String),
        ("SHA256SUMS", |_| large_sums()),
    ] {
        let folder = attested();
        folder.file(&format!("a/stockade/{SET}/{name}"), content(&folder));
        let a = folder.at("a");
        for (line, expected) in [
            (format!("backup list {a}"), 1),
            (format!("backup scrub {a}"), 1),
            (format!("validator check {a}"), 1),
            (format!("attest verify {a} --signer {SIGNER}"), 1),
            (format!("validator create --network hoodi --count 1 --copy {a}"), 3),
        ] {
            let (code, json, text) = bounded(&line);
            assert_eq!(code, expected, "{name}: {line}: {json:#} {text}");
        }
    }
}

#[test]
fn many_sets_take_a_time_that_grows_with_their_number_alone() {
    let time = |sets: u32| {
        let folder = ledger().copies();
        for i in 0..sets {
            fs::create_dir(folder.path(&format!("a/stockade/20261101-hoodi-{i:08x}"))).unwrap();
        }
        let begun = Instant::now();
        let scrubbed = alone().run(&format!("backup scrub {}", folder.at("a"))).code(1);
        assert_eq!(scrubbed.list("sets").len(), 1 + sets as usize);
        alone().run(&format!("backup list {}", folder.at("a")));
        begun.elapsed()
    };
    let (some, many) = (time(500), time(4000));
    // Eight times as many: 64 times as long where each is compared with each.
    assert!(many < some * 30, "{some:?} {many:?}");
}
