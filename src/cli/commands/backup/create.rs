use std::path::PathBuf;

use serde_json::{Value, json};
use stockade::{
    backup::{
        BackupError, Copy,
        create::{self, Created, NewKey, Plan},
        custodians::{self, Chosen, Given},
        foreign::ImportReport,
        history::{self, Given as GivenHistory},
        holder,
        intake::Imported,
        list,
        origin::Signer,
        unknown,
        whereabouts::Location,
    },
    bls::PublicKey,
    device::Wallet,
    device_secret::check_address,
    timestamp::Timestamp,
};

use super::{
    created::{
        Placed, confirm, copies_json, copies_text, custodians_text, notes, warnings, with_failed,
    },
    from::FromArgs,
    history_decision::{ABOUT_SILENT, require_silent},
};
use crate::{
    CommandResult,
    commands::{passed_over, sealing::Sealing},
    context::Context,
    error::CommandError,
    output::Outcome,
    shell,
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
    /// The keys' slashing history (EIP-3076), kept beside the set. Several are put together
    #[arg(long, value_name = "FILE")]
    history: Vec<PathBuf>,
    /// This key, of which the history says nothing, never signed anything, on any machine. May be
    /// repeated
    #[arg(long, value_name = "PUBKEY", value_delimiter = ',')]
    never_attested_key: Vec<PublicKey>,
    /// Leave out what cannot be taken over, and say which
    #[arg(long)]
    skip_bad: bool,
}

impl Args {
    /// Opens everything, then makes the set.
    pub fn run(self, context: &mut Context) -> CommandResult {
        let (custodians, mut copies) = self.sealing.read()?;
        copies.iter().try_for_each(Copy::lock_to_write)?;
        self.sealing.require_room(&copies, 1)?;
        // Nobody types a password where no wallet can take the keys.
        context.require_device()?;
        let ImportReport { imported: Imported { keys, bad, skipped }, histories, places } =
            self.from.take(context)?;
        self.require_keys(&keys, &bad, &skipped)?;
        self.require_new(&keys, &copies)?;
        self.sealing.require_room(&copies, keys.len())?;
        let history = self.read_history(&keys, &histories)?;
        let placed = confirm(&copies, context)?;
        let mut wallet = context.open()?;
        let beside = Beside { history, places };
        let mut made = self.make(keys, beside, &custodians, &mut copies, &mut *wallet, context)?;
        let failed = std::mem::take(&mut made.created.failed);
        Ok(with_failed(self.outcome(&made, (&copies, &placed), &bad, &skipped), failed))
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

    /// The histories that are given; else those that came with the keys.
    fn read_history(
        &self,
        keys: &[NewKey],
        beside: &[(String, Vec<u8>)],
    ) -> Result<Option<Vec<u8>>, CommandError> {
        let keys: Vec<_> = keys.iter().map(|key| key.secret.public_key()).collect();
        let network = self.sealing.network;
        let (given, names): (_, Vec<_>) = match self.history.as_slice() {
            [] if beside.is_empty() => return Ok(None),
            [] => {
                let names = beside.iter().map(|(name, _)| name.clone()).collect();
                (history::check_all(beside, network, &keys)?, names)
            }
            files => {
                let names = files.iter().map(|file| crate::shown(&file).to_string()).collect();
                (history::read_all(files, network, &keys)?, names)
            }
        };
        let names = names.join(", ");
        require_silent(&self.never_attested_key, &keys, &given.history, &names)?;
        let GivenHistory { history, mut silent } = given;
        silent.retain(|key| !self.never_attested_key.contains(key));
        match silent.is_empty() {
            true => Ok(Some(history.to_keep().to_vec())),
            false => {
                let what = history::says_nothing_about(&names, &silent, keys.len());
                Err(CommandError::input(what).with_hint(ABOUT_SILENT))
            }
        }
    }

    fn make(
        &self,
        keys: Vec<NewKey>,
        beside: Beside,
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
            history: beside.history.into_iter().map(|bytes| (now, bytes)).collect(),
            exits: Vec::new(),
            places: beside.places,
        };
        let mut progress = terminal.progress();
        let signer = Signer::Wallet(wallet, address);
        let created = create::create(&plan, copies, signer, now, terminal, &mut progress)?;
        Ok(Made { created, chosen, plan })
    }

    fn outcome(
        &self,
        made: &Made,
        (copies, placed): (&[Copy], &[Placed]),
        bad: &[(String, String)],
        skipped: &[(String, String)],
    ) -> Outcome {
        let Made { created, chosen, plan } = made;
        let mut text = format!(
            "Backed up {} keys for {} as set {}\n",
            plan.keys.len(),
            self.sealing.network,
            created.set_id
        );
        text += &custodians_text(chosen);
        text += &copies_text(created, copies, placed);
        for (place, why) in bad {
            text += &format!("LEFT OUT {place}: {why}\n");
        }
        text += &passed_over::text(skipped, "not backed up");
        text += &may_sign(&plan.places);
        let warnings = warnings(copies);
        text += &notes(&warnings);
        text += &format!(
            "The originals were not touched. Next: stockade backup drill{}",
            shell::copies(copies)
        );
        let keys = plan
            .keys
            .iter()
            .map(|key| json!({"pubkey": key.secret.public_key(), "path": key.path}));
        let left_out = bad.iter().map(|(place, why)| json!({"file": place, "why": why}));
        let places: Vec<_> = skipped.iter().map(|(place, _)| place).collect();
        let json = json!({
            "set_id": created.set_id,
            "manifest": created.manifest,
            "keys": keys.collect::<Vec<_>>(),
            "custodians": chosen.custodians,
            "threshold": chosen.threshold,
            "enrolled": chosen.enrolled,
            "copies": copies_json(created, copies, placed),
            "skipped": places,
            "passed_over": passed_over::json(skipped),
            "left_out": left_out.collect::<Vec<_>>(),
            "warnings": warnings,
            "may_sign_at": plan.places.iter().map(place_json).collect::<Vec<_>>(),
        });
        // Something that was asked for is not in the set: read what.
        Outcome::checked(bad.is_empty(), text, json)
    }
}

/// What is stored with the set.
struct Beside {
    history: Option<Vec<u8>>,
    places: Vec<(Location, Vec<PublicKey>)>,
}

/// Where the keys may go on signing, and what follows from it.
fn may_sign(places: &[(Location, Vec<PublicKey>)]) -> String {
    let line = |(location, keys): &(Location, Vec<PublicKey>)| {
        format!("  {} of the keys may go on signing at {location}\n", keys.len())
    };
    let mut text: String = places.iter().map(line).collect();
    if !places.is_empty() {
        text += "  This is recorded. A restore or a delivery stops until you say that they are off there.\n";
    }
    text
}

fn place_json((location, keys): &(Location, Vec<PublicKey>)) -> Value {
    json!({"kind": location.kind.as_str(), "location": location.label(), "keys": keys})
}

/// A set that was made, of what, and for whom.
struct Made {
    created: Created,
    chosen: Chosen,
    plan: Plan,
}
