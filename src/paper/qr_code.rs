//! Draws QR codes: on a terminal, as PNG and as SVG.

use qrcode::{EcLevel, QrCode as Encoded, Version, bits::Bits};

/// The largest version: 177 modules wide.
const MAX_VERSION: u8 = 40;

/// The light border that readers need, in modules.
pub const QUIET: usize = 4;

/// The border on a terminal, whose rows are few.
const TERMINAL_QUIET: usize = 2;

/// How much of a code may be damaged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// 7 %: for screens.
    Low,
    /// 15 %: for paper.
    Medium,
}

impl From<Level> for EcLevel {
    fn from(level: Level) -> Self {
        match level {
            Level::Low => Self::L,
            Level::Medium => Self::M,
        }
    }
}

/// Why a code is not drawn.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DrawError {
    /// The text is too long.
    #[error("the text does not fit into a QR code")]
    TooLong,
    /// The picture could not be encoded.
    #[error("the picture cannot be written: {0}")]
    Png(#[from] png::EncodingError),
}

/// A QR code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QrCode {
    width: usize,
    dark: Vec<bool>,
}

/// How many letters, digits and signs of parts a code of `version` (1 to 40) holds.
pub fn capacity(version: u8, level: Level) -> usize {
    let fits = |len: usize| {
        let mut bits = Bits::new(Version::Normal(i16::from(version.clamp(1, MAX_VERSION))));
        let text = vec![b'A'; len];
        bits.push_alphanumeric_data(&text).and_then(|()| bits.push_terminator(level.into())).is_ok()
    };
    let (mut low, mut high) = (0, 4297);
    while low + 1 < high {
        let middle = usize::midpoint(low, high);
        if fits(middle) { low = middle } else { high = middle }
    }
    low
}

/// The highest version of which a code fits on a terminal of this size, with `rows` free below it.
pub fn terminal_version(columns: usize, rows: usize) -> u8 {
    let modules = columns.min(rows.saturating_mul(2)).saturating_sub(2 * TERMINAL_QUIET);
    // Version v is 17 + 4 v modules wide. More than version 15 is hard to film from a screen.
    let version = modules.saturating_sub(17) / 4;
    u8::try_from(version.clamp(1, 15)).unwrap_or(1)
}

impl QrCode {
    /// The smallest code for `text`.
    pub fn new(text: &str, level: Level) -> Result<Self, DrawError> {
        let encoded = Encoded::with_error_correction_level(text, level.into());
        let encoded = encoded.map_err(|_| DrawError::TooLong)?;
        Ok(Self { width: encoded.width(), dark: encoded.to_colors().iter().map(is_dark).collect() })
    }

    /// The number of modules on each side.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Whether the module is dark; modules outside of the code are light.
    fn is_dark(&self, x: usize, y: usize) -> bool {
        x < self.width && self.dark.get(y * self.width + x).copied().unwrap_or_default()
    }

    /// The same, in a picture with a border of `quiet` modules.
    fn at(&self, x: usize, y: usize, quiet: usize) -> bool {
        match (x.checked_sub(quiet), y.checked_sub(quiet)) {
            (Some(x), Some(y)) => y < self.width && self.is_dark(x, y),
            _ => false,
        }
    }

    /// Lines of half blocks, two modules below each other in one character. Drawn in black on white.
    pub fn to_text(&self) -> String {
        let side = self.width + 2 * TERMINAL_QUIET;
        let mut text = String::new();
        for y in (0..side).step_by(2) {
            for x in 0..side {
                let upper = self.at(x, y, TERMINAL_QUIET);
                let lower = self.at(x, y + 1, TERMINAL_QUIET);
                text.push(match (upper, lower) {
                    (true, true) => '█',
                    (true, false) => '▀',
                    (false, true) => '▄',
                    (false, false) => ' ',
                });
            }
            text.push('\n');
        }
        text
    }

    /// A PNG of grey levels, with `scale` pixels a module and the border that readers need.
    pub fn to_png(&self, scale: usize) -> Result<Vec<u8>, DrawError> {
        let scale = scale.clamp(1, 32);
        let side = (self.width + 2 * QUIET) * scale;
        let pixels = (0..side * side)
            .map(|i| if self.at(i % side / scale, i / side / scale, QUIET) { 0 } else { 255 });
        let pixels: Vec<u8> = pixels.collect();
        let length = u32::try_from(side).unwrap_or(u32::MAX);
        let mut picture = Vec::new();
        let mut encoder = png::Encoder::new(&mut picture, length, length);
        encoder.set_color(png::ColorType::Grayscale);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.write_header()?.write_image_data(&pixels)?;
        Ok(picture)
    }

    /// An SVG in black on white with the border that readers need. It has no size of its own.
    pub fn to_svg(&self) -> String {
        let side = self.width + 2 * QUIET;
        let mut path = String::new();
        for y in 0..self.width {
            let mut x = 0;
            while x < self.width {
                let run = (x..self.width).take_while(|x| self.is_dark(*x, y)).count();
                if run > 0 {
                    path += &format!("M{} {}h{run}v1h-{run}z", x + QUIET, y + QUIET);
                }
                x += run.max(1);
            }
        }
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {side} {side}\" \
             shape-rendering=\"crispEdges\"><rect width=\"{side}\" height=\"{side}\" fill=\"#fff\"/>\
             <path d=\"{path}\" fill=\"#000\"/></svg>"
        )
    }
}

fn is_dark(color: &qrcode::Color) -> bool {
    *color == qrcode::Color::Dark
}

#[cfg(test)]
mod tests {
    use super::*;

    /// ISO 18004, table 7.
    #[test]
    fn versions_hold_what_the_standard_says() {
        for (version, level, expected) in [
            (1, Level::Low, 25),
            (5, Level::Low, 154),
            (20, Level::Medium, 970),
            (40, Level::Low, 4296),
        ] {
            assert_eq!(capacity(version, level), expected, "{version} {level:?}");
        }
    }

    #[test]
    fn a_code_fits_on_the_terminal_that_it_was_chosen_for() {
        for (columns, rows) in [(80, 23), (60, 40), (200, 60), (40, 10), (0, 0)] {
            let version = terminal_version(columns, rows);
            let text = "A".repeat(capacity(version, Level::Low));
            let drawn = QrCode::new(&text, Level::Low).unwrap().to_text();
            if rows > 13 {
                assert!(drawn.lines().count() <= rows, "{rows}");
                assert!(drawn.lines().all(|line| line.chars().count() <= columns), "{columns}");
            }
        }
    }
}
