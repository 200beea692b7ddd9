//! SignIdentity: a signature that authenticates the user (SLIP-0013, messages-crypto.proto).

use ripemd::Ripemd160;
use sha2::{Digest as _, Sha256};

use super::{
    super::{
        descriptor::base58check,
        failure::{NO_KEY, NOT_INITIALIZED},
        identity::{Identity, SIGNS},
        screen::code,
        slip10::{Curve, Key},
    },
    Command, Failure, Message, Model, Reply, Screen, State, Step,
};
use crate::trezor::{kind, protobuf::Writer};

/// The header byte for SSH and GPG, whose signatures have none.
const PLAIN: u8 = 0;

pub(super) struct SignIdentity {
    identity: Identity,
    hidden: Vec<u8>,
    visual: String,
    curve: String,
}

impl SignIdentity {
    pub(super) fn read(message: &Message<'_>) -> Self {
        Self {
            identity: Identity::read(message.bytes(1).unwrap_or_default()),
            hidden: message.bytes(2).map(<[u8]>::to_vec).unwrap_or_default(),
            visual: message.text(3).unwrap_or_default(),
            curve: message.text(4).unwrap_or_else(|| "secp256k1".to_owned()),
        }
    }

    fn signature(&self, proto: &str, key: &Key) -> Option<Vec<u8>> {
        let (header, signature) = match proto {
            // The host sends the digest to sign.
            "gpg" => match key {
                Key::Ed25519(_) => (PLAIN, key.sign_message(&self.hidden)?),
                _ => (PLAIN, key.sign_digest(self.hidden.as_slice().try_into().ok()?)?.0),
            },
            "ssh" => (PLAIN, key.sign_message(&self.hidden)?),
            _ => self.bitcoin_signature(key)?,
        };
        Some([&[header], &signature[..]].concat())
    }

    /// A Bitcoin message signature over the hashes of both challenges.
    fn bitcoin_signature(&self, key: &Key) -> Option<(u8, [u8; 64])> {
        let challenge = [Sha256::digest(&self.hidden), Sha256::digest(&self.visual)].concat();
        if let Key::Ed25519(_) = key {
            return Some((PLAIN, key.sign_message(&challenge)?));
        }
        let message = [b"\x18Bitcoin Signed Message:\n", &[64][..], &challenge].concat();
        let (signature, odd) = key.sign_digest(&Sha256::digest(Sha256::digest(message)).into())?;
        // 27, and 4 for a compressed key.
        Some((27 + 4 + u8::from(odd), signature))
    }
}

impl Command for SignIdentity {
    fn steps(&self, model: Model) -> Vec<Step> {
        match model {
            Model::One => vec![
                Step::Initialized(NOT_INITIALIZED.at("fsm_msg_crypto.h:76")),
                Step::Show,
                Step::Unlock,
                Step::OpenSeed,
            ],
            _ => vec![Step::Unlock, Step::OpenSeed, Step::Show],
        }
    }

    fn screens(&self, state: &State) -> Result<Vec<Screen>, Failure> {
        let code = if state.model == Model::One { code::PROTECT_CALL } else { code::OTHER };
        let who = self.identity.shown();
        let shown = format!("Sign in to: {who}\n{}", self.visual);
        let screen = Screen::new(code, "sign_identity", shown).pages(2);
        Ok(vec![screen.at("fsm_msg_crypto.h:83")])
    }

    fn answer(&self, state: &mut State) -> Result<Reply, Failure> {
        let identity = &self.identity;
        let curve = Curve::from_name(&self.curve).ok_or(NO_KEY)?;
        let key = curve.key(state.seed()?, &identity.path(SIGNS)).ok_or(NO_KEY)?;
        let signature = self.signature(&identity.proto, &key).ok_or(NO_KEY)?;
        let public = key.public();
        let hash = Ripemd160::digest(Sha256::digest(&public));
        let address = base58check(&[&[0], &hash[..]].concat());
        let reply = Writer::default().when(curve == Curve::Secp256k1, |w| w.text(1, &address));
        Ok((kind::SIGNED_IDENTITY, reply.bytes(2, &public).bytes(3, &signature).finish()))
    }
}
