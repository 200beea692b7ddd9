//! The screen and the buttons of a simulated wallet in this process.

use std::io::{self, BufRead as _, Write as _};

use crate::output::harmless;

/// Prints what the wallet's screen shows.
pub fn show_screen(shown: &str) {
    let shown = harmless(shown.trim()).replace('\n', " ");
    let _ = writeln!(anstream::stderr().lock(), "  (the simulated wallet shows: {shown})");
}

/// Says that the simulated wallet approves nothing more, since its log cannot be written.
#[cfg(feature = "mock")]
pub fn not_logged(why: &str) {
    let why = harmless(why);
    let _ = writeln!(anstream::stderr().lock(), "The log is not whole, so this is refused: {why}");
}

/// Asks the user at the terminal to press the wallet's buttons.
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
