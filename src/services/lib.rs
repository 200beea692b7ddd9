//! Services on the network that hold validator keys or know about them: validator clients and
//! Web3signer (keymanager API), HashiCorp Vault, AWS Secrets Manager (feature `aws`), and Ethereum
//! nodes.
//!
//! Lists the keys of a validator client:
//!
//! ```no_run
//! use std::{fs, time::Duration};
//!
//! use stockade_services::{endpoint::Endpoint, keymanager::Keymanager, secret::SecretText};
//!
//! let token = SecretText::new(fs::read_to_string("api-token.txt")?.trim().to_owned());
//! let endpoint = Endpoint::new("http://127.0.0.1:5062", None, Duration::from_secs(30))?;
//! for key in Keymanager::new(endpoint.with_bearer(&token)).list()? {
//!     println!("{}", key.pubkey);
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Writes Web3signer's configuration for a key in Vault:
//!
//! ```
//! use stockade_services::{
//!     bls::SecretKey,
//!     secret::SecretText,
//!     web3signer::{KeyConfig, VaultServer},
//! };
//!
//! let config = KeyConfig::Hashicorp {
//!     server: VaultServer::parse("https://vault.example:8200")?,
//!     path: "/v1/secret/data/validators/{pubkey}".parse()?,
//!     field: "value".to_owned(),
//!     token: SecretText::new("hvs.example".to_owned()),
//!     known_servers: None,
//! };
//! let key = SecretKey::derive_master(&[7; 32])?.public_key();
//! let yaml = String::from_utf8(config.yaml(&key))?;
//! assert!(yaml.contains(&format!("keyPath: \"/v1/secret/data/validators/{key}\"")));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Key bytes leave only with a permit of the package `stockade`, which records where keys may sign:
//! see [`delivery`].

#![deny(missing_docs)]

#[cfg(feature = "aws")]
pub mod aws_secrets;
pub mod check;
pub mod delivery;
pub mod endpoint;
mod http;
pub mod import;
pub mod keymanager;
pub mod rpc;
pub mod secret_store;
pub mod vault;
pub mod web3signer;

// Types in the signatures here.
pub use stockade_base::secret;
pub use stockade_keystore::bls;
