//! The six digits on the screen during pairing.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The code on the screen during pairing. Clones share it, so that a test or a user can read it while
/// the device is in use elsewhere.
#[derive(Clone, Default)]
pub struct PairingCode(Arc<Mutex<Screen>>);

type Watcher = Box<dyn FnMut(&str) + Send>;

#[derive(Default)]
struct Screen {
    code: Option<String>,
    watcher: Option<Watcher>,
}

impl PairingCode {
    /// The six digits; `None` while the device shows none.
    pub fn digits(&self) -> Option<String> {
        self.screen().code.clone()
    }

    /// Calls `watcher` with each code that is shown.
    pub fn watch(&self, watcher: impl FnMut(&str) + Send + 'static) {
        self.screen().watcher = Some(Box::new(watcher));
    }

    pub(super) fn show(&self, code: &str) {
        let mut screen = self.screen();
        screen.code = Some(code.to_owned());
        if let Some(watcher) = &mut screen.watcher {
            watcher(code);
        }
    }

    pub(in crate::trezor) fn hide(&self) {
        self.screen().code = None;
    }

    fn screen(&self) -> MutexGuard<'_, Screen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
