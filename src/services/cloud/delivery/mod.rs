//! Keys from an opened set to a client that manages its own: what is sent, in which order, and what
//! may be said of it afterwards.

mod arrival;
mod carry_out;
mod error;
mod handover;
mod not_ready;
mod parties;
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
pub use error::{Absent, DeliveryError, since_removed};
pub use handover::{HandedOver, Handover, Running, require_network};
pub use not_ready::{NotReady, OtherPlaces};
pub use parties::{Client, KeySource, OpenedSet};
pub use prepare::{DeliveryRequest, DeliveryUser, Past, Prepared};
pub use secrets::{
    Parcel, Put, PutEnd, PutError, Puts, SecretStore, parcels, put_all, secret_name,
};
pub use to_folder::FolderRequest;
pub use to_remote::{RemoteReport, RemoteRequest};
pub use to_secrets::{SecretsReport, SecretsRequest};
pub use transfer::{Transfer, Transferred};
