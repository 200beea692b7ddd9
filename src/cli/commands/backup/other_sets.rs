//! Other sets that hold some of the keys of one: which of them somebody means, only they know.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use stockade::{
    backup::{self, Copy, SetId},
    bls::PublicKey,
};

use crate::error::CommandError;

/// Another set of the same network.
pub struct Other {
    id: SetId,
    /// When it was made, and how many of the keys it lists; `None` where nobody can read that.
    listed: Option<(String, usize)>,
    newer: bool,
}

/// The sets in `copies`, beside `set`, that hold some of its `keys`, or may, for all that can be read.
pub fn other_sets(
    copies: &[Copy],
    set: &SetId,
    keys: &[PublicKey],
) -> Result<Vec<Other>, CommandError> {
    let sets = backup::list(copies)?;
    let created = |id: &SetId| {
        let manifests =
            sets.iter().filter(|one| one.id == *id).filter_map(|one| one.manifest.as_ref());
        manifests.map(|manifest| manifest.created.clone()).max()
    };
    let own = created(set);
    let mut others: BTreeMap<&SetId, usize> = BTreeMap::new();
    for one in sets.iter().filter(|one| one.id != *set && one.id.network() == set.network()) {
        let held = one.keystores().iter().filter(|entry| keys.contains(&entry.pubkey)).count();
        let most = others.entry(&one.id).or_default();
        *most = held.max(*most);
    }
    let others = others.into_iter().map(|(id, held)| {
        let listed = created(id).map(|created| (created, held));
        let newer = listed.as_ref().is_some_and(|(created, _)| Some(created) > own.as_ref());
        Other { id: id.clone(), listed, newer }
    });
    Ok(others.filter(|other| other.listed.as_ref().is_none_or(|(_, held)| *held > 0)).collect())
}

impl Other {
    /// For people.
    pub fn warning(&self) -> String {
        let id = &self.id;
        match &self.listed {
            None => format!(
                "warning: whether set {id} holds some of these keys is not known: its manifest cannot \
                 be read"
            ),
            Some((created, held)) => {
                let newer = if self.newer { " It is NEWER: is it the one you mean?" } else { "" };
                format!("warning: set {id} of {created} holds {held} of these keys too.{newer}")
            }
        }
    }

    /// The same as JSON.
    pub fn json(&self) -> Value {
        json!({
            "set_id": self.id,
            "created": self.listed.as_ref().map(|(created, _)| created),
            "keys": self.listed.as_ref().map(|(_, held)| held),
            "newer": self.newer,
        })
    }
}
