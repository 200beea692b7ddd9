//! Opens everything that is to be imported, before anything is written.

use std::{
    collections::{BTreeMap, btree_map},
    path::Path,
};

use super::{
    intake::{Content, Entry, Imported, Intake},
    password_files::{Passwords, password_file_of, read_password},
};
use crate::backup::set::{error::BackupError, manifest::Source, new_key::NewKey};
use stockade_base::path::DerivationPath;
use stockade_keystore::{
    bls::{PublicKey, SecretKey},
    distributed::ShareOf,
    eth2_keystore::{KeyCache, Keystore, MEMORY_BUDGET, Password, UnnamedKeystore},
};
use stockade_wallet::interact::Progress;

impl Intake {
    /// Opens the keystores that came with their password, so that [`Intake::found`] lists the keys
    /// in them. A keystore that does not open is bad.
    pub fn open_given(&mut self, progress: &mut dyn Progress) {
        let mut cache = KeyCache::new();
        let wanted = self.entries.iter().filter_map(|entry| {
            let (kdf, own) = entry.content.closed()?;
            Some((own?, kdf))
        });
        // A key derivation that fails here fails again below, where the keystore is named.
        let _ = cache.fill(wanted, MEMORY_BUDGET, &mut |done, total| {
            progress.step("opening keystores", done, total);
        });
        for Entry { place, content } in std::mem::take(&mut self.entries) {
            self.note_description(&content);
            let opened = match &content {
                Content::Keystore(keystore, Some(password)) => {
                    open_one(keystore, password, &mut cache).map(|key| vec![key])
                }
                Content::Unnamed(keystore, Some(password)) => {
                    open_unnamed(&place, keystore, password, &mut cache)
                }
                _ => {
                    self.entries.push(Entry { place, content });
                    continue;
                }
            };
            match opened {
                Ok(keys) => {
                    self.entries.extend(keys.into_iter().map(|key| Entry {
                        place: place.clone(),
                        content: Content::Key(key.secret),
                    }))
                }
                Err(why) => self.bad.push((place, why)),
            }
        }
    }

    /// Opens every keystore: those with the same password and salt by one key derivation, the
    /// others on all cores, within [`MEMORY_BUDGET`]. `passwords` are for those that came without
    /// one.
    pub fn open(
        self,
        passwords: Option<&Passwords>,
        progress: &mut dyn Progress,
    ) -> Result<Imported, BackupError> {
        let Self { mut entries, mut bad, skipped, skipped_as, shares, sealed, .. } = self;
        for entry in &mut entries {
            entry.take_from_folder(passwords, &mut bad);
        }
        let one = match passwords {
            Some(Passwords::One(password)) => Some(password),
            _ => None,
        };
        let mut cache = KeyCache::new();
        let wanted = entries.iter().filter_map(|entry| {
            let (kdf, own) = entry.content.closed()?;
            Some((own.or(one)?, kdf))
        });
        cache.fill(wanted, MEMORY_BUDGET, &mut |done, total| {
            progress.step("opening keystores", done, total);
        })?;
        let mut keys = Vec::with_capacity(entries.len());
        let mut places = BTreeMap::new();
        for Entry { place, content } in entries {
            // One without a password was noted as bad above.
            let opened = match content {
                Content::Key(secret) => Ok(vec![new_key(secret, None, None)]),
                Content::Keystore(keystore, own) => {
                    let Some(password) = own.as_ref().or(one) else { continue };
                    open_one(&keystore, password, &mut cache).map(|key| vec![key])
                }
                Content::Unnamed(keystore, own) => {
                    let Some(password) = own.as_ref().or(one) else { continue };
                    open_unnamed(&place, &keystore, password, &mut cache)
                }
            };
            let opened = match opened {
                Ok(opened) => opened,
                Err(why) => {
                    bad.push((place, why));
                    continue;
                }
            };
            let several = opened.len() > 1;
            for (i, key) in opened.into_iter().enumerate() {
                let place = if several { format!("{place}, key {}", i + 1) } else { place.clone() };
                let pubkey = key.secret.public_key();
                let said = shares.get(&pubkey).map_or(&[][..], Vec::as_slice);
                let share = which_share(key.share, said);
                match share.and_then(|share| only_here(&mut places, pubkey, &place).map(|()| share))
                {
                    Ok(share) => keys.push(NewKey { share, ..key }),
                    Err(why) => bad.push((place, why)),
                }
            }
        }
        let skipped = skipped.into_iter().zip(skipped_as).collect();
        Ok(Imported { keys, bad, skipped, sealed })
    }

