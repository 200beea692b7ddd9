//! A client's settings for a key: fee recipient, gas limit, graffiti. They are shown before a move, and
//! are transferred only if the user approves: a malicious client must not choose who gets the fees.

use std::collections::BTreeMap;

use crate::keymanager::{Keymanager, Settings};
use stockade_keystore::bls::PublicKey;
use stockade_wallet::interact::Progress;

/// The settings of some keys at one client.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct KeySettings {
    /// The settings of each key that has any.
    pub keys: BTreeMap<PublicKey, Settings>,
}

impl KeySettings {
    /// Reads the settings of `keys` from `client`. Those that it does not return are left out: many clients
    /// do not support them.
    pub fn read(client: &Keymanager, keys: &[PublicKey], progress: &mut dyn Progress) -> Self {
        let mut all = BTreeMap::new();
        for (done, key) in keys.iter().enumerate() {
            progress.step("reading settings", done, keys.len());
            let settings = client.settings(key);
            if settings != Settings::default() {
                all.insert(*key, settings);
            }
        }
        progress.step("reading settings", keys.len(), keys.len());
        Self { keys: all }
    }

    /// Groups keys by settings: the settings, the number of keys, and the first key of each group.
    pub fn grouped(&self) -> Vec<(&Settings, usize, &PublicKey)> {
        let mut groups: Vec<(&Settings, usize, &PublicKey)> = Vec::new();
        for (key, settings) in &self.keys {
            match groups.iter_mut().find(|(known, ..)| *known == settings) {
                Some((_, count, _)) => *count += 1,
                None => groups.push((settings, 1, key)),
            }
        }
        groups
    }

    /// Sets the settings of `keys` at `client`. Returns each one that the client refused, with its message.
    pub fn write(&self, client: &Keymanager, keys: &[PublicKey]) -> Vec<(PublicKey, String)> {
        let own = keys.iter().filter_map(|key| Some((key, self.keys.get(key)?)));
        let refused = own.flat_map(|(key, settings)| {
            let refused = client.set(key, settings).into_iter();
            refused.map(|(what, error)| (*key, format!("{what}: {error}")))
        });
        refused.collect()
    }
}
