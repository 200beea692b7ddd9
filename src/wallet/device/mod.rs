//! A hardware wallet, whoever made it. This module knows no vendor: what differs between them is
//! an accessor that answers `Option`, never a method that fails with "unimplemented".

#[cfg(feature = "bls")]
mod bls;
mod error;
mod identity;
mod preflight;

use std::time::Duration;

#[cfg(feature = "bls")]
pub use bls::{BlsPublicKeys, BlsSigner};
pub use error::DeviceError;
pub use identity::{Identity, PassphraseUse, State};
pub(crate) use preflight::{Fact, refusal};
pub use preflight::{Refusal, Request};

use crate::interact::Interact;
use stockade_base::{
    eth::{Address, Signature, Transaction},
    path::DerivationPath,
    secret::SecretBytes,
};

/// How long to wait for a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// For an answer that needs nobody.
    pub reply: Duration,
    /// For an answer that needs a person to read and press.
    pub user: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { reply: Duration::from_secs(2), user: Duration::from_secs(300) }
    }
}

/// Whether the device shows what it answers and asks its user to approve it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Show {
    /// Answer at once.
    Silently,
    /// Show it and wait for approval.
    OnDevice,
}

/// A device that was found and is not opened yet.
pub trait Found: Send {
    /// What to give to `--device` to mean this one.
    fn spec(&self) -> &str;

    /// What it says of itself in whatever state it is, without asking its user anything.
    fn identify(&mut self) -> Result<Identity, DeviceError>;

    /// Its state now.
    fn state(&mut self) -> Result<State, DeviceError>;

    /// Makes it ready for use, asking its user for PIN and passphrase as the device asks. Any
    /// state but [`State::Ready`] (or [`State::Locked`] and [`State::Unpaired`], where the device
    /// lets the host ask for PIN and pairing) is an error that says what to do.
    fn open(self: Box<Self>, user: &mut dyn Interact) -> Result<Box<dyn Wallet>, DeviceError>;

    /// Makes it ready to sign with BLS withdrawal keys instead, where the device can: on a Ledger
    /// that is another app, so that it is one or the other.
    #[cfg(feature = "bls")]
    fn open_bls_signer(
        self: Box<Self>,
        _user: &mut dyn Interact,
    ) -> Result<Box<dyn BlsSigner>, DeviceError> {
        let (device, what) = (self.spec().to_owned(), "sign with BLS keys".to_owned());
        Err(DeviceError::Unsupported { device: format!("device {device}"), what })
    }
}

/// An open hardware wallet.
pub trait Wallet: Send {
    /// What it says of itself.
    fn identity(&self) -> &Identity;

    /// The Ethereum address at `path`.
    fn address(
        &mut self,
        path: &DerivationPath,
        show: Show,
        user: &mut dyn Interact,
    ) -> Result<Address, DeviceError>;

    /// EIP-191 `personal_sign` of `message` with the key at `path`. Always asks its user.
    fn sign_personal(
        &mut self,
        path: &DerivationPath,
        message: &str,
        user: &mut dyn Interact,
    ) -> Result<Signature, DeviceError>;

    /// Why it will refuse `request`, where that is known beforehand. Nobody is asked anything, and
    /// `None` is no promise.
    fn preflight(&self, _request: &Request<'_>) -> Option<Refusal> {
        None
    }

    /// The same as an error: what comes before any prompt for `request`.
    fn foresee(&self, request: &Request<'_>) -> Result<(), DeviceError> {
        self.preflight(request).map_or(Ok(()), |refusal| Err(refusal.into()))
    }

    /// BLS public keys of the wallet's words by EIP-2333, where the device can give them.
    #[cfg(feature = "bls")]
    fn bls_public_keys(&mut self) -> Option<&mut dyn BlsPublicKeys> {
        None
    }

    /// SLIP-0011 CipherKeyValue, where the device has it.
    fn cipher_key_value(&mut self) -> Option<&mut dyn CipherKeyValue> {
        None
    }

    /// Transactions, where the device signs them.
    fn transactions(&mut self) -> Option<&mut dyn Transactions> {
        None
    }

    /// Sessions that the host can renew, where the device has them.
    fn sessions(&mut self) -> Option<&mut dyn Sessions> {
        None
    }
}

/// SLIP-0011.
pub trait CipherKeyValue {
    /// Encrypts `value` under `key` at `path`, with both ask flags set and no iv: the device asks
    /// its user, and a host that drops a flag gets other bytes.
    fn encrypt(
        &mut self,
        path: &DerivationPath,
        key: &str,
        value: &[u8; 32],
        user: &mut dyn Interact,
    ) -> Result<SecretBytes<32>, DeviceError>;
}

/// Transactions of EIP-155 and EIP-1559.
pub trait Transactions {
    /// Signs `transaction` with the key at `path`. Always asks its user. The signature is one by
    /// which the wallet's own address at `path` recovers; any other is an error of the device's.
    fn sign_transaction(
        &mut self,
        path: &DerivationPath,
        transaction: &Transaction,
        user: &mut dyn Interact,
    ) -> Result<Signature, DeviceError>;
}

/// Sessions of a device that asks for its passphrase once a session.
pub trait Sessions {
    /// Forgets the session and its passphrase; the next operation asks for the passphrase anew.
    fn renew(&mut self, user: &mut dyn Interact) -> Result<(), DeviceError>;
}
