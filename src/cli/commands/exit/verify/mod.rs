mod file;
mod judged;

use std::path::PathBuf;

use serde::Serialize;
use stockade::{backup::verdict::Level, bls::PublicKey, staking::Network, store::is_place};

use super::sealed::{self, SealedArgs};
use crate::{
    CommandResult, commands::verdicts::Verdicts, context::Context, error::CommandError,
    output::Outcome,
};

/// Verify signed voluntary exits: which key signed them, and for which network
///
/// A file may hold several exits. An exit names neither its key nor its network, so name the key or a
/// copy that holds it; otherwise the verdict is inconclusive. For copies, the exits that are sealed in
/// them are verified: that every byte is unchanged, and with a custodian of the set, what they say and
/// which keys signed them.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A file of signed exits, or copies with sealed ones
    #[arg(required = true, value_name = "FILE|COPY")]
    paths: Vec<PathBuf>,
    /// The public key of the validator
    #[arg(long, value_name = "KEY", conflicts_with = "copy")]
    pubkey: Option<PublicKey>,
    /// Copies that should hold the key
    #[arg(long, num_args = 1.., value_name = "DIR")]
    copy: Vec<PathBuf>,
    /// The network that the exits should be for [default: any]
    #[arg(long, value_parser = crate::commands::network::parse)]
    network: Option<Network>,
    #[command(flatten)]
    sealed: SealedArgs,
}

impl Args {
    /// Verifies one file, or the sealed exits in copies.
    pub fn run(self, context: &mut Context) -> CommandResult {
        match self.paths.as_slice() {
            [path] if !is_place(path) => self.verify_file(path),
            copies if copies.iter().all(|path| is_place(path)) => self.verify_sealed(context),
            _ => Err(CommandError::usage("name one file of signed exits, or only copies")),
        }
    }

    /// Verifies the sealed exits in copies: at level `bytes`, or with a custodian at level `opened`.
    fn verify_sealed(&self, context: &mut Context) -> CommandResult {
        if self.pubkey.is_some() || self.network.is_some() || !self.copy.is_empty() {
            return Err(CommandError::usage(
                "--pubkey, --copy and --network are for files of signed exits",
            )
            .with_hint("a sealed exit is verified against the keys of its set"));
        }
        let (sealed, level) = if self.sealed.names_somebody(context) {
            (self.sealed.open(&self.paths, None, context)?, Level::Opened)
        } else {
            (self.sealed.read(&self.paths)?, Level::Bytes)
        };
        let verdicts = sealed.verdicts();
        let ok = verdicts.all_proven();
        let conclusion = match (ok, level) {
            _ if sealed.exits.is_empty() => "No sealed exit is in these copies.",
            (true, Level::Opened) => {
                "Every exit opens, and a key of its set signed it. Not checked: that the keys have \
                 these validator indices."
            }
            (true, _) => {
                "Every byte is unchanged. To check what they say and which keys signed them, name a \
                 custodian of the set (--device, --identity)."
            }
            (false, _) => "NOT all exits are as they should be: see above.",
        };
        let level = level.as_str();
        let text =
            format!("{}{verdicts} (exits x copies, level {level})\n{conclusion}", sealed.text());
        let document = SealedDocument { level, verdicts, exits: sealed.document() };
        Ok(Outcome::checked(ok, text, Document::Copies(document)))
    }
}

/// The document for copies.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct SealedDocument {
    /// What was checked: `bytes`, or with a custodian `opened`.
    level: &'static str,
    /// How many exits have each verdict.
    verdicts: Verdicts,
    /// Each sealed exit, once for each copy.
    exits: Vec<sealed::Exit>,
}

/// The document for a file, or for copies.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum Document {
    /// For a file of signed exits.
    File(file::FileDocument),
    /// For copies with sealed exits.
    Copies(SealedDocument),
}
