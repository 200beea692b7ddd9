//! Hardware wallets of any vendor, as traits. A feature that only some wallets have is an accessor that
//! returns an `Option`, never a method that fails with "unimplemented".

#[cfg(feature = "bls")]
mod bls;
mod error;
mod identity;
mod preflight;

use std::time::Duration;

#[cfg(feature = "bls")]
pub use bls::{BlsPublicKeys, BlsSigner};
pub use error::DeviceError;
pub(crate) use identity::IN_BOOTLOADER;
pub use identity::{Identity, PassphraseUse, State};
pub(crate) use preflight::{Fact, refusal};
pub use preflight::{Refusal, Request};

use crate::interact::Interact;
use stockade_base::{
    eth::{Address, Signature, Transaction},
    path::DerivationPath,
    secret::SecretBytes,
};

/// How long to wait for a device. The default is 2 seconds for the device, 5 minutes for its user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Timeouts {
    /// For an answer that needs no user.
    pub reply: Duration,
    /// For an answer that waits for the user to read and press buttons.
    pub user: Duration,
}

impl Timeouts {
    /// Waits for `reply` if no user is needed, otherwise for `user`.
    pub const fn new(reply: Duration, user: Duration) -> Self {
        Self { reply, user }
    }

    /// The same, but waits for `user` if a user is needed.
    #[must_use]
    pub const fn with_user(self, user: Duration) -> Self {
        Self { user, ..self }
    }
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { reply: Duration::from_secs(2), user: Duration::from_secs(300) }
    }
}

/// Whether the device shows the answer to its user for approval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Show {
    /// The device answers at once.
    Silently,
    /// The device shows the answer and waits for approval.
    OnDevice,
}

/// A connected device that is not open yet.
pub trait Found: Send {
    /// The text that selects this device, as [`Spec`](crate::discovery::Spec) parses it.
    fn spec(&self) -> &str;

    /// The device's identity. Works in every state, and does not involve its user.
    fn identify(&mut self) -> Result<Identity, DeviceError>;

    /// The device's current state.
    fn state(&mut self) -> Result<State, DeviceError>;

    /// Makes the device ready for use, and asks the user for PIN and passphrase as needed. Every
    /// state other than [`State::Ready`] is an error that says what to do; devices that let the host
    /// ask for PIN and pairing can also be opened when [`State::Locked`] or [`State::Unpaired`].
    fn open(self: Box<Self>, user: &mut dyn Interact) -> Result<Box<dyn Wallet>, DeviceError>;

    /// Makes the device ready to sign with BLS withdrawal keys instead, if it can. On a Ledger that is
    /// another app, so only one of the two can be open.
    #[cfg(feature = "bls")]
    fn open_bls_signer(
        self: Box<Self>,
        _user: &mut dyn Interact,
    ) -> Result<Box<dyn BlsSigner>, DeviceError> {
        let device = format!("device {}", self.spec());
        Err(DeviceError::unsupported(&device, "sign with BLS keys"))
    }
}

/// An open hardware wallet.
pub trait Wallet: Send {
    /// The identity that the device reported when it was opened.
    fn identity(&self) -> &Identity;

    /// The Ethereum address at `path`.
    fn address(
        &mut self,
        path: &DerivationPath,
        show: Show,
        user: &mut dyn Interact,
    ) -> Result<Address, DeviceError>;

    /// Signs `message` with EIP-191 `personal_sign` and the key at `path`. Always asks the user.
    fn sign_personal(
        &mut self,
        path: &DerivationPath,
        message: &str,
        user: &mut dyn Interact,
    ) -> Result<Signature, DeviceError>;

    /// Why the wallet will refuse `request`, if that is known in advance. Does not contact the
    /// device; `None` does not promise that it will accept.
    fn preflight(&self, _request: &Request<'_>) -> Option<Refusal> {
        None
    }

    /// Like [`preflight`](Self::preflight), as an error, for callers to check before any prompt.
    fn foresee(&self, request: &Request<'_>) -> Result<(), DeviceError> {
        self.preflight(request).map_or(Ok(()), |refusal| Err(refusal.into()))
    }

    /// Exports BLS public keys (EIP-2333), if the device can.
    #[cfg(feature = "bls")]
    fn bls_public_keys(&mut self) -> Option<&mut dyn BlsPublicKeys> {
        None
    }

    /// SLIP-0011 CipherKeyValue, if the device has it.
    fn cipher_key_value(&mut self) -> Option<&mut dyn CipherKeyValue> {
        None
    }

    /// Signs transactions, if the device can.
    fn transactions(&mut self) -> Option<&mut dyn Transactions> {
        None
    }

    /// Sessions that the host can renew, if the device has them.
    fn sessions(&mut self) -> Option<&mut dyn Sessions> {
        None
    }
}

/// A wallet with SLIP-0011 CipherKeyValue.
pub trait CipherKeyValue {
    /// Encrypts `value` under `key` at `path`, with both ask flags set and no IV. The device asks its
    /// user; the flags are part of the key, so a host that omits one gets different bytes.
    fn encrypt(
        &mut self,
        path: &DerivationPath,
        key: &str,
        value: &[u8; 32],
        user: &mut dyn Interact,
    ) -> Result<SecretBytes<32>, DeviceError>;
}

/// A wallet that signs EIP-155 and EIP-1559 transactions.
pub trait Transactions {
    /// Signs `transaction` with the key at `path`. Always asks the user. Implementations recover the
    /// signer, and return a protocol error if it is not the wallet's address at `path`.
    fn sign_transaction(
        &mut self,
        path: &DerivationPath,
        transaction: &Transaction,
        user: &mut dyn Interact,
    ) -> Result<Signature, DeviceError>;
}

/// A wallet that asks for its passphrase once per session.
pub trait Sessions {
    /// Ends the session, and with it the use of its passphrase. The next operation asks for the
    /// passphrase again.
    fn renew(&mut self, user: &mut dyn Interact) -> Result<(), DeviceError>;
}
