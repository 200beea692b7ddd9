//! GetAddress (messages-bitcoin.proto), for the only Bitcoin Testnet address that Trezor Connect
//! requests. `fields` refuses all others.

use ripemd::Ripemd160;
use sha2::{Digest as _, Sha256};

use super::{
    super::{descriptor::base58check, failure::NOT_INITIALIZED, path, screen::code},
    Command, Failure, Message, Model, Reply, Screen, State, Step,
    get_address::mac,
};
use crate::trezor::{kind, protobuf::Writer};

/// The version of Testnet's pay-to-public-key-hash addresses.
const TESTNET: u8 = 0x6f;

pub(super) struct GetTestnetAddress {
    path: Vec<u32>,
    show: bool,
}

impl GetTestnetAddress {
    pub(super) fn read(message: &Message<'_>) -> Self {
        Self { path: message.path(), show: message.flag(3).unwrap_or_default() }
    }

    fn address(&self, state: &State) -> Result<String, Failure> {
        let key = state.node(&self.path)?.compressed_public_key();
        let hash = Ripemd160::digest(Sha256::digest(key));
        Ok(base58check(&[&[TESTNET], &hash[..]].concat()))
    }
}

impl Command for GetTestnetAddress {
    fn steps(&self, model: Model) -> Vec<Step> {
        let mut steps = match model {
            Model::One => {
                vec![Step::Initialized(NOT_INITIALIZED.at("fsm_msg_coin.h:205")), Step::Unlock]
            }
            _ => vec![Step::Unlock],
        };
        steps.push(Step::OpenSeed);
        if self.show {
            steps.push(Step::Show);
        }
        steps
    }

    fn screens(&self, state: &State) -> Result<Vec<Screen>, Failure> {
        let shown = format!("{} {}", path::text(&self.path), self.address(state)?);
        Ok(vec![Screen::new(code::ADDRESS, "show_address", shown).pages(2).at("fsm.c:364")])
    }

    fn answer(&self, state: &mut State) -> Result<Reply, Failure> {
        let address = self.address(state)?;
        let reply = Writer::default().text(1, &address);
        let reply = match state.model {
            Model::One => reply,
            _ => reply.bytes(2, &mac(state, &self.path, &address)?),
        };
        Ok((kind::ADDRESS, reply.finish()))
    }
}
