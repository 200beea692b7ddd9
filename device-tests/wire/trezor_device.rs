//! A Trezor made of a function from messages to messages, with a codec of its own.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Duration,
};

use stockade::{
    device::Timeouts,
    transport::{Link, Packet, TransportError},
    trezor::{DeviceInfo, Trezor},
};

/// A message's wire id and payload.
pub(super) type Message = (u16, Vec<u8>);

/// The wire ids that tests name.
pub(super) mod id {
    pub(crate) const INITIALIZE: u16 = 0;
    pub(crate) const SUCCESS: u16 = 2;
    pub(crate) const FAILURE: u16 = 3;
    pub(crate) const FEATURES: u16 = 17;
    pub(crate) const CANCEL: u16 = 20;
    pub(crate) const BUTTON_REQUEST: u16 = 26;
    pub(crate) const PASSPHRASE_REQUEST: u16 = 41;
    pub(crate) const END_SESSION: u16 = 83;
    pub(crate) const ADDRESS: u16 = 57;
}

type Answer = dyn FnMut(&Message) -> Vec<Message> + Send;

/// The device's end of a link. All messages that it got are kept.
#[derive(Clone)]
pub(super) struct Scripted {
    answer: Arc<Mutex<Box<Answer>>>,
    pub(super) got: Arc<Mutex<Vec<Message>>>,
    incoming: Vec<u8>,
    pub(super) outgoing: VecDeque<Packet>,
}

impl Scripted {
    pub(super) fn new(answer: impl FnMut(&Message) -> Vec<Message> + Send + 'static) -> Self {
        Self {
            answer: Arc::new(Mutex::new(Box::new(answer))),
            got: Arc::default(),
            incoming: Vec::new(),
            outgoing: VecDeque::new(),
        }
    }

    pub(super) fn found(self) -> Box<Trezor> {
        let info = DeviceInfo::simulated("trezor");
        let timeouts = Timeouts::new(Duration::from_millis(90), Duration::from_millis(300));
        Box::new(Trezor::new(Box::new(self), info, timeouts))
    }
}

/// The kinds of the messages that were got, in order.
pub(super) fn kinds(got: &Arc<Mutex<Vec<Message>>>) -> Vec<u16> {
    got.lock().unwrap().iter().map(|(kind, _)| *kind).collect()
}

pub(super) fn packets((kind, payload): &Message) -> Vec<Packet> {
    let mut stream = b"##".to_vec();
    stream.extend_from_slice(&kind.to_be_bytes());
    stream.extend_from_slice(&(payload.len() as u32).to_be_bytes());
    stream.extend_from_slice(payload);
    stream
        .chunks(63)
        .map(|chunk| {
            let mut packet = [0; 64];
            packet[0] = b'?';
            packet[1..1 + chunk.len()].copy_from_slice(chunk);
            packet
        })
        .collect()
}

impl Link for Scripted {
    fn send(&mut self, packet: &Packet) -> Result<(), TransportError> {
        assert_eq!(packet[0], b'?');
        self.incoming.extend_from_slice(&packet[1..]);
        assert_eq!(&self.incoming[..2], b"##");
        let kind = u16::from_be_bytes([self.incoming[2], self.incoming[3]]);
        let length = u32::from_be_bytes(self.incoming[4..8].try_into().unwrap()) as usize;
        if self.incoming.len() >= 8 + length {
            let message = (kind, std::mem::take(&mut self.incoming)[8..8 + length].to_vec());
            self.got.lock().unwrap().push(message.clone());
            for answer in (self.answer.lock().unwrap())(&message) {
                self.outgoing.extend(packets(&answer));
            }
        }
        Ok(())
    }

    fn receive(&mut self, wait: Duration) -> Result<Option<Packet>, TransportError> {
        let packet = self.outgoing.pop_front();
        if packet.is_none() {
            std::thread::sleep(wait);
        }
        Ok(packet)
    }
}
