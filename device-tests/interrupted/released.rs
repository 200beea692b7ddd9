//! Commands that write keys to a folder, killed at every change that they make: no key is outside of the
//! copies before their record says so, and nobody gets the keys elsewhere until somebody says that they
//! are off.

use std::path::Path;

use super::{
    frozen,
    killed::made,
    states::{settled, swept},
};
use crate::command::{
    fixture::{Content, Folder, ledger},
    run::{Stockade, on},
};

/// A command that writes keys to the folder `to`.
struct Release {
    name: &'static str,
    line: fn(&Folder) -> String,
    /// The files that hold key material, or give access to it.
    keys: fn(&Path) -> bool,
    /// How many keys it writes.
    count: usize,
}

fn pubkeys() -> Vec<String> {
    let keys = ledger().json["keys"].as_array().unwrap().iter();
    keys.map(|key| key["pubkey"].as_str().unwrap().to_owned()).collect()
}

fn stockade() -> Stockade {
    on("mock-ledger")
}

const RELEASES: [Release; 4] = [
    Release {
        name: "restore",
        line: |folder| {
            let (copies, to) = (folder.both(), folder.at("to"));
            format!("backup restore {copies} --to {to} --layout plain --never-attested")
        },
        keys: |path| path.extension().is_some_and(|end| end == "json" || end == "txt"),
        count: 3,
    },
    Release {
        name: "split",
        line: |folder| {
            let (copies, to, keys) = (folder.both(), folder.at("to"), pubkeys());
            format!(
                "validator split --copy {copies} --pubkey {} {} --shares 4 --to {to} \
                 --whole-keys-are-off --shares-are-off",
                keys[0], keys[1]
            )
        },
        keys: |path| path.extension().is_some_and(|end| end == "json"),
        count: 2,
    },
    Release {
        name: "deliver web3signer, keystores",
        line: |folder| {
            let (copies, to) = (folder.both(), folder.at("to"));
            format!(
                "deliver web3signer {copies} --dir {to} --type file-keystore --never-attested --no-note"
            )
        },
        keys: |path| path.extension().is_some_and(|end| end != "partial"),
        count: 3,
    },
    Release {
        name: "deliver web3signer, names of secrets",
        line: |folder| {
            let (copies, to) = (folder.both(), folder.at("to"));
            format!(
                "deliver web3signer {copies} --dir {to} --type aws-secret --region eu-west-1 \
                 --secret-name v/{{pubkey}} --never-attested"
            )
        },
        keys: |path| path.extension().is_some_and(|end| end == "yaml"),
        count: 3,
    },
];

/// The keys that the record of one copy speaks of.
fn recorded(state: &Content, copy: &str) -> Vec<String> {
    let below = Path::new(copy).join("stockade/whereabouts");
    let entries = settled(state).into_iter().filter(|(path, _)| path.starts_with(&below));
    let texts = entries.map(|(_, bytes)| String::from_utf8(bytes.unwrap()).unwrap());
    let texts: Vec<_> = texts.collect();
    pubkeys().into_iter().filter(|key| texts.iter().any(|text| text.contains(key))).collect()
}

/// Whether anything outside of the copies holds keys, half written or whole.
fn is_out(state: &Content, is_key: fn(&Path) -> bool) -> bool {
    let outside = |path: &Path| !path.starts_with("a") && !path.starts_with("b");
    state.iter().any(|(path, bytes)| bytes.is_some() && outside(path) && is_key(path))
}

fn survive(release: &Release) {
    let name = release.name;
    let folder = ledger().copies_in(Folder::in_memory());
    let left = frozen::run(&stockade(), &(release.line)(&folder), &folder);
    let mut seen = Vec::new();
    let mut out = 0;
    for (n, state) in left.iter().enumerate() {
        let at = format!("{name}: killed at change {}", n + 1);
        if is_out(state, release.keys) {
            out += 1;
            for copy in ["a", "b"] {
                let keys = recorded(state, copy);
                assert_eq!(keys.len(), release.count, "{at}: copy {copy} knows of {keys:?}");
            }
        }
        // What the record says and what lies outside: each such state is gone on from once.
        let whole = settled(&swept(state, &at));
        let outside = whole.keys().filter(|path| path.starts_with("to")).count();
        let kind = (recorded(state, "a").len(), recorded(state, "b").len(), outside);
        if !seen.contains(&kind) {
            seen.push(kind);
            go_on(release, state, kind.0 + kind.1 > 0, &at);
        }
    }
    println!(
        "{name}: killed at {} changes, {out} with keys outside, {} kinds",
        left.len(),
        seen.len()
    );
    assert!(out > 2 && seen.len() > 2, "{name}: {out} {seen:?}");
}

/// Nobody else gets the keys, and the same command brings them to where they were to go.
fn go_on(release: &Release, state: &Content, is_recorded: bool, at: &str) {
    let folder = made(state).copies_in(Folder::in_memory());
    let (copies, other) = (folder.both(), folder.at("other"));
    let elsewhere = format!(
        "backup restore {copies} --to {other} --layout plain --never-attested --shares-are-off"
    );
    // Shares have a question of their own, which is answered here.
    if is_recorded && release.name != "split" {
        let stopped = stockade().run(&elsewhere).error(3, "input");
        assert!(stopped.message().contains("to@"), "{at}: {}", stopped.message());
        assert!(!stopped.prompted() && !folder.path("other").exists(), "{at}");
    }
    let again = stockade().run(&(release.line)(&folder));
    let full = again.message().contains("already") || again.message().contains("not empty");
    assert!(again.code == 0 || (again.code == 3 && full), "{at}: {:#}", again.json);
    let now = folder.content();
    assert!(is_out(&now, release.keys), "{at}");
    for copy in ["a", "b"] {
        assert_eq!(recorded(&now, copy).len(), release.count, "{at}: {copy}");
    }
}

#[test]
fn restoring_is_recorded_before_a_key_is_outside() {
    survive(&RELEASES[0]);
}

#[test]
fn splitting_is_recorded_before_a_share_is_outside() {
    survive(&RELEASES[1]);
}

#[test]
#[cfg(feature = "cloud")]
fn a_signer_s_keystores_are_recorded_before_they_are_outside() {
    survive(&RELEASES[2]);
}

#[test]
#[cfg(feature = "cloud")]
fn a_signer_s_configurations_are_recorded_before_they_are_outside() {
    survive(&RELEASES[3]);
}
