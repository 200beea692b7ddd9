//! Ctrl-C, SIGTERM, SIGHUP and SIGQUIT. The first one cancels the command: what waits for the user ends,
//! and what is being written is finished. The second one ends the process.

use std::{
    cell::Cell,
    io::{self, Write as _},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use signal_hook::{
    consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM},
    iterator::Signals,
};

/// The handler of these signals, once it is installed.
pub struct Interrupts {
    taken: Cell<bool>,
    given_up: Arc<AtomicBool>,
    doing: Arc<Mutex<Option<String>>>,
}

impl Interrupts {
    /// `given_up` becomes true at the first signal; `doing` names the work that is finished then.
    pub fn new(given_up: &Arc<AtomicBool>, doing: &Arc<Mutex<Option<String>>>) -> Self {
        Self { taken: Cell::new(false), given_up: Arc::clone(given_up), doing: Arc::clone(doing) }
    }

    /// Installs the handler. If that fails, Ctrl-C ends the process at once, which loses nothing either.
    pub fn take(&self) {
        if self.taken.replace(true) {
            return;
        }
        let Ok(mut signals) = Signals::new([SIGINT, SIGTERM, SIGHUP, SIGQUIT]) else { return };
        let (given_up, doing) = (Arc::clone(&self.given_up), Arc::clone(&self.doing));
        thread::spawn(move || {
            for signal in signals.forever() {
                if given_up.swap(true, Ordering::Relaxed) {
                    say(
                        "stopped. The next command removes what was not finished; `stockade backup \
                         list` shows what is there",
                    );
                    std::process::exit(128 + signal);
                }
                let doing = doing.lock().ok().and_then(|doing| doing.clone());
                say(&match doing {
                    Some(what) => {
                        format!("finishing first: {what}. Press Ctrl-C again to stop at once")
                    }
                    None => "cancelling. Press Ctrl-C again to stop at once".to_owned(),
                });
            }
        });
    }
}

/// Prints on a line of its own, whatever is on the current one.
fn say(what: &str) {
    let _ = writeln!(anstream::stderr().lock(), "\nCtrl-C: {what}.");
    let _ = io::stderr().flush();
}
