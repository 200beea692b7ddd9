//! A Ledger whose BTEC app is open: BLS signatures with withdrawal keys.

use super::{app_client::AppClient, commands};
use crate::{
    device::{BlsSigner, DeviceError},
    interact::Interact,
};
use stockade_keystore::bls;

/// The name of the app that signs with withdrawal keys.
pub(super) const APP: &str = "BTEC";

/// A Ledger whose BTEC app is open.
pub(super) struct Btec {
    pub(super) client: AppClient,
}

impl BlsSigner for Btec {
    fn withdrawal_public_key(
        &mut self,
        index: u32,
        user: &mut dyn Interact,
    ) -> Result<bls::PublicKey, DeviceError> {
        self.client.call_attended(&commands::GetWithdrawalPublicKey { index }, user)
    }

    fn sign_root(
        &mut self,
        index: u32,
        root: &[u8; 32],
        user: &mut dyn Interact,
    ) -> Result<bls::Signature, DeviceError> {
        let key = self.withdrawal_public_key(index, user)?;
        let signature = self.client.call_attended(&commands::SignRoot { index, root }, user)?;
        // The app signs the contents of its buffer after the user has approved; meanwhile another
        // program may have overwritten it.
        if signature.verify(root, &key) {
            Ok(signature)
        } else {
            let message = "the signature does not match the withdrawal key and the root";
            Err(DeviceError::protocol(&self.client.name, message))
        }
    }
}
