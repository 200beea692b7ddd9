use std::path::PathBuf;

use stockade::{
    attest::delivery::{Destination, DestinationKind},
    backup::whereabouts::{Location, LocationKind},
};
use stockade_services::cloud::{aws_secrets::AwsFolder, delivery::parcels};

use super::{
    chosen::ChosenArgs,
    note::NoteArgs,
    secrets::{To, deliver},
};
use crate::{
    CommandResult, aws_args::AwsArgs, commands::elsewhere::ElsewhereArgs, context::Context,
    vault_args::read_ca,
};

/// Deliver keys to AWS Secrets Manager, for Web3signer's bulk loader to read
///
/// Opens the set as a restore does, and makes a secret of each key as it is, in hexadecimal, where
/// there is none yet: PREFIX<pubkey>; with --keys-per-secret several keys, a line each, under a
/// name made of them all. Each is read back and compared. What is there already is left as it is, so that
/// the same command again finishes what was interrupted.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    chosen: ChosenArgs,
    /// What the names of the secrets begin with: validators/
    #[arg(long, value_name = "PREFIX")]
    prefix: String,
    /// How many keys go into one secret, a line each
    #[arg(long, value_name = "N", default_value = "1",
          value_parser = clap::value_parser!(u16).range(1..=200))]
    keys_per_secret: u16,
    /// The KMS key that encrypts the secrets [default: the account's own]
    #[arg(long, value_name = "KEY")]
    kms_key: Option<String>,
    /// A tag of each secret, by which Web3signer may choose. Once for each
    #[arg(long, value_name = "KEY=VALUE", value_parser = tag)]
    tag: Vec<(String, String)>,
    #[command(flatten)]
    aws: AwsArgs,
    /// The certificates (PEM) by which the service is trusted [default: the system's]
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    #[command(flatten)]
    elsewhere: ElsewhereArgs,
    #[command(flatten)]
    note: NoteArgs,
}

impl Args {
    /// Looks, opens, makes.
    pub fn run(self, context: &mut Context) -> CommandResult {
        let chosen = self.chosen.read(context)?;
        let ca = read_ca(self.ca.as_deref())?;
        let service = self.aws.open(ca.as_deref())?;
        let size = usize::from(self.keys_per_secret);
        let parcels = |keys: &[_]| parcels(keys, size, &self.prefix);
        // Asked before the wallet is: who may not read there need not press.
        if let Some(first) = parcels(&chosen.public_keys()).first() {
            service.read(&first.name)?;
        }
        let place = format!("{} {}", service.place(), self.prefix);
        let store =
            AwsFolder { service: &service, kms_key: self.kms_key.clone(), tags: self.tag.clone() };
        let to = To {
            store: &store,
            destination: Destination::new(DestinationKind::AwsSecrets, &place),
            location: Location::new(LocationKind::AwsSecrets, &place),
            elsewhere: &self.elsewhere,
            place,
            parcels: &parcels,
        };
        deliver(&self.chosen, &chosen, &self.note, &to, context)
    }
}

fn tag(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("write it as KEY=VALUE")?;
    Ok((key.to_owned(), value.to_owned()))
}
