//! Commands in 64-byte packets: `channel (2) | 05 | sequence (2) | [total length (2), packet 0
//! only] | data`, padded with zeros.

use super::MAX_APDU;
use crate::Packet;

const TAG_APDU: u8 = 0x05;

/// Assembles the packets of one command.
#[derive(Default)]
pub(super) struct Assembler {
    message: Option<Message>,
}

struct Message {
    length: usize,
    next_sequence: u16,
    data: Vec<u8>,
}

impl Assembler {
    /// Adds a packet. Returns its channel and the command, once that is complete.
    ///
    /// A packet with another tag, or out of sequence, is dropped together with all earlier ones.
    /// Packet 0 always begins a new command, so that a host that stopped halfway can
    /// start again.
    pub(super) fn receive(&mut self, packet: &Packet) -> Option<([u8; 2], Vec<u8>)> {
        let (channel, rest) = packet.split_first_chunk::<2>()?;
        let (tag, rest) = rest.split_first()?;
        let (sequence, rest) = rest.split_first_chunk::<2>()?;
        let started = self.message.take();
        if *tag != TAG_APDU {
            return None;
        }
        let (mut message, data) = match (u16::from_be_bytes(*sequence), started) {
            (0, _) => Message::begin(rest)?,
            (sequence, Some(message)) if sequence == message.next_sequence => (message, rest),
            _ => return None,
        };
        let missing = message.length - message.data.len();
        message.data.extend(data.iter().take(missing));
        message.next_sequence += 1;
        if message.data.len() < message.length {
            self.message = Some(message);
            return None;
        }
        Some((*channel, message.data))
    }
}

impl Message {
    /// The message that packet 0 announces, and the data after its header. A message that is longer
    /// than any command is dropped.
    fn begin(packet: &[u8]) -> Option<(Self, &[u8])> {
        let (length, data) = packet.split_first_chunk::<2>()?;
        let length = usize::from(u16::from_be_bytes(*length));
        (length <= MAX_APDU).then_some((Self { length, next_sequence: 0, data: Vec::new() }, data))
    }
}

/// Splits `reply` into packets; none if there is no reply.
pub(super) fn packets(channel: [u8; 2], reply: &[u8]) -> Vec<Packet> {
    if reply.is_empty() {
        return Vec::new();
    }
    let length = (reply.len() as u16).to_be_bytes();
    let (mut bytes, mut sequence) = (length.iter().chain(reply).copied().peekable(), 0_u16);
    let mut packets = Vec::new();
    while bytes.peek().is_some() {
        let [high, low] = channel;
        let [sequence_high, sequence_low] = sequence.to_be_bytes();
        let header = [high, low, TAG_APDU, sequence_high, sequence_low];
        let mut packet = [0; 64];
        for (to, from) in packet.iter_mut().zip(header.into_iter().chain(bytes.by_ref().take(59))) {
            *to = from;
        }
        packets.push(packet);
        sequence += 1;
    }
    packets
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHANNEL: [u8; 2] = [0x13, 0x37];

    fn receive(assembler: &mut Assembler, packets: &[Packet]) -> Vec<([u8; 2], Vec<u8>)> {
        packets.iter().filter_map(|packet| assembler.receive(packet)).collect()
    }

    fn command(length: usize) -> Vec<u8> {
        (0..length).map(|i| i as u8).collect()
    }

    #[test]
    fn a_packet_is_laid_out_as_the_firmware_does_it() {
        let packets = packets(CHANNEL, &[0xaa; 58]);
        assert_eq!(packets.len(), 2);
        assert_eq!(packets[0][..8], [0x13, 0x37, 0x05, 0, 0, 0, 58, 0xaa]);
        assert_eq!(packets[1][..7], [0x13, 0x37, 0x05, 0, 1, 0xaa, 0]);
    }

    #[test]
    fn commands_of_every_length_arrive_on_their_channel() {
        let mut assembler = Assembler::default();
        for length in 1..=MAX_APDU {
            let sent = command(length);
            assert_eq!(receive(&mut assembler, &packets(CHANNEL, &sent)), [(CHANNEL, sent)]);
        }
        assert_eq!(receive(&mut assembler, &packets(CHANNEL, &command(MAX_APDU + 1))), []);
    }

    #[test]
    fn a_lost_repeated_or_damaged_packet_loses_the_command_and_nothing_after_it() {
        let sent = packets(CHANNEL, &command(200));
        for at in 0..sent.len() {
            let lost = [&sent[..at], &sent[at + 1..]].concat();
            let mut damaged = sent.clone();
            damaged[at][2] = 0x42;
            for bad in [lost, damaged] {
                let mut assembler = Assembler::default();
                assert_eq!(receive(&mut assembler, &bad), [], "packet {at}");
                assert_eq!(receive(&mut assembler, &sent), [(CHANNEL, command(200))]);
            }
        }
        let repeated = [&sent[..2], &sent[1..]].concat();
        assert_eq!(receive(&mut Assembler::default(), &repeated), []);
    }
}
