//! A batch: an EIP-2333 tree whose root a wallet can derive again from its mnemonic alone.

use crate::{
    device_secret::{Prompt, Scheme, ask},
    validator::ValidatorError,
};
use stockade_base::{eth::Address, path::DerivationPath};
use stockade_keystore::{
    bls::{KeyTree, PublicKey, SecretKey},
    staking::Network,
};
use stockade_wallet::{device::Wallet, interact::Interact};

/// With this many keys in a batch or more, the user is warned: too much depends on one root.
pub const WARN_BATCH: u32 = 200;
/// The most keys in a batch, unless the user raises the limit.
pub const LARGE_BATCH: u32 = 1000;

/// Which batch of a wallet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Batch {
    /// The network that its keys are for.
    pub network: Network,
    /// How the wallet makes its secret.
    pub scheme: Scheme,
    /// Its number, counted from 0 for each network.
    pub number: u32,
}

/// The keys of a batch, below its root. Never stored; wiped when dropped.
#[derive(Debug)]
pub struct BatchRoot(KeyTree);

impl BatchRoot {
    /// Asks the wallet with the check address `address` for the root. Its user approves a prompt
    /// that names network and batch.
    pub fn ask(
        wallet: &mut dyn Wallet,
        batch: &Batch,
        address: &Address,
        user: &mut dyn Interact,
    ) -> Result<Self, ValidatorError> {
        let prompt = Prompt::derive_batch(batch.network, batch.number);
        let secret = ask(wallet, batch.scheme, &prompt, address, user)?;
        Ok(Self(KeyTree::new(secret.expose())?))
    }

    /// The signing key of validator `index`.
    pub fn signing_key(&self, index: u32) -> SecretKey {
        self.0.key(&DerivationPath::signing_key(index))
    }

    /// The public key at `path` below the root.
    pub fn public_key(&self, path: &DerivationPath) -> PublicKey {
        self.0.key(path).public_key()
    }
}
