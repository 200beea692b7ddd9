//! Ethereum validator keys: BLS12-381 keys (EIP-2333, EIP-2334), EIP-2335 keystores, BIP-39 mnemonics,
//! shares of keys in clusters, and what validators sign: deposits, exits, credential changes and slashing histories (EIP-3076).
//!
//! Opens a keystore:
//!
//! ```
//! use stockade_keystore::eth2_keystore::{Keystore, KeystoreError, Password};
//!
//! # fn example(file: &[u8], typed: &str) -> Result<(), KeystoreError> {
//! let keystore = Keystore::parse(file)?;
//! match keystore.open(&Password::new(typed)?) {
//!     // The secret key always belongs to the public key that the file names.
//!     Ok(secret) => assert_eq!(secret.public_key(), *keystore.pubkey()),
//!     Err(KeystoreError::WrongPassword) => eprintln!("wrong password, or the file is damaged"),
//!     Err(error) => return Err(error),
//! }
//! # Ok(())
//! # }
//! ```
//!
//! Writes the signing key of validator 0 as a keystore:
//!
//! ```
//! use stockade_keystore::{
//!     bls::SecretKey,
//!     eth2_keystore::{DecryptionKey, Kdf, KdfFunction, Keystore, Password},
//!     path::DerivationPath,
//!     secret::SecretBytes,
//! };
//!
//! let path = DerivationPath::signing_key(0); // m/12381/3600/0/0/0
//! # let seed = SecretBytes::<32>::new(|seed| seed.fill(7));
//! let secret = SecretKey::derive_master(seed.expose())?.derive_path(&path);
//!
//! let password = Password::new("correct horse battery staple")?;
//! let kdf = Kdf::full_cost(*SecretBytes::random()?.expose());
//! # let kdf = Kdf::new(KdfFunction::Pbkdf2 { c: 2 }, vec![3; 32])?;
//! // The slow part. Keystores with the same password and salt can share this key.
//! let key = DecryptionKey::derive(&password, &kdf)?;
//! let keystore = Keystore::seal(&secret, &path.to_string(), "my validator", &key)?;
//! let json = keystore.to_json()?;
//!
//! assert_eq!(Keystore::parse(json.as_bytes())?.open(&password)?.public_key(), secret.public_key());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![deny(missing_docs)]

pub mod bls;
pub mod distributed;
pub mod eth2_keystore;
pub mod mnemonic;
pub mod staking;

// Types in the signatures here.
pub use stockade_base::{eth, path, secret};
