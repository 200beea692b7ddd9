use std::{collections::BTreeSet, path::PathBuf};

use stockade::{
    attest::delivery::{Delivered, Destination, DestinationKind},
    backup::{
        BackupError, Layout, Sealing,
        hands::Hands,
        history::{self, Kept},
        marks,
        restore::Restorable,
        verdict::Verdict,
    },
    bls::PublicKey,
    cloud::{
        delivery::{Arrivals, HandedOver, Handover, Import, Running, mark},
        keymanager::{Keymanager, Listed, RemoteKey},
    },
    staking::Interchange,
};

use super::{
    approval,
    chosen::{Chosen, ChosenArgs},
    client::ClientArgs,
    keymanager_report::Report,
    note::NoteArgs,
};
use crate::{
    CommandResult,
    commands::backup::settle_history::{HistoryArgs, Settled},
    context::Context,
    error::CommandError,
    output::Outcome,
};

/// Deliver keys to a validator client, or Web3signer, over the keymanager API
///
/// Opens the set as a restore does, and sends its keys in batches, each with its slashing history,
/// under a password and a salt of this delivery. What the client lists already is left as it is, so
/// that the same command again finishes what was interrupted. Two machines that sign with one key
/// are slashed: either --from names the client that runs the keys now, which removes them and says
/// what they signed (kept beside the set before anything is delivered), or they run nowhere.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    chosen: ChosenArgs,
    #[command(flatten)]
    client: ClientArgs,
    /// The client that runs the keys now: they are removed there first
    #[arg(long, value_name = "URL", requires = "from_token_file",
          conflicts_with_all = ["not_running", "history", "never_attested", "history_lost"])]
    from: Option<String>,
    /// The token of the client that runs the keys now
    #[arg(long, value_name = "FILE", requires = "from")]
    from_token_file: Option<PathBuf>,
    /// The certificates (PEM) by which that one is trusted
    #[arg(long, value_name = "FILE", requires = "from")]
    from_ca: Option<PathBuf>,
    /// The keys run on no machine; what became of them before is asked as by a restore
    #[arg(long)]
    not_running: bool,
    #[command(flatten)]
    history: HistoryArgs,
    /// List afterwards what the client has, and compare
    #[arg(long)]
    verify: bool,
    /// Another password and salt for each key: slower, here and there
    #[arg(long)]
    password_per_key: bool,
    /// How many keys go with one request
    #[arg(long, value_name = "N", default_value = "20",
          value_parser = clap::value_parser!(u16).range(1..=1000))]
    batch_size: u16,
    #[command(flatten)]
    note: NoteArgs,
}

/// A delivery that is approved, or not.
struct Planned {
    chosen: Chosen,
    target: Keymanager,
    before: Before,
    /// What the client runs that gives keys up.
    running: Running,
    restorable: Restorable,
    arrivals: Arrivals,
}

/// What became of the keys before.
pub(super) enum Before {
    /// They run nowhere.
    Settled(Settled),
    /// This client gives them up.
    From(Keymanager),
}

impl Args {
    /// Asks what costs no press, opens the set, shows the plan, and carries it out.
    pub fn run(self, context: &mut Context) -> CommandResult {
        let chosen = self.chosen.read(context)?;
        let target = self.client.open(context, usize::from(self.batch_size))?;
        // Asked before the wallet is: who cannot answer need not press.
        let before = self.before(context, &chosen)?;
        let (listed, remote) = (target.list()?, target.list_remote_if_any()?);
        let mut running = Running::default();
        if let Before::From(from) = &before {
            let (keys, handover) = (chosen.public_keys(), self.handover(from, &chosen));
            running = self.require_one_place(&handover, &keys, &listed, &remote)?;
            target.require_import()?;
        }
        let mut hands = self.chosen.hands(context)?;
        let restorable = chosen.open(context, &mut hands)?;
        let arrivals = Arrivals::new(&restorable.public_keys(), &listed).without_remote(&remote);
        let planned = Planned { chosen, target, before, running, restorable, arrivals };
        approval::ask(context, &self.plan(&planned))?;
        self.carry_out(context, planned, hands)
    }

