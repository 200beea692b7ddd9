//! What a client does for a key besides signing: whom its fees go to, its gas limit, its graffiti.
//! They are shown before a move, and go along only where a person approved them: a malicious client
//! must not choose who gets paid.

use std::collections::BTreeMap;

use crate::keymanager::{Keymanager, Settings};
use stockade_keystore::bls::PublicKey;
use stockade_wallet::interact::Progress;

/// The settings of some keys at one client.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeySettings {
    /// Of each key that has any.
    pub keys: BTreeMap<PublicKey, Settings>,
}

impl KeySettings {
    /// Asks `client` for those of `keys`. What it does not say is left out: many clients have no such
    /// requests.
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

    /// Keys with the same settings, each with how many and the first of them.
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

    /// Sets those of `keys` at `client`. Gives each setting that it did not take, with its words.
    pub fn write(&self, client: &Keymanager, keys: &[PublicKey]) -> Vec<(PublicKey, String)> {
        let own = keys.iter().filter_map(|key| Some((key, self.keys.get(key)?)));
        let refused = own.flat_map(|(key, settings)| {
            let refused = client.set(key, settings).into_iter();
            refused.map(|(what, error)| (*key, format!("{what}: {error}")))
        });
        refused.collect()
    }
}
