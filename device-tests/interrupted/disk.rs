//! Real file systems: one that is full, one that is read-only, and those that sticks have. They are
//! mounted in a namespace that ends with the test; where the machine does not let it, it says so.

use std::{
    fs,
    process::{Command, Output},
};

use serde_json::Value;

use crate::{backup::tampered::OWNER, command::fixture::Folder};

/// What the scripts begin with: `run NAME ARGS..` keeps the answer and the exit code of a command.
const BEGIN: &str = r#"set -e
run() { name=$1; shift; code=0; "$STOCKADE" "$@" --json >"$F/$name.json" 2>"$F/$name.err" || code=$?
        echo $code >"$F/$name.code"; }
export STOCKADE_DEVICE=mock-ledger
cd "$F"; mkdir a b
"#;

/// Two copies, `b` on what `mount` mounts; what `script` does, and its answers.
struct Lane {
    folder: Folder,
}

/// Runs the script in a namespace of its own; `None`, after saying why, where `mount` fails.
fn lane(name: &str, mount: &str, script: &str) -> Option<Lane> {
    let folder = Folder::new();
    let mount = format!("{{ {mount}\n}} >mount.log 2>&1 || exit 77; : >mounted");
    let output = in_namespace(&format!("{BEGIN}\n{mount}\n{script}\numount b"), &folder);
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    if folder.path("mounted").exists() {
        assert!(output.status.success(), "{name}: {}: {stderr}", output.status);
        return Some(Lane { folder });
    }
    let why = fs::read_to_string(folder.path("mount.log")).unwrap_or_default();
    println!("not run: {name}: {}", [why.trim(), stderr.trim()].join(" "));
    None
}

#[test]
fn a_lane_that_fails_is_none_that_cannot_run() {
    if !in_namespace("true", &Folder::new()).status.success() {
        println!("not run: no namespace can be made here");
        return;
    }
    assert!(lane("nothing that can be mounted", "false", "true").is_none());
    assert!(std::panic::catch_unwind(|| lane("a script that fails", ":", "exit 3")).is_err());
}

/// As root in a mount namespace; else in one where this user counts as root.
fn in_namespace(script: &str, folder: &Folder) -> Output {
    let run = |options: &[&str]| {
        Command::new("unshare")
            .args(options)
            .args(["sh", "-c", script])
            .env("F", folder.path(""))
            .env("STOCKADE", env!("CARGO_BIN_EXE_stockade"))
            .output()
            .expect("util-linux has unshare")
    };
    let root = rustix::process::geteuid().is_root();
    run(if root { &["--mount"] } else { &["--user", "--map-root-user", "--mount"] })
}

impl Lane {
    #[track_caller]
    fn answer(&self, name: &str, code: i32) -> Value {
        let read = |end: &str| fs::read_to_string(self.folder.path(&format!("{name}.{end}")));
        let json = read("json").unwrap();
        assert_eq!(read("code").unwrap().trim(), code.to_string(), "{name}: {json}");
        serde_json::from_str(&json).unwrap()
    }

    #[track_caller]
    fn refused(&self, name: &str, word: &str) {
        let error = &self.answer(name, 3)["error"];
        assert_eq!(error["kind"], "file", "{name}: {error}");
        let message = error["message"].as_str().unwrap();
        assert!(message.contains("b/stockade") && message.contains(word), "{name}: {message}");
        assert!(error["hint"].is_string(), "{name}: {error}");
    }
}

const CREATE: &str = "validator create --network hoodi --count 1 --copy a b";

#[test]
fn a_full_disk_keeps_what_it_held_and_takes_the_rest_when_there_is_room() {
    let script = format!(
        "run first {CREATE}
         dd if=/dev/zero of=b/filler bs=4k 2>/dev/null || true
         run full {CREATE}
         run held backup scrub b
         ls -A b/stockade >left
         rm b/filler
         run again {CREATE}
         run repaired backup repair a b --signer {OWNER}
         run all backup scrub a b"
    );
    let mount = "mount -t tmpfs -o size=256k none b";
    let Some(lane) = lane("a full disk", mount, &script) else { return };
    lane.answer("first", 0);
    lane.refused("full", "No space left");
    assert_eq!(lane.answer("held", 0)["verdicts"]["proven"], 1);
    let left = fs::read_to_string(lane.folder.path("left")).unwrap();
    assert!(!left.contains(".partial"), "{left}");
    // It was seen before anybody pressed a button: the other copy did not get it alone.
    lane.answer("again", 0);
    lane.answer("repaired", 0);
    assert_eq!(lane.answer("all", 0)["verdicts"]["proven"], 4);
}

