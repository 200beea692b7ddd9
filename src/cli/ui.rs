//! The person at the terminal: prompts, questions, progress. Everything goes to standard error.

use std::{
    cell::RefCell,
    io::{self, BufRead as _, IsTerminal as _, Write as _},
    rc::Rc,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use crate::{hidden, interrupts::Interrupts, output::harmless};
use indicatif::{ProgressBar, ProgressStyle};
use stockade::{
    interact::{Attention, Interact, Passphrase, Progress},
    secret::SecretText,
};

/// The longest text that every wallet shows in full before its user can approve it.
const ONE_PAGE: usize = 134;

/// What a person must do to see the end of a longer one.
const PAGE_THROUGH: &str = ". Page through all of it first; on a touch screen, tap More";

/// A person at a terminal, or a log where there is none.
pub struct Terminal {
    verbose: bool,
    /// Somebody can answer questions.
    attended: bool,
    bars: Bars,
    last_notice: String,
    cancelled: Arc<AtomicBool>,
    interrupts: Interrupts,
}

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
            bars: Bars {
                shown: stderr && !quiet,
                bar: Rc::default(),
                stopped: Arc::clone(&cancelled),
                doing,
            },
            last_notice: String::new(),
            cancelled,
            interrupts,
        }
    }

    /// From now on Ctrl-C, SIGTERM and SIGHUP are giving up: the wallet is told, and what waits for
    /// it ends. A second one ends the process at once.
    pub fn take_interrupts(&self) {
        self.interrupts.take();
    }

    /// Whether somebody gave up.
    pub fn gave_up(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }

    /// From now on a request to end (TERM, HUP, QUIT) is met as Ctrl-C is, so that no folder with keys
    /// and their password is left half written. Called just before one is written.
    pub fn take_endings(&self) {
        self.take_interrupts();
        stockade::store::stop_writing_when(Arc::clone(&self.cancelled));
    }

    /// Says that an earlier run was ended while it wrote `target`.
    pub fn tell_leftover(&mut self, target: &std::path::Path) {
        if let Some(leftover) = stockade::store::leftover_of(target) {
            self.say(&format!(
                "note: an earlier run was ended before it was done. {} holds keys of it, and perhaps \
                 their password; it is removed now",
                crate::shown(&leftover)
            ));
        }
    }

    /// Whether somebody can answer questions.
    pub fn attended(&self) -> bool {
        self.attended
    }

    /// A line for people who asked for more.
    pub fn detail(&mut self, line: &str) {
        if self.verbose {
            self.say(line);
        }
    }

    /// A line on standard error.
    pub fn say(&mut self, line: &str) {
        self.clear();
        let _ = writeln!(anstream::stderr().lock(), "{}", harmless(line));
    }

    /// A password, asked for without echo; `None` where nobody is there.
    pub fn password(&mut self, prompt: &str) -> Option<SecretText> {
        if !self.attended || self.gave_up() {
            return None;
        }
        // Else Ctrl-C would leave the terminal without its echo.
        self.take_interrupts();
        self.clear();
        hidden::ask(format!("{}: ", harmless(prompt)), &self.cancelled)
    }

    /// Whether the answer to a question is yes, asked without echo: what somebody types there too
    /// early may be a secret, and is none of the two answers.
    fn hidden_yes(&mut self, question: &str) -> Option<bool> {
        for _ in 0..TRIES {
            match yes_or_no(self.password(question)?.expose()) {
                Some(answer) => return Some(answer),
                None => self.say("That was neither. Type yes or no; it is not shown."),
            }
        }
        None
    }

    fn read_line(&self, question: &str) -> Option<String> {
        self.clear();
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

    /// Where long work shows how far it has come: a bar on a terminal, nothing in a pipe.
    pub fn progress(&self) -> Bars {
        self.bars.clone()
    }

    fn clear(&self) {
        self.bars.clear();
    }
}

impl Interact for Terminal {
    fn look_at_device(&mut self, device: &str, attention: Attention<'_>) {
        let notice = match attention {
            Attention::Address => format!("{device}: compare the address and approve it"),
            Attention::PublicKey => format!("{device}: compare the public key and approve it"),
            Attention::Message(text) => {
                let page = if text.len() > ONE_PAGE { PAGE_THROUGH } else { "" };
                format!("{device}: approve this text{page}\n  {text}")
            }
            Attention::Transaction(_) => {
                format!("{device}: compare the transaction and approve it")
            }
            Attention::SigningRoot { index, root } => {
                let root = hex::encode(root);
                format!("{device}: compare index {index} and root 0x{root}, and approve")
            }
            Attention::OpenApp(app) => format!("{device}: approve opening the {app} app"),
            Attention::Pairing => {
                format!("{device}: allow this computer to talk to the wallet")
            }
            Attention::Pin => format!("{device}: enter the PIN on the wallet"),
            Attention::Passphrase => format!("{device}: enter or confirm the passphrase"),
            _ => format!("{device}: look at the wallet and approve"),
        };
        // Wallets differ in how many screens they show: the person is told once.
        if notice != self.last_notice {
            self.say(&notice);
            self.last_notice = notice;
        }
    }

