//! No file uses another that uses it, by whatever way; and the rooms of a module keep their order.

use std::fs;

use super::{
    Breach,
    graph::Graph,
    order::{place, read},
    planted, require_none,
    source::{self, Source, root},
};

const PACKAGES: [&str; 7] = ["base", "keystore", "wallet", "stockade", "paper", "services", "cli"];

fn circles(sources: &[Source]) -> Vec<Breach> {
    Graph::of(sources).circles().iter().map(|files| files.join("\n  uses ")).collect()
}

/// Imports within `backup` that run against the order of its rooms.
fn against_rooms(sources: &[Source], order: &[Vec<String>]) -> Vec<Breach> {
    let room = |path: &str| {
        let below = path.strip_prefix("src/stockade/backup/")?;
        place(order, below.split_once('/')?.0)
    };
    let uses = Graph::of(sources).uses;
    let pairs =
        uses.iter().flat_map(|(file, others)| others.iter().map(move |other| (file, other)));
    let upward = pairs.filter(|(file, other)| {
        matches!((room(file), room(other)), (Some(own), Some(theirs)) if own < theirs)
    });
    upward.map(|(file, other)| format!("{file} uses {other}")).collect()
}

fn rooms() -> Vec<Vec<String>> {
    let text = fs::read_to_string(root().join("docs/architecture.md")).unwrap();
    read(&text, "room")
}

#[test]
fn no_files_use_each_other_in_a_circle() {
    let circles: Vec<_> = PACKAGES
        .iter()
        .flat_map(|package| circles(&source::all(&[&format!("src/{package}")])))
        .collect();
    require_none("files that use each other cannot be read one after the other", &circles);
}

#[test]
fn the_rooms_of_backup_keep_their_order() {
    let sources = source::all(&["src/stockade"]);
    let order = rooms();
    let named: Vec<_> = order.concat();
    for entry in fs::read_dir(root().join("src/stockade/backup")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(name == "mod.rs" || named.contains(&name), "{name} is not a room in the table");
    }
    let breaches = against_rooms(&sources, &order);
    require_none("the table of rooms in docs/architecture.md says which may use which", &breaches);
}

#[test]
fn a_circle_is_caught_however_long_and_through_re_exports() {
    let files = |texts: &[(&str, &str)]| -> Vec<Source> {
        texts.iter().map(|(path, text)| planted(path, text)).collect()
    };
    let found = |texts: &[(&str, &str)]| circles(&files(texts)).len();
    assert_eq!(
        found(&[
            ("src/a/lib.rs", "mod one; mod two; mod three;"),
            ("src/a/one.rs", "use crate::two::X;"),
            ("src/a/two.rs", "fn f() { super::three::g() }"),
            ("src/a/three/mod.rs", "mod inner; pub use inner::g;"),
            ("src/a/three/inner.rs", "use crate::one::Y; fn g() {}"),
        ]),
        1
    );
    // A module and the files in its folder belong together.
    assert_eq!(
        found(&[
            ("src/a/lib.rs", "mod one;"),
            ("src/a/one/mod.rs", "mod inner; use inner::X; struct Y;"),
            ("src/a/one/inner.rs", "use super::Y; struct X;"),
        ]),
        0
    );
}

#[test]
fn a_room_that_uses_a_higher_one_is_caught() {
    let sources = [
        planted("src/stockade/backup/set/digest.rs", "use crate::backup::ops::drill;"),
        planted("src/stockade/backup/ops/drill.rs", "use crate::backup::set::digest;"),
    ];
    assert_eq!(against_rooms(&sources, &rooms()).len(), 1);
}
