//! The messages before a channel's first application message: pairing, or the confirmation of an
//! earlier one, and the credential for the next time.

use super::{
    code_entry::CodeEntry,
    credential::Host,
    front::{CODE_ENTRY, SKIP},
};
use crate::{
    Decision,
    trezor::{
        Reply, Trezor,
        failure::{CANCELLED, Failure, UNKNOWN_MESSAGE},
        kind,
        protobuf::{Message, Writer},
        screen::{Screen, code},
    },
};

const PAIRING_REQUEST: u16 = 1008;
const PAIRING_REQUEST_APPROVED: u16 = 1009;
const SELECT_METHOD: u16 = 1010;
const CREDENTIAL_REQUEST: u16 = 1016;
const CREDENTIAL_RESPONSE: u16 = 1017;
const END_REQUEST: u16 = 1018;
const END_RESPONSE: u16 = 1019;
const CODE_ENTRY_COMMITMENT: u16 = 1024;
const CODE_ENTRY_CHALLENGE: u16 = 1025;
const CODE_ENTRY_CPACE_TREZOR: u16 = 1026;
const CODE_ENTRY_CPACE_HOST_TAG: u16 = 1027;
const CODE_ENTRY_SECRET: u16 = 1028;

const NO_HOST: Failure = Failure::new(3, "", "Missing host_name.");
const NO_APP: Failure = Failure::new(3, "", "Missing app_name.");
const METHOD: Failure = Failure::new(3, "", "Selected pairing method is not supported");
const TAG: Failure = Failure::new(3, "", "Unexpected Code Entry Tag");
const HOST_KEY: Failure = Failure::new(3, "", "CPACE host public key must be 32 bytes long");
const AUTOCONNECT: Failure =
    Failure::new(3, "", "Cannot ask for autoconnect credential after pairing");

/// The state of pairing on a channel.
pub(in crate::trezor) struct Pairing {
    host: Host,
    /// Whether the host has presented a credential.
    was_paired: bool,
    step: Step,
}

enum Step {
    /// Waits for the host's name.
    Request,
    /// Asks the user whether to pair the host.
    Allow,
    /// Waits for the method.
    Method,
    /// Waits for the host's challenge.
    Challenge(Box<CodeEntry>),
    /// Shows the code, and waits for the proof.
    Code(Box<CodeEntry>),
    /// The code was wrong: the channel accepts no further messages.
    Failed,
    /// Asks the user whether the host may connect, before handling this message.
    Connect(u16, Vec<u8>),
    /// Issues credentials until the host ends pairing.
    Credential { asks: bool },
}

impl Pairing {
    /// The state for a host that has presented the credential of `host` and may connect without a question.
    pub(super) fn new(host: Option<Host>, is_free: bool) -> Self {
        let step = match host {
            Some(_) => Step::Credential { asks: !is_free },
            None => Step::Request,
        };
        Self { was_paired: host.is_some(), host: host.unwrap_or_default(), step }
    }

    fn question(&self, what: &str) -> String {
        format!("Allow {} on {} to {what} this Trezor?", self.host.app, self.host.name)
    }
}

impl Trezor {
    /// Handles a message on a channel whose pairing is not over.
    pub(in crate::trezor) fn pairing_message(
        &mut self,
        channel: u16,
        kind: u16,
        payload: &[u8],
    ) -> Vec<Reply> {
        let Some(pairing) = self.thp.as_mut().and_then(|thp| thp.pairing(channel)) else {
            return Vec::new();
        };
        let mut pairing = std::mem::replace(pairing, Pairing::new(None, false));
        let reply = self.pairing_step(channel, &mut pairing, kind, payload);
        if let Some(slot) = self.thp.as_mut().and_then(|thp| thp.pairing(channel)) {
            *slot = pairing;
        }
        match reply {
            Ok(replies) => replies,
            Err(failure) => vec![failure.reply(self.state.model)],
        }
    }

