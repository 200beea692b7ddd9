//! Messages over THP: their sessions and answers.

use super::{
    Packet, Trezor, kind,
    thp::{self, Incoming},
};
use crate::Decision;

impl Trezor {
    /// Receives one packet, and returns the answer of a Safe 7.
    pub(super) fn thp_packet(&mut self, packet: &Packet) -> Vec<Packet> {
        let Some(mut thp) = self.thp.take() else { return Vec::new() };
        let incoming = thp.packet(packet, |may_ask| self.unlock_for_handshake(may_ask));
        // Acknowledged before it is read.
        let mut packets = thp.packets();
        self.thp = Some(thp);
        if let Some(incoming) = incoming {
            self.thp_message(&incoming);
        }
        if let Some(thp) = &mut self.thp {
            packets.extend(thp.packets());
        }
        packets
    }

    fn thp_message(&mut self, incoming: &Incoming) {
        let Incoming { channel, session, kind, payload } = incoming;
        let is_pairing = self.thp.as_mut().is_some_and(|thp| thp.pairing(*channel).is_some());
        let replies = if is_pairing {
            self.pairing_message(*channel, *kind, payload)
        } else {
            self.session_message((*channel, *session), *kind, payload)
        };
        if let Some((old, new)) = self.thp.as_mut().and_then(|thp| thp.replaced.take()) {
            self.state.sessions.rename(|id| thp::moved(id, old, new));
            // The old channel's request is cancelled.
            self.pending = None;
        }
        let busy = self.pending.is_some();
        let Some(thp) = &mut self.thp else { return };
        thp.set_active(busy.then_some(*channel));
        // Pairing messages are answered outside of a session.
        let session = if is_pairing { 0 } else { *session };
        for (kind, payload) in replies {
            thp.send(*channel, session, kind, &payload);
        }
    }

    fn session_message(&mut self, at: (u16, u8), kind: u16, payload: &[u8]) -> Vec<super::Reply> {
        match self.pending_of {
            // From the same channel: ignored. From another: the first was silent for too long.
            Some(of) if self.pending.is_some() && of != at && of.0 == at.0 => return Vec::new(),
            Some(of) if of != at => self.pending = None,
            _ => {}
        }
        let id = thp::id(at.0, at.1);
        match kind {
            kind::THP_CREATE_NEW_SESSION => self.state.sessions.begin(id),
            _ => self.state.sessions.choose(id),
        }
        let replies = self.message(kind, payload);
        self.pending_of = self.pending.is_some().then_some(at);
        replies
    }

    /// Whether the device is unlocked. Asks the user for the PIN if allowed.
    fn unlock_for_handshake(&mut self, may_ask: bool) -> bool {
        if !self.state.unlocked && may_ask && !self.away {
            let typed = self.user.decide("Enter PIN") == Decision::Approve;
            self.state.unlocked = typed;
            if let Some(act) = self.user.take_event() {
                self.happen(act);
            }
        }
        self.state.unlocked
    }
}
