//! EthereumSignTypedHash: EIP-712 with hashes from the host (messages-ethereum.proto). Core
//! firmware does not know it.

use sha3::{Digest, Keccak256};

use super::{
    super::{
        failure::{NO_KEY, NOT_INITIALIZED},
        screen::code,
    },
    Command, Failure, Message, Model, Reply, Screen, State, Step,
};
use crate::trezor::{kind, protobuf::Writer};

const LENGTH: Failure = Failure::new(3, "Invalid hash length", "").at("fsm_msg_ethereum.h:338");

pub(super) struct SignTypedHash {
    path: Vec<u32>,
    domain: Vec<u8>,
    /// `None` if only the domain is signed.
    message: Option<Vec<u8>>,
}

impl SignTypedHash {
    pub(super) fn read(message: &Message<'_>) -> Self {
        Self {
            path: message.path(),
            domain: message.bytes(2).map(<[u8]>::to_vec).unwrap_or_default(),
            message: message.bytes(3).map(<[u8]>::to_vec),
        }
    }
}

impl Command for SignTypedHash {
    fn steps(&self, _model: Model) -> Vec<Step> {
        let is_hash = |bytes: &Vec<u8>| bytes.len() == 32;
        let good = is_hash(&self.domain) && self.message.as_ref().is_none_or(is_hash);
        let first = [Step::Initialized(NOT_INITIALIZED.at("fsm_msg_ethereum.h:332")), Step::Unlock];
        let check = (!good).then_some(Step::Fail(LENGTH));
        let rest = [Step::CheckPath(self.path.clone()), Step::OpenSeed, Step::Show];
        first.into_iter().chain(check).chain(rest).collect()
    }

    fn screens(&self, state: &State) -> Result<Vec<Screen>, Failure> {
        let address = format!("0x{}", state.node(&self.path)?.address());
        let warning = Screen::new(code::PROTECT_CALL, "", "Unable to show EIP-712 data.");
        let mut screens = vec![
            warning.at("fsm_msg_ethereum.h:360"),
            Screen::new(code::OTHER, "", address).at("fsm_msg_ethereum.h:380"),
            Screen::new(code::OTHER, "", "EIP-712 domain hash").at("fsm_msg_ethereum.h:388"),
        ];
        if self.message.is_some() {
            let hash = Screen::new(code::OTHER, "", "EIP-712 message hash");
            screens.push(hash.at("fsm_msg_ethereum.h:399"));
        }
        Ok(screens)
    }

    fn answer(&self, state: &mut State) -> Result<Reply, Failure> {
        let node = state.node(&self.path)?;
        let digest = Keccak256::new()
            .chain_update([0x19, 0x01])
            .chain_update(&self.domain)
            .chain_update(self.message.as_deref().unwrap_or_default())
            .finalize();
        let (r, s, odd) = node.sign(&digest.into()).ok_or(NO_KEY)?;
        let signature = [&r[..], &s, &[27 + u8::from(odd)]].concat();
        let address = format!("0x{}", node.address());
        let reply = Writer::default().bytes(1, &signature).text(2, &address);
        Ok((kind::ETHEREUM_TYPED_DATA_SIGNATURE, reply.finish()))
    }
}
