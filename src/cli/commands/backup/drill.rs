use std::path::PathBuf;

use stockade::{
    backup::{Access, Copy, SetId, Trust, drill, origin::Pins, scrub},
    profile::CheckKind,
};

use super::scrub::Document;
use crate::{
    CommandResult,
    commands::{
        attest::{
            self,
            create::{Asked, Check},
        },
        key_share::ClusterLockArgs,
        report,
    },
    context::{Context, read_expected, read_signers},
    shell,
    unlockers::OpenArgs,
};

/// Open every key with its custodians, in memory only, to show that all keys can be recovered
///
/// Loads every signing key into this computer's memory: scrub often, but drill rarely, and only on a
/// machine that you trust. Keys of the wallets' own batches are derived again and compared. If several
/// custodians must open the set together, name each wallet with --device, or use --insert to be asked
/// for them in turn.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Copies
    #[arg(required = true, value_name = "COPY")]
    copies: Vec<PathBuf>,
    /// Only this set
    #[arg(long, value_name = "ID")]
    set: Option<SetId>,
    /// Who else may have made the sets: a check address, or a custodian file
    #[arg(long, value_name = "0x..|FILE")]
    signer: Vec<String>,
    /// Keys that must be in the sets: a file with one key on each line, a deposit_data file, or a
    /// keymanager listing
    #[arg(long, value_name = "FILE")]
    expect: Option<PathBuf>,
    #[command(flatten)]
    lock: ClusterLockArgs,
    /// Also open sets that neither this wallet nor a --signer made; they are still not proven
    #[arg(long)]
    accept_unknown_origin: bool,
    /// Have the wallet sign the result, as `stockade attest create --check drill` does
    #[arg(long, conflicts_with_all = ["accept_unknown_origin", "cluster_lock"])]
    attest: bool,
    #[command(flatten)]
    open: OpenArgs,
}

impl Args {
    /// Drills.
    pub fn run(self, context: &mut Context) -> CommandResult {
        if self.attest {
            let Self { copies, set, signer, expect, open, .. } = self;
            let asked = Asked { copies, set, signer, expect, open };
            return attest::create::Args::of(Check::Drill, asked)?.run(context);
        }
        let (copies, unreachable) = Copy::open_reachable(&self.copies)?;
        let expected = read_expected(self.expect.as_deref())?;
        let lock = self.lock.read()?;
        let trust = Trust {
            pins: Pins { wallets: Vec::new(), signers: read_signers(&self.signer)? },
            accept_unknown_origin: self.accept_unknown_origin,
        };
        let mut progress = context.terminal.progress();
        let scrubbed = scrub::read_to_open(&copies, self.set.as_ref(), &mut progress)?;
        let mut unlockers = self.open.unlockers_of(&scrubbed, context)?;
        let mut access = Access::new(&mut unlockers, &trust, &mut context.terminal, &mut progress);
        if let Some(count) = drill::approvals(&scrubbed, &access) {
            access.user.expect_approvals(count);
        }
        let mut found = drill::drill(&copies, &scrubbed, &mut access)?;
        scrub::expect(&mut found, &expected);
        if let Some(lock) = &lock {
            scrub::expect_lock(&mut found, lock);
        }
        scrub::tell_unreachable(&mut found, &unreachable);
        let recorded = context.record(CheckKind::Drill, &scrubbed, &found);
        let unreached = unreachable.into();
        let mut outcome = report::outcome(&found, &copies, |report| Document {
            report,
            unreached,
            attestations: Vec::new(),
        });
        if outcome.ok {
            let record = if recorded {
                "Only this computer remembers this drill"
            } else {
                "This drill leaves no record"
            };
            outcome.text += &format!(
                "\n{record}. To have the wallet sign the result, run: stockade attest \
                 create --check drill --copy{}",
                shell::copies(&copies)
            );
        }
        Ok(outcome)
    }
}
