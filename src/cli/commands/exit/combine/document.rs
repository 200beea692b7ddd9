//! The document of `exit combine`.

use std::path::Path;

use serde::Serialize;

use super::{Combined, Part};

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Document {
    /// The network of the validator.
    network: &'static str,
    /// The public key of the validator.
    pubkey: String,
    /// The index of the validator on its chain.
    validator_index: u64,
    /// The first epoch in which it may exit.
    epoch: u64,
    /// The file that was written.
    out: String,
    /// The partial exits that were combined.
    parts: Vec<PartFields>,
    /// Partial exits that are wrong, and were left out. If there are any, the exit code is 1.
    wrong: Vec<PartFields>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct PartFields {
    /// The file.
    file: String,
    /// The x of the share that signed it.
    x: u64,
}

impl Document {
    /// What was combined and written to `out`.
    pub(super) fn new(combined: &Combined, wrong: &[&Part], out: &Path) -> Self {
        let fields = |part: &Part| PartFields { file: part.file().to_owned(), x: part.x };
        let message = &combined.made.exit.message;
        let is_wrong = |part: &&Part| wrong.iter().any(|other| std::ptr::eq(*other, *part));
        Self {
            network: combined.network.name(),
            pubkey: combined.validator.to_string(),
            validator_index: message.validator_index,
            epoch: message.epoch,
            out: out.to_string_lossy().into_owned(),
            parts: combined.parts.iter().filter(|part| !is_wrong(part)).map(fields).collect(),
            wrong: wrong.iter().map(|part| fields(part)).collect(),
        }
    }
}
