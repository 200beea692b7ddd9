//! Standard output, whose reader must not take a part for the whole.

use std::{
    io::{ErrorKind, Result as IoResult, Write as _},
    sync::atomic::{AtomicBool, Ordering},
};

use super::{colour::painted, escape::harmless};

/// Whether part of the answer could not be written.
static LOST: AtomicBool = AtomicBool::new(false);

/// Prints text, and one newline after it.
pub fn print(text: &str) {
    check_written(writeln!(anstream::stdout().lock(), "{}", painted(&harmless(text.trim_end()))));
}

/// Prints a document, or a part of one, and one newline after it.
pub fn print_document(json: &str) {
    check_written(writeln!(anstream::stdout().lock(), "{json}"));
}

/// Flushes, and tells whether everything was written.
pub fn finish() -> bool {
    check_written(anstream::stdout().lock().flush());
    !LOST.load(Ordering::Relaxed)
}

/// Remembers that something was not written, and says so once.
pub fn check_written(written: IoResult<()>) {
    let Err(error) = written else { return };
    // A reader may close the pipe early: that is not an error.
    if error.kind() != ErrorKind::BrokenPipe && !LOST.swap(true, Ordering::Relaxed) {
        let mut stderr = anstream::stderr().lock();
        let _ = writeln!(stderr, "error: the answer could not be written: {error}");
    }
}
