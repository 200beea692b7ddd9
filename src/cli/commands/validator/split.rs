use std::path::PathBuf;

use serde_json::json;
use stockade::{
    backup::{
        BackupError, Copy, SetId, history, marks,
        origin::Pins,
        restore::{Options, Restorable, require_new},
        scrub::{self, ScrubbedSet},
        split_mark::SplitMark,
        whereabouts::LocationKind,
    },
    bls::PublicKey,
    interact::Interact as _,
    timestamp::Timestamp,
    validator::{SplitKey, Splitting, ValidatorError, default_threshold},
};

use crate::{
    CommandResult,
    commands::{
        elsewhere::{ElsewhereArgs, Said, Unrecorded},
        shares::{SharesArgs, WAIT_EPOCHS, wait_minutes},
    },
    context::{Context, read_signers},
    error::{CommandError, Kind},
    hands::OpenArgs,
    host,
    output::Outcome,
};

/// Split signing keys into shares, any m of which sign together, for a distributed validator
///
/// Opens a set and writes, for each machine, keystores of its shares in the layout
/// that charon (Obol) loads: node<i>/validator_keys/keystore-<k>.json and its password in
/// keystore-<k>.txt. Node i has the share at x = i + 1. Before anything is written the shares are
/// tried: they sign for their key together. A mark stays beside the set: lists show it, and a restore
/// asks about it. NEVER run a whole key and its shares together, nor two splits of one key: that is
/// how a validator gets slashed.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Copies that hold the set; a file that rotted in one is taken from another
    #[arg(long, required = true, num_args = 1.., value_name = "DIR")]
    copy: Vec<PathBuf>,
    /// Which set, where the copies hold several
    #[arg(long, value_name = "ID")]
    set: Option<SetId>,
    /// The keys to split, in the order of the validators of the cluster
    #[arg(long, required = true, num_args = 1.., value_name = "PUBKEY")]
    pubkey: Vec<PublicKey>,
    /// How many shares, each for a machine of its own
    #[arg(long, value_name = "N")]
    shares: u8,
    /// How many of them sign together: more than half [default: two thirds, rounded up]
    #[arg(long, value_name = "M")]
    threshold: Option<u8>,
    /// The folder to make; it must be new or empty
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
    /// The whole keys run on no machine, and never will again
    #[arg(long)]
    whole_keys_are_off: bool,
    #[command(flatten)]
    shares_args: SharesArgs,
    #[command(flatten)]
    elsewhere: ElsewhereArgs,
    #[command(flatten)]
    open: OpenArgs,
    /// Who else may have made the set: a check address, or a custodian file
    #[arg(long, value_name = "0x..|FILE")]
    signer: Vec<String>,
}

impl Args {
    /// Opens, splits, tries, writes.
    pub fn run(self, context: &mut Context) -> CommandResult {
        let threshold = self.threshold.unwrap_or(default_threshold(self.shares));
        let splitting = Splitting::new(self.shares, threshold)?;
        require_new(&self.to, &[])?;
        self.require_each_once()?;
        let copies = Copy::open_all(&self.copy)?;
        let pins = Pins { wallets: Vec::new(), signers: read_signers(&self.signer)? };
        let mut progress = context.terminal.progress();
        let scrubbed = scrub::read(&copies, self.set.as_ref(), &mut progress)?;
        let set = self.set_of_all(&scrubbed.sets)?;
        // Settled before the wallet is asked for anything: who cannot answer need not press.
        self.require_quiet(&copies, &set.id)?;
        self.confirm_off(context)?;
        self.shares_args.settle(context, &copies, &set.id, &self.pubkey)?;
        let to = host::folder(LocationKind::Shares, &self.to);
        let (place, off) = ((copies.as_slice(), &set.id), self.whole_keys_are_off);
        let elsewhere = self.elsewhere.settle(
            context,
            place,
            &self.pubkey,
            (&to, None),
            Said::not_running(off),
        )?;
        let mut hands = self.open.hands(context)?;
        let options = Options { pins, ..Options::default() };
        let user = &mut context.terminal;
        let opened = Restorable::open(&copies, set, &options, &mut hands, user, &mut progress)?;
        let known = opened.public_keys();
        if let Some(key) = self.pubkey.iter().find(|key| !known.contains(key)) {
            return Err(ValidatorError::NoSuchKey(*key).into());
        }
        // First the mark: shares without one would look as if there were none.
        let marked = self.mark(&copies, &set.id, threshold, context)?;
        let record = elsewhere.record_of(&copies, &set.id, &self.pubkey)?;
        let mut clearance =
            opened.clear(record, &elsewhere.release(&to, &self.pubkey, None), &copies)?;
        let permit = clearance.send(&self.pubkey)?;
        let secret = |key| opened.secret(key, &permit).ok_or(ValidatorError::NoSuchKey(*key));
        let keys = self.pubkey.iter().map(secret).collect::<Result<Vec<_>, _>>()?;
        context.terminal.tell_leftover(&self.to);
        context.terminal.take_endings();
        let split = splitting.write(&permit, &keys, &self.to, &mut progress)?;
        let unrecorded = Unrecorded::of(&clearance, context);
        let mut outcome = self.outcome(&split, set, splitting);
        outcome.ok &= marked.len() == copies.len();
        outcome.json.insert("marked".to_owned(), marked.into());
        unrecorded.add_to(&mut outcome);
        Ok(outcome)
    }

