use std::path::{Path, PathBuf};

use clap::ValueEnum;
use serde_json::{Value, json};
use stockade::{
    attest::delivery::{Delivered, Destination, DestinationKind},
    backup::{
        HISTORY, Layout,
        hands::Hands,
        history::History,
        restore::require_new,
        verdict::Reason,
        whereabouts::{Location, LocationKind, Permit},
    },
    bls::PublicKey,
    store::{NewFile, StoreError, publish_folder},
};
use stockade_services::cloud::web3signer::KeyConfig;

use super::{
    approval,
    chosen::{Chosen, ChosenArgs},
    note::NoteArgs,
    web3signer_key::KeyArgs,
};
use crate::{
    CommandResult,
    commands::{
        backup::{
            next_steps::NextSteps,
            settle_history::{HistoryArgs, Settled},
        },
        elsewhere::{Elsewhere, ElsewhereArgs, Said, Unrecorded},
    },
    context::Context,
    error::CommandError,
    host,
    output::Outcome,
};

/// Write Web3signer's key configuration: one file a key
///
/// file-keystore opens the set and writes keystores, their password, and a configuration for each.
/// hashicorp and aws-secret write configurations alone, for keys that `deliver vault` or `deliver
/// aws-secrets` put there; nothing is opened, and a wallet at hand, or --signer, tells whose set it
/// is. All of it is a new folder, for its owner alone (0600), or nothing. The keys' slashing history
/// is asked for as by a restore, and lies beside them.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    chosen: ChosenArgs,
    /// The folder to make; it must be new or empty
    #[arg(long, value_name = "DIR")]
    dir: PathBuf,
    /// Where Web3signer finds the keys
    #[arg(long = "type", value_enum)]
    kind: Type,
    #[command(flatten)]
    key: KeyArgs,
    #[command(flatten)]
    history: HistoryArgs,
    #[command(flatten)]
    elsewhere: ElsewhereArgs,
    /// hashicorp, aws-secret: the location that holds the keys, by the name that is shown for it: it is
    /// on one signing path with this Web3signer. Once for each
    #[arg(long, value_name = "LOCATION")]
    through: Vec<String>,
    #[command(flatten)]
    note: NoteArgs,
}

/// What was written, and by whose hands.
struct Written {
    hands: Hands,
    keys: Vec<PublicKey>,
    /// Keys of the set that are lost in these copies.
    left_out: Vec<(PublicKey, Reason)>,
    /// Copies that do not know of it.
    unrecorded: Unrecorded,
}

/// Where Web3signer finds a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Type {
    /// In a keystore beside its configuration
    FileKeystore,
    /// In HashiCorp Vault
    Hashicorp,
    /// In AWS Secrets Manager
    AwsSecret,
}

impl Args {
    /// Settles the history, shows the plan, and writes the folder in one step.
    pub fn run(self, context: &mut Context) -> CommandResult {
        let config = self.key.config(self.kind, context)?;
        let chosen = self.chosen.read(context)?;
        let listed = chosen.public_keys();
        require_new(&self.dir, &listed)?;
        let (copies, set) = (&chosen.copies, chosen.id());
        let layout = Layout::Web3signer;
        let settled = self.history.settle(context, copies, set, &listed, layout)?;
        let mut through = self.through.clone();
        through.extend(self.key.store());
        let to = host::folder(LocationKind::Web3signer, &self.dir).with_through(through);
        let elsewhere =
            self.elsewhere.settle(context, (copies, set), &listed, (&to, None), Said::default())?;
        let mut written = match &config {
            None => self.write_keystores(context, &chosen, &settled, (&to, &elsewhere))?,
            Some(config) => {
                self.write_configs(context, &chosen, &settled, config, (&to, &elsewhere))?
            }
        };
        let kept = settled.keep(copies, set, context);
        let mut outcome = self.outcome(&chosen, &written, &settled, config.as_ref(), &kept);
        std::mem::take(&mut written.unrecorded).add_to(&mut outcome);
        match config {
            None => self.sign(&mut outcome, &chosen, &mut written, &settled, context),
            // No key went anywhere: there is nothing to sign for.
            Some(_) => drop(outcome.json.insert("note".to_owned(), Value::Null)),
        }
        Ok(outcome)
    }

    fn sign(
        &self,
        outcome: &mut Outcome,
        chosen: &Chosen,
        written: &mut Written,
        settled: &Settled,
        context: &mut Context,
    ) {
        let Some(manifest) = chosen.manifest(&written.hands) else { return };
        let place = std::path::absolute(&self.dir).unwrap_or_else(|_| self.dir.clone());
        let delivered = Delivered {
            set: chosen.id(),
            manifest: manifest.digest,
            to: Destination::new(DestinationKind::Web3signer, &place.to_string_lossy()),
            from: None,
            keys: written.keys.clone(),
            history: settled.history().map(|history| history.bytes.as_slice()),
        };
        self.note.add(outcome, &delivered, &chosen.copies, &mut written.hands, context);
    }

