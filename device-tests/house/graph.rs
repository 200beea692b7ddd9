//! Which file of a package uses which other one, through whatever re-exports.

use std::collections::{BTreeMap, BTreeSet};

use super::source::Source;

/// Longer chains of re-exports than this are not followed.
const MOST_REEXPORTS: usize = 8;

/// A path from the package's root, one name a segment.
type Path = Vec<String>;

/// The files of one package, and for each those that it uses.
pub(super) struct Graph {
    pub(super) uses: BTreeMap<String, BTreeSet<String>>,
}

impl Graph {
    /// The graph of `sources`, which are the files of one package. A file in a module's folder may use
    /// what is in its `mod.rs`, and the other way round: such pairs are no edges upward.
    pub(super) fn of(sources: &[Source]) -> Self {
        // Tests may use anything.
        let sources = sources.iter().filter(|source| !source.path.ends_with("/tests.rs"));
        let files: Vec<_> = sources.map(File::read).collect();
        let by_module: BTreeMap<&Path, &File> = files.iter().map(|f| (&f.module, f)).collect();
        let mut uses = BTreeMap::new();
        for file in &files {
            let named = file.paths.iter().filter_map(|path| resolve(path, &by_module, 0));
            let named = named.filter(|other| !file.module.starts_with(&other.module));
            uses.insert(file.path.clone(), named.map(|other| other.path.clone()).collect());
        }
        Self { uses }
    }

    /// Circles: files each of which uses the next, and the last one the first. Without the first
    /// step of each there is none left.
    pub(super) fn circles(mut self) -> Vec<Vec<String>> {
        let mut circles = Vec::new();
        while let Some(circle) = self.uses.keys().find_map(|start| self.way_back(start)) {
            let next = circle.get(1).unwrap_or(&circle[0]).clone();
            self.uses.get_mut(&circle[0]).unwrap().remove(&next);
            circles.push(circle);
        }
        circles
    }

    fn way_back(&self, start: &String) -> Option<Vec<String>> {
        let mut before: BTreeMap<&String, &String> = BTreeMap::new();
        let mut to_visit = vec![start];
        while let Some(file) = to_visit.pop() {
            for next in self.uses.get(file).into_iter().flatten() {
                if next == start {
                    let mut circle = vec![start.clone()];
                    let mut at = file;
                    while at != start {
                        circle.insert(1, at.clone());
                        at = before[at];
                    }
                    return Some(circle);
                }
                if !before.contains_key(next) {
                    before.insert(next, file);
                    to_visit.push(next);
                }
            }
        }
        None
    }
}

/// The file that defines what `path` names, as far as `use` items in modules tell.
fn resolve<'a>(
    path: &[String],
    files: &BTreeMap<&Path, &'a File>,
    depth: usize,
) -> Option<&'a File> {
    let at = (0..=path.len()).rev().find(|len| files.contains_key(&path[..*len].to_vec()))?;
    let file = files[&path[..at].to_vec()];
    let Some((name, rest)) = path[at..].split_first() else { return Some(file) };
    match file.imports.get(name) {
        Some(target) if depth < MOST_REEXPORTS => {
            let target: Vec<_> = target.iter().chain(rest).cloned().collect();
            // What comes from another package leads nowhere here.
            resolve(&target, files, depth + 1).or(Some(file))
        }
        _ => Some(file),
    }
}

/// One file, and the paths in it that may lead to others of its package.
struct File {
    path: String,
    module: Path,
    paths: Vec<Path>,
    /// What its `use` items call which path: modules re-export so.
    imports: BTreeMap<String, Path>,
}

impl File {
    fn read(source: &Source) -> Self {
        let module: Path = source.module().into_iter().map(str::to_owned).collect();
        let mut reading =
            Reading { source, module: &module, paths: Vec::new(), imports: Vec::new() };
        reading.file();
        let Reading { paths, imports, .. } = reading;
        Self { path: source.path.clone(), paths, imports: imports.into_iter().collect(), module }
    }
}

struct Reading<'a> {
    source: &'a Source,
    module: &'a Path,
    paths: Vec<Path>,
    imports: Vec<(String, Path)>,
}

