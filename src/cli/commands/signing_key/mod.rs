//! The keys of validators that sign one thing: opened from a copy, or derived from a mnemonic.

mod find;
mod open;

use std::path::PathBuf;

use stockade::{
    backup::{Copy, OpenKey, SetId, list, share_of},
    bls::{PublicKey, SecretKey},
    custodian::Recipient,
    distributed::ShareOf,
    staking::{Deposit, Network},
};

use super::{key_share, mnemonic::MnemonicArgs};
use crate::{context::Context, error::CommandError, unlockers::OpenArgs};

/// Options of every command that signs as a validator.
#[derive(Debug, clap::Args)]
pub struct KeyArgs {
    /// The network [default: that of the set, with --copy]
    #[arg(long, required_unless_present = "copy", value_parser = crate::commands::network::parse)]
    network: Option<Network>,
    /// Copies with the set that holds the key; its custodians open it
    #[arg(long, num_args = 1.., value_name = "DIR", required_unless_present = "from_mnemonic")]
    #[arg(conflicts_with = "from_mnemonic")]
    copy: Vec<PathBuf>,
    /// The set, if the copies hold several
    #[arg(long, value_name = "ID", requires = "copy")]
    set: Option<SetId>,
    /// The public key of the validator
    #[arg(long, value_name = "KEY", required_unless_present = "index")]
    pubkey: Option<PublicKey>,
    /// The index I in the path m/12381/3600/I/0/0 of the key
    #[arg(long, value_name = "I", required_if_eq("from_mnemonic", "true"))]
    index: Option<u32>,
    /// Also trust sets that this signer made: a check address, or a custodian file
    #[arg(long, value_name = "0x..|FILE", requires = "copy")]
    signer: Vec<String>,
    /// Also use a set that neither this wallet nor a --signer made
    #[arg(long, requires = "copy")]
    accept_unknown_origin: bool,
    #[command(flatten)]
    open: OpenArgs,
    #[command(flatten)]
    mnemonic: MnemonicArgs,
    /// Allow a well-known seed on a network of real money; for tests only
    #[arg(long, hide = true)]
    allow_test_seed: bool,
}

/// The key of a validator.
pub struct SigningKey {
    pub network: Network,
    pub secret: SecretKey,
    /// The deposit that is stored with it.
    pub deposit: Option<Deposit>,
}

/// The keys of validators with consecutive indices.
pub struct SigningKeys {
    pub network: Network,
    pub keys: Vec<OpenKey>,
    /// Which of the keys are shares, by their place.
    pub shares: Vec<Option<ShareOf>>,
    /// The set that they are from; `None` for keys of a mnemonic.
    pub home: Option<Home>,
}

/// The set that keys are from.
pub struct Home {
    pub copies: Vec<Copy>,
    pub set: SetId,
    /// Secret files that belong to the set are sealed to this recipient.
    pub files: Recipient,
}

impl KeyArgs {
    /// Checks the options, before any file is read.
    pub fn check_usage(&self) -> Result<(), CommandError> {
        if self.mnemonic.from_mnemonic && self.open.names_somebody() {
            return Err(CommandError::usage("with --from-mnemonic there is no set to open")
                .with_hint(
                    "leave out --insert, --identity and --passphrase-fd, or name a --copy instead",
                ));
        }
        Ok(())
    }

    /// The network, found without opening anything.
    pub fn network(&self) -> Result<Network, CommandError> {
        match self.network {
            Some(network) => Ok(network),
            None => Ok(self.find(&Copy::open_all(&self.copy)?, 1)?.0.network()),
        }
    }

    /// Refuses a key that is a share, before anything is opened. `why` says what a share cannot do.
    pub fn refuse_share(&self, why: &str) -> Result<(), CommandError> {
        if self.mnemonic.from_mnemonic {
            return Ok(());
        }
        let copies = Copy::open_all(&self.copy)?;
        let (_, keys) = self.find(&copies, 1)?;
        let sets = list(&copies)?;
        match keys.iter().find_map(|key| Some((key, share_of(&sets, key)?))) {
            Some((key, share)) => Err(key_share::refuse(key, &share, why)),
            None => Ok(()),
        }
    }

    /// Opens the key.
    pub fn open(&self, context: &mut Context) -> Result<SigningKey, CommandError> {
        let SigningKeys { network, keys, .. } = self.open_several(1, false, context)?;
        let OpenKey { secret, deposit } = keys
            .into_iter()
            .next()
            .ok_or_else(|| CommandError::input("no set on these copies holds that key"))?;
        Ok(SigningKey { network, secret, deposit })
    }

    /// Opens `count` keys with consecutive indices. With `to_write`, every copy must hold their set, and
    /// is locked before the user is asked for anything.
    pub fn open_several(
        &self,
        count: usize,
        to_write: bool,
        context: &mut Context,
    ) -> Result<SigningKeys, CommandError> {
        self.check_usage()?;
        if count > 1 && self.pubkey.is_some() {
            let message = "--pubkey names one validator, but there are several --validator-index";
            return Err(CommandError::usage(message)
                .with_hint("name the index of the first key with --index"));
        }
        match self.mnemonic.read(context)? {
            Some(seed) => self.derive(&seed, count),
            None => self.open_from_copies(count, to_write, context),
        }
    }
}
