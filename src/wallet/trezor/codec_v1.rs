//! Messages in 64-byte packets: `?## type(2) length(4) data`, then `? data`, zero-padded. This module
//! does no I/O.
//!
//! Specification: [Trezor, codec v1](https://docs.trezor.io/trezor-firmware/common/communication/index.html).

use zeroize::Zeroizing;

use crate::transport::Packet;
use stockade_base::reader::{ReadError, Reader};

/// Far longer than any answer to a request of this crate; a longer one is an error.
pub const MAX_MESSAGE: usize = 64 * 1024;

/// The prefixes of a first packet, and of every packet.
const FIRST: &[u8] = b"?##";
const EVERY: &[u8] = b"?";

/// An empty packet that does not begin a message.
pub const EMPTY: Packet = {
    let mut packet = [0; 64];
    packet[0] = b'?';
    packet
};

/// An encoded message. Its payload may be secret, so it is wiped.
pub struct Message {
    /// The wire id of the protobuf message's type.
    pub kind: u16,
    /// The protobuf message.
    pub payload: Zeroizing<Vec<u8>>,
}

/// Packets do not form a message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CodecError {
    /// A packet has the wrong prefix: an earlier packet was lost, or this is another protocol.
    #[error("a packet has the wrong prefix")]
    Prefix,
    /// The message is longer than any answer, or too long to be sent.
    #[error("a message of {0} bytes is too long")]
    Length(usize),
    /// A field is missing.
    #[error(transparent)]
    Read(#[from] ReadError),
}

/// Splits `message` into packets.
pub fn packets(message: &Message) -> Result<Zeroizing<Vec<Packet>>, CodecError> {
    let too_long = || CodecError::Length(message.payload.len());
    if message.payload.len() > MAX_MESSAGE {
        return Err(too_long());
    }
    let length = u32::try_from(message.payload.len()).map_err(|_| too_long())?;
    let header = [FIRST, &message.kind.to_be_bytes(), &length.to_be_bytes()].concat();
    let room = size_of::<Packet>() - header.len();
    let (first, rest) = message.payload.split_at_checked(room).unwrap_or((&message.payload, &[]));
    let later = rest.chunks(size_of::<Packet>() - EVERY.len());

    let mut packets = Zeroizing::new(Vec::with_capacity(1 + later.len()));
    packets.push(packet(&header, first));
    packets.extend(later.map(|chunk| packet(EVERY, chunk)));
    Ok(packets)
}

fn packet(header: &[u8], data: &[u8]) -> Packet {
    let mut packet = [0; 64];
    for (to, from) in packet.iter_mut().zip(header.iter().chain(data)) {
        *to = *from;
    }
    packet
}

/// Assembles the packets of one message.
#[derive(Default)]
pub struct Assembler {
    /// The message's type and length, once its first packet has arrived.
    started: Option<(u16, usize)>,
    payload: Zeroizing<Vec<u8>>,
}

impl Assembler {
    /// Adds the next packet, and returns the message once it is complete.
    pub fn push(&mut self, packet: &Packet) -> Result<Option<Message>, CodecError> {
        let mut reader = Reader::new(packet);
        let (kind, length) = match self.started {
            Some(started) => {
                expect(&mut reader, EVERY)?;
                started
            }
            None => self.start(&mut reader)?,
        };
        let due = (length - self.payload.len()).min(reader.left());
        self.payload.extend_from_slice(reader.bytes(due)?);
        if self.payload.len() < length {
            return Ok(None);
        }
        self.started = None;
        Ok(Some(Message { kind, payload: std::mem::take(&mut self.payload) }))
    }

    fn start(&mut self, reader: &mut Reader<'_>) -> Result<(u16, usize), CodecError> {
        expect(reader, FIRST)?;
        let (kind, length) = (reader.u16_be()?, reader.u32_be()?);
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        if length > MAX_MESSAGE {
            return Err(CodecError::Length(length));
        }
        self.started = Some((kind, length));
        // Allocated at once: growing would leave copies of a secret in memory.
        self.payload = Zeroizing::new(Vec::with_capacity(length));
        Ok((kind, length))
    }
}

fn expect(reader: &mut Reader<'_>, mark: &[u8]) -> Result<(), CodecError> {
    if reader.bytes(mark.len())? == mark { Ok(()) } else { Err(CodecError::Prefix) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(length: usize) -> Message {
        let payload: Vec<u8> = (0..length).map(|n| u8::try_from(n % 251).unwrap()).collect();
        Message { kind: 17, payload: Zeroizing::new(payload) }
    }

    fn assemble(packets: &[Packet]) -> Result<Option<(u16, Vec<u8>)>, CodecError> {
        let mut assembler = Assembler::default();
        for packet in packets {
            if let Some(message) = assembler.push(packet)? {
                return Ok(Some((message.kind, message.payload.to_vec())));
            }
        }
        Ok(None)
    }

    #[test]
    fn messages_of_every_length_are_split_and_assembled() {
        for length in (0..400).chain([MAX_MESSAGE]) {
            let packets = packets(&message(length)).unwrap();
            let expected = (17, message(length).payload.to_vec());
            assert_eq!(assemble(&packets), Ok(Some(expected)), "{length}");
        }
        assert!(matches!(packets(&message(MAX_MESSAGE + 1)), Err(CodecError::Length(_))));
    }

    #[test]
    fn a_lost_packet_never_results_in_a_message() {
        let packets = packets(&message(300)).unwrap();
        assert_eq!(packets.len(), 5);
        for n in 0..packets.len() {
            let mut lost = packets.to_vec();
            lost.remove(n);
            let expected = if n == 0 { Err(CodecError::Prefix) } else { Ok(None) };
            assert_eq!(assemble(&lost), expected, "packet {n}");
        }
    }

    #[test]
    fn a_packet_with_a_wrong_prefix_is_an_error() {
        let good = packets(&message(300)).unwrap();
        for n in 0..good.len() {
            let mut damaged = good.to_vec();
            damaged[n] = [0xaa; 64];
            assert_eq!(assemble(&damaged), Err(CodecError::Prefix), "packet {n}");
        }
    }

    #[test]
    fn an_announced_length_of_four_gigabytes_is_an_error() {
        let mut first = packets(&message(10)).unwrap()[0];
        first[5..9].fill(0xff);
        assert_eq!(assemble(&[first]), Err(CodecError::Length(0xffff_ffff)));
    }
}
