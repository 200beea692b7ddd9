//! RLP. Like firmware, it does not remove leading zeros from a host's numbers.

/// A string.
pub(super) fn string(bytes: &[u8]) -> Vec<u8> {
    match bytes {
        [byte] if *byte < 0x80 => vec![*byte],
        _ => [header(0x80, bytes.len()), bytes.to_vec()].concat(),
    }
}

/// A list of encoded items.
pub(super) fn list(items: &[Vec<u8>]) -> Vec<u8> {
    let payload = items.concat();
    [header(0xc0, payload.len()), payload].concat()
}

/// A number that the firmware computes itself.
pub(super) fn number(number: u64) -> Vec<u8> {
    let bytes: Vec<u8> = number.to_be_bytes().into_iter().skip_while(|byte| *byte == 0).collect();
    string(&bytes)
}

fn header(kind: u8, length: usize) -> Vec<u8> {
    if length < 56 {
        return vec![kind + length as u8];
    }
    let bytes: Vec<u8> = length.to_be_bytes().into_iter().skip_while(|byte| *byte == 0).collect();
    [vec![kind + 55 + bytes.len() as u8], bytes].concat()
}
