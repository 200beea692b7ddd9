//! What no file may hold.

use std::{fs, path::Path};

use super::{
    Breach, planted, require_none,
    source::{self, Source, root},
};

/// Files are small and do one thing.
const MOST_LINES: usize = 500;

/// What prints, and what is left behind by mistake.
const PRINTS: [&str; 5] = ["dbg", "eprint", "eprintln", "print", "println"];

fn too_long(source: &Source) -> Vec<Breach> {
    let over = source.lines > MOST_LINES;
    over.then(|| format!("{}: {} lines", source.path, source.lines)).into_iter().collect()
}

/// The only two files with `unsafe`: see docs/decisions/0015.
const UNSAFE_MANIFEST: &str = "src/scrypt/Cargo.toml";
const UNSAFE: [&str; 2] = ["src/scrypt/kernel.rs", "src/scrypt/memory.rs"];

fn unsafe_code(source: &Source) -> Vec<Breach> {
    if UNSAFE.contains(&source.path.as_str()) {
        return Vec::new();
    }
    let found = source.tokens.iter().filter(|token| token.text == "unsafe");
    found.map(|token| format!("{}: unsafe", source.at(token.line))).collect()
}

/// The library never prints; the command has one module that does, through streams.
fn prints(source: &Source) -> Vec<Breach> {
    let pairs = source.tokens.windows(2);
    let found = pairs.filter(|pair| PRINTS.contains(&pair[0].text.as_str()) && pair[1].text == "!");
    found.map(|pair| format!("{}: {}!", source.at(pair[0].line), pair[0].text)).collect()
}

/// A test that does not run tells nothing; what a device cannot do is a flag of the suite.
fn ignored_tests(source: &Source) -> Vec<Breach> {
    let triples = source.tokens.windows(3);
    let found = triples.filter(|t| t[0].text == "#" && t[1].text == "[" && t[2].text == "ignore");
    found.map(|t| format!("{}: #[ignore]", source.at(t[0].line))).collect()
}

/// Several copies are opened together (`Copy::open_all`, `Copy::open_another`), so that one that was
/// cloned does not count twice. What only looks for copies may open one alone.
fn opens_alone(source: &Source) -> Vec<Breach> {
    let looks = ["src/stockade/backup/copy/medium.rs", "src/stockade/profile/locate.rs"];
    if looks.contains(&source.path.as_str()) {
        return Vec::new();
    }
    let calls = source.tokens.windows(4);
    let words = |t: &[source::Token]| t.iter().map(|t| t.text.clone()).collect::<Vec<_>>();
    let found = calls.filter(|t| words(t) == ["Copy", ":", ":", "open"]);
    found.map(|t| format!("{}: Copy::open", source.at(t[0].line))).collect()
}

/// A module with children is `mod.rs` in its own folder, never a file beside it.
fn beside_their_folder(paths: &[&str]) -> Vec<Breach> {
    let is_folder = |stem: &str| paths.iter().any(|path| path.starts_with(&format!("{stem}/")));
    let stems = paths.iter().filter(|path| is_folder(path.trim_end_matches(".rs")));
    stems.map(|path| format!("{path}: make it mod.rs in its folder")).collect()
}

/// Sources that are not Rust. `recover.py` is compiled into the command, which writes it to each set.
const OTHERS: [&str; 2] = ["Cargo.toml", "recover.py"];

/// The packages' folders hold sources. Anything else was left there by a test or by mistake.
fn strays(folder: &Path, found: &mut Vec<Breach>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if path.is_symlink() && name == "guides" {
            // The link to docs/guides: see `stockade guide`.
        } else if path.is_dir() {
            strays(&path, found);
        } else if path.extension().is_none_or(|end| end != "rs") && !OTHERS.contains(&name) {
            found.push(format!("{}: no source", path.display()));
        }
    }
}

fn check(folders: &[&str], rule: &str, breaches: fn(&Source) -> Vec<Breach>) {
    let found: Vec<_> = source::all(folders).iter().flat_map(breaches).collect();
    require_none(rule, &found);
}

#[test]
fn no_file_is_long() {
    check(&["src", "mocks/src", "device-tests"], "500 lines at most", too_long);
}

#[test]
fn modules_have_one_layout() {
    let sources = source::all(&["src", "mocks/src", "device-tests"]);
    let paths: Vec<_> = sources.iter().map(|source| source.path.as_str()).collect();
    require_none("a module with children is mod.rs in its folder", &beside_their_folder(&paths));
}

