//! Whole derivations: PBKDF2 before and after ROMix, and the memory between them.

use std::fmt;

use sha2::Sha256;
use zeroize::Zeroizing;

use crate::{Kernel, ScryptError, memory::Memory};

/// The cost of a derivation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Params {
    n: usize,
    r: usize,
    p: usize,
}

impl Params {
    /// Checks what RFC 7914 demands, and that this machine can count the bytes.
    pub fn new(n: u64, r: u32, p: u32) -> Result<Self, ScryptError> {
        let is_small = u64::from(r) * u64::from(p) < 1 << 30;
        // A cost of 2^31 is 256 GiB at the least. Below that the last word tells which block is next.
        let is_cost = n.is_power_of_two() && (2..=1 << 31).contains(&n);
        if !is_cost || !is_small || r == 0 || p == 0 || n.ilog2() >= r.saturating_mul(16) {
            return Err(ScryptError::Params);
        }
        let [n, r, p] = [n, r.into(), p.into()].map(|number| usize::try_from(number).ok());
        let (Some(n), Some(r), Some(p)) = (n, r, p) else { return Err(ScryptError::Params) };
        let bytes = n.checked_add(8).and_then(|blocks| blocks.checked_mul(2 * 128 * r));
        let fits = bytes.is_some_and(|bytes| isize::try_from(bytes).is_ok());
        fits.then_some(Self { n, r, p }).ok_or(ScryptError::Params)
    }

    /// The work memory of one derivation, in bytes. Many at a time need twice as much.
    pub fn memory(&self) -> usize {
        self.chunk() * (self.n + 2)
    }

    fn memory_of_many(&self) -> usize {
        self.chunk() * (2 * self.n + 16)
    }

    /// The bytes that ROMix works on.
    fn chunk(&self) -> usize {
        128 * self.r
    }
}

/// A derivation to run: from a password and a salt to `out`.
pub struct Job<'a> {
    /// The password.
    pub password: &'a [u8],
    /// The salt.
    pub salt: &'a [u8],
    /// The cost.
    pub params: Params,
    /// Where the key is written.
    pub out: &'a mut [u8],
}

impl fmt::Debug for Job<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Job").field("params", &self.params).finish_non_exhaustive()
    }
}

impl Job<'_> {
    /// What ROMix starts from.
    fn start(&self) -> Zeroizing<Vec<u8>> {
        let mut bytes = Zeroizing::new(vec![0; self.params.chunk() * self.params.p]);
        pbkdf2::pbkdf2_hmac::<Sha256>(self.password, self.salt, 1, &mut bytes);
        bytes
    }

    /// Writes the key that ROMix leads to.
    fn finish(self, mixed: &[u8]) {
        pbkdf2::pbkdf2_hmac::<Sha256>(self.password, mixed, 1, self.out);
    }
}

/// Runs derivations on the thread that calls it. It keeps its work memory from one to the next, and
/// wipes it when it is dropped.
#[derive(Debug)]
pub struct Worker {
    kernel: Kernel,
    memory: Option<Memory>,
}

impl Default for Worker {
    fn default() -> Self {
        Self::new()
    }
}

impl Worker {
    /// With the best instructions that this processor has.
    pub fn new() -> Self {
        Self { kernel: Kernel::best(), memory: None }
    }

    /// With these instructions, if this processor has them.
    pub fn with(kernel: Kernel) -> Option<Self> {
        kernel.is_available().then_some(Self { kernel, memory: None })
    }

    /// Runs one derivation.
    pub fn one(&mut self, job: Job<'_>) -> Result<(), ScryptError> {
        let mut bytes = job.start();
        let Params { n, .. } = job.params;
        let (kernel, memory) = (self.kernel, self.memory(job.params.memory())?);
        for chunk in bytes.chunks_exact_mut(job.params.chunk()) {
            kernel.mix(chunk, n, memory);
        }
        job.finish(&bytes);
        Ok(())
    }

    /// Runs any number of derivations. Those that cost the same are run four or two at once, in the
    /// memory of two, if the processor can and the system gives it; the others one after another.
    pub fn many(&mut self, mut jobs: Vec<Job<'_>>) -> Result<(), ScryptError> {
        while let Some(Params { n, r, .. }) = jobs.first().map(|job| job.params) {
            let are_alike = |job: &Job<'_>| (job.params.n, job.params.r) == (n, r);
            let (alike, rest) = jobs.into_iter().partition(are_alike);
            self.alike(alike)?;
            jobs = rest;
        }
        Ok(())
    }

    fn alike(&mut self, jobs: Vec<Job<'_>>) -> Result<(), ScryptError> {
        let Some(Params { n, .. }) = jobs.first().map(|job| job.params) else { return Ok(()) };
        let bytes = jobs.first().map_or(0, |job| job.params.memory_of_many());
        let are_at_once = jobs.len() > 1 && self.kernel.has_pairs() && self.memory(bytes).is_ok();
        if !are_at_once {
            return jobs.into_iter().try_for_each(|job| self.one(job));
        }
        let (kernel, memory) = (self.kernel, self.memory(bytes)?);
        let mut starts: Vec<_> = jobs.iter().map(Job::start).collect();
        let pairs = jobs.iter().zip(&mut starts);
        let chunks = pairs.flat_map(|(job, start)| start.chunks_exact_mut(job.params.chunk()));
        let mut chunks = chunks.collect::<Vec<_>>().into_iter();
        loop {
            match chunks.len() {
                0 => break,
                1 => chunks.by_ref().for_each(|chunk| kernel.mix(chunk, n, memory)),
                2 | 3 => {
                    if let (Some(a), Some(b)) = (chunks.next(), chunks.next()) {
                        kernel.mix_two([a, b], n, memory);
                    }
                }
                _ => {
                    if let Some(four) = four_of(&mut chunks) {
                        kernel.mix_four(four, n, memory);
                    }
                }
            }
        }
        jobs.into_iter().zip(&starts).for_each(|(job, mixed)| job.finish(mixed));
        Ok(())
    }

    /// What the work memory holds.
    #[cfg(test)]
    pub(crate) fn work_memory(&self) -> Option<Vec<u8>> {
        self.memory.as_ref().map(Memory::bytes)
    }

    /// Work memory of at least so many bytes.
    fn memory(&mut self, bytes: usize) -> Result<&mut Memory, ScryptError> {
        if self.memory.as_ref().is_some_and(|memory| memory.len() < bytes) {
            // Given back first: there may not be enough for both.
            self.memory = None;
        }
        let memory = match self.memory.take() {
            Some(memory) => memory,
            None => Memory::new(bytes)?,
        };
        Ok(self.memory.insert(memory))
    }
}

fn four_of<T>(items: &mut impl Iterator<Item = T>) -> Option<[T; 4]> {
    Some([items.next()?, items.next()?, items.next()?, items.next()?])
}
