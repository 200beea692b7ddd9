use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use stockade::{
    attest::delivery::{Destination, DestinationKind},
    backup::{
        Copy, SetId,
        hands::Hands,
        intake::Intake,
        origin::{OriginVerdict, Pins},
        room,
        scrub::{self, ScrubbedSet},
        verdict::Reason,
    },
    bls::PublicKey,
    path::DerivationPath,
    validator::{self, CheckOptions, PublicKeyFile},
};
use stockade_services::cloud::{
    Endpoint,
    check::{Found, FoundKey, Held},
    keymanager::Keymanager,
    take_over::{self, Reads},
};

use super::{attest, report::Report, web3signer};
use crate::{
    CommandResult,
    commands::{deliver::note::NoteArgs, validator::check},
    context::{Context, read_signers},
    error::CommandError,
    place::Place,
    vault_args::{TIMEOUT, VaultArgs},
};

/// Are the keys in a store, or in a running client, those of a set, or of this wallet?
///
/// With copies: every key of their sets must be there, and every key there must be theirs. Without:
/// whether each key that is there is one of the wallet's words; a wallet's batches need a copy. Keys in a store are read into this computer's
/// memory; nothing is written anywhere.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// vault:MOUNT/PATH, aws-secrets:PREFIX, web3signer:DIR, or keymanager:URL of a running client
    #[arg(value_name = "PLACE")]
    place: Place,
    /// Copies of the sets that should be there
    #[arg(value_name = "COPY")]
    copies: Vec<PathBuf>,
    /// This set alone
    #[arg(long, value_name = "ID", requires = "copies")]
    set: Option<SetId>,
    /// Who else may have made the sets: a check address, or a custodian file
    #[arg(long, value_name = "0x..|FILE", requires = "copies")]
    signer: Vec<String>,
    /// The field of Vault's or AWS's secrets that the signer reads [default: value, and fields that
    /// are named by their keys]
    #[arg(long, value_name = "NAME")]
    field: Option<String>,
    #[command(flatten)]
    vault: VaultArgs,
    #[cfg(feature = "aws")]
    #[command(flatten)]
    aws: crate::aws_args::AwsArgs,
    /// Have the wallet sign what was found, if every key is proven: a delivery note, kept beside the
    /// set, that `deliver verify` reads
    #[arg(long, requires = "copies")]
    attest: bool,
    /// The path of the key that signs it
    #[arg(long, default_value = "m/44'/60'/0'/0/0", value_name = "PATH", requires = "attest")]
    note_path: DerivationPath,
    /// Without copies: the highest index at which the words' own keys are tried
    #[arg(long, default_value_t = 99)]
    max_index: u32,
}

impl Args {
    /// Reads what is there, and compares.
    pub fn run(self, context: &mut Context) -> CommandResult {
        let copies = match self.copies.is_empty() {
            true => Vec::new(),
            false => Copy::open_all(&self.copies)?,
        };
        if self.attest {
            // Before the store is read, and anybody is asked for anything.
            attest::require_wallet(context)?;
            copies.iter().try_for_each(Copy::lock)?;
            room::require(&copies, room::SMALL)?;
        }
        self.vault.warn_of_readers(context);
        let (found, place) = self.find(context)?;
        match copies.is_empty() {
            true => self.with_wallet(&found, context),
            false => self.with_sets(&found, place, &copies, context),
        }
    }

    fn find(&self, context: &mut Context) -> Result<(Found, Destination), CommandError> {
        let mut intake = Intake::default();
        let mut progress = context.terminal.progress();
        let look = take_over::Look::Check(self.field.as_deref());
        let expiring;
        let place = match &self.place {
            Place::Vault { mount, path } => {
                VaultArgs::require_place(mount, path)?;
                let vault = self.vault.open()?;
                let (engine, path) = self.vault.engine_of(&vault, mount, path)?;
                let findings = take_over::vault(&vault, &engine, &path, look, &mut progress)?;
                let place = Destination::new(DestinationKind::Vault, &vault.place(&engine, &path)?);
                return Ok((Found::in_findings(findings, &mut progress), place));
            }
            Place::Web3signer(folder) => {
                let ca = self.vault.ca()?;
                let (reads, ca) = (Reads::AsWeb3signer, ca.as_deref());
                expiring =
                    take_over::web3signer(folder, reads, ca, TIMEOUT, &mut intake, &mut progress)?;
                let folder = folder.canonicalize().unwrap_or_else(|_| folder.clone());
                Destination::new(DestinationKind::Web3signer, &folder.to_string_lossy())
            }
            #[cfg(feature = "aws")]
            Place::AwsSecrets(prefix) => {
                let service = self.aws.open(self.vault.ca()?.as_deref())?;
                let findings = take_over::aws_secrets(&service, prefix, look, &mut progress)?;
                let place = format!("{} {prefix}", service.place());
                let place = Destination::new(DestinationKind::AwsSecrets, &place);
                return Ok((Found::in_findings(findings, &mut progress), place));
            }
            Place::Keymanager(url) => {
                let ca = self.vault.ca()?;
                let endpoint = Endpoint::new(url, ca.as_deref(), TIMEOUT)?;
                let client = Keymanager::new(endpoint.with_bearer(&self.vault.token()?));
                let place = Destination::new(DestinationKind::Keymanager, url);
                let listed = client.list()?;
                let remote = client.list_remote_if_any()?.unwrap_or_default();
                return Ok((Found::in_client(url, &listed, &remote), place));
            }
            Place::Files(path) => {
                return Err(CommandError::usage(format!(
                    "{} is no store: vault:MOUNT/PATH, aws-secrets:PREFIX, web3signer:DIR or keymanager:URL",
                    crate::shown(&path)
                ))
                .with_hint("`stockade validator check` looks at files and copies"));
            }
        };
        intake.open_given(&mut progress);
        let mut found = Found::in_store(&intake);
        found.expire(&expiring);
        if let Place::Web3signer(_) = &self.place {
            drop(progress);
            web3signer::tell_unread(&mut found, &intake, context);
        }
        // What is passed over there is none of a validator by its own word.
        Ok((found, place))
    }