#[test]
fn a_read_only_disk_can_be_read_and_says_what_it_is() {
    let script = format!(
        "run first {CREATE}
         mount -o remount,ro b
         run refused {CREATE}
         run attest attest create --copy a b
         run held backup drill b
         run repaired backup repair b --to c --signer {OWNER}
         run unrecorded backup restore b --to keys --layout plain --never-attested
         key=$(sed -n '/pubkey/s/.*\\([0-9a-f]\\{{96\\}}\\).*/\\1/p' b/stockade/2*/manifest.json | head -1)
         run split validator split --copy b --pubkey $key --shares 4 --to shares --whole-keys-are-off
         run one validator split --copy a b --pubkey $key --shares 4 --to shares --whole-keys-are-off
         run restored backup restore b --to keys --layout plain --never-attested --unrecorded
         mount -o remount,rw b"
    );
    let mount = "mount -t tmpfs -o size=256k none b";
    let Some(lane) = lane("a read-only disk", mount, &script) else { return };
    lane.refused("refused", "Read-only");
    lane.refused("attest", "Read-only");
    assert_eq!(lane.answer("held", 0)["verdicts"]["proven"], 1);
    assert_eq!(lane.answer("repaired", 0)["repaired"][1]["done"], "written");
    // Nobody would know where the keys went, but by the entry that lies beside them.
    for name in ["unrecorded", "split"] {
        lane.refused(name, "Read-only");
        let said = fs::read_to_string(lane.folder.path(&format!("{name}.err"))).unwrap();
        assert!(!said.contains("approve"), "{name}: {said}");
    }
    // One copy that takes it is enough.
    lane.answer("one", 1);
    lane.answer("restored", 1);
    assert!(lane.folder.path("keys-where-these-keys-went.json").is_file());
}

/// A power cut in the middle of a rename can leave FAT with two names of one folder: whoever clears
/// away the leftover would empty the set. A bind mount shows the same.
#[test]
fn a_set_whose_folder_has_a_second_name_is_not_cleared_away() {
    let script = format!(
        "run first {CREATE}
         set=$(basename b/stockade/2*); mkdir b/stockade/.$set.partial
         mount --bind b/stockade/$set b/stockade/.$set.partial
         run refused backup repair a b --signer {OWNER}
         run attest attest create --copy a b
         umount b/stockade/.$set.partial
         run repaired backup repair a b --signer {OWNER}
         run all backup scrub a b"
    );
    let mount = "mount -t tmpfs -o size=256k none b";
    let Some(lane) = lane("two names of one folder", mount, &script) else { return };
    lane.answer("first", 0);
    lane.refused("refused", "two names");
    lane.refused("attest", "two names");
    lane.answer("repaired", 0);
    assert_eq!(lane.answer("all", 0)["verdicts"]["proven"], 2);
}

#[test]
fn a_set_is_retired_from_a_full_disk() {
    let script = format!(
        "run first {CREATE}
         old=$(basename b/stockade/2*)
         run second validator create --network hoodi --batch 0 --start 0 --count 1 --recreate --copy a b
         new=$(cd b/stockade; ls -d 2* | grep -v $old)
         dd if=/dev/zero of=b/filler bs=4k 2>/dev/null || true
         run retired backup retire a b --set $old --by $new
         ls b/stockade b/stockade/retired >left
         rm b/filler
         run all backup scrub a b"
    );
    let mount = "mount -t tmpfs -o size=256k none b";
    let Some(lane) = lane("retired from a full disk", mount, &script) else { return };
    lane.answer("retired", 0);
    let old = lane.answer("first", 0)["set_id"].as_str().unwrap().to_owned();
    let left = fs::read_to_string(lane.folder.path("left")).unwrap();
    assert!(left.contains(&format!("{old}.json")) && !left.contains(&format!("{old}\n")), "{left}");
    assert_eq!(lane.answer("all", 0)["verdicts"]["proven"], 2);
}

