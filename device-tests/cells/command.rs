//! The command itself in some of the cells, held to what the walk does with the library's parts.

use std::collections::BTreeSet;

use serde_json::Value;
use stockade::bls::PublicKey;

use super::{
    cells,
    mover::{Said, World},
    walk::{NEW, OLD, Walk, Way, clients},
};
use crate::{
    cloud::{client::Client, validator_client::TOKEN},
    command::{
        deliver::pubkeys,
        deliver_from::epoch_now,
        fixture::{Folder, ledger},
        run::{Ran, on},
    },
};

/// Cells that end in every other way: what is said of the keys, and by which exit code.
const TRIED: [(&str, Way); 9] = [
    ("(doppelganger detection): import", Way::To),
    ("any client  read: import: 500, taken later", Way::To),
    ("any client  read: import: error, and taken", Way::To),
    ("Prysm 7.1.1 2026-07-01 run: 3 another chain", Way::To),
    ("(--validator-keys): list", Way::From),
    ("(key files with relative paths, and a file-raw key): delete", Way::From),
    ("any client  read: removal: deleted, the text null", Way::From),
    ("any client  read: list 2: 500", Way::From),
    ("any client  read: 401 from request 9 on", Way::From),
];

fn command(folder: &Folder, old: &Client, new: &Client) -> Ran {
    let (copies, token) = (folder.both(), folder.file("token", TOKEN));
    on("mock-ledger").run(&format!(
        "deliver keymanager {copies} --url {} --token-file {token} --from {} --from-token-file \
         {token} --timeout 20 --no-note --batch-size 2",
        new.url, old.url
    ))
}

/// How it ended, and what is said of each key.
fn of_command(ran: &Ran) -> (i32, Vec<String>) {
    let keys = ran.json["keys"].as_array().into_iter().flatten();
    let words = keys.map(|key| key["status"].as_str().unwrap().to_owned());
    (ran.code.min(2), words.collect())
}

#[test]
fn the_command_says_what_the_walk_says() {
    let keys: Vec<PublicKey> = pubkeys().iter().map(|key| key.parse().unwrap()).collect();
    for (title, way) in TRIED {
        let mut found = cells().filter(|cell| cell.title().ends_with(title));
        let cell = found.next().unwrap_or_else(|| panic!("no cell {title}"));
        assert!(found.next().is_none(), "several cells {title}");
        let walk = Walk { cell, way, times: usize::MAX };
        let [ours, theirs] = [clients(walk, &keys), clients(walk, &keys)];
        let mut world = World::new(&keys, ours.into(), Some(epoch_now() - 1000));
        let folder = ledger().copies();
        let mut nowhere = BTreeSet::new();
        for run in 0..2 {
            let ended = world.deliver(Some(OLD), NEW, &Said::default());
            let ran = command(&folder, &theirs[OLD], &theirs[NEW]);
            let words = ended.keys.iter().map(|(_, word)| (*word).to_owned()).collect();
            let what = format!("{title}, run {run}: {}\n{}{}", ended.text, ran.stdout, ran.stderr);
            assert_eq!(of_command(&ran), (ended.code.min(2), words), "{what}");
            // Both left the same behind.
            for at in [OLD, NEW] {
                let [ours, theirs] = [&world.clients[at], &theirs[at]].map(Client::runs);
                assert_eq!(ours, theirs, "{what}");
            }
            require_said(&ran, &theirs, &mut nowhere, &what);
        }
    }
}

/// Of a key that runs nowhere since this run that is said, in words too.
fn require_said(ran: &Ran, clients: &[Client], nowhere: &mut BTreeSet<String>, what: &str) {
    for key in pubkeys() {
        let runs = clients.iter().any(|client| client.inside().can_sign(&key));
        if runs || !nowhere.insert(key.clone()) {
            continue;
        }
        assert_ne!(ran.code, 0, "{what}");
        let said = [
            "NOWHERE",
            "nowhere now",
            "is not known",
            "NOT KNOWN",
            "CANNOT TELL",
            "are not listed at",
            "does not list",
        ];
        let text = match &ran.json["error"]["message"] {
            Value::String(message) => message.clone(),
            _ => ran.json.to_string(),
        };
        let words = ["accepted", "unknown", "nowhere"];
        let is_said = said.iter().chain(&words).any(|said| text.contains(said));
        assert!(is_said, "nobody says of {key} that it runs nowhere: {what}");
    }
}
