//! The statement of a delivery note: one line of printable ASCII with an exact grammar.

use std::{fmt, str::FromStr};

use crate::{
    attest::{
        StatementError, StatementVersion,
        grammar::{self, OrNone},
    },
    backup::{Digest, SetId},
};
use stockade_base::timestamp::Timestamp;

const HEADING: &str = "Stockade delivery";

/// The statement of a delivery note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryStatement {
    /// The version of the grammar. New statements have version 2.
    pub version: StatementVersion,
    /// The set that the keys are from.
    pub set: SetId,
    /// The digest of its manifest.
    pub manifest: Digest,
    /// Where the keys were delivered to.
    pub to: Destination,
    /// Where the keys were removed before, if they were.
    pub from: Option<Destination>,
    /// The number of keys.
    pub count: usize,
    /// The digest of the keys: [`crate::backup::keys_digest`].
    pub keys: Digest,
    /// The digest of the slashing history that was delivered with them.
    pub history: Option<Digest>,
    /// When, by the host's clock.
    pub time: Timestamp,
}

/// A destination of keys: its kind and its address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destination {
    kind: DestinationKind,
    place: String,
}

/// The kind of a destination.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum DestinationKind {
    /// A client with the keymanager API, which received the keys.
    Keymanager,
    /// A client with the keymanager API, which was given the URL of a signer that holds the keys.
    RemoteKeys,
    /// A folder of Web3signer's key configuration.
    Web3signer,
    /// HashiCorp Vault.
    Vault,
    /// AWS Secrets Manager.
    AwsSecrets,
}

/// The longest address: short enough to be read on a wallet.
const MAX_PLACE: usize = 200;

impl DestinationKind {
    const ALL: [Self; 5] =
        [Self::Keymanager, Self::RemoteKeys, Self::Web3signer, Self::Vault, Self::AwsSecrets];

    /// The name of the kind in statements.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Keymanager => "keymanager",
            Self::RemoteKeys => "remote-keys",
            Self::Web3signer => "web3signer",
            Self::Vault => "vault",
            Self::AwsSecrets => "aws-secrets",
        }
    }
}

impl Destination {
    /// `place` is a URL or a path. Characters that could be read as another part of the statement
    /// are written as %XX. A long address is cut off, followed by `~` and the first 16 digits of
    /// its SHA-256.
    pub fn new(kind: DestinationKind, place: &str) -> Self {
        let mut text = String::new();
        for byte in place.bytes() {
            if plain(byte) {
                text.push(char::from(byte));
            } else {
                text.push_str(&format!("%{byte:02X}"));
            }
        }
        if text.len() > MAX_PLACE || text.is_empty() {
            let digest = Digest::of(place.as_bytes()).to_string();
            text = text.chars().take(MAX_PLACE - 17).chain(['~']).collect();
            text.extend(digest.chars().take(16));
        }
        Self { kind, place: text }
    }

    /// The kind of destination.
    pub fn kind(&self) -> DestinationKind {
        self.kind
    }

    /// The address, as written in the statement.
    pub fn place(&self) -> &str {
        &self.place
    }
}

/// Spaces and semicolons are not among these, so an address cannot add a field.
fn plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"._-:/~[]@+=,{}".contains(&byte)
}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind.as_str(), self.place)
    }
}

impl FromStr for Destination {
    type Err = StatementError;

    fn from_str(text: &str) -> Result<Self, StatementError> {
        let parse = || {
            let (kind, place) = text.split_once(' ')?;
            let kind = DestinationKind::ALL.into_iter().find(|known| known.as_str() == kind)?;
            let fits = (1..=MAX_PLACE).contains(&place.len());
            let plain = place.bytes().all(|byte| plain(byte) || byte == b'%');
            (fits && plain).then(|| Self { kind, place: place.to_owned() })
        };
        parse().ok_or(StatementError::Grammar)
    }
}

impl DeliveryStatement {
    pub(super) const HEADING: &str = HEADING;
}

impl fmt::Display for DeliveryStatement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { version, set, manifest, to, from, count, keys, history, time } = self;
        let (from, history) = (OrNone(from), OrNone(history));
        match version {
            StatementVersion::V1 => write!(
                f,
                "{HEADING} {version}; set {set}; manifest {manifest}; to {to}; from {from}; \
                 keys {count} {keys}; history {history}; time {time}",
            ),
            StatementVersion::V2 | StatementVersion::V3 => write!(
                f,
                "{HEADING} {version}; keys {count}; to {to}; from {from}; set {set}; time {time}; \
                 manifest {manifest}; keys-digest {keys}; history {history}",
            ),
        }
    }
}

