//! QR codes on a terminal. They are drawn in black on white whatever its colours are, because a camera
//! must read them; so these sequences are written even with NO_COLOR.

use std::io::{self, IsTerminal as _, Write as _};

use super::stdout::check_written;

/// Black on white, and back.
const INK: &str = "\u{1b}[30;107m";
const PLAIN: &str = "\u{1b}[0m";

/// Whether standard output is a terminal.
pub fn on_terminal() -> bool {
    io::stdout().is_terminal()
}

/// The columns and rows of the terminal.
pub fn size() -> (usize, usize) {
    #[cfg(unix)]
    if let Ok(size) = rustix::termios::tcgetwinsize(io::stdout())
        && size.ws_col > 0
        && size.ws_row > 0
    {
        return (usize::from(size.ws_col), usize::from(size.ws_row));
    }
    (80, 24)
}

/// Prints a code, in its colours on a terminal only.
pub fn print_code(code: &str) {
    let (ink, plain) = if on_terminal() { (INK, PLAIN) } else { ("", "") };
    let lines = code.lines().map(|line| format!("{ink}{line}{plain}\n"));
    check_written(io::stdout().lock().write_all(lines.collect::<String>().as_bytes()));
}

/// The screen of an animation. When dropped, the terminal is as it was before.
pub struct Screen(());

impl Screen {
    /// Clears a second screen, and hides the cursor.
    pub fn begin() -> Self {
        check_written(write!(io::stdout().lock(), "\u{1b}[?1049h\u{1b}[?25l\u{1b}[2J"));
        Self(())
    }

    /// Draws a code over the one before, with a line of text below it.
    pub fn draw(&self, code: &str, caption: &str) {
        let mut frame = String::from("\u{1b}[H");
        for line in code.lines() {
            frame += &format!("{INK}{line}{PLAIN}\u{1b}[K\r\n");
        }
        frame += &format!("{caption}\u{1b}[J");
        let mut stdout = io::stdout().lock();
        check_written(stdout.write_all(frame.as_bytes()).and_then(|()| stdout.flush()));
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        let mut stdout = io::stdout().lock();
        check_written(write!(stdout, "\u{1b}[?25h\u{1b}[?1049l").and_then(|()| stdout.flush()));
    }
}
