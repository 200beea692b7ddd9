use std::path::PathBuf;

use serde_json::json;
use stockade::{
    backup::{
        OpenKey,
        exits::{self, NewExit},
    },
    staking::{Exit, Network},
    store::private_file,
    timestamp::Timestamp,
};

use crate::{
    CommandResult,
    commands::signing_key::{Home, KeyArgs, SigningKeys},
    context::Context,
    error::CommandError,
    output::Outcome,
    shell,
};

/// Sign voluntary exits, for now or for the day when the key is lost
///
/// They stay good in every later fork (EIP-7044), and cannot be taken back once they were sent.
/// Whoever has one can end the validator: --seal leaves it in the copies, for the set's custodians
/// alone, and `exit open` takes it out.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    key: KeyArgs,
    /// The validator's number on its chain, as explorers show it for its public key; several for
    /// keys whose indices follow each other, from --index on
    #[arg(long, required = true, num_args = 1.., value_name = "N")]
    validator_index: Vec<u64>,
    /// The first epoch in which it may leave
    #[arg(long, default_value_t = 0)]
    epoch: u64,
    /// Seal it to whoever can open the set, beside the set in every copy that is named
    #[arg(long, conflicts_with = "from_mnemonic")]
    seal: bool,
    /// The file to write, which is not sealed; beacon nodes take it as it is
    #[arg(long, value_name = "FILE", required_unless_present = "seal")]
    out: Option<PathBuf>,
}

impl Args {
    /// Opens the keys and signs.
    pub fn run(self, context: &mut Context) -> CommandResult {
        self.check_usage()?;
        // Before anybody presses anything.
        self.out.as_deref().map(private_file::require_new).transpose()?;
        let numbers = &self.validator_index;
        let SigningKeys { network, keys, home } =
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
        Ok(self.outcome(network, &signed, &sealed, home.as_ref()))
    }

    fn check_usage(&self) -> Result<(), CommandError> {
        let mut seen = std::collections::BTreeSet::new();
        if let Some(twice) = self.validator_index.iter().find(|number| !seen.insert(**number)) {
            return Err(CommandError::usage(format!("--validator-index: {twice} is named twice")));
        }
        if (Exit { epoch: self.epoch, validator_index: 0 }).never_comes() {
            return Err(CommandError::usage(format!("--epoch {}: it never comes", self.epoch))
                .with_hint("leave it out: the exit then counts from the first epoch on"));
        }
        if self.out.is_some() && self.validator_index.len() > 1 {
            return Err(CommandError::usage("--out holds one exit, and there are several")
                .with_hint("use --seal, and `stockade exit open` when they are needed"));
        }
        self.key.check_usage()
    }

    fn outcome(
        &self,
        network: Network,
        signed: &[NewExit],
        sealed: &[String],
        home: Option<&Home>,
    ) -> Outcome {
        let copies = home.filter(|_| self.seal).map_or(&[][..], |home| &home.copies);
        let mut text = String::new();
        for NewExit { pubkey, exit, .. } in signed {
            text += &format!(
                "Signed the exit of validator {} on {network}, from epoch {} on\n  {pubkey}\n",
                exit.message.validator_index, self.epoch
            );
        }
        for copy in copies {
            let (dir, count) = (crate::shown(copy.dir()), sealed.len());
            text += &format!("Sealed beside the set: {count} in {dir}\n");
        }
        text += "Not shown by this: that the numbers are those of these keys; compare them in an \
                 explorer, for the network refuses an exit by another key.\n";
        if self.seal {
            let dirs = shell::copies(copies);
            text += &format!("On the day of need: stockade exit open{dirs} --out <new folder>\n");
        }
        if let Some(out) = &self.out {
            let out = crate::shown(&out);
            text += &format!("Whoever has {out} can end this validator for good.");
        }
        let list = signed.iter().enumerate().map(|(place, one)| {
            json!({
                "pubkey": one.pubkey,
                "validator_index": one.exit.message.validator_index,
                "epoch": one.exit.message.epoch,
                "file": sealed.get(place),
            })
        });
        let json = json!({
            "network": network,
            "exits": list.collect::<Vec<_>>(),
            "set_id": home.map(|home| &home.set),
            "sealed_in": copies.iter().map(|copy| copy.id()).collect::<Vec<_>>(),
            "out": self.out.as_ref().map(|out| out.to_string_lossy()),
        });
        Outcome::done(text, json)
    }
}
