mod document;
pub mod next;
mod text;

use std::path::PathBuf;

use stockade::{
    backup::{Copy, origin::Pins},
    eth::Address,
    profile::{Located, Profile, Records},
    status::{self, StatusReport, StatusRequest},
    store::public_file,
    timestamp::Timestamp,
};

pub use self::document::Document;
use crate::{
    CommandResult,
    context::{Context, read_signers},
    error::CommandError,
    output::Outcome,
    profile_file,
};

/// Show the state of your backups, and what to do next
///
/// Shows which copies are here, when each set in each copy was last scrubbed, drilled and attested, and
/// what is overdue or due soon. Asks no wallet, and opens nothing. Scrubs and drills of a profile's copies
/// are remembered on this computer; attestations are stored with the sets, and count if one of your
/// addresses signed them. The exit code is 0 if there is nothing to do, and 1 if there is something. With
/// --quiet, nothing is printed if there is nothing to do.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Copies [default: those of the profile]
    #[arg(value_name = "COPY")]
    copies: Vec<PathBuf>,
    /// An address of yours, or a custodian file [default: those of the profile]
    #[arg(long, value_name = "0x..|FILE")]
    signer: Vec<String>,
    /// Also write the state as metrics for Prometheus: a file that ends in .prom, in the folder of
    /// node_exporter's textfile collector
    #[arg(long, value_name = "FILE")]
    prometheus: Option<PathBuf>,
}

impl Args {
    /// Reads the state, and shows it.
    pub fn run(self, context: &mut Context) -> CommandResult {
        self.require_prom()?;
        let (report, _) = read(context, &self.copies, &self.signer)?;
        if let Some(path) = &self.prometheus {
            public_file::replace(path, status::metrics(&report).as_bytes())?;
        }
        Ok(self.outcome(&report, context))
    }

    fn outcome(&self, report: &StatusReport, context: &Context) -> Outcome {
        let ok = report.is_fine();
        let next = next::Commands::new(report, &self.copies);
        let text = match (context.quiet, ok) {
            (true, true) => String::new(),
            (true, false) => text::tasks(report, &next),
            (false, _) => text::text(report, &next),
        };
        Outcome::checked(ok, text, Document::of(report, &next))
    }

    /// Node_exporter reads only such files.
    fn require_prom(&self) -> Result<(), CommandError> {
        let is_prom = |path: &&PathBuf| path.extension().is_some_and(|ending| ending == "prom");
        if self.prometheus.iter().all(|path| is_prom(&path)) {
            return Ok(());
        }
        Err(CommandError::usage("--prometheus: the name of the file must end in .prom")
            .with_hint("node_exporter's textfile collector reads no other files"))
    }
}

/// Reads the state of these copies, or of the profile's, and the addresses that count as the owner's.
pub fn read(
    context: &mut Context,
    copies: &[PathBuf],
    signer: &[String],
) -> Result<(StatusReport, Vec<Address>), CommandError> {
    let file = context.profile()?;
    let profile = file.map(|file| file.profile).unwrap_or_default();
    let now = Timestamp::now();
    let known = read_records(context);
    let located = locate(copies, &profile)?;
    if copies.is_empty()
        && let Some(known) = &known
        && let Err(error) = profile_file::see(&located, known.clone(), now)
    {
        context.terminal.say(&format!("note: where the copies are is not remembered: {error}"));
    }
    let mut signers = read_signers(signer)?;
    if signer.is_empty() {
        signers.clone_from(&profile.signers);
    }
    let pins = Pins { wallets: Vec::new(), signers };
    let records = known.unwrap_or_default();
    let mut request = StatusRequest::new(located, &pins, &records, now);
    request.ages = profile.max_age;
    request.custodians = &profile.custodians;
    request.threshold = profile.threshold;
    let report = status::status(request)?;
    Ok((report, pins.signers))
}

fn locate(copies: &[PathBuf], profile: &Profile) -> Result<Located, CommandError> {
    if !copies.is_empty() {
        return Ok(Located::here(Copy::open_all(copies)?));
    }
    if profile.copies.is_empty() {
        return Err(CommandError::usage("name your copies, or set up a profile that does")
            .with_hint("`stockade setup` makes one"));
    }
    Ok(profile_file::find(profile))
}

/// This computer's records. Without them nothing counts but attestations, and what cannot be read is not
/// written over.
fn read_records(context: &mut Context) -> Option<Records> {
    match profile_file::records() {
        Ok(records) => Some(records),
        Err(error) => {
            context.terminal.say(&format!("warning: scrubs and drills on this computer: {error}"));
            None
        }
    }
}