impl FromStr for DeliveryStatement {
    type Err = StatementError;

    fn from_str(text: &str) -> Result<Self, StatementError> {
        grammar::read(text, HEADING, |version, fields| match version {
            StatementVersion::V1 => {
                let (set, manifest) = (fields.value("set")?, fields.value("manifest")?);
                let (to, from) = (fields.value("to")?, fields.optional("from")?);
                let (count, keys) = fields.text("keys")?.split_once(' ')?;
                let (count, keys) = (count.parse().ok()?, keys.parse().ok()?);
                let (history, time) = (fields.optional("history")?, fields.value("time")?);
                Some(Self { version, set, manifest, to, from, count, keys, history, time })
            }
            StatementVersion::V2 => {
                let count = fields.value("keys")?;
                let (to, from) = (fields.value("to")?, fields.optional("from")?);
                let (set, time) = (fields.value("set")?, fields.value("time")?);
                let (manifest, keys) = (fields.value("manifest")?, fields.value("keys-digest")?);
                let history = fields.optional("history")?;
                Some(Self { version, set, manifest, to, from, count, keys, history, time })
            }
            // Only attestations have it.
            StatementVersion::V3 => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "Stockade delivery v1; set 20261120-hoodi-7f3a19c2; manifest aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa; to keymanager https://vc.example:5062; from keymanager http://127.0.0.1:5062; keys 3 bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb; history none; time 20261120T101500Z";

    const SECOND: &str = "Stockade delivery v2; keys 3; to keymanager https://vc.example:5062; from keymanager http://127.0.0.1:5062; set 20261120-hoodi-7f3a19c2; time 20261120T101500Z; manifest aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa; keys-digest bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb; history none";

    #[test]
    fn version_2_states_the_same_and_begins_with_what_matters() {
        let (first, second) = (TEXT.parse::<DeliveryStatement>(), SECOND.parse());
        let (first, second): (DeliveryStatement, DeliveryStatement) =
            (first.unwrap(), second.unwrap());
        assert_eq!(second.to_string(), SECOND);
        assert_eq!(second, DeliveryStatement { version: StatementVersion::V2, ..first });
        assert!(SECOND.replace("keys 3;", "keys 03;").parse::<DeliveryStatement>().is_err());
    }

    #[test]
    fn a_statement_survives_a_round_trip() {
        let statement: DeliveryStatement = TEXT.parse().unwrap();
        assert_eq!((statement.count, statement.history), (3, None));
        assert_eq!(statement.to.place(), "https://vc.example:5062");
        assert_eq!(statement.to_string(), TEXT);
    }

    #[test]
    fn only_the_exact_grammar_is_accepted() {
        for (from, to) in [
            ("v1;", "v2;"),
            ("delivery", "attestation"),
            ("to keymanager", "to safe"),
            ("keys 3", "keys 03"),
            ("; history none", ""),
            ("https://vc.example:5062", "https://vc.example:5062 x"),
            ("https://vc.example:5062", ""),
            ("20261120T101500Z", "20261120T101500Z; more x"),
        ] {
            let changed = TEXT.replacen(from, to, 1);
            assert_ne!(changed, TEXT);
            let parsed = changed.parse::<DeliveryStatement>();
            assert_eq!(parsed, Err(StatementError::Grammar), "{changed}");
        }
    }

    #[test]
    fn an_address_cannot_add_a_field_and_fits_a_screen() {
        let place = |text: &str| Destination::new(DestinationKind::Web3signer, text).place;
        assert_eq!(place("/srv/a b; to x"), "/srv/a%20b%3B%20to%20x");
        assert_eq!(place("/srv/ä"), "/srv/%C3%A4");
        let (long, other) = ("x".repeat(1000), "x".repeat(1001));
        assert_eq!(place(&long).len(), MAX_PLACE);
        assert_ne!(place(&long), place(&other));
        for text in ["/srv/a b", &long, ""] {
            let destination = Destination::new(DestinationKind::Vault, text);
            assert_eq!(destination.to_string().parse(), Ok(destination));
        }
    }
}
