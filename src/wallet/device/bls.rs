//! BLS keys of a wallet's seed (feature `bls`).

use stockade_base::path::DerivationPath;
use stockade_keystore::bls;

use super::{DeviceError, Show};
use crate::interact::Interact;

/// A wallet that exports BLS public keys (EIP-2333, EIP-2334).
pub trait BlsPublicKeys {
    /// The public key at `path`, which begins with `m/12381/3600`.
    fn bls_public_key(
        &mut self,
        path: &DerivationPath,
        show: Show,
        user: &mut dyn Interact,
    ) -> Result<bls::PublicKey, DeviceError>;
}

/// A wallet that signs with the BLS withdrawal keys of its seed (EIP-2334).
pub trait BlsSigner: Send {
    /// The public key at m/12381/3600/`index`/0.
    fn withdrawal_public_key(
        &mut self,
        index: u32,
        user: &mut dyn Interact,
    ) -> Result<bls::PublicKey, DeviceError>;

    /// Signs `root` with the key at m/12381/3600/`index`/0. Always asks the user. Implementations
    /// verify the signature with the public key, and return a protocol error if it does not match.
    fn sign_root(
        &mut self,
        index: u32,
        root: &[u8; 32],
        user: &mut dyn Interact,
    ) -> Result<bls::Signature, DeviceError>;
}
