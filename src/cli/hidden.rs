//! Reads a line without showing it. Echo is off before the prompt appears, so that what is typed or
//! pasted early is not shown either.

use std::{
    sync::{
        atomic::{AtomicBool, Ordering},
        mpsc::{RecvTimeoutError, channel},
    },
    thread,
    time::Duration,
};

use stockade::secret::SecretText;

/// Asks `prompt` on the terminal of this process; `None` if nothing was entered, or the user cancelled.
pub fn ask(prompt: String, given_up: &AtomicBool) -> Option<SecretText> {
    #[cfg(unix)]
    let _hidden = unix::Hidden::begin();
    read(given_up, move || rpassword::prompt_password(prompt).map(SecretText::new).ok())?
}

/// Waits for `read`, which reads from the terminal, unless the user cancels. A read itself cannot be
/// interrupted.
pub fn read<T: Send + 'static>(
    given_up: &AtomicBool,
    read: impl FnOnce() -> T + Send + 'static,
) -> Option<T> {
    let (send, receive) = channel();
    // After a cancellation the thread keeps waiting until the process ends.
    thread::spawn(move || send.send(read()));
    loop {
        match receive.recv_timeout(PATIENCE) {
            Ok(found) => return Some(found),
            Err(RecvTimeoutError::Timeout) if !given_up.load(Ordering::Relaxed) => {}
            Err(_) => return None,
        }
    }
}

/// The longest time that a cancellation goes unnoticed.
const PATIENCE: Duration = Duration::from_millis(50);

#[cfg(unix)]
mod unix {
    use std::fs::File;

    use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

    /// Turns echo off until it is dropped.
    pub struct Hidden {
        terminal: File,
        before: Termios,
    }

    impl Hidden {
        /// `None` without a terminal, where nothing is shown anyway.
        pub fn begin() -> Option<Self> {
            let terminal = File::open("/dev/tty").ok()?;
            let before = tcgetattr(&terminal).ok()?;
            let mut hidden = before.clone();
            hidden.local_modes.remove(LocalModes::ECHO);
            hidden.local_modes.insert(LocalModes::ECHONL);
            tcsetattr(&terminal, OptionalActions::Now, &hidden).ok()?;
            Some(Self { terminal, before })
        }
    }

    impl Drop for Hidden {
        fn drop(&mut self) {
            let _ = tcsetattr(&self.terminal, OptionalActions::Now, &self.before);
        }
    }
}
