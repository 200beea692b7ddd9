//! `docs/dependencies.md` says why each direct dependency is one, and names no other.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use super::{Breach, require_none, source::root};

const PACKAGES: [&str; 8] =
    ["base", "scrypt", "keystore", "wallet", "stockade", "paper", "services", "cli"];

/// The direct dependencies of a package, without its tests' and without packages of this workspace.
fn direct(manifest: &str) -> BTreeSet<&str> {
    let mut counts = false;
    let mut found = BTreeSet::new();
    for line in manifest.lines() {
        if line.starts_with('[') {
            counts = line.ends_with("dependencies]") && !line.contains("dev-");
        }
        let name = line.split(['.', ' ', '=']).next().unwrap_or_default();
        if counts && !line.starts_with(['[', '#']) && !name.is_empty() {
            found.insert(name);
        }
    }
    found.into_iter().filter(|name| !name.starts_with("stockade")).collect()
}

/// The rows of the table: packages, and what they depend on.
fn rows(page: &str) -> Vec<(Vec<&str>, Vec<&str>)> {
    let table = page.split("\n## ").find(|part| part.starts_with("Direct dependencies")).unwrap();
    let cells = table.lines().filter(|line| line.starts_with("| ")).skip(1);
    let cells = cells.map(|line| line.split('|').map(str::trim).collect::<Vec<_>>());
    cells
        .map(|cells| {
            let packages = cells[1].split(", ").filter(|name| !name.contains('`')).collect();
            (packages, cells[2].split('`').skip(1).step_by(2).collect())
        })
        .collect()
}

fn breaches(manifests: &BTreeMap<&str, String>, page: &str) -> Vec<Breach> {
    let direct: BTreeMap<_, _> =
        manifests.iter().map(|(package, text)| (*package, direct(text))).collect();
    let rows = rows(page);
    let mut breaches = Vec::new();
    for (packages, names) in &rows {
        for name in names {
            let is_one =
                packages.iter().any(|of| direct.get(of).is_some_and(|of| of.contains(name)));
            if !is_one {
                breaches.push(format!("{name} is none of {packages:?}"));
            }
        }
    }
    for (package, names) in &direct {
        let unnamed = names.iter().filter(|name| !rows.iter().any(|(_, row)| row.contains(name)));
        breaches.extend(unnamed.map(|name| format!("{name} of {package} has no row")));
    }
    breaches
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

fn manifests() -> BTreeMap<&'static str, String> {
    let of = |package| (package, read(&format!("src/{package}/Cargo.toml")));
    PACKAGES.into_iter().map(of).collect()
}

#[test]
fn every_direct_dependency_is_explained() {
    let page = read("docs/dependencies.md");
    require_none("docs/dependencies.md", &breaches(&manifests(), &page));
}

#[test]
fn a_row_without_its_dependency_and_a_dependency_without_its_row_are_found() {
    let page = "\n## Direct dependencies\n\n| package | direct dependency | why |\n|---|---|---|\n\
                | base | `k256` | curves |\n| base, `x` | `gone` | was here |\n";
    let manifest =
        "[dependencies]\nk256.workspace = true\nhex = \"1\"\n[dev-dependencies]\nscrypt = \"1\"\n";
    let found = breaches(&BTreeMap::from([("base", manifest.to_owned())]), page);
    assert_eq!(found, ["gone is none of [\"base\"]", "hex of base has no row"]);
}
