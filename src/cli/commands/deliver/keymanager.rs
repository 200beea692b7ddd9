use std::time::Duration;

use stockade::backup::{Sealing, whereabouts::LocationKind};
use stockade_services::cloud::delivery::{DeliveryRequest, Options};

use super::{
    approval, chosen::ChosenArgs, client::ClientArgs, giver::GiverArgs, keymanager_plan::plan,
    keymanager_report::Report, keymanager_user::User, note::NoteArgs,
};
use crate::{
    CommandResult,
    commands::{
        backup::history_decision::HistoryArgs,
        elsewhere::{ElsewhereArgs, Unrecorded},
    },
    context::Context,
    error::CommandError,
};

/// Deliver keys to a validator client, or Web3signer, over the keymanager API
///
/// Opens the set as a restore does, and sends its keys in batches, each with its slashing history,
/// under a password and a salt used for this delivery only. Keys that the client lists already are left
/// unchanged, so running the command again completes an interrupted delivery. Two machines that sign
/// with one key are slashed. Therefore either no machine runs the keys, or --from names the client that
/// does: it removes them first and reports what they signed, which is stored with the set before any key
/// is delivered.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    chosen: ChosenArgs,
    #[command(flatten)]
    pub(super) client: ClientArgs,
    #[command(flatten)]
    pub(super) giver: GiverArgs,
    /// No machine runs the keys. What they signed before is asked, as by a restore
    #[arg(long)]
    pub(super) not_running: bool,
    #[command(flatten)]
    pub(super) history: HistoryArgs,
    #[command(flatten)]
    pub(super) elsewhere: ElsewhereArgs,
    /// List afterwards what the client has, and compare. This is now always done
    #[arg(long)]
    verify: bool,
    /// How long to keep listing keys that the client took and does not list yet
    #[arg(long, value_name = "SECONDS", default_value = "0",
          value_parser = clap::value_parser!(u64).range(0..=3600))]
    wait: u64,
    /// Use another password and salt for each key. This is slower, here and at the client
    #[arg(long)]
    pub(super) password_per_key: bool,
    /// How many keys to send with one request
    #[arg(long, value_name = "N", default_value = "20",
          value_parser = clap::value_parser!(u16).range(1..=1000))]
    batch_size: u16,
    #[command(flatten)]
    pub(super) note: NoteArgs,
}

impl Args {
    /// Checks what needs no press, opens the set, shows the plan, and carries it out.
    pub fn run(self, context: &mut Context) -> CommandResult {
        let chosen = self.chosen.read(context)?;
        let batch = usize::from(self.batch_size);
        let target = self.client.open(context, batch)?;
        let of = (chosen.copies.as_slice(), chosen.id());
        let to = self.client.location(LocationKind::Keymanager, context, of)?;
        self.require_running_known()?;
        let from = self.giver.open(&chosen, (&self.client, &to), batch, context)?;
        let from = from.as_ref().map(|(client, at)| (client, at));
        let keys = chosen.public_keys();
        let (copies, set) = of;
        let request = DeliveryRequest { copies, set, keys: &keys, target: &target, to: &to, from };
        let mut progress = context.terminal.progress();
        let at = (&to, from.map(|(_, at)| at));
        let mut user = User { args: &self, chosen: &chosen, at, context };
        let prepared = request.prepare(&mut user, &mut progress)?;
        let mut hands = self.chosen.hands(context)?;
        let restorable = chosen.open(context, &mut hands)?;
        approval::ask(context, &plan(&self, &chosen, &prepared, &restorable))?;
        let options = Options {
            sealing: self.sealing()?,
            batch,
            wait: Duration::from_secs(self.wait),
            take_settings: self.giver.take_settings,
        };
        let mut progress = context.terminal.progress();
        let mut tell = |line: &str| context.terminal.say(line);
        let delivered = prepared.carry_out(&restorable, &options, &mut tell, &mut progress)?;
        let unrecorded = Unrecorded::of_copies(&delivered.unrecorded, context);
        let report = Report {
            args: &self,
            chosen: &chosen,
            restorable: &restorable,
            prepared: &prepared,
            delivered: &delivered,
            passwords: options.sealing.as_str(),
        };
        let mut outcome = report.outcome(context);
        unrecorded.add_to(&mut outcome);
        report.sign(&mut outcome, &mut hands, context);
        Ok(outcome)
    }

    fn require_running_known(&self) -> Result<(), CommandError> {
        if self.not_running || self.giver.from.is_some() {
            return Ok(());
        }
        Err(CommandError::usage("does any machine run these keys now?").with_hint(
            "if one does, name it with --from URL --from-token-file FILE: it gives them up first. If \
             none does, say --not-running",
        ))
    }

    fn sealing(&self) -> Result<Sealing, CommandError> {
        Ok(if self.password_per_key { Sealing::PerKey } else { Sealing::shared()? })
    }
}
