//! Runs a delivery over the keymanager API.

use std::time::Duration;

use stockade::backup::{Sealing, whereabouts::LocationKind};
use stockade_services::delivery::{DeliveryRequest, Options};

use super::{
    approval, keymanager_args::Args, keymanager_plan::plan, keymanager_report::Report,
    keymanager_user::User,
};
use crate::{
    CommandResult, commands::elsewhere::Unrecorded, context::Context, error::CommandError,
};

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
        let mut unlockers = self.chosen.unlockers(context)?;
        let restorable = chosen.open(context, &mut unlockers)?;
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
        report.sign(&mut outcome, &mut unlockers, context);
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
