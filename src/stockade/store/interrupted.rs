//! Tests what is left of a write that is interrupted at each of its changes, on a file system with
//! all features and on one with the rules of exFAT.

use std::{collections::BTreeMap, fs, path::Path};

use super::{
    Directory, NewFile, Store, StoreError, StorePath,
    failpoint::{self, How},
};

pub(super) type Content = BTreeMap<String, Vec<u8>>;

fn file(path: &str, bytes: &[u8]) -> NewFile {
    NewFile { path: path.parse().unwrap(), bytes: bytes.to_vec() }
}

fn old() -> Vec<NewFile> {
    vec![file("a", b"old a"), file("sub/b", b"old b"), file("c", b"only in the old one")]
}

fn new() -> Vec<NewFile> {
    vec![file("a", b"new a"), file("sub/b", b"new b"), file("sub/d", &[7; 10_000])]
}

fn content(files: &[NewFile]) -> Content {
    files.iter().map(|file| (file.path.to_string(), file.bytes.clone())).collect()
}

/// What the store returns for the folder `path`; `None` if it says that there is none.
pub(super) fn held(store: &Directory, path: &str) -> Option<Content> {
    store.entries().unwrap().iter().find(|entry| entry.name == path)?;
    let mut held = Content::new();
    let mut folders = vec![String::new()];
    while let Some(folder) = folders.pop() {
        let at = |name: &str| -> StorePath { format!("{path}/{name}").parse().unwrap() };
        let list = match folder.as_str() {
            "" => path.parse().unwrap(),
            folder => at(folder),
        };
        let entries = store.list(&list).unwrap();
        for entry in entries.into_iter().filter(|entry| !entry.name.starts_with('.')) {
            let name =
                format!("{folder}{}{}", if folder.is_empty() { "" } else { "/" }, entry.name);
            match entry.kind {
                super::EntryKind::Folder => folders.push(name),
                _ => {
                    let bytes = store.read(&at(&name), 1 << 20).unwrap();
                    held.insert(name, bytes);
                }
            }
        }
    }
    Some(held)
}

pub(super) fn leftovers(root: &Path) -> Vec<String> {
    let names = fs::read_dir(root).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.starts_with('.')).collect()
}

/// A change to a store, and the states that it may leave of the folder `set` or the file `one`.
pub(super) struct Job {
    pub(super) name: &'static str,
    pub(super) before: fn(&Directory),
    pub(super) run: fn(&Directory) -> Result<(), StoreError>,
    pub(super) path: &'static str,
    pub(super) states: [Option<Content>; 2],
}

fn set() -> StorePath {
    "set".parse().unwrap()
}

pub(super) fn jobs() -> Vec<Job> {
    let one = |bytes: &[u8]| Some(Content::from([("one".to_owned(), bytes.to_vec())]));
    let put_old = |store: &Directory| store.put(&file("beside/one", b"the old one")).unwrap();
    vec![
        Job {
            name: "publish",
            before: |_| {},
            run: |store| store.publish(&set(), &new()).map(|_| ()),
            path: "set",
            states: [None, Some(content(&new()))],
        },
        Job {
            name: "replace",
            before: |store| {
                store.publish(&set(), &old()).unwrap();
            },
            run: |store| store.replace(&set(), &new()).map(|_| ()),
            path: "set",
            states: [Some(content(&old())), Some(content(&new()))],
        },
        Job {
            name: "put",
            before: put_old,
            run: |store| store.put(&file("beside/one", b"the new one")),
            path: "beside",
            states: [one(b"the old one"), one(b"the new one")],
        },
        Job {
            name: "put_if_absent",
            before: |_| {},
            run: |store| store.put_if_absent(&file("beside/one", b"the new one")),
            path: "beside",
            states: [None, one(b"the new one")],
        },
    ]
}

/// The removal of a set.
pub(super) fn removing() -> Job {
    Job {
        name: "remove",
        before: |store| {
            store.publish(&set(), &old()).unwrap();
        },
        run: |store| store.remove(&set()),
        path: "set",
        states: [Some(content(&old())), None],
    }
}

/// Whether the state is the old or the new one. A folder that was just created for a file may be
/// empty.
pub(super) fn is_old_or_new(job: &Job, held: Option<&Content>) -> bool {
    let empty = job.states[0].is_none() && held.is_some_and(Content::is_empty);
    empty || job.states.iter().any(|state| state.as_ref() == held)
}

