//! The value of --network.

use stockade::staking::{Network, UnknownNetwork};

/// Parses the name of a network, in any case.
pub fn parse(text: &str) -> Result<Network, UnknownNetwork> {
    text.to_ascii_lowercase().parse().or_else(|_| text.parse())
}
