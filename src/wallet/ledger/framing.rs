//! APDUs in 64-byte HID packets: `channel(2) 05 sequence(2) [length(2)] data`, zero-padded; only the
//! first has a length. This module does no I/O.
//!
//! Specification: [the vendor's own packetiser](https://github.com/LedgerHQ/ledger-live/blob/develop/libs/ledgerjs/packages/devices/src/hid-framing.ts).

use zeroize::Zeroizing;

use crate::transport::Packet;
use stockade_base::reader::{ReadError, Reader};

/// The tag of a packet that carries an APDU.
const TAG_APDU: u8 = 0x05;

/// Longer than any reply to a short APDU; a longer one is an error.
pub const MAX_REPLY: usize = 1024;

/// The number of data bytes in the first packet, and in each later one.
const FIRST: usize = 64 - 7;
const LATER: usize = 64 - 5;

/// Packets do not form a reply.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FramingError {
    /// The packet does not carry an APDU.
    #[error("a packet has tag {0:02x} instead of 05")]
    Tag(u8),
    /// A packet was lost, or arrived twice.
    #[error("packet {got} arrived instead of packet {expected}")]
    Sequence {
        /// The number of the packet that arrived.
        got: u16,
        /// The number of the expected packet.
        expected: u16,
    },
    /// The announced length is larger than any reply, or too small for a status word.
    #[error("the announced length of the reply, {0} bytes, is not possible")]
    Length(usize),
    /// The APDU is too long to be sent.
    #[error("{0} bytes are too many to send")]
    TooLong(usize),
    /// A field is missing.
    #[error(transparent)]
    Read(#[from] ReadError),
}

/// Splits `apdu` into packets on `channel`.
pub fn packets(channel: u16, apdu: &[u8]) -> Result<Vec<Packet>, FramingError> {
    let length = u16::try_from(apdu.len()).map_err(|_| FramingError::TooLong(apdu.len()))?;
    let (first, rest) = apdu.split_at_checked(FIRST).unwrap_or((apdu, &[]));
    let mut packets = vec![packet(channel, 0, &length.to_be_bytes(), first)];
    for (sequence, chunk) in (1..).zip(rest.chunks(LATER)) {
        packets.push(packet(channel, sequence, &[], chunk));
    }
    Ok(packets)
}

/// A packet out of sequence. A device that waits for the rest of an APDU then discards what it has, and
/// is ready for the next one; otherwise it would discard that next one.
pub fn reset(channel: u16) -> Packet {
    packet(channel, u16::MAX, &[], &[])
}

fn packet(channel: u16, sequence: u16, length: &[u8], data: &[u8]) -> Packet {
    let [channel, sequence] = [channel, sequence].map(u16::to_be_bytes);
    let bytes = channel.iter().chain(&[TAG_APDU]).chain(&sequence).chain(length).chain(data);
    let mut packet = [0; 64];
    for (to, from) in packet.iter_mut().zip(bytes) {
        *to = *from;
    }
    packet
}

/// Assembles the packets of one reply.
pub struct Assembler {
    channel: u16,
    sequence: u16,
    length: usize,
    data: Zeroizing<Vec<u8>>,
}

impl Assembler {
    /// Expects a reply on `channel`.
    pub fn new(channel: u16) -> Self {
        Self { channel, sequence: 0, length: 0, data: Zeroizing::default() }
    }

    /// Adds the next packet, and returns the reply once it is complete. Packets on other channels
    /// belong to other programs and are ignored.
    pub fn push(&mut self, packet: &Packet) -> Result<Option<Zeroizing<Vec<u8>>>, FramingError> {
        let mut reader = Reader::new(packet);
        if reader.u16_be()? != self.channel {
            return Ok(None);
        }
        let (tag, sequence) = (reader.u8()?, reader.u16_be()?);
        if tag != TAG_APDU {
            return Err(FramingError::Tag(tag));
        }
        if sequence != self.sequence {
            return Err(FramingError::Sequence { got: sequence, expected: self.sequence });
        }
        if sequence == 0 {
            self.start(usize::from(reader.u16_be()?))?;
        }
        let due = (self.length - self.data.len()).min(reader.left());
        self.data.extend_from_slice(reader.bytes(due)?);
        self.sequence += 1;
        if self.data.len() == self.length {
            Ok(Some(std::mem::take(&mut self.data)))
        } else {
            Ok(None)
        }
    }

    fn start(&mut self, length: usize) -> Result<(), FramingError> {
        if !(2..=MAX_REPLY).contains(&length) {
            return Err(FramingError::Length(length));
        }
        self.length = length;
        // Allocated at once: growing would leave copies of a secret in memory.
        self.data = Zeroizing::new(Vec::with_capacity(length));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHANNEL: u16 = 0x0101;

    fn assemble(packets: &[Packet]) -> Result<Option<Vec<u8>>, FramingError> {
        let mut assembler = Assembler::new(CHANNEL);
        for packet in packets {
            if let Some(reply) = assembler.push(packet)? {
                return Ok(Some(reply.to_vec()));
            }
        }
        Ok(None)
    }

    fn message(length: usize) -> Vec<u8> {
        (0..length).map(|n| u8::try_from(n % 251).unwrap()).collect()
    }

    #[test]
    fn replies_of_every_length_are_split_and_assembled() {
        for length in 2..=MAX_REPLY {
            let packets = packets(CHANNEL, &message(length)).unwrap();
            assert_eq!(assemble(&packets), Ok(Some(message(length))), "{length}");
        }
    }

    #[test]
    fn a_lost_or_repeated_packet_is_detected() {
        let packets = packets(CHANNEL, &message(260)).unwrap();
        assert_eq!(packets.len(), 5);
        for n in 0..packets.len() {
            let mut lost = packets.clone();
            lost.remove(n);
            if n == packets.len() - 1 {
                // Nothing follows the last packet, so only the time limit can detect its loss.
                assert_eq!(assemble(&lost), Ok(None))
            } else {
                assert!(matches!(assemble(&lost), Err(FramingError::Sequence { .. })))
            }
            let mut doubled = packets.clone();
            doubled.insert(n, packets[n]);
            if n < packets.len() - 1 {
                assert!(matches!(assemble(&doubled), Err(FramingError::Sequence { .. })));
            }
        }
    }

    #[test]
    fn a_damaged_header_has_its_own_error() {
        let good = packets(CHANNEL, &message(260)).unwrap();
        let damaged = |at: usize, byte| {
            let mut packets = good.clone();
            packets[0][at] = byte;
            assemble(&packets)
        };
        assert_eq!(damaged(2, 2), Err(FramingError::Tag(2)));
        assert_eq!(damaged(4, 9), Err(FramingError::Sequence { got: 9, expected: 0 }));
        assert_eq!(damaged(5, 0xff), Err(FramingError::Length(0xff04)));
        let mut empty = good[0];
        empty[5..7].fill(0);
        assert_eq!(assemble(&[empty]), Err(FramingError::Length(0)));
    }

    #[test]
    fn packets_on_other_channels_are_ignored() {
        let mut packets = packets(CHANNEL, &message(100)).unwrap();
        packets.insert(1, packet(0x0202, 7, &[], &[0xff; 59]));
        assert_eq!(assemble(&packets), Ok(Some(message(100))));
    }
}