/// A file that is there and cannot be read, as one on a bad sector: the memory of a process, from its
/// beginning.
#[test]
fn a_bad_sector_under_copy_json_keeps_nobody_from_the_sets() {
    let script = format!(
        "run first {CREATE}
         mount --bind /proc/$$/mem b/stockade/copy.json
         run scrubbed backup scrub b
         run drilled backup drill b
         run listed backup list b
         run restored backup restore b --to keys --layout plain --never-attested
         run repaired backup repair a b --to c --signer {OWNER}
         umount b/stockade/copy.json"
    );
    let mount = "mount -t tmpfs -o size=256k none b";
    let Some(lane) = lane("a bad sector", mount, &script) else { return };
    lane.answer("first", 0);
    for check in ["scrubbed", "drilled"] {
        let report = lane.answer(check, 1);
        assert_eq!(report["verdicts"]["proven"], 1, "{report:#}");
        assert_eq!(report["files"][0]["file"], "copy.json", "{report:#}");
        assert_eq!(report["files"][0]["reason"], "unreadable", "{report:#}");
    }
    lane.answer("listed", 0);
    lane.answer("restored", 0);
    // Here nothing can take its place; the new copy is filled all the same.
    let repaired = lane.answer("repaired", 3);
    assert_eq!(repaired["error"]["kind"], "file", "{repaired:#}");
    assert_eq!(repaired["repaired"][2]["done"], "written", "{repaired:#}");
}

/// The good copy of a repair takes no writes, and lacks an attestation that the other one has.
#[test]
fn a_read_only_disk_is_the_source_of_a_repair_whatever_it_lacks() {
    let script = format!(
        "run first {CREATE}
         run attest attest create --copy a b
         rm -r b/stockade/attestations
         printf x | dd of=\"$(echo a/stockade/2*/RECOVERY.txt)\" conv=notrunc 2>/dev/null
         mount -o remount,ro b
         run repaired backup repair a b --signer {OWNER}
         run create {CREATE}
         mount -o remount,rw b
         run all backup scrub a"
    );
    let mount = "mount -t tmpfs -o size=256k none b";
    let Some(lane) = lane("a read-only source", mount, &script) else { return };
    lane.answer("first", 0);
    lane.answer("attest", 0);
    let repaired = lane.answer("repaired", 1);
    assert_eq!(repaired["repaired"][0]["done"], "written", "{repaired:#}");
    lane.refused("create", "Read-only");
    let said = fs::read_to_string(lane.folder.path("create.err")).unwrap();
    assert!(!said.contains("approve"), "{said}");
    lane.answer("all", 0);
}

/// A file system in an image, made by `mkfs` and mounted as `kind`; what it lacks, and how it is
/// read back.
fn image(kind: &str, mkfs: &str, lacks: &[&str], read_back: &str) {
    let script = format!(
        "run first {CREATE}
         run listed copy list
         printf x | dd of=\"$(echo b/stockade/2*/RECOVERY.txt)\" conv=notrunc 2>/dev/null
         run rotten backup scrub b
         run repaired backup repair a b --signer {OWNER}
         run attest attest create --copy a b --check drill
         ls -A b/stockade >left
         umount b
         mount -t {kind} -o loop image b
         run all backup scrub a b"
    );
    let mount = format!("truncate -s 64M image && {mkfs} image && mount -t {kind} -o loop image b");
    let Some(lane) = lane(kind, &mount, &script) else { return };
    let made = lane.answer("first", 0);
    assert_eq!(made["copies"][1]["lacks"], serde_json::json!(lacks), "{kind}");
    assert_eq!(made["copies"][1]["read_back"], read_back, "{kind}");
    lane.answer("rotten", 1);
    assert_eq!(lane.answer("repaired", 0)["repaired"][1]["done"], "written", "{kind}");
    lane.answer("attest", 0);
    let left = fs::read_to_string(lane.folder.path("left")).unwrap();
    assert_eq!(left.lines().count(), 3, "{kind}: {left}");
    assert_eq!(lane.answer("all", 0)["verdicts"]["proven"], 2, "{kind}");
    let listed = lane.answer("listed", 0);
    let places = listed["places"].as_array().unwrap().clone();
    let ours = places.iter().find(|place| place["copies"].as_array().unwrap().len() == 1);
    assert!(ours.is_some(), "{kind}: {listed:#}");
    println!("{kind}: made, repaired, attested and listed on a real one");
}

#[test]
fn sticks_with_fat() {
    image("vfat", "mkfs.vfat", &["modes"], "device");
}

#[test]
fn sticks_with_exfat() {
    image("exfat", "mkfs.exfat", &["modes"], "device");
}

#[test]
fn sticks_with_ext4() {
    image("ext4", "mkfs.ext4 -q", &[], "device");
}
