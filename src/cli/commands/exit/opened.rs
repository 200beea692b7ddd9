//! What `exit open` wrote.

use std::{collections::BTreeMap, path::Path};

use serde::Serialize;
use stockade::backup::exits::OpenedExit;

use crate::{
    commands::{key_share::ShareFields, plural::count},
    output::Outcome,
};

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Document {
    /// The folder that was written.
    out: String,
    /// The exits in it.
    exits: Vec<WrittenExit>,
    /// Sealed exits that opened in no copy. If there are any, the exit code is 1.
    not_opened: Vec<Lost>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct WrittenExit {
    /// The name of the file.
    file: String,
    /// The public key of the validator.
    pubkey: String,
    /// The index of the validator on its chain.
    validator_index: u64,
    /// The first epoch in which it may exit.
    epoch: u64,
    /// If a share signed it: which share. The exit is partial then, and no beacon node accepts it.
    share: Option<ShareFields>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Lost {
    /// The sealed file, relative to the copy's `stockade` folder.
    file: String,
    /// Why it did not open, for people.
    why: &'static str,
}

/// The exits that were written to `out`, and those that were lost.
pub fn outcome(
    out: &Path,
    exits: &BTreeMap<String, &OpenedExit>,
    lost: &BTreeMap<&str, &'static str>,
) -> Outcome {
    let out = crate::shown(&out);
    let plural = if exits.len() == 1 { "exit" } else { "exits" };
    let mut text = format!("Opened {} {plural} into {out} (only you can read it)\n", exits.len());
    for (name, opened) in exits {
        let message = &opened.exit.message;
        text += &format!(
            "  {name}: validator {}, from epoch {} on\n    {}\n",
            message.validator_index, message.epoch, opened.pubkey
        );
        if let Some(share) = &opened.share {
            text += &format!(
                "    PARTIAL: by {share}; {} must sign the same exit\n",
                count(share.others_needed().into(), "more share")
            );
        }
    }
    for (file, why) in lost {
        text += &format!("  NOT OPENED: {}: {why}\n", crate::shown(file));
    }
    text += if exits.values().any(|opened| opened.share.is_some()) {
        "No beacon node accepts a PARTIAL exit: put it together with those of other shares.\n"
    } else {
        ""
    };
    text += "Beacon nodes accept each file as it is (POST /eth/v1/beacon/pool/voluntary_exits). Once \
             sent, an exit is final, and anybody who has the file can send it.";
    let exits = exits.iter().map(|(name, opened)| WrittenExit {
        file: name.clone(),
        pubkey: opened.pubkey.to_string(),
        validator_index: opened.exit.message.validator_index,
        epoch: opened.exit.message.epoch,
        share: opened.share.map(ShareFields::from),
    });
    let not_opened = lost.iter().map(|(file, why)| Lost { file: (*file).to_owned(), why });
    let document =
        Document { out: out.to_string(), exits: exits.collect(), not_opened: not_opened.collect() };
    Outcome::checked(lost.is_empty(), text, document)
}
