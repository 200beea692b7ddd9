pub mod document;

use std::{convert::Infallible, path::PathBuf};

use stockade::{
    backup::{Access, Copy, ListedSet, Trust, list, origin::Pins},
    bls::PublicKey,
    validator::combine::{
        OpenShare, Quorum, combine, open_shares, quorums, shares_in_folders, shares_in_sets,
    },
};

use document::outcome;

use crate::{
    CommandResult,
    commands::{
        backup::{created::confirm, import_passwords::PasswordArgs},
        sealing::Sealing,
        shares,
    },
    context::{Context, read_signers},
    error::CommandError,
    unlockers::OpenArgs,
};

/// Combine shares of validators' keys into whole keys, in a new sealed set
///
/// Takes the shares from the folders of a cluster's nodes, or from the sets in the copies. A whole key is
/// made in memory only, and sealed like any other. It is held to the public key of the validator: that
/// of the cluster's lock, of the share's description, or of --pubkey. Too few shares, shares of two
/// clusters, and shares that do not belong to the others are named before anybody presses a button.
///
/// The copies record that the keys may run as shares: a restore or a delivery asks whether these are
/// switched off. NEVER run a whole key and its shares at the same time: the validator would be slashed.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    sealing: Sealing,
    /// Folders of nodes, each with its keystores, their passwords, and cluster-lock.json; also as
    /// charon:DIR [default: the shares in the sets of the copies]
    #[arg(long, num_args = 1.., value_name = "DIR", value_parser = folder)]
    from: Vec<PathBuf>,
    #[command(flatten)]
    password: PasswordArgs,
    /// The validators whose keys to combine [default: all of which there are shares]
    #[arg(long, num_args = 1.., value_name = "VALIDATOR")]
    pubkey: Vec<PublicKey>,
    /// Who else may have made the sets with shares: a check address, or a custodian file
    #[arg(long, value_name = "0x..|FILE")]
    signer: Vec<String>,
    #[command(flatten)]
    open: OpenArgs,
}

fn folder(text: &str) -> Result<PathBuf, Infallible> {
    Ok(text.strip_prefix("charon:").unwrap_or(text).into())
}

impl Args {
    /// Finds the shares, checks that they make the keys, and seals these.
    pub fn run(self, context: &mut Context) -> CommandResult {
        shares::require_each_once(&self.pubkey)?;
        let (custodians, mut copies) = self.sealing.read()?;
        copies.iter().try_for_each(Copy::lock_to_write)?;
        self.sealing.require_room(&copies, 1)?;
        context.require_device()?;
        let sets = list(&copies)?;
        let (quorums, mut opened) = self.find(&sets, context)?;
        let keys: Vec<_> = quorums.iter().map(|quorum| quorum.validator).collect();
        let request = self.sealing.request(&custodians);
        request.require(&copies, &sets, &keys)?;
        let placed = confirm(&copies, context)?;
        let pins = Pins { wallets: Vec::new(), signers: read_signers(&self.signer)? };
        let trust = Trust { pins, accept_unknown_origin: false };
        let mut progress = context.terminal.progress();
        let mut unlockers = self.open.unlockers(context)?;
        let mut access = Access::new(&mut unlockers, &trust, &mut context.terminal, &mut progress);
        if self.from.is_empty() {
            opened = open_shares(&copies, &quorums, &mut access)?;
        }
        let made = combine(&request, &quorums, opened, &mut copies, &mut access)?;
        Ok(outcome(made, &quorums, (&copies, &placed)))
    }

    /// The shares that make whole keys. Those in folders are opened here; those in sets need their
    /// custodians.
    fn find(
        &self,
        sets: &[ListedSet],
        context: &mut Context,
    ) -> Result<(Vec<Quorum>, Vec<OpenShare>), CommandError> {
        if self.from.is_empty() {
            let found = shares_in_sets(sets, self.sealing.network);
            return Ok((quorums(&found, &self.pubkey)?, Vec::new()));
        }
        let found = shares_in_folders(&self.from)?;
        found.require_network(self.sealing.network)?;
        let lacks = found.lacks_passwords();
        let passwords = lacks.then(|| self.password.read(context)).transpose()?;
        let mut progress = context.terminal.progress();
        let opened = found.open(passwords.as_ref(), &mut progress)?;
        let known: Vec<_> = opened.iter().map(|share| share.known.clone()).collect();
        Ok((quorums(&known, &self.pubkey)?, opened))
    }
}
