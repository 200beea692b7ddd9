//! What `validator split` wrote, for people and for its document.

use std::path::Path;

use serde_json::Value;
use stockade::{
    backup::{
        SetId,
        split_mark::{Marked, SplitMark},
    },
    bls::PublicKey,
    validator::{SplitKey, Splitting},
};

use super::document::{Document, Key, Recorded, Wait, Written};
use crate::{
    commands::{
        plural::count,
        shares::{WAIT_EPOCHS, describe, unmarked_text, wait_minutes},
    },
    output::Outcome,
};

/// What charon needs in a node's folder, and only charon makes.
const CHARON_LACKS: [&str; 2] = ["cluster-lock.json", "charon-enr-private-key"];

/// Keys that were split.
#[derive(Clone, Copy)]
pub struct Report<'a> {
    /// The keys, with their shares.
    pub split: &'a [SplitKey],
    /// The id of their set.
    pub set: &'a SetId,
    /// How they were split.
    pub splitting: &'a Splitting,
    /// The folder with the shares.
    pub to: &'a Path,
}

/// The report on keys that were split.
pub fn outcome(report: &Report<'_>, marked: &Marked, warnings: Vec<String>) -> Outcome {
    let Report { split, set, splitting, to } = *report;
    let minutes = wait_minutes(set.network());
    let text = report.text(minutes) + &unmarked_text(marked);
    let document = Written {
        set_id: set.to_string(),
        to: crate::shown(&to).to_string(),
        layout: "charon",
        layout_lacks: CHARON_LACKS.to_vec(),
        shares: splitting.shares(),
        threshold: splitting.threshold(),
        keys: split.iter().enumerate().map(|(place, key)| Key::new(place, key)).collect(),
        wait: Wait { epochs: WAIT_EPOCHS, minutes },
        marked: marked.copies().to_vec(),
        not_marked: not_marked(marked),
        warnings,
        unrecorded: Value::Null,
    };
    Outcome::checked(marked.refused().is_empty(), text, Document::Written(document))
}

/// The report on a split by another tool.
pub fn recorded(mark: &SplitMark, set: &SetId, marked: &Marked) -> Outcome {
    let keys: Vec<_> = mark.keys.iter().map(PublicKey::to_string).collect();
    let mut text = format!(
        "Recorded in {}: {} of set {set}, split into {}\n",
        if marked.copies().len() == 1 {
            "1 copy".to_owned()
        } else {
            format!("{} copies", marked.copies().len())
        },
        count(keys.len(), "key"),
        describe(mark)
    );
    text += &keys.iter().map(|key| format!("  {key}\n")).collect::<String>();
    text += "No share was written. A restore, a delivery or another split of these keys asks from now on \
             whether the shares are switched off.";
    text += &unmarked_text(marked);
    let document = Recorded {
        set_id: set.to_string(),
        split_elsewhere: keys,
        shares: mark.shares,
        threshold: mark.threshold,
        marked: marked.copies().to_vec(),
        not_marked: not_marked(marked),
    };
    Outcome::checked(marked.refused().is_empty(), text, Document::Recorded(document))
}

fn not_marked(marked: &Marked) -> Vec<String> {
    marked.refused().iter().map(|(dir, _)| dir.to_string_lossy().into_owned()).collect()
}

impl Report<'_> {
    fn text(&self, minutes: u64) -> String {
        let Self { split, set, splitting, to } = *self;
        let (shares, to) = (splitting.shares(), crate::shown(&to));
        let mut text = format!(
            "Split {} of set {set} into {shares} shares each; any {} of them sign\n",
            count(split.len(), "key"),
            splitting.threshold(),
        );
        for (place, key) in split.iter().enumerate() {
            text += &format!("  keystore-{place}  {}\n", key.pubkey);
        }
        let places = split.first().map(|key| &key.shares).into_iter().flatten().enumerate();
        let places: Vec<_> = places.map(|(node, (x, _))| format!("node{node} x = {x}")).collect();
        text + &format!(
            "Written to {to}/node0 .. node{}, one folder for each machine: {}. Each keystore's password is \
             stored next to it: move each folder to its machine, and remove it here\n\
             Tested: the shares, read from their keystores again, sign for their keys\n\
             Files are named as charon names them, but charon does not run with them alone: it needs a \
             {} and a {} for each node, which only charon makes. To let charon split whole keys, use \
             `stockade backup restore --layout charon`\n\
             Start no share until {WAIT_EPOCHS} epochs ({minutes} minutes) after the whole keys were \
             switched off; longer is safer. Shares have public keys of their own, so no client knows what \
             the whole keys signed.\n\
             NEVER run a whole key and its shares at the same time, nor two splits of one key. The set in \
             your copies still opens to the whole keys: it is their backup. Keep it off the machines of \
             the cluster.",
            shares.saturating_sub(1),
            places.join(", "),
            CHARON_LACKS[0],
            CHARON_LACKS[1],
        )
    }
}
