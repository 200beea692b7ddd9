use std::path::{Path, PathBuf};

use serde_json::json;
use stockade::{
    backup::{
        BackupError, Copy, Layout, SetId,
        manifest::Source,
        medium,
        origin::Pins,
        restore::{Options, Restorable, require_new},
        room,
        scrub::{self, ScrubbedSet},
        whereabouts::{Clearance, LocationKind, Permit, Recorded, WhereaboutsError},
    },
    bls::PublicKey,
    eth2_keystore::NewPassword,
    interact::Interact as _,
    store::private_file,
    timestamp::Timestamp,
};

use super::{
    exits,
    next_steps::{self, NextSteps},
    other_sets::{Other, other_sets},
    settle_history::{HistoryArgs, Settled, wait},
};
use crate::{
    CommandResult,
    commands::{
        elsewhere::{ElsewhereArgs, Said, Unrecorded},
        shares::SharesArgs,
        unreachable,
    },
    context::{Context, read_signers},
    error::{CommandError, Kind},
    hands::OpenArgs,
    host,
    output::Outcome,
};

/// Restore keystores to a new folder, as a validator client wants them
///
/// Two machines that sign with one key are slashed: the keys' slashing history is asked for, and
/// whether their shares still run where they were split. Other sets with some of the keys are named.
/// What will be written is shown first, and on a terminal asked about; then all of it is written, or
/// nothing. A key that rotted in every copy is made again by the wallet whose batch it is from.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Copies; a file that rotted in one is taken from another
    #[arg(required = true, value_name = "COPY")]
    copies: Vec<PathBuf>,
    /// The folder to make; it must be new or empty
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
    /// How to lay it out: plain (all in one folder, with password.txt and
    /// slashing_protection.json), lighthouse, teku, prysm, nimbus, lodestar or web3signer
    #[arg(long)]
    layout: Layout,
    /// Which set, where the copies hold several
    #[arg(long, value_name = "ID")]
    set: Option<SetId>,
    #[command(flatten)]
    history: HistoryArgs,
    #[command(flatten)]
    shares: SharesArgs,
    #[command(flatten)]
    elsewhere: ElsewhereArgs,
    /// Restore though no copy takes a word of where the keys go: it is written beside DIR instead, and
    /// kept by this computer. The exit code is 1
    #[arg(long)]
    unrecorded: bool,
    /// The password of the restored keystores [default: a new random one]
    #[arg(long, value_name = "FILE")]
    new_password_file: Option<PathBuf>,
    /// Leave out keys that are lost in these copies, and say which
    #[arg(long)]
    skip_bad: bool,
    /// Who else may have made the set: a check address, or a custodian file
    #[arg(long, value_name = "0x..|FILE")]
    signer: Vec<String>,
    /// Restore a set too that neither this wallet nor a --signer made
    #[arg(long)]
    accept_unknown_origin: bool,
    #[command(flatten)]
    open: OpenArgs,
}

impl Args {
    /// Opens the set, settles the history, and writes the folder in one step.
    pub fn run(self, context: &mut Context) -> CommandResult {
        let (copies, unreachable) = Copy::open_reachable(&self.copies)?;
        for copy in &unreachable {
            context.terminal.say(&format!(
                "warning: NOT REACHED: {}. The keys are restored from the other copies; what this copy \
                 says about where they sign is not known",
                copy.error
            ));
        }
        let signers = read_signers(&self.signer)?;
        let password = self.new_password_file.as_deref().map(read_new_password).transpose()?;
        next_steps::require_usable(self.layout, &self.to)?;
        let misread = self.require_readable(password.as_ref(), context)?;
        let mut progress = context.terminal.progress();
        let scrubbed = scrub::read(&copies, self.set.as_ref(), &mut progress)?;
        let [set] = scrubbed.sets.as_slice() else {
            return Err(BackupError::SeveralSets(scrubbed.sets.len()).into());
        };
        let keys = set.public_keys();
        require_new(&self.to, &keys)?;
        let others = other_sets(&copies, &set.id, &keys)?;
        others.iter().for_each(|other| context.terminal.say(&other.warning()));
        if let Some(lacks) = next_steps::lacks_network(self.layout, set.id.network()) {
            context.terminal.say(&format!("warning: {lacks}"));
        }
        // Settled before the wallet is asked for anything: who cannot answer need not press.
        self.shares.settle(context, &copies, &set.id, &keys)?;
        let settled = self.history.settle(context, &copies, &set.id, &keys, self.layout)?;
        let to = host::folder(LocationKind::Folder, &self.to);
        let place = (copies.as_slice(), &set.id);
        if !self.unrecorded {
            room::require_record(&copies, keys.len(), false).map_err(not_recorded)?;
        }
        let said = Said { unrecorded: true, ..Said::default() };
        let elsewhere = self.elsewhere.settle(context, place, &keys, (&to, None), said)?;
        if matches!(settled, Settled::Never) && imported(set) {
            context.terminal.say(
                "warning: another tool made these keys, and Stockade took them from it. Whether they \
                 signed before that, nothing here can tell: with --never-attested their client starts \
                 without a slashing history. If any machine ever ran them, stop, and use --history",
            );
        }
        let options = Options {
            pins: Pins { wallets: Vec::new(), signers },
            accept_unknown_origin: self.accept_unknown_origin,
            skip_bad: self.skip_bad,
        };
        let mut hands = self.open.hands(context)?;
        let restorable = Restorable::open(
            &copies,
            set,
            &options,
            &mut hands,
            &mut context.terminal,
            &mut progress,
        )?;
        self.confirm(context, &restorable, &set.id, &settled)?;
        let keys = restorable.public_keys();
        let record = elsewhere.record_of(&copies, &set.id, &keys)?;
        let release = elsewhere.release(&to, &keys, None);
        let mut clearance = restorable.clear(record, &release, &copies)?;
        let (permit, note) = self.permit(&mut clearance, &keys)?;
        let history = settled.history();
        context.terminal.tell_leftover(&self.to);
        context.terminal.take_endings();
        let wrote =
            restorable.write(&permit, &self.to, self.layout, password, history, &mut progress);
        if let Err(error) = wrote {
            // All or nothing: the keys did not go there.
            clearance.rejected(&keys)?;
            return Err(error.into());
        }
        let unrecorded = Unrecorded::of(&clearance, context);
        let kept = settled.keep(&copies, &set.id, context);
        let lacks = self.lacks(context);
        let mut outcome = self.outcome(&restorable, &set.id, &settled, &kept);
        unrecorded.add_to(&mut outcome);
        if let Some(note) = note {
            outcome.text += &self.keep_note(&set.id, &note);
            outcome.ok = false;
        }
        outcome.json.insert("lacks".to_owned(), lacks.into());
        outcome.json.insert("password_misread_by".to_owned(), misread.into());
        outcome.json.insert("other_sets".to_owned(), others.iter().map(Other::json).collect());
        exits::tell(&copies, &set.id, &mut outcome)?;
        unreachable::add(&mut outcome, unreachable);
        Ok(outcome)
    }

