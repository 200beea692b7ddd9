//! Secret bytes: wiped when dropped, never printed, never copied by accident.

use std::{fmt, hint::black_box};

use serde::{Deserialize, Deserializer};
use zeroize::{Zeroize, Zeroizing};

/// A secret of fixed length, made in place and wiped when dropped.
///
/// There is no `Clone`, `Copy`, `Debug` of the content, or serialisation: whoever needs the bytes
/// says so with [`SecretBytes::expose`].
pub struct SecretBytes<const N: usize>(Box<[u8; N]>);

impl<const N: usize> SecretBytes<N> {
    /// Makes a secret by letting `fill` write into its final place.
    pub fn new(fill: impl FnOnce(&mut [u8; N])) -> Self {
        let mut bytes = Box::new([0; N]);
        fill(&mut bytes);
        Self(bytes)
    }

    /// As [`SecretBytes::new`], for a `fill` that can fail; nothing is left behind then.
    pub fn try_new<E>(fill: impl FnOnce(&mut [u8; N]) -> Result<(), E>) -> Result<Self, E> {
        let mut secret = Self(Box::new([0; N]));
        fill(&mut secret.0)?;
        Ok(secret)
    }

    /// Fresh random bytes from the operating system.
    pub fn random() -> Result<Self, getrandom::Error> {
        Self::try_new(|bytes| getrandom::fill(bytes))
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
    /// Takes over `text`.
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The text itself.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for SecretText {
    /// Reads one; none is ever written.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::new)
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretText(..)")
    }
}

/// How much of the stack is wiped, in bytes. A thread has 2 MiB, and no work with secrets goes this deep.
const WIPED: usize = 256 * 1024;

/// Does `work`, and then wipes the stack that it used: what it calls leaves its secrets there when it
/// returns, and other people's code does not clear them away.
pub fn wiping_stack<T>(work: impl FnOnce() -> T) -> T {
    let done = below(work);
    wipe();
    done
}

/// In a frame of its own, below which all of the work happens.
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
