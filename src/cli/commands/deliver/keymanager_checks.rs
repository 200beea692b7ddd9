//! What is looked at, and shown, before a delivery over the keymanager API.

use std::collections::BTreeSet;

use stockade::{
    backup::{history::Kept, whereabouts::Location},
    bls::PublicKey,
    staking::Network,
    timestamp::Timestamp,
};
use stockade_services::cloud::{
    delivery::{Client, Running, settings::KeySettings},
    keymanager::{Listed, RemoteKey},
};

use super::keymanager::Before;
use crate::{
    commands::{
        elsewhere::Elsewhere,
        shares::{WAIT_EPOCHS, wait_minutes},
    },
    context::Context,
    error::CommandError,
};

/// What the client at `url` is asked before anything is delivered.
pub(super) fn removal(url: &str, running: &Running) -> String {
    let Running { listed, before } = running;
    let mut text = String::new();
    if !listed.is_empty() {
        let keys = listed.len();
        text += &format!(
            "  first {keys} are removed at {url}, one alone and then batch by batch; what they signed \
             is kept in every copy\n"
        );
    }
    if !before.is_empty() {
        let keys = before.len();
        text += &format!("  {keys} were removed at {url} before\n");
    }
    text
}

/// Whom the keys' fees go to now, in full: the new client has defaults of its own.
pub(super) fn settings_plan(settings: &KeySettings, before: &Before, taken: bool) -> String {
    let Before::From(client, _) = before else { return String::new() };
    let mut text = String::new();
    for (settings, keys, first) in settings.grouped() {
        text += &format!("  at {}: {settings} ({keys} keys, {first} first)\n", client.url());
    }
    if !text.is_empty() {
        text += match taken {
            true => "    these are set at the new client as well\n",
            false => {
                "    these do NOT go along: the new client uses its own, unless you say --take-settings\n"
            }
        };
    }
    text
}

/// What is known of the network that the client is on.
pub(super) fn network_plan(network: Network, told: bool) -> String {
    let network = network.name();
    match told {
        true => format!("  network: {network}, as the client itself says\n"),
        false => format!(
            "  network: NOT CHECKED, this client does not tell its network. Make sure that it runs \
             {network}: not every client refuses keys of another network\n"
        ),
    }
}

/// After a history is lost, nothing that the keys signed is in the future only after some epochs.
pub(super) fn require_waited(
    elsewhere: &Elsewhere,
    keys: &[PublicKey],
    network: Network,
) -> Result<(), CommandError> {
    let Some(last) = elsewhere.record.last_time(keys) else { return Ok(()) };
    let wait = i64::try_from(WAIT_EPOCHS * network.epoch_seconds()).unwrap_or(i64::MAX);
    let left = last.unix().saturating_add(wait) - Timestamp::now().unix();
    if left <= 0 {
        return Ok(());
    }
    Err(CommandError::input(format!(
        "these keys were delivered, or removed, within the last {} minutes, and their history is lost: \
         a client that runs would sign with them at once",
        wait_minutes(network)
    ))
    .with_hint(format!("wait {} minutes, and run the same command again", (left + 59) / 60)))
}

pub(super) fn both_named(one: &Location, other: &Location) -> bool {
    one.name.is_some() && other.name.is_some()
}

/// The keys that a client signs with a remote signer; none where it does not say, which is said.
pub(super) fn remote_keys(
    client: &dyn Client,
    context: &mut Context,
) -> Result<Vec<RemoteKey>, CommandError> {
    let listed = client.list_remote_if_any()?;
    if listed.is_none() {
        context.terminal.say(&format!(
            "warning: {} does not say which keys it signs with a remote signer",
            client.url()
        ));
    }
    Ok(listed.unwrap_or_default())
}

/// The keys that a client signs for, itself or by the help of another.
pub(super) fn having(listed: &[Listed], remote: &[RemoteKey]) -> BTreeSet<PublicKey> {
    let listed = listed.iter().map(|key| key.pubkey);
    listed.chain(remote.iter().map(|key| key.pubkey)).collect()
}

/// One that cannot be read may say that the keys signed later than all others say.
pub(super) fn require_readable(kept: &Kept) -> Result<(), CommandError> {
    if kept.unread.is_empty() {
        return Ok(());
    }
    Err(CommandError::input(format!(
        "a slashing history beside the set cannot be relied on: {}",
        kept.unread.join("; ")
    ))
    .with_hint("repair the copies, or move it away; nothing is delivered without what it may say"))
}
