//! Channels: converts between packets and messages.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use trezor_thp::{
    ChannelIO,
    channel::{
        PacketInResult, PairingState, Phase, SEND_BUFFER_OVERHEAD,
        device::{Channel, ChannelIdAllocator, ChannelOpen, Mux},
        retransmit_after_ms,
    },
    credential::CredentialVerifier,
};

use super::{
    credential::{DeviceKeys, Host, HostCredential},
    noise::Primitives,
    pairing::Pairing,
};
use crate::{
    Packet,
    trezor::protobuf::{Message, Writer},
};

/// The number of channels that firmware keeps, during the handshake and after it.
const MOST_OPENING: usize = 4;
const MOST_OPEN: usize = 10;

/// A channel that is silent for longer is replaced.
const STALE: Duration = Duration::from_secs(1);

/// ThpPairingMethod.
pub(super) const SKIP: u64 = 1;
pub(super) const CODE_ENTRY: u64 = 2;
const QR_CODE: u64 = 3;
const NFC: u64 = 4;

/// A message from a channel.
pub(in crate::trezor) struct Incoming {
    pub(in crate::trezor) channel: u16,
    pub(in crate::trezor) session: u8,
    pub(in crate::trezor) kind: u16,
    pub(in crate::trezor) payload: Vec<u8>,
}

/// All channels of a device.
pub(in crate::trezor) struct Front {
    mux: Mux<Primitives>,
    ids: ChannelIdAllocator,
    opening: Vec<Opening>,
    open: Vec<Open>,
    known: Known,
    /// The channel with an unfinished request, and the time of its last message.
    active: Option<(u16, Instant)>,
    /// The channel that was replaced by another, until its sessions have moved.
    pub(in crate::trezor) replaced: Option<(u16, u16)>,
    /// The number of further messages to answer with "busy".
    pub(in crate::trezor) busy: usize,
    /// The longest wait for an acknowledgement before a packet is sent again.
    pub(in crate::trezor) patience: Duration,
}

struct Opening {
    channel: ChannelOpen<Verifier, Primitives>,
    sent: Instant,
}

struct Open {
    channel: Channel<Primitives>,
    incoming: Vec<u8>,
    outgoing: Vec<u8>,
    /// Messages that wait until the previous one is acknowledged.
    due: Vec<(u8, u16, Vec<u8>)>,
    sent: Instant,
    /// Set until pairing is over.
    pairing: Option<Pairing>,
}

/// The handshake's data: the device's keys, and the computers with channels.
#[derive(Clone)]
struct Known(Arc<Mutex<KnownInner>>);

struct KnownInner {
    keys: DeviceKeys,
    connected: Vec<[u8; 32]>,
    verified: Option<Host>,
}

struct Verifier(Known);

impl CredentialVerifier for Verifier {
    fn verify(&self, host_key: &[u8], payload: &[u8]) -> PairingState {
        let mut known = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (payload, _) = Message::read(payload);
        let host = payload.bytes(1).and_then(|shown| known.keys.verify(host_key, shown));
        let connected = known.connected.iter().any(|key| key == host_key);
        let state = match &host {
            None => PairingState::Unpaired,
            Some(host) if host.autoconnect || connected => PairingState::PairedAutoconnect,
            Some(_) => PairingState::Paired,
        };
        known.verified = host;
        state
    }
}

impl Front {
    pub(in crate::trezor) fn new() -> Option<Self> {
        let inner =
            KnownInner { keys: DeviceKeys::random(), connected: Vec::new(), verified: None };
        Some(Self {
            mux: Mux::new(&properties()).ok()?,
            ids: ChannelIdAllocator::new_random::<Primitives>(),
            opening: Vec::new(),
            open: Vec::new(),
            known: Known(Arc::new(Mutex::new(inner))),
            active: None,
            replaced: None,
            busy: 0,
            patience: Duration::MAX,
        })
    }

    pub(super) fn keys(&self) -> DeviceKeys {
        self.known.0.lock().unwrap_or_else(PoisonError::into_inner).keys.clone()
    }

    /// The credentials of a paired computer, which connects without a question.
    pub(in crate::trezor) fn pair(&self, name: &str, app: &str) -> HostCredential {
        let host = Host { name: name.to_owned(), app: app.to_owned(), autoconnect: true };
        self.keys().pair(&host)
    }

