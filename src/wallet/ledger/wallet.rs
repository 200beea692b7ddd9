//! A Ledger whose Ethereum app is open.

use super::{
    app_client::AppClient,
    commands,
    preflight::{App, FACTS},
};
use crate::{
    device::{self, DeviceError, Identity, Refusal, Request, Show, Transactions},
    interact::Interact,
};
use stockade_base::{
    eth::{Address, Signature, Transaction},
    path::DerivationPath,
};

/// The status word for invalid data, or for data that a setting of the app forbids.
const INVALID_DATA: &str = "6A80";

/// A Ledger whose Ethereum app is open.
pub(super) struct Wallet {
    pub(super) client: AppClient,
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
        self.client.call_attended(&commands::GetAddress { path, show }, user)
    }

    fn sign_personal(
        &mut self,
        path: &DerivationPath,
        message: &str,
        user: &mut dyn Interact,
    ) -> Result<Signature, DeviceError> {
        self.client.call_attended(&commands::PersonalSign { path, message }, user)
    }

    fn preflight(&self, request: &Request<'_>) -> Option<Refusal> {
        device::refusal(FACTS, &self.client.name, &self.app, request)
    }

    #[cfg(feature = "bls")]
    fn bls_public_keys(&mut self) -> Option<&mut dyn device::BlsPublicKeys> {
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
        // Requested first, so that a forbidden path is refused before the user is asked.
        let address = self
            .client
            .call_attended(&commands::GetAddress { path, show: Show::Silently }, user)?;
        if self.app.shows_a_hash_of(transaction) {
            user.note(&format!(
                "The {} cannot explain this transaction. It warns about blind signing and shows only \
                 a hash, which must be 0x{}",
                self.client.app,
                hex::encode(transaction.signing_hash())
            ));
        }
        let signature = self
            .client
            .call_attended(&commands::SignTransaction { path, transaction }, user)
            .map_err(|error| self.explain(error, transaction))?;
        match transaction.recover(&signature) {
            Ok(signer) if signer == address => Ok(signature),
            _ => {
                let message =
                    format!("the signature does not match {address} and this transaction");
                Err(DeviceError::protocol(&self.client.name, message))
            }
        }
    }
}

impl Wallet {
    fn explain(&self, error: DeviceError, transaction: &Transaction) -> DeviceError {
        match error {
            DeviceError::Refused { device, code, .. }
                if code == INVALID_DATA && self.app.is_kept_from_explaining(transaction) =>
            {
                let message = "the app does not explain this request: switch off Debug contracts in \
                               its settings, even if its screen suggests another setting";
                DeviceError::Refused { device, code, message: message.to_owned() }
            }
            error => error,
        }
    }
}
