//! The verdict on each key as JSON.

use serde::Serialize;
use stockade::{
    backup::verdict::{Level, Reason},
    bls::PublicKey,
    validator::{Checked, CheckedKey},
};

use crate::commands::{key_share::ShareFields, verdicts::Verdicts};

/// What comparing keys with a wallet found.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Report {
    /// Always `public_key`: no keystore was opened.
    level: &'static str,
    /// How many keys have each verdict.
    pub verdicts: Verdicts,
    /// Each key and file, and each expected key that is missing.
    keys: Vec<Key>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Key {
    /// The public key, where it is known.
    pubkey: Option<String>,
    /// The verdict.
    verdict: &'static str,
    /// The reason for the verdict.
    reason: &'static str,
    /// The id of the copy that the file is in, if it is in one.
    copy: Option<String>,
    /// The file, or null for an expected key that is missing.
    file: Option<String>,
    /// Details of the reason, for people.
    why: Option<String>,
    /// The path (EIP-2334) of the key that the wallet derived.
    path: Option<String>,
    /// The batch that the key is recorded to be from.
    batch: Option<u32>,
    /// The evidence for a proven key: `public_key` if the wallet derived it again, `check_address` if
    /// the wallet signed the set that records it and has the address that the set names.
    by: Option<&'static str>,
    /// Which share of a validator's key it is, if the set, or what is stored with the keystore, says so.
    share: Option<ShareFields>,
}

impl Report {
    /// The report on these keys, and on expected ones that are missing.
    pub fn new(checked: &Checked, missing: &[PublicKey]) -> Self {
        let reasons = checked.keys.iter().map(|key| key.reason);
        Self {
            level: Level::PublicKey.as_str(),
            verdicts: Verdicts::of(reasons.chain(missing.iter().map(|_| Reason::Missing))),
            keys: checked
                .keys
                .iter()
                .map(Key::of)
                .chain(missing.iter().map(Key::missing))
                .collect(),
        }
    }

    /// Whether something was checked, and all of it is proven.
    pub fn all_proven(&self) -> bool {
        self.verdicts.all_proven()
    }
}

impl Key {
    fn of(checked: &CheckedKey) -> Self {
        let CheckedKey { key, reason, found, by_record, .. } = checked;
        let evidence = if *by_record { "check_address" } else { "public_key" };
        Self {
            pubkey: key.pubkey.map(|key| key.to_string()),
            verdict: reason.verdict().as_str(),
            reason: reason.as_str(),
            copy: key.copy.clone(),
            file: Some(key.file.clone()),
            why: key.why.clone(),
            path: found.as_ref().map(ToString::to_string),
            batch: key.batch.map(|(_, batch, _)| batch),
            by: (*reason == Reason::Ok).then_some(evidence),
            share: key.share.map(ShareFields::from),
        }
    }

    fn missing(key: &PublicKey) -> Self {
        let reason = Reason::Missing;
        Self {
            pubkey: Some(key.to_string()),
            verdict: reason.verdict().as_str(),
            reason: reason.as_str(),
            copy: None,
            file: None,
            why: None,
            path: None,
            batch: None,
            by: None,
            share: None,
        }
    }
}
