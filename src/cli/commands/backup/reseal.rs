use std::path::PathBuf;

use serde_json::json;
use stockade::{
    backup::{
        BackupError, Copy, SetId, medium,
        origin::Pins,
        reseal::{self, Request, Resealed},
        room, scrub,
    },
    timestamp::Timestamp,
};

use super::created::{copies_json, copies_text, custodians_text, with_failed};
use crate::{
    CommandResult,
    context::{Context, read_custodians, read_signers},
    hands::OpenArgs,
    output::Outcome,
    shell,
};

/// Seal a set's keys anew, for other custodians or another threshold
///
/// Opens the old set and makes a new one with a secret of its own, beside it in every copy. The old
/// set stays: what was given away, sealing anew does not reach.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Copies
    #[arg(required = true, value_name = "COPY")]
    copies: Vec<PathBuf>,
    /// Who can open the new set: custodian files, or a set of this wallet
    #[arg(long, required = true, num_args = 1.., value_name = "FILE|SET")]
    custodian: Vec<PathBuf>,
    /// How many custodians it takes to open it [default: 1; for a set, as many as open that]
    #[arg(long, value_parser = clap::value_parser!(u8).range(1..))]
    threshold: Option<u8>,
    /// Which set, where the copies hold several
    #[arg(long, value_name = "ID")]
    set: Option<SetId>,
    /// Who else may have made the set: a check address, or a custodian file
    #[arg(long, value_name = "0x..|FILE")]
    signer: Vec<String>,
    /// Reseal a set too that neither this wallet nor a --signer made
    #[arg(long)]
    accept_unknown_origin: bool,
    #[command(flatten)]
    open: OpenArgs,
    /// Real money behind a seed that the whole world knows; for tests alone
    #[arg(long, hide = true)]
    allow_test_seed: bool,
}

impl Args {
    /// Opens the old set, and makes the new one.
    pub fn run(self, context: &mut Context) -> CommandResult {
        let custodians = read_custodians(&self.custodian)?;
        let mut copies = Copy::open_all(&self.copies)?;
        let request = Request {
            custodians: &custodians,
            threshold: self.threshold,
            pins: Pins { wallets: Vec::new(), signers: read_signers(&self.signer)? },
            accept_unknown_origin: self.accept_unknown_origin,
            allow_test_seed: self.allow_test_seed,
        };
        let mut progress = context.terminal.progress();
        let scrubbed = scrub::read(&copies, self.set.as_ref(), &mut progress)?;
        let [set] = scrubbed.sets.as_slice() else {
            return Err(BackupError::SeveralSets(scrubbed.sets.len()).into());
        };
        room::require(&copies, room::of_set(set.public_keys().len()))?;
        let mut hands = self.open.hands(context)?;
        let (now, terminal) = (Timestamp::now(), &mut context.terminal);
        let mut resealed =
            reseal::reseal(&request, set, &mut copies, &mut hands, now, terminal, &mut progress)?;
        let failed = std::mem::take(&mut resealed.set.failed);
        Ok(with_failed(outcome(&resealed, &set.id, &copies), failed))
    }
}

fn outcome(resealed: &Resealed, old: &SetId, copies: &[Copy]) -> Outcome {
    let Resealed { set, chosen, keys, old_threshold, signer, notes } = resealed;
    let new = &set.set_id;
    let dirs = shell::copies(copies);
    let mut text = format!("Sealed the {} keys of set {old} anew, as set {new}\n", keys.len());
    text += &custodians_text(chosen);
    text += &format!("Signed by {signer}\n");
    text += &copies_text(set, copies, &[]);
    let warnings: Vec<_> = notes.iter().cloned().chain(medium::shared(copies)).collect();
    for warning in &warnings {
        text += &format!("warning: {warning}\n");
    }
    let old_custodians = match old_threshold {
        1 => "any one of its custodians".to_owned(),
        threshold => format!("any {threshold} of its custodians"),
    };
    text += &format!(
        "The old set {old} is still here, and in every other copy that anybody has. There \
         {old_custodians} still opens the same keys: no new seal changes that. To end it, find and \
         destroy every old copy; where one is out of reach, take the keys for known to whoever \
         holds it, and exit those validators.\n\
         Next: stockade backup drill{dirs} --set {new}\n\
         Then: stockade backup retire{dirs} --set {old} --by {new}"
    );
    let listed = keys.iter().map(|(pubkey, path)| json!({"pubkey": pubkey, "path": path}));
    let json = json!({
        "set_id": new,
        "old_set_id": old,
        "manifest": set.manifest,
        "keys": listed.collect::<Vec<_>>(),
        "custodians": chosen.custodians,
        "threshold": chosen.threshold,
        "signer": signer,
        "copies": copies_json(set, copies, &[]),
        "warnings": warnings,
    });
    Outcome::done(text, json)
}