    /// Takes the keys from where they ran, delivers, and says what arrived.
    fn carry_out(
        &self,
        context: &mut Context,
        planned: Planned,
        mut hands: Hands,
    ) -> CommandResult {
        let Planned { chosen, target, before, restorable, mut arrivals, .. } = planned;
        let batch = usize::from(self.batch_size);
        let mut progress = context.terminal.progress();
        let handed = match &before {
            Before::Settled(_) => HandedOver::default(),
            Before::From(from) => {
                self.handover(from, &chosen).take(&arrivals.lacking(), &mut progress)?
            }
        };
        if matches!(before, Before::Settled(_)) {
            self.mark(context, &chosen, &arrivals.lacking());
        }
        let sent = self.collect(&chosen, &restorable.public_keys(), &before).and_then(|history| {
            let sealing = self.sealing()?;
            let (keys, sealed) = (&restorable, &sealing);
            let import =
                Import { target: &target, keys, sealing: sealed, history: &history, batch };
            import.send(&mut arrivals, &|key| handed.holds_back(key), &mut progress)?;
            Ok((history, sealing))
        });
        let (history, sealing) =
            sent.map_err(|error| error.since_removed(handed.nowhere(&arrivals.arrived())))?;
        let compared = self.compare(&target, &mut arrivals);
        let report = Report {
            url: &self.client.url,
            from: self.from.as_deref(),
            chosen: &chosen,
            restorable: &restorable,
            before: &before,
            handed: &handed,
            history: &history,
            arrivals: &arrivals,
            sealing: &sealing,
            level: if compared { "listed" } else { "answered" },
        };
        let mut outcome = report.outcome(context);
        self.sign(&mut outcome, &report, &history, &mut hands, context);
        Ok(outcome)
    }

    fn sealing(&self) -> Result<Sealing, CommandError> {
        match self.password_per_key {
            true => Ok(Sealing::PerKey),
            false => Ok(Sealing::shared()?),
        }
    }

    fn before(&self, context: &mut Context, chosen: &Chosen) -> Result<Before, CommandError> {
        let keys = chosen.public_keys();
        let (copies, set) = (&chosen.copies, chosen.id());
        let (Some(from), Some(token)) = (&self.from, &self.from_token_file) else {
            self.require_not_running()?;
            let layout = Layout::Plain;
            let settled = self.history.settle(context, copies, set, &keys, layout)?;
            return Ok(Before::Settled(settled));
        };
        if from.trim_end_matches('/') == self.client.place() {
            return Err(CommandError::usage("--from and --url are one and the same client"));
        }
        require_readable(&history::kept(copies, set, &keys)?)?;
        let (batch, ca) = (usize::from(self.batch_size), self.from_ca.as_deref());
        Ok(Before::From(self.client.open_other(context, batch, from, token, ca)?))
    }

    fn require_not_running(&self) -> Result<(), CommandError> {
        match self.not_running {
            true => Ok(()),
            false => Err(CommandError::usage("does any machine run these keys now?").with_hint(
                "if one does, name it with --from URL --from-token-file FILE: it gives them up \
                 first. If none does, say --not-running",
            )),
        }
    }

