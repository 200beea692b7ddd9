//! Blocks of 64 bytes as the kernels hold them: Salsa20's words in the order of the diagonals, so that
//! each of four rows is one register. The order is undone once, at the end.

/// A block: sixteen words.
pub(crate) type Words = [u32; 16];

/// Where each word of a held block stands in Salsa20's own order.
const DIAGONALS: [usize; 16] = [0, 5, 10, 15, 4, 9, 14, 3, 8, 13, 2, 7, 12, 1, 6, 11];

/// Reads a block from its bytes.
pub(crate) fn read(bytes: &[u8; 64]) -> Words {
    let (words, _) = bytes.as_chunks::<4>();
    DIAGONALS.map(|place| words.get(place).map_or(0, |word| u32::from_le_bytes(*word)))
}

/// Writes a block's bytes.
pub(crate) fn write(block: &Words, bytes: &mut [u8; 64]) {
    let (words, _) = bytes.as_chunks_mut::<4>();
    for (place, word) in DIAGONALS.into_iter().zip(block) {
        if let Some(bytes) = words.get_mut(place) {
            *bytes = word.to_le_bytes();
        }
    }
}
