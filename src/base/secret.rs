//! Secrets: wiped when dropped, never printed, never copied by accident.

use std::{fmt, hint::black_box};

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
        let mut bytes = Box::new([0; N]);
        fill(&mut bytes);
        Self(bytes)
    }

    /// Like [`SecretBytes::new`], for a `fill` that can fail. A failure leaves nothing in memory.
    pub fn try_new<E>(fill: impl FnOnce(&mut [u8; N]) -> Result<(), E>) -> Result<Self, E> {
        let mut secret = Self(Box::new([0; N]));
        fill(&mut secret.0)?;
        Ok(secret)
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

    #[test]
    fn debug_never_shows_the_content() {
        let secret = SecretBytes::<4>::new(|bytes| bytes.copy_from_slice(b"abcd"));
        assert_eq!(format!("{secret:?}"), "SecretBytes<4>(..)");
        assert_eq!(format!("{:?}", SecretText::new("hunter2".into())), "SecretText(..)");
    }
}
