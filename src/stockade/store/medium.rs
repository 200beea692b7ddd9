//! A model of a FAT medium, as far as renames go, which shows what is on it if the power fails
//! after each step of a write. A directory entry stores the name and where the file begins: syncing
//! the folder writes its entries, but only syncing the renamed file or folder itself writes where
//! it begins.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use super::{
    Directory, Store as _,
    failpoint::{self, Event},
    interrupted::{Job, held, is_old_or_new, jobs, leftovers, removing},
};

/// The content of a file in memory and on the medium. A folder only has entries.
#[derive(Default)]
struct Node {
    written: Vec<u8>,
    kept: Vec<u8>,
    is_folder: bool,
    /// Whether a sync of its folder would write where it begins.
    located: bool,
    removed: bool,
}

/// Folder and name.
type Place = (usize, String);

struct Medium {
    root: PathBuf,
    nodes: Vec<Node>,
    memory: BTreeMap<Place, usize>,
    /// The node of a name on the medium, and whether the entry says where it begins.
    entries: BTreeMap<Place, (usize, bool)>,
}

impl Medium {
    fn new(root: &Path) -> Self {
        let top = Node { is_folder: true, located: true, ..Node::default() };
        let (memory, entries) = (BTreeMap::new(), BTreeMap::new());
        Self { root: root.to_owned(), nodes: vec![top], memory, entries }
    }

    fn place(&self, path: &Path) -> Option<Place> {
        let below = path.strip_prefix(&self.root).unwrap();
        let parent = below.parent()?;
        let folder = parent
            .iter()
            .fold(0, |folder, name| self.memory[&(folder, name.to_string_lossy().into_owned())]);
        Some((folder, below.file_name()?.to_string_lossy().into_owned()))
    }

    fn add(&mut self, path: &Path, node: Node) {
        let place = self.place(path).unwrap();
        self.nodes.push(node);
        self.memory.insert(place, self.nodes.len() - 1);
    }

    fn play(&mut self, event: &Event) {
        match event {
            Event::Made(path) => {
                self.add(path, Node { is_folder: true, located: true, ..Node::default() });
            }
            Event::Written(path, bytes) => {
                self.add(path, Node { written: bytes.clone(), ..Node::default() });
            }
            Event::Synced(path) => match self.place(path) {
                None => self.write_entries(0),
                Some(place) => {
                    let id = self.memory[&place];
                    let node = &mut self.nodes[id];
                    node.kept.clone_from(&node.written);
                    node.located = true;
                    self.entries.insert(place, (id, true));
                    self.write_entries(id);
                }
            },
            Event::Renamed(from, to) => {
                let (from, to) = (self.place(from).unwrap(), self.place(to).unwrap());
                let id = self.memory.remove(&from).unwrap();
                self.nodes[id].located = false;
                self.memory.insert(to, id);
            }
            Event::Removed(path) => {
                let place = self.place(path).unwrap();
                if let Some(id) = self.memory.remove(&place) {
                    self.remove(id);
                }
            }
        }
    }

    fn remove(&mut self, id: usize) {
        self.nodes[id].removed = true;
        let below: Vec<_> = self.memory.keys().filter(|place| place.0 == id).cloned().collect();
        for place in below {
            let id = self.memory.remove(&place).unwrap();
            self.remove(id);
        }
    }

    fn write_entries(&mut self, folder: usize) {
        let (memory, nodes) = (&self.memory, &self.nodes);
        self.entries.retain(|place, _| place.0 != folder || memory.contains_key(place));
        for (place, id) in memory.iter().filter(|(place, _)| place.0 == folder) {
            self.entries.insert(place.clone(), (*id, nodes[*id].located));
        }
    }

    /// Unmounts it.
    fn write_all(&mut self) {
        for node in &mut self.nodes {
            node.kept.clone_from(&node.written);
            node.located = true;
        }
        (0..self.nodes.len()).for_each(|folder| self.write_entries(folder));
    }

    /// Writes the state after a power cut to a folder. If a file or folder has two names, the
    /// leftover is omitted and counted.
    fn mount(&self, at: &Path) -> usize {
        let mut twice = 0;
        let mut folders = vec![(0, at.to_owned())];
        let mut seen = BTreeSet::new();
        while let Some((folder, path)) = folders.pop() {
            let here = self.entries.iter().filter(|(place, _)| place.0 == folder);
            let mut here: Vec<_> = here.map(|((_, name), entry)| (name, entry)).collect();
            here.sort_by_key(|(name, _)| name.starts_with('.'));
            for (name, (id, leads)) in here {
                let (node, path) = (&self.nodes[*id], path.join(name));
                if *leads && !seen.insert(*id) {
                    assert!(name.starts_with('.'), "{}", stockade_base::shown(&path));
                    twice += 1;
                    continue;
                }
                let whole = *leads && !node.removed;
                if node.is_folder {
                    fs::create_dir(&path).unwrap();
                    folders.extend(whole.then_some((*id, path)));
                } else {
                    fs::write(&path, if whole { &node.kept[..] } else { b"" }).unwrap();
                }
            }
        }
        twice
    }
}

/// Checks the states of `job` after each step, on a FAT medium.
fn survive(job: &Job) -> usize {
    let folder = tempfile::tempdir().unwrap();
    let store = Directory::new(folder.path().join("stockade"));
    failpoint::arm(None, false);
    failpoint::events();
    drop(store.lock().unwrap());
    (job.before)(&store);
    let mut medium = Medium::new(folder.path());
    failpoint::events().iter().for_each(|event| medium.play(event));
    medium.write_all();
    (job.run)(&store).unwrap();
    let events = failpoint::events();
    for (n, event) in events.iter().enumerate() {
        medium.play(event);
        let at = format!("{} after {} of {}: {event:?}", job.name, n + 1, events.len());
        let mounted = tempfile::tempdir().unwrap();
        let twice = medium.mount(mounted.path());
        let store = Directory::new(mounted.path().join("stockade"));
        let there = held(&store, job.path);
        assert!(is_old_or_new(job, there.as_ref()), "{at}: {there:?}");
        // Nothing is removed while a folder has two names, and fsck keeps the good one.
        if twice == 0 {
            drop(store.lock().unwrap());
            assert_eq!(held(&store, job.path), there, "{at}");
            assert!(leftovers(&mounted.path().join("stockade")).is_empty(), "{at}");
        }
        if n + 1 == events.len() {
            assert_eq!((there, twice), (job.states[1].clone(), 0), "{at}");
        }
    }
    events.len()
}

#[test]
fn a_finished_write_to_fat_survives_a_power_cut() {
    let steps: usize = jobs().iter().chain([&removing()]).map(survive).sum();
    assert!(steps > 40, "{steps}");
}
