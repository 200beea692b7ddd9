//! Opening a set: who it is for, whose it is, and then its secret. Nothing is asked of anybody
//! before they are known to be among its custodians, and the set to be one's own.

use std::collections::BTreeSet;

use super::{
    access::Access,
    error::UnlockError,
    gather::{anybody, gather},
    unlockers::Unlockers,
};
use crate::backup::{
    check::{
        inspect::{Inspection, ReadManifest},
        scrub::ScrubbedSet,
    },
    copy::Copy,
    set::{manifest::KeystoreEntry, origin::OriginVerdict, secret::SetSecret, verdict::Reason},
};
use crate::device_secret::SecretError;
use stockade_keystore::bls::SecretKey;

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

/// Opens `set`.
pub(crate) fn open<'a>(
    set: &'a ScrubbedSet,
    copies: &[Copy],
    access: &mut Access<'_>,
) -> Result<OpenedSet<'a>, UnlockError> {
    let read = loop {
        let closed = match known(set, access) {
            Ok(read) => break read,
            Err(closed) => closed,
        };
        // The wallet that made it may still be plugged in: no other answer is asked for before.
        if !access.unlockers.expects_more()
            || !matches!(closed, UnlockError::Verdict(Reason::OriginUnknown, _))
        {
            return Err(closed);
        }
        let next = access.unlockers.next(&wanted_signer(set), access.user);
        if next.map_err(|e| UnlockError::Failed(SecretError::from(e).into()))?.is_none() {
            return Err(closed);
        }
    };
    // A mac that rotted away, or whose digest did, does not show that somebody changed it where the
    // wallet signed the manifest.
    let signed = set.origin_of(read, &access.pins()) < OriginVerdict::Unknown;
    let rotten = |i: &Inspection| i.damage.contains_key("manifest.mac") || i.sums.is_none();
    let rotten = signed && set.copies.iter().flatten().all(rotten);
    // And where one custodian opens it, the signed manifest says which sealed secret is the right
    // one: a mac that somebody changed is reported, and keeps nobody from their keys.
    let sure = rotten || (signed && read.manifest.threshold == 1);
    let fits = |secret: &SetSecret| {
        sure || macs(set).any(|(_, mac)| secret.verify_manifest(&read.bytes, mac))
    };
    let (secret, notes) = gather(set, copies, read, &fits, access)?;
    if fits(&secret) {
        Ok(OpenedSet { read, secret, notes })
    } else {
        Err(UnlockError::Verdict(Reason::ManifestMac, notes))
    }
}

/// Refuses, before anybody is asked, a set that cannot be opened by anybody who is here: only where no
/// further wallet may be plugged in.
pub(crate) fn require_known(set: &ScrubbedSet, access: &Access<'_>) -> Result<(), UnlockError> {
    if access.unlockers.expects_more() {
        return Ok(());
    }
    known(set, access).map(|_| ())
}

/// The manifest of a set that may be opened, and whose maker is known.
fn known<'a>(set: &'a ScrubbedSet, access: &Access<'_>) -> Result<&'a ReadManifest, UnlockError> {
    let closed = |reason| Err(UnlockError::Verdict(reason, Vec::new()));
    let (pins, unlockers) = (access.pins(), &*access.unlockers);
    let Some(read) = set.manifest(&pins) else { return closed(set.why_no_manifest()) };
    let wallets = unlockers.wallets().count() > 0;
    if wallets && !unlockers.expects_more() && !anybody(&read.manifest, unlockers) {
        let others = others(set, read, unlockers);
        return Err(UnlockError::Verdict(Reason::NotThisWallet, vec![others]));
    }
    match set.origin_of(read, &pins) {
        OriginVerdict::ThisWallet | OriginVerdict::Signer => Ok(read),
        OriginVerdict::Unknown if access.trust.accept_unknown_origin => Ok(read),
        OriginVerdict::Unknown => closed(Reason::OriginUnknown),
        OriginVerdict::Forged => closed(Reason::OriginForged),
    }
}

/// Who opens a set, and who is here instead.
fn others(set: &ScrubbedSet, read: &ReadManifest, unlockers: &Unlockers) -> String {
    let custodians: Vec<_> = read.manifest.custodians.iter().map(ToString::to_string).collect();
    let here: Vec<_> = unlockers.wallets().map(|(_, address)| address.to_string()).collect();
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
