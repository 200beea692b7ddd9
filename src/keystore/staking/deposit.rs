//! Deposits: the message that a new validator's key signs, and the roots that the deposit contract
//! checks.
//! <https://github.com/ethereum/consensus-specs/blob/master/specs/phase0/beacon-chain.md#depositdata>

use super::{
    Network, WithdrawalCredentials,
    signing::{deposit_domain, signing_root},
    ssz::{bytes_root, container_root, u64_root},
};
use crate::bls::{PublicKey, SecretKey, Signature};

/// The least that the deposit contract accepts.
pub const MIN_DEPOSIT_GWEI: u64 = 1_000_000_000;

/// What a validator needs to be activated: 32 ETH or 1 GNO. With 0x00 and 0x01 credentials, more than
/// this earns nothing.
pub const WHOLE_VALIDATOR_GWEI: u64 = 32_000_000_000;

/// With 0x02 credentials, more than this earns nothing.
const MAX_COMPOUNDING_GWEI: u64 = 2_048_000_000_000;

/// A signed deposit for a validator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deposit {
    network: Network,
    pubkey: PublicKey,
    withdrawal_credentials: WithdrawalCredentials,
    amount: u64,
    signature: Signature,
}

/// The deposit contract or the launchpad refuses this amount.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "cannot deposit {gwei} Gwei: with these withdrawal credentials the amount must be {}",
    allowed(self)
)]
#[non_exhaustive]
pub struct AmountError {
    /// The refused amount.
    pub gwei: u64,
    /// The smallest allowed amount.
    pub min: u64,
    /// The largest allowed amount.
    pub max: u64,
}

impl Deposit {
    /// Signs a deposit of `amount` consensus layer Gwei (32·10⁹ for a whole validator, on every network).
    pub fn sign(
        network: Network,
        key: &SecretKey,
        withdrawal_credentials: WithdrawalCredentials,
        amount: u64,
    ) -> Result<Self, AmountError> {
        check_amount(&withdrawal_credentials, amount)?;
        let pubkey = key.public_key();
        let message_root = message_root(&pubkey, &withdrawal_credentials, amount);
        let domain = deposit_domain(network.genesis_fork_version());
        let signature = key.sign(&signing_root(message_root, domain));
        Ok(Self { network, pubkey, withdrawal_credentials, amount, signature })
    }

    /// Signs the first deposit of a validator. With 0x00 and 0x01 credentials it must be 32·10⁹ Gwei:
    /// with less, the validator would not be activated until it is topped up.
    pub fn sign_whole(
        network: Network,
        key: &SecretKey,
        credentials: WithdrawalCredentials,
        amount: u64,
    ) -> Result<Self, AmountError> {
        Self::require_whole(&credentials, amount)?;
        Self::sign(network, key, credentials, amount)
    }

    /// Checks the amount as [`Deposit::sign_whole`] does, without a key.
    pub fn require_whole(
        credentials: &WithdrawalCredentials,
        amount: u64,
    ) -> Result<(), AmountError> {
        let compounding = matches!(credentials, WithdrawalCredentials::Compounding(_));
        if compounding || amount == WHOLE_VALIDATOR_GWEI {
            check_amount(credentials, amount)
        } else {
            Err(AmountError { gwei: amount, min: WHOLE_VALIDATOR_GWEI, max: WHOLE_VALIDATOR_GWEI })
        }
    }

    /// A deposit made elsewhere, whose signature [is valid](is_signed).
    pub(super) fn signed(
        network: Network,
        pubkey: PublicKey,
        withdrawal_credentials: WithdrawalCredentials,
        amount: u64,
        signature: Signature,
    ) -> Self {
        Self { network, pubkey, withdrawal_credentials, amount, signature }
    }

    /// The network that it is signed for.
    pub fn network(&self) -> Network {
        self.network
    }

    /// The validator's key.
    pub fn pubkey(&self) -> &PublicKey {
        &self.pubkey
    }

    /// The withdrawal credentials, which decide who receives withdrawals.
    pub fn withdrawal_credentials(&self) -> &WithdrawalCredentials {
        &self.withdrawal_credentials
    }

    /// The amount in consensus layer Gwei.
    pub fn amount(&self) -> u64 {
        self.amount
    }

