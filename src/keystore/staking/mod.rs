//! What validators sign, and the files for it: networks, withdrawal credentials and their change,
//! deposits (`deposit_data-*.json`), voluntary exits, slashing-protection histories (EIP-3076).

mod credential_change;
mod deposit;
mod deposit_file;
mod epoch;
mod execution_request;
mod exit;
mod fork;
mod interchange;
mod json_list;
mod network;
mod quoted;
mod signing;
mod ssz;
mod withdrawal_credentials;

pub use credential_change::{
    CredentialChange, CredentialChangeError, MAX_CREDENTIAL_CHANGE_BYTES, SignedCredentialChange,
    parse_credential_changes, write_credential_changes,
};
pub use deposit::{AmountError, Deposit, MIN_DEPOSIT_GWEI, WHOLE_VALIDATOR_GWEI};
pub use deposit_file::{
    DEPOSIT_CLI_VERSION, DepositEntry, DepositError, DepositFileError, MAX_DEPOSIT_FILE_BYTES,
    parse_deposit_file, write_deposit_file,
};
pub use execution_request::ExecutionRequest;
pub use exit::{Exit, ExitError, MAX_EXIT_BYTES, MAX_EXITS_BYTES, SignedExit, parse_exits};
pub use fork::Fork;
pub use interchange::{
    BadRecord, Interchange, InterchangeError, MAX_INTERCHANGE_BYTES, Newest, Record, Root,
    SignedAttestation, SignedBlock,
};
pub use network::{Network, UnknownNetwork};
pub use withdrawal_credentials::{CredentialsError, WithdrawalCredentials};
