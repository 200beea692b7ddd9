//! Keys that were restored for a program that splits them.

use std::path::{Path, PathBuf};

use stockade::backup::{Layout, SetId, split_mark::Marked};

use crate::commands::shares::{WAIT_EPOCHS, unmarked_text, wait_minutes};

/// That the keys are split from now on, for people.
pub fn text(marked: Option<&Marked>, set: &SetId) -> String {
    let Some(marked) = marked else { return String::new() };
    format!(
        "\nRECORDED: these keys are split from now on. A restore, a delivery or another split of them \
         asks whether the shares are switched off.\n\
         Start no share until {WAIT_EPOCHS} epochs ({} minutes) after the whole keys were switched off. \
         NEVER run a whole key and its shares at the same time. Once the keys are split, remove the \
         folder and what is next to it.{}",
        wait_minutes(set.network()),
        unmarked_text(marked)
    )
}

/// The files next to the folder.
pub fn beside(layout: Layout, to: &Path, with_history: bool) -> Vec<String> {
    let shown = |path: &PathBuf| crate::shown(&path).to_string();
    layout.beside(to, with_history).iter().map(shown).collect()
}
