//! `deposit_data-*.json`: the file that a staker uploads to the launchpad.

use serde::{Deserialize, Serialize};

use super::{
    CredentialsError, Deposit, Network, UnknownNetwork,
    deposit::{AmountError, check_amount, data_root, is_signed, message_root},
    json_list,
};
use crate::bls::{KeyError, PublicKey, Signature};
use stockade_base::json::{JsonError, clip, to_string_indented};

/// The default `deposit_cli_version`. The launchpad refuses a file without this field. Until January
/// 2025 it also refused every version below 2.7.0, whatever tool wrote the file. Launchpads built
/// from its older code still do (staking-launchpad issue 532, pull request 714).
pub const DEPOSIT_CLI_VERSION: &str = "2.7.0";

/// The largest file that is read: about 90,000 validators.
pub const MAX_DEPOSIT_FILE_BYTES: usize = 64 * 1024 * 1024;

/// One entry as the file has it. Only its JSON types are checked. The fields are in the order of
/// ethstaker-deposit-cli. Fields of other tools are ignored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DepositEntry {
    /// The validator's public key.
    pub pubkey: String,
    withdrawal_credentials: String,
    amount: u64,
    signature: String,
    deposit_message_root: String,
    deposit_data_root: String,
    fork_version: String,
    /// Not required by the launchpad. Older tools wrote `eth2_network_name`.
    #[serde(skip_serializing_if = "Option::is_none")]
    network_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    deposit_cli_version: Option<String>,
    /// Only in ethdo's own form (3), which has 0x before its bytes and no `deposit_cli_version`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    version: Option<u64>,
}

/// The `version` of ethdo's own form.
const ETHDO_VERSION: u64 = 3;

/// What ethdo writes as the name of a network that it does not know.
const NO_NAME: &str = "unknown";

/// Why a file is not deposit data.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DepositFileError {
    /// The file is malformed or too large.
    #[error("not a deposit_data file: {0}")]
    Json(#[from] JsonError),
    /// The list is empty.
    #[error("the deposit_data file holds no deposits")]
    Empty,
}

