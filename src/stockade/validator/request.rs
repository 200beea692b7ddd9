//! What is asked for when validator keys are made.

use crate::{
    backup::custodians::{CustodianSource, Wanted},
    device_secret::Scheme,
};
use stockade_base::{eth::Address, path::DerivationPath, timestamp::Timestamp};
use stockade_keystore::staking::{DEPOSIT_CLI_VERSION, Network, WHOLE_VALIDATOR_GWEI};

/// Where withdrawals go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Withdrawal {
    /// To the wallet itself, m/44'/60'/0'/0/0.
    Device,
    /// To an address that the user gave with its checksum.
    To(Address),
}

/// The kinds of withdrawal credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CredentialKind {
    /// 0x00: the key's own withdrawal key, until a credential change names an address. For keys
    /// from a mnemonic alone.
    Bls,
    /// 0x01: an address, which gets all above 32 coins' worth.
    Execution,
    /// 0x02: an address; the validator compounds.
    Compounding,
}

/// What is to be made.
#[derive(Debug, Clone)]
pub struct Request {
    /// Whose validators.
    pub network: Network,
    /// How many.
    pub count: u32,
    /// Which batch; else the one that is being filled.
    pub batch: Option<u32>,
    /// From which index on; else the first free one.
    pub start: Option<u32>,
    /// Make keys again that a set holds already.
    pub recreate: bool,
    /// Where withdrawals go.
    pub withdrawal: Withdrawal,
    /// Of which kind its credentials are.
    pub credentials: CredentialKind,
    /// The amount of each deposit in Gwei.
    pub amount: u64,
    /// What the deposit data says of the tool that made it.
    pub deposit_cli_version: String,
    /// How the wallet makes its secrets.
    pub scheme: Scheme,
    /// How many custodians open the set together; else as many as open the set that they are of.
    pub threshold: Option<u8>,
    /// Who opens the set. If nobody is named: the custodians of the wallet's newest set on the copies,
    /// else the wallet itself, which is enrolled.
    pub custodians: Vec<CustodianSource>,
    /// When the set is made.
    pub time: Timestamp,
    /// More than 1000 keys from one root.
    pub allow_large_batch: bool,
    /// Real money behind a seed that the world knows.
    pub allow_test_seed: bool,
    /// Which paths below a mnemonic the keys have.
    pub paths: KeyPaths,
}

/// Which paths below a mnemonic signing keys have.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum KeyPaths {
    /// m/12381/3600/i/0/0, as EIP-2334 says.
    #[default]
    Eip2334,
    /// m/12381/3600/i/0, as the accounts of ethdo's hierarchical wallets have without `--path`. It is the
    /// withdrawal key of EIP-2334.
    Ethdo,
}

impl KeyPaths {
    /// The path of the key at `index`.
    pub fn path(self, index: u32) -> DerivationPath {
        match self {
            Self::Eip2334 => DerivationPath::signing_key(index),
            Self::Ethdo => DerivationPath::withdrawal_key(index),
        }
    }
}

impl Request {
    /// `count` new validators of 32 coins each (1 GNO on Gnosis networks), from the next free index of the batch
    /// that is being filled. The other fields may be set afterwards.
    pub fn new(network: Network, count: u32, withdrawal: Withdrawal) -> Self {
        Self {
            network,
            count,
            batch: None,
            start: None,
            recreate: false,
            withdrawal,
            credentials: CredentialKind::Execution,
            amount: WHOLE_VALIDATOR_GWEI,
            deposit_cli_version: DEPOSIT_CLI_VERSION.to_owned(),
            scheme: Scheme::Eip191V1,
            threshold: None,
            custodians: Vec::new(),
            time: Timestamp::now(),
            allow_large_batch: false,
            allow_test_seed: false,
            paths: KeyPaths::default(),
        }
    }

    /// What it says of the custodians.
    pub(super) fn wanted(&self) -> Wanted<'_> {
        Wanted { sources: &self.custodians, threshold: self.threshold, scheme: self.scheme }
    }
}
