//! BLS public keys from the Ethereum app.

use stockade_base::path::DerivationPath;
use stockade_keystore::bls;

use super::{commands, wallet::Wallet};
use crate::{
    device::{BlsPublicKeys, DeviceError, Show},
    interact::Interact,
};

impl BlsPublicKeys for Wallet {
    fn bls_public_key(
        &mut self,
        path: &DerivationPath,
        show: Show,
        user: &mut dyn Interact,
    ) -> Result<bls::PublicKey, DeviceError> {
        self.client.call_attended(&commands::GetEth2PublicKey { path, show }, user)
    }
}
