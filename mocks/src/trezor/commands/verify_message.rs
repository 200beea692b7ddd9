//! EthereumVerifyMessage: shows the signer of a message (messages-ethereum.proto). It needs no key.

use k256::ecdsa::{RecoveryId, Signature, VerifyingKey};

use super::{
    super::screen::code, Command, Failure, Message, Model, Reply, Screen, State, Step,
    sign_message, success,
};
use crate::seed::{address_of, personal_digest};

const INVALID_SIGNATURE: Failure =
    Failure::new(3, "Invalid signature", "Invalid signature").at("fsm_msg_ethereum.h:293");

pub(super) struct VerifyMessage {
    signature: Vec<u8>,
    message: Vec<u8>,
    address: String,
}

impl VerifyMessage {
    pub(super) fn read(message: &Message<'_>) -> Self {
        let bytes = |field| message.bytes(field).map(<[u8]>::to_vec).unwrap_or_default();
        Self {
            signature: bytes(2),
            message: bytes(3),
            address: message.text(4).unwrap_or_default(),
        }
    }

    /// The address that signed, in EIP-55's mixed case.
    fn signer(&self, model: Model) -> Option<String> {
        let (v, rs) = self.signature.split_last()?;
        let parity = match (v.checked_sub(27), model) {
            (Some(parity), _) => parity,
            (None, Model::One) => *v,
            (None, _) => return None,
        };
        let id = RecoveryId::from_byte(parity).filter(|id| !id.is_x_reduced())?;
        let signature = Signature::from_slice(rs).ok()?;
        let digest = personal_digest(&self.message);
        let key = VerifyingKey::recover_from_prehash(&digest, &signature, id).ok()?;
        Some(format!("0x{}", address_of(&key)))
    }
}

impl Command for VerifyMessage {
    fn steps(&self, model: Model) -> Vec<Step> {
        match model {
            Model::One => vec![Step::Show],
            _ => vec![Step::Unlock, Step::Show],
        }
    }

    fn screens(&self, state: &State) -> Result<Vec<Screen>, Failure> {
        let signer = self.signer(state.model).ok_or(INVALID_SIGNATURE)?;
        let claimed = self.address.trim_start_matches("0x");
        if !signer.trim_start_matches("0x").eq_ignore_ascii_case(claimed) {
            return Err(INVALID_SIGNATURE);
        }
        let places = ["fsm_msg_ethereum.h:305", "fsm_msg_ethereum.h:311"];
        let name = "verify_message";
        let mut screens = sign_message::screens(state.model, name, &signer, &self.message, places);
        let code = match state.model {
            Model::One => code::OTHER,
            _ => code::SUCCESS,
        };
        let valid = Screen::new(code, name, "The signature is valid.");
        screens.push(valid.at("fsm_msg_ethereum.h:319"));
        Ok(screens)
    }

    fn answer(&self, _state: &mut State) -> Result<Reply, Failure> {
        Ok(success("Message verified"))
    }
}
