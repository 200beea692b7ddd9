//! A set that was retired does not come back from a copy that was away; and nobody passes a deletion
//! off as that.

use std::{
    fs,
    path::{Path, PathBuf},
    thread::sleep,
    time::Duration,
};

use serde_json::{Value, json};
use stockade::{
    backup::{Digest, SetId, origin::Origin},
    device::Show,
    path::DerivationPath,
};

use super::{
    retire::replaced,
    rot::flip,
    tampered::{OWNER, sha256, sum_again},
};
use crate::command::{
    fixture::{Folder, Nobody, imported, ledger, wallet},
    run::{OTHER_WORDS, Ran, alone, on},
};

/// Three copies; a set of the first two was retired in favour of another, while the third was away.
struct Away {
    folder: Folder,
    old: String,
    new: String,
}

impl Away {
    fn new() -> Self {
        let (folder, old, new) = replaced(0, 4);
        let line = format!("backup repair {} --to {}", folder.both(), folder.at("c"));
        alone().run(&line).code(0);
        fs::remove_dir_all(folder.path("c/stockade").join(&new)).unwrap();
        let line = format!("backup retire {} --set {old} --by {new}", folder.both());
        on("mock-ledger").run(&line).code(0);
        Self { folder, old, new }
    }

    fn run(&self, command: &str, copies: &[&str], options: &str) -> Ran {
        let copies: Vec<_> = copies.iter().map(|copy| self.folder.at(copy)).collect();
        alone().run(&format!("backup {command} {} {options}", copies.join(" ")))
    }

    fn set(&self, copy: &str, set: &str) -> PathBuf {
        self.folder.path(copy).join("stockade").join(set)
    }

    fn note(&self, copy: &str) -> PathBuf {
        self.folder.path(copy).join(format!("stockade/retired/{}.json", self.old))
    }

    fn written(&self, copy: &str) -> Value {
        serde_json::from_slice(&fs::read(self.note(copy)).unwrap()).unwrap()
    }
}

fn rewrite(path: &Path, change: impl FnOnce(&mut Value)) {
    let mut json = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    change(&mut json);
    fs::write(path, json.to_string()).unwrap();
}

/// What was done to a set in each copy.
fn done<'a>(ran: &'a Ran, set: &str) -> Vec<&'a str> {
    let of_set = ran.list("repaired").iter().filter(|one| one["set_id"] == set);
    of_set.map(|one| one["done"].as_str().unwrap()).collect()
}

fn warned(ran: &Ran, word: &str) -> bool {
    ran.list("warnings").iter().any(|warning| warning.as_str().unwrap().contains(word))
}

#[test]
fn retiring_leaves_a_note_in_every_copy() {
    let away = Away::new();
    let manifest = sha256(&fs::read(away.set("c", &away.old).join("manifest.json")).unwrap());
    for copy in ["a", "b"] {
        let note = away.written(copy);
        assert_eq!((&note["set"], &note["by"]), (&json!(away.old), &json!(away.new)));
        assert_eq!(note["manifest"], json!(manifest));
    }
    // The note is no set, and keeps nothing from being whole.
    let scrubbed = away.run("scrub", &["a", "b"], "").code(0);
    assert!(!warned(&scrubbed, "not part of a copy"), "{:#}", scrubbed.json["warnings"]);
    let listed = away.run("list", &["a", "b"], "").code(0);
    assert_eq!(listed.each("retired", "set_id"), [&*away.old; 2]);
    assert_eq!(listed.each("retired", "by"), [&*away.new; 2]);
}

#[test]
fn a_copy_that_was_away_does_not_bring_it_back() {
    let away = Away::new();
    let all = ["a", "b", "c"];
    let repaired = away.run("repair", &all, &format!("--signer {OWNER}")).code(0);
    assert_eq!(done(&repaired, &away.old), ["retired", "retired", "whole"]);
    assert_eq!(done(&repaired, &away.new), ["whole", "whole", "written"]);
    assert!(warned(&repaired, "retired in favour of"), "{:#}", repaired.json["warnings"]);
    for copy in ["a", "b"] {
        assert!(!away.set(copy, &away.old).exists(), "it came back to {copy}");
    }
    assert!(away.set("c", &away.old).exists(), "a repair removes nothing");
    assert_eq!(away.written("c"), away.written("a"), "the note goes where it was not");
    let scrubbed = away.run("scrub", &all, "").code(0);
    assert!(warned(&scrubbed, "retired in favour of"), "{:#}", scrubbed.json["warnings"]);
    // A new copy gets what is left.
    let line = format!("--to {} --signer {OWNER}", away.folder.at("d"));
    let filled = away.run("repair", &all, &line).code(0);
    assert_eq!(done(&filled, &away.old), ["retired", "retired", "whole", "retired"]);
    // Whoever wants it back names it; whoever wants it gone everywhere retires it there too.
    let wanted = format!("--set {} --signer {OWNER}", away.old);
    let back = away.run("repair", &["a", "c"], &wanted).code(0);
    assert_eq!(done(&back, &away.old), ["written", "whole"]);
    let (old, new) = (&away.old, &away.new);
    let dirs: Vec<_> = all.iter().map(|copy| away.folder.at(copy)).collect();
    let line = format!("backup retire {} --set {old} --by {new}", dirs.join(" "));
    on("mock-ledger").run(&line).code(0);
    assert!(all.iter().all(|copy| !away.set(copy, old).exists()));
}

