//! Ledger and Trezor for Ethereum: find a device, show an address on it, sign with it.
//!
//! This crate implements the protocols itself: APDUs to a Ledger's Ethereum app (over USB HID, or TCP
//! to Speculos) and protobuf messages to a Trezor (over USB, or UDP to its emulator; codec v1 and THP).
//! All calls block, and every wait has a limit: see [`device::Timeouts`].
//!
#![cfg_attr(feature = "mock", doc = "```")]
#![cfg_attr(not(feature = "mock"), doc = "```no_run")]
//! use stockade_wallet::{
//!     device::{Show, Timeouts},
//!     discovery::{self, MockSetup},
//!     eth::personal_message,
//!     path::DerivationPath,
//! };
//!
//! // `ledger` and `trezor` are devices on USB; `mock-ledger` is simulated (feature `mock`).
//! let spec = "mock-ledger".parse()?;
//! let found = discovery::find(&spec, Timeouts::default(), &MockSetup::default())?;
//!
//! // No terminal: the device asks its user by itself. Implement `Interact` to prompt on a terminal.
//! let mut user = ();
//! let mut wallet = found.open(&mut user)?;
//! let path = DerivationPath::ethereum(0, 0)?;
//! let address = wallet.address(&path, Show::OnDevice, &mut user)?;
//! let signature = wallet.sign_personal(&path, "Hello", &mut user)?;
//! assert_eq!(personal_message::recover(b"Hello", &signature)?, address);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Features
//! | feature | what it adds | what it costs |
//! |---|---|---|
//! | `hid` | real wallets on USB: hidapi's Linux backend, nusb | 9 crates |
//! | `mock` | simulated wallets in this process, `mock-ledger` and `mock-trezor` | the package `stockade-mocks` |
//! | `bls` | BLS public keys and signatures from a Ledger (EIP-2333) | the package `stockade-keystore` |
//!
//! # Errors
//! [`device::DeviceError`] tells whether the user, the state of the device, the connection or this
//! computer is the cause. It keeps the raw status word or failure code.
//!
//! # Your own wallet or transport
//! Implement [`device::Wallet`] for another wallet, [`transport::Link`] or [`transport::ByteStream`]
//! for another transport, and [`interact::Interact`] for another way to reach the user.
//! `examples/own_wallet.rs` and `examples/device_layer.rs` in the repository do this.

pub mod device;
pub mod discovery;
pub mod interact;
pub mod ledger;
pub mod transport;
pub mod trezor;

// Types in the signatures of this crate.
pub use stockade_base::{eth, path, reader, secret};
#[cfg(feature = "bls")]
pub use stockade_keystore::bls;
