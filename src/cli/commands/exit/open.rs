use std::{collections::BTreeMap, path::PathBuf};

use serde_json::json;
use stockade::{
    backup::{exits::OpenedExit, restore::require_new, verdict::Verdict},
    bls::PublicKey,
    store::{NewFile, publish_folder},
};

use super::sealed::{Sealed, SealedArgs};
use crate::{CommandResult, context::Context, error::CommandError, output::Outcome};

/// Open the sealed exits of copies: into a new folder, for you alone
///
/// The set's custodians open them, as they open its keys. Each is verified against the keys of its
/// set before it is written; one that rotted in a copy is taken from another.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Copies
    #[arg(required = true, value_name = "COPY")]
    copies: Vec<PathBuf>,
    /// The validator that leaves [default: all]
    #[arg(long, value_name = "KEY")]
    pubkey: Option<PublicKey>,
    #[command(flatten)]
    sealed: SealedArgs,
    /// The folder to make; it must be new or empty
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

impl Args {
    /// Opens, verifies and writes.
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
        Ok(self.outcome(&sealed, &exits))
    }

    fn nothing(&self, sealed: &Sealed) -> CommandError {
        let Some((set, exit)) = sealed.exits.first() else {
            let whose = self.pubkey.map_or(String::new(), |key| format!(" of {key}"));
            return CommandError::input(format!("no sealed exit{whose} lies in these copies"))
                .with_hint("`stockade exit create --seal` makes some");
        };
        let (count, why) = (sealed.exits.len(), exit.reason.explain());
        CommandError::input(format!("none of the {count} sealed exits beside {set} opened: {why}"))
            .with_hint("name a custodian of the set; `stockade backup scrub` says what is damaged")
    }

    fn outcome(&self, sealed: &Sealed, exits: &BTreeMap<String, &OpenedExit>) -> Outcome {
        let lost = lost(sealed);
        let out = crate::shown(&self.out);
        let mut text = format!("Opened {} exits into {out} (for you alone)\n", exits.len());
        for (name, opened) in exits {
            let message = &opened.exit.message;
            text += &format!(
                "  {name}: validator {}, from epoch {} on\n    {}\n",
                message.validator_index, message.epoch, opened.pubkey
            );
        }
        for (file, why) in &lost {
            text += &format!("  NOT OPENED: {file}: {why}\n");
        }
        text += "A beacon node takes each as it is (POST /eth/v1/beacon/pool/voluntary_exits). Once \
                 sent it is final; whoever has a file can send it.";
        let list = exits.iter().map(|(name, opened)| {
            json!({
                "file": name,
                "pubkey": opened.pubkey,
                "validator_index": opened.exit.message.validator_index,
                "epoch": opened.exit.message.epoch,
            })
        });
        let lost_list = lost.iter().map(|(file, why)| json!({"file": file, "why": why}));
        let json = json!({
            "out": out.to_string(),
            "exits": list.collect::<Vec<_>>(),
            "not_opened": lost_list.collect::<Vec<_>>(),
        });
        Outcome::checked(lost.is_empty(), text, json)
    }
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

/// Sealed exits that opened in no copy, and why.
fn lost(sealed: &Sealed) -> BTreeMap<&str, &'static str> {
    let mut worst = BTreeMap::new();
    for (_, exit) in &sealed.exits {
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
