//! What must hold of copies whenever a command ends.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use stockade::backup::{
    Copy, ManifestCache,
    inspect::Inspection,
    list,
    origin::Pins,
    scrub,
    verdict::{Reason, Report},
};

use crate::command::fixture::{Content, Folder, Made};

/// What is looked at: the copies and where keys were restored to.
const PLACES: [&str; 4] = ["a", "b", "c", "empty"];

/// A state without what is no part of it: leftovers of a write, and folders with nothing in them.
pub(super) fn settled(content: &Content) -> Content {
    let leftover = |path: &PathBuf| {
        let mut names = path.iter().map(|name| name.to_string_lossy().into_owned());
        names.any(|name| name.starts_with('.') && name.ends_with(".partial"))
    };
    let files = content.iter().filter(|(path, bytes)| bytes.is_some() && !leftover(path));
    files.map(|(path, bytes)| (path.clone(), bytes.clone())).collect()
}

/// The same without the ids of copies, which each run of a command makes anew.
pub(super) fn comparable(content: &Content) -> Content {
    let mut settled = settled(content);
    for (_, bytes) in settled.iter_mut().filter(|(path, _)| path.ends_with("copy.json")) {
        *bytes = None;
    }
    settled
}

/// The copies that are there.
pub(super) fn copies(folder: &Folder) -> Vec<Copy> {
    let open = |name: &&str| Copy::open(&folder.path(name)).ok();
    ["a", "b", "c"].iter().filter_map(open).collect()
}

/// The verdicts of a scrub, where there is a set.
pub(super) fn scrub(copies: &[Copy]) -> Option<Report> {
    let scrubbed = scrub::read(copies, None, &mut ()).ok()?;
    Some(scrubbed.report(copies, &Pins::default()))
}

/// Makes sure that every set in every copy is whole, but for files that `before` had damaged as
/// well; and that a folder that was restored to is empty or full.
pub(super) fn require_whole(content: &Content, before: &Content, after: &Content, at: &str) {
    let folder = Made::from_content(content.clone()).copies_in(Folder::in_memory());
    for copy in copies(&folder) {
        for set in copy.set_ids().unwrap().0 {
            let inspection = Inspection::read(&copy, &set, &mut ManifestCache::default());
            let root = copy.dir().strip_prefix(folder.path("")).unwrap();
            let root = root.join("stockade").join(set.as_str());
            for (file, reason) in &inspection.damage {
                let path = root.join(file);
                // Stepped aside for the moment, it is what it was too.
                let aside = path.to_string_lossy().replace(set.as_str(), &format!(".{set}.old"));
                let there = content.get(&path).or(content.get(Path::new(&aside)));
                let was_so = before.get(&path).is_some_and(|old| there == Some(old));
                assert!(was_so, "{at}: {} is {reason:?}", path.display());
            }
            assert!(inspection.unlisted.is_empty(), "{at}: {:?}", inspection.unlisted);
            assert!(inspection.manifest.is_some() && inspection.signer.is_some(), "{at}");
        }
    }
    let restored = |content: &Content| {
        let below = settled(content).into_keys().filter(|path| path.starts_with("empty"));
        below.collect::<BTreeSet<_>>()
    };
    let there = restored(content);
    assert!(there.is_empty() || there == restored(after), "{at}: {there:?}");
}

/// Locks every copy, as the next command that writes does, and gives what lies there then.
pub(super) fn swept(content: &Content, at: &str) -> Content {
    let folder = Made::from_content(content.clone()).copies_in(Folder::in_memory());
    for copy in copies(&folder) {
        copy.lock().unwrap();
    }
    let content = folder.content();
    let hidden = |path: &PathBuf| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let rooms = ["attestations", "history", "exits", "retired"];
        let nested = path.iter().any(|name| rooms.iter().any(|room| name == *room));
        let restored = path.starts_with("empty") || path.parent() == Some("".as_ref());
        name.starts_with('.') && !nested && !restored && name != ".copy.json.partial"
    };
    let left: Vec<_> = content.keys().filter(|path| hidden(path)).collect();
    assert!(left.is_empty(), "{at}: {left:?}");
    content
}

/// Makes sure that all copies together hold every key once.
pub(super) fn require_each_key_once(folder: &Folder, keys: usize, at: &str) {
    let copies = copies(folder);
    let mut held = BTreeSet::new();
    let mut indices = BTreeSet::new();
    for set in list(&copies).unwrap() {
        for entry in set.keystores() {
            held.insert((entry.pubkey, set.id.clone()));
            indices.insert(entry.path.clone());
        }
    }
    assert_eq!(held.len(), keys, "{at}: {held:?}");
    assert_eq!(indices.len(), keys, "{at}: a key was made twice: {indices:?}");
}

/// Makes sure that a scrub calls everything whole.
pub(super) fn require_proven(folder: &Folder, at: &str) {
    let copies = copies(folder);
    let report = scrub(&copies).unwrap();
    let bad: Vec<_> = report.keys.iter().filter(|key| key.reason != Reason::Ok).collect();
    assert!(report.all_proven(), "{at}: {bad:?} {:?}", report.files);
    assert!(report.warnings.is_empty(), "{at}: {:?}", report.warnings);
    let strange = |name: &str| !PLACES.contains(&name) && name != "keystores.password";
    let beside: Vec<_> = fs::read_dir(folder.path("")).unwrap().collect();
    for entry in beside {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(!strange(&name), "{at}: {name}");
    }
}
