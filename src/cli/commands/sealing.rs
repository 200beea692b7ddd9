//! The options that `validator create`, `validator combine` and `backup create` share: network, copies and custodians.

use std::path::PathBuf;

use stockade::{
    backup::{
        Copy,
        custodians::{CustodianSource, Wanted},
        room,
        seal_request::SealRequest,
    },
    device_secret::Scheme,
    staking::Network,
};

use crate::{
    commands::backup::contact::ContactArgs, context::read_custodians, error::CommandError,
};

/// The options of every command that makes a set.
#[derive(Debug, clap::Args)]
pub struct Sealing {
    /// mainnet, sepolia, hoodi, gnosis or chiado
    #[arg(long, value_parser = crate::commands::network::parse)]
    pub network: Network,
    /// A folder to back up to (on a stick, disk or share), or a bucket (s3://, gs:// or az://, then
    /// BUCKET/PREFIX). Name one for each copy
    #[arg(long, required = true, num_args = 1.., value_name = "DIR")]
    copy: Vec<PathBuf>,
    #[command(flatten)]
    contact: ContactArgs,
    /// Who can open the set: custodian files, or a set that this wallet made [default: the custodians
    /// of this wallet's newest set on the copies; if there is none, this wallet]
    #[arg(long, num_args = 1.., value_name = "FILE|SET")]
    custodian: Vec<PathBuf>,
    /// How many custodians must open the set together [default: 1; with a set as --custodian, as many
    /// as that set needs]
    #[arg(long, value_parser = clap::value_parser!(u8).range(1..))]
    pub threshold: Option<u8>,
    /// How the wallet derives its secrets: eip191-v1 (every wallet) or slip11-v1 (Trezor)
    #[arg(long, default_value_t)]
    pub scheme: Scheme,
    /// Allow real money behind a publicly known seed; for tests only
    #[arg(long, hide = true)]
    pub allow_test_seed: bool,
}

impl Sealing {
    /// Reads the custodians, and opens or prepares the copies.
    pub fn read(&self) -> Result<(Vec<CustodianSource>, Vec<Copy>), CommandError> {
        let custodians = read_custodians(&self.custodian)?;
        let mut copies = Copy::prepare_all(&self.copy)?;
        self.contact.name(&mut copies)?;
        Ok((custodians, copies))
    }

    /// Fails unless each copy has room for a set of `keys` keys.
    pub fn require_room(&self, copies: &[Copy], keys: usize) -> Result<(), CommandError> {
        Ok(room::require(copies, room::of_set(keys))?)
    }

    /// What the library needs of these options to make a set of keys that exist.
    pub fn request<'a>(&self, sources: &'a [CustodianSource]) -> SealRequest<'a> {
        let Self { network, threshold, scheme, allow_test_seed, .. } = *self;
        let mut request = SealRequest::new(network);
        request.custodians = Wanted { sources, threshold, scheme };
        request.allow_test_seed = allow_test_seed;
        request
    }

    /// Whether --custodian was given.
    pub fn names_custodians(&self) -> bool {
        !self.custodian.is_empty()
    }
}
