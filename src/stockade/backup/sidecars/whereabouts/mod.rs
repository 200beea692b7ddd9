//! The record of where each key may sign: small files in every copy, stored with the set and only
//! ever added. Code that lets a key sign somewhere reads the record first, and writes to it before
//! it acts. The format is in `docs/formats/whereabouts.md`, the reasons are in decision 0011.

mod clearance;
mod entry;
mod error;
mod files;
mod location;
mod older;
mod other_places;
mod permit;
mod place;
mod record;
mod tokens;

pub use clearance::{Clearance, Recorded, Release, Standing};
pub use entry::{Entry, State};
pub use error::WhereaboutsError;
pub(crate) use files::{adopt, carry_over, check, first, is_name, write};
pub use location::{Location, LocationKind, token_hash};
pub use other_places::OtherPlaces;
pub use permit::{Permit, RemovalPermit};
pub use place::{Place, RECENT_SECONDS};
pub use record::Record;
