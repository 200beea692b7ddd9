//! ROMix with the vector instructions of x86-64: of one chunk in 128-bit registers, of two in the halves
//! of 256-bit ones. Two take little longer than one, because each step waits for the one before it.
//!
//! Each kernel is a function for a processor with its features, which `kernel` has seen. Inside,
//! intrinsics are safe: none that is used here takes a pointer.

use std::arch::x86_64::{
    __m128i, __m256i, _mm_add_epi32, _mm_cvtsi128_si32, _mm_or_si128, _mm_set_epi32,
    _mm_shuffle_epi32, _mm_slli_epi32, _mm_srli_epi32, _mm_xor_si128, _mm256_add_epi32,
    _mm256_castsi256_si128, _mm256_extracti128_si256, _mm256_or_si256, _mm256_set_m128i,
    _mm256_shuffle_epi32, _mm256_slli_epi32, _mm256_srli_epi32, _mm256_xor_si256,
};

use crate::{
    block::{self, Words},
    memory::fetch,
};

/// A block in 128-bit registers.
pub(crate) type One = [__m128i; 4];
/// Two blocks, in the halves of 256-bit registers.
pub(crate) type Two = [__m256i; 4];

/// So many pairs of blocks are fetched before they are needed: memory takes as long to answer as four
/// to six blocks take to compute.
const AHEAD: usize = 3;

/// Salsa20/8 and xor in registers of one width.
macro_rules! salsa {
    ($features:literal, $block:ty, [$add:ident, $or:ident, $xor:ident, $left:ident, $right:ident, $shuffle:ident]) => {
        #[target_feature(enable = $features)]
        #[inline]
        pub(crate) fn xor(a: $block, b: $block) -> $block {
            [$xor(a[0], b[0]), $xor(a[1], b[1]), $xor(a[2], b[2]), $xor(a[3], b[3])]
        }

        #[target_feature(enable = $features)]
        #[inline]
        fn salsa(block: $block) -> $block {
            let [mut a, mut b, mut c, mut d] = block;
            // The compiler makes one rotation of it where the processor has one.
            macro_rules! step {
                ($to:ident, $x:ident, $y:ident, $by:literal) => {
                    let sum = $add($x, $y);
                    $to = $xor($to, $or($left::<$by>(sum), $right::<{ 32 - $by }>(sum)));
                };
            }
            for _ in 0..4 {
                step!(b, a, d, 7);
                step!(c, b, a, 9);
                step!(d, c, b, 13);
                step!(a, d, c, 18);
                (b, c, d) = ($shuffle::<0x93>(b), $shuffle::<0x4e>(c), $shuffle::<0x39>(d));
                step!(d, a, b, 7);
                step!(c, d, a, 9);
                step!(b, c, d, 13);
                step!(a, b, c, 18);
                (b, c, d) = ($shuffle::<0x39>(b), $shuffle::<0x4e>(c), $shuffle::<0x93>(d));
            }
            [$add(a, block[0]), $add(b, block[1]), $add(c, block[2]), $add(d, block[3])]
        }
    };
}

