//! What the owner of a fleet should know, for people.

use stockade::{
    backup::{marks::Marks, origin::Pins},
    validator::fleet::{Fleet, Warning},
};

use super::{Splits, is_own};
use crate::commands::shares;

/// Problems of the fleet, and splits.
pub fn warnings(fleet: &Fleet, splits: &Splits) -> Vec<Warning> {
    let mut warnings = fleet.warnings();
    for (set, Marks { marks, unread }) in splits {
        let splits = marks.iter().map(|mark| {
            let (keys, split) = (mark.keys.len(), shares::describe(mark));
            format!(
                "{set}: {keys} of its keys were split into {split}; never run the whole keys too"
            )
        });
        let unread = unread.iter().map(|file| {
            format!("{set}: {file} cannot be read, so some of its keys may have been split")
        });
        warnings.extend(splits.chain(unread).map(|text| Warning { kind: "split", text }));
    }
    warnings
}

/// The text after the rows.
pub fn text(fleet: &Fleet, keys: usize, pins: &Pins, splits: &Splits) -> String {
    let (sets, copies) = (fleet.sets().count(), fleet.copies());
    let plural = |count| if count == 1 { "" } else { "s" };
    let copy = if copies.len() == 1 { "copy" } else { "copies" };
    let mut text = format!(
        "{keys} key{} in {sets} set{}, {} {copy}\n",
        plural(keys),
        plural(sets),
        copies.len()
    );
    for copy in copies {
        text += &format!("  {}  {}\n", copy.id, crate::shown(&copy.dir));
    }
    for warning in warnings(fleet, splits) {
        text += &format!("warning: {}\n", warning.text);
    }
    if pins.is_empty() {
        text += &unknown_origin(fleet);
    } else if !fleet.sets().all(|set| is_own(set, pins)) {
        text += "NOT all of these sets were made by this wallet or a --signer.\n";
    }
    text + "This is what manifests and attestations record. Scrub and drill check whether it is still \
            true."
}

fn unknown_origin(fleet: &Fleet) -> String {
    let mut by: Vec<_> = fleet.sets().filter_map(|set| set.listed.signer).collect();
    by.extend(fleet.sets().filter_map(|set| Some(set.last_claim()?.by)));
    by.sort();
    by.dedup();
    if by.is_empty() {
        return "Origin unknown: nobody signed these sets.\n".to_owned();
    }
    let by: Vec<_> = by.iter().map(ToString::to_string).collect();
    format!(
        "Origin unknown: these sets and their drills are signed by {}. Name the addresses that are \
         yours with --signer.\n",
        by.join(", ")
    )
}
