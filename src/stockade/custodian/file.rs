//! The custodian file of a wallet: public, and signed by the wallet. See
//! `docs/formats/custodian.md`.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use super::Recipient;
use crate::device_secret::{CustodianId, Scheme};
use stockade_base::eth::{Address, Signature, personal_message};

pub(super) const FORMAT: &str = "stockade-custodian";
pub(super) const VERSION: u32 = 1;

/// A wallet that can open backups, as its file describes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Custodian {
    format: String,
    version: u32,
    /// The custodian's id, which appears in prompts and manifests.
    pub id: CustodianId,
    /// The kind of custodian.
    pub kind: Kind,
    /// How the wallet derives its secret.
    pub scheme: Scheme,
    /// The age recipient to seal to.
    pub recipient: Recipient,
    /// The wallet's address at m/44'/60'/83'/0/0.
    pub check_address: Address,
    /// Whether the wallet's passphrase is needed as well.
    pub uses_passphrase: UsesPassphrase,
    /// Whether it was made with a seed that must not guard real money.
    pub test: bool,
    /// The EIP-191 signature of the check address over [`Custodian::statement`].
    pub signature: Signature,
    /// The name that its owner gave it. Never in a manifest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// Why a custodian file is refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CustodianError {
    /// Not JSON of this format.
    #[error("not a custodian file: {}", stockade_base::shown(&.0.to_string()))]
    Malformed(#[from] serde_json::Error),
    /// Another format, or a later version of it.
    #[error("not a custodian file of version {VERSION}, but `{}` version {version}", stockade_base::shown(.format))]
    OtherFormat {
        /// The format in the file.
        format: String,
        /// The version in the file.
        version: u32,
    },
    /// An unknown kind, or fields of its kind are missing.
    #[error("this version cannot seal to the kind of custodian {0}")]
    Unusable(CustodianId),
    /// The recipient is not valid.
    #[error("the custodian cannot be sealed to: {0}")]
    Recipient(&'static str),
    /// The identity of a passphrase custodian could not be sealed.
    #[error("sealing failed: {0}")]
    Sealing(String),
    /// The system provided no random bytes.
    #[error(transparent)]
    Random(#[from] stockade_base::secret::RandomError),
    /// The signature is by another address, or over other fields.
    #[error(
        "custodian {id} was tampered with: its id, scheme or recipient is not what the wallet {check_address} signed"
    )]
    Signature {
        /// The custodian.
        id: CustodianId,
        /// The address that should have signed.
        check_address: Address,
    },
}

impl Custodian {
    /// The longest custodian file.
    pub const MAX_LEN: u64 = 16 * 1024;

    /// A custodian of kind wallet, with the wallet's signature over its statement. By default it is
    /// not a test, has no name, and says that its wallet uses no passphrase.
    pub fn wallet(
        id: CustodianId,
        scheme: Scheme,
        recipient: Recipient,
        check_address: Address,
        signature: Signature,
    ) -> Self {
        Self {
            format: FORMAT.to_owned(),
            version: VERSION,
            id,
            kind: Kind::Wallet,
            scheme,
            recipient,
            check_address,
            uses_passphrase: UsesPassphrase::No,
            test: false,
            signature,
            name: None,
        }
    }

    /// Reads a custodian file and verifies its signature.
    pub fn parse(bytes: &[u8]) -> Result<Self, CustodianError> {
        let custodian: Self = serde_json::from_slice(bytes)?;
        custodian.verify()?;
        Ok(custodian)
    }

    /// Checks that the wallet at the check address signed this id, scheme and recipient.
    pub fn verify(&self) -> Result<(), CustodianError> {
        if self.format != FORMAT || self.version != VERSION {
            let format = self.format.chars().take(40).collect();
            return Err(CustodianError::OtherFormat { format, version: self.version });
        }
        let statement = Self::statement(&self.id, self.scheme, &self.recipient);
        match personal_message::recover(statement.as_bytes(), &self.signature) {
            Ok(signer) if signer == self.check_address => Ok(()),
            _ => Err(CustodianError::Signature {
                id: self.id.clone(),
                check_address: self.check_address,
            }),
        }
    }

    /// The text that the wallet signs.
    pub fn statement(id: &CustodianId, scheme: Scheme, recipient: &Recipient) -> String {
        format!("Stockade custodian v1; id {id}; scheme {scheme}; recipient {recipient}")
    }

    /// The file's bytes.
    pub fn to_json(&self) -> Result<Vec<u8>, serde_json::Error> {
        let mut json = serde_json::to_vec_pretty(self)?;
        json.push(b'\n');
        Ok(json)
    }

    /// The same custodian without its name, as manifests store it.
    pub fn without_name(&self) -> Self {
        Self { name: None, ..self.clone() }
    }
}

/// The kind of a custodian that has its own wallet file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Kind {
    /// A hardware wallet.
    Wallet,
}

/// Whether a wallet's passphrase is needed to open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UsesPassphrase {
    /// Passphrase protection was off.
    No,
    /// It was on, and the passphrase was entered twice alike.
    Yes,
    /// The wallet cannot report it, and there was no user to ask.
    Unknown,
}

impl fmt::Display for UsesPassphrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::No => "no",
            Self::Yes => "yes",
            Self::Unknown => "unknown",
        })
    }
}

impl Serialize for UsesPassphrase {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::No => serializer.serialize_bool(false),
            Self::Yes => serializer.serialize_bool(true),
            Self::Unknown => serializer.serialize_str("unknown"),
        }
    }
}

impl<'de> Deserialize<'de> for UsesPassphrase {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Form {
            Bool(bool),
            Word(String),
        }
        match Form::deserialize(deserializer)? {
            Form::Bool(false) => Ok(Self::No),
            Form::Bool(true) => Ok(Self::Yes),
            Form::Word(word) if word == "unknown" => Ok(Self::Unknown),
            Form::Word(_) => Err(D::Error::custom("uses_passphrase is true, false or \"unknown\"")),
        }
    }
}
