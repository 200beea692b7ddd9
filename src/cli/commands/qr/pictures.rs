//! Codes as pictures.

use std::path::Path;

use stockade::store::{self, NewFile, private_file};
use stockade_paper::{
    Frames,
    parts::bytes_for,
    qr_code::{Level, QrCode, capacity},
};

use super::format::Format;
use crate::error::CommandError;

/// The largest code. A larger one is hard to film.
const VERSION: u8 = 15;

/// Pixels a module.
const SCALE: usize = 8;

/// What was written.
pub struct Made {
    /// How many codes are needed at least.
    pub needed: usize,
    /// The pictures.
    pub files: Vec<String>,
}

/// Writes one code to the file `out`, and several into a new folder.
pub fn write(
    packed: &[u8],
    format: Format,
    out: &Path,
    number: Option<usize>,
) -> Result<Made, CommandError> {
    let frames = Frames::new(packed, bytes_for(capacity(VERSION, Level::Low)))?;
    let needed = frames.needed();
    let number = number.unwrap_or_else(|| frames.with_spare());
    if needed == 1 {
        let part = frames.take(1).next().unwrap_or_default();
        private_file::create(out, &drawn(&part, format)?)?;
        return Ok(Made { needed, files: vec![out.to_string_lossy().into_owned()] });
    }
    let (mut files, mut names) = (Vec::new(), Vec::new());
    for (i, part) in frames.take(number).enumerate() {
        let ending = if format == Format::Svg { "svg" } else { "png" };
        let name = format!("frame-{:04}.{ending}", i + 1);
        names.push(out.join(&name).to_string_lossy().into_owned());
        files.push(NewFile { path: name.parse()?, bytes: drawn(&part, format)? });
    }
    store::publish_folder(out, &files)?;
    Ok(Made { needed, files: names })
}

fn drawn(part: &str, format: Format) -> Result<Vec<u8>, CommandError> {
    let code = QrCode::new(part, Level::Low)?;
    Ok(match format {
        Format::Svg => code.to_svg().into_bytes(),
        Format::Png | Format::Terminal => code.to_png(SCALE)?,
    })
}
