//! GET ADDRESS.

use super::{
    Ethereum,
    answer::{Answer, Status},
    command::Command,
};
use crate::{User, seed::Node};

pub(super) const INSTRUCTION: u8 = 0x02;

const CHAIN_ID_OF_ETHEREUM: u64 = 1;

impl Ethereum {
    /// Data: path, and optionally a chain id. P1: 01 shows the address. P2: 01 adds the chain code.
    pub(super) fn get_address(
        &mut self,
        command: &Command<'_>,
        user: &mut User,
    ) -> Result<Answer, Status> {
        self.reset();
        let (shows, with_chain_code) = (command.shows()?, command.p2_flag()?);
        let (path, rest) = command.path()?;
        let node = self.node(&path)?;
        let chain_id = read_chain_id(rest)?;
        let data = encode(&node, with_chain_code);
        if !shows {
            return Ok(Answer::silent(data));
        }
        // The app shows the name of a network that it knows. The mock knows Ethereum's.
        let network = if chain_id == CHAIN_ID_OF_ETHEREUM { "Ethereum " } else { "" };
        let shown = format!("Verify {network}address\nAddress: 0x{}", node.address());
        Answer::reviewed(user, &shown, || Ok(data))
    }
}

/// `chain id (8)` or nothing.
fn read_chain_id(data: &[u8]) -> Result<u64, Status> {
    match data.split_first_chunk() {
        Some((chain_id, [])) => Ok(u64::from_be_bytes(*chain_id)),
        None if data.is_empty() => Ok(CHAIN_ID_OF_ETHEREUM),
        _ => Err(Status::INCORRECT_DATA),
    }
}

/// `41 | public key (65) | 28 | address in hex (40) [| chain code (32)]`.
fn encode(node: &Node, with_chain_code: bool) -> Vec<u8> {
    let chain_code: &[u8] = if with_chain_code { &node.chain_code } else { &[] };
    [&[0x41], &node.public_key()[..], &[0x28], node.address().as_bytes(), chain_code].concat()
}
