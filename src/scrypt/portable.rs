//! ROMix in plain Rust, for any processor.

use crate::block::{self, Words};

/// ROMix of one chunk, in place: 2r blocks, with n times as many in `v`, and twice as many in `scratch`.
pub(crate) fn mix(chunk: &mut [u8], v: &mut [Words], scratch: &mut [Words]) {
    let (bytes, _) = chunk.as_chunks_mut::<64>();
    let len = bytes.len();
    let (mut x, rest) = scratch.split_at_mut(len);
    let (mut y, _) = rest.split_at_mut(len.min(rest.len()));
    for (x, bytes) in x.iter_mut().zip(bytes.iter()) {
        *x = block::read(bytes);
    }
    for kept in v.chunks_exact_mut(len) {
        kept.copy_from_slice(x);
        mix_blocks(x, None, y);
        (x, y) = (y, x);
    }
    let n = v.len() / len;
    for _ in 0..n {
        let j = x.last().map_or(0, |last| last[0] as usize & (n - 1));
        mix_blocks(x, v.get(j * len..(j + 1) * len), y);
        (x, y) = (y, x);
    }
    for (x, bytes) in x.iter().zip(bytes) {
        block::write(x, bytes);
    }
}

/// BlockMix of `x`, or of `x` xor `v`, to `y`.
fn mix_blocks(x: &mut [Words], v: Option<&[Words]>, y: &mut [Words]) {
    if let Some(v) = v {
        for (x, v) in x.iter_mut().zip(v) {
            *x = xor(x, v);
        }
    }
    let mut last = x.last().copied().unwrap_or_default();
    let (pairs, _) = x.as_chunks::<2>();
    let (even, odd) = y.split_at_mut(pairs.len());
    for (([first, second], even), odd) in pairs.iter().zip(even).zip(odd) {
        *even = salsa(xor(&last, first));
        last = salsa(xor(even, second));
        *odd = last;
    }
}

#[inline]
fn xor(a: &Words, b: &Words) -> Words {
    std::array::from_fn(|i| a[i] ^ b[i])
}

/// Salsa20/8, on words in the order of the diagonals.
#[inline]
fn salsa(block: Words) -> Words {
    let [mut x0, mut x5, mut x10, mut x15, mut x4, mut x9, mut x14, mut x3, ..] = block;
    let [.., mut x8, mut x13, mut x2, mut x7, mut x12, mut x1, mut x6, mut x11] = block;
    macro_rules! quarter {
        ($a:ident, $b:ident, $c:ident, $d:ident) => {
            $b ^= $a.wrapping_add($d).rotate_left(7);
            $c ^= $b.wrapping_add($a).rotate_left(9);
            $d ^= $c.wrapping_add($b).rotate_left(13);
            $a ^= $d.wrapping_add($c).rotate_left(18);
        };
    }
    for _ in 0..4 {
        quarter!(x0, x4, x8, x12);
        quarter!(x5, x9, x13, x1);
        quarter!(x10, x14, x2, x6);
        quarter!(x15, x3, x7, x11);
        quarter!(x0, x1, x2, x3);
        quarter!(x5, x6, x7, x4);
        quarter!(x10, x11, x8, x9);
        quarter!(x15, x12, x13, x14);
    }
    let mixed = [x0, x5, x10, x15, x4, x9, x14, x3, x8, x13, x2, x7, x12, x1, x6, x11];
    std::array::from_fn(|i| mixed[i].wrapping_add(block[i]))
}
