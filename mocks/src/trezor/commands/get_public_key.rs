//! GetPublicKey and EthereumGetPublicKey: a node of the BIP-32 tree without its private key
//! (messages-bitcoin.proto, messages-ethereum.proto). The first supports what all coins share:
//! secp256k1, Bitcoin's serialisation, and the descriptor of a legacy account.

use super::{
    super::{
        descriptor,
        failure::{NO_KEY, NOT_INITIALIZED},
        path,
        screen::code,
    },
    Command, Failure, Message, Model, Reply, Screen, State, Step,
};
use crate::{
    seed::{Node, Seed},
    trezor::{kind, protobuf::Writer},
};

const NOT_ETHEREUM: Failure =
    Failure::new(3, "Invalid path for EthereumGetPublicKey", "").at("fsm_msg_ethereum.h:83");
/// BIP-32's version of a public node.
const XPUB: [u8; 4] = [0x04, 0x88, 0xb2, 0x1e];

pub(super) struct GetPublicKey {
    path: Vec<u32>,
    show: bool,
    ethereum: bool,
}

impl GetPublicKey {
    pub(super) fn read(message: &Message<'_>) -> Self {
        Self { path: message.path(), show: message.flag(3).unwrap_or_default(), ethereum: false }
    }

    pub(super) fn read_ethereum(message: &Message<'_>) -> Self {
        Self { path: message.path(), show: message.flag(2).unwrap_or_default(), ethereum: true }
    }

    /// The One allows only m/44' and m/45' for Ethereum.
    fn is_allowed(&self, model: Model) -> bool {
        let purpose = self.path.first().map(|level| level ^ 1 << 31);
        model != Model::One || !self.ethereum || matches!(purpose, Some(44 | 45))
    }

    fn public(&self, seed: &Seed) -> Option<Public> {
        let node = seed.node(&self.path)?;
        let parent = match self.path.split_last() {
            Some((_, parent)) => seed.node(parent)?.fingerprint(),
            None => [0; 4],
        };
        let child = self.path.last().copied().unwrap_or_default();
        Some(Public { depth: self.path.len() as u8, parent, child, node })
    }
}

/// A node and its position in the tree.
struct Public {
    depth: u8,
    parent: [u8; 4],
    child: u32,
    node: Node,
}

impl Public {
    fn message(&self) -> Vec<u8> {
        Writer::default()
            .number(1, self.depth.into())
            .number(2, u32::from_be_bytes(self.parent).into())
            .number(3, self.child.into())
            .bytes(4, &self.node.chain_code)
            .bytes(6, &self.node.compressed_public_key())
            .finish()
    }

    /// BIP-32's text form.
    fn xpub(&self) -> String {
        let bytes = [
            &XPUB[..],
            &[self.depth],
            &self.parent,
            &self.child.to_be_bytes(),
            &self.node.chain_code,
            &self.node.compressed_public_key(),
        ];
        descriptor::base58check(&bytes.concat())
    }
}

impl Command for GetPublicKey {
    fn steps(&self, model: Model) -> Vec<Step> {
        let mut steps = match model {
            Model::One => {
                vec![Step::Initialized(NOT_INITIALIZED.at("fsm_msg_ethereum.h:70")), Step::Unlock]
            }
            _ => vec![Step::Unlock],
        };
        if !self.is_allowed(model) {
            steps.push(Step::Fail(NOT_ETHEREUM));
        }
        steps.push(Step::OpenSeed);
        if self.show {
            steps.push(Step::Show);
        }
        steps
    }

    fn screens(&self, _state: &State) -> Result<Vec<Screen>, Failure> {
        let shown = format!("Public key of {}", path::text(&self.path));
        let screen = Screen::new(code::PUBLIC_KEY, "show_pubkey", shown).pages(2);
        Ok(vec![screen.at("fsm_msg_ethereum.h:105")])
    }

    fn answer(&self, state: &mut State) -> Result<Reply, Failure> {
        let seed = state.seed()?;
        let public = self.public(seed).ok_or(NO_KEY)?;
        let xpub = public.xpub();
        let reply = Writer::default().bytes(1, &public.message()).text(2, &xpub);
        if self.ethereum {
            return Ok((kind::ETHEREUM_PUBLIC_KEY, reply.finish()));
        }
        let root = seed.node(&[]).ok_or(NO_KEY)?.fingerprint();
        let reply = reply.number(3, u32::from_be_bytes(root).into());
        let descriptor = descriptor::of_account(root, &self.path, &xpub);
        let reply =
            reply.when(descriptor.is_some(), |w| w.text(4, &descriptor.unwrap_or_default()));
        Ok((kind::PUBLIC_KEY, reply.finish()))
    }
}