    /// Leaves a mark of the split beside the set, in every copy that takes it: the ids of those. Where
    /// none does, nothing is split.
    fn mark(
        &self,
        copies: &[Copy],
        set: &SetId,
        threshold: u8,
        context: &mut Context,
    ) -> Result<Vec<String>, CommandError> {
        let mark = SplitMark::new(&self.pubkey, self.shares, threshold, Timestamp::now());
        let mut marked = Vec::new();
        for copy in copies {
            match marks::leave(&mark, copy, set) {
                Ok(()) => marked.push(copy.id().to_owned()),
                Err(error) => context.terminal.say(&format!(
                    "warning: {} does not remember that these keys were split: {error}",
                    crate::shown(copy.dir())
                )),
            }
        }
        match marked.is_empty() {
            true => Err(CommandError::new(
                Kind::File,
                "nothing was split: no copy takes the mark that says so, and a restore would give the \
                 whole keys without a question",
            )
            .with_hint("make a copy writable")),
            false => Ok(marked),
        }
    }

    /// Shares have public keys of their own, so no client's database knows what the whole key
    /// signed: a key that signed within the hour is not split.
    fn require_quiet(&self, copies: &[Copy], set: &SetId) -> Result<(), CommandError> {
        let kept = history::kept(copies, set, &self.pubkey)?;
        if let Some(unread) = kept.unread.first() {
            return Err(CommandError::input(format!(
                "when these keys last signed is not known: {unread}"
            ))
            .with_hint("repair the copies, or move that file away, and split them then"));
        }
        let recent =
            kept.found.filter(|(_, history)| history.is_recent(set.network(), Timestamp::now()));
        match recent {
            Some((time, _)) => Err(CommandError::input(format!(
                "by the slashing history of {time} beside the set these keys signed within the hour"
            ))
            .with_hint("stop them for good, wait an hour, and split them then")),
            None => Ok(()),
        }
    }

    fn require_each_once(&self) -> Result<(), CommandError> {
        let twice = self
            .pubkey
            .iter()
            .enumerate()
            .find(|(i, key)| self.pubkey.iter().take(*i).any(|other| other == *key));
        match twice {
            Some((_, key)) => Err(CommandError::usage(format!("--pubkey {key} is there twice"))),
            None => Ok(()),
        }
    }

    /// The set that holds all the keys.
    fn set_of_all<'a>(&self, sets: &'a [ScrubbedSet]) -> Result<&'a ScrubbedSet, CommandError> {
        let holds_all = |set: &&ScrubbedSet| {
            let keys = set.public_keys();
            self.pubkey.iter().all(|key| keys.contains(key))
        };
        let mut holding = sets.iter().filter(holds_all);
        match (holding.next(), holding.count()) {
            (Some(set), 0) => Ok(set),
            (Some(_), others) => Err(BackupError::SeveralSets(others + 1).into()),
            (None, _) => Err(CommandError::input("no set on these copies holds all of these keys")
                .with_hint("`stockade validator list` shows where each key lies; split the keys of one set at a time")),
        }
    }

    fn confirm_off(&self, context: &mut Context) -> Result<(), CommandError> {
        if self.whole_keys_are_off {
            return Ok(());
        }
        let question = "A whole key that runs beside its shares gets its validator slashed. Do \
                        these keys run on no machine, and never will again? (yes or no)";
        match context.terminal.ask(question) {
            Some(answer) if answer.trim().eq_ignore_ascii_case("yes") => Ok(()),
            Some(_) => Err(CommandError::new(
                Kind::Declined,
                "not split: while a whole key may run, there must be no shares of it",
            )),
            None => Err(CommandError::usage("do the whole keys still run anywhere?")
                .with_hint("say that they run on no machine and never will: --whole-keys-are-off")),
        }
    }

    fn outcome(&self, split: &[SplitKey], set: &ScrubbedSet, splitting: Splitting) -> Outcome {
        let (to, shares, threshold) = (crate::shown(&self.to), self.shares, splitting.threshold());
        let mut text = format!(
            "Split {} keys of set {} into {shares} shares each, any {threshold} of which sign\n",
            split.len(),
            set.id
        );
        for (place, key) in split.iter().enumerate() {
            text += &format!("  keystore-{place}  {}\n", key.pubkey);
        }
        text += &format!(
            "Written to {to}/node0 .. node{}, one folder for each machine. The password lies \
             beside each keystore: move each folder to its machine, and remove it here\n",
            shares.saturating_sub(1)
        );
        text += "Tried: the shares, taken out of their keystores again, sign for their keys\n";
        let minutes = wait_minutes(set.id.network());
        text += &format!(
            "Start no share until {WAIT_EPOCHS} epochs ({minutes} minutes) after the whole keys were \
             last on; longer is safer. Shares have public keys of their own: no client knows what the \
             whole keys signed.\n"
        );
        text += "NEVER run a whole key and its shares together, nor two splits of one key. The \
                 set in your copies still opens to the whole keys: it is their backup, and no \
                 machine of the cluster should have it.";
        let keys = split.iter().enumerate().map(|(place, key)| {
            let shares = key.shares.iter().zip(1_u8..).map(|(pubkey, x)| {
                let file = format!("node{}/validator_keys/keystore-{place}.json", x - 1);
                json!({"x": x, "pubkey": pubkey, "file": file})
            });
            json!({"pubkey": key.pubkey, "shares": shares.collect::<Vec<_>>()})
        });
        let json = json!({
            "set_id": set.id,
            "to": to.to_string(),
            "layout": "charon",
            "threshold": threshold,
            "keys": keys.collect::<Vec<_>>(),
            "wait": {"epochs": WAIT_EPOCHS, "minutes": minutes},
        });
        Outcome::done(text, json)
    }
}
