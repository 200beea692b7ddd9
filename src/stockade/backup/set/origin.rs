//! origin.json: the wallet's signature over the manifest's digest. Anyone can seal a set to public
//! recipients, but only the owner's wallet can sign its origin.

use serde::{Deserialize, Serialize};

use super::{digest::Digest, error::BackupError, set_id::SetId};
use stockade_base::{
    eth::{AccountKey, Address, Signature, personal_message},
    path::DerivationPath,
};
use stockade_wallet::{device::Wallet, interact::Interact};

/// The signed statement that a set was made with a wallet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Origin {
    /// The text that was signed.
    pub statement: String,
    /// The wallet's check address.
    pub address: Address,
    /// The EIP-191 signature of that address.
    pub signature: Signature,
}

/// Who signs the origin of a new set.
pub enum Signer<'a> {
    /// A wallet, and its check address. Its user approves the statement.
    Wallet(&'a mut dyn Wallet, Address),
    /// The check key of a typed mnemonic, if no wallet is available.
    Words(&'a AccountKey),
}

impl Signer<'_> {
    /// The check address that signs.
    pub fn address(&self) -> Address {
        match self {
            Self::Wallet(_, address) => *address,
            Self::Words(key) => key.address(),
        }
    }

    /// Signs the origin of the set.
    pub(crate) fn sign(
        self,
        set_id: &SetId,
        manifest: &Digest,
        user: &mut dyn Interact,
    ) -> Result<Origin, BackupError> {
        let address = self.address();
        let statement = Origin::statement(set_id, manifest);
        let signature = match self {
            Self::Wallet(wallet, _) => {
                wallet.sign_personal(&DerivationPath::check_address(), &statement, user)?
            }
            Self::Words(key) => {
                key.sign_personal(&statement).map_err(|_| BackupError::WrongSigner(address))?
            }
        };
        match personal_message::recover(statement.as_bytes(), &signature) {
            Ok(signer) if signer == address => Ok(Origin { statement, address, signature }),
            _ => Err(BackupError::WrongSigner(address)),
        }
    }
}

/// Who made a set, as far as that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum OriginVerdict {
    /// An attached wallet.
    ThisWallet,
    /// An address given with `--signer`.
    Signer,
    /// Somebody else, or there is no pin to compare with.
    Unknown,
    /// The origin does not fit the manifest, which was changed after the wallet signed it.
    Forged,
}

impl OriginVerdict {
    /// The word for it in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ThisWallet => "this_wallet",
            Self::Signer => "signer",
            Self::Unknown => "unknown",
            Self::Forged => "forged",
        }
    }
}

/// The signers that the user trusts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pins {
    /// The check addresses of the attached wallets.
    pub wallets: Vec<Address>,
    /// The addresses that the user named.
    pub signers: Vec<Address>,
}

impl Pins {
    /// Whether there is no pin.
    pub fn is_empty(&self) -> bool {
        self.wallets.is_empty() && self.signers.is_empty()
    }

    /// The verdict on the signer of a valid origin.
    pub fn judge(&self, signer: &Address) -> OriginVerdict {
        match signer {
            signer if self.wallets.contains(signer) => OriginVerdict::ThisWallet,
            signer if self.signers.contains(signer) => OriginVerdict::Signer,
            _ => OriginVerdict::Unknown,
        }
    }
}

impl Origin {
    /// The longest origin.json that is read.
    pub const MAX_LEN: u64 = 4096;

    /// The text that the wallet signs.
    pub fn statement(set_id: &SetId, manifest: &Digest) -> String {
        format!("Stockade origin v1; set {set_id}; manifest {manifest}")
    }

    /// The file's bytes.
    pub fn to_json(&self) -> Result<Vec<u8>, serde_json::Error> {
        let mut json = serde_json::to_vec_pretty(self)?;
        json.push(b'\n');
        Ok(json)
    }

    /// The address that signed exactly this manifest of this set, or `None` if the signature does
    /// not fit.
    pub fn signer(bytes: &[u8], set_id: &SetId, manifest: &Digest) -> Option<Address> {
        let origin: Self = serde_json::from_slice(bytes).ok()?;
        let signer =
            personal_message::recover(origin.statement.as_bytes(), &origin.signature).ok()?;
        let valid =
            origin.statement == Self::statement(set_id, manifest) && signer == origin.address;
        valid.then_some(signer)
    }
}
