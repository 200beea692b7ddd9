//! origin.json: the wallet's signature over the manifest's digest. Anyone can build a set to public
//! recipients; only its owner's wallet can sign its origin.

use serde::{Deserialize, Serialize};

use super::{Digest, SetId};
use crate::eth::{Address, Signature, personal_message};

/// The signed statement that a set was made by the holder of a wallet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Origin {
    /// What was signed.
    pub statement: String,
    /// The wallet's check address.
    pub address: Address,
    /// EIP-191 by that address.
    pub signature: Signature,
}

/// Who made a set, as far as can be known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum OriginVerdict {
    /// The attached wallet.
    ThisWallet,
    /// The address given with `--signer`.
    Signer,
    /// Somebody: nothing pins who should have made it, or the pin is another.
    Unknown,
    /// The origin does not fit the manifest: it was changed after the wallet signed it.
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

/// Whose signature makes a set one's own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pins {
    /// The check address of the attached wallet.
    pub wallet: Option<Address>,
    /// Addresses named by the user.
    pub signers: Vec<Address>,
}

impl Pins {
    /// Whether nothing pins the origin.
    pub fn is_empty(&self) -> bool {
        self.wallet.is_none() && self.signers.is_empty()
    }

    /// What the signer of a valid origin is to the user.
    pub fn judge(&self, signer: &Address) -> OriginVerdict {
        match signer {
            signer if self.wallet.as_ref() == Some(signer) => OriginVerdict::ThisWallet,
            signer if self.signers.contains(signer) => OriginVerdict::Signer,
            _ => OriginVerdict::Unknown,
        }
    }
}

impl Origin {
    /// The longest origin.json that is read.
    pub const MAX_LEN: u64 = 4096;

    /// What the wallet signs.
    pub fn statement(set_id: &SetId, manifest: &Digest) -> String {
        format!("Stockade origin v1; set {set_id}; manifest {manifest}")
    }

    /// The file's bytes.
    pub fn to_json(&self) -> Result<Vec<u8>, serde_json::Error> {
        let mut json = serde_json::to_vec_pretty(self)?;
        json.push(b'\n');
        Ok(json)
    }

    /// The address that signed for exactly this manifest of this set; `None` when nobody did.
    pub fn signer(bytes: &[u8], set_id: &SetId, manifest: &Digest) -> Option<Address> {
        let origin: Self = serde_json::from_slice(bytes).ok()?;
        let signer =
            personal_message::recover(origin.statement.as_bytes(), &origin.signature).ok()?;
        let valid =
            origin.statement == Self::statement(set_id, manifest) && signer == origin.address;
        valid.then_some(signer)
    }
}
