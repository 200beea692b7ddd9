//! A full, broken or read-only disk, from any change on: the old state stays, and the error names
//! the file.

use std::collections::BTreeMap;

use super::{
    frozen,
    jobs::{self, Job},
    killed, states,
};
use crate::command::fixture::Content;

const HOW: [&str; 3] = ["eio", "enospc", "erofs"];

/// Lets the change number `n` of `job` fail; gives the state that it leaves.
fn fail(job: &Job, n: usize, how: &str, after: &Content) -> Content {
    let at = format!("{}: {how} at change {n}", job.name);
    let job = job.afresh();
    let before = job.folder.content();
    let failing = job.stockade.clone().with("STOCKADE_FAIL_AT", format!("{n}:{how}"));
    let ran = failing.run(&job.line);
    match ran.code {
        // What failed was clearing away what nobody needs any more.
        0 => {}
        // Another copy was written to all the same.
        1 if ran.json["failed"].is_null() => {
            // One copy does not know where the keys went.
            assert_eq!(ran.list("unrecorded").len(), 1, "{at}: {:#}", ran.json);
        }
        1 => {
            let failed = ran.list("failed");
            assert!(!failed.is_empty(), "{at}: {:#}", ran.json);
            for one in failed {
                let message = one["message"].as_str().unwrap();
                assert!(message.contains(job.folder.at("").trim_end_matches('/')), "{at}: {one}");
                assert!(one["hint"].is_string(), "{at}: {one}");
            }
        }
        _ => {
            assert_eq!((ran.code, ran.json["error"]["kind"].as_str()), (3, Some("file")), "{at}");
            assert!(
                ran.message().contains(job.folder.at("").trim_end_matches('/')),
                "{at}: {}",
                ran.message()
            );
            assert!(ran.json["error"]["hint"].is_string(), "{at}: {:#}", ran.json);
        }
    }
    let left = job.folder.content();
    states::require_whole(&left, &before, after, &at);
    let partial = |path: &std::path::Path| path.to_string_lossy().contains(".partial");
    let removable = how != "erofs" && ran.code != 0;
    let stays: Vec<_> = left.keys().filter(|path| removable && partial(path)).collect();
    // A swap that may not outlast a power cut keeps what it replaced.
    let swapped = job.replaces_a_folder()
        && (ran.message().ends_with("stockade: Input/output error (os error 5)")
            || ran.message().ends_with("stockade: No space left on device (os error 28)"));
    assert!(stays.is_empty() || swapped, "{at}: {stays:?} {}", ran.message());
    left
}

/// Lets each change of `job` fail, or `only` these, one way after another.
fn hinder(job: &Job, only: Option<&[usize]>) -> usize {
    let frozen = job.afresh();
    let mut states = frozen::run(&frozen.stockade, &frozen.line, &frozen.folder);
    let after = states.pop().unwrap();
    let all: Vec<_> = (1..=states.len()).collect();
    let mut tried = 0;
    let mut left = BTreeMap::new();
    for (i, n) in only.unwrap_or(&all).iter().copied().enumerate() {
        let state = fail(job, n, HOW[i % 3], &after);
        left.insert(states::comparable(&state), states::settled(&state));
        tried += 1;
    }
    println!("{}: {tried} changes failed, {} states left", job.name, left.len());
    for (i, state) in left.values().enumerate() {
        killed::go_on(&job.at(&killed::made(state)), &format!("{}: failed, {i}", job.name));
    }
    tried
}

#[test]
fn every_change_of_a_repair_and_of_an_attestation() {
    for job in [jobs::repair(), jobs::attest()] {
        assert!(hinder(&job, None) >= 20);
    }
}

#[test]
fn changes_here_and_there_of_what_makes_and_restores_keys() {
    hinder(&jobs::create_first(), Some(&[1, 5, 8, 20, 52, 60]));
    hinder(&jobs::restore(), Some(&[2, 6, 21, 22]));
}
