//! scrypt (RFC 7914): one at a time, or several at a time on one core in less time than one after another.
//!
//! ```
//! use stockade_scrypt::{Job, Params, Worker};
//!
//! let params = Params::new(16, 1, 1)?;
//! let mut key = [0; 64];
//! let job = Job { password: b"", salt: b"", params, out: &mut key };
//! Worker::new().one(job)?;
//! assert_eq!(key[..4], [0x77, 0xd6, 0x57, 0x62]);
//! # Ok::<(), stockade_scrypt::ScryptError>(())
//! ```

mod block;
#[cfg(target_arch = "x86_64")]
#[allow(
    clippy::indexing_slicing,
    reason = "every index is a block of 2r, whose slices are cut to 2r"
)]
mod four;
#[allow(unsafe_code, reason = "calls what needs instructions that it has seen the processor has")]
mod kernel;
#[allow(unsafe_code, reason = "memory from the system, as cells of any kind")]
mod memory;
#[allow(clippy::indexing_slicing, reason = "every index is a word of the sixteen of a block")]
mod portable;
#[cfg(test)]
mod tests;
mod worker;
#[cfg(target_arch = "x86_64")]
mod x86;

pub use kernel::Kernel;
pub use worker::{Job, Params, Worker};

/// Why there is no result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ScryptError {
    /// The function does not allow these parameters.
    #[error("scrypt does not allow these parameters")]
    Params,
    /// The system does not give so many bytes of memory.
    #[error("scrypt needs {0} bytes of memory, which the system does not give")]
    Memory(usize),
}
