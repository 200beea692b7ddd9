//! Delivers keys from an opened set to validator clients, signers and stores of secrets: what is sent,
//! in which order, and what is known afterwards.

mod arrival;
mod carry_out;
mod client;
mod error;
mod handover;
mod not_ready;
mod prepare;
pub mod remote;
mod secrets;
pub mod settings;
mod to_folder;
mod to_remote;
mod to_secrets;
mod transfer;

pub use arrival::{Arrival, Arrivals};
pub use carry_out::{DeliveryReport, Options};
pub use client::{Client, KeySource, OpenedSet};
pub use error::{Absent, DeliveryError, since_removed};
pub use handover::{HandedOver, Handover, Running, require_network};
pub use not_ready::NotReady;
pub use prepare::{DeliveryRequest, DeliveryUser, Past, Prepared};
pub use secrets::{Parcel, Put, PutEnd, Puts, parcels, put_all};
pub use to_folder::FolderRequest;
pub use to_remote::{RemoteReport, RemoteRequest};
pub use to_secrets::{SecretsReport, SecretsRequest};
pub use transfer::{Transfer, Transferred};

pub use crate::secret_store::{PutError, SecretStore, secret_name};
