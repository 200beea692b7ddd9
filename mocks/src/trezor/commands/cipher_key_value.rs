//! CipherKeyValue: AES-256-CBC with a key that only this wallet can derive (SLIP-0011).

use aes::Aes256;
use cbc::cipher::{BlockDecryptMut, BlockEncryptMut, KeyIvInit, block_padding::NoPadding};

use super::{
    super::{
        failure::{NO_KEY, NOT_INITIALIZED},
        screen::{code, pages_of_core},
    },
    Command, Failure, Message, Model, Reply, Screen, State, Step,
};
use crate::{
    seed::hmac_sha512,
    trezor::{kind, protobuf::Writer},
};

const VALUE_LENGTH: Failure = Failure::new(
    3,
    "Value length must be a multiple of 16",
    "Value length must be a multiple of 16",
)
.at("fsm_msg_crypto.h:23");

pub(super) struct CipherKeyValue {
    path: Vec<u32>,
    key: String,
    value: Vec<u8>,
    encrypt: bool,
    ask_on_encrypt: bool,
    ask_on_decrypt: bool,
    iv: Vec<u8>,
}

impl CipherKeyValue {
    pub(super) fn read(message: &Message<'_>) -> Self {
        let flag = |field| message.flag(field).unwrap_or_default();
        let bytes = |field| message.bytes(field).map(<[u8]>::to_vec).unwrap_or_default();
        Self {
            path: message.path(),
            key: message.text(2).unwrap_or_default(),
            value: bytes(3),
            encrypt: flag(4),
            ask_on_encrypt: flag(5),
            ask_on_decrypt: flag(6),
            iv: bytes(7),
        }
    }

    fn asks(&self) -> bool {
        if self.encrypt { self.ask_on_encrypt } else { self.ask_on_decrypt }
    }

    /// The value, encrypted or decrypted. Both flags are part of the key.
    fn cipher(&self, private_key: &[u8; 32]) -> Option<Vec<u8>> {
        let on_encrypt = if self.ask_on_encrypt { "E1" } else { "E0" };
        let on_decrypt = if self.ask_on_decrypt { "D1" } else { "D0" };
        let text = [self.key.as_bytes(), on_encrypt.as_bytes(), on_decrypt.as_bytes()];
        let secret = hmac_sha512(private_key, &text);
        let (key, rest) = secret.split_first_chunk::<32>()?;
        let derived = rest.first_chunk::<16>()?;
        let iv = <&[u8; 16]>::try_from(self.iv.as_slice()).unwrap_or(derived);

        let mut value = self.value.clone();
        let length = value.len();
        if self.encrypt {
            cbc::Encryptor::<Aes256>::new(key.into(), iv.into())
                .encrypt_padded_mut::<NoPadding>(&mut value, length)
                .ok()?;
        } else {
            cbc::Decryptor::<Aes256>::new(key.into(), iv.into())
                .decrypt_padded_mut::<NoPadding>(&mut value)
                .ok()?;
        }
        Some(value)
    }
}

impl Command for CipherKeyValue {
    fn steps(&self, model: Model) -> Vec<Step> {
        let check = (!self.value.len().is_multiple_of(16)).then_some(Step::Fail(VALUE_LENGTH));
        let show = self.asks().then_some(Step::Show);
        match model {
            Model::One => {
                let first = Step::Initialized(NOT_INITIALIZED.at("fsm_msg_crypto.h:21"));
                let use_key = [Step::Unlock, Step::OpenSeed];
                [first].into_iter().chain(check).chain(use_key).chain(show).collect()
            }
            _ => [Step::Unlock, Step::OpenSeed].into_iter().chain(check).chain(show).collect(),
        }
    }

    fn screens(&self, _state: &State) -> Result<Vec<Screen>, Failure> {
        let what = if self.encrypt { "Encrypt value" } else { "Decrypt value" };
        let shown = format!("{what}: {}", self.key);
        let pages = pages_of_core(&self.key);
        let screen = Screen::new(code::OTHER, "cipher_key_value", shown).pages(pages);
        Ok(vec![screen.at("fsm_msg_crypto.h:38")])
    }

    fn answer(&self, state: &mut State) -> Result<Reply, Failure> {
        let private_key = state.node(&self.path)?.private_key();
        let value = self.cipher(&private_key).ok_or(NO_KEY)?;
        Ok((kind::CIPHERED_KEY_VALUE, Writer::default().bytes(1, &value).finish()))
    }
}
