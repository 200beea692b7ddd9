//! `deposit_data-*.json`: the file that a staker gives to the launchpad.

use serde::{Deserialize, Serialize};

use super::{
    CredentialsError, Deposit, Network, UnknownNetwork,
    deposit::{AmountError, check_amount, data_root, is_signed, message_root},
    foreign,
};
use crate::bls::{KeyError, PublicKey, Signature};
use stockade_base::json::{JsonError, clip, to_string_indented};

/// What Stockade writes as `deposit_cli_version`. The launchpad refuses a file without one. Until
/// January 2025 it also refused any version below 2.7.0, whatever tool had written it; launchpads
/// built from its older code still do (staking-launchpad issue 532, pull request 714).
pub const DEPOSIT_CLI_VERSION: &str = "2.7.0";

/// The largest file that is read: some 90,000 validators.
pub const MAX_DEPOSIT_FILE_BYTES: usize = 64 * 1024 * 1024;

/// One entry as the file has it, nothing checked but its JSON types. The order of the fields is
/// that of ethstaker-deposit-cli; fields of other tools are ignored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DepositEntry {
    /// Whose validator it claims to be.
    pub pubkey: String,
    withdrawal_credentials: String,
    amount: u64,
    signature: String,
    deposit_message_root: String,
    deposit_data_root: String,
    fork_version: String,
    /// The launchpad does not ask for it, and older tools wrote `eth2_network_name`.
    #[serde(skip_serializing_if = "Option::is_none")]
    network_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    deposit_cli_version: Option<String>,
    /// In ethdo's own form (3) alone, which has 0x before its bytes and no `deposit_cli_version`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    version: Option<u64>,
}

/// What ethdo calls the form of its own.
const ETHDO_VERSION: u64 = 3;

/// What ethdo writes for the name of a network that it does not know.
const NO_NAME: &str = "unknown";

/// Why a file is no deposit data at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DepositFileError {
    /// Malformed, or too large.
    #[error("not a deposit_data file: {0}")]
    Json(#[from] JsonError),
    /// An empty list.
    #[error("this deposit_data file holds no deposits")]
    Empty,
}

/// Why an entry is no deposit that a network would take.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DepositError {
    /// Hex of another length, or no hex; the launchpad refuses 0x as well.
    #[error("its `{field}` is not {digits} hex digits without 0x")]
    Malformed {
        /// Which field.
        field: &'static str,
        /// How many digits it must have.
        digits: usize,
    },
    /// No network that Stockade knows has this genesis fork version. All else is right: roots and
    /// signature need no more of a network than that.
    #[error(
        "its roots and its signature are right, and its fork_version {0} is not one of a network \
         known here"
    )]
    ForkVersion(String),
    /// Name and fork version disagree: the deposit is signed for the latter.
    #[error("it says {stated}, but is signed for {signed}")]
    NetworkName {
        /// What it says.
        stated: String,
        /// The network of its fork version.
        signed: Network,
    },
    /// Not a point of the group.
    #[error("its pubkey: {0}")]
    Pubkey(KeyError),
    /// Credentials that the chain would not pay out to.
    #[error(transparent)]
    Credentials(#[from] CredentialsError),
    /// Too little or too much.
    #[error(transparent)]
    Amount(#[from] AmountError),
    /// `deposit_message_root` is not the root of pubkey, credentials and amount.
    #[error("its deposit_message_root does not belong to its pubkey, credentials and amount")]
    MessageRoot,
    /// `deposit_data_root` is not the root of those and the signature.
    #[error("its deposit_data_root does not belong to its other fields")]
    DataRoot,
    /// The validator's key did not sign this: the money of a first deposit would be lost.
    #[error("its signature is wrong: a first deposit made with it would be lost")]
    Signature,
    /// `deposit_cli_version` is empty: the launchpad refuses it.
    #[error("its deposit_cli_version is missing or empty, which the launchpad refuses")]
    CliVersion,
}

/// Reads a file of at most [`MAX_DEPOSIT_FILE_BYTES`]; each entry is then to be
/// [verified](DepositEntry::verify).
pub fn parse_deposit_file(content: &[u8]) -> Result<Vec<DepositEntry>, DepositFileError> {
    let entries: Vec<DepositEntry> = foreign::parse_list(content, MAX_DEPOSIT_FILE_BYTES)?;
    match entries.is_empty() {
        true => Err(DepositFileError::Empty),
        false => Ok(entries),
    }
}

/// Writes a file in the form that the launchpad takes. `version` goes into `deposit_cli_version`
/// ([`DEPOSIT_CLI_VERSION`] unless somebody asks for another).
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

    /// Checks every field, as the launchpad, the deposit contract and the chain do. Whose address
    /// the credentials pay is for the caller to compare.
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
        let has_a_tool = self.deposit_cli_version.as_ref().is_some_and(|tool| !tool.is_empty());
        if !has_a_tool && !self.is_ethdos_own() {
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

    /// Why some launchpads refuse the file, though the chain would take the deposit.
    pub fn launchpad_refusal(&self) -> Option<String> {
        if self.is_ethdos_own() {
            let why = "it has ethdo's own form, which launchpads refuse: have ethdo write it again \
                       with --launchpad";
            return Some(why.to_owned());
        }
        let tool = self.deposit_cli_version.as_deref().unwrap_or_default();
        is_before_2_7(tool).then(|| {
            let tool = clip(tool, 20);
            format!(
                "its deposit_cli_version is {tool}, and launchpads of before January 2025 refuse \
                 all below {DEPOSIT_CLI_VERSION}"
            )
        })
    }

    fn is_ethdos_own(&self) -> bool {
        self.version == Some(ETHDO_VERSION) && self.deposit_cli_version.is_none()
    }

    /// What a field of bytes says: 0x is ethdo's alone.
    fn digits<'a>(&self, text: &'a str) -> &'a str {
        match self.is_ethdos_own() {
            true => text.strip_prefix("0x").unwrap_or(text),
            false => text,
        }
    }

    fn check_name(&self, signed: Network) -> Result<(), DepositError> {
        let Some(name) = &self.network_name else { return Ok(()) };
        let stated: Result<Network, UnknownNetwork> = name.parse();
        match stated == Ok(signed) || name == NO_NAME {
            true => Ok(()),
            false => Err(DepositError::NetworkName { stated: clip(name, 40), signed }),
        }
    }
}

/// Whether a version of a deposit tool is lower than 2.7; of what is no version nobody can tell.
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
