//! GetECDHSessionKey: a secret shared with a peer (SLIP-0017, messages-crypto.proto).

use super::{
    super::{
        failure::{NO_KEY, NOT_INITIALIZED},
        identity::{Identity, SHARES},
        screen::code,
        slip10::Curve,
    },
    Command, Failure, Message, Model, Reply, Screen, State, Step,
};
use crate::trezor::{kind, protobuf::Writer};

const FAILED_ONE: Failure =
    Failure::new(9, "Error getting ECDH session key", "").at("fsm_msg_crypto.h:234");
const FAILED_CORE: Failure = Failure::new(99, "", "Multiply failed");

pub(super) struct GetEcdhSessionKey {
    identity: Identity,
    peer: Vec<u8>,
    curve: String,
}

impl GetEcdhSessionKey {
    pub(super) fn read(message: &Message<'_>) -> Self {
        Self {
            identity: Identity::read(message.bytes(1).unwrap_or_default()),
            peer: message.bytes(2).map(<[u8]>::to_vec).unwrap_or_default(),
            curve: message.text(3).unwrap_or_else(|| "secp256k1".to_owned()),
        }
    }
}

impl Command for GetEcdhSessionKey {
    fn steps(&self, model: Model) -> Vec<Step> {
        match model {
            Model::One => vec![
                Step::Initialized(NOT_INITIALIZED.at("fsm_msg_crypto.h:178")),
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
        let screen = Screen::new(code, "confirm_address", format!("Decrypt {who}"));
        Ok(vec![screen.at("fsm_msg_crypto.h:185")])
    }

    fn answer(&self, state: &mut State) -> Result<Reply, Failure> {
        let identity = &self.identity;
        let curve = Curve::from_name(&self.curve).ok_or(NO_KEY)?;
        let key = curve.key(state.seed()?, &identity.path(SHARES)).ok_or(NO_KEY)?;
        let failed = if state.model == Model::One { FAILED_ONE } else { FAILED_CORE };
        let shared = key.shared(&self.peer).ok_or(failed)?;
        let reply = Writer::default().bytes(1, &shared).bytes(2, &key.public());
        Ok((kind::ECDH_SESSION_KEY, reply.finish()))
    }
}
