//! The sealed exits that are stored with a set whose keys are restored.

use std::collections::BTreeSet;

use serde::Serialize;
use stockade::backup::{Copy, SetId, exits};

use crate::{commands::plural::count, error::CommandError, shell};

/// How many sealed exits are stored with the set.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct SealedExits {
    /// The number of sealed exits that are stored with the set. They are not restored with the keys.
    sealed_exits: usize,
}

impl SealedExits {
    /// Counts the exits that are stored with `set`.
    pub fn count(copies: &[Copy], set: &SetId) -> Result<Self, CommandError> {
        let sealed = exits::read(copies, set)?;
        let files: BTreeSet<_> = sealed.iter().map(|exit| exit.file.as_str()).collect();
        Ok(Self { sealed_exits: files.len() })
    }

    /// Counts the exits that are stored with any of `sets`.
    pub fn count_all<'a>(
        copies: &[Copy],
        sets: impl Iterator<Item = &'a SetId>,
    ) -> Result<Self, CommandError> {
        let counts = sets.map(|set| Ok(Self::count(copies, set)?.sealed_exits));
        Ok(Self { sealed_exits: counts.sum::<Result<usize, CommandError>>()? })
    }

    /// For people, with the command that opens them; empty if there are none.
    pub fn text(&self, copies: &[Copy]) -> String {
        if self.sealed_exits == 0 {
            return String::new();
        }
        format!(
            "\nStored with this set, and not restored: {}. To open them: stockade exit open{} --out \
             NEW-FOLDER",
            count(self.sealed_exits, "sealed exit"),
            shell::copies(copies)
        )
    }
}