    /// Writes down where the keys go; where no copy takes that, only if it was said to go on.
    fn permit(
        &self,
        clearance: &mut Clearance<'_>,
        keys: &[PublicKey],
    ) -> Result<(Permit, Option<Vec<u8>>), CommandError> {
        match clearance.send(keys) {
            Ok(permit) => Ok((permit, None)),
            Err(WhereaboutsError::NotRecorded { .. }) if self.unrecorded => {
                let Recorded { bytes, permit } = clearance.send_unrecorded(keys)?;
                Ok((permit, Some(bytes)))
            }
            Err(error) => Err(not_recorded(error)),
        }
    }

    /// Keeps an entry that no copy took, beside the output and in this computer's state. Says where.
    fn keep_note(&self, set: &SetId, entry: &[u8]) -> String {
        let mut name = self.to.clone().into_os_string();
        name.push("-where-these-keys-went.json");
        let name = PathBuf::from(name);
        let state = host::state_folder().map(|folder| {
            folder.join("unrecorded").join(format!("{set}-{}.json", Timestamp::now()))
        });
        let places = [Some(name), state].into_iter().flatten();
        let kept = places.filter(|path| private_file::create(path, entry).is_ok());
        let kept: Vec<_> = kept.map(|path| crate::shown(&path).to_string()).collect();
        match kept.is_empty() {
            true => "\nNOT RECORDED anywhere: remember that these keys are here.".to_owned(),
            false => format!(
                "\nNOT RECORDED in any copy. The entry is in {}: copy it to stockade/whereabouts/{set}/ of \
                 a copy, once one takes writes.",
                kept.join(" and ")
            ),
        }
    }

