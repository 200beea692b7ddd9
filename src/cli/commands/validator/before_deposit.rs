//! What comes between new keys and their deposit.

use std::path::{Path, PathBuf};

use stockade::{
    backup::{Copy, SetId},
    staking::Network,
    store::BucketAddress,
    validator::CreatedValidators,
};

use crate::shell;

/// The deposit data in the first copy that is a folder of this computer.
pub fn deposit_data(set: &SetId, copies: &[Copy]) -> Option<PathBuf> {
    let copy = copies.iter().find(|copy| BucketAddress::of(copy.dir()).is_none())?;
    let entries = copy.list(&set.as_str().parse().ok()?).ok()?;
    let name = entries
        .into_iter()
        .map(|entry| entry.name)
        .find(|name| name.starts_with("deposit_data-"))?;
    Some(copy.dir().join("stockade").join(set.as_str()).join(name))
}

/// What comes between new keys and their deposit, in this order.
pub fn before_deposit(
    created: &CreatedValidators,
    network: Network,
    copies: &[Copy],
    deposit_data: Option<&Path>,
) -> String {
    let dirs = shell::copies(copies);
    let mut text = format!(
        "Then have a client run the keys, before they cost anything:\n  stockade backup restore{dirs} \
         --set {} --to NEW-FOLDER --layout CLIENT --never-attested\n",
        created.set.set_id
    );
    let Some(file) = deposit_data else { return text };
    let file = shell::path(file);
    text += &format!(
        "Then check the deposit data:\n  stockade deposit verify {file} --copy{dirs} --signer {}",
        created.origin
    );
    if let Some(address) = created.withdrawal_address {
        text += &format!(" --withdrawal-address {address}");
    }
    text + &match launchpad(network) {
        Some(site) => format!("\nAnd deposit with that file at {site}"),
        None => "\nAnd deposit with that file as your network's operators say".to_owned(),
    }
}

/// Where a network takes deposits from anyone.
fn launchpad(network: Network) -> Option<&'static str> {
    match network {
        Network::Mainnet => Some("https://launchpad.ethereum.org"),
        Network::Hoodi => Some("https://hoodi.launchpad.ethereum.org"),
        Network::Gnosis => Some("https://deposit.gnosischain.com"),
        _ => None,
    }
}
