//! Ledger and Trezor for Ethereum: find a device, show an address on it, sign with it.
//!
//! The protocols are written out here: APDUs to a Ledger's Ethereum app (over USB HID, or TCP to
//! Speculos), protobuf messages to a Trezor (over USB, or UDP to its emulator; codec v1 and THP). All
//! calls block, and every wait ends: [`device::Timeouts`] says when.
//!
//! ```
//! use stockade_wallet::{
//!     device::{Show, Timeouts},
//!     discovery::{self, MockSetup},
//!     eth::personal_message,
//!     path::DerivationPath,
//! };
//!
//! // "ledger" and "trezor" are devices on USB, `mock-ledger` is simulated (feature `mock`).
//! let spec = "mock-ledger".parse()?;
//! let found = discovery::find(&spec, Timeouts::default(), &MockSetup::default())?;
//!
//! // Nobody at a keyboard: the device asks its own user. Implement `Interact` for a terminal.
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
//! | `hid` | real wallets on USB: hidapi's Linux backend, libusb built from source | 4 crates |
//! | `mock` | simulated wallets in process, `mock-ledger` and `mock-trezor` | the package `stockade-mocks` |
//! | `bls` | BLS public keys and signatures from a Ledger (EIP-2333) | the package `stockade-keystore` |
//!
//! # Errors
//! [`device::DeviceError`] says whose fault it was: the user's, the state of the device, the wire, or
//! the computer. It keeps the raw status word or failure code.
//!
//! # A wallet or a transport of your own
//! Implement [`device::Wallet`], or carry packets your own way with [`transport::Link`] and
//! [`transport::ByteStream`]. The user is an argument as well: [`interact::Interact`].

pub mod device;
pub mod discovery;
pub mod interact;
pub mod ledger;
pub mod transport;
pub mod trezor;

// What the signatures here are made of.
pub use stockade_base::{eth, path, secret};
