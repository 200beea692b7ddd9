//! RLP that may be incomplete.

use super::answer::Status;

/// The part of a byte string, or of a list's payload, that has arrived.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Item<'a> {
    pub(super) is_list: bool,
    /// The length when complete.
    pub(super) length: usize,
    /// The bytes that have arrived.
    pub(super) bytes: &'a [u8],
}

impl Item<'_> {
    /// Whether it is complete.
    pub(super) fn is_whole(&self) -> bool {
        self.bytes.len() == self.length
    }
}

/// The item at the front of `bytes`, and the rest; `None` if its header is incomplete.
pub(super) fn item(bytes: &[u8]) -> Result<Option<(Item<'_>, &[u8])>, Status> {
    let Some((&head, rest)) = bytes.split_first() else { return Ok(None) };
    let (is_list, length, rest) = match head {
        0x00..=0x7f => (false, 1, bytes),
        0x80..=0xb7 => (false, usize::from(head - 0x80), rest),
        0xc0..=0xf7 => (true, usize::from(head - 0xc0), rest),
        0xb8..=0xbf | 0xf8..=0xff => {
            let is_list = head >= 0xf8;
            let of = usize::from(head - if is_list { 0xf7 } else { 0xb7 });
            // The firmware accepts lengths of at most four bytes.
            if of > 4 {
                return Err(Status::INCORRECT_DATA);
            }
            let Some((length, rest)) = rest.split_at_checked(of) else { return Ok(None) };
            let length = length.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte));
            (is_list, length, rest)
        }
    };
    let (bytes, rest) = rest.split_at_checked(length).unwrap_or((rest, &[]));
    Ok(Some((Item { is_list, length, bytes }, rest)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Option<(bool, usize, &[u8], &[u8])> {
        let (item, rest) = item(bytes).ok()??;
        Some((item.is_list, item.length, item.bytes, rest))
    }

    #[test]
    fn items_are_read_as_far_as_they_have_come() {
        assert_eq!(read(b""), None);
        assert_eq!(read(b"\x05x"), Some((false, 1, &b"\x05"[..], &b"x"[..])));
        assert_eq!(read(b"\x83dogs"), Some((false, 3, &b"dog"[..], &b"s"[..])));
        assert_eq!(read(b"\x83do"), Some((false, 3, &b"do"[..], &b""[..])));
        assert_eq!(read(b"\xc2ab"), Some((true, 2, &b"ab"[..], &b""[..])));
        assert_eq!(read(b"\xb9\x01"), None);
        assert_eq!(read(b"\xf9\x01\x00a"), Some((true, 256, &b"a"[..], &b""[..])));
        assert!(item(&[0xbf; 9]).is_err());
    }
}
