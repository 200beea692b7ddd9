mod before;
mod document;
mod elsewhere;
mod report;
mod write;

use std::path::PathBuf;

use stockade::{
    backup::SetId,
    bls::PublicKey,
    validator::{Splitting, UnusualThreshold, default_threshold},
};

#[cfg(all(test, feature = "cloud", feature = "mock", feature = "rpc"))]
pub use self::document::Document;
use crate::{
    CommandResult,
    commands::{
        elsewhere::ElsewhereArgs,
        plural::count,
        shares::{self, SharesArgs},
    },
    context::Context,
    error::CommandError,
    unlockers::OpenArgs,
};

/// Split signing keys into shares for a distributed validator: any M of N shares sign together
///
/// Opens a set and writes, for each machine, keystores of its shares, each with its password beside it:
/// node<i>/validator_keys/keystore-<k>.json and keystore-<k>.txt. Node i has the share at x = i + 1, or at
/// the i-th number of --x. Before anything is written, the shares are tested: they must sign for their
/// key together.
///
/// Folders and files are named as charon (Obol) names them, but charon also needs a cluster lock, which
/// only charon makes: to let charon or ssv-keys split the keys, use `stockade backup restore` with
/// --layout charon or --layout ssv instead.
///
/// The copies record the split before a share is written: `stockade validator list` shows it, and a
/// restore asks about it. NEVER run a whole key and its shares at the same time, nor two splits of one
/// key: the validator would be slashed.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Copies that hold the set. A file that is damaged in one is read from another
    #[arg(long, required = true, num_args = 1.., value_name = "DIR")]
    copy: Vec<PathBuf>,
    /// The set, if the copies hold several
    #[arg(long, value_name = "ID")]
    set: Option<SetId>,
    /// The keys to split, in the order of the cluster's validators
    #[arg(long, required = true, num_args = 1.., value_name = "PUBKEY")]
    pubkey: Vec<PublicKey>,
    /// The number of shares, one for each machine
    #[arg(long, value_name = "N", required_unless_present_any = ["x", "split_elsewhere"])]
    shares: Option<u8>,
    /// The number of shares that sign together: more than half [default: two thirds, rounded up]
    #[arg(long, value_name = "M")]
    threshold: Option<u8>,
    /// The x of each share, if the program that signs does not number them 1 to N: different whole
    /// numbers from 1 on, such as the operators' ids 12,77,345,900
    #[arg(long, value_name = "X,..", value_delimiter = ',')]
    x: Vec<u64>,
    /// The folder to create; it must not exist, or be empty
    #[arg(long, value_name = "DIR", required_unless_present = "split_elsewhere")]
    to: Option<PathBuf>,
    /// Only record that another tool split these keys. Nothing is opened, and no share is written
    #[arg(long = "elsewhere", conflicts_with_all = ["to", "x", "whole_keys_are_off"])]
    split_elsewhere: bool,
    /// The whole keys are switched off on every machine, for good
    #[arg(long)]
    whole_keys_are_off: bool,
    #[command(flatten)]
    shares_args: SharesArgs,
    #[command(flatten)]
    elsewhere: ElsewhereArgs,
    #[command(flatten)]
    open: OpenArgs,
    /// Also trust sets that this signer made: a check address, or a custodian file
    #[arg(long, value_name = "0x..|FILE")]
    signer: Vec<String>,
}

impl Args {
    /// Opens the set, splits the keys, tests the shares, and writes them; or only records a split.
    pub fn run(self, context: &mut Context) -> CommandResult {
        shares::require_each_once(&self.pubkey)?;
        match &self.to {
            Some(to) => self.write(to, context),
            None => self.record_elsewhere(context),
        }
    }

    /// How the keys are split.
    fn splitting(&self) -> Result<Splitting, CommandError> {
        let shares = self.shares.map(usize::from).filter(|_| !self.x.is_empty());
        if let Some(shares) = shares.filter(|shares| *shares != self.x.len()) {
            let numbers = self.x.len();
            return Err(CommandError::usage(format!(
                "--shares {shares}, but --x names {numbers}: leave out --shares"
            )));
        }
        let numbered = (1..=u64::from(self.shares.unwrap_or_default())).collect();
        let places = if self.x.is_empty() { numbered } else { self.x.clone() };
        let number = u8::try_from(places.len()).unwrap_or(u8::MAX);
        let threshold = self.threshold.unwrap_or(default_threshold(number));
        Ok(Splitting::at(places, threshold)?)
    }
}

/// What to know about an unusual threshold.
fn threshold_warning(splitting: &Splitting) -> Option<String> {
    let (shares, threshold) = (splitting.shares(), splitting.threshold());
    let usual = default_threshold(shares);
    let why = match splitting.unusual()? {
        UnusualThreshold::Lower { machines } => format!(
            "with {} that would sign anything, two conflicting messages can be signed, and the validator is \
             slashed",
            count(machines.into(), "faulty machine")
        ),
        UnusualThreshold::Higher { may_fail: 0 } => {
            "the validator stops as soon as one machine fails".to_owned()
        }
        UnusualThreshold::Higher { may_fail } => {
            format!("the validator stops if more than {} fail", count(may_fail.into(), "machine"))
        }
        _ => "it is not the usual one".to_owned(),
    };
    Some(format!(
        "any {threshold} of {shares} shares sign, but two thirds, rounded up, would be {usual}: {why}"
    ))
}
