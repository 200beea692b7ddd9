//! Who owns the key of a deposit, as far as copies and a wallet show.

use stockade::{
    backup::verdict::Reason,
    backup::{BackupError, Copy, ListedSet, list, manifest::KeystoreEntry, manifest::Source},
    bls::PublicKey,
    device::{Show, Wallet},
    device_secret::check_address,
    eth::Address,
    path::DerivationPath,
};

use super::answer::Answer;
use crate::{error::CommandError, ui::Terminal};

/// What the copies and the wallet know.
pub struct Known {
    /// The sets in the copies that were named.
    pub(super) sets: Option<Vec<ListedSet>>,
    /// Others that the user trusts to have made them.
    signers: Vec<Address>,
    /// The address that should receive withdrawals.
    pub receiver: Option<Address>,
    pub(super) wallet: Option<KnownWallet>,
}

/// The attached wallet, and its two addresses.
pub(super) struct KnownWallet {
    pub(super) wallet: Box<dyn Wallet>,
    check_address: Address,
    pub(super) withdrawal: Address,
}

impl Known {
    /// Reads the manifests of the copies.
    pub fn new(copies: &[std::path::PathBuf], signers: Vec<Address>) -> Result<Self, BackupError> {
        let sets = if copies.is_empty() { None } else { Some(list(&Copy::open_all(copies)?)?) };
        Ok(Self { sets, signers, receiver: None, wallet: None })
    }

    /// Asks the wallet for its addresses, silently.
    pub fn ask(
        &mut self,
        mut wallet: Box<dyn Wallet>,
        user: &mut Terminal,
    ) -> Result<Address, CommandError> {
        let path = DerivationPath::ethereum(0, 0)
            .map_err(|error| CommandError::usage(error.to_string()))?;
        let check_address = check_address(&mut *wallet, user)?;
        let withdrawal = wallet.address(&path, Show::Silently, user)?;
        self.wallet = Some(KnownWallet { wallet, check_address, withdrawal });
        Ok(withdrawal)
    }

    /// Whether copies were named.
    pub fn has_copies(&self) -> bool {
        self.sets.is_some()
    }

    /// Who owns the key.
    pub fn key(&self, pubkey: &PublicKey) -> Answer {
        let Some(sets) = &self.sets else {
            return Answer::new(
                Reason::NotChecked,
                "key owner not checked (name a copy with --copy)",
            );
        };
        let holders: Vec<_> = holders(sets, pubkey).collect();
        let signed = |set: &ListedSet| {
            self.wallet.as_ref().is_some_and(|known| set.signer == Some(known.check_address))
        };
        let trusted = |set: &ListedSet| set.signer.is_some_and(|one| self.signers.contains(&one));
        let own = holders.iter().find(|(set, _)| signed(set));
        let own = own.or_else(|| holders.iter().find(|(set, _)| trusted(set)));
        let Some((set, entry)) = own.or(holders.first()) else {
            return Answer::new(Reason::Missing, "the copies do not hold this key");
        };
        // Whoever says so is believed: the money would be lost to another validator.
        if let Some(share) = holders.iter().find_map(|(_, entry)| entry.share) {
            let detail = format!(
                "in set {}, but it is {share}. A deposit to a share makes another validator",
                set.id
            );
            return Answer::new(Reason::Share, detail);
        }
        let place = format!("{}, {}", set.id, place(entry));
        match (&self.wallet, set.signer) {
            (Some(_), _) if signed(set) => {
                Answer::new(Reason::Ok, format!("this wallet's own, in set {place}"))
            }
            (_, Some(signer)) if trusted(set) => Answer::new(
                Reason::Ok,
                format!("in set {place}, which was signed by the --signer {signer}"),
            ),
            (Some(_), Some(signer)) => Answer::new(
                Reason::OriginUnknown,
                format!("in set {place}, which was signed by {signer}, not by this wallet"),
            ),
            (None, Some(signer)) => Answer::new(
                Reason::OriginUnknown,
                format!(
                    "in set {place}, which was signed by {signer}; to check who that is, name the \
                     wallet with --device, or the signer with --signer"
                ),
            ),
            (_, None) => {
                Answer::new(Reason::OriginUnknown, format!("in set {place}, which is not signed"))
            }
        }
    }
}

pub(super) fn holders<'a>(
    sets: &'a [ListedSet],
    pubkey: &PublicKey,
) -> impl Iterator<Item = (&'a ListedSet, &'a KeystoreEntry)> {
    let entries = sets.iter().flat_map(|set| set.keystores().iter().map(move |entry| (set, entry)));
    entries.filter(move |(_, entry)| entry.pubkey == *pubkey)
}

/// Where the key is derived from, according to its set.
fn place(entry: &KeystoreEntry) -> String {
    match &entry.source {
        Source::Device { batch, .. } => format!("batch {batch}, {}", entry.path),
        Source::Mnemonic { .. } => format!("from a mnemonic, {}", entry.path),
        Source::Imported => "imported from a keystore of another tool".to_owned(),
    }
}
