//! The command is killed before and after each request of a move between two clients. The record says
//! then where each key may be, and somebody who looks and says so brings every key to one place.

use std::{
    process::Stdio,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
};

use rustix::process::{Pid, Signal, kill_process};

use super::{
    deliver::pubkeys,
    deliver_from::{epoch_now, kept},
    fixture::{Folder, ledger},
    run::{Ran, on},
};
use crate::cloud::{
    manners::{CLIENTS, Client, Oddity},
    validator_client::{TOKEN, record},
};

fn line(folder: &Folder, old: &Client, new: &Client, more: &str) -> String {
    let (copies, token) = (folder.both(), folder.file("token", TOKEN));
    format!(
        "deliver keymanager {copies} --url {} --token-file {token} --from {} --from-token-file {token} \
         --timeout 20 --no-note --batch-size 2 {more}",
        new.url, old.url
    )
}

/// Runs the command, and kills it at the `fatal`-th moment. Says whether it came to that.
fn killed_at(fatal: usize, folder: &Folder, old: &Client, new: &Client) -> bool {
    let (pid, moment) = (Arc::new(OnceLock::new()), Arc::new(AtomicUsize::new(0)));
    for client in [old, new] {
        let (pid, moment) = (pid.clone(), moment.clone());
        client.watched_by(Box::new(move || {
            if moment.fetch_add(1, Ordering::SeqCst) == fatal {
                kill_process(*pid.wait(), Signal::KILL).unwrap();
            }
        }));
    }
    let line = line(folder, old, new, "");
    let mut command = on("mock-ledger").command(&line.split_whitespace().collect::<Vec<_>>());
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    pid.set(Pid::from_child(&child)).unwrap();
    let output = child.wait_with_output().unwrap();
    [old, new].iter().for_each(|client| client.watched_by(Box::new(|| ())));
    output.status.code().is_none()
}

/// Somebody looks at the old client, and goes on.
fn go_on(folder: &Folder, old: &Client, new: &Client) -> Ran {
    let ran = on("mock-ledger").run(&line(folder, old, new, ""));
    if ran.code == 0 || ran.code == 1 {
        return ran;
    }
    // A key that is not listed, and of which the answer was lost: it is off there, by its disk.
    let there: Vec<_> = pubkeys().into_iter().filter(|key| old.runs().contains(key)).collect();
    assert!(there.len() < 3, "{}", ran.json);
    on("mock-ledger").run(&line(folder, old, new, &format!("--off {}", old.url)))
}

#[test]
fn whenever_it_is_killed_every_key_is_in_one_place_and_gets_to_the_new_one() {
    let mut moments = 0;
    for fatal in 0.. {
        let folder = ledger().copies();
        let keys = pubkeys().into_iter().map(|key| (key.clone(), record(&key, epoch_now() - 1000)));
        let old = Client::new(CLIENTS[3], Oddity::Nothing, &keys.collect::<Vec<_>>());
        let new = Client::new(CLIENTS[2], Oddity::Nothing, &[]);
        let was_killed = killed_at(fatal, &folder, &old, &new);
        for key in pubkeys() {
            let places = [&old, &new].map(|client| client.runs().contains(&key) as usize);
            assert!(places[0] + places[1] <= 1, "moment {fatal}: {key} is at both");
            // What is not where it was is in the record of both copies.
            if places[0] == 0 {
                for copy in ["a", "b"] {
                    let entries = folder.entries(copy);
                    let said = entries
                        .iter()
                        .any(|entry| std::fs::read_to_string(entry).unwrap().contains(&key));
                    assert!(said, "moment {fatal}: copy {copy} does not know of {key}");
                }
            }
        }
        if !was_killed {
            break;
        }
        moments += 1;
        // Nobody else gets what may be at one of the two.
        let (copies, to) = (folder.both(), folder.at("restored"));
        let restore = format!("backup restore {copies} --to {to} --layout plain --never-attested");
        if !folder.entries("a").is_empty() {
            on("mock-ledger").run(&restore).code(3);
        }
        let finished = go_on(&folder, &old, &new);
        assert_eq!(new.runs().len(), 3, "moment {fatal}: {}", finished.json);
        assert!(old.runs().is_empty(), "moment {fatal}");
        assert!(!kept(&folder, "a").is_empty());
    }
    println!("killed at {moments} moments");
    assert!(moments > 20, "{moments}");
}
