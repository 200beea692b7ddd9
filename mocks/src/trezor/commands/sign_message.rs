//! EthereumSignMessage: EIP-191 (messages-ethereum.proto).

use super::{
    super::{
        failure::NO_KEY,
        screen::{No, code, pages_of_core, pages_of_one, text_of_core},
    },
    Command, Failure, Message, Model, Reply, Screen, State, Step, key_steps,
};
use crate::trezor::{kind, protobuf::Writer};

/// For longer messages only the beginning is shown, which can be approved at once.
const MOST_PAGES: u64 = 5;
const PAGES_OF_BEGINNING: u64 = 2;

pub(super) struct SignMessage {
    path: Vec<u32>,
    message: Vec<u8>,
}

impl SignMessage {
    pub(super) fn read(message: &Message<'_>) -> Self {
        Self {
            path: message.path(),
            message: message.bytes(2).map(<[u8]>::to_vec).unwrap_or_default(),
        }
    }
}

impl Command for SignMessage {
    fn steps(&self, model: Model) -> Vec<Step> {
        let mut steps = key_steps(model, &self.path, "fsm_msg_ethereum.h:243");
        steps.push(Step::Show);
        steps
    }

    fn screens(&self, state: &State) -> Result<Vec<Screen>, Failure> {
        let address = format!("0x{}", state.node(&self.path)?.address());
        let places = ["fsm_msg_ethereum.h:276", "fsm_msg_ethereum.h:282"];
        Ok(screens(state.model, "sign_message", &address, &self.message, places))
    }

    fn answer(&self, state: &mut State) -> Result<Reply, Failure> {
        let node = state.node(&self.path)?;
        let (r, s, odd) = node.sign_personal(&self.message).ok_or(NO_KEY)?;
        let signature = [&r[..], &s, &[27 + u8::from(odd)]].concat();
        let address = format!("0x{}", node.address());
        let reply = Writer::default().bytes(2, &signature).text(3, &address);
        Ok((kind::ETHEREUM_MESSAGE_SIGNATURE, reply.finish()))
    }
}

/// The address, then the pages of the message; `places` are the One's source lines
/// of their rejections.
pub(super) fn screens(
    model: Model,
    name: &'static str,
    address: &str,
    message: &[u8],
    places: [&'static str; 2],
) -> Vec<Screen> {
    let [address_place, message_place] = places;
    let page = |text: String| Screen::new(code::OTHER, name, text).at(message_place);
    let mut screens = vec![page(address.to_owned()).at(address_place)];
    if model == Model::One {
        screens.extend(pages_of_one(message).into_iter().map(page));
        return screens;
    }
    let text = text_of_core(message);
    let pages = pages_of_core(&text);
    let pages = if pages > MOST_PAGES { PAGES_OF_BEGINNING } else { pages };
    let mut text = page(text).pages(pages);
    if model == Model::Safe3 {
        // Measured on the emulator.
        text.no = No::GoesBack(Box::new(page(address.to_owned()).at(address_place)));
    }
    screens.push(text);
    screens
}
