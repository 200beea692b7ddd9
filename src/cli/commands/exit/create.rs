use std::{collections::BTreeSet, path::PathBuf};

use stockade::{
    backup::{
        OpenKey,
        exits::{self, NewExit},
    },
    staking::Exit,
    store::private_file,
    timestamp::Timestamp,
};

use super::created::Created;
use crate::{
    CommandResult,
    commands::signing_key::{Home, KeyArgs, SigningKeys},
    context::Context,
    error::CommandError,
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
        let (home, out, seal) = (home.as_ref(), self.out.as_deref(), self.seal);
        Ok(Created { network, signed: &signed, seal, sealed: &sealed, home, out }.outcome())
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
}