    /// Receives a packet. `unlock` returns whether the device is unlocked; its argument says
    /// whether it may ask the user for the PIN.
    pub(in crate::trezor) fn packet(
        &mut self,
        packet: &Packet,
        mut unlock: impl FnMut(bool) -> bool,
    ) -> Option<Incoming> {
        match self.mux.packet_in(packet, &mut []) {
            PacketInResult::ChannelAllocation => {
                let id = self.ids.get();
                let verifier = Verifier(self.known.clone());
                if let Ok(channel) = self.mux.channel_alloc(id, verifier) {
                    if self.opening.len() >= MOST_OPENING {
                        self.opening.remove(0);
                    }
                    self.opening.push(Opening { channel, sent: Instant::now() });
                }
                None
            }
            PacketInResult::Route { channel_id, .. } => {
                if let Some(at) = position(&self.opening, channel_id, |o| o.channel.channel_id()) {
                    self.handshake(at, packet, &mut unlock);
                    return None;
                }
                match position(&self.open, channel_id, |o| o.channel.channel_id()) {
                    Some(at) => self.application(at, packet),
                    None => {
                        // Continuations after a lost packet are not an error.
                        if packet.first().is_some_and(|byte| byte & 0x80 == 0) {
                            let _ = self.mux.send_unallocated_channel(channel_id);
                        }
                        None
                    }
                }
            }
            _ => None,
        }
    }

    fn handshake(&mut self, at: usize, packet: &Packet, unlock: &mut impl FnMut(bool) -> bool) {
        let private_key = self.keys().private_key;
        let Some(opening) = self.opening.get_mut(at) else { return };
        let result = opening.channel.packet_in(packet, &mut []);
        opening.sent = Instant::now();
        if let PacketInResult::HandshakeKeyRequired { try_to_unlock } = result {
            let _ = if unlock(try_to_unlock) {
                opening.channel.set_static_key(&private_key)
            } else {
                opening.channel.send_device_locked()
            };
        }
        if opening.channel.handshake_done() {
            let opening = self.opening.remove(at);
            let host = self.known.0.lock().unwrap_or_else(PoisonError::into_inner).verified.take();
            if let Ok(channel) = opening.channel.complete() {
                self.push(channel, host);
            }
        }
    }

    fn push(&mut self, channel: Channel<Primitives>, host: Option<Host>) {
        if self.open.len() >= MOST_OPEN {
            self.open.remove(0);
        }
        let is_free = matches!(
            channel.phase(),
            Phase::PairingCredential { handshake_pairing_state: PairingState::PairedAutoconnect }
        );
        let host = host.filter(|_| channel_is_paired(&channel));
        self.open.push(Open {
            channel,
            incoming: vec![0; usize::from(u16::MAX)],
            outgoing: Vec::new(),
            due: Vec::new(),
            sent: Instant::now(),
            pairing: Some(Pairing::new(host, is_free)),
        });
    }

    fn application(&mut self, at: usize, packet: &Packet) -> Option<Incoming> {
        let open = self.open.get_mut(at)?;
        let id = open.channel.channel_id();
        let begins = packet.first().is_some_and(|byte| byte & 0xe7 == 0x04);
        if begins && self.busy > 0 {
            self.busy -= 1;
            let _ = self.mux.send_transport_busy(id);
            return None;
        }
        // Another channel has an unfinished request and has not timed out.
        let other = self.active.filter(|(active, _)| *active != id);
        let stale = self.patience.saturating_mul(5).min(STALE);
        if begins && other.is_some_and(|(_, since)| since.elapsed() < stale) {
            let _ = self.mux.send_transport_busy(id);
            return None;
        }
        let result = open.channel.packet_in(packet, &mut open.incoming);
        if open.channel.is_failed() {
            self.close(id);
            return None;
        }
        if !result.got_message() {
            self.send_due(id);
            return None;
        }
        let Ok((session, kind, payload)) = open.channel.message_out(&mut open.incoming) else {
            return None;
        };
        let payload = payload.to_vec();
        Some(Incoming { channel: id, session, kind, payload })
    }

    /// Sets the channel with an unfinished request, if any.
    pub(in crate::trezor) fn set_active(&mut self, channel: Option<u16>) {
        self.active = channel.map(|channel| (channel, Instant::now()));
    }

    /// Sends a message over `channel`.
    pub(in crate::trezor) fn send(&mut self, channel: u16, session: u8, kind: u16, payload: &[u8]) {
        if let Some(open) = self.find(channel) {
            open.due.push((session, kind, payload.to_vec()));
        }
        self.send_due(channel);
    }

