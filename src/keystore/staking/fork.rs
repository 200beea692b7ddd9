//! The forks of the consensus layer, and the versions by which signatures are bound to them.

use super::Network;

/// A fork of the consensus layer. Every network known here names its versions after one pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fork {
    /// Phase 0: the beginning.
    Phase0,
    /// Altair.
    Altair,
    /// Bellatrix.
    Bellatrix,
    /// Capella, for which exits are signed for ever (EIP-7044).
    Capella,
    /// Deneb.
    Deneb,
    /// Electra.
    Electra,
    /// Fulu.
    Fulu,
}

impl Fork {
    /// All of them, in their order.
    pub const ALL: [Self; 7] = [
        Self::Phase0,
        Self::Altair,
        Self::Bellatrix,
        Self::Capella,
        Self::Deneb,
        Self::Electra,
        Self::Fulu,
    ];

    /// Its name.
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

    fn number(self) -> u8 {
        match self {
            Self::Phase0 => 0,
            Self::Altair => 1,
            Self::Bellatrix => 2,
            Self::Capella => 3,
            Self::Deneb => 4,
            Self::Electra => 5,
            Self::Fulu => 6,
        }
    }
}

impl Network {
    /// The version of `fork` on this network, which signatures are bound to.
    pub fn fork_version(self, fork: Fork) -> [u8; 4] {
        let number = fork.number();
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

    /// As the networks publish them: those of Electra.
    #[test]
    fn versions_are_the_published_ones() {
        for (network, electra) in [
            (Network::Mainnet, "05000000"),
            (Network::Sepolia, "90000074"),
            (Network::Hoodi, "60000910"),
            (Network::Gnosis, "05000064"),
            (Network::Chiado, "0500006f"),
        ] {
            assert_eq!(hex::encode(network.fork_version(Fork::Electra)), electra, "{network}");
            assert_eq!(network.fork_version(Fork::Phase0), network.genesis_fork_version());
            assert_eq!(network.fork_version(Fork::Capella), network.capella_fork_version());
        }
    }
}