    fn enter_pin_matrix(&mut self, device: &str) -> Option<SecretText> {
        if self.attended {
            self.say(&format!(
                "{device}: its screen shows the digits in another order. Type the places of your \
                 PIN's digits:\n  7 8 9\n  4 5 6\n  1 2 3"
            ));
        }
        self.password("PIN places")
    }

    fn enter_passphrase(&mut self, device: &str, on_device: bool) -> Option<Passphrase> {
        if !self.attended {
            return None;
        }
        if on_device {
            let question =
                format!("{device}: enter the passphrase on the wallet itself? (yes or no)");
            if self.hidden_yes(&question)? {
                return Some(Passphrase::OnDevice);
            }
        }
        let entered = self.password(&format!("{device}: passphrase (empty for none)"))?;
        Some(Passphrase::Typed(entered))
    }

    fn ask(&mut self, question: &str) -> Option<String> {
        if !self.attended || self.gave_up() {
            return None;
        }
        let mut answer = self.read_line(question)?;
        // A slip of the finger is no answer, and costs nobody the presses before it.
        for _ in 1..TRIES {
            if !question.ends_with(YES_OR_NO) || yes_or_no(&answer).is_some() {
                break;
            }
            self.say("Type yes or no, the whole word.");
            answer = self.read_line(question)?;
        }
        Some(answer)
    }

    fn enter_secret(&mut self, question: &str) -> Option<SecretText> {
        self.password(question)
    }

    fn note(&mut self, text: &str) {
        self.say(text);
        self.last_notice.clear();
    }

    fn cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }
}

/// How a question ends that takes one of two answers.
const YES_OR_NO: &str = "(yes or no)";

/// How many times a question is asked.
const TRIES: usize = 3;

/// Which of the two answers a line is. A letter alone is neither: it comes too easily.
fn yes_or_no(line: &str) -> Option<bool> {
    let line = line.trim();
    let is = |word: &str| line.eq_ignore_ascii_case(word);
    (is("yes") || is("no")).then(|| is("yes"))
}

/// Progress bars, which make room for what is said or asked meanwhile.
#[derive(Clone)]
pub struct Bars {
    shown: bool,
    bar: Rc<RefCell<Option<(String, ProgressBar)>>>,
    stopped: Arc<AtomicBool>,
    /// What is being done, for whoever wants it to end.
    doing: Arc<Mutex<Option<String>>>,
}

impl Bars {
    fn clear(&self) {
        if let Some((_, bar)) = self.bar.borrow_mut().take() {
            bar.finish_and_clear();
        }
    }

    fn begin(&self, what: &str, total: usize) {
        self.clear();
        let style = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len} {elapsed}");
        let bar = ProgressBar::new(total as u64).with_message(what.to_owned());
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        // One step may take minutes, and what stands still looks dead.
        bar.enable_steady_tick(Duration::from_secs(1));
        *self.bar.borrow_mut() = Some((what.to_owned(), bar));
    }
}

impl Progress for Bars {
    fn step(&mut self, what: &str, done: usize, total: usize) {
        if let Ok(mut doing) = self.doing.lock() {
            *doing = (done < total).then(|| what.to_owned());
        }
        if !self.shown || total < 2 {
            return;
        }
        if done == total {
            return self.clear();
        }
        let other = self.bar.borrow().as_ref().is_none_or(|(name, _)| name != what);
        if other {
            self.begin(what, total);
        }
        if let Some((_, bar)) = self.bar.borrow().as_ref() {
            bar.set_position(done as u64);
        }
    }

    fn stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }
}

/// What a simulated wallet in this process shows; it has no other screen.
pub fn show_screen(shown: &str) {
    let shown = harmless(shown.trim()).replace('\n', " ");
    let _ = writeln!(anstream::stderr().lock(), "  (the simulated wallet shows: {shown})");
}

/// Asks the person at the terminal in the place of a simulated wallet's user.
#[cfg(feature = "mock")]
pub fn approve(shown: &str) -> bool {
    let shown = harmless(shown);
    let _ =
        write!(anstream::stderr().lock(), "The wallet shows:\n  {shown}\nApprove? (yes or no): ");
    let _ = io::stderr().flush();
    let mut line = String::new();
    let read = io::stdin().lock().read_line(&mut line);
    read.is_ok() && line.trim().eq_ignore_ascii_case("yes")
}
