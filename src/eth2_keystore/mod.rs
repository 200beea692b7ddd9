//! EIP-2335 keystores: a validator's secret key, encrypted under a password.
//!
//! Reading takes every keystore whose key at least two clients of the field can open; writing
//! makes the one form that all of them take.

mod cipher;
mod error;
mod json;
mod kdf;
mod key_cache;
mod keystore;
mod password;

pub use error::KeystoreError;
pub use kdf::{DecryptionKey, Kdf, KdfError, KdfFunction};
pub use key_cache::KeyCache;
pub use keystore::{Keystore, MAX_KEYSTORE_BYTES};
pub use password::{Password, PasswordError};
