//! Codes on this terminal, or in a pipe.

use std::{
    fmt::Display,
    thread,
    time::{Duration, Instant},
};

use stockade_paper::{
    Frames,
    parts::bytes_for,
    qr_code::{Level, QrCode, capacity, terminal_version},
};

use crate::{
    commands::plural::count,
    error::CommandError,
    output::frames::{Screen, on_terminal, print_code, size},
    ui::Terminal,
};

/// How often Ctrl-C is looked for.
const TICK: Duration = Duration::from_millis(20);

/// The codes of one payload, as large as the terminal allows.
pub struct Codes {
    frames: Frames,
}

impl Codes {
    /// Codes that fit on the terminal.
    pub fn new(packed: &[u8]) -> Result<Self, CommandError> {
        let (columns, rows) = size();
        // The last row is for the caption.
        let version = terminal_version(columns, rows.saturating_sub(1));
        let bytes = bytes_for(capacity(version, Level::Low));
        Ok(Self { frames: Frames::new(packed, bytes)? })
    }

    /// How many codes are needed at least.
    pub fn needed(&self) -> usize {
        self.frames.needed()
    }

    /// How many codes are enough if some are lost.
    pub fn with_spare(&self) -> usize {
        self.frames.with_spare()
    }

    /// Whether they are shown one after the other in the same place.
    pub fn is_animated(&self, asked: bool) -> bool {
        on_terminal() && (asked || self.needed() > 1)
    }

    /// The texts of the first codes.
    pub fn texts(self, number: usize) -> Vec<String> {
        self.frames.take(number).collect()
    }

    /// Prints the codes one below the other.
    pub fn print(self, frames: Option<usize>) -> Result<(), CommandError> {
        let number = frames.unwrap_or_else(|| self.needed());
        for part in self.frames.take(number) {
            print_code(&QrCode::new(&part, Level::Low)?.to_text());
            print_code("");
        }
        Ok(())
    }

    /// Shows one code after the other, until Ctrl-C or `frames` codes. Returns how many it showed.
    pub fn animate(
        self,
        name: &impl Display,
        fps: u32,
        frames: Option<usize>,
        terminal: &Terminal,
    ) -> Result<usize, CommandError> {
        terminal.take_interrupts();
        let needed = count(self.needed(), "code");
        let pause = Duration::from_secs(1) / fps.max(1);
        let screen = Screen::begin();
        let mut drawn = 0;
        for part in self.frames.take(frames.unwrap_or(usize::MAX)) {
            let until = Instant::now() + pause;
            let code = QrCode::new(&part, Level::Low)?.to_text();
            let name: String = name.to_string().chars().take(30).collect();
            screen.draw(
                &code,
                &format!("{name}: code {} (at least {needed}). Ctrl-C ends", drawn + 1),
            );
            drawn += 1;
            while Instant::now() < until && !terminal.gave_up() {
                thread::sleep(TICK);
            }
            if terminal.gave_up() {
                break;
            }
        }
        Ok(drawn)
    }
}
