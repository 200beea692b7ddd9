//! A key may lie in several sets: whoever restores one is told of the others.

use std::fs;

use super::{
    fixture::{Folder, ledger},
    run::{Ran, on},
};
use crate::backup::retire::replaced;

fn restore(folder: &Folder, set: &str) -> Ran {
    let to = folder.at(&format!("restored-{set}"));
    let copies = folder.both();
    let options = "--layout plain --never-attested";
    on("mock-ledger").run(&format!("backup restore {copies} --set {set} --to {to} {options}"))
}

#[test]
fn other_sets_with_some_of_the_keys_are_named() {
    let (folder, old, new) = replaced(1, 4);
    for (set, other, keys) in [(&old, &new, 2), (&new, &old, 2)] {
        let restored = restore(&folder, set).code(0);
        let others = restored.list("other_sets");
        assert_eq!(others.len(), 1, "once, though it lies in two copies");
        assert_eq!(
            (&others[0]["set_id"], &others[0]["keys"]),
            (&other.as_str().into(), &keys.into())
        );
        assert!(others[0]["created"].is_string());
        assert!(restored.stderr.contains(other.as_str()), "{}", restored.stderr);
        [&old, &new].iter().for_each(|set| folder.forget(set));
    }
    // Before anything is asked for: whoever meant the other one need not press.
    let (both, to) = (folder.both(), folder.at("x"));
    let line = format!("backup restore {both} --set {old} --layout plain --to {to}");
    let unanswered = on("mock-ledger").run(&line).error(2, "usage");
    assert!(unanswered.stderr.contains(&new), "{}", unanswered.stderr);
}

#[test]
fn a_set_without_any_of_the_keys_is_no_other_one_and_an_unreadable_one_may_be() {
    let folder = ledger().copies();
    let set = folder.sets("a").remove(0);
    let copies = folder.both();
    let line = format!("validator create --network hoodi --count 1 --copy {copies}");
    let next = on("mock-ledger").run(&line).code(0).text("set_id").to_owned();
    let restored = restore(&folder, &set).code(0);
    assert!(restored.list("other_sets").is_empty(), "{:#}", restored.json);
    assert!(!restored.stderr.contains(&next), "{}", restored.stderr);
    for copy in ["a", "b"] {
        let manifest = folder.path(copy).join("stockade").join(&next).join("manifest.json");
        fs::write(manifest, "{").unwrap();
    }
    fs::remove_dir_all(folder.path(&format!("restored-{set}"))).unwrap();
    let restored = restore(&folder, &set).code(0);
    let others = restored.list("other_sets");
    assert_eq!((others.len(), &others[0]["set_id"]), (1, &next.as_str().into()));
    assert!(others[0]["keys"].is_null(), "{:#}", restored.json);
    assert!(restored.stderr.contains("cannot be read"), "{}", restored.stderr);
}
