mod report;
mod text;

use std::{collections::BTreeSet, path::PathBuf};

use serde::Serialize;
use stockade::validator::{self, CheckOptions, FoundKeys};

use crate::{
    CommandResult,
    commands::passed_over::{self, PassedOver},
    context::{Context, read_expected},
    output::Outcome,
};

pub use self::report::Report;

/// Check that keys belong to this wallet. Needs no password and no mnemonic
///
/// Compares public keys with those of the wallet: the keys of its own mnemonic (Ledger), and the keys
/// of the batches that it derives for Stockade, for which the wallet asks for approval. Opens no
/// keystore; `stockade backup drill` does.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Keystores, folders of keystores, or copies
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// Compare with this batch of the wallet only. Required for keystores that are in none of its sets
    #[arg(long)]
    batch: Option<u32>,
    /// The highest index to try for keys of the wallet's mnemonic
    #[arg(long, default_value_t = 99)]
    max_index: u32,
    /// A file of keys that must be among them: one key per line, a deposit_data file, or a keymanager
    /// listing
    #[arg(long, value_name = "FILE")]
    expect: Option<PathBuf>,
}

impl Args {
    /// Compares the keys with those of the wallet.
    pub fn run(self, context: &mut Context) -> CommandResult {
        let expected = read_expected(self.expect.as_deref())?;
        let FoundKeys { keys, skipped } = validator::find_keys(&self.paths)?;
        let mut wallet = context.open()?;
        let options = CheckOptions { batch: self.batch, max_index: self.max_index };
        let mut progress = context.terminal.progress();
        let checked =
            validator::check(keys, &options, &mut *wallet, &mut context.terminal, &mut progress)?;
        drop(progress);
        let there: BTreeSet<_> = checked.keys.iter().filter_map(|key| key.key.pubkey).collect();
        let missing: Vec<_> = expected.into_iter().filter(|key| !there.contains(key)).collect();
        let report = Report::new(&checked, &missing);
        let text = passed_over::text(&skipped, "not checked")
            + &text::of(&report, &checked, &missing, &wallet.identity().name(), self.max_index);
        let ok = report.all_proven();
        let document = Document { report, passed_over: passed_over::list(&skipped) };
        Ok(Outcome::checked(ok, text, document))
    }
}

/// The result of comparing keys with a wallet, wherever the keys were found.
#[cfg(feature = "cloud")]
pub fn outcome(
    checked: &validator::Checked,
    missing: &[stockade::bls::PublicKey],
    device: &str,
    max_index: u32,
) -> Outcome {
    let report = Report::new(checked, missing);
    let text = text::of(&report, checked, missing, device, max_index);
    Outcome::checked(report.all_proven(), text, report)
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Document {
    #[serde(flatten)]
    report: Report,
    /// Files that hold no key.
    passed_over: Vec<PassedOver>,
}
