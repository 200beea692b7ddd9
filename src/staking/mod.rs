//! The consensus layer's files: networks, withdrawal credentials, deposits (`deposit_data-*.json`)
//! and the slashing-protection history (EIP-3076).

mod deposit;
mod deposit_file;
mod interchange;
mod network;
mod signing;
mod ssz;
mod withdrawal_credentials;

pub use deposit::{AmountError, Deposit, MIN_DEPOSIT_GWEI};
pub use deposit_file::{
    DEPOSIT_CLI_VERSION, DepositEntry, DepositError, DepositFileError, MAX_DEPOSIT_FILE_BYTES,
    parse_deposit_file, write_deposit_file,
};
pub use interchange::{
    Interchange, InterchangeError, MAX_INTERCHANGE_BYTES, Newest, Record, Root, SignedAttestation,
    SignedBlock,
};
pub use network::{Network, UnknownNetwork};
pub use withdrawal_credentials::{CredentialsError, WithdrawalCredentials};
