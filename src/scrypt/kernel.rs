//! Which instructions compute: the best that the processor has, or those that a test wants to see.

use std::{
    sync::OnceLock,
    time::{Duration, Instant},
};

use crate::{memory::Memory, portable};

/// A way to compute ROMix. What it names, the processor may lack: [`crate::Worker::with`] finds out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kernel {
    /// Plain Rust, one at a time.
    Portable,
    /// AVX2: two at a time, and a single one in plain Rust.
    Avx2,
    /// AVX-512VL, whose rotation makes each step shorter: two at a time, and a single one.
    Avx512,
    /// Two at a time as [`Kernel::Avx512`], and a single one in plain Rust: some processors need twice
    /// as long for a step in vector registers as in their other ones.
    Avx512AndPortable,
}

use Kernel::{Avx2, Avx512, Avx512AndPortable, Portable};

impl Kernel {
    /// Those that this processor has.
    pub fn available() -> impl Iterator<Item = Self> {
        let all = [Portable, Avx2, Avx512, Avx512AndPortable];
        all.into_iter().filter(|kernel| kernel.is_available())
    }

    /// The best that this processor has.
    pub fn best() -> Self {
        static BEST: OnceLock<Kernel> = OnceLock::new();
        *BEST.get_or_init(|| {
            if Avx512.is_available() {
                // Which one is faster is not known before both are tried: a millisecond.
                return [Avx512, Avx512AndPortable].into_iter().min_by_key(trial).unwrap_or(Avx512);
            }
            if Avx2.is_available() { Avx2 } else { Portable }
        })
    }

    /// Whether it computes two in little more than the time of one.
    pub fn has_pairs(self) -> bool {
        self != Portable
    }

    #[cfg(target_arch = "x86_64")]
    pub(crate) fn is_available(self) -> bool {
        let has_avx2 = is_x86_feature_detected!("avx2");
        match self {
            Portable => true,
            Avx2 => has_avx2,
            Avx512 | Avx512AndPortable => {
                has_avx2
                    && is_x86_feature_detected!("avx512f")
                    && is_x86_feature_detected!("avx512vl")
            }
        }
    }

    #[cfg(not(target_arch = "x86_64"))]
    pub(crate) fn is_available(self) -> bool {
        self == Portable
    }

    /// ROMix of one chunk, in place, at cost `n`.
    pub(crate) fn mix(self, chunk: &mut [u8], n: usize, memory: &mut Memory) {
        let blocks = chunk.len() / 64 * n;
        #[cfg(target_arch = "x86_64")]
        if self == Avx512 {
            let (v, scratch) = memory.cells(blocks);
            // SAFETY: a worker has only kernels that are available.
            return unsafe { crate::x86::avx512_one::mix(chunk, v, scratch) };
        }
        let (v, scratch) = memory.cells(blocks);
        portable::mix(chunk, v, scratch);
    }

    /// ROMix of two chunks of one size, in place, at cost `n`, with memory for two.
    pub(crate) fn mix_two(self, chunks: [&mut [u8]; 2], n: usize, memory: &mut Memory) {
        #[cfg(target_arch = "x86_64")]
        if self != Portable {
            let blocks = chunks.iter().map(|chunk| chunk.len() / 64 * n).sum();
            let (v, scratch) = memory.cells(blocks);
            return if self == Avx2 {
                // SAFETY: a worker has only kernels that are available.
                unsafe { crate::x86::avx2_two::mix(chunks, v, scratch) }
            } else {
                // SAFETY: as above.
                unsafe { crate::x86::avx512_two::mix(chunks, v, scratch) }
            };
        }
        for chunk in chunks {
            self.mix(chunk, n, memory);
        }
    }

    /// ROMix of four chunks of one size, in place, at cost `n`, with memory for two.
    pub(crate) fn mix_four(self, chunks: [&mut [u8]; 4], n: usize, memory: &mut Memory) {
        #[cfg(target_arch = "x86_64")]
        if self != Portable {
            let blocks = chunks.iter().map(|chunk| chunk.len() / 64 * n / 2).sum();
            let (v, scratch) = memory.cells(blocks);
            return if self == Avx2 {
                // SAFETY: a worker has only kernels that are available.
                unsafe { crate::four::avx2_four::mix_four(chunks, v, scratch) }
            } else {
                // SAFETY: as above.
                unsafe { crate::four::avx512_four::mix_four(chunks, v, scratch) }
            };
        }
        for chunk in chunks {
            self.mix(chunk, n, memory);
        }
    }
}

/// How long the kernel takes for one that is small: the best of three.
fn trial(kernel: &Kernel) -> Duration {
    const N: usize = 32;
    let mut chunk = [0; 1024];
    let Ok(mut memory) = Memory::new(chunk.len() * (N + 2)) else { return Duration::MAX };
    let mut once = || {
        let started = Instant::now();
        kernel.mix(&mut chunk, N, &mut memory);
        started.elapsed()
    };
    [once(), once(), once()].into_iter().min().unwrap_or(Duration::MAX)
}
