//! An open Ledger, with the BTEC app running: BLS signatures by withdrawal keys.

use super::{commands, talker::Talker};
use crate::{
    device::{BlsSigner, DeviceError},
    interact::Interact,
};
use stockade_keystore::bls;

/// The app that signs with withdrawal keys.
pub(super) const APP: &str = "BTEC";

/// A Ledger whose BTEC app is open.
pub(super) struct Btec {
    pub(super) talker: Talker,
}

impl BlsSigner for Btec {
    fn withdrawal_public_key(
        &mut self,
        index: u32,
        user: &mut dyn Interact,
    ) -> Result<bls::PublicKey, DeviceError> {
        self.talker.ask_user(&commands::GetWithdrawalPublicKey { index }, user)
    }

    fn sign_root(
        &mut self,
        index: u32,
        root: &[u8; 32],
        user: &mut dyn Interact,
    ) -> Result<bls::Signature, DeviceError> {
        let key = self.withdrawal_public_key(index, user)?;
        let signature = self.talker.ask_user(&commands::SignRoot { index, root }, user)?;
        // The app signs what is in its buffer when its user has decided, which another program may
        // have overwritten meanwhile.
        match signature.verify(root, &key) {
            true => Ok(signature),
            false => {
                let message = "the signature is not one of the withdrawal key over this root";
                Err(DeviceError::protocol(&self.talker.name, message))
            }
        }
    }
}
