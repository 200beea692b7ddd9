//! The state of a person's backups: which copies are here, when each set in each copy was last
//! scrubbed, drilled and attested, and what is to be done. Asks no device and opens nothing.

mod due;
mod metrics;
pub mod page;
mod read;
mod report;
mod request;
mod tasks;

pub use metrics::metrics;
pub use read::status;
pub use report::{
    CheckState, CheckStatus, CopyStatus, Last, PairStatus, SetStatus, StatusReport, Task, TaskKind,
};
pub use request::StatusRequest;
