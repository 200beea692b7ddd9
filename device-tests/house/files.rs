//! Only `store` writes files: it is where syncing, reading back, locks and modes are seen to.

use super::{
    Breach, planted, require_none,
    source::{self, Source},
};

/// Who may write files.
const WRITER: &str = "src/stockade/store/";

/// What makes, changes or removes files, as `type or module :: function`.
const WRITES: [(&str, &[&str]); 4] = [
    (
        "fs",
        &[
            "copy",
            "create_dir",
            "create_dir_all",
            "hard_link",
            "remove_dir",
            "remove_dir_all",
            "remove_file",
            "rename",
            "set_permissions",
            "soft_link",
            "write",
        ],
    ),
    ("File", &["create", "create_new", "options"]),
    ("OpenOptions", &["new", "default"]),
    ("DirBuilder", &["new", "default"]),
];

/// Modules whose mere name opens a way to write: `rustix::fs`, `std::os::unix::fs::symlink`.
const WAYS: [(&str, &str); 2] = [("rustix", "fs"), ("fs", "symlink")];

/// The one other file that opens something for writing, and why.
const DEVICE_NODE: (&str, &str) = ("src/wallet/transport/hid.rs", "OpenOptions");

/// Writes outside of the module that may.
fn writes(source: &Source) -> Vec<Breach> {
    if source.path.starts_with(WRITER) {
        return Vec::new();
    }
    let mut breaches = Vec::new();
    for window in source.tokens.windows(4) {
        let [owner, first, second, function] = window else { continue };
        let (owner, line) = (owner.text.as_str(), owner.line);
        let function = function.text.as_str();
        let is_path = first.text == ":" && second.text == ":";
        let opens_device_node = (source.path.as_str(), owner) == DEVICE_NODE;
        let writes = WRITES.iter().any(|(o, list)| *o == owner && list.contains(&function));
        if is_path && !opens_device_node && (writes || WAYS.contains(&(owner, function))) {
            breaches.push(format!("{}: {owner}::{function}", source.at(line)));
        }
    }
    breaches.extend(renamed(source));
    breaches
}

/// `use std::fs::{write, File as F}`: the same under names that the rule above does not know.
fn renamed(source: &Source) -> Vec<Breach> {
    let mut breaches = Vec::new();
    for window in source.tokens.windows(4) {
        let [fs, first, second, open] = window else { continue };
        let group = fs.text == "fs" && first.text == ":" && second.text == ":" && open.text == "{";
        let all = fs.text == "fs" && first.text == ":" && second.text == ":" && open.text == "*";
        if group || all {
            breaches.push(format!("{}: fs::{}: name fs itself", source.at(fs.line), open.text));
        }
    }
    let words: Vec<_> = source.tokens.iter().map(|token| token.text.as_str()).collect();
    for (at, window) in words.windows(2).enumerate() {
        if matches!(window, ["fs" | "File" | "OpenOptions" | "DirBuilder", "as"]) {
            breaches.push(format!("{}: {} as", source.at(source.tokens[at].line), window[0]));
        }
    }
    breaches
}

#[test]
fn only_the_store_writes_files() {
    let breaches: Vec<_> = source::all(&["src"]).iter().flat_map(writes).collect();
    require_none("only src/stockade/store writes files", &breaches);
}

#[test]
fn a_write_elsewhere_is_caught() {
    let breaches = |path: &str, text: &str| writes(&planted(path, text)).len();
    for text in [
        "fn f() { std::fs::write(a, b); }",
        "use std::fs; fn f() { fs::rename(a, b); }",
        "fn f() { File::create(a); }",
        "fn f() { OpenOptions::new().append(true).open(a); }",
        "fn f() { std::fs::DirBuilder::new().create(a); }",
        "use rustix::fs::open;",
        "use std::fs::{write, read};",
        "use std::fs::File as F;",
        "use std::os::unix::fs::symlink;",
    ] {
        assert_eq!(breaches("src/stockade/backup/restore.rs", text), 1, "{text}");
        assert_eq!(breaches("src/stockade/store/directory.rs", text), 0, "{text}");
    }
    assert_eq!(breaches("src/cli/ui.rs", "fn f() { std::fs::read(a); }"), 0);
    assert_eq!(breaches("src/wallet/transport/hid.rs", "fn f() { File::create(a); }"), 1);
}