/// Why an entry is not a deposit that a network would accept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DepositError {
    /// A field is not hex, or has the wrong length. The launchpad refuses 0x, too.
    #[error("its `{field}` is not {digits} hex digits without 0x")]
    Malformed {
        /// The name of the field.
        field: &'static str,
        /// The number of digits that it must have.
        digits: usize,
    },
    /// No known network has this genesis fork version. Roots and signature, which depend on nothing else
    /// of the network, are valid.
    #[error(
        "its roots and signature are valid, but its fork_version {0} is not one of a known network"
    )]
    ForkVersion(String),
    /// Name and fork version disagree. The deposit is signed for the network of the fork version.
    #[error("it says {stated}, but is signed for {signed}")]
    NetworkName {
        /// The name in the file.
        stated: String,
        /// The network of its fork version.
        signed: Network,
    },
    /// The public key is not a point in the group.
    #[error("its pubkey is invalid: {0}")]
    Pubkey(KeyError),
    /// The chain would not pay out to these credentials.
    #[error(transparent)]
    Credentials(#[from] CredentialsError),
    /// The amount is too small or too large.
    #[error(transparent)]
    Amount(#[from] AmountError),
    /// `deposit_message_root` is not the root of pubkey, credentials and amount.
    #[error("its deposit_message_root does not match its pubkey, credentials and amount")]
    MessageRoot,
    /// `deposit_data_root` is not the root of these and the signature.
    #[error("its deposit_data_root does not match its other fields")]
    DataRoot,
    /// The validator's key did not sign the deposit. The money of a first deposit would be lost.
    #[error("its signature is invalid: the money of a first deposit made with it would be lost")]
    Signature,
    /// `deposit_cli_version` is missing or empty, which the launchpad refuses.
    #[error("its deposit_cli_version is missing or empty, which the launchpad refuses")]
    CliVersion,
}

/// Reads a file of at most [`MAX_DEPOSIT_FILE_BYTES`]. [Verify](DepositEntry::verify) each of its
/// entries.
pub fn parse_deposit_file(content: &[u8]) -> Result<Vec<DepositEntry>, DepositFileError> {
    let entries: Vec<DepositEntry> = json_list::parse_list(content, MAX_DEPOSIT_FILE_BYTES)?;
    if entries.is_empty() { Err(DepositFileError::Empty) } else { Ok(entries) }
}

/// Writes a file in the form that the launchpad accepts. `version` goes into `deposit_cli_version`
/// (by default [`DEPOSIT_CLI_VERSION`]).
pub fn write_deposit_file(deposits: &[Deposit], version: &str) -> Result<String, DepositFileError> {
    let entries: Vec<_> =
        deposits.iter().map(|deposit| DepositEntry::new(deposit, version)).collect();
    Ok(to_string_indented(&entries)?)
}

impl DepositEntry {
    fn new(deposit: &Deposit, version: &str) -> Self {
        Self {
            pubkey: deposit.pubkey().to_string(),
            withdrawal_credentials: deposit.withdrawal_credentials().to_string(),
            amount: deposit.amount(),
            signature: deposit.signature().to_string(),
            deposit_message_root: hex::encode(deposit.message_root()),
            deposit_data_root: hex::encode(deposit.data_root()),
            fork_version: hex::encode(deposit.network().genesis_fork_version()),
            network_name: Some(deposit.network().to_string()),
            deposit_cli_version: Some(version.to_owned()),
            version: None,
        }
    }

    /// Checks every field, as the launchpad, the deposit contract and the chain do. The caller compares
    /// the address that the credentials pay.
    pub fn verify(&self) -> Result<Deposit, DepositError> {
        let fork_version = hex_array("fork_version", self.digits(&self.fork_version))?;
        let network = Network::from_genesis_fork_version(fork_version);
        network.map_or(Ok(()), |network| self.check_name(network))?;
        let pubkey = PublicKey::from_bytes(hex_array("pubkey", self.digits(&self.pubkey))?)
            .map_err(DepositError::Pubkey)?;
        let credentials = self.digits(&self.withdrawal_credentials).parse()?;
        check_amount(&credentials, self.amount)?;
        let signature =
            Signature::from_bytes(hex_array("signature", self.digits(&self.signature))?);

        let root = hex_array("deposit_message_root", self.digits(&self.deposit_message_root))?;
        if message_root(&pubkey, &credentials, self.amount) != root {
            return Err(DepositError::MessageRoot);
        }
        let root = hex_array("deposit_data_root", self.digits(&self.deposit_data_root))?;
        if data_root(&pubkey, &credentials, self.amount, &signature) != root {
            return Err(DepositError::DataRoot);
        }
        let has_version = self.deposit_cli_version.as_ref().is_some_and(|tool| !tool.is_empty());
        if !has_version && !self.is_ethdo_form() {
            return Err(DepositError::CliVersion);
        }
        if !is_signed(fork_version, &pubkey, &credentials, self.amount, &signature) {
            return Err(DepositError::Signature);
        }
        match network {
            Some(network) => {
                Ok(Deposit::signed(network, pubkey, credentials, self.amount, signature))
            }
            None => Err(DepositError::ForkVersion(hex::encode(fork_version))),
        }
    }

    /// Why some launchpads refuse the file, though the chain would accept the deposit.
    pub fn launchpad_refusal(&self) -> Option<String> {
        if self.is_ethdo_form() {
            let why = "it is in ethdo's own form, which launchpads refuse: write it again with ethdo's \
        option --launchpad";
            return Some(why.to_owned());
        }
        let tool = self.deposit_cli_version.as_deref().unwrap_or_default();
        is_before_2_7(tool).then(|| {
            let tool = clip(tool, 20);
            format!(
                "its deposit_cli_version is {tool}, and launchpads from before January 2025 refuse \
                versions below {DEPOSIT_CLI_VERSION}"
            )
        })
    }

    fn is_ethdo_form(&self) -> bool {
        self.version == Some(ETHDO_VERSION) && self.deposit_cli_version.is_none()
    }

    /// The digits of a field. Only ethdo's own form may have 0x.
    fn digits<'a>(&self, text: &'a str) -> &'a str {
        let prefix = if self.is_ethdo_form() { "0x" } else { "" };
        text.strip_prefix(prefix).unwrap_or(text)
    }

    fn check_name(&self, signed: Network) -> Result<(), DepositError> {
        let Some(name) = &self.network_name else { return Ok(()) };
        let stated: Result<Network, UnknownNetwork> = name.parse();
        if stated == Ok(signed) || name == NO_NAME {
            Ok(())
        } else {
            Err(DepositError::NetworkName { stated: clip(name, 40), signed })
        }
    }
}

/// Whether a deposit tool's version is below 2.7. False for text that is not a version.
fn is_before_2_7(version: &str) -> bool {
    let mut numbers = version.split('.').map(str::parse::<u32>);
    match (numbers.next(), numbers.next()) {
        (Some(Ok(major)), Some(Ok(minor))) => (major, minor) < (2, 7),
        _ => false,
    }
}

fn hex_array<const N: usize>(field: &'static str, text: &str) -> Result<[u8; N], DepositError> {
    let mut bytes = [0; N];
    hex::decode_to_slice(text, &mut bytes)
        .map_err(|_| DepositError::Malformed { field, digits: 2 * N })?;
    Ok(bytes)
}
