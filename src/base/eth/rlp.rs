//! RLP, the encoding of transactions: byte strings, and lists of them.
//!
//! Specification: [Recursive Length Prefix](https://ethereum.org/en/developers/docs/data-structures-and-encoding/rlp/).

/// A list under construction.
#[derive(Default)]
pub(super) struct List {
    payload: Vec<u8>,
}

impl List {
    /// Adds a byte string.
    pub(super) fn bytes(mut self, bytes: &[u8]) -> Self {
        match bytes {
            // A small byte is its own encoding.
            [byte] if *byte < 0x80 => self.payload.push(*byte),
            _ => {
                self.payload.extend(header(0x80, bytes.len()));
                self.payload.extend_from_slice(bytes);
            }
        }
        self
    }

    /// Adds a big-endian number, without its leading zeros: 0 is an empty string.
    pub(super) fn number(self, big_endian: &[u8]) -> Self {
        self.bytes(without_leading_zeros(big_endian))
    }

    /// Adds an empty list.
    pub(super) fn empty_list(mut self) -> Self {
        self.payload.push(0xc0);
        self
    }

    /// Encodes the list.
    pub(super) fn encode(self) -> Vec<u8> {
        let mut encoded = header(0xc0, self.payload.len());
        encoded.extend(self.payload);
        encoded
    }
}

/// The prefix of `length` bytes: the length itself if it is short, otherwise the length of the length
/// and the length.
fn header(kind: u8, length: usize) -> Vec<u8> {
    match u8::try_from(length) {
        Ok(short @ 0..=55) => vec![kind + short],
        _ => {
            let length = length.to_be_bytes();
            let length = without_leading_zeros(&length);
            // At most eight bytes, so nothing is truncated.
            let mut header = vec![kind + 55 + length.len() as u8];
            header.extend_from_slice(length);
            header
        }
    }
}

fn without_leading_zeros(bytes: &[u8]) -> &[u8] {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    bytes.get(zeros..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(bytes: &[u8]) -> Vec<u8> {
        List::default().bytes(bytes).payload
    }

    /// The examples of the specification.
    #[test]
    fn byte_strings_and_lists_of_each_length_class_are_encoded() {
        assert_eq!(encoded(b"dog"), b"\x83dog");
        assert_eq!(encoded(b""), [0x80]);
        assert_eq!(encoded(&[0x00]), [0x00]);
        assert_eq!(encoded(&[0x0f]), [0x0f]);
        assert_eq!(encoded(&[0x80]), [0x81, 0x80]);
        assert_eq!(encoded(&[7; 55])[..2], [0x80 + 55, 7]);
        assert_eq!(encoded(&[7; 56])[..3], [0xb8, 56, 7]);
        assert_eq!(encoded(&[7; 1024])[..4], [0xb9, 4, 0, 7]);
        assert_eq!(List::default().encode(), [0xc0]);
        assert_eq!(List::default().bytes(b"cat").bytes(b"dog").encode(), b"\xc8\x83cat\x83dog");
        assert_eq!(List::default().bytes(&[7; 56]).encode()[..4], [0xf8, 58, 0xb8, 56]);
    }

    #[test]
    fn numbers_have_no_leading_zeros() {
        assert_eq!(List::default().number(&0_u64.to_be_bytes()).payload, [0x80]);
        assert_eq!(List::default().number(&1024_u64.to_be_bytes()).payload, [0x82, 4, 0]);
    }
}
