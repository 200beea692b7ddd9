//! A line that is typed without being shown. Echo is off before the prompt appears: what somebody
//! types at once, or pastes, never shows.

use std::io;

use stockade::secret::SecretText;

/// Asks `prompt` on the terminal of this process.
pub fn ask(prompt: &str) -> io::Result<SecretText> {
    #[cfg(unix)]
    let _hidden = unix::Hidden::begin();
    rpassword::prompt_password(prompt).map(SecretText::new)
}

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
        /// `None` where there is no terminal: then nothing is shown either.
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
