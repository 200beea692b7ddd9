use std::path::PathBuf;

use stockade::{
    attest::delivery::{Delivered, Destination, DestinationKind},
    backup::{Layout, restore::require_new, whereabouts::LocationKind},
};
use stockade_services::{delivery::FolderRequest, web3signer::KeyConfig};

use super::{
    approval, chosen::ChosenArgs, key_args::KeyArgs, key_type::KeyType, note::NoteArgs,
    web3signer_report::Report,
};
use crate::{
    CommandResult,
    commands::{
        backup::history_decision::HistoryArgs,
        elsewhere::{ElsewhereArgs, Said, Unrecorded},
    },
    context::Context,
    host,
};

/// Write Web3signer's key configuration: one file for each key
///
/// With file-keystore, opens the set and writes keystores, their password, and a configuration for each.
/// With hashicorp or aws-secret, writes configurations alone, for keys that `deliver vault` or `deliver
/// aws-secrets` put there. Then nothing is opened, and a connected wallet, or --signer, shows whose set
/// it is. The result is one new folder, readable only by its owner (0600), written as a whole or not at
/// all. The keys' slashing history is asked for as by a restore, and written to the same folder.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    chosen: ChosenArgs,
    /// The folder to create; it must be new or empty
    #[arg(long, value_name = "DIR")]
    dir: PathBuf,
    /// Where Web3signer finds the keys
    #[arg(long = "type", value_enum)]
    kind: KeyType,
    #[command(flatten)]
    key: KeyArgs,
    #[command(flatten)]
    history: HistoryArgs,
    #[command(flatten)]
    elsewhere: ElsewhereArgs,
    /// hashicorp, aws-secret: the location that holds the keys. It is on the same signing path as this
    /// Web3signer. Write it as it is shown. May be repeated
    #[arg(long, value_name = "LOCATION")]
    through: Vec<String>,
    #[command(flatten)]
    note: NoteArgs,
}

impl Args {
    /// Decides on the history, shows the plan, and writes the folder in one step.
    pub fn run(self, context: &mut Context) -> CommandResult {
        let config = self.key.config(self.kind, context)?;
        let chosen = self.chosen.read(context)?;
        let listed = chosen.public_keys();
        require_new(&self.dir, &listed)?;
        let (copies, set) = (chosen.copies.as_slice(), chosen.id());
        let decision = self.history.settle(context, copies, set, &listed, Layout::Web3signer)?;
        let mut through = self.through.clone();
        through.extend(self.key.store());
        let to = host::folder(LocationKind::Web3signer, &self.dir).with_through(through);
        let said = Said::default();
        let elsewhere =
            self.elsewhere.settle(context, (copies, set), &listed, (&to, None), said)?;
        let opens = config.is_none();
        let mut unlockers = if opens {
            self.chosen.unlockers(context)?
        } else {
            self.chosen.unlockers_if_named(context)?
        };
        let restorable = if opens { Some(chosen.open(context, &mut unlockers)?) } else { None };
        let (keys, left_out) = match &restorable {
            Some(opened) => (opened.public_keys(), opened.left_out.clone()),
            None => (chosen.own_manifest(&unlockers)?.public_keys(), Vec::new()),
        };
        let clear = config.as_ref().is_some_and(KeyConfig::has_secret);
        let shares = chosen.shares();
        let report = Report {
            shares: &shares,
            dir: &self.dir,
            kind: self.kind,
            set,
            keys: &keys,
            left_out: &left_out,
            decision: &decision,
            clear,
        };
        approval::ask(context, &report.plan())?;
        let request = FolderRequest {
            copies,
            set,
            dir: &self.dir,
            history: decision.history(),
            release: elsewhere.release(&to, &keys, None),
        };
        let unrecorded = match (&restorable, &config) {
            (Some(keys), _) => request.write_keystores(keys, &mut context.terminal.progress())?,
            (None, Some(config)) => request.write_configs(config)?,
            (None, None) => Vec::new(),
        };
        // Nothing more is opened or written: the note needs no keys.
        drop(restorable);
        let unrecorded = Unrecorded::of_copies(&unrecorded, context);
        let kept = decision.keep(copies, set, context);
        let mut outcome = report.outcome(kept);
        unrecorded.add_to(&mut outcome);
        // With configurations alone no key went anywhere: there is nothing to sign for.
        if let (true, Some(manifest)) = (opens, chosen.manifest(&unlockers)) {
            let delivered = Delivered {
                set,
                manifest: manifest.digest,
                to: self.destination(),
                from: None,
                keys: keys.clone(),
                history: decision.history().map(|history| history.bytes.as_slice()),
            };
            self.note.add(&mut outcome, &delivered, copies, &mut unlockers, context);
        }
        Ok(outcome)
    }

    fn destination(&self) -> Destination {
        let place = std::path::absolute(&self.dir).unwrap_or_else(|_| self.dir.clone());
        Destination::new(DestinationKind::Web3signer, &place.to_string_lossy())
    }
}
