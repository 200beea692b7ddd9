use std::path::PathBuf;

use serde::Serialize;
use stockade::{
    backup::{
        Access, BackupError, Copy, SetId, Trust, medium,
        origin::Pins,
        reseal::{self, Request, Resealed},
        room, scrub,
    },
    custodian::AnyCustodian,
    timestamp::Timestamp,
};

use super::contact::ContactArgs;
use super::created::{CreatedCopy, Failed, SetKey, copies_text, created_copies, custodians_text};
use crate::{
    CommandResult,
    commands::plural::count,
    context::{Context, read_custodians, read_signers},
    output::Outcome,
    shell,
    unlockers::OpenArgs,
};

/// Seal a set's keys again, for other custodians or another threshold
///
/// Opens the old set and makes a new one with its own secret, next to it in every copy. The old set
/// stays and still opens for its custodians, in every copy of it.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Copies
    #[arg(required = true, value_name = "COPY")]
    copies: Vec<PathBuf>,
    /// Who can open the new set: custodian files, or a set that this wallet made
    #[arg(long, required = true, num_args = 1.., value_name = "FILE|SET")]
    custodian: Vec<PathBuf>,
    #[command(flatten)]
    contact: ContactArgs,
    /// How many custodians must open the new set together [default: 1; with a set as --custodian, as
    /// many as that set needs]
    #[arg(long, value_parser = clap::value_parser!(u8).range(1..))]
    threshold: Option<u8>,
    /// The set, if the copies hold several
    #[arg(long, value_name = "ID")]
    set: Option<SetId>,
    /// Who else may have made the set: a check address, or a custodian file
    #[arg(long, value_name = "0x..|FILE")]
    signer: Vec<String>,
    /// Reseal a set even if neither this wallet nor a --signer made it
    #[arg(long)]
    accept_unknown_origin: bool,
    #[command(flatten)]
    open: OpenArgs,
    /// Allow real money behind a publicly known seed; for tests only
    #[arg(long, hide = true)]
    allow_test_seed: bool,
}

impl Args {
    /// Opens the old set, and makes the new one.
    pub fn run(self, context: &mut Context) -> CommandResult {
        let custodians = read_custodians(&self.custodian)?;
        let mut copies = Copy::open_all(&self.copies)?;
        self.contact.name(&mut copies)?;
        let request = Request {
            custodians: &custodians,
            threshold: self.threshold,
            time: Timestamp::now(),
            allow_test_seed: self.allow_test_seed,
        };
        let trust = Trust {
            pins: Pins { wallets: Vec::new(), signers: read_signers(&self.signer)? },
            accept_unknown_origin: self.accept_unknown_origin,
        };
        let mut progress = context.terminal.progress();
        let scrubbed = scrub::read_to_open(&copies, self.set.as_ref(), &mut progress)?;
        let [set] = scrubbed.sets.as_slice() else {
            return Err(BackupError::SeveralSets(scrubbed.sets.len()).into());
        };
        room::require(&copies, room::of_set(set.public_keys().len()))?;
        let mut unlockers = self.open.unlockers_of(&scrubbed, context)?;
        let mut access = Access::new(&mut unlockers, &trust, &mut context.terminal, &mut progress);
        let resealed = reseal::reseal(&request, set, &mut copies, &mut access)?;
        Ok(outcome(resealed, &set.id, &copies))
    }
}

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Document {
    /// The id of the new set.
    set_id: String,
    /// The id of the old set.
    old_set_id: String,
    /// The SHA-256 of the new set's manifest, in hex.
    manifest: String,
    /// The keys of the set.
    keys: Vec<SetKey>,
    /// The custodians that can open the new set, as in their files.
    #[cfg_attr(test, schemars(with = "Vec<crate::commands::custodian::CustodianFields>"))]
    custodians: Vec<AnyCustodian>,
    /// How many custodians open the new set together.
    threshold: u8,
    /// The check address of the wallet that signed the new set, with the checksum of EIP-55.
    signer: String,
    /// The copies that the new set was written to.
    copies: Vec<CreatedCopy>,
    /// Warnings, for people.
    warnings: Vec<String>,
    #[serde(flatten)]
    failed: Failed,
}

fn outcome(resealed: Resealed, old: &SetId, copies: &[Copy]) -> Outcome {
    let Resealed { mut set, chosen, keys, old_threshold, signer, notes } = resealed;
    let failed = Failed::from(std::mem::take(&mut set.failed));
    let (new, dirs) = (&set.set_id, shell::copies(copies));
    let mut text = failed.text();
    text += &format!("Sealed {} of set {old} again, as set {new}\n", count(keys.len(), "key"));
    text += &custodians_text(&chosen);
    text += &format!("Signed by {signer}\n");
    text += &copies_text(&set, copies, &[]);
    let warnings = notes.into_iter().chain(std::mem::take(&mut set.warnings));
    let warnings: Vec<_> = warnings.chain(medium::shared(copies)).collect();
    text += &warnings.iter().map(|warning| format!("warning: {warning}\n")).collect::<String>();
    let old_custodians = match old_threshold {
        1 => "any one of its custodians".to_owned(),
        threshold => format!("any {threshold} of its custodians"),
    };
    text += &format!(
        "The old set {old} is still here, and in every other copy of it that exists. There, \
         {old_custodians} can still open the same keys; sealing them again does not change that. To end \
         it, find and destroy every old copy. If one is out of reach, assume that whoever has it knows \
         the keys, and exit those validators.\n\
         Next: stockade backup drill{dirs} --set {new}\n\
         Then: stockade backup retire{dirs} --set {old} --by {new}"
    );
    let document = Document {
        set_id: new.to_string(),
        old_set_id: old.to_string(),
        manifest: set.manifest.to_string(),
        keys: keys.iter().map(|(pubkey, path, share)| SetKey::new(pubkey, path, *share)).collect(),
        custodians: chosen.custodians,
        threshold: chosen.threshold,
        signer: signer.to_string(),
        copies: created_copies(&set, copies, &[]),
        warnings,
        failed,
    };
    Outcome::checked(document.failed.is_empty(), text, document)
}
