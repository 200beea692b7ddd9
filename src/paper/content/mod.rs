//! What may be shown: files that are sealed or public, recognised by what they hold, never by their
//! names. Anything else could be a secret, and is refused.

use std::{fmt, path::Path};

use serde_json::Value;
use stockade::{
    attest::{Attestation, Policy, delivery::DeliveryNote},
    backup::manifest::Manifest,
    custodian::AnyCustodian,
    distributed::{ClusterLock, parse_key_shares},
    eth2_keystore::Keystore,
    json,
    staking::{Interchange, parse_credential_changes, parse_deposit_file, parse_exits},
};

use self::fields::{fields_of, within};
use crate::payload::{MAX_CONTENT, Payload, PayloadFile};

mod fields;

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// A file that age sealed.
    Sealed,
    /// An EIP-2335 keystore, whose key is encrypted.
    Keystore,
    /// A whole set.
    Set,
    /// The sealed secret of a set, without its keystores.
    SealOfSet,
    /// A set's manifest.
    Manifest,
    /// A set's origin.
    Origin,
    /// A custodian file.
    Custodian,
    /// An attestation.
    Attestation,
    /// A delivery note.
    DeliveryNote,
    /// A policy for attestations.
    Policy,
    /// Deposit data.
    DepositData,
    /// A change of withdrawal credentials.
    CredentialChange,
    /// A slashing history (EIP-3076).
    History,
    /// A record that is stored with a set.
    Record,
    /// A cluster's lock.
    ClusterLock,
    /// Key shares that are encrypted to the operators of the SSV network.
    KeyShares,
    /// A signed exit. It is no secret of a key, but everybody who has it can end the validator.
    SignedExit,
}

impl Kind {
    /// Its word in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sealed => "sealed",
            Self::Keystore => "keystore",
            Self::Set => "set",
            Self::SealOfSet => "seal_of_set",
            Self::Manifest => "manifest",
            Self::Origin => "origin",
            Self::Custodian => "custodian",
            Self::Attestation => "attestation",
            Self::DeliveryNote => "delivery_note",
            Self::Policy => "policy",
            Self::DepositData => "deposit_data",
            Self::CredentialChange => "credential_change",
            Self::History => "history",
            Self::Record => "record",
            Self::ClusterLock => "cluster_lock",
            Self::KeyShares => "key_shares",
            Self::SignedExit => "signed_exit",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sealed => "a file sealed with age",
            Self::Keystore => "an encrypted keystore",
            Self::Set => "a whole set",
            Self::SealOfSet => "the sealed secret of a set",
            Self::Manifest => "a set's manifest",
            Self::Origin => "a set's origin",
            Self::Custodian => "a custodian file",
            Self::Attestation => "an attestation",
            Self::DeliveryNote => "a delivery note",
            Self::Policy => "a policy for attestations",
            Self::DepositData => "deposit data",
            Self::CredentialChange => "a change of withdrawal credentials",
            Self::History => "a slashing history",
            Self::Record => "a record of a set",
            Self::ClusterLock => "a cluster lock",
            Self::KeyShares => "encrypted key shares for SSV",
            Self::SignedExit => "a signed exit",
        })
    }
}

/// Why a file is not shown.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {why}", stockade::shown(.name))]
#[non_exhaustive]
pub struct Refused {
    /// The file.
    pub name: String,
    /// Why.
    pub why: Why,
}

/// The reasons for a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Why {
    /// It may be a secret.
    #[error("neither sealed nor a public file that Stockade knows, so it could be a secret")]
    NotRecognised,
    /// It has the form of a known file, and fields that such a file does not have.
    #[error("it has a field that {0} does not have, which could be a secret")]
    OtherField(Kind),
    /// A signed exit.
    #[error("a signed exit: everybody who sees it can end the validator")]
    SignedExit,
    /// An older or newer set has other files.
    #[error("not a file of a set")]
    NotOfASet,
}

/// What may be shown besides what is sealed or public anyway.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Consent {
    /// Signed exits.
    pub signed_exits: bool,
}

/// The kind of a payload, if all of it may be shown.
pub fn recognise(payload: &Payload, consent: Consent) -> Result<Kind, Refused> {
    if let Some(kind) = crate::set_files::recognise(payload) {
        return kind;
    }
    let mut kinds = payload.files.iter().map(|file| recognise_file(file, consent));
    let first =
        kinds.next().unwrap_or_else(|| Err(refused(payload.name.as_str(), Why::NotRecognised)))?;
    kinds.try_for_each(|kind| kind.map(|_| ()))?;
    Ok(first)
}

