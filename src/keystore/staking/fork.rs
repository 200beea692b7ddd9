//! The forks of the consensus layer, and their versions, which signatures are bound to.

use super::Network;

/// A fork of the consensus layer. On each network, versions follow one pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fork {
    /// Phase 0, the first.
    Phase0,
    /// Altair.
    Altair,
    /// Bellatrix.
    Bellatrix,
    /// Capella. All exits are signed for it, in later forks too (EIP-7044).
    Capella,
    /// Deneb.
    Deneb,
    /// Electra.
    Electra,
    /// Fulu.
    Fulu,
}

impl Fork {
    /// All forks, in order.
    pub const ALL: [Self; 7] = [
        Self::Phase0,
        Self::Altair,
        Self::Bellatrix,
        Self::Capella,
        Self::Deneb,
        Self::Electra,
        Self::Fulu,
    ];

    /// The name for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Phase0 => "Phase 0",
            Self::Altair => "Altair",
            Self::Bellatrix => "Bellatrix",
            Self::Capella => "Capella",
            Self::Deneb => "Deneb",
            Self::Electra => "Electra",
            Self::Fulu => "Fulu",
        }
    }
}

impl Network {
    /// The version of `fork` on this network.
    pub fn fork_version(self, fork: Fork) -> [u8; 4] {
        // The variants are in order, so this counts the forks.
        let number = fork as u8;
        match self {
            Self::Mainnet => [number, 0x00, 0x00, 0x00],
            // Counted in decimal digits: 69, 70, 71.
            Self::Sepolia if number == 0 => [0x90, 0x00, 0x00, 0x69],
            Self::Sepolia => [0x90, 0x00, 0x00, 0x6f + number],
            Self::Hoodi => [0x10 + 0x10 * number, 0x00, 0x09, 0x10],
            Self::Gnosis => [number, 0x00, 0x00, 0x64],
            Self::Chiado => [number, 0x00, 0x00, 0x6f],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The versions at genesis, of Capella and of Electra, as published by the networks.
    #[test]
    fn versions_are_the_published_ones() {
        for (network, versions) in [
            (Network::Mainnet, ["00000000", "03000000", "05000000"]),
            (Network::Sepolia, ["90000069", "90000072", "90000074"]),
            (Network::Hoodi, ["10000910", "40000910", "60000910"]),
            (Network::Gnosis, ["00000064", "03000064", "05000064"]),
            (Network::Chiado, ["0000006f", "0300006f", "0500006f"]),
        ] {
            let electra = network.fork_version(Fork::Electra);
            let own = [network.genesis_fork_version(), network.capella_fork_version(), electra];
            assert_eq!(own.map(hex::encode), versions, "{network}");
        }
    }
}
