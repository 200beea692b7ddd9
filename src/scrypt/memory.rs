//! Work memory: taken from the system itself, in large pages where it has them, left out of core dumps,
//! and wiped before it is given back. That it cannot be had is an error.

use crate::ScryptError;
use zeroize::Zeroize;

/// What work memory can be seen as.
///
/// # Safety
/// Every pattern of bytes is a value, and the alignment is at most that of a [`Line`].
pub(crate) unsafe trait Cell: Copy {}

// SAFETY: all of these are plain numbers.
unsafe impl Cell for u32 {}
#[cfg(target_arch = "x86_64")]
mod vectors {
    use std::arch::x86_64::{__m128i, __m256i};
    // SAFETY: vectors of integers, aligned to 16 and 32 bytes.
    unsafe impl super::Cell for __m128i {}
    // SAFETY: as above.
    unsafe impl super::Cell for __m256i {}
}
// SAFETY: an array of cells has no padding.
unsafe impl<T: Cell, const N: usize> Cell for [T; N] {}

/// A line of a processor's cache.
#[derive(Debug, Clone, Copy)]
#[repr(C, align(64))]
struct Line([u64; 8]);

/// Memory that is wiped when dropped.
#[derive(Debug)]
pub(crate) struct Memory {
    lines: system::Lines,
}

impl Memory {
    /// So many bytes, all zero.
    pub(crate) fn new(bytes: usize) -> Result<Self, ScryptError> {
        let lines = system::Lines::new(bytes.div_ceil(size_of::<Line>()).max(1))?;
        Ok(Self { lines })
    }

    /// How many bytes it has.
    pub(crate) fn len(&self) -> usize {
        size_of_val(self.lines.get())
    }

    /// Its first cells, and those of another kind behind them. Fewer, if it is too small.
    pub(crate) fn cells<A: Cell, B: Cell>(&mut self, first: usize) -> (&mut [A], &mut [B]) {
        let lines = (first * size_of::<A>()).div_ceil(size_of::<Line>());
        let all = self.lines.get_mut();
        let (a, b) = all.split_at_mut(lines.min(all.len()));
        (cells(a), cells(b))
    }

    #[cfg(test)]
    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.lines.get().iter().flat_map(|line| line.0).flat_map(u64::to_ne_bytes).collect()
    }

    fn wipe(&mut self) {
        for line in self.lines.get_mut() {
            line.0.zeroize();
        }
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        self.wipe();
        #[cfg(test)]
        watch::see(self.lines.get().iter().all(|line| line.0 == [0; 8]));
    }
}

/// What was given back on this thread: whether all of it was zero.
#[cfg(test)]
pub(crate) mod watch {
    use std::cell::RefCell;

    thread_local! {
        static SEEN: RefCell<Vec<bool>> = const { RefCell::new(Vec::new()) };
    }

    pub(super) fn see(is_zero: bool) {
        SEEN.with_borrow_mut(|seen| seen.push(is_zero));
    }

    pub(crate) fn begin() {
        SEEN.take();
    }

    pub(crate) fn end() -> Vec<bool> {
        SEEN.take()
    }
}

/// Has the processor fetch from memory what will be needed soon.
#[cfg(target_arch = "x86_64")]
#[inline]
pub(crate) fn fetch<T>(cell: &T) {
    use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
    // SAFETY: every x86-64 can, and it changes nothing that a program sees.
    unsafe { _mm_prefetch::<_MM_HINT_T0>(std::ptr::from_ref(cell).cast()) }
}

fn cells<T: Cell>(lines: &mut [Line]) -> &mut [T] {
    const { assert!(align_of::<T>() <= align_of::<Line>()) };
    let count = size_of_val(lines) / size_of::<T>();
    // SAFETY: as many cells as fit, in memory that is borrowed and aligned for them (checked above).
    // `Cell` says that any bytes are a cell, and `Line` has no padding: any cell leaves lines.
    unsafe { std::slice::from_raw_parts_mut(lines.as_mut_ptr().cast(), count) }
}

/// Memory mapped from Linux.
#[cfg(target_os = "linux")]
mod system {
    use std::{ffi::c_void, ptr::NonNull};

    use rustix::mm::{Advice, MapFlags, ProtFlags, madvise, mmap_anonymous, munmap};

    use super::{Line, ScryptError};

    #[derive(Debug)]
    pub(super) struct Lines {
        start: NonNull<Line>,
        count: usize,
    }

    // SAFETY: the mapping belongs to this value alone.
    unsafe impl Send for Lines {}

    impl Lines {
        pub(super) fn new(count: usize) -> Result<Self, ScryptError> {
            let bytes =
                count.checked_mul(size_of::<Line>()).ok_or(ScryptError::Memory(usize::MAX))?;
            let (access, flags) = (ProtFlags::READ | ProtFlags::WRITE, MapFlags::PRIVATE);
            // SAFETY: a new mapping, at an address that the system chooses.
            let start = unsafe { mmap_anonymous(std::ptr::null_mut(), bytes, access, flags) };
            let start = start.ok().and_then(|start| NonNull::new(start.cast::<Line>()));
            let lines = Self { start: start.ok_or(ScryptError::Memory(bytes))?, count };
            // A system without them has the memory nevertheless.
            for advice in [Advice::LinuxHugepage, Advice::LinuxDontDump] {
                // SAFETY: the mapping made above; this advice changes nothing that it holds.
                let _ = unsafe { madvise(lines.address(), bytes, advice) };
            }
            Ok(lines)
        }

        fn address(&self) -> *mut c_void {
            self.start.as_ptr().cast()
        }

        pub(super) fn get(&self) -> &[Line] {
            // SAFETY: the mapping, as long as this value; the system made it zero.
            unsafe { std::slice::from_raw_parts(self.start.as_ptr(), self.count) }
        }

        pub(super) fn get_mut(&mut self) -> &mut [Line] {
            // SAFETY: as above, and nobody else has it.
            unsafe { std::slice::from_raw_parts_mut(self.start.as_ptr(), self.count) }
        }
    }

    impl Drop for Lines {
        fn drop(&mut self) {
            // SAFETY: the mapping made in `new`, which nothing borrows any more.
            let _ = unsafe { munmap(self.address(), self.count * size_of::<Line>()) };
        }
    }
}

/// Memory of the program's allocator.
#[cfg(not(target_os = "linux"))]
mod system {
    use super::{Line, ScryptError};

    #[derive(Debug)]
    pub(super) struct Lines(Vec<Line>);

    impl Lines {
        pub(super) fn new(count: usize) -> Result<Self, ScryptError> {
            let mut lines = Vec::new();
            let bytes = count.saturating_mul(size_of::<Line>());
            lines.try_reserve_exact(count).map_err(|_| ScryptError::Memory(bytes))?;
            lines.resize(count, Line([0; 8]));
            Ok(Self(lines))
        }

        pub(super) fn get(&self) -> &[Line] {
            &self.0
        }

        pub(super) fn get_mut(&mut self) -> &mut [Line] {
            &mut self.0
        }
    }
}
