use std::path::{Path, PathBuf};

use serde_json::json;
use stockade::{
    backup::{
        BackupError, Copy, SetId,
        history::{self, History},
        origin::Pins,
        restore::{Restorable, require_empty},
        scrub,
    },
    bls::PublicKey,
    store::private_file,
    timestamp::Timestamp,
};

use crate::{
    CommandResult,
    context::{Context, read_signers},
    error::{CommandError, Kind},
    output::Outcome,
};

/// Restore keystores to a new folder, for a validator client to import
///
/// Two machines that sign with one key are slashed: the keys' slashing history is asked for.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Copies; a file that rotted in one is taken from another
    #[arg(required = true, value_name = "COPY")]
    copies: Vec<PathBuf>,
    /// The folder to make; it must be new or empty
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
    /// How to lay it out. plain: keystores, password.txt and slashing_protection.json in one folder
    #[arg(long, value_parser = ["plain"])]
    layout: String,
    /// Which set, where the copies hold several
    #[arg(long, value_name = "ID")]
    set: Option<SetId>,
    #[command(flatten)]
    history: HistoryArgs,
    /// The password of the restored keystores [default: a new random one]
    #[arg(long, value_name = "FILE")]
    new_password_file: Option<PathBuf>,
    /// Who else may have made the set: a check address, or a custodian file
    #[arg(long, value_name = "0x..|FILE")]
    signer: Vec<String>,
    /// Restore a set too that neither this wallet nor a --signer made
    #[arg(long)]
    accept_unknown_origin: bool,
}

/// What became of the keys before.
#[derive(Debug, clap::Args)]
#[group(multiple = false)]
struct HistoryArgs {
    /// Their slashing history (EIP-3076), exported from the machine that ran them
    #[arg(long, value_name = "FILE")]
    history: Option<PathBuf>,
    /// These keys never signed anything, on any machine
    #[arg(long)]
    never_attested: bool,
    /// The history is lost, and the old machine is off for good
    #[arg(long)]
    history_lost: bool,
}

/// What a client must do whose keys have no history: wait, and look whether somebody else signs.
const WAIT: &str = "Keep the keys off for at least 15 minutes after the old machine was last on \
(two epochs and a margin; longer is safer), and start the client with its doppelganger protection: \
Lighthouse --enable-doppelganger-protection, Teku --doppelganger-detection-enabled=true, \
Prysm --enable-doppelganger, Nimbus --doppelganger-detection=true, \
Lodestar --doppelgangerProtection.";

impl Args {
    /// Opens the set, settles the history, and writes the folder in one step.
    pub fn run(self, context: &mut Context) -> CommandResult {
        require_empty(&self.to)?;
        let copies = Copy::open_all(&self.copies)?;
        let signers = read_signers(&self.signer)?;
        let password = self.new_password_file.as_deref().map(read_new_password).transpose()?;
        let mut progress = context.terminal.progress();
        let scrubbed = scrub::read(&copies, self.set.as_ref(), &mut progress)?;
        let [set] = scrubbed.sets.as_slice() else {
            return Err(BackupError::SeveralSets(scrubbed.sets.len()).into());
        };
        let keys = set.public_keys();
        // Settled before the wallet is asked for anything: who cannot answer need not press.
        let history = self.settle(context, &copies, &set.id, &keys)?;
        let mut wallet = context.open()?;
        let restorable = Restorable::open(
            &copies,
            set,
            &Pins { wallet: None, signers },
            self.accept_unknown_origin,
            &mut *wallet,
            &mut context.terminal,
            &mut progress,
        )?;
        restorable.write_plain(&self.to, password, history.as_ref(), &mut progress)?;
        Ok(self.outcome(&restorable.public_keys(), &set.id, history.as_ref()))
    }

    /// The history that is restored with the keys, after the question what became of them.
    fn settle(
        &self,
        context: &mut Context,
        copies: &[Copy],
        set: &SetId,
        keys: &[PublicKey],
    ) -> Result<Option<History>, CommandError> {
        let kept = history::kept(copies, set, keys)?;
        if let Some(file) = &self.history.history {
            let given = history::read(file, set.network(), keys)?;
            return require_newest(given, kept.as_ref(), file);
        }
        if self.history.never_attested {
            return require_never(kept.as_ref());
        }
        if self.history.history_lost {
            confirm_lost(context)?;
            // What is known is better than nothing: the client will not sign before it.
            return Ok(kept.map(|(_, history)| history));
        }
        ask_about_kept(context, kept)
    }

