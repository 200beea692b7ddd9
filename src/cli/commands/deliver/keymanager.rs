//! Runs a delivery over the keymanager API.

use std::time::Duration;

use stockade::backup::{Sealing, unlockers::Unlockers, whereabouts::LocationKind};
use stockade_services::delivery::{DeliveryReport, DeliveryRequest, Options};

use super::{
    approval,
    chosen::Chosen,
    keymanager_args::Args,
    keymanager_plan::plan,
    keymanager_report::{Arrived, Report},
    keymanager_user::User,
};
use crate::{
    CommandResult, commands::elsewhere::Unrecorded, context::Context, error::CommandError,
    output::Outcome,
};

impl Args {
    /// Delivers, and has the wallet sign what arrived. By then nothing that was delivered is in memory.
    pub fn run(self, context: &mut Context) -> CommandResult {
        let chosen = self.chosen.read(context)?;
        let (mut outcome, delivered, mut unlockers) = self.deliver(&chosen, context)?;
        let arrived = Arrived { args: &self, chosen: &chosen, delivered: &delivered };
        arrived.sign(&mut outcome, &mut unlockers, context);
        Ok(outcome)
    }

    /// Checks what needs no press, opens the set, shows the plan, and carries it out.
    fn deliver(
        &self,
        chosen: &Chosen,
        context: &mut Context,
    ) -> Result<(Outcome, DeliveryReport, Unlockers), CommandError> {
        let batch = usize::from(self.batch_size);
        let target = self.client.open(context, batch)?;
        let of = (chosen.copies.as_slice(), chosen.id());
        let to = self.client.location(LocationKind::Keymanager, context, of)?;
        self.require_running_known()?;
        let from = self.giver.open(chosen, (&self.client, &to), batch, context)?;
        let from = from.as_ref().map(|(client, at)| (client, at));
        let keys = chosen.public_keys();
        let (copies, set) = of;
        let request = DeliveryRequest { copies, set, keys: &keys, target: &target, to: &to, from };
        let mut progress = context.terminal.progress();
        let at = (&to, from.map(|(_, at)| at));
        let mut user = User { args: self, chosen, at, context };
        let prepared = request.prepare(&mut user, &mut progress)?;
        let mut unlockers = self.chosen.unlockers(context)?;
        let restorable = chosen.open(context, &mut unlockers)?;
        approval::ask(context, &plan(self, chosen, &prepared, &restorable))?;
        let options = Options {
            sealing: self.sealing()?,
            batch,
            wait: Duration::from_secs(self.wait),
            take_settings: self.giver.take_settings,
        };
        let mut progress = context.terminal.progress();
        let mut tell = |line: &str| context.terminal.say(line);
        let delivered = prepared.carry_out(&restorable, &options, &mut tell, &mut progress)?;
        let (keys, left_out) = restorable.into_public();
        let unrecorded = Unrecorded::of_copies(&delivered.unrecorded, context);
        let report = Report {
            args: self,
            chosen,
            keys: &keys,
            left_out: &left_out,
            prepared: &prepared,
            delivered: &delivered,
            passwords: options.sealing.as_str(),
        };
        let mut outcome = report.outcome(context);
        unrecorded.add_to(&mut outcome);
        Ok((outcome, delivered, unlockers))
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
