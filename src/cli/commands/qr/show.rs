use std::path::PathBuf;

use serde::Serialize;
use stockade::backup::SetId;
use stockade_paper::{
    content::Consent,
    gather::{Gathered, gather},
};

use super::{document::Carried, format::Format, pictures, terminal};
use crate::{CommandResult, context::Context, error::CommandError, output::Outcome};

/// Show a sealed or public file as QR codes, for a camera
///
/// Only what Stockade knows to be sealed or public is shown, by what the file holds: sealed files and
/// encrypted keystores, custodian files, manifests, deposit data, changes of credentials, attestations,
/// delivery notes, slashing histories. Anything else could be a secret, and is refused. A small set is
/// shown whole: name a copy, and the set with --set.
///
/// The codes are parts of a UR (BCR-2020-005, `ur:bytes`) with fountain codes: it does not matter which
/// ones the camera catches, if there are enough. Read them with `stockade qr read`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Files; or a copy, to show a set in it
    #[arg(required = true, value_name = "FILE|COPY")]
    files: Vec<PathBuf>,
    /// The set to show, if the copy holds several
    #[arg(long, value_name = "ID")]
    set: Option<SetId>,
    /// How to show it
    #[arg(long, value_enum, default_value_t = Format::Terminal)]
    format: Format,
    /// The picture to write (png, svg); a new folder if there are several codes
    #[arg(long, value_name = "FILE|DIR")]
    out: Option<PathBuf>,
    /// How many codes to show or write [default: on a terminal until Ctrl-C; in pictures more than twice
    /// as many as are needed, so that some may be lost]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    frames: Option<u32>,
    /// On a terminal: how many codes are shown each second
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=30))]
    fps: u32,
    /// On a terminal: show several codes one after the other in the same place. That is the default;
    /// in a pipe they are printed one below the other
    #[arg(long)]
    animate: bool,
    /// Also show signed exits. Everybody who sees one can end the validator
    #[arg(long)]
    signed_exits: bool,
}

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Document {
    /// What is shown.
    #[serde(flatten)]
    carried: Carried,
    /// How many different codes are needed to read it, at least.
    needed: usize,
    /// The texts of the codes, each a part of a UR; empty if pictures were written.
    parts: Vec<String>,
    /// The pictures that were written.
    pictures: Vec<String>,
}

impl Args {
    /// Shows codes, or writes pictures of them.
    pub fn run(self, context: &mut Context) -> CommandResult {
        let is_picture = self.format != Format::Terminal;
        if is_picture != self.out.is_some() {
            return Err(CommandError::usage(
                "--format png and svg need --out, and only they take it",
            ));
        }
        let shown =
            gather(&self.files, self.set.as_ref(), Consent { signed_exits: self.signed_exits })?;
        let frames = self.frames.map(|frames| frames as usize);
        match &self.out {
            Some(out) => {
                let made = pictures::write(&shown.packed, self.format, out, frames)?;
                let text = format!(
                    "{}\nWritten to {}: {} of them are enough\n",
                    head(&shown)?,
                    crate::shown(out),
                    made.needed
                );
                document(&shown, made.needed, Vec::new(), made.files, text)
            }
            None => self.on_terminal(&shown, frames, context),
        }
    }

    fn on_terminal(
        &self,
        shown: &Gathered,
        frames: Option<usize>,
        context: &mut Context,
    ) -> CommandResult {
        let codes = terminal::Codes::new(&shown.packed)?;
        let needed = codes.needed();
        if context.json {
            let number = frames.unwrap_or_else(|| codes.with_spare());
            return document(shown, needed, codes.texts(number), Vec::new(), String::new());
        }
        let text = if codes.is_animated(self.animate) {
            let drawn = codes.animate(&shown.payload.name, self.fps, frames, &context.terminal)?;
            format!(
                "{}\n{drawn} codes were shown; any {needed} or a few more are enough\n",
                head(shown)?
            )
        } else {
            codes.print(frames)?;
            format!("{}\n", head(shown)?)
        };
        document(shown, needed, Vec::new(), Vec::new(), text)
    }
}

fn head(shown: &Gathered) -> Result<String, CommandError> {
    let digest = shown.payload.digest()?;
    Ok(format!("{}: {}\nSHA-256 {digest}", shown.payload.name, shown.kind))
}

fn document(
    shown: &Gathered,
    needed: usize,
    parts: Vec<String>,
    pictures: Vec<String>,
    text: String,
) -> CommandResult {
    let carried = Carried::of(&shown.payload, shown.kind)?;
    Ok(Outcome::done(text, Document { carried, needed, parts, pictures }))
}
