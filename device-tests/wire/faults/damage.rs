//! What can become of one packet on its way.

use stockade::transport::Packet;

/// What happens to a packet.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Damage {
    /// The device is unplugged instead.
    Gone,
    /// Nothing gets through from this packet on.
    Silence,
    Lost,
    /// A report that is too short: the system says so.
    Truncated,
    /// The second half of it is zeros.
    Blanked,
    /// It announces a message of the greatest length that can be written; a packet that announces
    /// none is followed by one more of its kind.
    Oversized,
    /// It arrives behind the next one.
    OutOfSequence,
    Doubled,
    Garbage,
    /// A well-formed packet of another message in its place.
    WrongMessage,
}

pub(super) const ALL: [Damage; 10] = [
    Damage::Gone,
    Damage::Silence,
    Damage::Lost,
    Damage::Truncated,
    Damage::Blanked,
    Damage::Oversized,
    Damage::OutOfSequence,
    Damage::Doubled,
    Damage::Garbage,
    Damage::WrongMessage,
];

/// How a device frames its messages.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::wire) enum Framing {
    Hid,
    CodecV1,
    Thp,
}

impl Framing {
    pub(super) fn oversized(self, packet: &Packet) -> Vec<Packet> {
        let mut changed = *packet;
        let length = match self {
            Self::Hid if packet[3..5] == [0, 0] => 5..7,
            Self::CodecV1 if packet.starts_with(b"?##") => 5..9,
            Self::Thp if packet[0] & 0x80 == 0 => 3..5,
            Self::Hid => {
                changed[4] = changed[4].wrapping_add(1);
                return vec![*packet, changed];
            }
            Self::CodecV1 | Self::Thp => return vec![*packet, *packet],
        };
        changed[length].fill(0xff);
        vec![changed]
    }

    /// Another message: to a device one that asks nobody, to the host an answer to such a one.
    pub(super) fn wrong_message(self, packet: &Packet, to_device: bool) -> Packet {
        let head = match (self, to_device) {
            (Self::Hid, true) => vec![packet[0], packet[1], 5, 0, 0, 0, 5, 0xb0, 1, 0, 0, 0],
            (Self::Hid, false) => vec![packet[0], packet[1], 5, 0, 0, 0, 2, 0x90, 0],
            // Ping, and Success.
            (Self::CodecV1, true) => b"?##\0\x01\0\0\0\0".to_vec(),
            (Self::CodecV1, false) => b"?##\0\x02\0\0\0\0".to_vec(),
            // "There is no such channel", which nothing proves.
            (Self::Thp, _) => {
                let error = [0x42, packet[1], packet[2], 0, 5, 2];
                [&error[..], &crc32(&error).to_be_bytes()].concat()
            }
        };
        let mut wrong = [0; 64];
        wrong[..head.len()].copy_from_slice(&head);
        wrong
    }
}

fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 };
    !bytes.iter().fold(!0, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), |crc, _| step(crc)))
}
