//! The forks of the consensus layer.

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