    /// Keeps what a keystore's description says of its key, which is all that stays of it.
    fn note_description(&mut self, content: &Content) {
        let Content::Keystore(keystore, _) = content else { return };
        if let Some(share) = keystore.description().and_then(ShareOf::from_description) {
            self.add_share(*keystore.pubkey(), share);
        }
    }
}

/// Which share a key is, by its description and what else is `said`. Who contradicts each other
/// is believed in nothing: a share for the wrong place makes a wrong key.
fn which_share(described: Option<ShareOf>, said: &[ShareOf]) -> Result<Option<ShareOf>, String> {
    let mut all = said.iter().copied().chain(described);
    let Some(first) = all.next() else { return Ok(None) };
    for other in all {
        if !first.agrees_with(&other) {
            return Err(format!(
                "what is stored with it contradicts itself: it is {first} ({}), and it is {other} ({})",
                first.tool.as_str(),
                other.tool.as_str()
            ));
        }
    }
    Ok(Some(first))
}

/// A set holds a key once. `places` tells where it was found first.
fn only_here(
    places: &mut BTreeMap<PublicKey, String>,
    pubkey: PublicKey,
    place: &str,
) -> Result<(), String> {
    match places.entry(pubkey) {
        btree_map::Entry::Occupied(first) => Err(format!("the same key as {}", first.get())),
        btree_map::Entry::Vacant(new) => {
            new.insert(place.to_owned());
            Ok(())
        }
    }
}

impl Entry {
    /// Reads the password of a keystore that came without one, if there is a folder of passwords.
    fn take_from_folder(&mut self, given: Option<&Passwords>, bad: &mut Vec<(String, String)>) {
        let (pubkey, own) = match &mut self.content {
            Content::Keystore(keystore, own @ None) => (Some(*keystore.pubkey()), own),
            Content::Unnamed(_, own @ None) => (None, own),
            _ => return,
        };
        let read = match given {
            Some(Passwords::One(_)) => return,
            Some(Passwords::Folder(folder)) => {
                let file = Path::new(&self.place);
                let file = password_file_of(file, pubkey.as_ref(), folder);
                file.and_then(|file| read_password(&file).map_err(|e| e.to_string()))
            }
            None => Err("no password given for it".to_owned()),
        };
        match read {
            Ok(password) => *own = Some(password),
            Err(why) => bad.push((self.place.clone(), why)),
        }
    }
}

fn open_one(
    keystore: &Keystore,
    password: &Password,
    cache: &mut KeyCache,
) -> Result<NewKey, String> {
    let key = cache.key(password, keystore.kdf()).map_err(|e| e.to_string())?;
    let secret = keystore.open_with(&key).map_err(|e| e.to_string())?;
    Ok(new_key(secret, keystore.path(), keystore.description()))
}

fn open_unnamed(
    place: &str,
    keystore: &UnnamedKeystore,
    password: &Password,
    cache: &mut KeyCache,
) -> Result<Vec<NewKey>, String> {
    let key = cache.key(password, keystore.kdf()).map_err(|e| e.to_string())?;
    let secrets = keystore.open_with(&key).map_err(|e| e.to_string())?;
    if let ([secret], Some(stated)) = (secrets.as_slice(), stated(place))
        && secret.public_key() != stated
    {
        // The checksum of a keystore does not cover its IV, and another IV gives another key.
        return Err(format!(
            "it holds the key {}, but its name states another one",
            secret.public_key()
        ));
    }
    let new = |secret| new_key(secret, keystore.path(), keystore.description());
    if secrets.is_empty() {
        Err("it opens, but does not hold a key".to_owned())
    } else {
        Ok(secrets.into_iter().map(new).collect())
    }
}

/// The key that a place's name states: as many hexadecimal digits in a row as a public key has.
pub(crate) fn stated(place: &str) -> Option<PublicKey> {
    let mut runs = place.split(|c: char| !c.is_ascii_hexdigit()).filter(|run| run.len() == 96);
    runs.find_map(|run| run.to_ascii_lowercase().parse().ok())
}

fn new_key(secret: SecretKey, path: Option<&str>, description: Option<&str>) -> NewKey {
    let path = path.and_then(|path| path.parse::<DerivationPath>().ok());
    let path = path.map(|path| path.to_string()).unwrap_or_default();
    let description = description.unwrap_or_default().to_owned();
    let share = ShareOf::from_description(&description);
    NewKey { secret, path, description, source: Source::Imported, share }
}