    fn outcome(&self, keys: &[PublicKey], set: &SetId, history: Option<&History>) -> Outcome {
        let word = match (history, self.history.never_attested, self.history.history_lost) {
            (_, _, true) => "lost",
            (None, true, _) => "never_attested",
            _ => "restored",
        };
        let to = self.to.display();
        let mut text = format!("Restored {} keys of set {set} to {to}\n", keys.len());
        text += &format!(
            "  {to}/keystore-*.json, password in {to}/password.txt (for you alone: mode 0600)\n"
        );
        if history.is_some() {
            text += &format!(
                "  slashing history in {to}/slashing_protection.json: import it BEFORE the keys\n"
            );
        }
        match word {
            "lost" => text += &format!("  the newest slashing history is lost. {WAIT}\n"),
            "never_attested" => {
                text += "  no slashing history: you said that these keys never signed\n"
            }
            _ => {}
        }
        text += "Make sure that no other machine runs these keys.";
        let json = json!({
            "set_id": set,
            "to": self.to.display().to_string(),
            "layout": self.layout,
            "keys": keys.iter().map(|key| json!({"pubkey": key})).collect::<Vec<_>>(),
            "history": word,
        });
        Outcome::done(text, json)
    }
}

/// A lost history is a risk that a person takes knowingly, or says so on the command line where
/// nobody is there to ask.
fn confirm_lost(context: &mut Context) -> Result<(), CommandError> {
    context.terminal.say(WAIT);
    if !context.terminal.attended() {
        return Ok(());
    }
    use stockade::interact::Interact as _;

    let question = "Is the old machine off for good, its disk wiped or in your hands? (yes or no)";
    match context.terminal.ask(question) {
        Some(answer) if answer.trim().eq_ignore_ascii_case("yes") => Ok(()),
        _ => Err(CommandError::new(
            Kind::Declined,
            "not restored: while the old machine may run, these keys must stay where they are",
        )),
    }
}

type Kept = (Timestamp, History);

/// A history that somebody gives must not be older than the one beside the set.
fn require_newest(
    given: History,
    kept: Option<&Kept>,
    file: &Path,
) -> Result<Option<History>, CommandError> {
    match kept.and_then(|(time, kept)| Some((time, given.older_than(kept)?))) {
        Some((time, key)) => Err(CommandError::input(format!(
            "{} is older than the slashing history of {time} beside the set: {key} attested later",
            file.display()
        ))
        .with_hint("export it again from the machine that ran the keys last")),
        None => Ok(Some(given)),
    }
}

/// Keys that have attested are no keys that never did.
fn require_never(kept: Option<&Kept>) -> Result<Option<History>, CommandError> {
    match kept {
        Some((time, kept)) if kept.attested() => Err(CommandError::input(format!(
            "these keys have attested: beside the set lies their slashing history of {time}"
        ))
        .with_hint("give their newest history with --history, or say --history-lost")),
        _ => Ok(None),
    }
}

/// A history kept beside the set is shown with its date, and counts only when somebody says that
/// the keys signed nothing since.
fn ask_about_kept(
    context: &mut Context,
    kept: Option<Kept>,
) -> Result<Option<History>, CommandError> {
    use stockade::interact::Interact as _;

    let unanswered = |what: String| {
        CommandError::usage(what).with_hint(
            "say what became of these keys before: --history FILE (exported from the machine that \
             ran them), --never-attested (they never signed anything), or --history-lost",
        )
    };
    let Some((time, history)) = kept else {
        return Err(unanswered("there is no slashing history for these keys".to_owned()));
    };
    let epoch = history.oldest_epoch().map_or("none".to_owned(), |epoch| epoch.to_string());
    let kept = format!("beside the set lies a slashing history of {time} (up to epoch {epoch})");
    let question = format!("{kept}. Did these keys sign anything since then? (yes or no)");
    match context.terminal.ask(&question) {
        Some(answer) if answer.trim().eq_ignore_ascii_case("no") => Ok(Some(history)),
        Some(_) => Err(unanswered(format!("{kept}, which is not their newest"))),
        None => {
            Err(unanswered(format!("{kept}, and nobody is here to say whether it is complete")))
        }
    }
}

fn read_new_password(path: &Path) -> Result<stockade::secret::SecretText, CommandError> {
    let bytes = private_file::read(path, 4096)?;
    let text = String::from_utf8(bytes)
        .map_err(|_| CommandError::input(format!("{} is not UTF-8 text", path.display())))?;
    let text = stockade::secret::SecretText::new(text);
    let password = text.expose().trim_end_matches(['\r', '\n']);
    if password.chars().count() < 12 {
        return Err(CommandError::input(format!(
            "the password in {} is shorter than 12 characters, which some clients refuse",
            path.display()
        )));
    }
    Ok(stockade::secret::SecretText::new(password.to_owned()))
}
