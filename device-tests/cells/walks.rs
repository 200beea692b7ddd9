//! What the walks show, and what is tried besides: every client to every other, remote keys, Prysm's
//! database.

use std::collections::BTreeMap;

use serde_json::Value;
use stockade::bls::PublicKey;

use super::{
    W3S, cells,
    mover::{Said, World},
    walk::{NEW, OLD, THIRD, all, keys},
};
use crate::{
    cloud::{
        client::{Client, Oddity},
        manners::{CLIENTS, Manners, named},
        validator_client::record,
    },
    command::deliver_from::epoch_now,
};

fn require_none(wrong: &[String]) {
    let mut wrong = wrong.to_vec();
    wrong.sort();
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn in_every_cell_each_key_is_in_one_place_and_what_is_said_of_it_is_so() {
    let all = all();
    let wrong: Vec<_> = all.iter().flat_map(|(_, shown)| &shown.wrong).cloned().collect();
    let mut ways = BTreeMap::new();
    all.iter().for_each(|(_, shown)| *ways.entry(shown.finished).or_insert(0) += 1);
    println!("{} walks of 3 keys; runs after all was mended: {ways:?}", all.len());
    require_none(&wrong);
    // A table in which nothing ever arrives would prove nothing.
    let arrived = all.iter().filter(|(_, shown)| shown.finished.is_some()).count();
    assert!(arrived * 10 > all.len() * 9, "{arrived} of {}", all.len());
}

#[test]
fn every_cell_is_reached_by_a_walk() {
    let mut reached = BTreeMap::new();
    for (walk, shown) in all() {
        *reached.entry(walk.cell.title()).or_insert(0) += shown.given;
    }
    let titles = cells().filter(|cell| !cell.remote).count();
    assert_eq!(reached.len(), titles, "two cells have one name");
    let unused: Vec<_> = reached.into_iter().filter(|(_, given)| *given == 0).collect();
    require_none(&unused.into_iter().map(|(title, _)| title).collect::<Vec<_>>());
}

/// Keys that a client signs with by another's help: told twice, and never anybody else's as well.
#[test]
fn in_every_cell_of_remote_keys_what_is_said_of_them_is_so() {
    let signer = "https://signer.example:9000";
    let mut wrong = Vec::new();
    for cell in cells().filter(|cell| cell.remote) {
        let keys = keys();
        let held: Vec<_> = keys.iter().map(|key| (key.to_string(), Value::Null)).collect();
        let held = if cell.oddity == Oddity::Remote { held } else { Vec::new() };
        let new = Client::new(named(cell.of.client), cell.oddity, &held);
        if let Some(forced) = cell.forced {
            new.force(forced);
        }
        let nobody = || Client::new(named("Lighthouse"), Oddity::Nothing, &[]);
        let mut world = World::new(&keys, vec![nobody(), new, nobody()], None);
        let mut wrong_in = |what: String| wrong.push(format!("{}: {what}", cell.title()));
        for run in 0..2 {
            let ended = world.register(NEW, signer);
            let inside = world.clients[NEW].inside();
            let right = |key: &PublicKey| {
                inside.remote.get(&key.to_string()).is_some_and(|url| url == signer)
            };
            for (key, word) in &ended.keys {
                if matches!(*word, "listed" | "imported" | "duplicate") && !right(key) {
                    wrong_in(format!("run {run}: {key} {word}"));
                }
            }
            if (ended.code == 0) != keys.iter().all(right) {
                wrong_in(format!("run {run}: exit code {}: {}", ended.code, ended.text));
            }
            drop(inside);
            world.wrong_in_the_record(true).into_iter().for_each(&mut wrong_in);
        }
        // A client that signs by another's help gives nothing to a third.
        let ended = world.deliver(Some(NEW), THIRD, &Said::default());
        if ended.code == 0 || keys.iter().any(|key| world.places(key).contains(&THIRD)) {
            wrong_in(format!("to a third client: {}", ended.text));
        }
        // Web3signer has no list of remote keys, and so is not asked to add any.
        let given = world.clients[NEW].inside().given;
        if (given == 0) != (cell.of == W3S) {
            wrong_in(format!("{given} of its answers were given"));
        }
    }
    require_none(&wrong);
}

/// Keys that signed, at the client that `first` makes of them, and the `others` without any.
fn held_by(
    first: impl Fn(&[(String, Value)]) -> Client,
    others: impl IntoIterator<Item = Manners>,
) -> World {
    let (keys, epoch) = (keys(), epoch_now() - 1000);
    let held = keys.iter().map(|key| (key.to_string(), record(&key.to_string(), epoch)));
    let others = others.into_iter().map(|manners| Client::new(manners, Oddity::Nothing, &[]));
    let clients = [first(&held.collect::<Vec<_>>())].into_iter().chain(others);
    World::new(&keys, clients.collect(), Some(epoch))
}

/// To another one of its kind too, and twice: the second run changes nothing.
#[test]
fn every_client_gives_its_keys_to_every_other() {
    for (from, to) in CLIENTS.iter().flat_map(|from| CLIENTS.iter().map(move |to| (from, to))) {
        let mut world = held_by(|held| Client::new(*from, Oddity::Nothing, held), [*to]);
        let what = format!("{} to {}", from.name, to.name);
        for word in ["imported", "listed"] {
            let ended = world.deliver(Some(OLD), NEW, &Said::default());
            assert_eq!(ended.code, 0, "{what}: {}", ended.text);
            assert!(ended.keys.iter().all(|(_, said)| *said == word), "{what}: {:?}", ended.keys);
            world.clients.iter().for_each(Client::restart);
            for key in &world.keys {
                assert_eq!(world.places(key), [NEW], "{what}");
                assert_eq!(world.bound_at(NEW, key), Some(epoch_now() - 1000), "{what}");
            }
        }
    }
}

/// Histories that go through clients with and without roots are put together so that Prysm's database
/// finds no vote in them twice.
#[test]
fn keys_that_go_from_prysm_to_others_and_back_are_not_stopped() {
    let bolt = |held: &[_]| Client::new(named("Prysm"), Oddity::Bolt, held);
    let mut world = held_by(bolt, []);
    world.clients.extend([Client::new(named("Prysm"), Oddity::Minimal, &[]), bolt(&[])]);
    // A vote with its root: it comes back without one, and goes on with what the copies keep.
    assert!(world.sign().is_empty());
    for (from, to) in [(0, 1), (1, 2), (2, 1), (1, 0)] {
        let ended = world.deliver(Some(from), to, &Said::default());
        assert_eq!(ended.code, 0, "{from} to {to}: {}", ended.text);
        // Without a start in between it has no history to give.
        world.clients[to].restart();
        for client in &world.clients {
            assert!(client.inside().stopped.is_empty(), "{from} to {to}");
        }
    }
}