    /// Refuses a password that the layout's own program could not use, before the wallet is asked
    /// for anything, and names the other programs that could not.
    fn require_readable(
        &self,
        password: Option<&NewPassword>,
        context: &mut Context,
    ) -> Result<Vec<&'static str>, CommandError> {
        let Some(password) = password else { return Ok(Vec::new()) };
        self.layout.require_opens(password)?;
        let names: Vec<_> = password.misread_by().iter().map(|reader| reader.name()).collect();
        if !names.is_empty() {
            context.terminal.say(&format!(
                "warning: these programs cannot open keystores under this password, because it is \
                 not printable ASCII: {}",
                names.join(", ")
            ));
        }
        Ok(names)
    }

    /// Shows what will be written; on a terminal somebody says yes to it. In a pipe whoever wrote
    /// the command line has.
    fn confirm(
        &self,
        context: &mut Context,
        restorable: &Restorable,
        set: &SetId,
        settled: &Settled,
    ) -> Result<(), CommandError> {
        context.terminal.say(&self.plan(restorable, set, settled));
        if !context.terminal.attended() {
            return Ok(());
        }
        match context.terminal.ask("Write it? (yes or no)") {
            Some(answer) if answer.trim().eq_ignore_ascii_case("yes") => Ok(()),
            _ => Err(CommandError::new(Kind::Declined, "nothing was written")),
        }
    }

    /// Says what the file system that was written to lacks: modes, where it lets everybody read.
    fn lacks(&self, context: &mut Context) -> Vec<&'static str> {
        let lacks = medium::folder_lacks(&self.to);
        if lacks.contains(&"modes") {
            context.terminal.say(&format!(
                "warning: the file system of {} keeps no modes: everybody who uses a computer that \
                 it is plugged into can read these keys and their password",
                crate::shown(&self.to)
            ));
        }
        lacks
    }

    fn plan(&self, restorable: &Restorable, set: &SetId, settled: &Settled) -> String {
        let keys = restorable.public_keys();
        let mut text = format!(
            "To {}, for you alone where its file system keeps modes, all or nothing:\n  {} keys of set {set}, layout {}: {}\n",
            crate::shown(&self.to),
            keys.len(),
            self.layout,
            self.layout.describe()
        );
        text += &match &self.new_password_file {
            Some(file) => {
                format!("  the password in {}, and a salt of its own\n", crate::shown(&file))
            }
            None => "  a password and a salt that no other delivery has\n".to_owned(),
        };
        text += &format!("  slashing history: {}\n", settled.describe());
        for key in keys.iter().take(20) {
            let again = restorable.made_again.contains(key);
            text += &format!("  {key}{}\n", if again { " (made again by the wallet)" } else { "" });
        }
        if keys.len() > 20 {
            text += &format!("  and {} more\n", keys.len() - 20);
        }
        for (key, reason) in &restorable.left_out {
            text += &format!("  LEFT OUT {key}: {}\n", reason.explain());
        }
        text.trim_end().to_owned()
    }

    fn outcome(
        &self,
        restorable: &Restorable,
        set: &SetId,
        settled: &Settled,
        kept: &[String],
    ) -> Outcome {
        let Restorable { made_again, left_out, .. } = restorable;
        let keys = restorable.public_keys();
        let to = crate::shown(&self.to).to_string();
        let network = set.network();
        let next = NextSteps {
            layout: self.layout,
            to: &self.to,
            network,
            with_history: settled.history().is_some(),
            lost: matches!(settled, Settled::Lost(_)),
        };
        let mut text = format!("Restored {} keys of set {set} to {to}\n", keys.len());
        text += &format!("  {}\n", self.layout.describe());
        for (key, reason) in left_out {
            text += &format!("  NOT RESTORED: {key}: {}\n", reason.explain());
        }
        let silent = settled.silent(&keys);
        if settled.history().is_some() && !silent.is_empty() {
            let (some, all) = (silent.len(), keys.len());
            text += &format!("  no slashing history for {some} of {all} keys:\n");
            text += &silent.iter().map(|key| format!("    {key}\n")).collect::<String>();
        }
        match settled {
            Settled::Lost(_) => {
                let wait = wait(network, self.layout);
                text += &format!("  the newest slashing history is lost. {wait}\n");
            }
            Settled::Never => {
                text += "  no slashing history: you said that these keys never signed\n"
            }
            _ => {}
        }
        text += &next.text();
        text += "Make sure that no other machine runs these keys.";
        let left_out =
            left_out.iter().map(|(key, reason)| json!({"pubkey": key, "reason": reason.as_str()}));
        let json = json!({
            "set_id": set,
            "to": to,
            "layout": self.layout.name(),
            "keys": keys.iter().map(|key| json!({"pubkey": key})).collect::<Vec<_>>(),
            "made_again": made_again,
            "left_out": left_out.collect::<Vec<_>>(),
            "history": settled.as_str(),
            "history_silent": silent,
            "history_kept": kept,
            "next": next.json(),
        });
        Outcome::checked(restorable.left_out.is_empty(), text, json)
    }
}

/// What can be done where no copy records the release.
fn not_recorded(error: WhereaboutsError) -> CommandError {
    match error {
        error @ WhereaboutsError::NotRecorded { .. } => CommandError::from(error).with_hint(
            "make a copy writable. In an emergency say --unrecorded: the copies do not know of these \
             keys then",
        ),
        error => error.into(),
    }
}

/// Whether the set lists keys that another tool made.
fn imported(set: &ScrubbedSet) -> bool {
    let manifest = set.manifest(&Pins::default());
    let entries = manifest.iter().flat_map(|read| &read.manifest.keystores);
    entries.into_iter().any(|entry| matches!(entry.source, Source::Imported))
}

fn read_new_password(path: &Path) -> Result<NewPassword, CommandError> {
    let bytes = private_file::read(path, 4096)?;
    let text = String::from_utf8(bytes)
        .map_err(|_| CommandError::input(format!("{} is not UTF-8 text", crate::shown(&path))))?;
    let text = stockade::secret::SecretText::new(text);
    let password = text.expose().trim_end_matches(['\r', '\n']);
    if password.chars().count() < 12 {
        return Err(CommandError::input(format!(
            "the password in {} is shorter than 12 characters, which some clients refuse",
            crate::shown(&path)
        )));
    }
    NewPassword::chosen(stockade::secret::SecretText::new(password.to_owned()))
        .map_err(|error| CommandError::input(format!("{}: {error}", crate::shown(&path))))
}
