use std::path::PathBuf;

use serde_json::json;
use stockade::{staking::Exit, store::private_file};

use crate::{
    CommandResult, commands::signing_key::KeyArgs, context::Context, error::CommandError,
    output::Outcome,
};

/// Sign a voluntary exit, for now or for the day when the key is lost
///
/// It stays good in every later fork (EIP-7044), and cannot be taken back once it was sent. Whoever
/// has the file can end the validator: it is written for you alone.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    key: KeyArgs,
    /// The validator's number on its chain, as explorers show it for its public key
    #[arg(long, value_name = "N")]
    validator_index: u64,
    /// The first epoch in which it may leave
    #[arg(long, default_value_t = 0)]
    epoch: u64,
    /// The file to write; beacon nodes take it as it is
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

impl Args {
    /// Opens the key and signs.
    pub fn run(self, context: &mut Context) -> CommandResult {
        self.key.check_usage()?;
        // Before anybody presses anything.
        private_file::require_new(&self.out)?;
        let key = self.key.open(context)?;
        let exit = Exit { epoch: self.epoch, validator_index: self.validator_index };
        let signed = exit.sign(key.network, &key.secret);
        let text = signed.to_json().map_err(|error| CommandError::input(error.to_string()))?;
        private_file::create(&self.out, text.as_bytes())?;
        let pubkey = key.secret.public_key();
        let out = self.out.display();
        let text = format!(
            "Signed the exit of validator {} on {}, from epoch {} on, into {out}\n  {pubkey}\n\
             Not shown by this: that validator {} is this key; compare them in an explorer, for \
             the network refuses an exit by another key.\n\
             Whoever has {out} can end this validator for good.",
            self.validator_index, key.network, self.epoch, self.validator_index,
        );
        let json = json!({
            "pubkey": pubkey,
            "network": key.network,
            "validator_index": self.validator_index,
            "epoch": self.epoch,
            "out": self.out.display().to_string(),
        });
        Ok(Outcome::done(text, json))
    }
}
