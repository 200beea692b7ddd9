//! A custodian as a manifest lists it: a wallet, or one of the kinds that this version cannot use
//! yet but must not take for damage.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Custodian;
use crate::device_secret::CustodianId;

/// A custodian of any kind that the format knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum AnyCustodian {
    /// A hardware wallet.
    Wallet(Box<Custodian>),
    /// An age recipient, an age plugin, or a passphrase.
    Other(OtherCustodian),
}

/// A custodian that is no wallet. Its fields are kept as they are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OtherCustodian {
    /// Names it.
    pub id: CustodianId,
    kind: OtherKind,
    #[serde(flatten)]
    fields: Map<String, Value>,
}

/// The kinds that are no wallet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum OtherKind {
    Age,
    Plugin,
    Passphrase,
}

impl AnyCustodian {
    /// Its id.
    pub fn id(&self) -> &CustodianId {
        match self {
            Self::Wallet(wallet) => &wallet.id,
            Self::Other(other) => &other.id,
        }
    }

    /// The wallet, where it is one.
    pub fn wallet(&self) -> Option<&Custodian> {
        match self {
            Self::Wallet(wallet) => Some(wallet),
            Self::Other(_) => None,
        }
    }
}

impl From<Custodian> for AnyCustodian {
    fn from(wallet: Custodian) -> Self {
        Self::Wallet(Box::new(wallet))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_custodian_of_another_kind_is_read_and_kept_as_it_is() {
        let json = r#"{"id":"7f3a19c2","kind":"age","recipient":"age1x","version":1}"#;
        let any: AnyCustodian = serde_json::from_str(json).unwrap();
        assert!(any.wallet().is_none());
        assert_eq!(serde_json::to_string(&any).unwrap(), json);
    }

    #[test]
    fn a_wallet_with_a_field_missing_is_not_taken_for_another_kind() {
        let json = r#"{"id":"7f3a19c2","kind":"wallet"}"#;
        assert!(serde_json::from_str::<AnyCustodian>(json).is_err());
    }
}
