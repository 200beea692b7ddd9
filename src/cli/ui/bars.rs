//! Progress bars, which make room for messages and questions.

use std::{
    cell::RefCell,
    rc::Rc,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use indicatif::{ProgressBar, ProgressStyle};
use stockade::interact::Progress;

/// Progress bars.
#[derive(Clone)]
pub struct Bars {
    shown: bool,
    bar: Rc<RefCell<Option<(String, ProgressBar)>>>,
    stopped: Arc<AtomicBool>,
    /// The work in progress, which an interrupt names.
    doing: Arc<Mutex<Option<String>>>,
}

impl Bars {
    /// Bars that are visible if `shown`. Work stops when `stopped` becomes true.
    pub fn new(shown: bool, stopped: &Arc<AtomicBool>, doing: Arc<Mutex<Option<String>>>) -> Self {
        Self { shown, bar: Rc::default(), stopped: Arc::clone(stopped), doing }
    }

    /// Removes the bar from the terminal.
    pub fn clear(&self) {
        if let Some((_, bar)) = self.bar.borrow_mut().take() {
            bar.finish_and_clear();
        }
    }

    fn begin(&self, what: &str, total: usize) {
        self.clear();
        let style = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len} {elapsed}");
        let bar = ProgressBar::new(total as u64).with_message(what.to_owned());
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        // A step may take minutes: without a moving clock the command would look dead.
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
