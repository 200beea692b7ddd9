mod texts;

use serde::Serialize;

use self::texts::GUIDES;
pub use self::texts::Guide;
use crate::{CommandResult, error::CommandError, output::Outcome};

/// List the guides, or print one
///
/// The guides are those of the documentation, for this release: what to do step by step, with the commands to
/// type. `stockade help NAME` prints one as well.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A guide, as the list names it
    #[arg(value_name = "NAME")]
    name: Option<String>,
}

/// The guides.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Document {
    /// Every guide, or the one that was named.
    guides: Vec<Row>,
    /// The guide that was named, in Markdown.
    text: Option<String>,
}

/// A guide.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Row {
    /// Its name.
    name: &'static str,
    /// Its title.
    title: &'static str,
}

impl From<&Guide> for Row {
    fn from(guide: &Guide) -> Self {
        Self { name: guide.name, title: guide.title() }
    }
}

impl Args {
    /// Prints the guide, or the list.
    pub fn run(self) -> CommandResult {
        let Some(name) = self.name else { return Ok(list()) };
        let guide = Guide::named(&name).ok_or_else(|| {
            CommandError::usage(format!("there is no guide `{}`", crate::shown(&name)))
                .with_hint("`stockade guide` lists them")
        })?;
        let text = guide.text();
        let document = Document { guides: vec![Row::from(&guide)], text: Some(text.clone()) };
        Ok(Outcome::done(text, document))
    }
}

fn list() -> Outcome {
    let guides: Vec<_> = GUIDES.iter().map(Row::from).collect();
    let widest = guides.iter().map(|guide| guide.name.len()).max().unwrap_or_default();
    let line = |guide: &Row| format!("{:widest$}  {}\n", guide.name, guide.title);
    let text = guides.iter().map(line).collect::<String>() + "To read one: stockade guide NAME";
    Outcome::done(text, Document { guides, text: None })
}