/// ROMix of one chunk.
macro_rules! one {
    ($name:ident, $features:literal) => {
        pub(crate) mod $name {
            use super::*;

            salsa!(
                $features,
                One,
                [
                    _mm_add_epi32,
                    _mm_or_si128,
                    _mm_xor_si128,
                    _mm_slli_epi32,
                    _mm_srli_epi32,
                    _mm_shuffle_epi32
                ]
            );

            /// BlockMix of `x` to `y`, and `x` to `kept`.
            #[target_feature(enable = $features)]
            fn keep_and_mix(x: &[One], y: &mut [One], kept: &mut [One]) {
                let Some(mut last) = x.last().copied() else { return };
                let ((x, _), (kept, _)) = (x.as_chunks::<2>(), kept.as_chunks_mut::<2>());
                let (even, odd) = y.split_at_mut(x.len());
                for (((x, kept), even), odd) in x.iter().zip(kept).zip(even).zip(odd) {
                    *kept = *x;
                    *even = salsa(xor(last, x[0]));
                    last = salsa(xor(*even, x[1]));
                    *odd = last;
                }
            }

            /// BlockMix of `x` xor `v` to `y`.
            #[target_feature(enable = $features)]
            fn xor_and_mix(x: &[One], y: &mut [One], v: &[One]) {
                let (Some(last), Some(last_v)) = (x.last(), v.last()) else { return };
                fetch(last_v);
                let mut last = xor(*last, *last_v);
                let ((x, _), (v, _)) = (x.as_chunks::<2>(), v.as_chunks::<2>());
                v.iter().take(AHEAD).flatten().for_each(fetch);
                let (even, odd) = y.split_at_mut(x.len());
                for ((((at, x), v_at), even), odd) in x.iter().enumerate().zip(v).zip(even).zip(odd)
                {
                    v.get(at + AHEAD).into_iter().flatten().for_each(fetch);
                    *even = salsa(xor(last, xor(x[0], v_at[0])));
                    last = salsa(xor(*even, xor(x[1], v_at[1])));
                    *odd = last;
                }
            }

            /// ROMix in place: 2r blocks, with n times as many in `v`, and twice as many in `scratch`.
            #[target_feature(enable = $features)]
            pub(crate) fn mix(chunk: &mut [u8], v: &mut [One], scratch: &mut [One]) {
                let (bytes, _) = chunk.as_chunks_mut::<64>();
                let len = bytes.len();
                let (mut x, rest) = scratch.split_at_mut(len);
                let (mut y, _) = rest.split_at_mut(len);
                for (x, bytes) in x.iter_mut().zip(bytes.iter()) {
                    *x = load(&block::read(bytes));
                }
                for kept in v.chunks_exact_mut(len) {
                    keep_and_mix(x, y, kept);
                    (x, y) = (y, x);
                }
                let n = v.len() / len;
                for _ in 0..n {
                    let Some(last) = x.last() else { return };
                    let at = (_mm_cvtsi128_si32(last[0]) as usize & (n - 1)) * len;
                    xor_and_mix(x, y, v.get(at..at + len).unwrap_or_default());
                    (x, y) = (y, x);
                }
                for (x, bytes) in x.iter().zip(bytes) {
                    block::write(&words(*x), bytes);
                }
            }
        }
    };
}

