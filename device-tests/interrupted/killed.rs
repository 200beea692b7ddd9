//! Killed at every change: what is left is the old state or the new, and the next run works.

use std::{collections::BTreeSet, path::PathBuf};

use super::{
    frozen,
    jobs::{self, Job},
    states,
};
use crate::{
    backup::tampered::OWNER,
    command::{
        fixture::{Content, Folder, Made},
        run::{alone, on},
    },
};

/// Holds `job` to what must be so wherever it is killed; gives the number of places.
pub(super) fn survive(job: &Job) -> usize {
    let frozen = job.afresh();
    let before = frozen.folder.content();
    let left = frozen::run(&frozen.stockade, &frozen.line, &frozen.folder);
    let after = left.last().unwrap().clone();
    let mut recovered = BTreeSet::new();
    for (n, state) in left.iter().enumerate() {
        let at = format!("{}: killed at change {}", job.name, n + 1);
        states::require_whole(state, &before, &after, &at);
        let swept = states::swept(state, &at);
        states::require_whole(&swept, &before, &after, &at);
        recovered.insert(states::settled(&swept));
    }
    let places = left.len() - 1;
    println!("{}: killed at {places} places, {} states left", job.name, recovered.len());
    // Copies come one after another, each in a few steps: not in as many as there are files.
    assert!(recovered.len() <= 10, "{}: {}", job.name, recovered.len());
    for (i, state) in recovered.iter().enumerate() {
        go_on(&job.at(&made(state)), &format!("{}: {i}", job.name));
    }
    places
}

/// The files of `content`, and the folders that they lie in.
pub(super) fn made(content: &Content) -> Made {
    let mut whole = content.clone();
    for path in content.keys() {
        for folder in path.ancestors().skip(1).filter(|folder| !folder.as_os_str().is_empty()) {
            whole.insert(folder.to_owned(), None);
        }
    }
    Made::from_content(whole)
}

/// Runs the command again, as its user does, and repairs what only one copy has.
pub(super) fn go_on(job: &Job, at: &str) {
    let keys = keys(&job.folder);
    let again = job.stockade.run(&job.again);
    let creates = job.again.starts_with("validator create");
    match again.code {
        0 | 1 => {}
        // The key is in a set already, or the folder is full already: nothing is done twice.
        3 => {
            let message = again.message();
            assert!(
                message.contains("already") || message.contains("not empty"),
                "{at}: {message}"
            );
        }
        code => panic!("{at}: {code} {:#}", again.json),
    }
    if states::copies(&job.folder).len() > 1 {
        let copies: Vec<_> = states::copies(&job.folder)
            .iter()
            .map(|copy| copy.dir().display().to_string())
            .collect();
        alone().run(&format!("backup repair {} --signer {OWNER}", copies.join(" "))).code(0);
    }
    states::require_proven(&job.folder, at);
    let more = usize::from(creates || keys == 0);
    states::require_each_key_once(&job.folder, keys + more, at);
}

/// How many keys the copies hold.
fn keys(folder: &Folder) -> usize {
    let sets = stockade::backup::list(&states::copies(folder)).unwrap();
    let keys = sets.iter().flat_map(|set| set.keystores()).map(|entry| entry.pubkey);
    keys.collect::<BTreeSet<_>>().len()
}

#[test]
fn making_the_first_keys() {
    assert!(survive(&jobs::create_first()) > 70);
}

#[test]
fn making_more_keys() {
    assert!(survive(&jobs::create_more()) > 60);
}

#[test]
fn backing_up_keystores() {
    assert!(survive(&jobs::import()) > 70);
}

#[test]
fn repairing() {
    assert!(survive(&jobs::repair()) > 120);
}

#[test]
fn restoring() {
    assert!(survive(&jobs::restore()) > 10);
}

#[test]
fn attesting() {
    assert!(survive(&jobs::attest()) > 10);
}

#[test]
fn sealing_exits() {
    let job = jobs::seal_exits();
    assert!(survive(&job) > 20);
}

#[test]
fn retiring() {
    let (job, old, new) = jobs::retire();
    let frozen = job.afresh();
    let before = frozen.folder.content();
    let left = frozen::run(&frozen.stockade, &frozen.line, &frozen.folder);
    let after = left.last().unwrap().clone();
    let mut recovered = BTreeSet::new();
    for (n, state) in left.iter().enumerate() {
        let at = format!("retire: killed at change {}", n + 1);
        states::require_whole(state, &before, &after, &at);
        let swept = states::swept(state, &at);
        states::require_whole(&swept, &before, &after, &at);
        for copy in ["a", "b"] {
            let below = |path: &str| {
                let folder = format!("{copy}/stockade/{path}");
                settled_paths(&swept).any(|path| path.starts_with(&folder))
            };
            assert!(below(&new) && below(&format!("history/{old}")), "{at}: {copy}");
            // What is known of its keys is beside the other set before it goes.
            assert!(below(&old) || below(&format!("history/{new}")), "{at}: {copy}");
        }
        recovered.insert(states::settled(&swept));
    }
    println!("retire: killed at {} places, {} states left", left.len() - 1, recovered.len());
    assert!(left.len() > 10 && recovered.len() > 2);
    for state in &recovered {
        let job = job.at(&made(state));
        let again = job.stockade.run(&job.again);
        assert!(again.code == 0 || again.message().contains("no set found"), "{:#}", again.json);
        assert_eq!(
            (job.folder.sets("a"), job.folder.sets("b")),
            (vec![new.clone()], vec![new.clone()])
        );
        on("mock-ledger").run(&format!("backup drill {}", job.folder.both())).code(0);
    }
}

fn settled_paths(content: &Content) -> impl Iterator<Item = PathBuf> {
    states::settled(content).into_keys()
}

#[test]
fn a_process_that_is_really_killed_leaves_the_same() {
    let mut killed = 0;
    for (job, places) in [(jobs::create_first(), [2, 9, 40, 60]), (jobs::repair(), [3, 30, 50, 70])]
    {
        for n in places {
            let at = format!("{}: killed at change {n}", job.name);
            let job = job.afresh();
            let before = job.folder.content();
            frozen::kill(&job.stockade, &job.line, n);
            states::require_whole(&job.folder.content(), &before, &before, &at);
            go_on(&job, &at);
            killed += 1;
        }
    }
    println!("{killed} processes killed");
}
