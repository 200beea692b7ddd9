pub use super::document::Document;
use crate::{
    CommandResult,
    context::Context,
    error::{CommandError, Kind},
    output::Outcome,
};

/// Show the profile in use, and its file
#[derive(Debug, clap::Args)]
pub struct Args {}

impl Args {
    /// Shows the profile.
    pub fn run(self, context: &mut Context) -> CommandResult {
        let Some(file) = context.profile()? else {
            return Err(CommandError::new(Kind::File, "there is no profile")
                .with_hint("`stockade setup` makes one"));
        };
        let text = format!("# {}\n{}", crate::shown(&file.path), file.profile.for_people()?);
        Ok(Outcome::done(text, Document::of(&file.path, &file.profile)))
    }
}
