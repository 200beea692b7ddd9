//! The debug link of emulators, which reads the screen and presses the buttons
//! (messages-debug.proto).

use std::time::{Duration, Instant};

use super::{
    Assembler, ONE_MESSAGE_CAP, Received, Reply, Trezor, codec_v1,
    decode::decode,
    failure::UNKNOWN_MESSAGE,
    kind,
    model::Model,
    protobuf::{Message, Writer},
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

/// DebugWaitType: report the state once the screen has changed.
const NEXT_LAYOUT: u64 = 1;

/// The time after which the emulators assume that nothing changes any more.
const LONGEST_WAIT: Duration = Duration::from_secs(3);

/// The device's end. Presses go to the device, whose answers go to the host on the wire.
pub struct DebugLink {
    received: Assembler,
    /// The screen that was last reported to the host, or on which it last pressed something.
    known: Option<Option<String>>,
    /// The time since when the host waits for the next screen.
    waiting: Option<Instant>,
}

impl Default for DebugLink {
    fn default() -> Self {
        Self { received: Assembler::new(ONE_MESSAGE_CAP), known: None, waiting: None }
    }
}

impl DebugLink {
    /// Receives one packet. Returns the answer, and the packets that the device sends on its wire.
    pub fn receive(&mut self, packet: &Packet, trezor: &mut Trezor) -> (Vec<Packet>, Vec<Packet>) {
        let Received::Message(kind, payload) = self.received.push(packet) else {
            return (Vec::new(), Vec::new());
        };
        match kind {
            DECISION => {
                self.known = Some(trezor.screen());
                (Vec::new(), trezor.decided(&payload))
            }
            GET_STATE if Message::read(&payload).0.number(3) == Some(NEXT_LAYOUT) => {
                self.known.get_or_insert_with(|| trezor.screen());
                self.waiting = Some(Instant::now());
                (self.due(trezor), Vec::new())
            }
            GET_STATE => (self.state(trezor), Vec::new()),
            // Acknowledged, but without a visible effect in the mock.
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

    /// Whether the host waits for a new screen.
    pub fn is_waiting(&self) -> bool {
        self.waiting.is_some()
    }

    /// The state, once the screen differs from the one that the host knows.
    pub fn due(&mut self, trezor: &Trezor) -> Vec<Packet> {
        let Some(since) = self.waiting else { return Vec::new() };
        if self.known != Some(trezor.screen()) || since.elapsed() > LONGEST_WAIT {
            self.state(trezor)
        } else {
            Vec::new()
        }
    }

    fn state(&mut self, trezor: &Trezor) -> Vec<Packet> {
        self.waiting = None;
        self.known = Some(trezor.screen());
        packets([trezor.debug_state()])
    }
}

impl Trezor {
    /// Makes all further screens wait for presses over a debug link.
    pub fn wait_for_presses(&mut self) {
        self.by_hand = true;
    }

    /// DebugLinkDecision: a button, or text that the user types.
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
            // A swipe has no effect: everything is on one page.
            (None, None) => return Vec::new(),
        };
        self.presses.push_back(decision);
        packets(self.pressed())
    }

    /// DebugLinkState, with the fields that a host needs to press the right button.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Device as _, User, trezor::Config};

    fn send(link: &mut DebugLink, trezor: &mut Trezor, kind: u16, payload: &[u8]) -> usize {
        let packets = codec_v1::packets(kind, payload);
        packets.iter().map(|packet| link.receive(packet, trezor).0.len()).sum()
    }

    #[test]
    fn the_host_can_wait_for_the_next_layout() {
        let mut trezor = Trezor::new(Config::new(Model::Safe5, User::always(Decision::Approve)));
        trezor.wait_for_presses();
        let mut link = DebugLink::default();
        let next = Writer::default().number(3, NEXT_LAYOUT).finish();
        assert_eq!(send(&mut link, &mut trezor, GET_STATE, &next), 0);
        assert!(link.is_waiting() && link.due(&trezor).is_empty());
        // EthereumGetAddress, shown.
        let path = [0x8000_002c_u64, 0x8000_003c, 0x8000_0000, 0, 0];
        let ask = path.iter().fold(Writer::default(), |w, level| w.number(1, *level));
        for packet in codec_v1::packets(kind::INITIALIZE, &[]) {
            trezor.receive(&packet);
        }
        for packet in codec_v1::packets(kind::ETHEREUM_GET_ADDRESS, &ask.flag(2, true).finish()) {
            trezor.receive(&packet);
        }
        assert!(!link.due(&trezor).is_empty() && !link.is_waiting());
        assert!(send(&mut link, &mut trezor, GET_STATE, &[]) > 0);
        assert_eq!(send(&mut link, &mut trezor, GET_STATE, &next), 0);
    }
}