/// Runs `job` so that its change number `n` fails; `None` if it makes fewer changes.
fn interrupted(
    job: &Job,
    n: u64,
    how: How,
    exfat: bool,
) -> Option<(tempfile::TempDir, Directory, Result<(), StoreError>)> {
    let folder = tempfile::tempdir().unwrap();
    let store = Directory::new(folder.path().join("stockade"));
    failpoint::arm(None, exfat);
    drop(store.lock().unwrap());
    (job.before)(&store);
    failpoint::arm(Some((n, how)), exfat);
    let done = (job.run)(&store);
    let reached = failpoint::passed() >= n;
    failpoint::arm(None, exfat);
    reached.then_some((folder, store, done))
}

#[test]
fn an_interrupted_write_leaves_the_old_or_the_new_state_and_the_next_one_works() {
    let mut tried = 0;
    for job in jobs() {
        for exfat in [false, true] {
            for n in 1.. {
                let Some((folder, store, _)) = interrupted(&job, n, How::Dead, exfat) else {
                    break;
                };
                let at = format!("{} exfat {exfat} change {n}", job.name);
                let there = held(&store, job.path);
                assert!(is_old_or_new(&job, there.as_ref()), "{at}: {there:?}");
                // The next process can lock the store, finds the same state, and no leftovers.
                let lock = store.lock().unwrap();
                assert!(leftovers(&folder.path().join("stockade")).is_empty(), "{at}");
                assert_eq!(held(&store, job.path), there, "{at}");
                match (job.run)(&store) {
                    Ok(()) | Err(StoreError::Exists(_)) => {}
                    Err(error) => panic!("{at}: {error}"),
                }
                assert_eq!(held(&store, job.path), job.states[1], "{at}");
                assert!(leftovers(&folder.path().join("stockade")).is_empty(), "{at}");
                drop(lock);
                tried += 1;
            }
        }
    }
    assert!(tried > 100, "{tried}");
}

#[test]
fn a_failed_change_leaves_the_old_state_and_names_the_file() {
    let mut tried = 0;
    for job in jobs() {
        for exfat in [false, true] {
            for how in [How::Eio, How::Enospc, How::Erofs] {
                for n in 1.. {
                    let Some((folder, store, done)) = interrupted(&job, n, how, exfat) else {
                        break;
                    };
                    let at = format!("{} exfat {exfat} {how:?} change {n}: {done:?}", job.name);
                    let there = held(&store, job.path);
                    assert!(is_old_or_new(&job, there.as_ref()), "{at}: {there:?}");
                    let root = folder.path().join("stockade");
                    match &done {
                        // Only the cleanup failed, after everything was done.
                        Ok(()) => assert_eq!(there, job.states[1], "{at}"),
                        Err(StoreError::Io { path, .. }) => {
                            assert!(path.starts_with(folder.path()), "{at}");
                        }
                        Err(error) => panic!("{at}: {error:?}"),
                    }
                    let left = leftovers(&root);
                    // What cannot be removed stays. So does a replaced folder whose successor is
                    // not known to be on the medium, or which is the old state itself.
                    let is_old = left == [".set.old"] && !root.join("set").exists();
                    let may_stay = how == How::Erofs || there == job.states[1] || is_old;
                    assert!(left.is_empty() || may_stay, "{at}: {left:?}");
                    let lock = store.lock().unwrap();
                    assert!(leftovers(&root).is_empty(), "{at}");
                    assert_eq!(held(&store, job.path), there, "{at}");
                    drop(lock);
                    tried += 1;
                }
            }
        }
    }
    assert!(tried > 300, "{tried}");
}

#[test]
fn a_single_file_is_complete_or_missing() {
    let mut n = 1;
    loop {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("custodian.json");
        failpoint::arm(Some((n, How::Dead)), false);
        let _ = super::private_file::create(&path, b"a whole file");
        let reached = failpoint::passed() >= n;
        failpoint::arm(None, false);
        if !reached {
            break;
        }
        let there = fs::read(&path).ok();
        assert!(there.is_none() || there.as_deref() == Some(b"a whole file"), "change {n}");
        if there.is_none() {
            super::private_file::create(&path, b"a whole file").unwrap();
        }
        assert_eq!(fs::read(&path).unwrap(), b"a whole file");
        n += 1;
    }
    assert!(n > 6, "{n}");
}

#[test]
fn the_rules_of_exfat_apply() {
    failpoint::arm(None, true);
    let folder = tempfile::tempdir().unwrap();
    let store = Directory::new(folder.path());
    let read_back = store.publish(&set(), &new()).unwrap();
    assert_eq!(read_back, super::ReadBack::CachePossible);
    assert!(store.put_if_absent(&file("SET", b"1")).is_err(), "one name in two cases");
    failpoint::arm(None, false);
}
