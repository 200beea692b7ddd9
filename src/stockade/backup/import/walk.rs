//! Walks through files and folders. Each file is found once, even if several names and links lead
//! to it. Everything is reported, so that nothing is left out silently.

use std::{
    collections::{BTreeMap, VecDeque, btree_map},
    ffi::OsString,
    fs, io,
    path::{Path, PathBuf},
    vec::IntoIter,
};

/// As deep as clients nest their keystores.
const MAX_DEPTH: usize = 4;
/// Far more files than the largest operators store with their keys. Stops a walk through a whole
/// disk.
pub(crate) const MAX_ENTRIES: usize = 200_000;

/// Files that operating systems leave in folders, in lower case.
const LITTER: [&str; 9] = [
    ".ds_store",
    ".directory",
    ".localized",
    "desktop.ini",
    "ehthumbs.db",
    "icon\r",
    "thumbs.db",
    "thumbs.db:encryptable",
    ".apdisk",
];
/// Folders of operating systems, in lower case. Some of them cannot be read.
const LITTER_FOLDERS: [&str; 11] = [
    "$recycle.bin",
    ".documentrevisions-v100",
    ".fseventsd",
    ".spotlight-v100",
    ".temporaryitems",
    ".trashes",
    "@eadir",
    "__macosx",
    "lost+found",
    "recycler",
    "system volume information",
];
/// Why such a file or folder is skipped.
pub(crate) const LITTER_WHY: &str = "the operating system wrote it";

/// Something in a named place, or the place itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Where it is.
    pub path: PathBuf,
    /// Whether the user named it, rather than it being found in a folder.
    pub named: bool,
    /// What to do with it.
    pub what: What,
}

/// What to do with something in a named place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// A file to read.
    File,
    /// Something to skip, and why.
    Skipped(String),
    /// Something that cannot be read, and why.
    Bad(String),
}

/// Walks through files and folders, each folder before those in it. Only the names of the files are
/// in memory.
#[derive(Debug)]
pub struct Walk {
    named: IntoIter<PathBuf>,
    /// Folders still to be listed: the path, the path without links, and the depth.
    folders: VecDeque<(PathBuf, PathBuf, usize)>,
    /// The folder that is being walked through.
    listed: Option<(PathBuf, PathBuf, usize, IntoIter<OsString>)>,
    /// Every file and folder so far, by its path without links.
    seen: BTreeMap<PathBuf, PathBuf>,
    is_full: bool,
}

impl Walk {
    /// Walks through `named` in order.
    pub fn new(named: Vec<PathBuf>) -> Self {
        Self {
            named: named.into_iter(),
            folders: VecDeque::new(),
            listed: None,
            seen: BTreeMap::new(),
            is_full: false,
        }
    }

    /// Whether the walk ended early because there was too much.
    pub(crate) fn is_full(&self) -> bool {
        self.is_full
    }

    fn next_named(&mut self) -> Option<Step> {
        loop {
            let path = self.named.next()?;
            let what = match Seen::named(&path) {
                Ok(seen) => self.first_time(&path, seen, 0),
                Err(error) => Some(What::Bad(why(&error))),
            };
            match what {
                Some(what) => return Some(Step { path, named: true, what }),
                // A folder, which is to be listed.
                None => {
                    if let Some(step) = self.next_in_folders() {
                        return Some(step);
                    }
                }
            }
        }
    }

    fn next_in_folders(&mut self) -> Option<Step> {
        loop {
            let Some((folder, real, depth, names)) = &mut self.listed else {
                let (path, real, depth) = self.folders.pop_front()?;
                match list(&path) {
                    Ok(names) => self.listed = Some((path, real, depth, names.into_iter())),
                    Err(error) => {
                        let what = What::Bad(format!("the folder cannot be listed: {error}"));
                        return Some(Step { path, named: depth == 0, what });
                    }
                }
                continue;
            };
            let Some(name) = names.next() else {
                self.listed = None;
                continue;
            };
            let (path, depth) = (folder.join(&name), *depth);
            let what = match Seen::in_folder(&path, real.join(&name)) {
                _ if self.seen.len() > MAX_ENTRIES => {
                    self.listed = None;
                    self.folders.clear();
                    self.is_full = true;
                    Some(What::Bad(format!(
                        "not searched: the limit of {MAX_ENTRIES} files was reached before"
                    )))
                }
                Ok(seen) if seen.kind == SeenKind::Folder && is_litter_folder(&name) => {
                    Some(What::Skipped(LITTER_WHY.to_owned()))
                }
                Ok(seen) => self.first_time(&path, seen, depth + 1),
                Err(error) => Some(What::Bad(why(&error))),
            };
            if let Some(what) = what {
                return Some(Step { path, named: false, what });
            }
        }
    }

    /// What to do with something that is not a folder. Folders are put on the list.
    fn first_time(&mut self, path: &Path, seen: Seen, depth: usize) -> Option<What> {
        match self.seen.entry(seen.real.clone()) {
            btree_map::Entry::Occupied(first) => {
                return Some(What::Skipped(format!(
                    "the same as {}",
                    stockade_base::shown(&first.get())
                )));
            }
            btree_map::Entry::Vacant(new) => new.insert(path.to_owned()),
        };
        match seen.kind {
            SeenKind::File => Some(What::File),
            SeenKind::Folder if depth > MAX_DEPTH => {
                Some(What::Bad("the folder is nested too deeply: name it directly".to_owned()))
            }
            SeenKind::Folder => {
                self.folders.push_back((path.to_owned(), seen.real, depth));
                None
            }
            // Reading it could block for ever.
            SeenKind::Other if depth == 0 || may_be_keystore(path) => {
                Some(What::Bad("not a regular file".to_owned()))
            }
            SeenKind::Other => Some(What::Skipped("a pipe, a socket or a device".to_owned())),
        }
    }
}

