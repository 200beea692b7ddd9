//! Where copies lie: sticks are listed, and copies that one broken disk would take are warned about.

use super::{
    fixture::{Folder, ledger},
    run::{Ran, alone},
};

fn warned(ran: &Ran) -> Vec<&str> {
    let warnings = ran.list("warnings").iter().map(|warning| warning.as_str().unwrap());
    warnings.filter(|warning| warning.contains("would destroy them all")).collect()
}

#[test]
fn copies_on_one_file_system_are_warned_about_once() {
    let made = &ledger().json["warnings"];
    assert!(made.to_string().contains("are on the same file system"), "{made:#}");
    let folder = ledger().copies();
    let repaired = alone().run(&format!("backup repair {}", folder.both())).code(0);
    let warnings = warned(&repaired);
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    for copy in ["a", "b"] {
        assert!(warnings[0].contains(&folder.at(copy)), "{warnings:?}");
    }
    let line = format!(
        "backup repair {} --to {} --signer {}",
        folder.both(),
        folder.at("c"),
        crate::backup::tampered::OWNER
    );
    let all = alone().run(&line).code(0);
    assert_eq!(warned(&all).len(), 1, "three on one are one warning: {:?}", warned(&all));
    assert!(warned(&all)[0].contains(&folder.at("c")));
}

#[test]
fn copies_on_two_file_systems_are_not_warned_about() {
    let (disk, memory) = (Folder::new(), ledger().copies_in(Folder::in_memory()));
    let line = format!(
        "backup repair {} --to {} --signer {}",
        memory.at("a"),
        disk.at("c"),
        crate::backup::tampered::OWNER
    );
    let repaired = alone().run(&line).code(0);
    let id = |folder: &Folder| stockade::store::file_system_id(&folder.path(""));
    assert_eq!(warned(&repaired).is_empty(), id(&disk) != id(&memory), "{:?}", warned(&repaired));
}

#[test]
fn what_is_mounted_is_listed() {
    let listed = alone().run("copy list").code(0);
    for place in listed.list("places") {
        for text in ["dir", "source", "file_system"] {
            assert!(place[text].is_string(), "{place:#}");
        }
        for flag in ["removable", "read_only"] {
            assert!(place[flag].is_boolean(), "{place:#}");
        }
        assert!(place["copies"].is_array() && place["lacks"].is_array(), "{place:#}");
    }
}
