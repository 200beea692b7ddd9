//! Takes back what was shown or printed: pictures, the texts of QR codes, and typed lines.

use std::collections::BTreeSet;

use crate::{
    lines::{self, LinesError},
    parts::{PartError, Parts},
    payload::{Payload, PayloadError},
    picture::{Picture, PictureError, is_picture},
};

/// Why nothing can be taken back.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IntakeError {
    /// A picture cannot be read.
    #[error(transparent)]
    Picture(#[from] PictureError),
    /// A part does not fit to the others.
    #[error(transparent)]
    Part(#[from] PartError),
    /// Typed lines are wrong or missing.
    #[error(transparent)]
    Lines(#[from] LinesError),
    /// What was put together is not what Stockade shows.
    #[error(transparent)]
    Payload(#[from] PayloadError),
    /// A file that is neither a picture nor text.
    #[error("neither a picture (PNG, JPEG) nor text")]
    Unknown,
    /// A PDF.
    #[error("a PDF: make pictures of its pages first, as with `pdftoppm -r 150 -png`")]
    Pdf,
    /// No code of a transfer was found.
    #[error("there is no QR code of Stockade in it")]
    NoCode,
    /// Some parts are missing.
    #[error(
        "not enough codes were read: {received}, of a transfer that needs {needed} or a few more"
    )]
    Incomplete {
        /// The parts that were read.
        received: usize,
        /// The parts that the transfer has.
        needed: u64,
    },
}

/// What was taken in so far.
#[derive(Debug, Default)]
pub struct Intake {
    parts: Parts,
    typed: String,
    codes: BTreeSet<String>,
    foreign: usize,
    /// Pictures to look at harder if too little was found, by their files.
    pictures: usize,
}

impl Intake {
    /// Takes a picture or a text file. With `hard`, looks harder, which takes longer.
    pub fn add(&mut self, file: &[u8], hard: bool) -> Result<(), IntakeError> {
        if is_picture(file) {
            let picture = Picture::decode(file)?;
            // Each picture is looked at quickly first.
            self.pictures = self.pictures.saturating_add(usize::from(!hard));
            let texts = if hard { picture.search() } else { picture.scan() };
            return texts.into_iter().try_for_each(|text| self.code(text));
        }
        if file.starts_with(b"%PDF") {
            return Err(IntakeError::Pdf);
        }
        let text = std::str::from_utf8(file).map_err(|_| IntakeError::Unknown)?;
        self.text(text.trim_start_matches('\u{feff}'))
    }

    /// Takes text: the texts of QR codes, one on each line, and typed lines of a sheet.
    pub fn text(&mut self, text: &str) -> Result<(), IntakeError> {
        if self.typed.len().saturating_add(text.len()) > lines::MAX_TEXT {
            return Err(LinesError::TooLarge { len: text.len() }.into());
        }
        for line in text.lines() {
            // Programs that read codes put the kind of code before its text.
            let code = line.trim().trim_start_matches("QR-Code:");
            if code.get(..3).is_some_and(|start| start.eq_ignore_ascii_case("ur:")) {
                self.code(code.to_owned())?;
            } else {
                self.typed.push_str(line);
            }
            // Also for a code, so that lines keep their numbers.
            self.typed.push('\n');
        }
        Ok(())
    }

    /// Takes the text of one code. Codes of other programs do not matter.
    fn code(&mut self, text: String) -> Result<(), IntakeError> {
        if self.codes.contains(&text) {
            return Ok(());
        }
        match self.parts.receive(&text) {
            Ok(()) => {
                self.codes.insert(text);
                Ok(())
            }
            Err(PartError::Foreign) => {
                self.foreign = self.foreign.saturating_add(1);
                Ok(())
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Whether everything was read.
    pub fn is_complete(&self) -> bool {
        self.parts.is_complete()
    }

    /// How many different codes of the transfer were read.
    pub fn codes(&self) -> usize {
        self.codes.len()
    }

    /// How many pictures were looked at.
    pub fn pictures(&self) -> usize {
        self.pictures
    }

    /// What was shown. Codes come first: typed lines count if there is no code.
    pub fn finish(&mut self) -> Result<Payload, IntakeError> {
        if let Some(packed) = self.parts.message()? {
            return Ok(Payload::unpack(&packed)?);
        }
        if let Some(needed) = self.parts.needed() {
            return Err(IntakeError::Incomplete { received: self.codes.len(), needed });
        }
        if self.typed.trim().is_empty() {
            return Err(IntakeError::NoCode);
        }
        Ok(Payload::unpack(&lines::read(&self.typed)?)?)
    }
}
