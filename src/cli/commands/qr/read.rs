use std::path::{Path, PathBuf};

use stockade_paper::{
    content::Kind,
    take::{self, Taken},
};

use super::document::Read;
use crate::{CommandResult, commands::plural::count, error::CommandError, output::Outcome, shell};

/// Read files from pictures of QR codes
///
/// Reads PNG and JPEG: photographs, screenshots, or the frames of a film, in any order. It takes as many
/// as are needed, and verifies the digest. Stockade does not read a camera itself. `zbarcam --raw >
/// codes.txt` does, and writes the texts of the codes, which this command reads too; `ffmpeg -i film.mp4
/// -vf fps=10 frames/%05d.png` makes frames of a film.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Pictures, folders of pictures, or text files with the texts of codes
    #[arg(required = true, value_name = "IMAGE|FOLDER")]
    images: Vec<PathBuf>,
    /// Where to write what was read: a new file, or a new folder if there are several files
    /// [default: its own name, in the current folder; copy-of-ID for a set]
    #[arg(long, value_name = "FILE|DIR")]
    out: Option<PathBuf>,
}

impl Args {
    /// Reads, and writes what is whole.
    pub fn run(self) -> CommandResult {
        finish(&take::take(&self.images, None)?, self.out.as_deref())
    }
}

/// Writes what was taken back, and says so.
pub fn finish(taken: &Taken, out: Option<&Path>) -> CommandResult {
    let target = take::target(&taken.payload, out);
    take::write(taken, &target)?;
    Ok(Outcome::done(text(taken, &target)?, Read::of(taken, &target)?))
}

fn text(taken: &Taken, target: &Path) -> Result<String, CommandError> {
    let from = match taken.codes {
        0 => "lines of text, each with the right check characters".to_owned(),
        codes if taken.pictures == 0 => format!("the texts of {}", count(codes, "QR code")),
        codes => format!("{} in {}", count(codes, "QR code"), count(taken.pictures, "picture")),
    };
    let mut text = format!(
        "Read {} from {from}\nSHA-256 {} (verified)\nWritten to {}\n",
        taken.kind,
        taken.payload.digest()?,
        crate::shown(target)
    );
    for (path, why) in &taken.unread {
        text += &format!("not read, and not needed: {}: {why}\n", crate::shown(path));
    }
    text += &match taken.kind {
        Kind::Set => format!(
            "\nNext: the folder is a copy that holds this set. Prove that it opens: stockade backup drill {}\n",
            shell::path(target)
        ),
        Kind::SealOfSet => {
            "\nNext: put the set's keystores, manifest.json and SHA256SUMS into the same \
                            folder, from any copy, and drill it\n"
                .to_owned()
        }
        _ => String::new(),
    };
    Ok(text)
}
