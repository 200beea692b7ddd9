pub mod document;
mod history;
mod outcome;

use std::path::PathBuf;

use stockade::{
    backup::{
        BackupError, Copy, ListedSet,
        create::{self, NewKey, Plan},
        custodians::{self, CustodianSet, CustodianSource, Wanted},
        foreign::ImportReport,
        intake::Imported,
        list,
        origin::Signer,
        share_warnings,
    },
    bls::PublicKey,
    device::Wallet,
    device_secret::check_address,
    eth::Address,
    staking::Network,
};

use history::StoredWith;
use outcome::{Made, outcome};

use super::{created::confirm, from::FromArgs};
use stockade::interact::Interact as _;

use crate::{
    CommandResult,
    commands::{key_share::ShareArgs, passed_over, sealing::Sealing},
    context::Context,
    error::CommandError,
};

/// Back up keys that another tool made. The originals are not touched
///
/// Opens every key first. If one does not open, nothing is written (unless --skip-bad is given).
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    sealing: Sealing,
    #[command(flatten)]
    from: FromArgs,
    /// The keys' slashing history (EIP-3076), stored with the set. Several are merged
    #[arg(long, value_name = "FILE")]
    history: Vec<PathBuf>,
    /// A key that the history does not mention, and that never signed anything on any machine. Can be
    /// repeated
    #[arg(long, value_name = "PUBKEY", value_delimiter = ',')]
    never_attested_key: Vec<PublicKey>,
    #[command(flatten)]
    share: ShareArgs,
    /// Leave out keys that cannot be imported, and list them
    #[arg(long)]
    skip_bad: bool,
}

impl Args {
    /// Opens everything, then makes the set.
    pub fn run(self, context: &mut Context) -> CommandResult {
        let (custodians, mut copies) = self.sealing.read()?;
        copies.iter().try_for_each(Copy::lock_to_write)?;
        self.sealing.require_room(&copies, 1)?;
        // Nobody types a password before it is known that a wallet is there.
        context.require_device()?;
        let ImportReport { imported, histories, places, networks } = self.from.take(context)?;
        self.require_network(&networks)?;
        let Imported { mut keys, bad, skipped, sealed } = imported;
        self.require_keys(&keys, &bad, &skipped)?;
        self.share.state(&mut keys)?;
        let sets = list(&copies)?;
        let public: Vec<_> = keys.iter().map(|key| key.secret.public_key()).collect();
        self.sealing.require_new(&sets, &public)?;
        self.sealing.require_room(&copies, keys.len())?;
        let given = (self.history.as_slice(), self.never_attested_key.as_slice());
        let history = history::read(given, self.sealing.network, &keys, &histories)?;
        let placed = confirm(&copies, context)?;
        let mut wallet = context.open()?;
        let stored = StoredWith { history, places, sealed };
        let chosen = self.choose(&custodians, &sets, &mut *wallet, context)?;
        let mut made = self.make(keys, stored, chosen, &mut copies, &mut *wallet, context)?;
        let shares: Vec<_> = made.plan.keys.iter().filter_map(|key| key.share).collect();
        made.warnings = share_warnings(&shares, &sets);
        made.warnings.append(&mut made.created.warnings);
        let failed = std::mem::take(&mut made.created.failed).into();
        Ok(outcome(made, failed, (&copies, &placed), &bad, &skipped))
    }

    fn require_keys(
        &self,
        keys: &[NewKey],
        bad: &[(String, String)],
        skipped: &[(String, String)],
    ) -> Result<(), CommandError> {
        if !bad.is_empty() && !self.skip_bad {
            let total = keys.len() + bad.len();
            return Err(BackupError::Unopened { bad: bad.to_vec(), total }.into());
        }
        if keys.is_empty() {
            let there = format!("\n{}", passed_over::text(skipped, "not a keystore"));
            return Err(BackupError::NoKeystores(self.from.names() + there.trim_end()).into());
        }
        Ok(())
    }

    /// A place that says for which network its keys are.
    fn require_network(&self, said: &[(String, Network)]) -> Result<(), CommandError> {
        match said.iter().find(|(_, network)| *network != self.sealing.network) {
            Some((place, network)) => Err(CommandError::usage(format!(
                "the keys in {place} are for {network}, and --network says {}",
                self.sealing.network
            ))),
            None => Ok(()),
        }
    }

    /// The custodians, and the wallet's address.
    fn choose(
        &self,
        sources: &[CustodianSource],
        sets: &[ListedSet],
        wallet: &mut dyn Wallet,
        context: &mut Context,
    ) -> Result<(CustodianSet, Address), CommandError> {
        let terminal = &mut context.terminal;
        let address = check_address(wallet, terminal)?;
        let Sealing { network, threshold, scheme, allow_test_seed, .. } = self.sealing;
        custodians::require_real(network, wallet, &address, &[], allow_test_seed)?;
        let wanted = Wanted { sources, threshold, scheme };
        // The origin is signed last.
        terminal.expect_approvals(1 + custodians::approvals(wanted, sets, wallet, &address)?);
        let chosen = custodians::choose(wanted, sets, wallet, &address, terminal)?;
        Ok((chosen, address))
    }

    fn make(
        &self,
        keys: Vec<NewKey>,
        StoredWith { history, places, sealed }: StoredWith,
        (chosen, address): (CustodianSet, Address),
        copies: &mut [Copy],
        wallet: &mut dyn Wallet,
        context: &mut Context,
    ) -> Result<Made, CommandError> {
        let terminal = &mut context.terminal;
        let Sealing { network, allow_test_seed, .. } = self.sealing;
        let custodians = &chosen.custodians;
        let test =
            custodians::require_real(network, wallet, &address, custodians, allow_test_seed)?;
        let mut plan = Plan::new(network, &chosen, keys);
        plan.test = test;
        plan.history = history.into_iter().map(|bytes| (plan.time, bytes)).collect();
        plan.places = places;
        plan.sealed = sealed;
        let mut progress = terminal.progress();
        let signer = Signer::Wallet(wallet, address);
        let created = create::create(&plan, copies, signer, terminal, &mut progress)?;
        Ok(Made { created, chosen, plan, warnings: Vec::new() })
    }
}
