//! Makes delivery notes: what was delivered, signed by the wallet and stored in every copy.

use super::{DeliveryNote, DeliveryStatement, Destination, keys_digest};
use crate::{
    attest::{AttestError, StatementVersion},
    backup::{BackupError, Copy, Digest, SetId},
    store::StorePath,
};
use stockade_base::{eth::personal_message, path::DerivationPath, timestamp::Timestamp};
use stockade_keystore::bls::PublicKey;
use stockade_wallet::{
    device::{Show, Wallet},
    interact::Interact,
};

/// A delivery.
#[derive(Debug)]
pub struct Delivered<'a> {
    /// The set that the keys are from.
    pub set: &'a SetId,
    /// The digest of its manifest.
    pub manifest: Digest,
    /// Where the keys were delivered to.
    pub to: Destination,
    /// Where they were removed before, if they were.
    pub from: Option<Destination>,
    /// The keys that the destination holds now.
    pub keys: Vec<PublicKey>,
    /// The slashing history that was delivered with them.
    pub history: Option<&'a [u8]>,
}

/// Has `wallet` sign a note of the delivery with the key at `path`.
pub fn create(
    delivered: &Delivered<'_>,
    path: &DerivationPath,
    now: Timestamp,
    wallet: &mut dyn Wallet,
    user: &mut dyn Interact,
) -> Result<DeliveryNote, AttestError> {
    let address = wallet.address(path, Show::Silently, user)?;
    let statement = DeliveryStatement {
        version: StatementVersion::V2,
        set: delivered.set.clone(),
        manifest: delivered.manifest,
        to: delivered.to.clone(),
        from: delivered.from.clone(),
        count: delivered.keys.len(),
        keys: keys_digest(&delivered.keys),
        history: delivered.history.map(Digest::of),
        time: now,
    };
    let text = statement.to_string();
    let signature = wallet.sign_personal(path, &text, user)?;
    match personal_message::recover(text.as_bytes(), &signature) {
        Ok(signer) if signer == address => {
            Ok(DeliveryNote::new(text, address, signature, delivered.keys.clone()))
        }
        _ => Err(AttestError::WrongSigner(address)),
    }
}

impl DeliveryNote {
    /// Stores the note with the set in `copy`. The file is named after `time`, or after a later
    /// second if there is a file of that name already.
    pub fn keep(&self, copy: &Copy, set: &SetId, time: Timestamp) -> Result<(), AttestError> {
        copy.lock().map_err(BackupError::from)?;
        let folder: StorePath = format!("attestations/{set}").parse().map_err(BackupError::from)?;
        let bytes = self.to_json().map_err(BackupError::from)?;
        let ending = format!("-{}{}", self.address, Self::END);
        Ok(copy.add_dated(&folder, time, &ending, &bytes)?)
    }
}
