//! The fuzz targets without a fuzzer: every input of the corpora, and changes of them that are the same
//! in every run. `.ci/fuzz` is the fuzzer.

#[path = "../../fuzz/targets/mod.rs"]
mod targets;

mod mutate;

use std::{
    fs,
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
    time::{Duration, Instant},
};

use targets::{TARGETS, Target};

/// How many changed inputs each target reads, if it is fast: fewer where a run takes longer.
const CHANGED: usize = 2000;

/// The most that one target may take, so that a slow machine does not wait.
const LONGEST: Duration = Duration::from_secs(1);

/// How many failures of a target are listed.
const ENOUGH: usize = 3;

fn corpus(target: &Target) -> Vec<(String, Vec<u8>)> {
    let folder = targets::repository().join("fuzz/corpus").join(target.name);
    let entries = fs::read_dir(&folder);
    let entries = entries.unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut inputs: Vec<_> = entries
        .map(|entry| entry.unwrap())
        .map(|entry| {
            let name = entry.file_name().into_string().unwrap();
            (name, fs::read(entry.path()).unwrap())
        })
        .collect();
    inputs.sort();
    assert!(!inputs.is_empty(), "{}: no input", folder.display());
    inputs
}

/// Runs a target on one input. What it cannot bear is printed as the bytes that repeat it.
fn try_one(target: &Target, name: &str, input: &[u8], failed: &mut Vec<String>) {
    if catch_unwind(AssertUnwindSafe(|| (target.run)(input))).is_err() {
        failed.push(format!("{}: {name}: {}", target.name, hex::encode(input)));
    }
}

/// Reads the corpus and changes of it; says how many.
fn try_target(target: &Target, times: u32, failed: &mut Vec<String>) -> (usize, usize) {
    let seeds = corpus(target);
    let most = failed.len() + ENOUGH;
    targets::take_understood();
    let mut refused = 0;
    for (name, seed) in &seeds {
        try_one(target, name, seed, failed);
        refused += usize::from(targets::take_understood() == 0);
    }
    if refused == seeds.len() {
        failed.push(format!("{}: none of its inputs is understood", target.name));
    }
    let seeds: Vec<_> = seeds.into_iter().map(|(_, seed)| seed).collect();
    let mut mutator = mutate::Mutator::new(target.name);
    let changed = CHANGED * times as usize / target.cost as usize;
    let begun = Instant::now();
    let mut done = 0;
    while done < changed && begun.elapsed() < LONGEST * times && failed.len() < most {
        let input = mutator.changed(&seeds);
        try_one(target, &format!("change {done}"), &input, failed);
        done += 1;
    }
    (seeds.len(), done)
}

#[test]
fn every_target_bears_its_corpus_and_changes_of_it() {
    let times = std::env::var("STOCKADE_FUZZ_TIMES").ok().and_then(|times| times.parse().ok());
    let times = times.unwrap_or(1_u32);
    let only = std::env::var("STOCKADE_FUZZ_TARGET").ok();
    let mut failed = Vec::new();
    let (mut inputs, mut changes) = (0, 0);
    for target in TARGETS.iter().filter(|t| only.as_deref().is_none_or(|only| only == t.name)) {
        let begun = Instant::now();
        let (seeds, done) = try_target(target, times, &mut failed);
        println!("fuzz: {}: {seeds} inputs, {done} changed, {:?}", target.name, begun.elapsed());
        inputs += seeds;
        changes += done;
    }
    println!("fuzz: {} targets, {inputs} inputs, {changes} changed", TARGETS.len());
    assert!(failed.is_empty(), "{} inputs:\n{}", failed.len(), failed.join("\n"));
}

/// What is left of a target that was renamed tries nothing.
#[test]
fn every_corpus_belongs_to_a_target() {
    let folder: PathBuf = targets::repository().join("fuzz/corpus");
    for entry in fs::read_dir(folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(TARGETS.iter().any(|target| target.name == name), "{name}: no such target");
    }
}
