//! Messages in 64-byte packets: `?## type(2) length(4) data`, then `? data`, zero padded. No I/O
//! here.
//!
//! Specification: [Trezor, codec v1](https://docs.trezor.io/trezor-firmware/common/communication/index.html).

use zeroize::Zeroizing;

use crate::transport::Packet;
use stockade_base::reader::{ReadError, Reader};

/// Far longer than any answer to what Stockade asks; a device that announces more is not believed.
pub const MAX_MESSAGE: usize = 64 * 1024;

/// The marks of a first packet, and of every packet.
const FIRST: &[u8] = b"?##";
const EVERY: &[u8] = b"?";

/// A packet that begins no message, and adds nothing to one.
pub const NOTHING: Packet = {
    let mut packet = [0; 64];
    packet[0] = b'?';
    packet
};

/// A message as the wire carries it. Its payload may be secret, so it is wiped.
pub struct Message {
    /// What it is: the wire id of the protobuf message.
    pub kind: u16,
    /// The protobuf message.
    pub payload: Zeroizing<Vec<u8>>,
}

/// Why packets do not make a message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CodecError {
    /// Not the mark that a packet begins with: one before it was lost, or this is another protocol.
    #[error("a packet begins with the wrong mark")]
    Mark,
    /// The message is longer than any answer, or than what can be sent.
    #[error("a message of {0} bytes")]
    Length(usize),
    /// A field is missing.
    #[error(transparent)]
    Read(#[from] ReadError),
}

/// The packets that carry `message`.
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

/// Puts the packets of one message together.
#[derive(Default)]
pub struct Assembler {
    /// The message's type and length, once its first packet has come.
    started: Option<(u16, usize)>,
    payload: Zeroizing<Vec<u8>>,
}

impl Assembler {
    /// Takes the next packet and gives the message when it is complete.
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
        // All at once: growing would leave copies of a secret behind.
        self.payload = Zeroizing::new(Vec::with_capacity(length));
        Ok((kind, length))
    }
}

fn expect(reader: &mut Reader<'_>, mark: &[u8]) -> Result<(), CodecError> {
    match reader.bytes(mark.len())? == mark {
        true => Ok(()),
        false => Err(CodecError::Mark),
    }
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
    fn every_length_survives_the_way_there_and_back() {
        for length in (0..400).chain([MAX_MESSAGE]) {
            let packets = packets(&message(length)).unwrap();
            let expected = (17, message(length).payload.to_vec());
            assert_eq!(assemble(&packets), Ok(Some(expected)), "{length}");
        }
        assert!(matches!(packets(&message(MAX_MESSAGE + 1)), Err(CodecError::Length(_))));
    }

    #[test]
    fn a_lost_packet_never_gives_a_message() {
        let packets = packets(&message(300)).unwrap();
        assert_eq!(packets.len(), 5);
        for n in 0..packets.len() {
            let mut lost = packets.to_vec();
            lost.remove(n);
            let expected = if n == 0 { Err(CodecError::Mark) } else { Ok(None) };
            assert_eq!(assemble(&lost), expected, "packet {n}");
        }
    }

    #[test]
    fn a_packet_of_garbage_is_a_typed_error() {
        let good = packets(&message(300)).unwrap();
        for n in 0..good.len() {
            let mut damaged = good.to_vec();
            damaged[n] = [0xaa; 64];
            assert_eq!(assemble(&damaged), Err(CodecError::Mark), "packet {n}");
        }
    }

    #[test]
    fn a_length_of_four_gigabytes_is_not_believed() {
        let mut first = packets(&message(10)).unwrap()[0];
        first[5..9].fill(0xff);
        assert_eq!(assemble(&[first]), Err(CodecError::Length(0xffff_ffff)));
    }
}
