//! Other sets that hold some of the same keys: the user may have meant one of them.

use std::collections::BTreeMap;

use serde::Serialize;
use stockade::{
    backup::{self, Copy, SetId},
    bls::PublicKey,
};

use crate::error::CommandError;

/// Another set of the same network that holds some of the keys, or may hold some.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Other {
    /// The id of the set.
    set_id: String,
    /// When it was made, in RFC 3339; null if its manifest cannot be read.
    created: Option<String>,
    /// How many of the keys it holds; null if its manifest cannot be read.
    keys: Option<usize>,
    /// Whether it is newer than the set that is restored.
    newer: bool,
}

/// The sets in `copies`, other than `set`, that hold some of its `keys` or cannot be read.
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
        let created = created(id);
        let newer = created.is_some() && created > own;
        Other { set_id: id.to_string(), keys: created.is_some().then_some(held), created, newer }
    });
    Ok(others.filter(|other| other.keys != Some(0)).collect())
}

impl Other {
    /// Whether this is the set `id`.
    pub fn is(&self, id: &SetId) -> bool {
        self.set_id == id.as_str()
    }

    /// A warning for people.
    pub fn warning(&self) -> String {
        let id = &self.set_id;
        let (Some(created), Some(held)) = (&self.created, self.keys) else {
            return format!(
                "warning: set {id} may hold some of these keys too: its manifest cannot be read"
            );
        };
        let newer = if self.newer { " It is NEWER: did you mean that one?" } else { "" };
        format!("warning: set {id}, made {created}, holds {held} of these keys too.{newer}")
    }
}