    fn send_due(&mut self, channel: u16) {
        let Some(open) = self.find(channel) else { return };
        if open.due.is_empty() || !open.channel.message_in_ready() {
            return;
        }
        let (session, kind, payload) = open.due.remove(0);
        let mut buffer = vec![0; payload.len() + SEND_BUFFER_OVERHEAD];
        if open.channel.message_in_from(session, kind, &payload, &mut buffer).is_ok() {
            open.outgoing = buffer;
            open.sent = Instant::now();
        }
    }

    /// The unfinished pairing of `channel`.
    pub(in crate::trezor) fn pairing(&mut self, channel: u16) -> Option<&mut Pairing> {
        self.find(channel)?.pairing.as_mut()
    }

    pub(super) fn handshake_hash(&mut self, channel: u16) -> [u8; 32] {
        self.find(channel).map(|open| *open.channel.handshake_hash()).unwrap_or_default()
    }

    /// Ends pairing on `channel`, which replaces another channel of the same host.
    pub(super) fn end_pairing(&mut self, channel: u16) {
        let Some(open) = self.find(channel) else { return };
        open.channel.end_pairing();
        open.pairing = None;
        let host = *open.channel.remote_static_pubkey();
        let old = self.open.iter().map(|open| &open.channel).find(|other| {
            other.is_encrypted_transport()
                && other.channel_id() != channel
                && *other.remote_static_pubkey() == host
        });
        if let Some(old) = old.map(ChannelIO::channel_id) {
            self.close(old);
            self.replaced = Some((old, channel));
        }
        let mut known = self.known.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.connected.push(host);
    }

    pub(super) fn close(&mut self, channel: u16) {
        self.open.retain(|open| open.channel.channel_id() != channel);
        self.active = self.active.filter(|(active, _)| *active != channel);
    }

    /// Closes all channels, as happens when the device is plugged in again.
    pub(in crate::trezor) fn close_all(&mut self) {
        self.open.clear();
        self.opening.clear();
        self.active = None;
        self.mux.reset();
        self.known.0.lock().unwrap_or_else(PoisonError::into_inner).connected.clear();
    }

    fn find(&mut self, channel: u16) -> Option<&mut Open> {
        self.open.iter_mut().find(|open| open.channel.channel_id() == channel)
    }

    /// Sends packets again that were not acknowledged in time.
    pub(in crate::trezor) fn tick(&mut self) {
        let patience = self.patience;
        let after = |retry| after(retry).min(patience);
        for opening in &mut self.opening {
            if let Some(retry) = opening.channel.sending_retry()
                && opening.sent.elapsed() >= after(retry)
            {
                let _ = opening.channel.message_retransmit();
                opening.sent = Instant::now();
            }
        }
        for open in &mut self.open {
            if let Some(retry) = open.channel.sending_retry()
                && open.sent.elapsed() >= after(retry)
            {
                let _ = open.channel.message_retransmit();
                open.sent = Instant::now();
            }
        }
    }

    /// Takes all packets that are ready to send.
    pub(in crate::trezor) fn packets(&mut self) -> Vec<Packet> {
        let mut packets = Vec::new();
        let mut packet: Packet = [0; 64];
        while self.mux.packet_out_ready() && self.mux.packet_out(&mut packet, &[]).is_ok() {
            packets.push(packet);
        }
        for opening in &mut self.opening {
            while opening.channel.packet_out_ready()
                && opening.channel.packet_out(&mut packet, &[]).is_ok()
            {
                packets.push(packet);
            }
        }
        self.opening.retain(|opening| !opening.channel.handshake_failed());
        for open in &mut self.open {
            while open.channel.packet_out_ready()
                && open.channel.packet_out(&mut packet, &open.outgoing).is_ok()
            {
                packets.push(packet);
            }
        }
        self.open.retain(|open| !open.channel.is_failed());
        packets
    }
}

fn position<T>(all: &[T], id: u16, id_of: impl Fn(&T) -> u16) -> Option<usize> {
    all.iter().position(|one| id_of(one) == id)
}

fn channel_is_paired(channel: &Channel<Primitives>) -> bool {
    matches!(
        channel.phase(),
        Phase::PairingCredential { handshake_pairing_state } if handshake_pairing_state.is_paired()
    )
}

fn after(retry: u8) -> Duration {
    Duration::from_millis(retransmit_after_ms(retry).into())
}

/// The recorded ThpDeviceProperties: model, variant, version 2.1, and all pairing methods, because
/// the emulator was a debug build. The mock supports the first two.
fn properties() -> Vec<u8> {
    let version = Writer::default().text(1, "T3W1").number(2, 0).number(3, 2).number(4, 1);
    version.numbers(5, &[CODE_ENTRY, SKIP, NFC, QR_CODE]).finish()
}
