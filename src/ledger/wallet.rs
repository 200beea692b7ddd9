//! An open Ledger, with the Ethereum app running.

use super::{
    commands,
    preflight::{App, FACTS},
    talker::Talker,
};
use crate::{
    bls,
    device::{self, BlsPublicKeys, DeviceError, Identity, Refusal, Request, Show, Transactions},
    eth::{Address, Signature, Transaction},
    interact::Interact,
    path::DerivationPath,
};

/// A Ledger whose Ethereum app is open.
pub(super) struct Wallet {
    pub(super) talker: Talker,
    pub(super) identity: Identity,
    pub(super) app: App,
}

impl device::Wallet for Wallet {
    fn identity(&self) -> &Identity {
        &self.identity
    }

    fn address(
        &mut self,
        path: &DerivationPath,
        show: Show,
        user: &mut dyn Interact,
    ) -> Result<Address, DeviceError> {
        self.talker.ask_user(&commands::GetAddress { path, show }, user)
    }

    fn sign_personal(
        &mut self,
        path: &DerivationPath,
        message: &str,
        user: &mut dyn Interact,
    ) -> Result<Signature, DeviceError> {
        self.talker.ask_user(&commands::PersonalSign { path, message }, user)
    }

    fn preflight(&self, request: &Request<'_>) -> Option<Refusal> {
        device::refusal(FACTS, &self.talker.name, &self.app, request)
    }

    fn bls_public_keys(&mut self) -> Option<&mut dyn BlsPublicKeys> {
        Some(self)
    }

    fn transactions(&mut self) -> Option<&mut dyn Transactions> {
        Some(self)
    }
}

impl Transactions for Wallet {
    fn sign_transaction(
        &mut self,
        path: &DerivationPath,
        transaction: &Transaction,
        user: &mut dyn Interact,
    ) -> Result<Signature, DeviceError> {
        // Asked for first, so that a path that is not allowed is refused before anybody looks.
        let address =
            self.talker.ask_user(&commands::GetAddress { path, show: Show::Silently }, user)?;
        let signature =
            self.talker.ask_user(&commands::SignTransaction { path, transaction }, user)?;
        match transaction.recover(&signature) {
            Ok(signer) if signer == address => Ok(signature),
            _ => {
                let message =
                    format!("the signature is not one of {address} over this transaction");
                Err(DeviceError::protocol(&self.talker.name, message))
            }
        }
    }
}

impl BlsPublicKeys for Wallet {
    fn bls_public_key(
        &mut self,
        path: &DerivationPath,
        show: Show,
        user: &mut dyn Interact,
    ) -> Result<bls::PublicKey, DeviceError> {
        self.talker.ask_user(&commands::GetEth2PublicKey { path, show }, user)
    }
}