    fn pairing_step(
        &mut self,
        channel: u16,
        pairing: &mut Pairing,
        kind: u16,
        payload: &[u8],
    ) -> Result<Vec<Reply>, Failure> {
        let (message, _) = Message::read(payload);
        let step = std::mem::replace(&mut pairing.step, Step::Failed);
        match (step, kind) {
            // The code is removed from the screen, and the channel closed without an answer.
            (Step::Code(_), kind::CANCEL) => {
                self.pairing_code.hide();
                if let Some(thp) = &mut self.thp {
                    thp.close(channel);
                }
                Ok(Vec::new())
            }
            (step, kind::CANCEL) => {
                let given = matches!(step, Step::Credential { .. } | Step::Connect(..));
                pairing.step = if given { Step::Credential { asks: true } } else { Step::Request };
                Err(CANCELLED)
            }
            (Step::Request, PAIRING_REQUEST) => {
                pairing.step = Step::Request;
                let text =
                    |field, missing| message.text(field).filter(|t| !t.is_empty()).ok_or(missing);
                let (name, app) = (text(1, NO_HOST)?, text(2, NO_APP)?);
                pairing.host = Host { name, app, autoconnect: false };
                pairing.step = Step::Allow;
                Ok(vec![self.button("thp_pairing_request")])
            }
            (Step::Allow, kind::BUTTON_ACK) => {
                let Some(allowed) = self.allows(&pairing.question("pair with")) else {
                    pairing.step = Step::Allow;
                    return Ok(Vec::new());
                };
                pairing.step = if allowed { Step::Method } else { Step::Request };
                let approved = (PAIRING_REQUEST_APPROVED, Vec::new());
                if allowed { Ok(vec![approved]) } else { Err(CANCELLED) }
            }
            // Selecting the method again restarts it.
            (Step::Method | Step::Challenge(_) | Step::Code(_), SELECT_METHOD) => {
                self.pairing_code.hide();
                pairing.step = Step::Request;
                match message.number(1) {
                    Some(CODE_ENTRY) => {}
                    Some(SKIP) => return self.credential(channel, pairing, END_REQUEST, &[]),
                    _ => return Err(METHOD),
                }
                let hash = self.thp.as_mut().map(|thp| thp.handshake_hash(channel));
                let entry = CodeEntry::new(hash.unwrap_or_default());
                let reply = Writer::default().bytes(1, &entry.commitment()).finish();
                pairing.step = Step::Challenge(Box::new(entry));
                Ok(vec![(CODE_ENTRY_COMMITMENT, reply)])
            }
            (Step::Challenge(mut entry), CODE_ENTRY_CHALLENGE) => {
                let key = entry.challenged(message.bytes(1).unwrap_or_default());
                self.pairing_code.show(entry.code());
                pairing.step = Step::Code(entry);
                Ok(vec![(CODE_ENTRY_CPACE_TREZOR, Writer::default().bytes(1, &key).finish())])
            }
            (Step::Code(entry), CODE_ENTRY_CPACE_HOST_TAG) => {
                self.pairing_code.hide();
                let key = message.bytes(1).and_then(|key| key.try_into().ok()).ok_or(HOST_KEY)?;
                let tag = message.bytes(2).unwrap_or_default();
                let secret = entry.revealed(key, tag).ok_or(TAG)?;
                pairing.step = Step::Credential { asks: false };
                Ok(vec![(CODE_ENTRY_SECRET, Writer::default().bytes(1, &secret).finish())])
            }
            (Step::Credential { asks: true }, kind) => {
                pairing.step = Step::Connect(kind, payload.to_vec());
                Ok(vec![self.button("thp_connection_request")])
            }
            (Step::Connect(kind, payload), kind::BUTTON_ACK) => {
                let Some(allowed) = self.allows(&pairing.question("connect with")) else {
                    pairing.step = Step::Connect(kind, payload);
                    return Ok(Vec::new());
                };
                pairing.step = Step::Credential { asks: !allowed };
                if allowed {
                    self.credential(channel, pairing, kind, &payload)
                } else {
                    Err(CANCELLED)
                }
            }
            (Step::Credential { asks: false }, kind) => {
                pairing.step = Step::Credential { asks: false };
                self.credential(channel, pairing, kind, payload)
            }
            (step, _) => {
                pairing.step = step;
                Err(UNKNOWN_MESSAGE)
            }
        }
    }

    /// Issues a credential, or ends pairing.
    fn credential(
        &mut self,
        channel: u16,
        pairing: &Pairing,
        kind: u16,
        payload: &[u8],
    ) -> Result<Vec<Reply>, Failure> {
        let (message, _) = Message::read(payload);
        let thp = self.thp.as_mut().ok_or(UNKNOWN_MESSAGE)?;
        match kind {
            END_REQUEST => {
                thp.end_pairing(channel);
                Ok(vec![(END_RESPONSE, Vec::new())])
            }
            CREDENTIAL_REQUEST => {
                let autoconnect = message.flag(2).unwrap_or_default();
                if autoconnect && !pairing.was_paired {
                    return Err(AUTOCONNECT);
                }
                let host = Host { autoconnect, ..pairing.host.clone() };
                let keys = thp.keys();
                let credential = keys.issue(message.bytes(1).unwrap_or_default(), &host);
                let reply = Writer::default().bytes(1, &keys.public_key()).bytes(2, &credential);
                Ok(vec![(CREDENTIAL_RESPONSE, reply.finish())])
            }
            _ => Err(UNKNOWN_MESSAGE),
        }
    }

    fn button(&self, name: &'static str) -> Reply {
        Screen::new(code::OTHER, name, "").request(self.state.model)
    }

    /// The user's answer to `question`; `None` while the user is away.
    fn allows(&mut self, question: &str) -> Option<bool> {
        if self.away {
            return None;
        }
        let approved = self.user.decide(question) == Decision::Approve;
        match self.user.take_event() {
            None => Some(approved),
            Some(act) => {
                self.happen(act);
                None
            }
        }
    }
}
