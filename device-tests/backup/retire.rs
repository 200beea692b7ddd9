//! Retire: a set goes only when another one was opened just now that holds every key of it.

use std::fs;

use super::{rot::flip, tampered::sum_again};
use crate::command::{
    fixture::{Folder, ledger, trezor},
    run::{OTHER_WORDS, Ran, on},
};

/// Two copies that hold two sets: the one of [`ledger`], and one with the same keys and `more`.
pub(crate) fn replaced(start: u32, count: u32) -> (Folder, String, String) {
    let folder = ledger().copies();
    let old = ledger().json["set_id"].as_str().unwrap().to_owned();
    let line = format!(
        "validator create --network hoodi --batch 0 --start {start} --count {count} --recreate \
         --copy {}",
        folder.both()
    );
    let new = on("mock-ledger").run(&line).code(0).text("set_id").to_owned();
    (folder, old, new)
}

fn retire(folder: &Folder, set: &str, by: &str) -> Ran {
    on("mock-ledger").run(&format!("backup retire {} --set {set} --by {by}", folder.both()))
}

/// A slashing history of the keys of [`ledger`].
pub(crate) fn history() -> String {
    let root = "0x212f13fc4df078b6cb7db228f1c8307566dcecf900867401a92023d7ba99cb5f";
    let keys = ledger().json["keys"].as_array().unwrap().iter();
    let data = keys.map(|key| {
        serde_json::json!({
            "pubkey": format!("0x{}", key["pubkey"].as_str().unwrap()),
            "signed_blocks": [],
            "signed_attestations": [{"source_epoch": "6", "target_epoch": "7"}],
        })
    });
    let data: Vec<_> = data.collect();
    let metadata = serde_json::json!({
        "interchange_format_version": "5", "genesis_validators_root": root,
    });
    serde_json::json!({"metadata": metadata, "data": data}).to_string()
}

#[test]
fn what_another_set_replaces_goes_and_its_history_stays_and_is_carried_over() {
    let (folder, old, new) = replaced(0, 4);
    let (copies, file, to) =
        (folder.both(), folder.file("h.json", history()), folder.at("restored"));
    on("mock-ledger")
        .run(&format!(
            "backup restore {copies} --set {old} --layout plain --to {to} --history {file}"
        ))
        .code(0);
    on("mock-ledger").run(&format!("attest create --copy {copies}")).code(0);
    let retired = retire(&folder, &old, &new).code(0);
    assert_eq!(retired.list("retired").len(), 2);
    assert_eq!(retired.verdicts(), (8, 0, 0));
    for copy in ["a", "b"] {
        assert_eq!(folder.sets(copy), std::slice::from_ref(&new));
        let count = |kind: &str, set: &str| {
            let folder = folder.path(copy).join("stockade").join(kind).join(set);
            fs::read_dir(folder).map_or(0, Iterator::count)
        };
        assert_eq!((count("history", &old), count("attestations", &old)), (1, 1));
        assert_eq!(count("history", &new), 1);
    }
    on("mock-ledger").run(&format!("backup drill {copies}")).code(0);
    retire(&folder, &old, &new).error(3, "input");
}

#[test]
fn a_set_with_a_key_that_the_other_lacks_stays() {
    let (folder, old, new) = replaced(1, 4);
    let before = folder.content();
    let refused = retire(&folder, &old, &new).error(3, "input");
    let first = ledger().json["keys"][0]["pubkey"].as_str().unwrap();
    assert!(refused.message().contains(first), "{}", refused.message());
    assert!(folder.content() == before);
}

#[test]
fn a_set_stays_where_the_other_does_not_open_in_every_copy() {
    let (folder, old, new) = replaced(0, 3);
    let set = folder.path("b").join("stockade").join(&new);
    let keystores = fs::read_dir(set.join("keystores")).unwrap().map(|e| e.unwrap().path());
    let mut keystores: Vec<_> = keystores.collect();
    keystores.sort();
    flip(&keystores[0], 999);
    let before = folder.content();
    let refused = retire(&folder, &old, &new).code(1);
    assert_eq!(refused.verdicts(), (5, 1, 0));
    assert!(refused.list("retired").is_empty());
    assert!(folder.content() == before);
    // Nor where a copy lacks the other one altogether.
    fs::remove_dir_all(&set).unwrap();
    let before = folder.content();
    retire(&folder, &old, &new).code(1);
    assert!(folder.content() == before);
}

#[test]
fn what_is_not_known_for_sure_keeps_a_set() {
    type Damage = fn(&Folder, &std::path::Path);
    let damages: [(&str, Damage); 4] = [
        ("a manifest that somebody shortened", |_, set| {
            let path = set.join("manifest.json");
            let mut json: serde_json::Value =
                serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
            json["keystores"].as_array_mut().unwrap().truncate(1);
            fs::write(path, serde_json::to_vec_pretty(&json).unwrap()).unwrap();
            sum_again(set);
        }),
        ("a manifest that rotted, and the list", |_, set| {
            flip(&set.join("manifest.json"), 900);
            flip(&set.join("SHA256SUMS"), 900);
        }),
        ("somebody's own file in it", |_, set| fs::write(set.join("mine"), "mine").unwrap()),
        ("a stranger's set under its name", |_, set| {
            fs::remove_dir_all(set).unwrap();
            let strange = trezor().copies();
            fs::rename(strange.set("a"), set).unwrap();
        }),
    ];
    for (name, damage) in damages {
        for copies in [&["b"][..], &["a", "b"]] {
            let (folder, old, new) = replaced(0, 3);
            for copy in copies {
                damage(&folder, &folder.path(copy).join("stockade").join(&old));
            }
            let before = folder.content();
            retire(&folder, &old, &new).error(3, "input");
            assert!(folder.content() == before, "{name} in {copies:?}: something was removed");
        }
    }
}

#[test]
fn the_wrong_wallet_the_wrong_set_and_a_no_remove_nothing() {
    let (folder, old, new) = replaced(0, 3);
    let before = folder.content();
    let line = format!("backup retire {} --set {old} --by {new}", folder.both());
    let other = on("mock-trezor").holding(OTHER_WORDS).run(&line).error(3, "input");
    assert!(!other.prompted(), "{}", other.stderr);
    on("mock-ledger").rejecting().run(&line).error(5, "rejected");
    retire(&folder, &old, &old).error(3, "input");
    retire(&folder, &old, "20261120-hoodi-00000000").error(3, "input");
    retire(&folder, "20261120-hoodi-00000000", &new).error(3, "input");
    assert!(folder.content() == before);
}
