//! The verdict on each key for people.

use std::collections::{BTreeMap, HashMap};

use stockade::{
    backup::verdict::{Reason, Verdict},
    bls::PublicKey,
    validator::{Checked, CheckedKey},
};

use super::Report;
use crate::commands::{key_share, listed};

/// A line for each key, and what it all means.
pub fn of(
    report: &Report,
    checked: &Checked,
    missing: &[PublicKey],
    device: &str,
    max_index: u32,
) -> String {
    let mut text = lines(&checked.keys);
    let missing = missing
        .iter()
        .map(|key| format!("contradicted  {key}  missing: it is in none of these files"));
    text += &listed::lines(missing, "");
    text + &format!("{}\n", report.verdicts) + &summary(report, checked, device, max_index)
}

/// A line for each key and reason, however many files hold the key.
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
    let CheckedKey { key, reason, found, by_record, .. } = checked;
    let pubkey = key.pubkey.map_or("(key not known)".to_owned(), |key| key.to_string());
    let path = found.as_ref().map(ToString::to_string).unwrap_or_default();
    let details = match (reason, key.batch) {
        (Reason::Ok, Some((network, batch, _))) => format!("{path} of {network} batch {batch}"),
        (Reason::Ok, None) if *by_record => {
            format!("{path} of the wallet's mnemonic, according to the set that it signed")
        }
        (Reason::Ok, None) => format!("{path} of the wallet's mnemonic"),
        (reason, _) => {
            let why = key.why.as_deref().unwrap_or(explain(*reason));
            format!("{}: {why}", reason.as_str())
        }
    };
    let share = key.share.as_ref().map(|share| format!("{}; ", key_share::short(share)));
    format!("{}  {pubkey}  {}{details}", reason.verdict().as_str(), share.unwrap_or_default())
}

/// What the reasons mean here, where no keystore is opened.
fn explain(reason: Reason) -> &'static str {
    match reason {
        Reason::NotThisWallet => {
            "it is recorded to be from another wallet, or from another passphrase of this one"
        }
        Reason::PubkeyMismatch => {
            "the wallet derives another key at the place where this one is recorded to be from"
        }
        reason => reason.explain(),
    }
}

fn summary(report: &Report, checked: &Checked, device: &str, max_index: u32) -> String {
    let mut text = if report.all_proven() {
        "All of these keys belong to this wallet: it can derive them again.\n"
    } else if report.verdicts.any_contradicted() {
        "NOT everything is as it should be: read the lines that begin with `contradicted`. Nothing was \
         changed. Do not delete anything yet.\n"
    } else {
        "Some keys could not be checked. This does not mean that anything is wrong.\n"
    }
    .to_owned();
    if checked.keys.iter().any(|key| key.by_record) {
        text += &format!(
            "The {device} cannot show the BLS keys of its mnemonic. Its check address and its signature \
             over the set prove that it holds the same mnemonic. A Ledger with this mnemonic could show \
             each key.\n"
        );
    }
    if checked.keys.iter().any(|key| key.reason == Reason::OtherSource) {
        text += &format!(
            "Keys that are not among the first {} of this wallet may be from another mnemonic, another \
             passphrase or a higher index (--max-index). This does not mean that they are lost.\n",
            u64::from(max_index) + 1
        );
    }
    let skipped = |from_batch: bool| {
        let not_checked = |key: &&CheckedKey| key.reason == Reason::NotChecked;
        checked.keys.iter().filter(not_checked).any(|key| key.key.batch.is_some() == from_batch)
    };
    if skipped(true) {
        text +=
            "Keys that are recorded to be from a batch were not checked: name it with --batch.\n";
    }
    if skipped(false) {
        text += &format!(
            "The {device} cannot show the BLS keys of its mnemonic, and these keys come without a \
             record of their mnemonic. A Ledger with the mnemonic can check them.\n"
        );
    }
    text + "Not checked: that the keystores open and are undamaged. `stockade backup drill` does that."
}