    fn write_keystores(
        &self,
        context: &mut Context,
        chosen: &Chosen,
        settled: &Settled,
        (to, elsewhere): (&Location, &Elsewhere),
    ) -> Result<Written, CommandError> {
        let mut hands = self.chosen.hands(context)?;
        let restorable = chosen.open(context, &mut hands)?;
        let keys = restorable.public_keys();
        self.approve(context, chosen, &keys, &restorable.left_out, settled)?;
        let record = elsewhere.record_of(&chosen.copies, chosen.id(), &keys)?;
        let release = elsewhere.release(to, &keys, None);
        let mut clearance = restorable.clear(record, &release, &chosen.copies)?;
        let permit = clearance.send(&keys)?;
        let mut progress = context.terminal.progress();
        let history = settled.history();
        let layout = Layout::Web3signer;
        let wrote = restorable.write(&permit, &self.dir, layout, None, history, &mut progress);
        if let Err(error) = wrote {
            // All or nothing: the keys did not go there.
            clearance.rejected(&keys)?;
            return Err(error.into());
        }
        let unrecorded = Unrecorded::of(&clearance, context);
        drop(clearance);
        Ok(Written { hands, keys, left_out: restorable.left_out, unrecorded })
    }

    fn write_configs(
        &self,
        context: &mut Context,
        chosen: &Chosen,
        settled: &Settled,
        config: &KeyConfig,
        (to, elsewhere): (&Location, &Elsewhere),
    ) -> Result<Written, CommandError> {
        let hands = self.chosen.hands_if_named(context)?;
        let keys = chosen.own_manifest(&hands)?.public_keys();
        self.approve(context, chosen, &keys, &[], settled)?;
        let record = elsewhere.record_of(&chosen.copies, chosen.id(), &keys)?;
        let release = elsewhere.release(to, &keys, None);
        let mut clearance = record.clear(&release, &chosen.copies, None)?;
        let permit = clearance.send(&keys)?;
        write(&self.dir, &keys, config, settled.history(), &permit)?;
        let unrecorded = Unrecorded::of(&clearance, context);
        Ok(Written { hands, keys, left_out: Vec::new(), unrecorded })
    }

    fn approve(
        &self,
        context: &mut Context,
        chosen: &Chosen,
        keys: &[PublicKey],
        left_out: &[(PublicKey, Reason)],
        settled: &Settled,
    ) -> Result<(), CommandError> {
        let plan = format!(
            "To {}, for you alone (mode 0600), all or nothing:\n  {} keys of set {}, {}\n  slashing \
             history: {}\n{}{}",
            crate::shown(&self.dir),
            keys.len(),
            chosen.id(),
            self.kind.word(),
            settled.describe(),
            approval::keys(keys),
            lost(left_out)
        );
        approval::ask(context, &plan)
    }

    fn outcome(
        &self,
        chosen: &Chosen,
        written: &Written,
        settled: &Settled,
        config: Option<&KeyConfig>,
        kept: &[String],
    ) -> Outcome {
        let (dir, network) = (crate::shown(&self.dir).to_string(), chosen.id().network());
        let Written { keys, left_out, .. } = written;
        let clear = config.is_some_and(KeyConfig::has_secret);
        let mut text = format!("Wrote {} keys to {dir}: keys/0x<pubkey>.yaml\n", keys.len());
        text += &lost(left_out);
        if clear {
            text += "  WARNING: a secret stands in clear in each of these files\n";
        }
        let next = NextSteps {
            layout: Layout::Web3signer,
            to: &self.dir,
            network,
            with_history: settled.history().is_some(),
            lost: matches!(settled, Settled::Lost(_)),
        };
        text += &next.text();
        text += "Make sure that no other machine runs these keys.";
        let json = json!({
            "set_id": chosen.id(),
            "to": dir,
            "type": self.kind.word(),
            "keys": keys.iter().map(|key| json!({"pubkey": key})).collect::<Vec<_>>(),
            "left_out": left_out.iter()
                .map(|(key, why)| json!({"pubkey": key, "reason": why.as_str()}))
                .collect::<Vec<_>>(),
            "secret_in_clear": clear,
            "history": settled.as_str(),
            "history_kept": kept,
            "next": next.json(),
        });
        Outcome::checked(left_out.is_empty(), text, json)
    }
}

impl Type {
    /// Its word, on the command line and in the configuration.
    pub fn word(self) -> &'static str {
        match self {
            Self::FileKeystore => "file-keystore",
            Self::Hashicorp => "hashicorp",
            Self::AwsSecret => "aws-secret",
        }
    }
}

/// A line for each key that is lost in these copies.
fn lost(left_out: &[(PublicKey, Reason)]) -> String {
    let line = |(key, why): &(PublicKey, Reason)| format!("  LEFT OUT {key}: {}\n", why.explain());
    left_out.iter().map(line).collect()
}

/// The same names as a restore's, so that the one can take the other's place.
fn write(
    dir: &Path,
    keys: &[PublicKey],
    config: &KeyConfig,
    history: Option<&History>,
    permit: &Permit,
) -> Result<(), StoreError> {
    let mut files = Vec::with_capacity(keys.len() + 1);
    for key in keys.iter().filter(|key| permit.covers(key)) {
        let path = format!("keys/0x{key}.yaml").parse()?;
        files.push(NewFile { path, bytes: config.yaml(key) });
    }
    if let Some(history) = history {
        files.push(NewFile { path: HISTORY.parse()?, bytes: history.bytes.clone() });
    }
    publish_folder(dir, &files).map(|_| ())
}
