//! Codec v1: a message as 64-byte packets. The first is `?##`, the type (u16), the length (u32,
//! both big-endian) and data, each other one `?` and data; the last is padded with zeros.

use crate::Packet;

/// The result of adding a packet.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Received {
    /// Nothing yet.
    Nothing,
    /// A message: its type and its bytes.
    Message(u16, Vec<u8>),
    /// A first packet that announces more than the device accepts.
    TooBig,
    /// A packet that neither begins nor continues a message. Earlier packets are dropped.
    Stray,
}

/// Assembles messages from packets.
pub(super) struct Assembler {
    cap: usize,
    partial: Option<Partial>,
}

struct Partial {
    kind: u16,
    length: usize,
    bytes: Vec<u8>,
}

impl Assembler {
    /// Accepts messages of at most `cap` bytes.
    pub(super) fn new(cap: usize) -> Self {
        Self { cap, partial: None }
    }

    /// Discards an incomplete message.
    pub(super) fn reset(&mut self) {
        self.partial = None;
    }

    /// Adds the next packet.
    pub(super) fn push(&mut self, packet: &Packet) -> Received {
        let partial = match (self.partial.take(), packet) {
            (Some(mut partial), [b'?', data @ ..]) => {
                partial.bytes.extend_from_slice(data);
                partial
            }
            (None, [b'?', b'#', b'#', k0, k1, l0, l1, l2, l3, data @ ..]) => {
                let kind = u16::from_be_bytes([*k0, *k1]);
                let length = u32::from_be_bytes([*l0, *l1, *l2, *l3]);
                match usize::try_from(length) {
                    Ok(length) if length <= self.cap => {
                        Partial { kind, length, bytes: data.to_vec() }
                    }
                    _ => return Received::TooBig,
                }
            }
            _ => return Received::Stray,
        };
        self.complete(partial)
    }

    fn complete(&mut self, mut partial: Partial) -> Received {
        if partial.bytes.len() < partial.length {
            self.partial = Some(partial);
            return Received::Nothing;
        }
        partial.bytes.truncate(partial.length);
        Received::Message(partial.kind, partial.bytes)
    }
}

/// Splits a message into packets.
pub(super) fn packets(kind: u16, payload: &[u8]) -> Vec<Packet> {
    let length = u32::try_from(payload.len()).unwrap_or(u32::MAX);
    let head = [&b"##"[..], &kind.to_be_bytes(), &length.to_be_bytes(), payload].concat();
    head.chunks(63).map(packet).collect()
}

fn packet(data: &[u8]) -> Packet {
    let mut packet = [0; 64];
    for (to, from) in packet.iter_mut().zip([b'?'].iter().chain(data)) {
        *to = *from;
    }
    packet
}

#[cfg(test)]
mod tests {
    use super::*;

    fn push_all(assembler: &mut Assembler, packets: &[Packet]) -> Vec<Received> {
        packets.iter().map(|packet| assembler.push(packet)).collect()
    }

    #[test]
    fn messages_are_split_and_assembled() {
        for length in [0_usize, 1, 55, 56, 118, 119, 1000] {
            let payload: Vec<u8> = (0..length).map(|i| i as u8).collect();
            let packets = packets(64, &payload);
            assert_eq!(packets.len(), (length + 8).div_ceil(63));
            let received = push_all(&mut Assembler::new(1000), &packets).pop();
            assert_eq!(received, Some(Received::Message(64, payload)));
        }
    }

    #[test]
    fn a_lost_packet_affects_only_its_message() {
        let long = packets(64, &[7; 200]);
        let mut assembler = Assembler::new(1000);
        push_all(&mut assembler, &long[..2]);
        // A packet that is not a continuation ends the message.
        assert_eq!(assembler.push(&[0; 64]), Received::Stray);
        // The remaining continuations do not begin a message.
        assert!(push_all(&mut assembler, &long[2..]).iter().all(|r| *r == Received::Stray));
        let next = push_all(&mut assembler, &packets(1, b"next"));
        assert_eq!(next, [Received::Message(1, b"next".to_vec())]);
    }

    #[test]
    fn an_announced_length_beyond_the_limit_is_rejected() {
        let mut packet = packets(64, &[])[0];
        packet[5..9].copy_from_slice(&u32::MAX.to_be_bytes());
        let mut assembler = Assembler::new(16 * 1024);
        assert_eq!(assembler.push(&packet), Received::TooBig);
        assert_eq!(assembler.push(&packets(1, b"")[0]), Received::Message(1, Vec::new()));
    }
}
