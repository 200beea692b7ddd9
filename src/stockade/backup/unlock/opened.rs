//! Opening a set: who it is for, whose it is, and then its secret. Nothing is asked of anybody
//! before they are known to be of its custodians, and the set to be one's own.

use std::collections::BTreeSet;

use super::error::UnlockError;
use super::{
    gather::{anybody, gather},
    unlockers::Hands,
};
use crate::backup::{
    check::{
        inspect::{Inspection, ReadManifest},
        scrub::ScrubbedSet,
    },
    copy::Copy,
    set::{
        manifest::KeystoreEntry,
        origin::{OriginVerdict, Pins},
        secret::SetSecret,
        verdict::Reason,
    },
};
use crate::device_secret::SecretError;
use stockade_keystore::bls::SecretKey;
use stockade_wallet::interact::Interact;

/// A keystore of a set and the key in it, or why it did not open.
pub(crate) type OpenedKey<'a> = (&'a KeystoreEntry, Result<OpenKeystore, Reason>);

/// What an opened keystore holds.
#[derive(Debug)]
pub(crate) struct OpenKeystore {
    /// The key.
    pub secret: SecretKey,
    /// What the keystore says of it.
    pub description: String,
}

/// A set whose secret its custodians gave.
pub(crate) struct OpenedSet<'a> {
    /// The manifest that counts.
    pub read: &'a ReadManifest,
    /// What opens everything in it.
    pub secret: SetSecret,
    /// What a person should know of how it was opened.
    pub notes: Vec<String>,
}

/// Opens `set` with those at hand.
pub(crate) fn open<'a>(
    set: &'a ScrubbedSet,
    copies: &[Copy],
    pins: &Pins,
    accept_unknown_origin: bool,
    hands: &mut Hands,
    user: &mut dyn Interact,
) -> Result<OpenedSet<'a>, UnlockError> {
    let read = loop {
        let closed = match known(set, pins, accept_unknown_origin, hands) {
            Ok(read) => break read,
            Err(closed) => closed,
        };
        // The wallet that made it may be brought yet: nobody else's answer is asked for before.
        if !hands.brings() || !matches!(closed, UnlockError::Verdict(Reason::OriginUnknown, _)) {
            return Err(closed);
        }
        let next = hands.next(&wanted_signer(set), user);
        if next.map_err(|e| UnlockError::Failed(SecretError::from(e).into()))?.is_none() {
            return Err(closed);
        }
    };
    // A mac that rotted away, or whose digest did, is no sign of another's hand where the wallet
    // signed the manifest.
    let signed = set.origin_of(read, &hands.pins(pins)) < OriginVerdict::Unknown;
    let rotten = |i: &Inspection| i.damage.contains_key("manifest.mac") || i.sums.is_none();
    let rotten = signed && set.copies.iter().flatten().all(rotten);
    // And where one custodian opens it, the signed manifest says which sealed secret is the right
    // one: a mac that somebody changed is reported, and keeps nobody from their keys.
    let sure = rotten || (signed && read.manifest.threshold == 1);
    let fits = |secret: &SetSecret| {
        sure || macs(set).any(|(_, mac)| secret.verify_manifest(&read.bytes, mac))
    };
    let (secret, notes) = gather(set, copies, read, &fits, hands, user)?;
    match fits(&secret) {
        true => Ok(OpenedSet { read, secret, notes }),
        false => Err(UnlockError::Verdict(Reason::ManifestMac, notes)),
    }
}

/// The manifest of a set that those at hand may open, and whose maker is known.
fn known<'a>(
    set: &'a ScrubbedSet,
    pins: &Pins,
    accept_unknown_origin: bool,
    hands: &Hands,
) -> Result<&'a ReadManifest, UnlockError> {
    let closed = |reason| Err(UnlockError::Verdict(reason, Vec::new()));
    let pins = hands.pins(pins);
    let Some(read) = set.manifest(&pins) else { return closed(set.why_no_manifest()) };
    let wallets = hands.wallets().count() > 0;
    if wallets && !hands.brings() && !anybody(&read.manifest, hands) {
        return Err(UnlockError::Verdict(Reason::NotThisWallet, vec![others(set, read, hands)]));
    }
    match set.origin_of(read, &pins) {
        OriginVerdict::ThisWallet | OriginVerdict::Signer => Ok(read),
        OriginVerdict::Unknown if accept_unknown_origin => Ok(read),
        OriginVerdict::Unknown => closed(Reason::OriginUnknown),
        OriginVerdict::Forged => closed(Reason::OriginForged),
    }
}

/// Who opens a set, and who is here instead.
fn others(set: &ScrubbedSet, read: &ReadManifest, hands: &Hands) -> String {
    let custodians: Vec<_> = read.manifest.custodians.iter().map(ToString::to_string).collect();
    let here: Vec<_> = hands.wallets().map(|(_, address)| address.to_string()).collect();
    format!(
        "set {} is opened by {}. Here is the wallet with the check address {}: another wallet, or \
         another passphrase",
        set.id,
        custodians.join(" or "),
        here.join(", ")
    )
}

fn wanted_signer(set: &ScrubbedSet) -> String {
    let signers = set.copies.iter().flatten().filter_map(|inspection| inspection.signer);
    let signers: BTreeSet<_> = signers.map(|signer| signer.to_string()).collect();
    let signers: Vec<_> = signers.into_iter().collect();
    format!(
        "Set {}: first the wallet that made it, so that it is known to be yours (signed by check \
         address {}), or start again with --signer",
        set.id,
        signers.join(", ")
    )
}

/// The manifest.mac of each copy that has one, by the copy's id.
fn macs(set: &ScrubbedSet) -> impl Iterator<Item = (&str, &[u8])> {
    let present = set.copies.iter().flatten();
    present.filter_map(|here| Some((here.copy.as_str(), here.mac.as_deref()?)))
}

impl OpenedSet<'_> {
    /// The ids of the copies whose manifest.mac is the one that the set secret gives.
    pub(crate) fn good_macs(&self, set: &ScrubbedSet) -> Vec<String> {
        let good = macs(set).filter(|(_, mac)| self.secret.verify_manifest(&self.read.bytes, mac));
        good.map(|(copy, _)| copy.to_owned()).collect()
    }
}