#[test]
fn where_the_other_set_was_retired_too_its_own_note_is_followed() {
    let away = Away::new();
    let (folder, new) = (&away.folder, &away.new);
    let create = "validator create --network hoodi --batch 0 --start 0 --count 4 --recreate";
    let line = format!("{create} --copy {}", folder.both());
    let newest = on("mock-ledger").run(&line).code(0).text("set_id").to_owned();
    let line = format!("backup retire {} --set {new} --by {newest}", folder.both());
    on("mock-ledger").run(&line).code(0);
    let repaired = away.run("repair", &["a", "b", "c"], &format!("--signer {OWNER}")).code(0);
    assert_eq!(done(&repaired, &away.old), ["retired", "retired", "whole"]);
}

/// Has another wallet sign what lies in `set`, and makes the list fit.
fn sign_as_another(set: &Path) {
    let digest = Digest::of(&fs::read(set.join("manifest.json")).unwrap());
    let id: SetId = set.file_name().unwrap().to_str().unwrap().parse().unwrap();
    let statement = Origin::statement(&id, &digest);
    let mut other = wallet("mock-ledger", OTHER_WORDS);
    let path = DerivationPath::check_address();
    let address = other.address(&path, Show::Silently, &mut Nobody).unwrap();
    let signature = other.sign_personal(&path, &statement, &mut Nobody).unwrap();
    let origin = Origin { statement, address, signature };
    fs::write(set.join("origin.json"), origin.to_json().unwrap()).unwrap();
    sum_again(set);
}

/// Somebody deletes a set, and writes a note by which it was retired.
#[test]
fn a_note_counts_only_where_the_other_set_is_whole_ones_own_newer_and_holds_the_keys() {
    type Trick = fn(&Away);
    let tricks: [(&str, Trick); 7] = [
        ("the other set is not there", |away| {
            fs::remove_dir_all(away.set("a", &away.new)).unwrap();
        }),
        ("the other set rotted", |away| {
            flip(&away.set("a", &away.new).join("seal/secret.age"), 99);
        }),
        ("it is about another manifest", |away| {
            rewrite(&away.note("a"), |note| note["manifest"] = json!("a".repeat(64)));
        }),
        ("it is no note", |away| fs::write(away.note("a"), "{").unwrap()),
        ("the other set holds other keys", |away| {
            let others = imported().copies();
            let name = others.sets("a").remove(0);
            fs::rename(others.set("a"), away.set("a", &name)).unwrap();
            rewrite(&away.note("a"), |note| note["by"] = json!(name));
        }),
        ("another signed the other set", |away| sign_as_another(&away.set("a", &away.new))),
        ("it names itself", |away| {
            let old = away.old.clone();
            rewrite(&away.note("a"), |note| note["by"] = json!(old));
        }),
    ];
    for (name, trick) in tricks {
        let away = Away::new();
        // The other note says the same, and is away.
        fs::remove_file(away.note("b")).unwrap();
        trick(&away);
        let scrubbed = away.run("scrub", &["a", "c"], &format!("--signer {OWNER}")).code(1);
        let missing = scrubbed
            .list("keys")
            .iter()
            .filter(|key| key["file"] == json!(away.old) && key["reason"] == "missing");
        assert_eq!(missing.count(), 3, "{name}: {:#}", scrubbed.json);
        assert!(warned(&scrubbed, &away.old), "{name}: {:#}", scrubbed.json["warnings"]);
        let repaired =
            away.run("repair", &["a", "c"], &format!("--set {} --signer {OWNER}", away.old));
        assert_eq!(done(&repaired, &away.old), ["written", "whole"], "{name}");
    }
}

/// An older set may be sealed to somebody who must not open it any more, or to a wallet that is lost.
#[test]
fn an_older_set_replaces_nothing() {
    ledger();
    sleep(Duration::from_millis(1100));
    let (folder, old, new) = replaced(0, 3);
    let manifest = |set: &str| folder.path("b/stockade").join(set).join("manifest.json");
    let created = |set: &str| {
        let json: Value = serde_json::from_slice(&fs::read(manifest(set)).unwrap()).unwrap();
        json["created"].as_str().unwrap().to_owned()
    };
    assert!(created(&old) < created(&new));
    let note = json!({
        "format": "stockade-retired", "version": 1, "set": new, "by": old,
        "manifest": sha256(&fs::read(manifest(&new)).unwrap()), "time": "20261121T000000Z",
    });
    folder.file(&format!("a/stockade/retired/{new}.json"), note.to_string());
    fs::remove_dir_all(folder.path("a/stockade").join(&new)).unwrap();
    let line = format!("backup repair {} --signer {OWNER}", folder.both());
    let scrubbed = alone().run(&format!("backup scrub {}", folder.both())).code(1);
    assert!(warned(&scrubbed, "older"), "{:#}", scrubbed.json["warnings"]);
    let repaired = alone().run(&line).code(0);
    assert_eq!(done(&repaired, &new), ["written", "whole"]);
}
