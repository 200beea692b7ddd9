//! What to do with a restored folder: each client's own commands. `docs/guides/restore.md` says
//! the same at length, and where it comes from.

use stockade::{
    backup::{HISTORY, Layout},
    staking::Network,
};

/// The switch that makes a client listen before it signs.
pub fn doppelganger(layout: Layout) -> &'static str {
    match layout {
        Layout::Lighthouse => "--enable-doppelganger-protection",
        Layout::Teku => "--doppelganger-detection-enabled=true",
        Layout::Prysm => "--enable-doppelganger",
        Layout::Nimbus => "--doppelganger-detection=true (it is on by itself)",
        Layout::Lodestar => "--doppelgangerProtection",
        Layout::Web3signer => "that of the client that uses Web3signer, which has none itself",
        _ => {
            "Lighthouse --enable-doppelganger-protection, Teku \
             --doppelganger-detection-enabled=true, Prysm --enable-doppelganger, Nimbus \
             --doppelganger-detection=true, Lodestar --doppelgangerProtection"
        }
    }
}

/// How the client takes the slashing history in the folder `to`: before it starts.
pub fn import_history(layout: Layout, to: &str, network: Network) -> String {
    let file = format!("{to}/{HISTORY}");
    match layout {
        Layout::Lighthouse => format!(
            "lighthouse --network {network} --datadir {to} account validator slashing-protection \
             import {file}"
        ),
        Layout::Teku => {
            format!("teku slashing-protection import --data-path=<teku's data> --from={file}")
        }
        Layout::Prysm => format!(
            "validator slashing-protection-history import --datadir=<prysm's data> \
             --slashing-protection-json-file={file}"
        ),
        Layout::Nimbus => format!(
            "nimbus_beacon_node slashingdb import {file} --network={network} --data-dir={to}"
        ),
        Layout::Lodestar => format!(
            "lodestar validator slashing-protection import --network {network} --dataDir {to} \
             --file {file}"
        ),
        Layout::Web3signer => format!(
            "web3signer eth2 --network={network} --slashing-protection-db-url=<jdbc url> import \
             --from={file}"
        ),
        _ => format!("import {file} as your client's documentation says"),
    }
}

/// How the client is started with the keys in the folder `to`.
pub fn start(layout: Layout, to: &str, network: Network, with_history: bool) -> String {
    match layout {
        Layout::Lighthouse => {
            // Else it refuses keys that its slashing protection does not know.
            let first = if with_history { "" } else { " --init-slashing-protection" };
            format!("lighthouse vc --network {network} --datadir {to}{first}")
        }
        Layout::Teku => format!(
            "teku validator-client --network={network} --data-path=<teku's data> \
             --validator-keys={to}/keys:{to}/passwords"
        ),
        Layout::Prysm => format!(
            "validator --{network} --datadir=<prysm's data> --wallet-dir={to}/wallet \
             --wallet-password-file={to}/wallet-password.txt"
        ),
        Layout::Nimbus => format!("nimbus_validator_client --data-dir={to}"),
        Layout::Lodestar => format!("lodestar validator --network {network} --dataDir {to}"),
        Layout::Web3signer => {
            format!("web3signer --key-config-path={to}/keys eth2 --network={network} ..")
        }
        _ => format!("import the keystores with the password in {to}/password.txt"),
    }
}
