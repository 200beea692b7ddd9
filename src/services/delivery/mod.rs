//! Delivers keys from an opened set to validator clients, signers and stores of secrets: what is sent,
//! in which order, and what is known afterwards.

mod arrival;
mod client;
mod error;
mod handover;
pub mod remote;
mod secrets;
pub mod settings;
mod transfer;

pub use arrival::{Arrival, Arrivals};
pub use client::{Client, KeySource, OpenedSet};
pub use error::{Absent, DeliveryError, since_removed};
pub use handover::{HandedOver, Handover, Running, require_network};
pub use secrets::{Parcel, Put, PutEnd, Puts, parcels, put_all};
pub use transfer::{Transfer, Transferred};

pub use crate::secret_store::{PutError, SecretStore, secret_name};
