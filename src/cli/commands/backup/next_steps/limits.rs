//! Where clients differ: what they cannot do, and how they look for other machines that sign.

use std::path::Path;

use stockade::{backup::Layout, staking::Network};

use crate::{error::CommandError, shell::absolute};

/// Each client's option to look for other machines that sign, and a remark on it.
const SWITCHES: [(Layout, &str, &str, &str); 5] = [
    (Layout::Lighthouse, "Lighthouse", "--enable-doppelganger-protection", ""),
    (Layout::Teku, "Teku", "--doppelganger-detection-enabled=true", ""),
    (
        Layout::Prysm,
        "Prysm",
        "--enable-doppelganger",
        " (Prysm looks back once when it starts and does not wait, so you must wait yourself)",
    ),
    (Layout::Nimbus, "Nimbus", "--doppelganger-detection=true", " (on by default)"),
    (Layout::Lodestar, "Lodestar", "--doppelgangerProtection", ""),
];

/// The option, with its remark, for people. For no client in particular: that of each.
pub fn doppelganger(layout: Layout) -> String {
    match layout {
        Layout::Web3signer => {
            return "the option of the client that uses Web3signer, which has none itself"
                .to_owned();
        }
        Layout::Dirk => {
            return "the option of the client that uses dirk, which has none itself".to_owned();
        }
        _ => {}
    }
    if let Some((.., option, remark)) = SWITCHES.iter().find(|(of, ..)| *of == layout) {
        return format!("{option}{remark}");
    }
    let all = SWITCHES.map(|(_, name, option, remark)| format!("{name} {option}{remark}"));
    all.join(", ")
}

/// The option alone, for a command line.
pub fn switch(layout: Layout) -> Option<&'static str> {
    SWITCHES.iter().find(|(of, ..)| *of == layout).map(|(_, _, option, _)| *option)
}

/// Refuses a folder whose name cannot be passed to the client.
pub fn require_usable(layout: Layout, to: &Path) -> Result<(), CommandError> {
    let to = absolute(to).to_string_lossy().into_owned();
    // --validator-keys=KEYS:PASSWORDS,KEYS:PASSWORDS
    if layout == Layout::Teku && to.contains([':', ',']) {
        let message = format!("{to}: Teku cannot use a folder with a colon or a comma in its name");
        return Err(CommandError::usage(message).with_hint("name another folder with --to"));
    }
    Ok(())
}

/// A warning that the client does not support this network.
pub fn lacks_network(layout: Layout, network: Network) -> Option<String> {
    let gnosis = matches!(network, Network::Gnosis | Network::Chiado);
    match layout {
        Layout::Prysm if gnosis => Some(format!(
            "Prysm has no option for {network}, so it cannot run these keys. Restore them with another \
             --layout"
        )),
        Layout::Nimbus if gnosis => {
            Some(format!("Nimbus runs {network} only in a separate build (make gnosis-build)"))
        }
        _ => None,
    }
}
