//! Keeps Ethereum validator keys behind a hardware wallet, and proves that the backups open.
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use stockade::{
//!     backup::{Access, Copy, Trust, drill, scrub, unlockers::Unlockers},
//!     device::Timeouts,
//!     discovery::{self, MockSetup},
//!     staking::Network,
//!     validator::{self, Withdrawal},
//! };
//!
//! # let folder = tempfile::tempdir()?;
//! # let folders = [folder.path().join("a"), folder.path().join("b")];
//! // A simulated wallet (feature `mock`). `()` answers no prompts and shows no progress.
//! let (mut user, mut progress) = ((), ());
//! let found = discovery::find(&"mock-ledger".parse()?, Timeouts::default(), &MockSetup::default())?;
//! let mut wallet = found.open(&mut user)?;
//!
//! // Creates one validator key, sealed to the wallet, in two folders.
//! let request = validator::Request::new(Network::Hoodi, 1, Withdrawal::Device);
//! let mut copies = Copy::prepare_all(&folders)?;
//! validator::create(&request, &mut copies, wallet.as_mut(), &mut user, &mut progress)?;
//! # drop(copies);
//!
//! // Opens the backup with nothing but the copies and the wallet.
//! let copies = Copy::open_all(&folders)?;
//! let scrubbed = scrub::read(&copies, None, &mut progress)?;
//! let mut unlockers = Unlockers::new();
//! unlockers.add_wallet(wallet, &mut user)?;
//! let trust = Trust::default();
//! let mut access = Access::new(&mut unlockers, &trust, &mut user, &mut progress);
//! let report = drill::drill(&copies, &scrubbed, &mut access)?;
//! assert!(report.all_proven());
//! # Ok(())
//! # }
//! ```
//!
//! # Features
//! | feature | what it adds |
//! |---|---|
//! | `buckets` | copies in S3, Google Cloud Storage and Azure Blob Storage |
//! | `hid` | real wallets on USB |
//! | `mock` | simulated wallets, `mock-ledger` and `mock-trezor` |
//!
//! The packages below this one are re-exported: `stockade::eth` is `stockade_base::eth`, and so on.
//!
//! `docs/architecture.md` defines the order of the modules: each may use only those above it.

#![deny(missing_docs)]

pub mod attest;
pub mod backup;
pub mod custodian;
pub mod device_secret;
pub mod profile;
pub mod status;
pub mod store;
pub mod validator;

// Re-exported, so that a program depends on one package only.
pub use stockade_base::{
    Shown, eth, html, is_harmful, json, path, reader, secret, shown, timestamp,
};
pub use stockade_keystore::{bls, distributed, eth2_keystore, mnemonic, staking};
pub use stockade_wallet::{device, discovery, interact, ledger, transport, trezor};
