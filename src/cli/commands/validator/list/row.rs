//! A key: as a line, as comma-separated values, and as JSON.

use serde::Serialize;
use stockade::{
    backup::{manifest::Source, origin::Pins},
    eth::Address,
    validator::fleet::FleetKey,
};

use super::{drill::LastDrill, is_own, origin};
use crate::commands::key_share::{ShareFields, short};

pub const CSV_HEAD: &str = "network,source,wallet,batch,index,path,pubkey,set,origin,copies,drilled,attested_by,\
    share_of,share_x,share_threshold";

/// A key of a set.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Key {
    /// The public key: of the validator, or of a share of its key.
    pubkey: String,
    /// Which share of a validator's key it is, or null for a validator's own key.
    share: Option<ShareFields>,
    /// The network of its set.
    network: &'static str,
    /// The origin of the key: `device`, `mnemonic` or `imported`.
    source: &'static str,
    /// The check address of its wallet or mnemonic, or null for an imported key.
    check_address: Option<String>,
    /// The batch of the wallet that it is from (`device` only).
    batch: Option<u32>,
    /// The index in its path.
    index: Option<u32>,
    /// Its path (EIP-2334), where the set has one.
    path: Option<String>,
    /// The id of its set.
    set_id: String,
    /// Who signed the set: `this_wallet`, `signer` (a --signer), `unknown` or `forged`.
    origin: &'static str,
    /// The ids of the copies that hold the set.
    copies: Vec<String>,
    #[serde(flatten)]
    drill: LastDrill,
}

impl Key {
    /// The key as JSON.
    pub fn new(key: &FleetKey<'_>, pins: &Pins) -> Self {
        let (kind, wallet, batch) = source(&key.entry.source);
        let set = key.set;
        Self {
            pubkey: key.entry.pubkey.to_string(),
            share: key.entry.share.map(ShareFields::from),
            network: set.listed.id.network().name(),
            source: kind,
            check_address: wallet.map(ToString::to_string),
            batch,
            index: key.index(),
            path: key.path().map(|path| path.to_string()),
            set_id: set.listed.id.to_string(),
            origin: origin(set, pins).as_str(),
            copies: set.copies.keys().cloned().collect(),
            drill: LastDrill::new(set.last_drill(), set.last_claim()),
        }
    }
}

/// The kind of the source, its check address, and its batch.
fn source(source: &Source) -> (&'static str, Option<&Address>, Option<u32>) {
    match source {
        Source::Device { batch, check_address, .. } => {
            ("device", Some(check_address), Some(*batch))
        }
        Source::Mnemonic { check_address } => ("mnemonic", Some(check_address), None),
        Source::Imported => ("imported", None, None),
    }
}

fn text_of<T: ToString>(value: Option<T>) -> String {
    value.map_or(String::new(), |value| value.to_string())
}

/// The head of the lines.
pub fn head() -> String {
    let (network, from, index, key, drilled) = ("network", "from", "index", "key", "drilled");
    format!("{network:<8} {from:<9} {index:>6}  {key:<18} {drilled:<10} copies\n")
}

/// The key as a line.
pub fn line(key: &FleetKey<'_>, pins: &Pins) -> String {
    let network = key.set.listed.id.network().name();
    let from = match source(&key.entry.source) {
        (_, _, Some(batch)) => format!("batch {batch}"),
        (kind, ..) => kind.to_owned(),
    };
    let (index, pubkey) = (text_of(key.index()), key.entry.pubkey.to_string());
    let pubkey: String = pubkey.chars().take(16).collect();
    let drilled = match (key.set.last_drill(), key.set.last_claim()) {
        (Some(drill), _) => drill.time.to_minute().chars().take(10).collect(),
        // Attested by somebody who is not known to be the user.
        (None, Some(_)) => "?".to_owned(),
        (None, None) => "never".to_owned(),
    };
    let is_foreign = !pins.is_empty() && !is_own(key.set, pins);
    let origin = if is_foreign { "  ORIGIN UNKNOWN" } else { "" };
    let copies = key.set.names();
    let share = key.entry.share.map_or(String::new(), |share| format!("  {}", short(&share)));
    format!("{network:<8} {from:<9} {index:>6}  {pubkey}.. {drilled:<10} {copies}{share}{origin}\n")
}

/// The key as comma-separated values. No field needs quotes or could be a formula: they are numbers,
/// hex, words of Stockade's own, and paths that were parsed as paths. Starts with a line break, so that
/// the outcome's is the last one.
pub fn csv(key: &FleetKey<'_>, pins: &Pins) -> String {
    let (kind, wallet, batch) = source(&key.entry.source);
    let drill = key.set.last_drill();
    let fields = [
        key.set.listed.id.network().name().to_owned(),
        kind.to_owned(),
        text_of(wallet),
        text_of(batch),
        text_of(key.index()),
        text_of(key.path()),
        key.entry.pubkey.to_string(),
        key.set.listed.id.to_string(),
        origin(key.set, pins).as_str().to_owned(),
        key.set.names().replace(',', " "),
        text_of(drill.map(|drill| drill.time.rfc3339())),
        text_of(drill.map(|drill| drill.by)),
        text_of(key.entry.share.map(|share| share.validator)),
        text_of(key.entry.share.map(|share| share.x)),
        text_of(key.entry.share.map(|share| share.threshold)),
    ];
    format!("\n{}", fields.join(","))
}
