//! The types that Stockade's packages share: secrets that are wiped when dropped, untrusted text made
//! safe to display, derivation paths, and Ethereum addresses, account keys, signatures and
//! transactions.
//!
//! ```
//! use stockade_base::{
//!     eth::{AccountKey, personal_message},
//!     path::DerivationPath,
//!     secret::SecretBytes,
//! };
//!
//! let seed = SecretBytes::random()?;
//! let key = AccountKey::derive(&seed, &DerivationPath::ethereum(0, 0)?)?;
//! let signature = key.sign_personal("Hello")?;
//! assert_eq!(personal_message::recover(b"Hello", &signature)?, key.address());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod eth;
pub mod json;
pub mod parallel;
pub mod path;
pub mod reader;
pub mod secret;
pub mod shown;
pub mod timestamp;

pub use shown::{Shown, html, is_harmful, shown};
