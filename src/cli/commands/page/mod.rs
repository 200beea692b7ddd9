//! `report`: the state of the backups as one HTML page.

mod document;

use std::path::PathBuf;

use stockade::{
    profile::Presence,
    status::{
        StatusReport,
        page::{self, Page, PageRequest, PageTask},
    },
    store::{private_file, public_file},
    timestamp::Timestamp,
};

pub use self::document::Document;
use crate::{
    CommandResult,
    commands::status::{self, next::Commands},
    context::{Context, read_signers},
    error::CommandError,
    output::Outcome,
    shell,
};

/// Write the state of your backups as an HTML page, for you or for an auditor
///
/// The page is one file. It needs no network and no script, and prints well. It shows what `stockade status`
/// shows: copies, sets, the last checks, what to do next; and all attestations on a time line. Asks no
/// wallet, and opens nothing. The exit code is 0 if the page was written, whatever it says: `stockade
/// status` is the check.
///
/// With --public, the page is for an auditor: it is made from manifests and attestations alone. It shows no
/// labels and no places, and says what it cannot know.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Copies; with --public, also files with attestations [default: the copies of the profile]
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// The page to write: a file that ends in .html. An older one is replaced
    #[arg(long, value_name = "FILE")]
    html: PathBuf,
    /// Make the page for an auditor
    #[arg(long)]
    public: bool,
    /// An address of the owner, or a custodian file [default: those of the profile]
    #[arg(long, value_name = "0x..|FILE")]
    signer: Vec<String>,
}

impl Args {
    /// Reads the state, and writes the page.
    pub fn run(self, context: &mut Context) -> CommandResult {
        self.require_html()?;
        let page = if self.public && !self.paths.is_empty() {
            self.of_paths(context)?
        } else {
            self.of_status(context)?
        };
        let html = page.to_html();
        // The owner's page names places, and only the owner reads it.
        let write = if self.public { public_file::replace } else { private_file::replace };
        write(&self.html, html.as_bytes())?;
        let text = format!(
            "Wrote {}: open it in any browser. It needs no network",
            shell::path(&self.html)
        );
        Ok(Outcome::done(text, Document::of(&page, &self.html, html.len())))
    }

    /// For an auditor, from copies and files that are named.
    fn of_paths(&self, context: &mut Context) -> Result<Page, CommandError> {
        let mut signers = read_signers(&self.signer)?;
        if self.signer.is_empty() {
            signers = context.profile()?.map(|file| file.profile.signers).unwrap_or_default();
        }
        Ok(page::read(PageRequest::public(&self.paths, &signers, Timestamp::now()))?)
    }

    fn of_status(&self, context: &mut Context) -> Result<Page, CommandError> {
        let (report, signers) = status::read(context, &self.paths, &self.signer)?;
        let here = report.copies.iter().filter_map(|copy| match &copy.presence {
            Presence::Here(dir) => Some(dir.clone()),
            _ => None,
        });
        let here: Vec<_> = here.collect();
        if self.public {
            return Ok(page::read(PageRequest::public(&here, &signers, report.at))?);
        }
        let tasks = tasks(&report, &self.paths);
        Ok(page::read(PageRequest::owner(&here, &signers, &report, tasks))?)
    }

    /// Anything else may be somebody's file.
    fn require_html(&self) -> Result<(), CommandError> {
        if self.html.extension().is_some_and(|ending| ending == "html") {
            return Ok(());
        }
        Err(CommandError::usage("--html: the name of the file must end in .html"))
    }
}

/// The tasks, each with what to type.
fn tasks(report: &StatusReport, named: &[PathBuf]) -> Vec<PageTask> {
    let next = Commands::new(report, named);
    let task = |task| {
        let absent = next.to_plug_in(task);
        let first = match absent.len() {
            0 => String::new(),
            _ => format!(". First plug in {}", absent.join(", ")),
        };
        PageTask { text: format!("{}{first}", task.text), command: next.of(task), soon: task.soon }
    };
    report.tasks.iter().map(task).collect()
}