    fn with_sets(
        &self,
        found: &Found,
        to: Destination,
        copies: &[Copy],
        context: &mut Context,
    ) -> CommandResult {
        // Opened once: a wallet that asks for its passphrase asks once.
        let mut hands = Hands::new();
        let wallets = if self.attest { context.open_all()? } else { context.open_named()? };
        for wallet in wallets {
            hands.add_wallet(wallet, &mut context.terminal)?;
        }
        let pins = Pins { wallets: Vec::new(), signers: read_signers(&self.signer)? };
        let pins = hands.pins(&pins);
        let mut progress = context.terminal.progress();
        let sets = scrub::read(copies, self.set.as_ref(), &mut progress)?.sets;
        let mut expected = BTreeMap::new();
        let mut origin = OriginVerdict::ThisWallet;
        for set in &sets {
            let (keys, judged) = expect(set, &pins)?;
            expected.extend(keys);
            origin = origin.max(judged);
        }
        let keys = found.against(&expected);
        if self.attest {
            attest::require_one(&sets)?;
        }
        let ids = sets.iter().map(|set| set.id.clone()).collect();
        let place = self.place.to_string();
        let full = found.is_full();
        let report = Report { place, level: found.level, full, origin, sets: ids, keys };
        let mut outcome = report.outcome();
        if let (true, [set]) = (self.attest, sets.as_slice()) {
            let note = NoteArgs::at(self.note_path.clone());
            attest::add(&report, &mut outcome, set, to, &note, copies, &pins, &mut hands, context);
        }
        Ok(outcome)
    }

    /// As `validator check` asks a wallet about files.
    fn with_wallet(&self, found: &Found, context: &mut Context) -> CommandResult {
        let file = |found: &FoundKey| PublicKeyFile {
            pubkey: found.held.key(),
            file: found.place.clone(),
            ..PublicKeyFile::default()
        };
        let keys = found.keys.iter().map(file).collect();
        let mut wallet = context.open()?;
        let options = CheckOptions { batch: None, max_index: self.max_index };
        let mut progress = context.terminal.progress();
        let mut checked =
            validator::check(keys, &options, &mut *wallet, &mut context.terminal, &mut progress)?;
        drop(progress);
        // What is no key, or not the one that its name says, no wallet is asked about.
        let mut there = BTreeSet::new();
        for (found, checked) in found.keys.iter().zip(&mut checked.keys) {
            match found.held {
                Held::Not(stated, reason) => {
                    checked.key.pubkey = stated;
                    checked.reason = reason;
                }
                // Only if it is one of the wallet's it is a key.
                Held::Perhaps(_) if checked.reason != Reason::Ok => {
                    checked.reason = Reason::NotChecked;
                }
                held if held.key().is_some_and(|key| !there.insert(key)) => {
                    checked.reason = Reason::Duplicate;
                }
                _ => {}
            }
        }
        Ok(check::outcome(&checked, &[], &wallet.identity().name(), self.max_index))
    }
}

/// The keys that a set should have put there, each with what may be said of one that is.
fn expect(
    set: &ScrubbedSet,
    pins: &Pins,
) -> Result<(Vec<(PublicKey, Reason)>, OriginVerdict), CommandError> {
    let Some(read) = set.manifest(pins) else {
        let message = format!("no copy of set {} says whole what it holds", set.id);
        return Err(CommandError::input(message).with_hint("`stockade backup scrub` says more"));
    };
    let origin = set.origin_of(read, pins);
    let reason = match origin {
        OriginVerdict::ThisWallet | OriginVerdict::Signer => Reason::Ok,
        OriginVerdict::Unknown => Reason::OriginUnknown,
        OriginVerdict::Forged => Reason::OriginForged,
    };
    let keys = read.manifest.keystores.iter().map(|entry| (entry.pubkey, reason));
    Ok((keys.collect(), origin))
}
