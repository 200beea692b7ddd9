use std::{path::PathBuf, time::Duration};

use stockade::{
    attest::delivery::{Delivered, Destination, DestinationKind},
    backup::{
        BackupError, Copy, Layout, Sealing,
        hands::Hands,
        history,
        restore::Restorable,
        verdict::Verdict,
        whereabouts::{Location, LocationKind, Record, Release},
    },
    bls::PublicKey,
    staking::Interchange,
};
use stockade_services::cloud::{
    delivery::{
        Arrivals, Handover, OpenedSet, Running, Transfer, Transferred, require_network,
        settings::KeySettings,
    },
    keymanager::{Keymanager, Listed, RemoteKey},
};

use super::{
    approval,
    chosen::{Chosen, ChosenArgs},
    client::{ClientArgs, location},
    keymanager_checks::{
        both_named, having, network_plan, remote_keys, removal, require_readable, require_waited,
        settings_plan,
    },
    keymanager_report::Report,
    note::NoteArgs,
};
use crate::{
    CommandResult,
    commands::{
        backup::settle_history::{HistoryArgs, Settled},
        elsewhere::{Elsewhere, ElsewhereArgs, Said, Unrecorded},
    },
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
          conflicts_with_all = ["not_running", "history", "never_attested", "never_attested_key",
                                "history_lost"])]
    from: Option<String>,
    /// The token of the client that runs the keys now
    #[arg(long, value_name = "FILE", requires = "from")]
    from_token_file: Option<PathBuf>,
    /// The certificates (PEM) by which that one is trusted
    #[arg(long, value_name = "FILE", requires = "from")]
    from_ca: Option<PathBuf>,
    /// What you call that client, as --as does of the other
    #[arg(long, value_name = "NAME", requires = "from")]
    from_as: Option<String>,
    /// A location that is a part of that client, by the name that is shown for it: the folder that it
    /// works with, the store that it reads. Once for each
    #[arg(long, value_name = "LOCATION", requires = "from")]
    from_through: Vec<String>,
    /// Set fee recipient, gas limit and graffiti at the new client as that one has them
    #[arg(long, requires = "from")]
    take_settings: bool,
    /// The keys run on no machine; what became of them before is asked as by a restore
    #[arg(long)]
    not_running: bool,
    #[command(flatten)]
    history: HistoryArgs,
    #[command(flatten)]
    elsewhere: ElsewhereArgs,
    /// List afterwards what the client has, and compare. This is always done now
    #[arg(long)]
    verify: bool,
    /// How long to list again for keys that were taken and are not listed yet
    #[arg(long, value_name = "SECONDS", default_value = "0",
          value_parser = clap::value_parser!(u64).range(0..=3600))]
    wait: u64,
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
    to: Location,
    before: Before,
    elsewhere: Elsewhere,
    /// What the client runs that gives keys up.
    running: Running,
    /// The client said itself that it is on the set's network.
    tells_network: bool,
    /// What that client does for the keys besides signing.
    settings: KeySettings,
    restorable: Restorable,
    arrivals: Arrivals,
}

/// What became of the keys before.
pub(super) enum Before {
    /// They run nowhere.
    Settled(Settled),
    /// This client gives them up.
    From(Keymanager, Location),
}

impl Before {
    fn location(&self) -> Option<&Location> {
        match self {
            Self::Settled(_) => None,
            Self::From(_, at) => Some(at),
        }
    }
}

