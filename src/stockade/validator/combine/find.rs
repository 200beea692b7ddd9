//! Where shares are found: in folders of nodes, and in sets.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use super::{CombineError, KnownShare, OpenShare, Quorum};
use crate::backup::{
    Access, BackupError, Copy, ListedSet, SetId,
    import::{Passwords, find, password_file, read_password},
    intake::{Imported, Intake},
    restore::{LostKeys, Restorable},
    scrub,
};
use stockade_keystore::{bls::PublicKey, eth2_keystore::Password, staking::Network};
use stockade_wallet::interact::Progress;

/// What was found in the folders of nodes.
#[derive(Debug)]
pub struct FoundShares {
    intake: Intake,
    places: Vec<(String, PublicKey)>,
}

/// Finds the keystores of shares in the folders of nodes, with the passwords that are stored beside
/// them. Which share each is, is known from its cluster's lock or its description.
pub fn shares_in_folders(folders: &[PathBuf]) -> Result<FoundShares, BackupError> {
    let mut intake = Intake::default();
    let mut places: Vec<(String, PublicKey)> = Vec::new();
    for folder in folders {
        let found = find(std::slice::from_ref(folder))?;
        for (path, keystore) in found.keystores {
            let pubkey = *keystore.pubkey();
            // A share that is in two of the folders is one share.
            if places.iter().any(|(_, other)| *other == pubkey) {
                continue;
            }
            let place = stockade_base::shown(&path).to_string();
            places.push((place.clone(), pubkey));
            let password = beside(&path, &pubkey)?;
            intake.add_keystore(place, keystore, password)?;
        }
        for (pubkey, share) in found.shares {
            intake.add_share(pubkey, share);
        }
        for (folder, network) in found.networks {
            intake.add_network(stockade_base::shown(&folder).to_string(), network);
        }
        for (path, why) in found.bad {
            intake.add_bad(stockade_base::shown(&path).to_string(), why)?;
        }
    }
    Ok(FoundShares { intake, places })
}

/// The password that is stored with a keystore.
fn beside(path: &Path, pubkey: &PublicKey) -> Result<Option<Password>, BackupError> {
    let folder = path.parent().unwrap_or(Path::new("."));
    password_file(path, pubkey, folder).ok().map(|file| read_password(&file)).transpose()
}

impl FoundShares {
    /// Makes sure that no cluster is of another network than the new set.
    pub fn require_network(&self, network: Network) -> Result<(), CombineError> {
        match self.intake.networks.iter().find(|(_, other)| *other != network) {
            None => Ok(()),
            Some((place, other)) => {
                Err(CombineError::OtherNetwork { place: place.clone(), is_for: *other, network })
            }
        }
    }

    /// Whether a keystore has no password stored with it.
    pub fn lacks_passwords(&self) -> bool {
        self.intake.lacks_passwords()
    }

    /// Opens all of them. A keystore that does not open, or of which nothing says that it is a share, is
    /// an error.
    pub fn open(
        self,
        passwords: Option<&Passwords>,
        progress: &mut dyn Progress,
    ) -> Result<Vec<OpenShare>, CombineError> {
        let Self { intake, places } = self;
        let Imported { keys, bad, .. } = intake.open(passwords, progress)?;
        if !bad.is_empty() {
            let total = keys.len() + bad.len();
            return Err(BackupError::Unopened { bad, total }.into());
        }
        let place_of = |pubkey: &PublicKey| {
            let found = places.iter().find(|(_, other)| other == pubkey);
            found.map(|(place, _)| place.clone()).unwrap_or_default()
        };
        let (mut shares, mut others) = (Vec::new(), Vec::new());
        for key in keys {
            let pubkey = key.secret.public_key();
            let place = place_of(&pubkey);
            match key.share {
                Some(share) => {
                    let known = KnownShare::new(pubkey, share, place);
                    shares.push(OpenShare { known, secret: key.secret });
                }
                None => others.push(place),
            }
        }
        if others.is_empty() { Ok(shares) } else { Err(CombineError::NotShares(others)) }
    }
}

/// The shares that sets of `network` list. Nothing is opened.
pub fn shares_in_sets(sets: &[ListedSet], network: Network) -> Vec<KnownShare> {
    let mut found: Vec<KnownShare> = Vec::new();
    for set in sets.iter().filter(|set| set.id.network() == network) {
        let shares = set.keystores().iter();
        let shares = shares.filter_map(|entry| Some((entry.pubkey, entry.share?)));
        for (pubkey, share) in shares {
            let set = Some(set.id.clone());
            let place = set.as_ref().map(|id| format!("set {id}")).unwrap_or_default();
            let known = KnownShare { pubkey, share, place, set };
            if !found.contains(&known) {
                found.push(known);
            }
        }
    }
    found
}

/// Opens sets until each of `quorums` has enough shares.
pub fn open_shares(
    copies: &[Copy],
    quorums: &[Quorum],
    access: &mut Access<'_>,
) -> Result<Vec<OpenShare>, CombineError> {
    let sets = quorums.iter().flat_map(|quorum| &quorum.shares);
    let sets: BTreeSet<_> =
        sets.filter_map(|known| known.set.as_ref()).map(SetId::as_str).collect();
    let mut opened: Vec<OpenShare> = Vec::new();
    for set in sets {
        let wanted = wanted(quorums, &opened, set);
        let Some(id) = wanted.first().and_then(|known| known.set.as_ref()) else { continue };
        let keys: Vec<_> = wanted.iter().map(|known| known.pubkey).collect();
        let scrubbed = scrub::read_to_open(copies, Some(id), access.progress)?;
        for set in &scrubbed.sets {
            let restorable =
                Restorable::open_some(copies, set, (LostKeys::LeaveOut, &keys), access)?;
            for (pubkey, secret) in restorable.into_secrets() {
                let known = wanted.iter().find(|known| known.pubkey == pubkey);
                let known = known.map(|known| (*known).clone());
                opened.extend(known.map(|known| OpenShare { known, secret }));
            }
        }
    }
    Ok(opened)
}

/// The shares in a set of the validators that lack some.
fn wanted<'a>(quorums: &'a [Quorum], opened: &[OpenShare], set: &str) -> Vec<&'a KnownShare> {
    let lacks = |quorum: &&Quorum| {
        let of_it = opened.iter().filter(|open| open.known.share.validator == quorum.validator);
        of_it.count() < usize::from(quorum.threshold())
    };
    let shares = quorums.iter().filter(lacks).flat_map(|quorum| &quorum.shares);
    shares.filter(|known| known.set.as_ref().is_some_and(|id| id.as_str() == set)).collect()
}
