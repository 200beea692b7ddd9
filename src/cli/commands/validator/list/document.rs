//! The document after its rows: sets, copies and warnings.

use serde::Serialize;
use stockade::{
    backup::origin::Pins,
    validator::fleet::{Fleet, FleetSet},
};

#[cfg(all(test, feature = "cloud", feature = "mock", feature = "rpc"))]
use super::row;
use super::{Splits, drill::LastDrill, origin, summary};
#[cfg(all(test, feature = "cloud", feature = "mock", feature = "rpc"))]
use crate::commands::unreachable::Unreached;
use crate::{
    commands::shares::{self, Split},
    output::common::Warning,
};

/// The whole document.
#[cfg(all(test, feature = "cloud", feature = "mock", feature = "rpc"))]
#[derive(Serialize, schemars::JsonSchema)]
pub struct Whole {
    /// Every key of every set, printed one per line.
    keys: Vec<row::Key>,
    #[serde(flatten)]
    rest: Rest,
    #[serde(flatten)]
    unreached: Unreached,
}

/// The document after its rows.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Rest {
    /// The sets. Copies that disagree about a set are listed as sets of their own.
    sets: Vec<Set>,
    /// The copies that were read.
    copies: Vec<ReadCopy>,
    /// Problems of the fleet, and of its buckets.
    warnings: Vec<Warning>,
    /// Work that was interrupted in these copies, for people.
    unfinished: Vec<String>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Set {
    /// The id of the set.
    set_id: String,
    /// Whether its manifest could be read.
    readable: bool,
    /// The number of its keys.
    keys: usize,
    /// Whether it was made with a simulated wallet or a well-known mnemonic.
    test: Option<bool>,
    /// The number of custodians that it takes to open it.
    threshold: Option<u8>,
    /// The number of its custodians.
    custodians: Option<usize>,
    /// The check address that signed it.
    signer: Option<String>,
    /// Who that is: `this_wallet`, `signer` (a --signer), `unknown` or `forged`.
    origin: &'static str,
    /// The copies that hold the set, with the last drill in each.
    copies: Vec<Holder>,
    /// Splits of its keys into shares.
    splits: Vec<Split>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Holder {
    /// The id of the copy.
    copy: String,
    #[serde(flatten)]
    drill: LastDrill,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct ReadCopy {
    /// The id of the copy.
    copy: String,
    /// The folder or bucket.
    dir: String,
}

impl Rest {
    /// What there is to say about the fleet.
    pub fn new(fleet: &Fleet, pins: &Pins, splits: &Splits, unfinished: Vec<String>) -> Self {
        let copies = fleet.copies().iter().map(|copy| ReadCopy {
            copy: copy.id.clone(),
            dir: copy.dir.to_string_lossy().into_owned(),
        });
        let warnings = summary::warnings(fleet, splits).into_iter();
        Self {
            sets: fleet.sets().map(|set| Set::new(set, pins, splits)).collect(),
            copies: copies.collect(),
            warnings: warnings.map(|w| Warning { kind: w.kind, text: w.text }).collect(),
            unfinished,
        }
    }
}

impl Set {
    fn new(set: &FleetSet, pins: &Pins, splits: &Splits) -> Self {
        let manifest = set.listed.manifest.as_ref();
        let copies = set.copies.iter().map(|(copy, drills)| Holder {
            copy: copy.clone(),
            drill: LastDrill::new(drills.own(), drills.claimed()),
        });
        let splits = splits.get(&set.listed.id).map(shares::splits);
        Self {
            set_id: set.listed.id.to_string(),
            readable: manifest.is_some(),
            keys: set.listed.keystores().len(),
            test: manifest.map(|manifest| manifest.test),
            threshold: manifest.map(|manifest| manifest.threshold),
            custodians: manifest.map(|manifest| manifest.custodians.len()),
            signer: set.listed.signer.map(|signer| signer.to_string()),
            origin: origin(set, pins).as_str(),
            copies: copies.collect(),
            splits: splits.unwrap_or_default(),
        }
    }
}
