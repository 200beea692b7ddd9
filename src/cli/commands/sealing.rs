//! What `validator create` and `backup create` are told alike: for which network, where to, and for
//! whom.

use std::path::PathBuf;

use stockade::{
    backup::{Copy, custodians::Given, room},
    device_secret::Scheme,
    staking::Network,
};

use crate::{context::read_custodians, error::CommandError};

/// Options of every command that makes a set.
#[derive(Debug, clap::Args)]
pub struct Sealing {
    /// mainnet, sepolia, hoodi, gnosis or chiado
    #[arg(long, value_parser = crate::cli::network)]
    pub network: Network,
    /// A folder to back up to (a stick, a disk, a share), or s3://, gs:// or az://BUCKET/PREFIX. Once
    /// for each copy
    #[arg(long, required = true, num_args = 1.., value_name = "DIR")]
    copy: Vec<PathBuf>,
    /// Who can open it: custodian files, or a set of this wallet [default: as this wallet's newest
    /// set on the copies; else this wallet]
    #[arg(long, num_args = 1.., value_name = "FILE|SET")]
    custodian: Vec<PathBuf>,
    /// How many custodians it takes to open it [default: 1; for a set, as many as open that]
    #[arg(long, value_parser = clap::value_parser!(u8).range(1..))]
    pub threshold: Option<u8>,
    /// How the wallet makes its secrets: eip191-v1 (every wallet) or slip11-v1 (Trezor)
    #[arg(long, default_value_t)]
    pub scheme: Scheme,
    /// Real money behind a seed that the whole world knows; for tests alone
    #[arg(long, hide = true)]
    pub allow_test_seed: bool,
}

impl Sealing {
    /// The custodians that were named, and the copies.
    pub fn read(&self) -> Result<(Vec<Given>, Vec<Copy>), CommandError> {
        Ok((read_custodians(&self.custodian)?, Copy::prepare_all(&self.copy)?))
    }

    /// Makes sure that each copy takes a set of `keys` keys.
    pub fn require_room(&self, copies: &[Copy], keys: usize) -> Result<(), CommandError> {
        Ok(room::require(copies, room::of_set(keys))?)
    }

    /// Whether somebody was named who can open it.
    pub fn names_custodians(&self) -> bool {
        !self.custodian.is_empty()
    }
}
