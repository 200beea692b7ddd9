//! The guides of `docs/guides`, which are compiled into the command.

/// A guide, named like its file.
#[derive(Debug, Clone, Copy)]
pub struct Guide {
    pub name: &'static str,
    text: &'static str,
}

macro_rules! guides {
    ($($name:literal)*) => {
        &[$(Guide { name: $name, text: include_str!(concat!("../../guides/", $name, ".md")) }),*]
    };
}

/// Every guide, sorted by name. `src/cli/guides` is a link to their folder, so that they are in the package.
pub const GUIDES: &[Guide] = guides! {
    "air-gapped"
    "audit"
    "buckets"
    "ci"
    "copies"
    "deliver"
    "dirk"
    "first-validator"
    "heirs"
    "keystores"
    "library"
    "losses"
    "monitoring"
    "obol"
    "old-keystores"
    "operators"
    "paper-and-qr"
    "recovery-by-hand"
    "refusals"
    "restore"
    "ssv"
    "stores"
    "thousand-keys"
    "transactions"
    "trezor-safe-7"
    "usbip"
};

impl Guide {
    /// The guide of this name.
    pub fn named(name: &str) -> Option<Self> {
        GUIDES.iter().copied().find(|guide| guide.name == name)
    }

    /// Its title.
    pub fn title(self) -> &'static str {
        self.text.lines().next().unwrap_or_default().trim_start_matches("# ")
    }

    /// The guide in Markdown, without what only our tests read: which code blocks they run.
    pub fn text(self) -> String {
        let line = |line: &str| match line.strip_prefix("```") {
            Some(info) => format!("```{}\n", info.split(' ').next().unwrap_or_default()),
            None => format!("{line}\n"),
        };
        self.text.lines().map(line).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use super::*;

    #[test]
    fn every_guide_is_there_and_has_a_title() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/guides");
        let mut names: Vec<_> = fs::read_dir(folder)
            .unwrap()
            .filter_map(|file| {
                Some(file.unwrap().file_name().to_str()?.strip_suffix(".md")?.to_owned())
            })
            .collect();
        names.sort();
        assert_eq!(GUIDES.iter().map(|guide| guide.name).collect::<Vec<_>>(), names);
        for guide in GUIDES {
            assert!(guide.text.starts_with("# ") && !guide.title().is_empty(), "{}", guide.name);
            assert!(!guide.text().contains("```sh run"), "{}", guide.name);
        }
    }
}
