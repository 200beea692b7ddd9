use serde_json::{Value, json};
use stockade::{
    attest::delivery::{Delivered, Destination, DestinationKind},
    backup::{verdict::Verdict, whereabouts::LocationKind},
};
use stockade_services::cloud::{
    delivery::{Arrivals, remote, require_network},
    keymanager::KeymanagerError,
    require_url,
};

use super::{
    approval, arrivals, chosen::ChosenArgs, client::ClientArgs, keymanager_checks::network_plan,
    note::NoteArgs,
};
use crate::{
    CommandResult,
    commands::elsewhere::{ElsewhereArgs, Said, Unrecorded},
    context::Context,
    error::CommandError,
    output::Outcome,
};

/// Tell a validator client which remote signer has the keys
///
/// Registers the public keys of a set with the client (/eth/v1/remotekeys), to be signed by the
/// Web3signer at --signer-url. Nothing is opened, and no secret travels. What the client has with
/// that signer already is left as it is; what it holds itself, or has with another signer, is never
/// changed, and is said. A wallet at hand tells whose set it is, and signs the delivery note; without
/// one, name who made the set with --signer.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    chosen: ChosenArgs,
    #[command(flatten)]
    client: ClientArgs,
    /// No other machine signs with the keys: this client does at once, by the signer's help
    #[arg(long)]
    not_running: bool,
    #[command(flatten)]
    elsewhere: ElsewhereArgs,
    /// A location that holds the keys for that signer, by the name that is shown for it: they are on one
    /// signing path with it. Once for each
    #[arg(long, value_name = "LOCATION")]
    through: Vec<String>,
    /// The signer, as the client reaches it
    #[arg(long, value_name = "URL")]
    signer_url: String,
    /// List afterwards what the client has, and compare. This is always done now
    #[arg(long)]
    verify: bool,
    /// How many keys go with one request
    #[arg(long, value_name = "N", default_value = "100",
          value_parser = clap::value_parser!(u16).range(1..=1000))]
    batch_size: u16,
    #[command(flatten)]
    note: NoteArgs,
}

impl Args {
    /// Registers every key, and says what became of each.
    pub fn run(self, context: &mut Context) -> CommandResult {
        require_url(&self.signer_url)?;
        if !self.not_running {
            return Err(CommandError::usage("does another client sign with these keys now?")
                .with_hint(
                    "the client that is told of them here signs at once. If one does, remove them \
                     there first; if none does, say --not-running",
                ));
        }
        let chosen = self.chosen.read(context)?;
        let batch = usize::from(self.batch_size);
        let target = self.client.open(context, 0)?;
        let mut hands = self.chosen.hands_if_named(context)?;
        let manifest = chosen.own_manifest(&hands)?;
        let keys = manifest.public_keys();
        let (url, signer) = (&self.client.url, &self.signer_url);
        let mut through = self.through.clone();
        through.push(signer.clone());
        let (copies, set) = (chosen.copies.as_slice(), chosen.id());
        let to = self.client.location(LocationKind::RemoteKeys, context, (copies, set))?;
        let to = to.with_through(through);
        let elsewhere = self.elsewhere.settle(
            context,
            (copies, set),
            &keys,
            (&to, None),
            Said::not_running(self.not_running),
        )?;
        let tells_network = require_network(&target, set)?;
        let plan = format!(
            "At {url}: {} keys of set {set} are signed by {signer}\n{}{}",
            keys.len(),
            network_plan(set.network(), tells_network),
            approval::keys(&keys)
        );
        approval::ask(context, &plan)?;
        let record = elsewhere.record_of(copies, set, &keys)?;
        let mut clearance = record.clear(&elsewhere.release(&to, &keys, None), copies, None)?;
        let mut progress = context.terminal.progress();
        let arrivals =
            remote::register(&target, &keys, signer, batch, &mut clearance, &mut progress)?;
        let level = if arrivals.failure.is_some() { "answered" } else { "listed" };
        let unrecorded = Unrecorded::of(&clearance, context);
        let mut outcome = self.outcome(chosen.id().as_str(), &arrivals, level);
        unrecorded.add_to(&mut outcome);
        outcome.json.insert("network_checked".to_owned(), tells_network.into());
        let delivered = Delivered {
            set: chosen.id(),
            manifest: manifest.digest,
            to: Destination::new(DestinationKind::RemoteKeys, &format!("{url},{signer}")),
            from: None,
            keys: arrivals.sent(),
            history: None,
        };
        self.note.add(&mut outcome, &delivered, &chosen.copies, &mut hands, context);
        Ok(outcome)
    }

    fn outcome(&self, set: &str, arrivals: &Arrivals, level: &str) -> Outcome {
        let (url, signer) = (&self.client.url, &self.signer_url);
        let (there, all) = (arrivals.count(Verdict::Proven), arrivals.keys.len());
        let mut text = format!("{url} has {there} of {all} keys of set {set} with {signer}\n");
        text += &arrivals::text(arrivals);
        let answered = arrivals.failure.as_ref().is_none_or(KeymanagerError::is_answer);
        text += match there == all {
            true => "Make sure that no other machine runs these keys.",
            // A client that took none of them takes none the next time.
            false if answered && there == 0 => {
                "It took none of them. If its words name no other reason: Prysm and Teku take remote keys \
                 only when they were started with --validators-external-signer-url, and Prysm asks that \
                 signer alone. Start it so, and run the same command again."
            }
            false => "Run the same command again: what is there is left as it is.",
        };
        let mut json = arrivals::fields(arrivals);
        for (name, value) in [
            ("set_id", json!(set)),
            ("url", json!(url)),
            ("signer_url", json!(signer)),
            ("level", json!(level)),
        ] {
            json.insert(name.to_owned(), value);
        }
        Outcome::checked(there == all, text, Value::Object(json))
    }
}
