//! What the commands that print sheets have in common.

use std::path::{Path, PathBuf};

use clap::ValueEnum;
use serde::Serialize;
use stockade::store::private_file;
use stockade_paper::sheet::{Sheet, Size};

use crate::{
    CommandResult, commands::plural::count, commands::qr::document::Carried, error::CommandError,
    output::Outcome,
};

/// The size of the paper.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Paper {
    /// 210 x 297 mm
    #[default]
    A4,
    /// 8.5 x 11 inches
    Letter,
}

/// Where the sheet is written, and for which paper.
#[derive(Debug, clap::Args)]
pub struct SheetArgs {
    /// The HTML file to write. Any browser prints it, or saves it as a PDF; it needs no network
    #[arg(long, value_name = "FILE.html")]
    out: PathBuf,
    /// The size of the paper
    #[arg(long, value_enum, default_value_t)]
    size: Paper,
}

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Document {
    /// What is on the sheet.
    #[serde(flatten)]
    carried: Carried,
    /// How many QR codes it has.
    codes: usize,
    /// How many lines of text it has.
    lines: usize,
    /// The file that was written.
    file: String,
}

impl SheetArgs {
    /// Refuses a file that exists, before anything is read.
    pub fn require_new(&self) -> Result<(), CommandError> {
        Ok(private_file::require_new(&self.out)?)
    }

    /// Writes the sheet.
    pub fn write(&self, sheet: &Sheet) -> CommandResult {
        let size = match self.size {
            Paper::A4 => Size::A4,
            Paper::Letter => Size::Letter,
        };
        let (html, printed) = sheet.html(size)?;
        private_file::create(&self.out, html.as_bytes())?;
        let text = format!(
            "{}: {}, with {} and {} of text\nWritten to {}. Print it from a browser, and try it: \
             stockade paper read SCAN.png --out NEW\n",
            sheet.title,
            sheet.kind,
            count(printed.codes, "QR code"),
            count(printed.lines, "line"),
            crate::shown(&self.out)
        );
        let document = Document {
            carried: Carried::of(&sheet.payload, sheet.kind)?,
            codes: printed.codes,
            lines: printed.lines,
            file: self.out.to_string_lossy().into_owned(),
        };
        Ok(Outcome::done(text, document))
    }
}

/// Reads the file that a sheet is about, and its name.
pub fn read(path: &Path, limit: u64) -> Result<(String, Vec<u8>), CommandError> {
    let bytes = private_file::read_regular(path, limit)?;
    Ok((path.file_name().unwrap_or_default().to_string_lossy().into_owned(), bytes))
}
