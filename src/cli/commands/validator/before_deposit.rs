//! The steps between creating keys and depositing for them.

use std::path::{Path, PathBuf};

use stockade::{
    backup::{Copy, SetId},
    staking::Network,
    validator::CreatedValidators,
};

use crate::shell;

/// The set's deposit data file in the first copy that is a folder on this computer.
pub fn deposit_data(set: &SetId, copies: &[Copy]) -> Option<PathBuf> {
    let copy = copies.iter().find(|copy| copy.is_folder())?;
    let entries = copy.list(&set.as_str().parse().ok()?).ok()?;
    let mut names = entries.into_iter().map(|entry| entry.name);
    let name = names.find(|name| name.starts_with("deposit_data-"))?;
    Some(copy.dir().join("stockade").join(set.as_str()).join(name))
}

/// The steps between creating keys and depositing for them, in order.
pub fn before_deposit(
    created: &CreatedValidators,
    network: Network,
    copies: &[Copy],
    deposit_data: Option<&Path>,
) -> String {
    let dirs = shell::copies(copies);
    let mut text = format!(
        "Then load the keys into a validator client, before you deposit anything:\n  stockade backup \
         restore{dirs} --set {} --to NEW-FOLDER --layout CLIENT --never-attested\n",
        created.set.set_id
    );
    let Some(file) = deposit_data else { return text };
    text += &format!(
        "Then verify the deposit data:\n  stockade deposit verify {} --copy{dirs} --signer {}",
        shell::path(file),
        created.origin
    );
    if let Some(address) = created.withdrawal_address {
        text += &format!(" --withdrawal-address {address}");
    }
    text + &match launchpad(network) {
        Some(site) => format!("\nThen deposit with that file at {site}"),
        None => "\nThen deposit with that file as the network's operators tell you to".to_owned(),
    }
}

/// The site where anybody can deposit on a network.
fn launchpad(network: Network) -> Option<&'static str> {
    match network {
        Network::Mainnet => Some("https://launchpad.ethereum.org"),
        Network::Hoodi => Some("https://hoodi.launchpad.ethereum.org"),
        Network::Gnosis => Some("https://deposit.gnosischain.com"),
        _ => None,
    }
}
