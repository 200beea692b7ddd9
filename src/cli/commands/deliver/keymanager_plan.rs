//! The plan of a delivery over the keymanager API, shown before anything is done.

use stockade::{
    backup::{restore::Restorable, verdict::Verdict},
    staking::Network,
};
use stockade_services::delivery::{Past, Prepared};

use crate::commands::share_rows;

use super::{approval, chosen::Chosen, keymanager_args::Args, left_out::left_out_text};

/// Everything that the user should know before approving.
pub(super) fn plan(
    args: &Args,
    chosen: &Chosen,
    prepared: &Prepared<'_>,
    restorable: &Restorable,
) -> String {
    let (url, set) = (&args.client.url, chosen.id());
    let keys = restorable.public_keys();
    let arrivals = prepared.arrivals(&keys);
    let (lacking, there) = (arrivals.lacking(), arrivals.count(Verdict::Proven));
    let mut text = format!("To {url}: {} of {} keys of set {set}\n", lacking.len(), keys.len());
    if there > 0 {
        text += &format!("  there already, and left unchanged: {there}\n");
    }
    text += &share_rows::text(&chosen.shares());
    text += &match &prepared.past {
        Past::From(from) => removal(from.client.url(), prepared),
        Past::Decided(decision) => format!("  slashing history: {}\n", decision.describe()),
    };
    text += &settings(prepared, args.giver.take_settings);
    text += if lacking.is_empty() {
        ""
    } else if args.password_per_key {
        "  each key with its own password and salt\n"
    } else {
        "  with a password and a salt that are used for this delivery only\n"
    };
    text += &network(set.network(), prepared.tells_network);
    text += &approval::keys(&lacking);
    text + &left_out_text(&restorable.left_out)
}

/// What the client at `url` is asked before anything is delivered.
fn removal(url: &str, prepared: &Prepared<'_>) -> String {
    let (listed, before) = (prepared.running.listed.len(), prepared.running.before.len());
    let mut text = String::new();
    if listed > 0 {
        text += &format!(
            "  first, {listed} are removed at {url}: one alone, then batch by batch. What they signed is \
             kept in every copy\n"
        );
    }
    if before > 0 {
        text += &format!("  {before} were removed at {url} before\n");
    }
    text
}

/// Where the keys' fees go now, in full: the new client has defaults of its own.
fn settings(prepared: &Prepared<'_>, taken: bool) -> String {
    let Past::From(from) = &prepared.past else { return String::new() };
    let line = |(settings, keys, first)| {
        format!("  at {}: {settings} ({keys} keys, {first} first)\n", from.client.url())
    };
    let lines: String = prepared.settings.grouped().into_iter().map(line).collect();
    if lines.is_empty() {
        return lines;
    }
    lines
        + if taken {
            "    these are set at the new client too\n"
        } else {
            "    these do NOT go along: the new client uses its own, unless you say --take-settings\n"
        }
}

/// What is known of the network that the client is on.
pub(super) fn network(network: Network, told: bool) -> String {
    let network = network.name();
    if told {
        return format!("  network: {network}, according to the client itself\n");
    }
    format!(
        "  network: NOT CHECKED, this client does not report its network. Make sure that it runs \
         {network}: not every client refuses keys of another network\n"
    )
}
