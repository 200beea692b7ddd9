use stockade::{
    attest::delivery::{Delivered, Destination, DestinationKind},
    backup::whereabouts::LocationKind,
};
use stockade_services::{
    delivery::{RemoteReport, RemoteRequest, require_network},
    endpoint::require_url,
};

use super::{
    approval, chosen::ChosenArgs, client::ClientArgs, keymanager_plan::network, note::NoteArgs,
    remote_keys_report::Report,
};
use crate::{
    CommandResult,
    commands::{
        elsewhere::{ElsewhereArgs, Said, Unrecorded},
        share_rows,
    },
    context::Context,
    error::CommandError,
};

/// Tell a validator client which remote signer has the keys
///
/// Registers the public keys of a set with the client (/eth/v1/remotekeys), to be signed by the
/// Web3signer at --signer-url. Nothing is opened, and no secret leaves this computer. Keys that the
/// client has with that signer already are left unchanged. Keys that it holds itself, or has with
/// another signer, are never changed, and are named. A connected wallet shows whose set it is and signs
/// the delivery note; without a wallet, name the set's signer with --signer.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    chosen: ChosenArgs,
    #[command(flatten)]
    client: ClientArgs,
    /// No other machine signs with the keys. This client starts at once, with the signer's help
    #[arg(long)]
    not_running: bool,
    #[command(flatten)]
    elsewhere: ElsewhereArgs,
    /// A location that holds the keys for that signer: it is on the same signing path. Write it as it
    /// is shown. May be repeated
    #[arg(long, value_name = "LOCATION")]
    through: Vec<String>,
    /// The signer's URL, as the client reaches it
    #[arg(long, value_name = "URL")]
    signer_url: String,
    /// List afterwards what the client has, and compare. This is now always done
    #[arg(long)]
    verify: bool,
    /// How many keys to send with one request
    #[arg(long, value_name = "N", default_value = "100",
          value_parser = clap::value_parser!(u16).range(1..=1000))]
    batch_size: u16,
    #[command(flatten)]
    note: NoteArgs,
}

impl Args {
    /// Registers every key, and reports what became of each.
    pub fn run(self, context: &mut Context) -> CommandResult {
        require_url(&self.signer_url)?;
        if !self.not_running {
            return Err(CommandError::usage("does another client sign with these keys now?")
                .with_hint(
                    "the client that is told of them signs at once. If another client signs with them, \
                     remove them there first; if none does, say --not-running",
                ));
        }
        let chosen = self.chosen.read(context)?;
        let target = self.client.open(context, 0)?;
        let mut unlockers = self.chosen.unlockers_if_named(context)?;
        let manifest = chosen.own_manifest(&unlockers)?;
        let keys = manifest.public_keys();
        let (url, signer) = (&self.client.url, &self.signer_url);
        let mut through = self.through.clone();
        through.push(signer.clone());
        let (copies, set) = (chosen.copies.as_slice(), chosen.id());
        let to = self.client.location(LocationKind::RemoteKeys, context, (copies, set))?;
        let to = to.with_through(through);
        let said = Said::not_running(self.not_running);
        let elsewhere = self.elsewhere.settle(context, (copies, set), &keys, (&to, None), said)?;
        let tells_network = require_network(&target, set)?;
        let shares = chosen.shares();
        let plan = format!(
            "At {url}: {} keys of set {set} are signed by {signer}\n{}{}{}",
            keys.len(),
            share_rows::text(&shares),
            network(set.network(), tells_network),
            approval::keys(&keys)
        );
        approval::ask(context, &plan)?;
        let (batch, release) = (usize::from(self.batch_size), elsewhere.release(&to, &keys, None));
        let request = RemoteRequest { copies, set, target: &target, signer, batch, release };
        let RemoteReport { arrivals, unrecorded } =
            request.deliver(&mut context.terminal.progress())?;
        let unrecorded = Unrecorded::of_copies(&unrecorded, context);
        let report = Report {
            set,
            url,
            signer,
            shares: &shares,
            arrivals: &arrivals,
            network_checked: tells_network,
        };
        let mut outcome = report.outcome();
        unrecorded.add_to(&mut outcome);
        let delivered = Delivered {
            set,
            manifest: manifest.digest,
            to: Destination::new(DestinationKind::RemoteKeys, &format!("{url},{signer}")),
            from: None,
            keys: arrivals.sent(),
            history: None,
        };
        self.note.add(&mut outcome, &delivered, copies, &mut unlockers, context);
        Ok(outcome)
    }
}