/// The kind of one file, if it may be shown.
pub fn recognise_file(file: &PayloadFile, consent: Consent) -> Result<Kind, Refused> {
    match kind_of(&file.bytes) {
        Ok(Kind::SignedExit) if !consent.signed_exits => {
            Err(refused(file.path.as_str(), Why::SignedExit))
        }
        Ok(kind) => Ok(kind),
        Err(why) => Err(refused(file.path.as_str(), why)),
    }
}

pub(crate) fn refused(name: &str, why: Why) -> Refused {
    Refused { name: name.to_owned(), why }
}

pub(crate) fn kind_of(bytes: &[u8]) -> Result<Kind, Why> {
    if is_sealed(bytes) {
        return Ok(Kind::Sealed);
    }
    let value: Value = json::from_slice(bytes, MAX_CONTENT).map_err(|_| Why::NotRecognised)?;
    let kind = json_kind(bytes, &value).ok_or(Why::NotRecognised)?;
    match fields_of(kind) {
        Some(fields) if !within(&value, fields) => Err(Why::OtherField(kind)),
        _ => Ok(kind),
    }
}

/// Whether it is an age file, binary or armored, from the first byte to the last.
fn is_sealed(bytes: &[u8]) -> bool {
    const BEGIN: &str = "-----BEGIN AGE ENCRYPTED FILE-----";
    const END: &str = "-----END AGE ENCRYPTED FILE-----";
    if let Ok(text) = std::str::from_utf8(bytes)
        && let Some(inner) = text.trim().strip_prefix(BEGIN).and_then(|text| text.strip_suffix(END))
    {
        let is_base64 = |b: u8| b.is_ascii_alphanumeric() || b"+/=\r\n".contains(&b);
        let armor = age::armor::ArmoredReader::new(bytes);
        return inner.bytes().all(is_base64) && age::Decryptor::new_buffered(armor).is_ok();
    }
    bytes.starts_with(b"age-encryption.org/v1\n") && age::Decryptor::new_buffered(bytes).is_ok()
}

/// What a JSON file is, by the parser that reads such files.
fn json_kind(bytes: &[u8], value: &Value) -> Option<Kind> {
    let format = value.get("format").and_then(Value::as_str).unwrap_or_default();
    let has = |field: &str| value.get(field).is_some();
    match format {
        "stockade-set" => {
            let manifest = Manifest::parse(bytes).ok()?;
            // What a custodian of an unknown form holds is not known.
            let known = |custodian: &AnyCustodian| custodian.recipient().is_some();
            return manifest.custodians.iter().all(known).then_some(Kind::Manifest);
        }
        "stockade-custodian" => {
            return AnyCustodian::parse(bytes).ok().map(|_| Kind::Custodian);
        }
        "stockade-policy" => {
            return Policy::parse(bytes, Path::new("policy.json")).ok().map(|_| Kind::Policy);
        }
        "stockade-whereabouts" | "stockade-split" | "stockade-delivery" | "stockade-retired" => {
            return Some(Kind::Record);
        }
        _ => {}
    }
    let kinds = [
        (has("crypto") && Keystore::parse(bytes).is_ok(), Kind::Keystore),
        (has("statement") && Attestation::parse(bytes).is_ok(), Kind::Attestation),
        (has("keys") && DeliveryNote::parse(bytes).is_ok(), Kind::DeliveryNote),
        (has("statement") && has("signature"), Kind::Origin),
        (has("metadata") && Interchange::parse(bytes).is_ok(), Kind::History),
        (has("cluster_definition") && ClusterLock::parse(bytes).is_ok(), Kind::ClusterLock),
        (has("shares") && parse_key_shares(bytes).is_ok(), Kind::KeyShares),
        (parse_deposit_file(bytes).is_ok(), Kind::DepositData),
        (parse_credential_changes(bytes).is_ok(), Kind::CredentialChange),
        (parse_exits(bytes).is_ok(), Kind::SignedExit),
    ];
    kinds.into_iter().find(|(is, _)| *is).map(|(_, kind)| kind)
}
