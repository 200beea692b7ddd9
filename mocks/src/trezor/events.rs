//! Events other than the user's answers to screens.

use super::{
    Reply, Trezor,
    failure::{Failure, UNKNOWN_MESSAGE},
    features,
    flow::Pending,
    kind, thp,
};
use std::time::Duration;

use crate::Act;

const BUSY: Failure = Failure::new(15, "Busy", "Busy");

impl Trezor {
    /// Whether `act` is possible on a Trezor.
    pub fn can(act: &Act) -> bool {
        *act != Act::CloseApp
    }

    /// Makes `act` happen.
    pub fn happen(&mut self, act: Act) {
        match act {
            Act::Unplug => {
                self.replug();
                self.unplugged = true;
            }
            Act::Lock => self.state.unlocked = self.state.pin.is_none(),
            Act::Unlock => self.state.unlocked = true,
            Act::Wipe => {
                self.pending = None;
                self.state.wipe();
                // Wiping also removes the pairings.
                self.thp = self.thp.take().and_then(|_| thp::Front::new());
            }
            Act::Words(words) => {
                self.pending = None;
                self.state.wipe();
                self.state.mnemonic = Some(words);
            }
            Act::Bootloader => {
                self.replug();
                self.state.bootloader = true;
            }
            Act::Busy(messages) => match self.thp {
                Some(_) => self.set_busy(messages),
                None => self.state.busy = messages,
            },
            Act::LateByMilliseconds(late) => self.late = Duration::from_millis(late),
            Act::Approve | Act::Reject | Act::Away | Act::CloseApp => {}
        }
    }

    /// The delay of its answers.
    pub fn late(&self) -> Duration {
        self.late
    }

    /// Whether it has been unplugged since the last call.
    pub fn take_unplugged(&mut self) -> bool {
        std::mem::take(&mut self.unplugged)
    }

    /// The answer of a device that does not read the message: busy, or in its bootloader.
    pub(super) fn before_message(&mut self, kind: u16) -> Option<Vec<Reply>> {
        if let Some(act) = self.user.before_command() {
            let unheard = matches!(act, Act::Unplug | Act::Bootloader);
            self.happen(act);
            if unheard {
                return Some(Vec::new());
            }
        }
        if self.state.busy > 0 {
            self.state.busy -= 1;
            return Some(vec![self.fail(BUSY)]);
        }
        if !self.state.bootloader {
            return None;
        }
        Some(vec![match kind {
            kind::INITIALIZE | kind::GET_FEATURES => features::of_bootloader(&self.state),
            _ => self.fail(UNKNOWN_MESSAGE),
        }])
    }

    /// Handles an event that happened instead of an answer to a `pending` screen.
    pub(super) fn interrupted(&mut self, act: Act, pending: Pending) -> Vec<Reply> {
        match act {
            Act::Away => {
                self.pending = Some(pending);
                Vec::new()
            }
            // The request is cancelled.
            Act::Lock => {
                let cancelled = self.fail(pending.refused());
                self.happen(act);
                vec![cancelled]
            }
            act => {
                self.happen(act);
                Vec::new()
            }
        }
    }
}
