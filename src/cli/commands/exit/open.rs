use std::{collections::BTreeMap, path::PathBuf};

use serde::Serialize;
use stockade::{
    backup::{exits::OpenedExit, restore::require_new, verdict::Verdict},
    bls::PublicKey,
    store::{NewFile, publish_folder},
};

use super::sealed::{Sealed, SealedArgs};
use crate::{
    CommandResult,
    commands::{key_share::ShareFields, plural::count},
    context::Context,
    error::CommandError,
    output::Outcome,
};

/// Open the sealed exits of copies into a new folder that only you can read
///
/// The set's custodians open them, as they open its keys. Each exit is verified against the keys of its
/// set before it is written. One that is damaged in a copy is read from another.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Copies
    #[arg(required = true, value_name = "COPY")]
    copies: Vec<PathBuf>,
    /// The public key of the validator that should exit [default: all]
    #[arg(long, value_name = "KEY")]
    pubkey: Option<PublicKey>,
    #[command(flatten)]
    sealed: SealedArgs,
    /// The folder to create; it must not exist, or be empty
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

impl Args {
    /// Opens and verifies the exits, and writes them.
    pub fn run(self, context: &mut Context) -> CommandResult {
        require_new(&self.out, &[])?;
        let sealed = self.sealed.open(&self.copies, self.pubkey.as_ref(), context)?;
        let exits = distinct(&sealed);
        if exits.is_empty() {
            return Err(self.nothing(&sealed));
        }
        let files = exits.iter().map(|(name, opened)| {
            let bytes = opened.exit.to_json().map(String::into_bytes);
            let bytes = bytes.map_err(|error| CommandError::input(error.to_string()))?;
            Ok(NewFile { path: name.parse()?, bytes })
        });
        let files = files.collect::<Result<Vec<_>, CommandError>>()?;
        require_new(&self.out, &[])?;
        publish_folder(&self.out, &files)?;
        Ok(self.outcome(&exits, &lost(&sealed)))
    }

    fn nothing(&self, sealed: &Sealed) -> CommandError {
        let Some((set, exit)) = sealed.exits.first() else {
            let whose = self.pubkey.map_or(String::new(), |key| format!(" of {key}"));
            return CommandError::input(format!("no sealed exit{whose} is in these copies"))
                .with_hint("`stockade exit create --seal` makes them");
        };
        let (count, why) = (sealed.exits.len(), exit.reason.explain());
        CommandError::input(format!("none of the {count} sealed exits of set {set} opened: {why}"))
            .with_hint("name a custodian of the set; `stockade backup scrub` shows what is damaged")
    }

    fn outcome(
        &self,
        exits: &BTreeMap<String, &OpenedExit>,
        lost: &BTreeMap<&str, &'static str>,
    ) -> Outcome {
        let out = crate::shown(&self.out);
        let plural = if exits.len() == 1 { "exit" } else { "exits" };
        let mut text =
            format!("Opened {} {plural} into {out} (only you can read it)\n", exits.len());
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
        let document = Document {
            out: out.to_string(),
            exits: exits.collect(),
            not_opened: not_opened.collect(),
        };
        Outcome::checked(lost.is_empty(), text, document)
    }
}

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

/// Every exit once, by the name of its file.
fn distinct(sealed: &Sealed) -> BTreeMap<String, &OpenedExit> {
    let opened = sealed.exits.iter().filter_map(|(set, exit)| Some((set, exit.opened.as_ref()?)));
    let named = opened.map(|(set, opened)| {
        let message = &opened.exit.message;
        let key: String = opened.pubkey.to_string().chars().take(12).collect();
        let (network, number, epoch) = (set.network(), message.validator_index, message.epoch);
        (format!("exit-{network}-{number}-epoch-{epoch}-{key}.json"), opened)
    });
    named.collect()
}

/// Sealed exits that opened in no copy, and the worst reason of each.
fn lost(sealed: &Sealed) -> BTreeMap<&str, &'static str> {
    let mut worst = BTreeMap::new();
    for (_, exit) in &sealed.exits {
        if exit.opened.is_some() {
            worst.insert(exit.file.as_str(), None);
            continue;
        }
        let found = worst.entry(exit.file.as_str()).or_insert(Some(exit.reason));
        match exit.reason.verdict() {
            Verdict::Proven => *found = None,
            _ if found.is_some_and(|so_far| so_far.verdict() < exit.reason.verdict()) => {
                *found = Some(exit.reason);
            }
            _ => {}
        }
    }
    worst.into_iter().filter_map(|(file, reason)| Some((file, reason?.explain()))).collect()
}
