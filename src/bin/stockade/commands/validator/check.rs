use std::{collections::BTreeSet, path::PathBuf};

use serde_json::json;
use stockade::{
    backup::verdict::{Counts, Level, Reason},
    bls::PublicKey,
    validator::{self, CheckOptions, Checked, CheckedKey},
};

use crate::{
    CommandResult,
    context::{Context, read_expected},
    output::Outcome,
};

/// Do these keys belong to this wallet? Needs no password and no words
///
/// Compares public keys with the wallet's own: those of its words (Ledger), and those of the
/// batches that it makes for Stockade, for which the wallet asks for approval. Does not open any
/// keystore: a drill does.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Keystores, folders of keystores, or copies
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// Ask the wallet for this batch alone (needed for keystores outside of its own sets)
    #[arg(long)]
    batch: Option<u32>,
    /// The highest index at which the words' own keys are tried
    #[arg(long, default_value_t = 99)]
    max_index: u32,
    /// Keys that must be among them: a key a line, a deposit_data file, or a keymanager listing
    #[arg(long, value_name = "FILE")]
    expect: Option<PathBuf>,
}

impl Args {
    /// Asks the wallet and compares.
    pub fn run(self, context: &mut Context) -> CommandResult {
        let expected = read_expected(self.expect.as_deref())?;
        let keys = validator::find_keys(&self.paths)?;
        let mut wallet = context.open()?;
        let options = CheckOptions { batch: self.batch, max_index: self.max_index };
        let mut progress = context.terminal.progress();
        let checked =
            validator::check(keys, &options, &mut *wallet, &mut context.terminal, &mut progress)?;
        drop(progress);
        let there: BTreeSet<_> = checked.keys.iter().filter_map(|key| key.key.pubkey).collect();
        let missing: Vec<_> = expected.into_iter().filter(|key| !there.contains(key)).collect();
        Ok(outcome(&checked, &missing, &wallet.identity().name(), self.max_index))
    }
}

fn outcome(checked: &Checked, missing: &[PublicKey], device: &str, max_index: u32) -> Outcome {
    let reasons = checked.keys.iter().map(|key| key.reason);
    let counts = Counts::of(reasons.chain(missing.iter().map(|_| Reason::Missing)));
    let ok = counts.proven > 0 && counts.contradicted == 0 && counts.inconclusive == 0;
    let mut text = String::new();
    for key in &checked.keys {
        text += &line(key);
    }
    for key in missing {
        text += &format!("contradicted  {key}  missing: it is in none of these files\n");
    }
    text += &format!(
        "{} proven, {} contradicted, {} inconclusive\n",
        counts.proven, counts.contradicted, counts.inconclusive
    );
    text += &summary(ok, checked, device, max_index);
    let keys = checked.keys.iter().map(|CheckedKey { key, reason, found }| {
        json!({
            "pubkey": key.pubkey,
            "verdict": reason.verdict().as_str(),
            "reason": reason.as_str(),
            "copy": key.copy,
            "file": key.file,
            "path": found.as_ref().map(ToString::to_string),
        })
    });
    let missing = missing.iter().map(|key| {
        json!({
            "pubkey": key, "verdict": "contradicted", "reason": "missing",
            "copy": null, "file": null, "path": null,
        })
    });
    let json = json!({
        "level": Level::PublicKey.as_str(),
        "verdicts": {
            "proven": counts.proven,
            "contradicted": counts.contradicted,
            "inconclusive": counts.inconclusive,
        },
        "keys": keys.chain(missing).collect::<Vec<_>>(),
    });
    Outcome::checked(ok, text, json)
}

fn line(checked: &CheckedKey) -> String {
    let CheckedKey { key, reason, found } = checked;
    let pubkey = key.pubkey.map_or("(key not known)".to_owned(), |key| key.to_string());
    let verdict = reason.verdict().as_str();
    match found {
        Some(path) => format!("{verdict}  {pubkey}  {path}\n"),
        None => {
            format!(
                "{verdict}  {pubkey}  {}: {}\n  {}\n",
                reason.as_str(),
                reason.explain(),
                key.file
            )
        }
    }
}

fn summary(ok: bool, checked: &Checked, device: &str, max_index: u32) -> String {
    let mut text = match ok {
        true => "All of these keys belong to this wallet: it can make them again.\n".to_owned(),
        false => String::new(),
    };
    if checked.keys.iter().any(|key| key.reason == Reason::OtherSource) {
        text += &format!(
            "Keys that are not among this wallet's first {} may come from other words, another \
             passphrase or a higher index (--max-index). That does not mean that they are lost.\n",
            u64::from(max_index) + 1
        );
    }
    if checked.keys.iter().any(|key| key.reason == Reason::NotChecked && key.key.batch.is_some()) {
        text += "Keys that say they are from a batch were left out: name it with --batch.\n";
    }
    if !checked.wallet_has_bls && checked.keys.iter().any(|key| key.reason == Reason::NotChecked) {
        text += &format!("The {device} cannot show the BLS keys of its words; a Ledger can.\n");
    }
    text + "Not shown by this: that a keystore opens with its password (a drill shows it)."
}
