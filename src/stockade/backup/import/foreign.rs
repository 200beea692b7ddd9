//! Importing keys that another tool made: every place is read, then every keystore is opened. Nothing
//! is written to any of the places.

use std::collections::BTreeSet;

use super::{
    intake::{Imported, Intake},
    password_files::Passwords,
};
use crate::backup::{set::error::BackupError, sidecars::whereabouts::Location};
use stockade_keystore::{bls::PublicKey, staking::Network};
use stockade_wallet::interact::Progress;

/// A place to import keys from: files, a secret store, the configuration of a signer.
pub trait ImportSource {
    /// Why the place could not be read.
    type Error: From<BackupError>;

    /// The place, for messages.
    fn name(&self) -> String;

    /// Adds every key and keystore of the place to `intake`.
    fn read(
        &self,
        intake: &mut Intake,
        progress: &mut dyn Progress,
    ) -> Result<SourceRead, Self::Error>;
}

/// What a place holds besides keys.
#[derive(Debug, Default)]
pub struct SourceRead {
    /// Slashing histories (EIP-3076) that were stored with the keys.
    pub histories: Vec<Vec<u8>>,
    /// The place as a location where the keys may sign; `None` where nothing can sign there.
    pub location: Option<Location>,
    /// The network that the place says its keys are for, if it says so.
    pub network: Option<Network>,
}

/// What to import.
pub struct ImportRequest<'a, S: ImportSource> {
    /// The places, read in this order.
    pub sources: &'a [S],
    /// Provides the passwords. Called only if a keystore has none stored with it.
    pub passwords: &'a mut dyn FnMut() -> Result<Passwords, S::Error>,
}

/// What was imported, and what is known of it.
#[derive(Debug)]
pub struct ImportReport {
    /// The keys, and what could not be imported.
    pub imported: Imported,
    /// The slashing histories that were stored with the keys, each with the name of its place.
    pub histories: Vec<(String, Vec<u8>)>,
    /// The places where keys may go on signing, each with its keys.
    pub places: Vec<(Location, Vec<PublicKey>)>,
    /// The places that say which network their keys are for.
    pub networks: Vec<(String, Network)>,
}

impl<S: ImportSource> ImportRequest<'_, S> {
    /// Reads all places, then opens all keystores.
    pub fn import(self, progress: &mut dyn Progress) -> Result<ImportReport, S::Error> {
        let mut intake = Intake::default();
        let (mut histories, mut found, mut networks) = (Vec::new(), Vec::new(), Vec::new());
        for source in self.sources {
            let (known, unnamed) = (intake.found().count(), intake.unnamed().count());
            let read = source.read(&mut intake, progress)?;
            networks.extend(read.network.map(|network| (source.name(), network)));
            histories.extend(read.histories.into_iter().map(|bytes| (source.name(), bytes)));
            if let Some(location) = read.location {
                let keys = intake.found().skip(known).map(|(_, key, _)| key).collect();
                let unnamed = intake.unnamed().count() > unnamed;
                found.push(FoundAt { location, keys, unnamed });
            }
        }
        networks.append(&mut intake.networks);
        let named = intake.found().map(|(_, key, _)| key).collect();
        let passwords = if intake.lacks_passwords() { Some((self.passwords)()?) } else { None };
        let imported = intake.open(passwords.as_ref(), progress)?;
        let keys: Vec<_> = imported.keys.iter().map(|key| key.secret.public_key()).collect();
        let places = found.into_iter().filter_map(|found| found.place(&keys, &named)).collect();
        Ok(ImportReport { imported, histories, places, networks })
    }
}

/// What was found at a location.
struct FoundAt {
    location: Location,
    keys: BTreeSet<PublicKey>,
    /// Keystores were found there that do not name their keys.
    unnamed: bool,
}

impl FoundAt {
    /// The location, with those of `keys` that it has or may have. `named`: every key that any place
    /// named.
    fn place(
        self,
        keys: &[PublicKey],
        named: &BTreeSet<PublicKey>,
    ) -> Option<(Location, Vec<PublicKey>)> {
        let has =
            |key: &&PublicKey| self.keys.contains(key) || (self.unnamed && !named.contains(key));
        let keys: Vec<_> = keys.iter().filter(has).copied().collect();
        (!keys.is_empty()).then_some((self.location, keys))
    }
}
