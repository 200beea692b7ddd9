//! Keys from an opened set to a client that manages its own: what is sent, in which order, and what
//! may be said of it afterwards.

mod arrival;
mod error;
mod handover;
mod parties;
pub mod remote;
mod secrets;
pub mod settings;
mod transfer;

pub use arrival::{Arrival, Arrivals};
pub use error::{Absent, DeliveryError, since_removed};
pub use handover::{HandedOver, Handover, Running, require_network};
pub use parties::{Client, KeySource, OpenedSet};
pub use secrets::{
    Parcel, Put, PutEnd, PutError, Puts, SecretStore, parcels, put_all, secret_name,
};
pub use transfer::{Transfer, Transferred};
