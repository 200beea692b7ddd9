//! The user at the terminal: prompts, questions and progress, all on standard error.

mod approvals;
mod bars;
mod prompts;
mod simulated;

use std::{
    io::{self, BufRead as _, IsTerminal as _, Write as _},
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

use stockade::{secret::SecretText, store};

#[cfg(feature = "mock")]
pub use self::simulated::{approve, not_logged};
use self::{approvals::Approvals, prompts::yes_or_no};
pub use self::{bars::Bars, simulated::show_screen};
use crate::{
    hidden,
    interrupts::Interrupts,
    output::{harmless, painted},
};

/// A user at a terminal, or only a log.
pub struct Terminal {
    verbose: bool,
    attended: bool,
    bars: Bars,
    last_prompt: String,
    approvals: Approvals,
    cancelled: Arc<AtomicBool>,
    interrupts: Interrupts,
}

/// How many times a question is asked.
pub const TRIES: usize = 3;

impl Terminal {
    /// A terminal that shows progress unless `quiet`.
    pub fn new(quiet: bool, verbose: bool) -> Self {
        let stderr = io::stderr().is_terminal();
        let cancelled = Arc::<AtomicBool>::default();
        let doing = Arc::<Mutex<Option<String>>>::default();
        let interrupts = Interrupts::new(&cancelled, &doing);
        Self {
            verbose,
            attended: stderr && io::stdin().is_terminal(),
            bars: Bars::new(stderr && !quiet, &cancelled, doing),
            last_prompt: String::new(),
            approvals: Approvals::default(),
            cancelled,
            interrupts,
        }
    }

    /// From now on Ctrl-C, SIGTERM, SIGHUP and SIGQUIT cancel the command: what waits for the wallet or
    /// the user ends, and the wallet is told. A second signal ends the process at once.
    pub fn take_interrupts(&self) {
        self.interrupts.take();
    }

    /// Whether the user cancelled the command.
    pub fn gave_up(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }

    /// From now on these signals also stop what is being written, so that no folder with keys and their
    /// password is left half written. Call it just before writing one.
    pub fn take_endings(&self) {
        self.take_interrupts();
        store::stop_writing_when(Arc::clone(&self.cancelled));
    }

    /// Tells the user if an earlier run was ended while it wrote `target`.
    pub fn tell_leftover(&mut self, target: &Path) {
        if let Some(leftover) = store::leftover_of(target) {
            self.say(&format!(
                "note: an earlier run was ended before it had finished. {} holds keys of it, and perhaps \
                 their password. It is removed now",
                crate::shown(&leftover)
            ));
        }
    }

    /// Whether there is a user to answer questions.
    pub fn attended(&self) -> bool {
        self.attended
    }

    /// Prints a line if --verbose was given.
    pub fn detail(&mut self, line: &str) {
        if self.verbose {
            self.say(line);
        }
    }

    /// Prints a line on standard error.
    pub fn say(&mut self, line: &str) {
        self.bars.clear();
        let _ = writeln!(anstream::stderr().lock(), "{}", painted(&harmless(line)));
    }

    /// Asks for a password without echo; `None` if there is no user, or the user cancels.
    pub fn password(&mut self, prompt: &str) -> Option<SecretText> {
        if !self.attended || self.gave_up() {
            return None;
        }
        // Otherwise Ctrl-C would leave the terminal without echo.
        self.take_interrupts();
        self.bars.clear();
        hidden::ask(format!("{}: ", harmless(prompt)), &self.cancelled)
    }

    /// Asks a yes-or-no question without echo: what is typed too early may be a secret.
    fn hidden_yes(&mut self, question: &str) -> Option<bool> {
        for _ in 0..TRIES {
            match yes_or_no(self.password(question)?.expose()) {
                Some(answer) => return Some(answer),
                None => self.say("Please type yes or no. The answer is not shown."),
            }
        }
        None
    }

    fn read_line(&self, question: &str) -> Option<String> {
        self.bars.clear();
        let _ = write!(anstream::stderr().lock(), "{}: ", harmless(question));
        let _ = io::stderr().flush();
        let read = hidden::read(&self.cancelled, || {
            let mut line = String::new();
            match io::stdin().lock().read_line(&mut line) {
                Ok(n) if n > 0 => Some(line.trim().to_owned()),
                _ => None,
            }
        });
        read?
    }

    /// The progress of long work: a bar on a terminal, nothing in a pipe.
    pub fn progress(&self) -> Bars {
        self.bars.clone()
    }
}
