//! A custodian of any kind: a wallet, another kind, or one in a form that this version cannot use
//! but must not treat as damaged.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Custodian, CustodianError, PlainCustodian, PlainKind};
use crate::device_secret::{CustodianId, is_well_known};

/// A custodian of any kind that the format knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum AnyCustodian {
    /// A hardware wallet.
    Wallet(Box<Custodian>),
    /// An age recipient, an age plugin, or a passphrase.
    Plain(Box<PlainCustodian>),
    /// One of these kinds by name, but not usable.
    Other(OtherCustodian),
}

/// A custodian that cannot be used. Its fields are kept unchanged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct OtherCustodian {
    /// The custodian's id.
    pub id: CustodianId,
    kind: PlainKind,
    #[serde(flatten)]
    fields: Map<String, Value>,
}

impl AnyCustodian {
    /// Reads a custodian file. The file of a wallet must have the wallet's signature.
    pub fn parse(bytes: &[u8]) -> Result<Self, CustodianError> {
        let value: Value = serde_json::from_slice(bytes)?;
        let kind = value.get("kind").and_then(Value::as_str);
        let plain = [PlainKind::Age, PlainKind::Plugin, PlainKind::Passphrase];
        if plain.iter().any(|plain| kind == Some(plain.as_str())) {
            Ok(Self::Plain(Box::new(serde_json::from_value(value)?)))
        } else {
            Custodian::parse(bytes).map(Self::from)
        }
    }

    /// The custodian's id.
    pub fn id(&self) -> &CustodianId {
        match self {
            Self::Wallet(wallet) => &wallet.id,
            Self::Plain(plain) => &plain.id,
            Self::Other(other) => &other.id,
        }
    }

    /// The wallet, if it is one.
    pub fn wallet(&self) -> Option<&Custodian> {
        match self {
            Self::Wallet(wallet) => Some(wallet),
            Self::Plain(_) | Self::Other(_) => None,
        }
    }

    /// The custodian of another kind than a wallet, if it is one that can be used.
    pub fn plain(&self) -> Option<&PlainCustodian> {
        match self {
            Self::Plain(plain) => Some(plain),
            Self::Wallet(_) | Self::Other(_) => None,
        }
    }

    /// The recipient to seal to, if there is one.
    pub fn recipient(&self) -> Option<&str> {
        match self {
            Self::Wallet(wallet) => Some(wallet.recipient.as_str()),
            Self::Plain(plain) => Some(&plain.recipient),
            Self::Other(_) => None,
        }
    }

    /// The name that its owner gave it.
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Wallet(wallet) => wallet.name.as_deref(),
            Self::Plain(plain) => plain.name.as_deref(),
            Self::Other(_) => None,
        }
    }

    /// Checks that it can be sealed to. For a wallet, this includes the wallet's signature.
    pub fn verify(&self) -> Result<(), CustodianError> {
        match self {
            Self::Wallet(wallet) => wallet.verify(),
            Self::Plain(_) => Ok(()),
            Self::Other(other) => Err(CustodianError::Unusable(other.id.clone())),
        }
    }

    /// Whether it belongs to a publicly known seed, or may.
    pub fn is_test(&self) -> bool {
        self.wallet().is_some_and(|wallet| wallet.test || is_well_known(&wallet.check_address))
    }

    /// The same custodian without its name, as manifests store it.
    pub fn without_name(&self) -> Self {
        match self {
            Self::Wallet(wallet) => wallet.without_name().into(),
            Self::Plain(plain) => plain.without_name().into(),
            Self::Other(other) => Self::Other(other.clone()),
        }
    }

    /// The file's bytes.
    pub fn to_json(&self) -> Result<Vec<u8>, serde_json::Error> {
        let mut json = serde_json::to_vec_pretty(self)?;
        json.push(b'\n');
        Ok(json)
    }
}

/// The custodian's id, and what identifies it to a person.
impl fmt::Display for AnyCustodian {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Wallet(wallet) => {
                write!(f, "custodian {} (check address {})", wallet.id, wallet.check_address)
            }
            Self::Plain(plain) => {
                let (id, kind, recipient) = (&plain.id, plain.kind.as_str(), &plain.recipient);
                write!(f, "custodian {id} ({kind}, recipient {recipient})")
            }
            Self::Other(other) => {
                write!(f, "custodian {} ({}, not usable)", other.id, other.kind.as_str())
            }
        }
    }
}

impl From<Custodian> for AnyCustodian {
    fn from(wallet: Custodian) -> Self {
        Self::Wallet(Box::new(wallet))
    }
}

impl From<PlainCustodian> for AnyCustodian {
    fn from(plain: PlainCustodian) -> Self {
        Self::Plain(Box::new(plain))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECIPIENT: &str = "age1zv6hh3k7aht53w9q5cpy7lvthay3exurkc5k8pxaxt4rlyccu5mscycts0";

    #[test]
    fn a_custodian_in_an_unknown_form_is_kept_unchanged() {
        let json = r#"{"id":"7f3a19c2","kind":"age","recipient":"age1x","version":1}"#;
        let any: AnyCustodian = serde_json::from_str(json).unwrap();
        assert!(any.wallet().is_none() && any.recipient().is_none() && any.verify().is_err());
        assert_eq!(serde_json::to_string(&any).unwrap(), json);
        assert!(AnyCustodian::parse(json.as_bytes()).is_err());
    }

    #[test]
    fn a_wallet_with_a_missing_field_is_not_another_kind() {
        let json = r#"{"id":"7f3a19c2","kind":"wallet"}"#;
        assert!(serde_json::from_str::<AnyCustodian>(json).is_err());
        assert!(AnyCustodian::parse(json.as_bytes()).is_err());
    }

    #[test]
    fn a_plain_custodian_survives_a_round_trip() {
        let plain = PlainCustodian::age(RECIPIENT, Some("mine".to_owned())).unwrap();
        let any = AnyCustodian::from(plain);
        assert_eq!(AnyCustodian::parse(&any.to_json().unwrap()).unwrap(), any);
        let without_name = any.without_name();
        assert_eq!(without_name.name(), None);
        let embedded = serde_json::to_string(&without_name).unwrap();
        assert_eq!(serde_json::from_str::<AnyCustodian>(&embedded).unwrap(), without_name);
    }

    #[test]
    fn recipients_of_another_kind_are_refused() {
        let upper = RECIPIENT.to_uppercase();
        for bad in ["", "age1x", &upper, "AGE-SECRET-KEY-1QQQQ"] {
            assert!(PlainCustodian::age(bad, None).is_err(), "{bad}");
            assert!(PlainCustodian::plugin(bad, None).is_err(), "{bad}");
        }
        assert!(PlainCustodian::plugin(RECIPIENT, None).is_err());
    }
}
