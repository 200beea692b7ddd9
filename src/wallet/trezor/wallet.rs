//! An open Trezor.

use trezor_client::protos;
use zeroize::Zeroize;

use super::{
    preflight::{FACTS, Firmware},
    screens::text_note,
    session::Session,
};
use crate::{
    device::{
        self, CipherKeyValue, DeviceError, Identity, Refusal, Request, Sessions, Show, Transactions,
    },
    interact::{Attention, Interact},
};
use stockade_base::{
    eth::{Address, Signature, personal_message},
    path::DerivationPath,
    reader::Reader,
    secret::SecretBytes,
};

/// An unlocked Trezor in a session.
pub(super) struct Wallet {
    pub(super) session: Session,
    pub(super) identity: Identity,
    pub(super) firmware: Firmware,
}

impl device::Wallet for Wallet {
    fn identity(&self) -> &Identity {
        &self.identity
    }

    /// [EthereumGetAddress](https://github.com/trezor/trezor-firmware/blob/main/common/protob/messages-ethereum.proto).
    fn address(
        &mut self,
        path: &DerivationPath,
        show: Show,
        user: &mut dyn Interact,
    ) -> Result<Address, DeviceError> {
        let mut request = protos::EthereumGetAddress::new();
        request.address_n = path.levels().to_vec();
        let attention = (show == Show::OnDevice).then_some(Attention::Address);
        request.show_display = attention.map(|_| true);
        let answer: protos::EthereumAddress = self.session.call(&request, attention, user)?;
        self.parse_address(answer.address())
    }

    /// [EthereumSignMessage](https://github.com/trezor/trezor-firmware/blob/main/common/protob/messages-ethereum.proto).
    /// The answer contains the signer's address, which must match the signature.
    fn sign_personal(
        &mut self,
        path: &DerivationPath,
        message: &str,
        user: &mut dyn Interact,
    ) -> Result<Signature, DeviceError> {
        let mut request = protos::EthereumSignMessage::new();
        request.address_n = path.levels().to_vec();
        request.message = Some(message.as_bytes().to_vec());
        if let Some(note) = text_note(&self.session.name, message) {
            user.note(&note);
        }
        let attention = Some(Attention::Message(message));
        let mut answer: protos::EthereumMessageSignature =
            self.session.call(&request, attention, user)?;
        let signature = parse_signature(answer.signature());
        // Secrets are derived from signatures over prompts.
        answer.signature.zeroize();
        let signature = signature.ok_or_else(|| self.protocol("not a signature"))?;
        let signer = self.parse_address(answer.address())?;
        match personal_message::recover(message.as_bytes(), &signature) {
            Ok(recovered) if recovered == signer => Ok(signature),
            _ => Err(self.protocol("the signature does not match the address in the same answer")),
        }
    }

    fn preflight(&self, request: &Request<'_>) -> Option<Refusal> {
        device::refusal(FACTS, &self.session.name, &self.firmware, request)
    }

    fn cipher_key_value(&mut self) -> Option<&mut dyn CipherKeyValue> {
        Some(self)
    }

    fn transactions(&mut self) -> Option<&mut dyn Transactions> {
        Some(self)
    }

    fn sessions(&mut self) -> Option<&mut dyn Sessions> {
        Some(self)
    }
}

impl CipherKeyValue for Wallet {
    /// [CipherKeyValue](https://github.com/satoshilabs/slips/blob/master/slip-0011.md).
    fn encrypt(
        &mut self,
        path: &DerivationPath,
        key: &str,
        value: &[u8; 32],
        user: &mut dyn Interact,
    ) -> Result<SecretBytes<32>, DeviceError> {
        let mut request = protos::CipherKeyValue::new();
        request.address_n = path.levels().to_vec();
        request.key = Some(key.to_owned());
        request.value = Some(value.to_vec());
        request.encrypt = Some(true);
        request.ask_on_encrypt = Some(true);
        request.ask_on_decrypt = Some(true);
        let mut answer: protos::CipheredKeyValue =
            self.session.call(&request, Some(Attention::Message(key)), user)?;
        let secret = SecretBytes::try_new(|bytes| {
            let value = answer.value().try_into().map_err(|_| ())?;
            bytes.clone_from(value);
            Ok(())
        });
        answer.value.zeroize();
        secret.map_err(|()| self.protocol("the length of the ciphertext differs from the value's"))
    }
}

impl Sessions for Wallet {
    fn renew(&mut self, user: &mut dyn Interact) -> Result<(), DeviceError> {
        self.session.renew(user)
    }
}

impl Wallet {
    fn parse_address(&self, text: &str) -> Result<Address, DeviceError> {
        Address::parse_checksummed(text)
            .map_err(|_| self.protocol("not an address with a checksum"))
    }

    pub(super) fn protocol(&self, message: &str) -> DeviceError {
        DeviceError::protocol(&self.session.name, message)
    }
}

fn parse_signature(bytes: &[u8]) -> Option<Signature> {
    let mut reader = Reader::new(bytes);
    let (r, s, v) = (reader.array().ok()?, reader.array().ok()?, reader.u8().ok()?);
    reader.finish().ok()?;
    Signature::from_parts(r, s, v).ok()
}
