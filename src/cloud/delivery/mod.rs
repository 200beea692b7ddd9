//! Keys from an opened set to a client that manages its own: what is sent, in which order, and what
//! may be said of it afterwards.

mod arrival;
mod error;
mod handover;
mod import;
pub mod mark;
pub mod remote;
mod secrets;

pub use arrival::{Arrival, Arrivals};
pub use error::{DeliveryError, since_removed};
pub use handover::{HandedOver, Handover, Running};
pub use import::Import;
pub use secrets::{
    Parcel, Put, PutEnd, PutError, Puts, SecretStore, parcels, put_all, secret_name,
};
