//! Sets that rot, that somebody changed, that a stranger made, or that meet another wallet.

mod beside;
mod changing;
mod every_bit;
mod liar;
mod many;
mod other_wallet;
mod repair;
pub(crate) mod retire;
mod retired;
pub(crate) mod rot;
mod shares;
mod stranger;
mod swapped_custodian;
pub(crate) mod tampered;
