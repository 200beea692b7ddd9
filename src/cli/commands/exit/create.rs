use std::{collections::BTreeSet, path::PathBuf};

use stockade::{
    backup::{
        OpenKey,
        exits::{self, NewExit},
    },
    distributed::ShareOf,
    staking::{Exit, Network},
    store::private_file,
    timestamp::Timestamp,
};

pub use super::create_document::Document;
use super::create_document::SignedExit;
use crate::{
    CommandResult,
    commands::{
        plural::count,
        signing_key::{Home, KeyArgs, SigningKeys},
    },
    context::Context,
    error::CommandError,
    output::Outcome,
    shell,
};

/// Sign voluntary exits, for now or for the day when the key is lost
///
/// They stay valid in all later forks (EIP-7044). Once sent to the network, an exit is final, and
/// anybody who has one can send it. --seal stores them in the copies, for the set's custodians only;
/// `stockade exit open` gets them out. A share of a validator's key signs a partial exit, which counts
/// only together with those of other shares.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    key: KeyArgs,
    /// The validator's index on its chain, as explorers show it for its public key. Name several for
    /// keys with consecutive derivation indices, starting at --index
    #[arg(long, required = true, num_args = 1.., value_name = "N")]
    validator_index: Vec<u64>,
    /// The first epoch in which the validator may exit
    #[arg(long, default_value_t = 0)]
    epoch: u64,
    /// Seal the exits to the set's custodians, and store them with the set in every copy that is named
    #[arg(long, conflicts_with = "from_mnemonic")]
    seal: bool,
    /// Write the exit to this file, unsealed, as beacon nodes accept it
    #[arg(long, value_name = "FILE", required_unless_present = "seal")]
    out: Option<PathBuf>,
}

const NOT_CHECKED: &str = "Not checked: that these keys have these validator indices. Compare them in \
    an explorer: the network refuses an exit that another key signed.\n";

/// What an exit by a share is.
fn partial(share: &ShareOf) -> String {
    format!(
        "  {share}\n  It ends nobody alone: {} of that key must sign the same exit, with the same \
         --validator-index (that of the validator) and --epoch\n",
        count(share.others_needed().into(), "more share")
    )
}

impl Args {
    /// Opens the keys and signs the exits.
    pub fn run(self, context: &mut Context) -> CommandResult {
        self.check_usage()?;
        self.out.as_deref().map(private_file::require_new).transpose()?;
        let numbers = &self.validator_index;
        let SigningKeys { network, keys, shares, home } =
            self.key.open_several(numbers.len(), self.seal, context)?;
        let time = Timestamp::now();
        let sign = |(OpenKey { secret, .. }, number): (&OpenKey, &u64)| {
            let exit = Exit { epoch: self.epoch, validator_index: *number };
            let exit = exit.sign(network, secret);
            NewExit { time, pubkey: secret.public_key(), exit }
        };
        let signed: Vec<_> = keys.iter().zip(numbers).map(sign).collect();
        drop(keys);
        let sealed = match home.as_ref().filter(|_| self.seal) {
            Some(Home { copies, set, files }) => exits::seal(copies, set, files, &signed)?,
            None => Vec::new(),
        };
        if let (Some(out), Some(one)) = (&self.out, signed.first()) {
            let text =
                one.exit.to_json().map_err(|error| CommandError::input(error.to_string()))?;
            private_file::create(out, text.as_bytes())?;
        }
        let signed: Vec<_> = signed.into_iter().zip(shares).collect();
        Ok(self.outcome(network, &signed, &sealed, home.as_ref()))
    }

    fn check_usage(&self) -> Result<(), CommandError> {
        let mut seen = BTreeSet::new();
        if let Some(twice) = self.validator_index.iter().find(|number| !seen.insert(**number)) {
            return Err(CommandError::usage(format!("--validator-index: {twice} is named twice")));
        }
        if (Exit { epoch: self.epoch, validator_index: 0 }).never_comes() {
            return Err(CommandError::usage(format!("--epoch {}: it never comes", self.epoch))
                .with_hint("leave it out: then the exit is valid from the first epoch on"));
        }
        if self.out.is_some() && self.validator_index.len() > 1 {
            return Err(CommandError::usage("--out takes one exit, and several are named")
                .with_hint("use --seal, and `stockade exit open` when you need them"));
        }
        self.key.check_usage()
    }

    fn outcome(
        &self,
        network: Network,
        signed: &[(NewExit, Option<ShareOf>)],
        sealed: &[String],
        home: Option<&Home>,
    ) -> Outcome {
        let copies = home.filter(|_| self.seal).map_or(&[][..], |home| &home.copies);
        let mut text = String::new();
        for (NewExit { pubkey, exit, .. }, share) in signed {
            let what = if share.is_some() { "a PARTIAL exit" } else { "the exit" };
            text += &format!(
                "Signed {what} of validator {} on {network}, from epoch {} on\n  {pubkey}\n",
                exit.message.validator_index, self.epoch
            );
            text += &share.as_ref().map(partial).unwrap_or_default();
        }
        for copy in copies {
            text += &format!("Sealed {} into {}\n", sealed.len(), crate::shown(copy.dir()));
        }
        text += NOT_CHECKED;
        if self.seal {
            let dirs = shell::copies(copies);
            text += &format!("When you need them: stockade exit open{dirs} --out NEW-FOLDER\n");
        }
        if let Some(out) = &self.out {
            let out = crate::shown(&out);
            let share = signed.first().and_then(|(_, share)| share.as_ref());
            text += &match share.map(ShareOf::others_needed) {
                None => format!("Anybody who has {out} can end this validator for good."),
                Some(more) => format!(
                    "{out} alone ends nobody. Anybody who has it and the exits of {} can end this \
                     validator for good.",
                    count(more.into(), "more share")
                ),
            };
        }
        let document = Document {
            network: network.name(),
            exits: signed
                .iter()
                .enumerate()
                .map(|(i, (one, share))| SignedExit::new(one, *share, sealed.get(i)))
                .collect(),
            set_id: home.map(|home| home.set.to_string()),
            sealed_in: copies.iter().map(|copy| copy.id().to_owned()).collect(),
            out: self.out.as_ref().map(|out| out.to_string_lossy().into_owned()),
        };
        Outcome::done(text, document)
    }
}
