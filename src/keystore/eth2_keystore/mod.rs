//! EIP-2335 keystores: a validator's secret key, encrypted under a password.
//!
//! Reading accepts every keystore that at least two clients can open. Writing produces the one form
//! that all clients accept.

mod account;
mod account_store;
mod cipher;
mod clients;
mod crypto_json;
mod damage;
mod derive_all;
mod deviations;
mod diagnosis;
mod error;
mod json;
mod kdf;
mod key_cache;
mod keystore;
mod keystorev4;
mod new_password;
mod open_all;
mod password;
mod password_forms;
mod profile;
mod random;
mod repair;
mod rules;
mod unnamed;

pub use account::random_uuid;
pub use account_store::account_store;
pub use clients::{Client, Evidence};
pub use damage::Part;
pub use derive_all::{MEMORY_BUDGET, derive_all};
pub use deviations::Deviation;
pub use diagnosis::{Diagnosis, Examiner, Found};
pub use error::KeystoreError;
pub use json::MAX_KEYSTORE_BYTES;
pub use kdf::{DecryptionKey, Kdf, KdfError, KdfFunction};
pub use key_cache::KeyCache;
pub use keystore::Keystore;
pub use new_password::{NewPassword, Reader};
pub use open_all::open_all;
pub use password::{Password, PasswordError};
pub use password_forms::PasswordForm;
pub use profile::{ClientVerdict, Kind, Profile, all_measured_accept};
pub use repair::{Repair, Repairer};
pub use rules::{Rule, Trial};
pub use unnamed::UnnamedKeystore;
