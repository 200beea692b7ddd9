//! Why validator keys could not be created or checked.

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

/// Why validator keys could not be created or checked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ValidatorError {
    /// A batch would have more keys than should depend on one root.
    #[error("batch {batch} would have {keys} keys: no more than {limit} should depend on one root")]
    LargeBatch {
        /// The batch.
        batch: u32,
        /// How many keys it would have.
        keys: u64,
        /// How many keys it may have.
        limit: u32,
    },
    /// A mnemonic would have more keys than should depend on it.
    #[error("the mnemonic would have {keys} keys: no more than {limit} should depend on one")]
    LargeMnemonic {
        /// How many keys it would have.
        keys: u64,
        /// How many keys it may have.
        limit: u32,
    },
    /// 0x00 credentials for keys that have no withdrawal key.
    #[error(
        "keys from a wallet have no BLS withdrawal key: 0x00 credentials are only possible for keys from a mnemonic"
    )]
    BlsCredentials,
    /// 0x00 credentials for keys whose path is that of their withdrawal key.
    #[error(
        "accounts of ethdo are at m/12381/3600/i/0, where EIP-2334 has the withdrawal key: 0x00 credentials would make the signing key the owner of the withdrawals"
    )]
    EthdoCredentials,
    /// No withdrawal address was given.
    #[error("no withdrawal address was given, and without a wallet there is no default")]
    NoWithdrawalAddress,
    /// A mnemonic without a valid account key, which happens once in 2^127.
    #[error("{0}")]
    Words(#[from] NoKey),
    /// A set in the copies cannot be read, so the next free index is not known.
    #[error(
        "set {set} in copy {copy} has no manifest signed by a wallet, so it is not known which keys exist already"
    )]
    UnknownKeys {
        /// The set.
        set: SetId,
        /// The copy.
        copy: String,
    },
    /// The key exists already.
    #[error(
        "{}index {index} is already in set {set}: using a key twice can get the validator slashed",
        batch_text(.batch)
    )]
    Exists {
        /// The batch; `None` for keys from a mnemonic.
        batch: Option<u32>,
        /// The index.
        index: u32,
        /// The set.
        set: SetId,
    },
    /// The wallet showed another address than it returned.
    #[error("the wallet showed withdrawal address {shown}, but gave {given}")]
    WithdrawalAddress {
        /// The address that the user approved.
        shown: Address,
        /// The address that the wallet returned without a prompt.
        given: Address,
    },
    /// The deposit contract or the credentials do not allow the amount.
    #[error("{0}")]
    Amount(String),
    /// A device secret that does not give a key.
    #[error("no batch root can be derived from the wallet's answer: {0}")]
    Root(#[from] KeyError),
    /// Two groups of shares without a machine in common could sign conflicting messages.
    #[error(
        "{threshold} of {shares} shares: two groups of {threshold} could sign conflicting messages and get the validator slashed"
    )]
    Quorum {
        /// The number of shares.
        shares: u8,
        /// How many of them sign together.
        threshold: u8,
    },
    /// The opened set does not hold this key.
    #[error("the key {0} is not in the set")]
    NoSuchKey(PublicKey),
    /// Splitting a key failed.
    #[error(transparent)]
    Share(#[from] ShareError),
    /// The shares that were read back from their keystores do not sign for their key.
    #[error("the shares of {0} do not sign for it; nothing was written")]
    SharesWrong(PublicKey),
    /// An index or account is too large for a path.
    #[error(transparent)]
    Path(#[from] PathError),
    /// Sets and copies.
    #[error(transparent)]
    Backup(#[from] BackupError),
    /// The wallet failed.
    #[error(transparent)]
    Device(#[from] DeviceError),
    /// The wallet gave no secret.
    #[error(transparent)]
    Secret(#[from] SecretError),
}

fn batch_text(batch: &Option<u32>) -> String {
    batch.map(|batch| format!("batch {batch} ")).unwrap_or_default()
}
