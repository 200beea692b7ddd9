//! Secrets: wiped when dropped, never printed, never copied by accident, and kept out of swap as far as
//! the process may lock memory.

use std::{
    fmt,
    hint::black_box,
    mem::{forget, size_of_val},
    ptr::from_ref,
    sync::atomic::{AtomicBool, Ordering},
};

use serde::{Deserialize, Deserializer};
use zeroize::Zeroize;
// Signatures here and in the packages above use it.
pub use zeroize::Zeroizing;

/// The operating system provides no random bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the operating system provides no random bytes: {0}")]
pub struct RandomError(getrandom::Error);

/// Fills `bytes` with random bytes from the operating system.
pub fn fill_random(bytes: &mut [u8]) -> Result<(), RandomError> {
    getrandom::fill(bytes).map_err(RandomError)
}

/// A secret of fixed length, created in place and wiped when dropped.
///
/// It cannot be cloned, serialized or printed. [`SecretBytes::expose`] is the only access to the
/// bytes.
pub struct SecretBytes<const N: usize>(Box<[u8; N]>);

impl<const N: usize> SecretBytes<N> {
    /// Creates a secret by letting `fill` write to its final location.
    pub fn new(fill: impl FnOnce(&mut [u8; N])) -> Self {
        let mut secret = Self::zeros();
        fill(&mut secret.0);
        secret
    }

    /// Like [`SecretBytes::new`], for a `fill` that can fail. A failure leaves nothing in memory.
    pub fn try_new<E>(fill: impl FnOnce(&mut [u8; N]) -> Result<(), E>) -> Result<Self, E> {
        let mut secret = Self::zeros();
        fill(&mut secret.0)?;
        Ok(secret)
    }

    fn zeros() -> Self {
        let bytes = Box::new([0; N]);
        keep_in_memory(&*bytes);
        Self(bytes)
    }

    /// Random bytes from the operating system.
    pub fn random() -> Result<Self, RandomError> {
        Self::try_new(|bytes| fill_random(bytes))
    }

    /// The bytes themselves.
    pub fn expose(&self) -> &[u8; N] {
        &self.0
    }
}

impl<const N: usize> Drop for SecretBytes<N> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl<const N: usize> fmt::Debug for SecretBytes<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretBytes<{N}>(..)")
    }
}

/// Secret text (a password, a passphrase, a PIN), wiped when dropped.
pub struct SecretText(Zeroizing<String>);

impl SecretText {
    /// Takes ownership of `text`.
    pub fn new(text: String) -> Self {
        keep_in_memory(text.as_str());
        Self(Zeroizing::new(text))
    }

    /// The text itself.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for SecretText {
    /// Secret text can be read, but never serialized.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::new)
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretText(..)")
    }
}

/// Whether the program has locked all of its memory.
static ALL_LOCKED: AtomicBool = AtomicBool::new(false);

/// Tells this module that the program has locked all of its memory, now and in the future. Secrets need
/// not lock their own then.
pub fn all_memory_is_locked() {
    ALL_LOCKED.store(true, Ordering::Relaxed);
}

/// Locks the pages of memory that `place` is in, so that they are not swapped to disk. The types of this
/// module do that themselves.
///
/// Once the process has locked as much as it may (`RLIMIT_MEMLOCK`), this has no effect. The pages stay
/// locked until they are returned to the system: locks are not counted, and a page can hold several
/// secrets.
pub fn keep_in_memory<T: ?Sized>(place: &T) {
    let size = size_of_val(place);
    if size > 0
        && !ALL_LOCKED.load(Ordering::Relaxed)
        && let Ok(lock) = region::lock(from_ref(place).cast::<u8>(), size)
    {
        // Dropping it would unlock the pages.
        forget(lock);
    }
}

/// The number of bytes of the stack to wipe. A thread has 2 MiB; no work with secrets goes deeper than
/// this.
const WIPED: usize = 256 * 1024;

/// Runs `work`, then wipes the stack that it used: functions of other crates leave secrets there when
/// they return.
pub fn wiping_stack<T>(work: impl FnOnce() -> T) -> T {
    let result = below(work);
    wipe();
    result
}

/// Runs `work` in a frame of its own, so that all of its stack is below.
#[inline(never)]
fn below<T>(work: impl FnOnce() -> T) -> T {
    work()
}

#[inline(never)]
fn wipe() {
    let mut stack = [0_u8; WIPED];
    stack.zeroize();
    black_box(&stack);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The flags of the mapping that holds `address`, as Linux names them.
    #[cfg(target_os = "linux")]
    fn flags(address: usize) -> String {
        let maps = std::fs::read_to_string("/proc/self/smaps").unwrap();
        let mut is_it = false;
        for line in maps.lines() {
            if let Some((from, to)) = line.split(' ').next().unwrap().split_once('-') {
                let number = |text| usize::from_str_radix(text, 16).unwrap();
                is_it = (number(from)..number(to)).contains(&address);
            } else if is_it && let Some(flags) = line.strip_prefix("VmFlags:") {
                return flags.to_owned();
            }
        }
        panic!("{address:x} is not mapped")
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn secrets_are_in_locked_pages() {
        let is_locked = |address: usize| flags(address).split_whitespace().any(|flag| flag == "lo");
        // Nothing else locks the pages of a large block that is not a secret.
        let other = vec![1_u8; 1 << 20];
        assert!(!is_locked(other.as_ptr().addr() + (1 << 19)));
        let bytes = SecretBytes::<32>::random().unwrap();
        assert!(is_locked(bytes.expose().as_ptr().addr()));
        let text = SecretText::new("six random words".to_owned());
        assert!(is_locked(text.expose().as_ptr().addr()));
        // More than the usual limit (8 MiB): it works all the same.
        let much = SecretText::new("x".repeat(32 << 20));
        assert_eq!(much.expose().len(), 32 << 20);
        keep_in_memory("");
    }

    #[test]
    fn debug_never_shows_the_content() {
        let secret = SecretBytes::<4>::new(|bytes| bytes.copy_from_slice(b"abcd"));
        assert_eq!(format!("{secret:?}"), "SecretBytes<4>(..)");
        assert_eq!(format!("{:?}", SecretText::new("hunter2".into())), "SecretText(..)");
    }
}
