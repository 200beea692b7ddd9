mod found;
mod questions;

use std::path::PathBuf;

use stockade::{backup::Layout, eth::Address, profile::Profile, staking::Network};

use self::found::Found;
pub use super::config::document::Document;
use crate::{
    CommandResult, commands::confirm, context::Context, error::CommandError, output::Outcome,
};

/// Set up a profile: your copies, addresses and network, so that commands need no arguments
///
/// Looks for copies on what is mounted, and asks. On a line without a terminal, name at least --copy. A
/// profile that exists is added to. It holds no secret, and no wallet is asked for anything.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A folder or bucket with a copy. Can be repeated
    #[arg(long, num_args = 1.., value_name = "COPY")]
    copy: Vec<PathBuf>,
    /// An address of yours: a check address, or an address that attests. Can be repeated
    #[arg(long, value_name = "0x..")]
    signer: Vec<Address>,
    /// mainnet, sepolia, hoodi, gnosis or chiado
    #[arg(long, value_parser = crate::commands::network::parse)]
    network: Option<Network>,
    /// The layout of restored folders: `stockade backup restore --help` lists them
    #[arg(long)]
    layout: Option<Layout>,
}

impl Args {
    /// Asks, shows the profile, and writes it.
    pub fn run(self, context: &mut Context) -> CommandResult {
        let path = context.profile_path()?;
        let mut profile = Profile::read(&path)?.unwrap_or_default();
        if self.copy.is_empty() && !context.terminal.attended() {
            return Err(CommandError::usage("name your copies with --copy")
                .with_hint("on a terminal, `stockade setup` looks for them and asks"));
        }
        let mut found = Found::read(&self.copy)?;
        if context.terminal.attended() {
            questions::copies(&mut found, &profile, context)?;
        }
        found.add_to(&mut profile)?;
        self.add_to(&mut profile);
        if context.terminal.attended() {
            questions::signers(&found, &mut profile, context);
            questions::network(&found, &mut profile, context)?;
            questions::ages(&mut profile, context)?;
        }
        let toml = profile.for_people()?;
        context.terminal.say(&format!("\n# {}\n{toml}", crate::shown(&path)));
        confirm::require(context, "Write this profile?", "nothing was written")?;
        profile.write(&path)?;
        Ok(Outcome::done(text(&path, &profile), Document::of(&path, &profile)))
    }

    fn add_to(&self, profile: &mut Profile) {
        for signer in &self.signer {
            if !profile.signers.contains(signer) {
                profile.signers.push(*signer);
            }
        }
        profile.network = self.network.or(profile.network);
        profile.layout = self.layout.map(|layout| layout.to_string()).or(profile.layout.take());
    }
}

fn text(path: &std::path::Path, profile: &Profile) -> String {
    let mut text = format!("Written to {}\n", crate::shown(&path));
    if profile.signers.is_empty() {
        text += "No address is known to be yours, so no attestation counts. Add one:\n  \
                 stockade config set signers 0x..\n";
    }
    text + "Next: stockade status"
}
