//! Sets that rot, that somebody changed, that a stranger made, or that meet another wallet.

mod other_wallet;
mod repair;
mod rot;
mod stranger;
mod swapped_custodian;
mod tampered;