impl Reading<'_> {
    fn file(&mut self) {
        let mut at = 0;
        while at < self.source.tokens.len() {
            at = match self.source.text(at) {
                // Those within a file are blocks.
                "mod" if self.source.text(at + 2) == "{" => self.source.after(at + 2),
                // What is declared is used.
                "mod" if self.source.text(at + 2) == ";" => {
                    let child =
                        [self.module.clone(), vec![self.source.text(at + 1).to_owned()]].concat();
                    self.paths.push(child);
                    at + 3
                }
                "pub" if self.source.text(at + 1) == "(" => self.source.after(at + 1),
                "use" => self.tree(&[], at + 1, true),
                "crate" | "super" if self.source.is_colons(at + 1) => self.tree(&[], at, false),
                _ => at + 1,
            };
        }
    }

    /// Reads a path, or in a `use` item a tree of them; gives where to go on.
    fn tree(&mut self, before: &[String], mut at: usize, is_use: bool) -> usize {
        let mut path = before.to_vec();
        loop {
            match self.source.text(at) {
                "{" if is_use => {
                    at += 1;
                    while !matches!(self.source.text(at), "}" | "") {
                        at = self.tree(&path, at, true);
                        at += usize::from(self.source.text(at) == ",");
                    }
                    return at + 1;
                }
                name => path.push(name.to_owned()),
            }
            at += 1;
            if !self.source.is_colons(at) {
                break;
            }
            at += 2;
            // The turbofish of a call, or a list in another place: the path ends here.
            if !is_use
                && !self.source.text(at).starts_with(|c: char| c.is_alphanumeric() || c == '_')
            {
                break;
            }
        }
        let mut name = path.last().cloned().unwrap_or_default();
        if name == "self" {
            path.pop();
            name = path.last().cloned().unwrap_or_default();
        }
        if is_use && self.source.text(at) == "as" {
            self.source.text(at + 1).clone_into(&mut name);
            at += 2;
        }
        if let Some(absolute) = self.absolute(&path) {
            self.paths.push(absolute.clone());
            if is_use {
                self.imports.push((name, absolute));
            }
        }
        at
    }

    /// The path from the package's root. One that begins with a plain name leads into a module below
    /// this one, or to another package: then it leads nowhere that is known.
    fn absolute(&self, path: &[String]) -> Option<Path> {
        let mut at = self.module.clone();
        let mut rest = path;
        match path.first().map(String::as_str)? {
            // In the command, `cli` is the name of its root.
            "crate" => at.truncate(usize::from(self.module.first().is_some_and(|m| m == "cli"))),
            "super" | "self" => {}
            _ => return Some([at, path.to_vec()].concat()),
        }
        while let Some((first, others)) = rest.split_first() {
            match first.as_str() {
                "super" => drop(at.pop()),
                "self" | "crate" => {}
                _ => break,
            }
            rest = others;
        }
        at.extend(rest.iter().cloned());
        Some(at)
    }
}

#[cfg(test)]
mod tests {
    use super::{super::planted, *};

    fn graph(files: &[(&str, &str)]) -> Graph {
        let sources: Vec<_> = files.iter().map(|(path, text)| planted(path, text)).collect();
        Graph::of(&sources)
    }

    #[test]
    fn a_file_is_found_through_re_exports_and_other_names() {
        let graph = graph(&[
            ("src/a/lib.rs", "mod one; mod two;"),
            ("src/a/one.rs", "use super::two::{Thing as Other, self}; fn f() { crate::two::g() }"),
            ("src/a/two/mod.rs", "mod inner; pub use inner::Thing; fn g() {}"),
            ("src/a/two/inner.rs", "use super::g; use std::fmt;"),
        ]);
        let of = |path: &str| graph.uses[path].iter().map(String::as_str).collect::<Vec<_>>();
        assert_eq!(of("src/a/one.rs"), ["src/a/two/inner.rs", "src/a/two/mod.rs"]);
        assert_eq!(of("src/a/two/inner.rs"), [""; 0]);
        assert_eq!(graph.circles(), [[""; 0]; 0]);
    }
}
