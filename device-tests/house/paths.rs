//! The paths that source names through `crate`, `super` and the workspace's packages, in `use` and
//! everywhere else.

use super::source::Source;

/// The packages whose modules are in the table, as paths name them.
const PACKAGES: [&str; 5] =
    ["stockade", "stockade_base", "stockade_keystore", "stockade_services", "stockade_wallet"];

/// A path that leads somewhere from the crate's root.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NamedPath {
    pub(super) line: usize,
    /// The module at the root in which it ends; `*` for all of them at once, and `as` for the root
    /// itself under another name.
    pub(super) module: String,
}

/// The modules at the crate's root that `source` names.
pub(super) fn from_root(source: &Source) -> Vec<NamedPath> {
    let mut walk = Walk {
        source,
        module: source.module().into_iter().map(str::to_owned).collect(),
        inline: Vec::new(),
        named: Vec::new(),
    };
    walk.file();
    walk.named
}

struct Walk<'a> {
    source: &'a Source,
    /// The modules that lead to where the walk is.
    module: Vec<String>,
    /// For every open brace, whether it is that of a `mod name { .. }`.
    inline: Vec<bool>,
    named: Vec<NamedPath>,
}

impl Walk<'_> {
    fn file(&mut self) {
        let mut at = 0;
        while at < self.source.tokens.len() {
            at = self.step(at);
        }
    }

    /// Looks at the token `at`; gives where to go on.
    fn step(&mut self, at: usize) -> usize {
        match self.source.text(at) {
            "mod" if self.source.text(at + 2) == "{" => {
                self.module.push(self.source.text(at + 1).to_owned());
                self.inline.push(true);
                at + 3
            }
            "{" => {
                self.inline.push(false);
                at + 1
            }
            "}" => {
                if self.inline.pop() == Some(true) {
                    self.module.pop();
                }
                at + 1
            }
            // pub(crate), pub(super), pub(in crate::..) say who may look in, not where to look.
            "pub" if self.source.text(at + 1) == "(" => self.source.after(at + 1),
            "crate" => self.path(Vec::new(), at + 1),
            name if PACKAGES.contains(&name) && self.source.is_colons(at + 1) => {
                self.path(Vec::new(), at + 1)
            }
            "super" | "self" if self.source.is_colons(at + 1) => self.path(self.module.clone(), at),
            _ => at + 1,
        }
    }

    /// Follows a path that has come to `module`, and whose next token is `at`.
    fn path(&mut self, mut module: Vec<String>, mut at: usize) -> usize {
        loop {
            match self.source.text(at) {
                ":" if self.source.is_colons(at) => at += 2,
                "super" => {
                    module.pop();
                    at += 1;
                }
                "self" => at += 1,
                "{" => return self.tree(&module, at + 1),
                name => {
                    if module.is_empty() {
                        self.name(name.to_owned(), at);
                    }
                    return at + 1;
                }
            }
        }
    }

    /// The branches of `module::{a, b::{c, d}}`, from behind the brace to behind its end.
    fn tree(&mut self, module: &[String], mut at: usize) -> usize {
        while at < self.source.tokens.len() && self.source.text(at) != "}" {
            at = self.path(module.to_vec(), at);
            while !matches!(self.source.text(at), "," | "}" | "") {
                at = if self.source.text(at) == "{" { self.source.after(at) } else { at + 1 };
            }
            if self.source.text(at) == "," {
                at += 1;
            }
        }
        at + 1
    }

    fn name(&mut self, module: String, at: usize) {
        let line = self.source.tokens.get(at).map_or(0, |token| token.line);
        self.named.push(NamedPath { line, module });
    }
}

#[cfg(test)]
mod tests {
    use super::{super::planted, from_root};

    fn named(path: &str, text: &str) -> Vec<String> {
        from_root(&planted(path, text)).into_iter().map(|named| named.module).collect()
    }

    #[test]
    fn every_way_to_name_a_module_is_seen() {
        let file = "src/stockade/backup/origin.rs";
        for (text, expected) in [
            ("use crate::eth::Address;", &["eth"][..]),
            ("use crate::{bls, eth::{self, Address}, path as p};", &["bls", "eth", "path"]),
            ("pub(crate) use crate::{\n  a::{b, c::{d}},\n  e::*,\n};", &["a", "e"]),
            ("use super::super::eth::Address;", &["eth"]),
            ("use super::{manifest, super::{eth, bls::Key}};", &["eth", "bls"]),
            ("use self::super::super::bls;", &["bls"]),
            ("fn f() -> crate::eth::Address { g::<crate::bls::Key>() }", &["eth", "bls"]),
            ("fn f() { format!(\"{}\", crate::eth::X) }", &["eth"]),
            ("mod a { mod b { use super::super::super::super::eth::X; } }", &["eth"]),
            ("mod a { } use super::super::eth;", &["eth"]),
            ("impl X { } use super::super::eth;", &["eth"]),
            ("fn f(x: super::super::eth::X) {}", &["eth"]),
            ("use stockade_base::{eth::Address, path};", &["eth", "path"]),
            ("fn f(x: stockade_wallet::device::Wallet) {}", &["device"]),
            ("pub use stockade_keystore::bls;", &["bls"]),
            ("use crate::*;", &["*"]),
            ("use crate as root;", &["as"]),
        ] {
            assert_eq!(named(file, text), expected, "{text}");
        }
        assert_eq!(named("src/stockade/backup/mod.rs", "use super::eth;"), ["eth"]);
        assert_eq!(named("src/base/path.rs", "use super::eth;"), ["eth"]);
    }

    #[test]
    fn what_stays_inside_or_is_only_said_is_not_seen() {
        for text in [
            "use super::manifest::Source; use self::x::Y;",
            "mod tests { use super::*; use super::super::manifest; }",
            "// use crate::eth;\n/// [`crate::eth`]\nconst X: &str = \"crate::eth\";",
            "pub(crate) fn f(&self) { self.eth() } pub(super) struct X; pub(in crate::a) fn g() {}",
            "use std::fs; use serde::{self, Serialize};",
        ] {
            assert_eq!(named("src/stockade/backup/origin.rs", text), [""; 0], "{text}");
        }
    }
}
