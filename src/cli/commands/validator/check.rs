use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    path::PathBuf,
};

use serde_json::{Value, json};
use stockade::{
    backup::verdict::{Counts, Level, Reason, Verdict},
    bls::PublicKey,
    validator::{self, CheckOptions, Checked, CheckedKey, FoundKeys},
};

use crate::{
    CommandResult,
    commands::passed_over,
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
        let FoundKeys { keys, skipped } = validator::find_keys(&self.paths)?;
        let mut wallet = context.open()?;
        let options = CheckOptions { batch: self.batch, max_index: self.max_index };
        let mut progress = context.terminal.progress();
        let checked =
            validator::check(keys, &options, &mut *wallet, &mut context.terminal, &mut progress)?;
        drop(progress);
        let there: BTreeSet<_> = checked.keys.iter().filter_map(|key| key.key.pubkey).collect();
        let missing: Vec<_> = expected.into_iter().filter(|key| !there.contains(key)).collect();
        let mut outcome = outcome(&checked, &missing, &wallet.identity().name(), self.max_index);
        outcome.text = passed_over::text(&skipped, "passed over") + &outcome.text;
        outcome.json.insert("passed_over".to_owned(), passed_over::json(&skipped));
        Ok(outcome)
    }
}

/// What a wallet says of keys, wherever they were found.
pub fn outcome(checked: &Checked, missing: &[PublicKey], device: &str, max_index: u32) -> Outcome {
    let reasons = checked.keys.iter().map(|key| key.reason);
    let counts = Counts::of(reasons.chain(missing.iter().map(|_| Reason::Missing)));
    let ok = counts.proven > 0 && counts.contradicted == 0 && counts.inconclusive == 0;
    let mut text = lines(&checked.keys);
    for key in missing {
        text += &format!("contradicted  {key}  missing: it is in none of these files\n");
    }
    text += &format!(
        "{} proven, {} contradicted, {} inconclusive\n",
        counts.proven, counts.contradicted, counts.inconclusive
    );
    text += &summary(ok, counts, checked, device, max_index);
    let keys = checked.keys.iter().map(as_json);
    let missing = missing.iter().map(|key| {
        json!({
            "pubkey": key, "verdict": "contradicted", "reason": "missing",
            "copy": null, "file": null, "why": null, "path": null, "batch": null, "by": null,
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

fn as_json(checked: &CheckedKey) -> Value {
    let CheckedKey { key, reason, found, by_record } = checked;
    let by = match (reason, by_record) {
        (Reason::Ok, true) => Some("check_address"),
        (Reason::Ok, false) => Some("public_key"),
        _ => None,
    };
    json!({
        "pubkey": key.pubkey,
        "verdict": reason.verdict().as_str(),
        "reason": reason.as_str(),
        "copy": key.copy,
        "file": key.file,
        "why": key.why,
        "path": found.as_ref().map(ToString::to_string),
        "batch": key.batch.map(|(_, batch, _)| batch),
        "by": by,
    })
}

/// A line for each key and what is said of it, however many files hold it.
fn lines(keys: &[CheckedKey]) -> String {
    let mut places: BTreeMap<(usize, String), Vec<&str>> = BTreeMap::new();
    let mut order: HashMap<Option<PublicKey>, usize> = HashMap::new();
    for checked in keys {
        let next = order.len();
        let at = *order.entry(checked.key.pubkey).or_insert(next);
        places.entry((at, line(checked))).or_default().push(&checked.key.file);
    }
    let mut text = String::new();
    for ((_, line), files) in places {
        text += &line;
        match files.len() {
            1 => text += "\n",
            n => text += &format!("  (in {n} files)\n"),
        }
        if !line.starts_with(Verdict::Proven.as_str()) {
            text.extend(files.iter().map(|file| format!("  {file}\n")));
        }
    }
    text
}

fn line(checked: &CheckedKey) -> String {
    let CheckedKey { key, reason, found, by_record } = checked;
    let pubkey = key.pubkey.map_or("(key not known)".to_owned(), |key| key.to_string());
    let verdict = reason.verdict().as_str();
    let path = found.as_ref().map(ToString::to_string).unwrap_or_default();
    match (reason, key.batch) {
        (Reason::Ok, Some((network, batch, _))) => {
            format!("{verdict}  {pubkey}  {path} of {network} batch {batch}")
        }
        (Reason::Ok, None) if *by_record => {
            format!("{verdict}  {pubkey}  {path} of the wallet's words, as its signed set says")
        }
        (Reason::Ok, None) => format!("{verdict}  {pubkey}  {path} of the wallet's words"),
        (reason, _) => {
            let why = key.why.as_deref().unwrap_or(explain(*reason));
            format!("{verdict}  {pubkey}  {}: {why}", reason.as_str())
        }
    }
}

/// What the reasons mean here, where no keystore is opened.
fn explain(reason: Reason) -> &'static str {
    match reason {
        Reason::NotThisWallet => "it is said to come from another wallet, or another passphrase",
        Reason::PubkeyMismatch => {
            "the wallet makes another key where this one is said to come from"
        }
        reason => reason.explain(),
    }
}

fn summary(ok: bool, counts: Counts, checked: &Checked, device: &str, max_index: u32) -> String {
    let has = |wanted: Reason| checked.keys.iter().any(|key| key.reason == wanted);
    let mut text = String::new();
    if ok {
        text += "All of these keys belong to this wallet: its words make them again.\n";
    } else if counts.contradicted > 0 {
        text += "NOT everything is as it should be: read the lines that say contradicted. Nothing \
                 was changed; do not delete anything yet.\n";
    } else {
        text +=
            "This could not be settled for every key. It does not mean that anything is wrong.\n";
    }
    if checked.keys.iter().any(|key| key.by_record) {
        text += &format!(
            "The {device} cannot show the BLS keys of its words. That it holds the same words, its \
             check address and its own signature over the set show; a Ledger with these words \
             would show each key.\n"
        );
    }
    if has(Reason::OtherSource) {
        text += &format!(
            "Keys that are not among this wallet's first {} may come from other words, another \
             passphrase or a higher index (--max-index). That does not mean that they are lost.\n",
            u64::from(max_index) + 1
        );
    }
    if checked.keys.iter().any(|key| key.reason == Reason::NotChecked && key.key.batch.is_some()) {
        text += "Keys that say they are from a batch were left out: name it with --batch.\n";
    }
    if checked.keys.iter().any(|key| key.reason == Reason::NotChecked && key.key.batch.is_none()) {
        text += &format!(
            "The {device} cannot show the BLS keys of its words, and nothing says which words \
             these keys come from. A Ledger with the words can tell.\n"
        );
    }
    text + "Not shown by this: that a keystore opens, and that its file is whole. A drill shows it."
}
