//! EthereumGetAddress (messages-ethereum.proto). Core models add a MAC of the address, with which
//! they recognize it later (SLIP-0024).

use super::{
    super::{
        path,
        screen::{No, code},
    },
    Command, Failure, Message, Model, Reply, Screen, State, Step, key_steps,
};
use crate::{
    seed::hmac_sha256,
    trezor::{kind, protobuf::Writer},
};

/// Core firmware's answer if the user has allowed a path of fewer than two levels.
const SHORT_PATH: Failure = Failure::new(99, "", "list index out of range");

pub(super) struct GetAddress {
    path: Vec<u32>,
    show: bool,
}

impl GetAddress {
    pub(super) fn read(message: &Message<'_>) -> Self {
        Self { path: message.path(), show: message.flag(2).unwrap_or_default() }
    }

    fn address(&self, state: &State) -> Result<String, Failure> {
        Ok(format!("0x{}", state.node(&self.path)?.address()))
    }
}

/// HMAC-SHA-256 over coin type, path and address, numbers little-endian.
pub(super) fn mac(state: &State, path: &[u32], address: &str) -> Result<[u8; 32], Failure> {
    let coin_type = *path.get(1).ok_or(SHORT_PATH)? & !(1 << 31);
    let key = state.seed()?.symmetric_key(&["SLIP-0024", "Address MAC key"]);
    let levels: Vec<u8> = path.iter().flat_map(|level| level.to_le_bytes()).collect();
    Ok(hmac_sha256(
        &key,
        &[
            &coin_type.to_le_bytes(),
            // Both lengths fit into Bitcoin's one-byte encoding.
            &[path.len() as u8],
            &levels,
            &[address.len() as u8],
            address.as_bytes(),
        ],
    ))
}

impl Command for GetAddress {
    fn steps(&self, model: Model) -> Vec<Step> {
        let mut steps = key_steps(model, &self.path, "fsm_msg_ethereum.h:180");
        if self.show {
            steps.push(Step::Show);
        }
        steps
    }

    fn screens(&self, state: &State) -> Result<Vec<Screen>, Failure> {
        let shown = format!("{} {}", path::text(&self.path), self.address(state)?);
        let screen = Screen::new(code::ADDRESS, "show_address", shown).pages(2).at("fsm.c:364");
        let no = if state.model == Model::One { No::AsksAgain } else { No::Fails };
        Ok(vec![screen.no(no)])
    }

    fn answer(&self, state: &mut State) -> Result<Reply, Failure> {
        let address = self.address(state)?;
        let reply = Writer::default().text(2, &address);
        let reply = match state.model {
            Model::One => reply,
            _ => reply.bytes(3, &mac(state, &self.path, &address)?),
        };
        Ok((kind::ETHEREUM_ADDRESS, reply.finish()))
    }
}
