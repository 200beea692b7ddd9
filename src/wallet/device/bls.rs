//! What some wallets do with BLS keys of their words (feature `bls`).

use stockade_base::path::DerivationPath;
use stockade_keystore::bls;

use super::{DeviceError, Show};
use crate::interact::Interact;

/// BLS public keys by EIP-2333 and EIP-2334.
pub trait BlsPublicKeys {
    /// The public key at `path`, `m/12381/3600/..`.
    fn bls_public_key(
        &mut self,
        path: &DerivationPath,
        show: Show,
        user: &mut dyn Interact,
    ) -> Result<bls::PublicKey, DeviceError>;
}

/// BLS signatures by the withdrawal keys of the wallet's words (EIP-2334).
pub trait BlsSigner: Send {
    /// The public key at m/12381/3600/`index`/0.
    fn withdrawal_public_key(
        &mut self,
        index: u32,
        user: &mut dyn Interact,
    ) -> Result<bls::PublicKey, DeviceError>;

    /// Signs `root` with the key at m/12381/3600/`index`/0. Always asks its user. The signature is
    /// one of that key; any other is an error of the device's.
    fn sign_root(
        &mut self,
        index: u32,
        root: &[u8; 32],
        user: &mut dyn Interact,
    ) -> Result<bls::Signature, DeviceError>;
}
