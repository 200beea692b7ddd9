//! Why validator keys could not be made or checked.

use crate::{
    backup::{BackupError, SetId},
    device_secret::SecretError,
};
use stockade_base::{
    eth::{Address, NoKey},
    path::PathError,
};
use stockade_keystore::bls::{KeyError, PublicKey, ShareError};
use stockade_wallet::device::DeviceError;

/// Why validator keys could not be made or checked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ValidatorError {
    /// More keys in a batch than should hang on one root.
    #[error("batch {batch} would hold {keys} keys: no more than {limit} should come from one root")]
    LargeBatch {
        /// The batch.
        batch: u32,
        /// How many it would hold.
        keys: u64,
        /// How many it may.
        limit: u32,
    },
    /// More keys than one mnemonic should carry.
    #[error("the mnemonic would have {keys} keys: no more than {limit} should hang on one")]
    LargeMnemonic {
        /// How many it would have.
        keys: u64,
        /// How many it may.
        limit: u32,
    },
    /// 0x00 credentials for keys that hang on a wallet alone.
    #[error(
        "keys made by a wallet have no withdrawal key of their own: 0x00 credentials are for keys from a mnemonic"
    )]
    BlsCredentials,
    /// Nobody said where the withdrawals go.
    #[error("without a wallet there is no address of its own for the withdrawals")]
    NoWithdrawalAddress,
    /// Words of which no account key comes, which happens once in 2^127.
    #[error("{0}")]
    Words(#[from] NoKey),
    /// A set on the copies cannot be read, so the next free index is not known.
    #[error(
        "set {set} in copy {copy} has no manifest that a wallet signed, so which keys exist already is not known"
    )]
    UnknownKeys {
        /// Which set.
        set: SetId,
        /// In which copy.
        copy: String,
    },
    /// The key was made before.
    #[error(
        "{}index {index} is in set {set} already: making a key twice is how validators get slashed",
        batch_text(.batch)
    )]
    Exists {
        /// The batch; none for keys from a mnemonic.
        batch: Option<u32>,
        /// The index.
        index: u32,
        /// Where it is.
        set: SetId,
    },
    /// The wallet showed another address than it gave.
    #[error("the wallet showed withdrawal address {shown}, but gave {given}")]
    WithdrawalAddress {
        /// The one that its user approved.
        shown: Address,
        /// The one that it gave silently.
        given: Address,
    },
    /// The amount is none that the deposit contract and the credentials allow.
    #[error("{0}")]
    Amount(String),
    /// A device secret that gives no key.
    #[error("the wallet's answer gives no batch root: {0}")]
    Root(#[from] KeyError),
    /// Two groups of shares that have no machine in common could sign two different things.
    #[error(
        "{threshold} of {shares} shares: two groups of {threshold} could sign against each other, and the validator be slashed"
    )]
    Quorum {
        /// How many shares.
        shares: u8,
        /// How many of them sign.
        threshold: u8,
    },
    /// A key that the opened set does not hold.
    #[error("the key {0} is not in the set")]
    NoSuchKey(PublicKey),
    /// Splitting a key.
    #[error(transparent)]
    Share(#[from] ShareError),
    /// Shares that were read back from their keystores and do not sign for their key.
    #[error("the shares of {0} do not sign for it; nothing was written")]
    SharesWrong(PublicKey),
    /// An index or account beyond what a path can hold.
    #[error(transparent)]
    Path(#[from] PathError),
    /// Sets and copies.
    #[error(transparent)]
    Backup(#[from] BackupError),
    /// The wallet.
    #[error(transparent)]
    Device(#[from] DeviceError),
    /// The wallet's secret.
    #[error(transparent)]
    Secret(#[from] SecretError),
}

fn batch_text(batch: &Option<u32>) -> String {
    batch.map(|batch| format!("batch {batch} ")).unwrap_or_default()
}
