use std::path::PathBuf;

use stockade::{attest::delivery::DestinationKind, backup::whereabouts::LocationKind};
use stockade_services::{aws_secrets::AwsFolder, delivery::parcels};

use super::{
    chosen::ChosenArgs,
    note::NoteArgs,
    secrets::{To, deliver},
};
use crate::{
    CommandResult, aws_args::AwsArgs, commands::elsewhere::ElsewhereArgs, context::Context,
    secret_file::read_ca,
};

/// Deliver keys to AWS Secrets Manager, where Web3signer's bulk loader reads them
///
/// Opens the set as a restore does. Each key becomes a secret named PREFIX<pubkey>, in hexadecimal; with
/// --keys-per-secret, several keys share a secret, one key a line, whose name is derived from all of
/// them. Each secret is read back and compared. Existing secrets are left unchanged, so running the
/// command again completes an interrupted delivery.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    chosen: ChosenArgs,
    /// How the names of the secrets begin: validators/
    #[arg(long, value_name = "PREFIX")]
    prefix: String,
    /// How many keys to put into one secret, one key a line
    #[arg(long, value_name = "N", default_value = "1",
          value_parser = clap::value_parser!(u16).range(1..=200))]
    keys_per_secret: u16,
    /// The KMS key that encrypts the secrets [default: the account's own]
    #[arg(long, value_name = "KEY")]
    kms_key: Option<String>,
    /// A tag for each secret, by which Web3signer can select it. May be repeated
    #[arg(long, value_name = "KEY=VALUE", value_parser = tag)]
    tag: Vec<(String, String)>,
    #[command(flatten)]
    aws: AwsArgs,
    /// Trust the service by these certificates (PEM) [default: the system's]
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    #[command(flatten)]
    elsewhere: ElsewhereArgs,
    #[command(flatten)]
    note: NoteArgs,
}

impl Args {
    /// Checks access, opens the set, creates the secrets.
    pub fn run(self, context: &mut Context) -> CommandResult {
        let chosen = self.chosen.read(context)?;
        let ca = read_ca(self.ca.as_deref())?;
        let service = self.aws.open(ca.as_deref())?;
        let size = usize::from(self.keys_per_secret);
        let parcels = |keys: &[_]| parcels(keys, size, &self.prefix);
        // Before the wallet is asked: without read access no press is of use.
        if let Some(first) = parcels(&chosen.public_keys()).first() {
            service.read(&first.name)?;
        }
        let to = To {
            store: &AwsFolder {
                service: &service,
                kms_key: self.kms_key.clone(),
                tags: self.tag.clone(),
            },
            kinds: (DestinationKind::AwsSecrets, LocationKind::AwsSecrets),
            elsewhere: &self.elsewhere,
            place: format!("{} {}", service.place(), self.prefix),
            parcels: &parcels,
        };
        deliver(&self.chosen, &chosen, &self.note, &to, context)
    }
}

fn tag(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("write it as KEY=VALUE")?;
    Ok((key.to_owned(), value.to_owned()))
}
