use std::path::PathBuf;

use serde_json::json;
use stockade::{
    backup::{
        BackupError, Copy,
        create::{self, Created, NewKey, Plan},
        custodians::{self, Chosen, Given},
        history, holder,
        intake::Imported,
        list, medium,
        origin::Signer,
        unknown,
    },
    device::Wallet,
    device_secret::check_address,
    timestamp::Timestamp,
};

use super::{
    created::{copies_json, copies_text, custodians_text, notes, with_failed},
    from::{FromArgs, Taken},
};
use crate::{
    CommandResult, commands::sealing::Sealing, context::Context, error::CommandError,
    output::Outcome,
};

/// Back up keys that another tool made. The originals are never touched
///
/// Opens every one first, and writes nothing unless all of them open (or --skip-bad).
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    sealing: Sealing,
    #[command(flatten)]
    from: FromArgs,
    /// The keys' slashing history (EIP-3076), kept beside the set
    #[arg(long, value_name = "FILE")]
    history: Option<PathBuf>,
    /// Leave out what cannot be taken over, and say which
    #[arg(long)]
    skip_bad: bool,
}

impl Args {
    /// Opens everything, then makes the set.
    pub fn run(self, context: &mut Context) -> CommandResult {
        let (custodians, mut copies) = self.sealing.read()?;
        copies.iter().try_for_each(Copy::lock_to_write)?;
        let Taken { imported: Imported { keys, bad, skipped }, histories } =
            self.from.take(context)?;
        self.require_keys(&keys, &bad)?;
        self.require_new(&keys, &copies)?;
        let history = self.read_history(&keys, histories)?;
        let mut wallet = context.open()?;
        let mut made = self.make(keys, history, &custodians, &mut copies, &mut *wallet, context)?;
        let failed = std::mem::take(&mut made.created.failed);
        Ok(with_failed(self.outcome(&made, &copies, &bad, &skipped), failed))
    }

    fn require_keys(&self, keys: &[NewKey], bad: &[(String, String)]) -> Result<(), CommandError> {
        if !bad.is_empty() && !self.skip_bad {
            let total = keys.len() + bad.len();
            return Err(BackupError::Unopened { bad: bad.to_vec(), total }.into());
        }
        if keys.is_empty() {
            return Err(BackupError::NoKeystores(self.from.names()).into());
        }
        Ok(())
    }

    /// A key that lies in a set already would be counted, and delivered, twice.
    fn require_new(&self, keys: &[NewKey], copies: &[Copy]) -> Result<(), CommandError> {
        let sets = list(copies)?;
        if let Some(set) = unknown(&sets, self.sealing.network) {
            let reason = "no copy has a manifest of it that a wallet signed".to_owned();
            return Err(BackupError::DamagedSet { set: set.id.clone(), reason }.into());
        }
        let keys: Vec<_> = keys.iter().map(|key| key.secret.public_key()).collect();
        match holder(&sets, &keys) {
            Some((set, pubkey)) => {
                let pubkey = pubkey.to_string();
                Err(BackupError::KeyExists { pubkey, set: set.clone() }.into())
            }
            None => Ok(()),
        }
    }

    /// The history that is given; else the one that came with the keys.
    fn read_history(
        &self,
        keys: &[NewKey],
        mut beside: Vec<(String, Vec<u8>)>,
    ) -> Result<Option<Vec<u8>>, CommandError> {
        let keys: Vec<_> = keys.iter().map(|key| key.secret.public_key()).collect();
        let network = self.sealing.network;
        let history = match (&self.history, beside.pop(), beside.is_empty()) {
            (Some(path), ..) => history::read(path, network, &keys)?,
            (None, None, _) => return Ok(None),
            (None, Some((name, bytes)), true) => history::check(&name, bytes, network, &keys)?,
            (None, Some(_), false) => {
                return Err(CommandError::usage("several of these places hold a slashing history")
                    .with_hint("put them together, and name the file with --history"));
            }
        };
        Ok(Some(history.bytes))
    }

    fn make(
        &self,
        keys: Vec<NewKey>,
        history: Option<Vec<u8>>,
        given: &[Given],
        copies: &mut [Copy],
        wallet: &mut dyn Wallet,
        context: &mut Context,
    ) -> Result<Made, CommandError> {
        let terminal = &mut context.terminal;
        let address = check_address(wallet, terminal)?;
        let Sealing { network, threshold, scheme, allow_test_seed, .. } = self.sealing;
        custodians::require_real(network, wallet, &address, &[], allow_test_seed)?;
        let chosen =
            custodians::choose(given, threshold, copies, scheme, wallet, &address, terminal)?;
        let custodians = &chosen.custodians;
        let test =
            custodians::require_real(network, wallet, &address, custodians, allow_test_seed)?;
        let now = Timestamp::now();
        let plan = Plan {
            network,
            test,
            custodians: chosen.custodians.clone(),
            threshold: chosen.threshold,
            keys,
            deposit_data: None,
            sealed: Vec::new(),
            history: history.into_iter().map(|bytes| (now, bytes)).collect(),
            exits: Vec::new(),
        };
        let mut progress = terminal.progress();
        let signer = Signer::Wallet(wallet, address);
        let created = create::create(&plan, copies, signer, now, terminal, &mut progress)?;
        Ok(Made { created, chosen, plan })
    }

    fn outcome(
        &self,
        made: &Made,
        copies: &[Copy],
        bad: &[(String, String)],
        skipped: &[String],
    ) -> Outcome {
        let Made { created, chosen, plan } = made;
        let mut text = format!(
            "Backed up {} keys for {} as set {}\n",
            plan.keys.len(),
            self.sealing.network,
            created.set_id
        );
        text += &custodians_text(chosen);
        text += &copies_text(created, copies);
        for (place, why) in bad {
            text += &format!("LEFT OUT {place}: {why}\n");
        }
        for place in skipped {
            text += &format!("no key: {place}\n");
        }
        let warnings = medium::shared(copies);
        text += &notes(&warnings);
        text += "The originals were not touched. Next: stockade backup drill";
        text += &copies.iter().map(|copy| format!(" {}", copy.dir().display())).collect::<String>();
        let keys = plan
            .keys
            .iter()
            .map(|key| json!({"pubkey": key.secret.public_key(), "path": key.path}));
        let left_out = bad.iter().map(|(place, why)| json!({"file": place, "why": why}));
        let json = json!({
            "set_id": created.set_id,
            "manifest": created.manifest,
            "keys": keys.collect::<Vec<_>>(),
            "custodians": chosen.custodians,
            "threshold": chosen.threshold,
            "enrolled": chosen.enrolled,
            "copies": copies_json(created, copies),
            "skipped": skipped,
            "left_out": left_out.collect::<Vec<_>>(),
            "warnings": warnings,
        });
        // Something that was asked for is not in the set: read what.
        Outcome::checked(bad.is_empty(), text, json)
    }
}

/// A set that was made, of what, and for whom.
struct Made {
    created: Created,
    chosen: Chosen,
    plan: Plan,
}
