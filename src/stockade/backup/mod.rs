//! Backup sets: sealed keystores in copies, and the proof that they can be recovered.
//! The formats are in `docs/formats/`.
//!
//! The rooms, from the bottom up; each uses only those before it:
//!
//! | room | what it does |
//! |---|---|
//! | `set` | the parts of a set: id, manifest, sums, origin, shares of its secret, verdicts |
//! | `copy` | a folder or a bucket prefix that holds sets |
//! | `sidecars` | what is stored with a set: slashing histories, marks, the record of where keys
//! may sign |
//! | `check` | reads sets and compares every byte: inspect, list, scrub |
//! | `unlock` | who can open a set, and opening it |
//! | `import` | recognises the keystores of other tools |
//! | `ops` | create, drill, repair, reseal, restore, retire |

mod check;
pub mod copy;
pub mod import;
mod ops;
mod set;
mod sidecars;
mod unlock;

pub use check::{
    inspect,
    key_shares::{share_of, share_warnings, shares_of_keys},
    list::{ListedSet, holder, list, unknown, unknown_to},
    manifest_cache::ManifestCache,
    scrub,
};
pub use copy::{Copy, Unreachable, medium};
pub use import::{client_folder, foreign, intake, keystore_list, recognise, walk};
pub use ops::{
    charon_node, create, custodians,
    delivered::{DeliveredKey, Sealing},
    drill,
    layout::{HISTORY, Layout, UnknownLayout},
    repair, reseal, restore, restore_request, restore_sets, retire, seal_request, splittable,
};
pub use set::{
    digest::{Digest, keys_digest},
    error::BackupError,
    manifest, origin, secret as set_secret,
    set_id::SetId,
    verdict,
};
pub use sidecars::{delivery_mark, history, marks, retired, room, split_mark, whereabouts};
pub use unlock::{
    access::{Access, Trust},
    exits,
    open_key::{OpenKey, OpenKeys, open_keys},
    unlockers,
};
