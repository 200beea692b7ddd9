//! The debug link of emulators: who reads the screen and presses the buttons there
//! (messages-debug.proto).

use super::{
    Assembler, ONE_MESSAGE_CAP, Received, Reply, Trezor, codec_v1, decode::decode,
    failure::UNKNOWN_MESSAGE, kind, model::Model, protobuf::Writer,
};
use crate::{Act, Decision, Packet};

const DECISION: u16 = 100;
const GET_STATE: u16 = 101;
const STATE: u16 = 102;
const RESEED_RANDOM: u16 = 9002;
const RECORD_SCREEN: u16 = 9003;
const WATCH_LAYOUT: u16 = 9006;
const RESET_EVENTS: u16 = 9007;
const YES: u64 = 1;

/// One end of it. Presses go to the device, whose answers are for the host on the wire.
pub struct DebugLink(Assembler);

impl Default for DebugLink {
    fn default() -> Self {
        Self(Assembler::new(ONE_MESSAGE_CAP))
    }
}

impl DebugLink {
    /// Takes one packet, and gives what is answered here, and what the device sends on its wire.
    pub fn receive(&mut self, packet: &Packet, trezor: &mut Trezor) -> (Vec<Packet>, Vec<Packet>) {
        let Received::Message(kind, payload) = self.0.push(packet) else {
            return (Vec::new(), Vec::new());
        };
        match kind {
            DECISION => (Vec::new(), trezor.decided(&payload)),
            GET_STATE => (packets([trezor.debug_state()]), Vec::new()),
            // These are answered, and what they ask for shows in nothing that is here.
            RECORD_SCREEN | RESEED_RANDOM | WATCH_LAYOUT | RESET_EVENTS => {
                (packets([(kind::SUCCESS, Vec::new())]), Vec::new())
            }
            kind::WIPE_DEVICE => {
                trezor.happen(Act::Wipe);
                (packets([(kind::SUCCESS, Vec::new())]), Vec::new())
            }
            _ => (packets([trezor.fail(UNKNOWN_MESSAGE)]), Vec::new()),
        }
    }
}

impl Trezor {
    /// From now on whatever it shows waits for presses over a debug link.
    pub fn wait_for_presses(&mut self) {
        self.by_hand = true;
    }

    /// DebugLinkDecision: a button, or text that its user types.
    fn decided(&mut self, payload: &[u8]) -> Vec<Packet> {
        let Ok(message) = decode(Model::Safe5, DECISION, payload) else { return Vec::new() };
        let decision = match (message.number(1), message.text(3)) {
            (_, Some(typed)) => {
                self.state.typed_pins.push_back(typed.clone());
                self.state.typed_passphrase = typed;
                Decision::Approve
            }
            (Some(YES), None) => Decision::Approve,
            (Some(_), None) => Decision::Reject,
            // A swipe: all is on one page.
            (None, None) => return Vec::new(),
        };
        self.presses.push_back(decision);
        packets(self.pressed())
    }

    /// DebugLinkState, as far as a host needs it to press the right thing.
    fn debug_state(&self) -> Reply {
        let matrix = self.state.pin_matrix.digits();
        let matrix = matrix.map(|digits| String::from_utf8_lossy(&digits).into_owned());
        let text = self.screen().unwrap_or_default();
        let layout = serde_json::json!({"component": "Screen", "text": text}).to_string();
        let state = Writer::default()
            .when(self.state.pin.is_some(), |w| {
                w.text(2, self.state.pin.as_deref().unwrap_or_default())
            })
            .when(matrix.is_some(), |w| w.text(3, matrix.as_deref().unwrap_or_default()))
            .when(self.state.mnemonic.is_some(), |w| {
                w.text(4, self.state.mnemonic.as_deref().unwrap_or_default())
            })
            .flag(6, self.state.passphrase_protection)
            .text(13, &layout);
        (STATE, state.finish())
    }
}

fn packets(replies: impl IntoIterator<Item = Reply>) -> Vec<Packet> {
    replies.into_iter().flat_map(|(kind, payload)| codec_v1::packets(kind, &payload)).collect()
}