    fn handover<'a>(&'a self, from: &'a Keymanager, chosen: &'a Chosen) -> Handover<'a> {
        let (copies, set) = (chosen.copies.as_slice(), chosen.id());
        Handover { from, to: self.client.place(), copies, set, batch: usize::from(self.batch_size) }
    }

    /// A key that is at both clients is one that two machines sign with: nothing here makes that
    /// right.
    fn require_one_place(
        &self,
        handover: &Handover<'_>,
        keys: &[PublicKey],
        listed: &[Listed],
        remote: &[RemoteKey],
    ) -> Result<Running, CommandError> {
        let there = having(listed, remote);
        let (there, lacking): (Vec<_>, Vec<_>) = keys.iter().partition(|key| there.contains(key));
        let from = having(&handover.from.list()?, &handover.from.list_remote_if_any()?);
        let both: Vec<_> = there.into_iter().filter(|key| from.contains(key)).collect();
        let Some(first) = both.first() else {
            return Ok(handover.ask(&lacking)?);
        };
        let message = format!(
            "TWO CLIENTS have {} of these keys, {first} among them: {} and {}",
            both.len(),
            handover.from.url(),
            self.client.url
        );
        Err(CommandError::input(message).with_hint(
            "stop one of them now; then remove the keys there, and deliver nothing before. Where both \
             are names of one client, there is nothing to deliver",
        ))
    }

    /// Leaves word of where the keys go, in every copy that takes it.
    fn mark(&self, context: &mut Context, chosen: &Chosen, keys: &[PublicKey]) {
        let (copies, set) = (&chosen.copies, chosen.id());
        let marks = mark::of(copies, set, keys).unwrap_or_default();
        let Some(mark) = mark::new(&marks, keys, self.client.place(), None) else { return };
        for copy in copies {
            if let Err(error) = marks::leave(&mark, copy, set) {
                context.terminal.say(&format!(
                    "warning: it is not kept in {} where these keys go: {error}",
                    crate::shown(copy.dir())
                ));
            }
        }
    }

    fn plan(&self, planned: &Planned) -> String {
        let Planned { chosen, before, running, restorable, arrivals, .. } = planned;
        let (url, set) = (&self.client.url, chosen.id());
        let (keys, there) = (restorable.public_keys(), arrivals.count(Verdict::Proven));
        let lacking = arrivals.lacking().len();
        let mut text = format!("To {url}: {lacking} of {} keys of set {set}\n", keys.len());
        if there > 0 {
            text += &format!("  there already, and left as they are: {there}\n");
        }
        text += &match before {
            Before::From(from) => removal(from.url(), running),
            Before::Settled(settled) => format!("  slashing history: {}\n", settled.describe()),
        };
        text += match self.password_per_key {
            _ if lacking == 0 => "",
            true => "  each with a password and a salt of its own\n",
            false => "  a password and a salt that no other delivery has\n",
        };
        let from = self.from.as_deref().map(|from| from.trim_end_matches('/'));
        text += &chosen.sent_elsewhere(&[self.client.place(), from.unwrap_or_default()]);
        text += &approval::keys(&arrivals.lacking());
        for (key, reason) in &restorable.left_out {
            text += &format!("  LEFT OUT {key}: {}\n", reason.explain());
        }
        text
    }

    /// What the keys signed before: all that goes along with them.
    fn collect(
        &self,
        chosen: &Chosen,
        keys: &[PublicKey],
        before: &Before,
    ) -> Result<Interchange, CommandError> {
        let network = chosen.id().network();
        let nothing = || Interchange::new(network.genesis_validators_root());
        let kept;
        let found = match before {
            Before::Settled(settled) => settled.history(),
            Before::From(_) => {
                kept = history::kept(&chosen.copies, chosen.id(), keys)?;
                require_readable(&kept)?;
                kept.found.as_ref().map(|(_, history)| history)
            }
        };
        let Some(found) = found else { return Ok(nothing()) };
        let parsed = history::parse(&found.bytes, network).map_err(BackupError::History)?;
        Ok(parsed.only(&keys.iter().copied().collect()))
    }

    /// Lists afterwards, where that was asked for or an answer is lacking. Says whether it was done.
    fn compare(&self, target: &Keymanager, arrivals: &mut Arrivals) -> bool {
        if !self.verify && arrivals.failure.is_none() {
            return false;
        }
        match target.list() {
            Ok(listed) => {
                arrivals.compare(&listed);
                true
            }
            Err(error) => {
                if self.verify {
                    arrivals.unlisted(&error.to_string());
                }
                false
            }
        }
    }

    fn sign(
        &self,
        outcome: &mut Outcome,
        report: &Report<'_>,
        history: &Interchange,
        hands: &mut Hands,
        context: &mut Context,
    ) {
        let Some(manifest) = report.chosen.manifest(hands) else { return };
        let place = |url: &str| Destination::new(DestinationKind::Keymanager, url);
        // What lay there before was not delivered now, nor removed anywhere.
        let keys = report.arrivals.sent();
        let history = history.only(&keys.iter().copied().collect());
        let history = history.to_json().ok().filter(|_| !history.records().is_empty());
        let delivered = Delivered {
            set: report.chosen.id(),
            manifest: manifest.digest,
            to: place(&self.client.url),
            from: self.from.as_deref().map(place),
            keys,
            history: history.as_ref().map(String::as_bytes),
        };
        self.note.add(outcome, &delivered, &report.chosen.copies, hands, context);
    }
}

/// What the client at `url` is asked before anything is delivered.
fn removal(url: &str, running: &Running) -> String {
    let Running { listed, gone } = running;
    let mut text = String::new();
    if !listed.is_empty() {
        let keys = listed.len();
        text += &format!(
            "  first {keys} are removed at {url}; what they signed is kept in every copy\n"
        );
    }
    if !gone.is_empty() {
        let keys = gone.len();
        text += &format!(
            "  {keys} are not at {url} any more, which is asked whether it removed them\n"
        );
    }
    text
}

/// The keys that a client signs for, itself or by the help of another.
fn having(listed: &[Listed], remote: &[RemoteKey]) -> BTreeSet<PublicKey> {
    let listed = listed.iter().map(|key| key.pubkey);
    listed.chain(remote.iter().map(|key| key.pubkey)).collect()
}

/// One that cannot be read may say that the keys signed later than all others say.
fn require_readable(kept: &Kept) -> Result<(), CommandError> {
    if kept.unread.is_empty() {
        return Ok(());
    }
    Err(CommandError::input(format!(
        "a slashing history beside the set cannot be relied on: {}",
        kept.unread.join("; ")
    ))
    .with_hint("repair the copies, or move it away; nothing is delivered without what it may say"))
}
