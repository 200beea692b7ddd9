//! ROMix of four chunks in the memory of two: two pairs, each in the halves of 256-bit registers, whose
//! steps take turns. Of what ROMix keeps, each of the four keeps every other block mix, and computes the
//! others again when they are needed. That is half as much work again as for a pair, for twice as many.

use std::arch::x86_64::{
    __m256i, _mm_cvtsi128_si32, _mm256_add_epi32, _mm256_blendv_epi8, _mm256_or_si256,
    _mm256_set1_epi32, _mm256_setzero_si256, _mm256_shuffle_epi32, _mm256_slli_epi32,
    _mm256_srli_epi32, _mm256_xor_si256,
};

use crate::{
    block,
    memory::fetch,
    x86::{One, Two, load, words},
};

/// Four blocks, in two pairs.
pub(crate) type Four = [Two; 2];

/// So many blocks are fetched before they are needed.
const AHEAD: usize = 4;

macro_rules! four {
    ($name:ident, $two:ident, $features:literal) => {
        pub(crate) mod $name {
            use super::*;
            use crate::x86::$two::{join, split, xor};

            #[target_feature(enable = $features)]
            #[inline]
            fn xor_four(a: Four, b: Four) -> Four {
                [xor(a[0], b[0]), xor(a[1], b[1])]
            }

            #[target_feature(enable = $features)]
            #[inline]
            fn join_four([a, b, c, d]: [One; 4]) -> Four {
                [join(a, b), join(c, d)]
            }

            #[target_feature(enable = $features)]
            #[inline]
            fn split_four([x, y]: Four) -> [One; 4] {
                let ((a, b), (c, d)) = (split(x), split(y));
                [a, b, c, d]
            }

            /// Salsa20/8 of both pairs, step by step.
            #[target_feature(enable = $features)]
            #[inline]
            fn salsa(block: Four) -> Four {
                let [[mut a, mut b, mut c, mut d], [mut e, mut f, mut g, mut h]] = block;
                macro_rules! step {
                    ($by:literal, $to:ident, $x:ident, $y:ident, $to2:ident, $x2:ident, $y2:ident) => {
                        let (sum, sum2) = (_mm256_add_epi32($x, $y), _mm256_add_epi32($x2, $y2));
                        let (left, left2) =
                            (_mm256_slli_epi32::<$by>(sum), _mm256_slli_epi32::<$by>(sum2));
                        let right = _mm256_srli_epi32::<{ 32 - $by }>(sum);
                        let right2 = _mm256_srli_epi32::<{ 32 - $by }>(sum2);
                        $to = _mm256_xor_si256($to, _mm256_or_si256(left, right));
                        $to2 = _mm256_xor_si256($to2, _mm256_or_si256(left2, right2));
                    };
                }
                macro_rules! turn {
                    ($b:ident, $c:ident, $d:ident, $first:literal, $last:literal) => {
                        $b = _mm256_shuffle_epi32::<$first>($b);
                        $c = _mm256_shuffle_epi32::<0x4e>($c);
                        $d = _mm256_shuffle_epi32::<$last>($d);
                    };
                }
                for _ in 0..4 {
                    step!(7, b, a, d, f, e, h);
                    step!(9, c, b, a, g, f, e);
                    step!(13, d, c, b, h, g, f);
                    step!(18, a, d, c, e, h, g);
                    turn!(b, c, d, 0x93, 0x39);
                    turn!(f, g, h, 0x93, 0x39);
                    step!(7, d, a, b, h, e, f);
                    step!(9, c, d, a, g, h, e);
                    step!(13, b, c, d, f, g, h);
                    step!(18, a, b, c, e, f, g);
                    turn!(b, c, d, 0x39, 0x93);
                    turn!(f, g, h, 0x39, 0x93);
                }
                let mixed = [[a, b, c, d], [e, f, g, h]];
                [add(mixed[0], block[0]), add(mixed[1], block[1])]
            }

            #[target_feature(enable = $features)]
            #[inline]
            fn add(a: Two, b: Two) -> Two {
                [
                    _mm256_add_epi32(a[0], b[0]),
                    _mm256_add_epi32(a[1], b[1]),
                    _mm256_add_epi32(a[2], b[2]),
                    _mm256_add_epi32(a[3], b[3]),
                ]
            }

            /// BlockMix of the blocks that `block` gives, which starts from `last`.
            #[target_feature(enable = $features)]
            #[inline]
            fn mix_blocks(mut last: Four, y: &mut [Four], mut block: impl FnMut(usize) -> Four) {
                let (even, odd) = y.split_at_mut(y.len() / 2);
                for (at, (even, odd)) in even.iter_mut().zip(odd).enumerate() {
                    *even = salsa(xor_four(last, block(2 * at)));
                    last = salsa(xor_four(*even, block(2 * at + 1)));
                    *odd = last;
                }
            }

            /// BlockMix of `x` to `y`, and `x` to all of `kept`.
            #[target_feature(enable = $features)]
            fn keep_and_mix(x: &[Four], y: &mut [Four], kept: [&mut [One]; 4]) {
                let [a, b, c, d] = kept;
                let kept = a.iter_mut().zip(b).zip(c.iter_mut().zip(d));
                for (x, ((a, b), (c, d))) in x.iter().zip(kept) {
                    [*a, *b, *c, *d] = split_four(*x);
                }
                mix(x, y);
            }

            /// BlockMix of `x` to `y`.
            #[target_feature(enable = $features)]
            fn mix(x: &[Four], y: &mut [Four]) {
                let Some(last) = x.last() else { return };
                mix_blocks(*last, y, |at| x[at]);
            }

            /// All of `v` to `own`, and BlockMix of it to `next`.
            #[target_feature(enable = $features)]
            fn take_and_mix(v: [&[One]; 4], own: &mut [Four], next: &mut [Four]) {
                let fetch_all = |at: usize| v.iter().filter_map(|v| v.get(at)).for_each(fetch);
                let end = own.len() - 1;
                fetch_all(end);
                (0..AHEAD).for_each(fetch_all);
                let all = |at: usize| join_four([v[0][at], v[1][at], v[2][at], v[3][at]]);
                mix_blocks(all(end), next, |at| {
                    fetch_all(at + AHEAD);
                    own[at] = all(at);
                    own[at]
                });
            }

            /// BlockMix to `y` of `x` xor what `is_next` chooses: `own` or `next`.
            #[target_feature(enable = $features)]
            fn xor_and_mix(x: &[Four], y: &mut [Four], [own, next]: [&[Four]; 2], is_next: [__m256i; 2]) {
                let choose = |pair: usize, own: Two, next: Two| {
                    let mask = is_next[pair];
                    [
                        _mm256_blendv_epi8(own[0], next[0], mask),
                        _mm256_blendv_epi8(own[1], next[1], mask),
                        _mm256_blendv_epi8(own[2], next[2], mask),
                        _mm256_blendv_epi8(own[3], next[3], mask),
                    ]
                };
                let block = |at: usize| {
                    let (own, next) = (own[at], next[at]);
                    xor_four(x[at], [choose(0, own[0], next[0]), choose(1, own[1], next[1])])
                };
                mix_blocks(block(x.len() - 1), y, block);
            }

            /// ROMix in place: 2r blocks of each, with 2n times as many in `v`, 16 times in `scratch`.
            #[target_feature(enable = $features)]
            pub(crate) fn mix_four(chunks: [&mut [u8]; 4], v: &mut [One], scratch: &mut [Four]) {
                let [a, b, c, d] = chunks.map(|chunk| chunk.as_chunks_mut::<64>().0);
                let len = a.len();
                let (v_ab, v_cd) = v.split_at_mut(v.len() / 2);
                let ((v_a, v_b), (v_c, v_d)) =
                    (v_ab.split_at_mut(v_ab.len() / 2), v_cd.split_at_mut(v_cd.len() / 2));
                let (mut x, rest) = scratch.split_at_mut(len);
                let (mut y, rest) = rest.split_at_mut(len);
                let (own, rest) = rest.split_at_mut(len);
                let (next, _) = rest.split_at_mut(len);
                for (at, x) in x.iter_mut().enumerate() {
                    let read = |bytes: &[[u8; 64]]| load(&block::read(&bytes[at]));
                    *x = join_four([read(a), read(b), read(c), read(d)]);
                }
                let kept = v_a.chunks_exact_mut(len).zip(v_b.chunks_exact_mut(len));
                let kept = kept.zip(v_c.chunks_exact_mut(len).zip(v_d.chunks_exact_mut(len)));
                for ((a, b), (c, d)) in kept {
                    keep_and_mix(x, y, [a, b, c, d]);
                    mix(y, x);
                }
                let n = v_a.len() / len * 2;
                for _ in 0..n {
                    let Some(last) = x.last() else { return };
                    let at = split_four(*last).map(|x| _mm_cvtsi128_si32(x[0]) as usize & (n - 1));
                    let v = [(&*v_a, at[0]), (v_b, at[1]), (v_c, at[2]), (v_d, at[3])];
                    take_and_mix(v.map(|(v, at)| &v[at / 2 * len..][..len]), own, next);
                    let ones = _mm256_set1_epi32(-1);
                    let no = _mm256_setzero_si256();
                    let mask = |at: usize| if at % 2 == 1 { ones } else { no };
                    let pair = |a: usize, b: usize| {
                        let (a, b) = (split([mask(a); 4]).0, split([mask(b); 4]).0);
                        join(a, b)[0]
                    };
                    xor_and_mix(x, y, [own, next], [pair(at[0], at[1]), pair(at[2], at[3])]);
                    (x, y) = (y, x);
                }
                for (at, x) in x.iter().enumerate() {
                    for (bytes, x) in [&mut *a, b, c, d].into_iter().zip(split_four(*x)) {
                        block::write(&words(x), &mut bytes[at]);
                    }
                }
            }
        }
    };
}

four!(avx2_four, avx2_two, "avx2");
four!(avx512_four, avx512_two, "avx2,avx512f,avx512vl");