/// ROMix of two chunks.
macro_rules! two {
    ($name:ident, $features:literal) => {
        pub(crate) mod $name {
            use super::*;

            salsa!(
                $features,
                Two,
                [
                    _mm256_add_epi32,
                    _mm256_or_si256,
                    _mm256_xor_si256,
                    _mm256_slli_epi32,
                    _mm256_srli_epi32,
                    _mm256_shuffle_epi32
                ]
            );

            #[target_feature(enable = $features)]
            #[inline]
            pub(crate) fn join(a: One, b: One) -> Two {
                [
                    _mm256_set_m128i(b[0], a[0]),
                    _mm256_set_m128i(b[1], a[1]),
                    _mm256_set_m128i(b[2], a[2]),
                    _mm256_set_m128i(b[3], a[3]),
                ]
            }

            #[target_feature(enable = $features)]
            #[inline]
            pub(crate) fn split(x: Two) -> (One, One) {
                (x.map(|x| _mm256_castsi256_si128(x)), x.map(|x| _mm256_extracti128_si256::<1>(x)))
            }

            /// BlockMix of `x` to `y`, and `x` to both of `kept`.
            #[target_feature(enable = $features)]
            fn keep_and_mix(x: &[Two], y: &mut [Two], kept: (&mut [One], &mut [One])) {
                let Some(mut last) = x.last().copied() else { return };
                let (x, _) = x.as_chunks::<2>();
                let kept = (kept.0.as_chunks_mut::<2>().0, kept.1.as_chunks_mut::<2>().0);
                let kept = kept.0.iter_mut().zip(kept.1);
                let (even, odd) = y.split_at_mut(x.len());
                for (((x, kept), even), odd) in x.iter().zip(kept).zip(even).zip(odd) {
                    let ((a, b), (c, d)) = (split(x[0]), split(x[1]));
                    (*kept.0, *kept.1) = ([a, c], [b, d]);
                    *even = salsa(xor(last, x[0]));
                    last = salsa(xor(*even, x[1]));
                    *odd = last;
                }
            }

            /// BlockMix of `x` xor both of `v` to `y`.
            #[target_feature(enable = $features)]
            fn xor_and_mix(x: &[Two], y: &mut [Two], v: (&[One], &[One])) {
                let (Some(a), Some(b)) = (v.0.last(), v.1.last()) else { return };
                let Some(last) = x.last() else { return };
                fetch(a);
                fetch(b);
                let mut last = xor(*last, join(*a, *b));
                let (x, _) = x.as_chunks::<2>();
                let (a, b) = (v.0.as_chunks::<2>().0, v.1.as_chunks::<2>().0);
                for (a, b) in a.iter().zip(b).take(AHEAD) {
                    a.iter().zip(b).for_each(|(a, b)| fetch_both(a, b));
                }
                let (even, odd) = y.split_at_mut(x.len());
                for ((at, x), (even, odd)) in x.iter().enumerate().zip(even.iter_mut().zip(odd)) {
                    if let (Some(a), Some(b)) = (a.get(at + AHEAD), b.get(at + AHEAD)) {
                        a.iter().zip(b).for_each(|(a, b)| fetch_both(a, b));
                    }
                    let (Some(a), Some(b)) = (a.get(at), b.get(at)) else { return };
                    *even = salsa(xor(last, xor(x[0], join(a[0], b[0]))));
                    last = salsa(xor(*even, xor(x[1], join(a[1], b[1]))));
                    *odd = last;
                }
            }

            /// ROMix in place: like that of one, with `v` for both, one behind the other.
            #[target_feature(enable = $features)]
            pub(crate) fn mix(chunks: [&mut [u8]; 2], v: &mut [One], scratch: &mut [Two]) {
                let [(bytes_a, _), (bytes_b, _)] = chunks.map(|chunk| chunk.as_chunks_mut::<64>());
                let len = bytes_a.len();
                let (v_a, v_b) = v.split_at_mut(v.len() / 2);
                let (mut x, rest) = scratch.split_at_mut(len);
                let (mut y, _) = rest.split_at_mut(len);
                for ((x, a), b) in x.iter_mut().zip(bytes_a.iter()).zip(bytes_b.iter()) {
                    *x = join(load(&block::read(a)), load(&block::read(b)));
                }
                for kept in v_a.chunks_exact_mut(len).zip(v_b.chunks_exact_mut(len)) {
                    keep_and_mix(x, y, kept);
                    (x, y) = (y, x);
                }
                let n = v_a.len() / len;
                let place = |x: __m128i| (_mm_cvtsi128_si32(x) as usize & (n - 1)) * len;
                for _ in 0..n {
                    let Some((a, b)) = x.last().map(|last| split(*last)) else { return };
                    let (a, b) = (place(a[0]), place(b[0]));
                    let (a, b) = (v_a.get(a..a + len), v_b.get(b..b + len));
                    xor_and_mix(x, y, (a.unwrap_or_default(), b.unwrap_or_default()));
                    (x, y) = (y, x);
                }
                for ((x, a), b) in x.iter().zip(bytes_a).zip(bytes_b) {
                    let (in_a, in_b) = split(*x);
                    block::write(&words(in_a), a);
                    block::write(&words(in_b), b);
                }
            }
        }
    };
}

one!(avx512_one, "avx2,avx512f,avx512vl");
two!(avx2_two, "avx2");
two!(avx512_two, "avx2,avx512f,avx512vl");

#[inline]
fn fetch_both(a: &One, b: &One) {
    fetch(a);
    fetch(b);
}

#[target_feature(enable = "sse2")]
#[inline]
pub(crate) fn load(words: &Words) -> One {
    let (rows, _) = words.as_chunks::<4>();
    let row = |i: usize| rows.get(i).copied().unwrap_or_default().map(u32::cast_signed);
    [row(0), row(1), row(2), row(3)].map(|[a, b, c, d]| _mm_set_epi32(d, c, b, a))
}

#[target_feature(enable = "sse2")]
pub(crate) fn words(block: One) -> Words {
    let mut words = [0; 16];
    for (words, row) in words.as_chunks_mut::<4>().0.iter_mut().zip(block) {
        let moved = [
            row,
            _mm_shuffle_epi32::<0x01>(row),
            _mm_shuffle_epi32::<0x02>(row),
            _mm_shuffle_epi32::<0x03>(row),
        ];
        *words = moved.map(|row| _mm_cvtsi128_si32(row).cast_unsigned());
    }
    words
}