impl Iterator for Walk {
    type Item = Step;

    fn next(&mut self) -> Option<Step> {
        self.next_in_folders().or_else(|| self.next_named())
    }
}

/// What the file system says about a path.
struct Seen {
    /// The path without links.
    real: PathBuf,
    kind: SeenKind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum SeenKind {
    File,
    Folder,
    Other,
}

impl Seen {
    fn named(path: &Path) -> io::Result<Self> {
        let kind = fs::metadata(path)?.into();
        // A pipe behind a file descriptor has no path of its own.
        let real = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        Ok(Self { real, kind })
    }

    /// `real` is the path without links, unless the last name is a link itself.
    fn in_folder(path: &Path, real: PathBuf) -> io::Result<Self> {
        let metadata = fs::symlink_metadata(path)?;
        if metadata.is_symlink() {
            Self::named(path).map_err(|error| match error.kind() {
                io::ErrorKind::NotFound => io::Error::other("a link to a file that does not exist"),
                _ => error,
            })
        } else {
            Ok(Self { real, kind: metadata.into() })
        }
    }
}

impl From<fs::Metadata> for SeenKind {
    fn from(metadata: fs::Metadata) -> Self {
        match (metadata.is_file(), metadata.is_dir()) {
            (true, _) => Self::File,
            (_, true) => Self::Folder,
            _ => Self::Other,
        }
    }
}

fn why(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "it does not exist".to_owned(),
        _ => error.to_string(),
    }
}

/// The names in a folder, sorted.
pub fn list(folder: &Path) -> io::Result<Vec<OsString>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)?.take(MAX_ENTRIES + 1) {
        names.push(entry?.file_name());
    }
    names.sort();
    Ok(names)
}

/// Whether tools give this name to keystores.
pub(crate) fn may_be_keystore(path: &Path) -> bool {
    let name = lower(path.file_name().unwrap_or_default().to_os_string());
    name.contains(".json") || name.contains("keystore")
}

/// Whether an operating system uses this name for its own files. A keystore may have it all the
/// same.
pub(crate) fn is_litter(path: &Path) -> bool {
    let name = lower(path.file_name().unwrap_or_default().to_os_string());
    name.starts_with("._") || LITTER.contains(&name.as_str())
}

/// Like [`is_litter`], for folders.
pub(crate) fn is_litter_folder(name: &OsString) -> bool {
    let name = lower(name.clone());
    name.starts_with(".trash-") || LITTER_FOLDERS.contains(&name.as_str())
}

fn lower(name: OsString) -> String {
    name.to_string_lossy().to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;
    use crate::store::{Directory, NewFile, Store as _};

    fn folder(files: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for path in files {
            let file = NewFile { path: path.parse().unwrap(), bytes: b"x".to_vec() };
            Directory::new(folder.path()).put_if_absent(&file).unwrap();
        }
        folder
    }

    fn link(to: &str, path: &Path) {
        assert!(Command::new("ln").args(["-s", to]).arg(path).status().unwrap().success());
    }

    fn walk(folder: &Path) -> Vec<(String, What)> {
        let name =
            |path: &Path| stockade_base::shown(&path.strip_prefix(folder).unwrap()).to_string();
        Walk::new(vec![folder.to_owned()]).map(|step| (name(&step.path), step.what)).collect()
    }

    fn files(folder: &Path) -> Vec<String> {
        let files = walk(folder).into_iter().filter(|(_, what)| *what == What::File);
        files.map(|(name, _)| name).collect()
    }

    /// The layout in which Kubernetes mounts a secret: the names are links through a link to a
    /// folder.
    #[test]
    fn a_file_with_three_names_is_read_once_under_the_first() {
        let folder = folder(&["..2026/k.json"]);
        link("..2026", &folder.path().join("..data"));
        link("..data/k.json", &folder.path().join("k.json"));
        let steps = walk(folder.path());
        assert_eq!(files(folder.path()), ["k.json"]);
        assert_eq!(steps.len(), 3, "{steps:?}");
    }

    #[test]
    fn a_cycle_of_folders_ends_and_a_deep_folder_is_reported() {
        let folder = folder(&["a/b/c/d/key", "a/b/c/d/e/key"]);
        link("../..", &folder.path().join("a/b/up"));
        assert_eq!(files(folder.path()), ["a/b/c/d/key"]);
        let bad = walk(folder.path()).into_iter().find(|(_, what)| matches!(what, What::Bad(_)));
        assert_eq!(bad.unwrap().0, "a/b/c/d/e");
    }

    #[test]
    fn a_file_named_twice_is_read_once() {
        let folder = folder(&["key"]);
        let named = vec![folder.path().join("key"), folder.path().to_owned()];
        let steps: Vec<_> = Walk::new(named).map(|step| (step.named, step.what)).collect();
        assert_eq!(steps[0], (true, What::File));
        assert!(matches!(steps[1], (false, What::Skipped(_))));
    }

    #[test]
    fn a_missing_place_is_bad() {
        let steps: Vec<_> = Walk::new(vec!["/nowhere/at/all".into()]).collect();
        assert_eq!(steps[0].what, What::Bad("it does not exist".to_owned()));
    }
}
