//! What it takes to open sets.

use super::unlockers::Unlockers;
use crate::backup::set::origin::Pins;
use stockade_wallet::interact::{Interact, Progress};

/// Whose sets count as one's own.
#[derive(Debug, Clone, Default)]
pub struct Trust {
    /// Whose signature makes a set one's own. The wallets among the unlockers are added.
    pub pins: Pins,
    /// Also open sets whose origin nobody vouches for. Opening them proves nothing.
    pub accept_unknown_origin: bool,
}

/// Everything that opening a set needs: who can open it, whose sets are trusted, and the person who
/// answers prompts and watches the progress.
pub struct Access<'a> {
    /// Who can open sets.
    pub unlockers: &'a mut Unlockers,
    /// Whose sets count as one's own.
    pub trust: &'a Trust,
    /// Answers prompts.
    pub user: &'a mut dyn Interact,
    /// Shows how far the work is.
    pub progress: &'a mut dyn Progress,
}

impl<'a> Access<'a> {
    /// Access with these parts.
    pub fn new(
        unlockers: &'a mut Unlockers,
        trust: &'a Trust,
        user: &'a mut dyn Interact,
        progress: &'a mut dyn Progress,
    ) -> Self {
        Self { unlockers, trust, user, progress }
    }

    /// The pins of [`Trust`], and every wallet that was here.
    pub fn pins(&self) -> Pins {
        self.unlockers.pins(&self.trust.pins)
    }
}
