//! Decides which histories count. A history from the user is refused if anything is wrong with it.
//! A history that is stored with a set counts as far as it can be read.

use std::collections::BTreeSet;

use super::latest_epoch;
use stockade_base::timestamp::Timestamp;
use stockade_keystore::{
    bls::PublicKey,
    staking::{BadRecord, Interchange, InterchangeError, Network},
};

/// A part of a history that does not count.
pub(crate) struct Bad {
    /// The key that it is about, if that is known.
    pub(crate) pubkey: Option<PublicKey>,
    pub(crate) why: String,
}

/// Why a file that is stored with a set is not a history.
#[derive(Debug)]
pub(crate) enum NoHistory {
    /// It says nothing about any key, so nothing is lost without it.
    Nothing(String),
    /// It may say something, but cannot be relied on.
    Unreliable(String),
}

/// The history in `bytes`, if it is one for this network.
pub fn parse(bytes: &[u8], network: Network) -> Result<Interchange, String> {
    let history = Interchange::parse(bytes).map_err(|error| error.to_string())?;
    if of_network(&history, network) { Ok(history) } else { Err(other_network(&history, network)) }
}

/// Like [`parse`], but refuses one with epochs in the future: it was made up, or this computer's
/// clock is wrong, and it would keep a client from ever signing again.
pub fn parse_kept(bytes: &[u8], network: Network) -> Result<Interchange, String> {
    parse_given(bytes, network).map(|(history, _)| history)
}

/// Like [`parse_kept`]. Also returns how many records lack a list.
pub(crate) fn parse_given(bytes: &[u8], network: Network) -> Result<(Interchange, usize), String> {
    let (history, incomplete) =
        Interchange::parse_lenient(bytes).map_err(|error| error.to_string())?;
    if !of_network(&history, network) {
        return Err(other_network(&history, network));
    }
    match future(&history, network).first() {
        Some(key) => Err(still_to_come(key)),
        None => Ok((history, incomplete)),
    }
}

/// The valid records of a file that is stored with a set. An unreadable record does not invalidate
/// the others.
pub(crate) fn parse_valid(
    bytes: &[u8],
    network: Network,
) -> Result<(Interchange, Vec<Bad>), NoHistory> {
    let (history, bad) = Interchange::parse_valid(bytes).map_err(|error| match error {
        InterchangeError::Nothing => NoHistory::Nothing(error.to_string()),
        error => NoHistory::Unreliable(error.to_string()),
    })?;
    if history.records().is_empty() && bad.is_empty() {
        return Err(NoHistory::Nothing(if of_network(&history, network) {
            "it is empty: it does not name any key".to_owned()
        } else {
            format!("it is empty, and {}", other_network(&history, network))
        }));
    }
    if !of_network(&history, network) {
        return Err(NoHistory::Unreliable(other_network(&history, network)));
    }
    let future = future(&history, network);
    let mut bad: Vec<Bad> = bad.into_iter().map(Bad::from).collect();
    bad.extend(future.iter().map(|key| Bad { pubkey: Some(*key), why: still_to_come(key) }));
    if future.is_empty() {
        return Ok((history, bad));
    }
    let keys: BTreeSet<_> = history.newest().into_keys().collect();
    let future: BTreeSet<_> = future.into_iter().collect();
    Ok((history.about(&(&keys - &future)), bad))
}

impl From<BadRecord> for Bad {
    fn from(bad: BadRecord) -> Self {
        Self { pubkey: bad.pubkey, why: bad.to_string() }
    }
}

/// Like [`parse_kept`], but tells a history that says nothing from one that cannot be relied on.
pub(crate) fn check_kept(bytes: &[u8], network: Network) -> Result<Interchange, NoHistory> {
    let (history, bad) = parse_valid(bytes, network)?;
    match bad.into_iter().next() {
        Some(Bad { why, .. }) => Err(NoHistory::Unreliable(why)),
        None => Ok(history),
    }
}

/// Whether `bytes` say nothing. An answer without content is not evidence, and is not stored.
pub(crate) fn says_nothing(bytes: &[u8], network: Network) -> bool {
    matches!(parse_valid(bytes, network), Err(NoHistory::Nothing(_)))
}

fn of_network(history: &Interchange, network: Network) -> bool {
    *history.genesis_validators_root() == network.genesis_validators_root()
}

fn other_network(history: &Interchange, network: Network) -> String {
    let own = Network::from_genesis_validators_root(history.genesis_validators_root());
    let own = own.map(|own| format!(" ({})", own.name())).unwrap_or_default();
    format!("a slashing history for another network{own}, not for {}", network.name())
}

/// The keys that signed in the future, according to the history.
fn future(history: &Interchange, network: Network) -> Vec<PublicKey> {
    let current = network.epoch_at(Timestamp::now()).unwrap_or(0);
    let newest = history.newest().into_iter();
    newest
        .filter(|(_, newest)| latest_epoch(newest, network) > Some(current.saturating_add(1)))
        .map(|(key, _)| key)
        .collect()
}

fn still_to_come(key: &PublicKey) -> String {
    format!("it contains epochs in the future for key {key}")
}