    /// The validator's signature.
    pub fn signature(&self) -> &Signature {
        &self.signature
    }

    /// The hash tree root of `DepositMessage`, which the validator's key signs.
    pub fn message_root(&self) -> [u8; 32] {
        message_root(&self.pubkey, &self.withdrawal_credentials, self.amount)
    }

    /// The hash tree root of `DepositData`, which the deposit contract checks.
    pub fn data_root(&self) -> [u8; 32] {
        data_root(&self.pubkey, &self.withdrawal_credentials, self.amount, &self.signature)
    }
}

/// Whether the validator's key signed a deposit for the chain with this genesis fork version. If a
/// first deposit has an invalid signature, the chain keeps the money and creates no validator.
pub(super) fn is_signed(
    genesis_fork_version: [u8; 4],
    pubkey: &PublicKey,
    credentials: &WithdrawalCredentials,
    amount: u64,
    signature: &Signature,
) -> bool {
    let root = message_root(pubkey, credentials, amount);
    signature.verify(&signing_root(root, deposit_domain(genesis_fork_version)), pubkey)
}

fn allowed(error: &AmountError) -> String {
    if error.min == error.max {
        error.min.to_string()
    } else {
        format!("{} to {}", error.min, error.max)
    }
}

/// Checks that `amount` can be deposited with these credentials.
pub(super) fn check_amount(
    credentials: &WithdrawalCredentials,
    amount: u64,
) -> Result<(), AmountError> {
    let max = match credentials {
        WithdrawalCredentials::Bls(_) | WithdrawalCredentials::Execution(_) => WHOLE_VALIDATOR_GWEI,
        WithdrawalCredentials::Compounding(_) => MAX_COMPOUNDING_GWEI,
    };
    if (MIN_DEPOSIT_GWEI..=max).contains(&amount) {
        Ok(())
    } else {
        Err(AmountError { gwei: amount, min: MIN_DEPOSIT_GWEI, max })
    }
}

/// The root of `DepositMessage {pubkey, withdrawal_credentials, amount}`.
pub(super) fn message_root(
    pubkey: &PublicKey,
    credentials: &WithdrawalCredentials,
    amount: u64,
) -> [u8; 32] {
    container_root(&[bytes_root(pubkey.as_bytes()), credentials.to_bytes(), u64_root(amount)])
}

/// The root of `DepositData {pubkey, withdrawal_credentials, amount, signature}`.
pub(super) fn data_root(
    pubkey: &PublicKey,
    credentials: &WithdrawalCredentials,
    amount: u64,
    signature: &Signature,
) -> [u8; 32] {
    container_root(&[
        bytes_root(pubkey.as_bytes()),
        credentials.to_bytes(),
        u64_root(amount),
        bytes_root(signature.as_bytes()),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_that_would_be_refused_or_not_activated_is_not_signed() {
        let key = SecretKey::derive_master(&[1; 32]).unwrap();
        let address = stockade_base::eth::Address::from_bytes([1; 20]);
        let execution = WithdrawalCredentials::Execution(address);
        let compounding = WithdrawalCredentials::Compounding(address);
        let sign = |credentials, gwei| Deposit::sign(Network::Hoodi, &key, credentials, gwei);
        for (credentials, gwei) in [
            (execution, 999_999_999),
            (execution, 32_000_000_001),
            (compounding, 2_048_000_000_001),
        ] {
            assert_eq!(sign(credentials, gwei).unwrap_err().gwei, gwei);
        }
        for (credentials, gwei) in [
            (execution, 1_000_000_000),
            (execution, 32_000_000_000),
            (compounding, 2_048_000_000_000),
        ] {
            assert_eq!(sign(credentials, gwei).unwrap().amount(), gwei);
        }
        let whole =
            |credentials, gwei| Deposit::sign_whole(Network::Hoodi, &key, credentials, gwei);
        let bls = WithdrawalCredentials::from_bls_key(&key.public_key());
        for credentials in [bls, execution] {
            assert!(whole(credentials, 32_000_000_000).is_ok());
            let error = whole(credentials, 31_999_999_999).unwrap_err().to_string();
            assert!(error.ends_with("must be 32000000000"), "{error}");
        }
        assert!(whole(compounding, 1_000_000_000).is_ok());
    }
}
