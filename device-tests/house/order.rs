//! The order of the modules: the table in docs/architecture.md, which is law.

use std::{collections::BTreeSet, fs, path::Path};

use super::source::{ONE_MODULE, root};

/// The modules at the root from the bottom up, those that stand side by side together.
pub(super) fn order() -> Vec<Vec<String>> {
    let text = fs::read_to_string(root().join("docs/architecture.md")).unwrap();
    read(&text, "module")
}

/// Reads the table whose first column has this heading.
pub(super) fn read(text: &str, heading: &str) -> Vec<Vec<String>> {
    let heading = format!("| {heading} |");
    let rows = text.lines().skip_while(|line| !line.starts_with(&heading)).skip(2);
    rows.take_while(|line| line.starts_with('|'))
        .map(|row| {
            let cell = row.split('|').nth(1).unwrap();
            cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
        })
        .collect()
}

/// The place of `module` in `order`, counted from the bottom.
pub(super) fn place(order: &[Vec<String>], module: &str) -> Option<usize> {
    order.iter().position(|row| row.iter().any(|name| name == module))
}

#[test]
fn the_table_names_every_module_there_is_and_no_other() {
    let listed: Vec<String> = order().concat();
    let packages = names(&root().join("src")).into_iter();
    let there: BTreeSet<String> = packages
        .flat_map(|package| match package.as_str() {
            name if ONE_MODULE.contains(&name) => vec![package],
            _ => names(&root().join("src").join(package)),
        })
        .filter(|name| !matches!(name.as_str(), "lib" | "Cargo.toml" | "examples"))
        .collect();
    assert_eq!(listed.iter().cloned().collect::<BTreeSet<_>>(), there);
    assert_eq!(listed.len(), there.len(), "a module stands in it twice");
}

/// What a folder holds, without the ending of source files.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap().replace(".rs", ""))
        .collect()
}

#[test]
fn modules_of_one_row_stand_side_by_side() {
    let table =
        "# X\n\n| module | what |\n|---|---|\n| `a` | x |\n| `b`, `c` | y |\n\n| `d` | z |\n";
    assert_eq!(read(table, "module"), [vec!["a"], vec!["b", "c"]]);
}
