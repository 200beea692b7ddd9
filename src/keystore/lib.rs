//! Ethereum validator keys: BLS12-381 (EIP-2333, EIP-2334), EIP-2335 keystores, BIP-39 mnemonics, and
//! what validators sign and are asked for: deposits, exits, slashing histories (EIP-3076).
//!
//! ```
//! use stockade_keystore::{
//!     bls::SecretKey,
//!     eth2_keystore::{DecryptionKey, Kdf, KdfFunction, Keystore, Password},
//!     path::DerivationPath,
//! };
//!
//! // EIP-2333 and EIP-2334: from a seed of at least 32 bytes to the signing key of validator 0.
//! let path: DerivationPath = "m/12381/3600/0/0/0".parse()?;
//! let key = SecretKey::derive_master(&[7; 32])?.derive_path(&path);
//!
//! // EIP-2335: encrypted under a password, and opened again.
//! let password = Password::new("correct horse battery staple")?;
//! # let cheap = KdfFunction::Pbkdf2 { c: 262_144 };
//! let kdf = Kdf::full_cost([3; 32]); // random bytes, in earnest
//! # let kdf = Kdf::new(cheap, vec![3; 32])?;
//! let keystore =
//!     Keystore::seal(&key, &path.to_string(), "", &DecryptionKey::derive(&password, &kdf)?)?;
//! let read = Keystore::parse(keystore.to_json()?.as_bytes())?;
//! assert_eq!(read.open(&password)?.public_key(), key.public_key());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![deny(missing_docs)]

pub mod bls;
pub mod eth2_keystore;
pub mod mnemonic;
pub mod staking;

// What the signatures here are made of.
pub use stockade_base::{eth, path, secret};
