//! The device's commands, one per file.

mod apply_settings;
mod cipher_key_value;
mod get_address;
mod get_ecdh_session_key;
mod get_public_key;
mod get_testnet_address;
mod load_device;
mod management;
mod ping;
mod sign_identity;
mod sign_message;
mod sign_tx;
mod sign_typed_data;
mod sign_typed_hash;
mod thp_create_new_session;
mod verify_message;

use super::{
    Reply,
    decode::decode,
    failure::{Failure, NOT_INITIALIZED, UNKNOWN_MESSAGE},
    kind,
    model::Model,
    protobuf::{Message, Writer},
    screen::Screen,
    state::State,
    step::Step,
};

/// A command of the host.
pub(super) trait Command: Send {
    /// The steps before the answer.
    fn steps(&self, model: Model) -> Vec<Step>;

    /// The screens of [`Step::Show`], in order.
    fn screens(&self, _state: &State) -> Result<Vec<Screen>, Failure> {
        Ok(Vec::new())
    }

    /// Handles the answer to [`Step::Ask`], and returns the next steps.
    fn heard(&mut self, _message: &Message<'_>) -> Result<Vec<Step>, Failure> {
        Ok(Vec::new())
    }

    /// Carries out the command and returns the answer.
    fn answer(&self, state: &mut State) -> Result<Reply, Failure>;
}

/// Reads the command in a message.
pub(super) fn read(model: Model, kind: u16, payload: &[u8]) -> Result<Box<dyn Command>, Failure> {
    let speaks_thp = model == Model::Safe7;
    let read: fn(&Message<'_>) -> Box<dyn Command> = match kind {
        kind::INITIALIZE | kind::END_SESSION if speaks_thp => return Err(UNKNOWN_MESSAGE),
        kind::THP_CREATE_NEW_SESSION if speaks_thp => {
            |m| Box::new(thp_create_new_session::ThpCreateNewSession::read(m))
        }
        kind::INITIALIZE => |m| Box::new(management::Initialize::read(m)),
        kind::GET_FEATURES => |_| Box::new(management::GetFeatures),
        kind::CANCEL => |_| Box::new(management::Cancel),
        kind::LOCK_DEVICE => |_| Box::new(management::LockDevice),
        kind::WIPE_DEVICE => |_| Box::new(management::WipeDevice),
        kind::END_SESSION => |_| Box::new(management::EndSession),
        kind::GET_NONCE if model != Model::One => |_| Box::new(management::GetNonce),
        kind::PING => |m| Box::new(ping::Ping::read(m)),
        kind::LOAD_DEVICE => |m| Box::new(load_device::LoadDevice::read(m)),
        kind::APPLY_SETTINGS => |m| Box::new(apply_settings::ApplySettings::read(m)),
        kind::CIPHER_KEY_VALUE => |m| Box::new(cipher_key_value::CipherKeyValue::read(m)),
        kind::GET_ENTROPY => |m| Box::new(management::GetEntropy::read(m)),
        kind::APPLY_FLAGS => |m| Box::new(management::ApplyFlags::read(m)),
        kind::GET_ADDRESS => |m| Box::new(get_testnet_address::GetTestnetAddress::read(m)),
        kind::EVOLU_GET_NODE if model != Model::One => |_| Box::new(management::EvoluGetNode),
        kind::GET_PUBLIC_KEY => |m| Box::new(get_public_key::GetPublicKey::read(m)),
        kind::ETHEREUM_GET_PUBLIC_KEY => {
            |m| Box::new(get_public_key::GetPublicKey::read_ethereum(m))
        }
        kind::ETHEREUM_SIGN_TX => |m| Box::new(sign_tx::SignTx::read(m)),
        kind::ETHEREUM_SIGN_TX_EIP1559 => |m| Box::new(sign_tx::SignTx::read_eip1559(m)),
        kind::ETHEREUM_SIGN_TYPED_HASH if model == Model::One => {
            |m| Box::new(sign_typed_hash::SignTypedHash::read(m))
        }
        kind::SIGN_IDENTITY => |m| Box::new(sign_identity::SignIdentity::read(m)),
        kind::GET_ECDH_SESSION_KEY => {
            |m| Box::new(get_ecdh_session_key::GetEcdhSessionKey::read(m))
        }
        kind::ETHEREUM_SIGN_TYPED_DATA if model != Model::One => {
            |m| Box::new(sign_typed_data::SignTypedData::read(m))
        }
        kind::ETHEREUM_GET_ADDRESS => |m| Box::new(get_address::GetAddress::read(m)),
        kind::ETHEREUM_SIGN_MESSAGE => |m| Box::new(sign_message::SignMessage::read(m)),
        kind::ETHEREUM_VERIFY_MESSAGE => |m| Box::new(verify_message::VerifyMessage::read(m)),
        _ => return Err(UNKNOWN_MESSAGE),
    };
    let message = decode(model, kind, payload).map_err(|f| f.at("messages.c:232"))?;
    Ok(read(&message))
}

/// The steps before an Ethereum key is used. The One checks the path before it opens the
/// seed, core firmware after.
fn key_steps(model: Model, path: &[u32], one_place: &'static str) -> Vec<Step> {
    let check_path = Step::CheckPath(path.to_vec());
    match model {
        Model::One => vec![
            Step::Initialized(NOT_INITIALIZED.at(one_place)),
            Step::Unlock,
            check_path,
            Step::OpenSeed,
        ],
        _ => vec![Step::Unlock, Step::OpenSeed, check_path],
    }
}

fn success(text: &str) -> Reply {
    (kind::SUCCESS, Writer::default().text(1, text).finish())
}