#[test]
fn the_packages_hold_sources_alone() {
    let mut found = Vec::new();
    ["src", "mocks"].iter().for_each(|folder| strays(&root().join(folder), &mut found));
    require_none("only sources are in src and mocks", &found);
}

#[test]
fn copies_are_opened_together() {
    check(&["src"], "copies are opened together", opens_alone);
}

#[test]
fn nothing_is_unsafe_but_for_two_files() {
    check(&["src", "mocks/src", "device-tests"], "unsafe is in two files only", unsafe_code);
}

/// The package with these files has the workspace's lints word for word, but for `unsafe`, and one more.
#[test]
fn the_package_with_unsafe_has_all_other_lints() {
    let lints = |manifest: &str, heading: &str| {
        let text = fs::read_to_string(root().join(manifest)).unwrap();
        let (_, list) = text.split_once(&format!("\n[{heading}]\n")).unwrap();
        list.lines().take_while(|line| !line.is_empty()).map(str::to_owned).collect::<Vec<_>>()
    };
    let own = |heading: &str| lints(UNSAFE_MANIFEST, &format!("lints.{heading}"));
    let all = |heading: &str| lints("Cargo.toml", &format!("workspace.lints.{heading}"));
    let mut rust = own("rust");
    rust.retain(|lint| !lint.starts_with("unsafe_"));
    rust.push("unsafe_code = \"forbid\"".to_owned());
    rust.sort();
    assert_eq!(rust, all("rust"));
    let mut clippy = own("clippy");
    clippy.retain(|lint| !lint.starts_with("undocumented_unsafe_blocks"));
    assert_eq!(clippy, all("clippy"));
    assert!(own("rust").contains(&"unsafe_code = \"deny\"".to_owned()));
}

#[test]
fn every_package_is_under_the_lints() {
    let src = fs::read_dir(root().join("src")).unwrap();
    let packages = src.map(|entry| entry.unwrap().path()).chain([root().join("mocks")]);
    let others = packages.map(|package| package.join("Cargo.toml"));
    for manifest in others.filter(|manifest| *manifest != root().join(UNSAFE_MANIFEST)) {
        let text = fs::read_to_string(&manifest).unwrap();
        assert!(text.contains("\n[lints]\nworkspace = true\n"), "{manifest:?}");
    }
    let root = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    assert!(root.contains("\nunsafe_code = \"forbid\"\n"));
}

#[test]
fn nothing_prints_past_the_one_who_may() {
    check(&["src", "mocks/src"], "output goes through src/cli/output.rs", prints);
}

#[test]
fn no_test_is_ignored() {
    check(&["src", "mocks/src", "device-tests"], "no test is ignored", ignored_tests);
}

#[test]
fn each_is_caught() {
    assert_eq!(beside_their_folder(&["src/a/error.rs", "src/a/error/store.rs"]).len(), 1);
    assert_eq!(beside_their_folder(&["src/a/error/mod.rs", "src/a/error/store.rs"]).len(), 0);
    let long = "\n".repeat(501);
    assert_eq!(too_long(&planted("src/x.rs", &long)).len(), 1);
    assert_eq!(too_long(&planted("src/x.rs", &long[1..])).len(), 0);
    assert_eq!(unsafe_code(&planted("src/x.rs", "fn f() { unsafe { g() } }")).len(), 1);
    assert_eq!(unsafe_code(&planted("src/x.rs", "// unsafe\n#![forbid(unsafe_code)]")).len(), 0);
    assert_eq!(unsafe_code(&planted("src/scrypt/x86.rs", "unsafe fn f() {}")).len(), 1);
    for name in PRINTS {
        assert_eq!(prints(&planted("src/x.rs", &format!("fn f() {{ {name}!(1) }}"))).len(), 1);
    }
    assert_eq!(prints(&planted("src/x.rs", "fn f() { writeln!(out, \"println!\") }")).len(), 0);
    let open = "fn f() { Copy::open(dir); Copy::open_all(dirs) }";
    assert_eq!(opens_alone(&planted("src/x.rs", open)).len(), 1);
    assert_eq!(ignored_tests(&planted("src/x.rs", "#[test] #[ignore = \"x\"] fn f() {}")).len(), 1);
}