impl Args {
    /// Asks what costs no press, opens the set, shows the plan, and carries it out.
    pub fn run(self, context: &mut Context) -> CommandResult {
        let chosen = self.chosen.read(context)?;
        let target = self.client.open(context, usize::from(self.batch_size))?;
        let of = (chosen.copies.as_slice(), chosen.id());
        let to = self.client.location(LocationKind::Keymanager, context, of)?;
        if self.from.is_none() {
            self.require_not_running()?;
        }
        let (listed, remote) = (target.list()?, remote_keys(&target, context)?);
        let all = chosen.public_keys();
        let lacking = Arrivals::new(&all, &listed).without_remote(&remote).lacking();
        // Asked before the wallet is: who cannot answer need not press. Of what is there already nobody
        // has to say anything.
        let asked = if lacking.is_empty() { &all } else { &lacking };
        let before = self.before(context, &chosen, asked, &to)?;
        self.require_off_is_true(&to, &chosen, &listed)?;
        let (copies, from) = (chosen.copies.as_slice(), before.location());
        let elsewhere = self.elsewhere.settle(
            context,
            (copies, chosen.id()),
            &lacking,
            (&to, from),
            Said::not_running(self.not_running),
        )?;
        if let Before::Settled(Settled::Lost(_)) = before {
            require_waited(&elsewhere, &lacking, chosen.id().network())?;
        }
        let tells_network = require_network(&target, chosen.id())?;
        let (mut running, mut settings) = (Running::default(), KeySettings::default());
        if let Before::From(client, at) = &before {
            let handover = Handover { client, at, copies, set: chosen.id() };
            self.require_one_place(&handover, &chosen, &listed, &remote, context)?;
            running = handover.ask(&lacking, &elsewhere.record, &to, self.elsewhere.names(at))?;
            target.require_import()?;
            settings = KeySettings::read(client, &running.listed, &mut context.terminal.progress());
        }
        let mut hands = self.chosen.hands(context)?;
        let restorable = chosen.open(context, &mut hands)?;
        let arrivals = Arrivals::new(&restorable.public_keys(), &listed).without_remote(&remote);
        let planned = Planned {
            chosen,
            target,
            to,
            before,
            elsewhere,
            running,
            tells_network,
            settings,
            restorable,
            arrivals,
        };
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
        let Planned { chosen, target, to, before, restorable, mut arrivals, .. } = planned;
        let Planned { elsewhere, running, settings, tells_network, .. } = planned;
        let copies = chosen.copies.as_slice();
        let from = before.location();
        if from.is_some() {
            copies.iter().try_for_each(Copy::require_writable)?;
        }
        let lacking = arrivals.lacking();
        let known = self.collect(&chosen, &restorable.public_keys(), &before)?;
        let repeated = !lacking.is_empty() && elsewhere.record.knows(to.label());
        if known.lacks_roots() && repeated {
            context.terminal.say(&format!(
                "warning: {} may have got this history before, and some of its votes have no signing \
                 root. A Prysm with its ordinary database takes such a vote that comes twice for a double \
                 vote, and stops using the key: import nothing twice there",
                to.label()
            ));
        }
        let sealing = self.sealing()?;
        let release = elsewhere.release(&to, &lacking, from);
        let release = Release { running: &running.listed, ..release };
        let mut clearance = restorable.clear(
            elsewhere.record_of(&chosen.copies, chosen.id(), &lacking)?,
            &release,
            copies,
        )?;
        let handover = match &before {
            Before::Settled(_) => None,
            Before::From(client, at) => Some(Handover { client, at, copies, set: chosen.id() }),
        };
        let transfer = Transfer {
            target: &target,
            from: handover,
            keys: &OpenedSet { keys: &restorable, sealing: &sealing },
            set: chosen.id(),
            batch: usize::from(self.batch_size),
            wait: Duration::from_secs(self.wait),
        };
        let mut progress = context.terminal.progress();
        let Transferred { handed, history, listed, .. } =
            transfer.carry_out(&running, known, &mut clearance, &mut arrivals, &mut progress)?;
        let unset = match self.take_settings {
            true => settings.write(&target, &arrivals.sent()),
            false => Vec::new(),
        };
        let unrecorded = Unrecorded::of(&clearance, context);
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
            settings: &settings,
            unset: self.take_settings.then_some(unset.as_slice()),
            unasked: arrivals.keys.iter().filter(|(key, _)| !running.listed.contains(key)).count(),
            unsent_history: self.history.was_given() && lacking.is_empty(),
            level: if listed { "listed" } else { "answered" },
        };
        let mut outcome = report.outcome(context);
        unrecorded.add_to(&mut outcome);
        outcome.json.insert("network_checked".to_owned(), tells_network.into());
        self.sign(&mut outcome, &report, &history, &mut hands, context);
        Ok(outcome)
    }

    /// Nobody is off where the client lists the key.
    fn require_off_is_true(
        &self,
        at: &Location,
        chosen: &Chosen,
        listed: &[Listed],
    ) -> Result<(), CommandError> {
        let (keys, there) = (chosen.public_keys(), having(listed, &[]));
        if !self.elsewhere.names(at) || !keys.iter().all(|key| there.contains(key)) {
            return Ok(());
        }
        // Behind the same address may be, or have been, another client: one with another token.
        let record = Record::read(&chosen.copies, chosen.id(), &keys)?;
        let others = record.places(&keys).into_iter();
        let mut others = others.filter(|place| self.elsewhere.names_place(place));
        if others.any(|place| place.location.is_none_or(|other| !other.is(at))) {
            return Ok(());
        }
        Err(CommandError::input(format!(
            "--off {}: it lists all of these keys, and signs with them",
            at.label()
        ))
        .with_hint("nothing was changed. Remove the keys there first"))
    }

    fn sealing(&self) -> Result<Sealing, CommandError> {
        match self.password_per_key {
            true => Ok(Sealing::PerKey),
            false => Ok(Sealing::shared()?),
        }
    }

    fn before(
        &self,
        context: &mut Context,
        chosen: &Chosen,
        keys: &[PublicKey],
        to: &Location,
    ) -> Result<Before, CommandError> {
        let (copies, set) = (&chosen.copies, chosen.id());
        let (Some(from), Some(token)) = (&self.from, &self.from_token_file) else {
            let layout = Layout::Plain;
            let settled = self.history.settle(context, copies, set, keys, layout)?;
            return Ok(Before::Settled(settled));
        };
        let name = self.from_as.as_deref();
        let kind = LocationKind::Keymanager;
        let at = location(kind, from, token, name, context, (copies, set))?;
        let at = at.with_parts(self.from_through.clone());
        if at.is(to) || (from.trim_end_matches('/') == self.client.place() && !both_named(&at, to))
        {
            return Err(CommandError::usage("--from and --url are one and the same client"));
        }
        require_readable(&history::kept(copies, set, keys)?)?;
        let (batch, ca) = (usize::from(self.batch_size), self.from_ca.as_deref());
        Ok(Before::From(self.client.open_other(context, batch, from, token, ca)?, at))
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

    /// A key that is at both clients is one that two machines sign with: nothing here makes that
    /// right.
    fn require_one_place(
        &self,
        handover: &Handover<'_>,
        chosen: &Chosen,
        listed: &[Listed],
        remote: &[RemoteKey],
        context: &mut Context,
    ) -> Result<(), CommandError> {
        let there = having(listed, remote);
        let client = handover.client;
        let from = client.list()?;
        self.require_off_is_true(handover.at, chosen, &from)?;
        let keys = chosen.public_keys();
        let from = having(&from, &remote_keys(client, context)?);
        let both: Vec<_> =
            keys.iter().filter(|key| there.contains(key) && from.contains(key)).collect();
        let Some(first) = both.first() else { return Ok(()) };
        let message = format!(
            "TWO CLIENTS have {} of these keys, {first} among them: {} and {}",
            both.len(),
            client.url(),
            self.client.url
        );
        Err(CommandError::input(message).with_hint(
            "stop one of them now; then remove the keys there, and deliver nothing before. Where both \
             are names of one client, there is nothing to deliver",
        ))
    }

    fn plan(&self, planned: &Planned) -> String {
        let Planned { chosen, before, running, restorable, arrivals, settings, .. } = planned;
        let (url, set) = (&self.client.url, chosen.id());
        let (keys, there) = (restorable.public_keys(), arrivals.count(Verdict::Proven));
        let lacking = arrivals.lacking().len();
        let mut text = format!("To {url}: {lacking} of {} keys of set {set}\n", keys.len());
        if there > 0 {
            text += &format!("  there already, and left as they are: {there}\n");
        }
        text += &match before {
            Before::From(from, _) => removal(from.url(), running),
            Before::Settled(settled) => format!("  slashing history: {}\n", settled.describe()),
        };
        text += &settings_plan(settings, before, self.take_settings);
        text += match self.password_per_key {
            _ if lacking == 0 => "",
            true => "  each with a password and a salt of its own\n",
            false => "  a password and a salt that no other delivery has\n",
        };
        text += &network_plan(set.network(), planned.tells_network);
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
            Before::From(..) => {
                kept = history::kept(&chosen.copies, chosen.id(), keys)?;
                require_readable(&kept)?;
                kept.found.as_ref().map(|(_, history)| history)
            }
        };
        let Some(found) = found else { return Ok(nothing()) };
        let parsed = history::parse(&found.bytes, network).map_err(BackupError::History)?;
        Ok(parsed.only(&keys.iter().copied().collect()))
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
