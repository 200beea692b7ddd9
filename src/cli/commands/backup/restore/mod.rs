mod all;
pub mod document;
mod password;
mod record;
mod split;
mod steps;
mod text;

use std::path::PathBuf;

use stockade::{
    backup::{Layout, SetId},
    bls::PublicKey,
    staking::Network,
};

use super::history_decision::HistoryArgs;
use crate::{
    CommandResult,
    commands::{elsewhere::ElsewhereArgs, network, shares::SharesArgs},
    context::Context,
    unlockers::OpenArgs,
};

/// Restore keystores to a new folder, in the layout of a validator client
///
/// The layouts charon and ssv are for programs that split the keys into shares: the copies record the
/// split before a key is written, and from then on ask whether the shares are switched off.
///
/// If two machines sign with the same key, its validator is slashed. So you are asked for the keys'
/// slashing history, and whether the keys or their shares still run anywhere; other sets with some of
/// the keys are named. The command shows what it will write, and asks on a terminal. Then it writes
/// everything or nothing. A key that rotted in every copy is derived again by the wallet whose batch it
/// is from.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Copies; a file that rotted in one is read from another
    #[arg(required = true, value_name = "COPY")]
    pub copies: Vec<PathBuf>,
    /// The folder to make; it must be new or empty
    #[arg(long, value_name = "DIR")]
    pub to: PathBuf,
    /// The layout of the folder: plain (all in one folder, with password.txt and
    /// slashing_protection.json), lighthouse, teku, prysm, nimbus, lodestar, web3signer, dirk, or charon-node
    /// (the folder that charon:DIR gave to `backup create`). For programs that split keys: charon
    /// (--split-keys-dir of `charon create cluster`: only keystores and their passwords) or ssv (--keystore
    /// of ssv-keys: only keystores). With these two, anything else is written next to the folder:
    /// DIR-slashing_protection.json, and with ssv DIR-password.txt
    #[arg(long)]
    pub layout: Layout,
    /// Restore only these keys, in this order [default: all keys of the set]. Can be repeated
    #[arg(long, value_name = "PUBKEY")]
    pub pubkey: Vec<PublicKey>,
    /// The set, if the copies hold several
    #[arg(long, value_name = "ID")]
    pub set: Option<SetId>,
    /// Restore all sets into one folder, all or nothing. They must be of one network, and no key may be in
    /// two of them
    #[arg(long, conflicts_with_all = ["set", "pubkey", "unrecorded"])]
    pub all_sets: bool,
    /// With --all-sets: without this set. Can be repeated
    #[arg(long, value_name = "ID", requires = "all_sets")]
    pub except_set: Vec<SetId>,
    /// With --all-sets: only the sets of this network
    #[arg(long, value_parser = network::parse, requires = "all_sets")]
    pub network: Option<Network>,
    #[command(flatten)]
    pub history: HistoryArgs,
    #[command(flatten)]
    pub shares: SharesArgs,
    #[command(flatten)]
    pub elsewhere: ElsewhereArgs,
    /// Restore even if no copy can record where the keys go: the record is written next to DIR instead,
    /// and kept on this computer. The exit code is 1
    #[arg(long)]
    pub unrecorded: bool,
    /// A file with the password for the restored keystores [default: a new random password]
    #[arg(long, value_name = "FILE")]
    pub new_password_file: Option<PathBuf>,
    /// Leave out keys that are lost in these copies, and list them
    #[arg(long)]
    pub skip_bad: bool,
    /// Who else may have made the set: a check address, or a custodian file
    #[arg(long, value_name = "0x..|FILE")]
    pub signer: Vec<String>,
    /// Restore a set even if neither this wallet nor a --signer made it
    #[arg(long)]
    pub accept_unknown_origin: bool,
    #[command(flatten)]
    pub open: OpenArgs,
}

impl Args {
    /// Opens the set, settles the history, and writes the folder in one step.
    pub fn run(self, context: &mut Context) -> CommandResult {
        if self.all_sets { all::run(&self, context) } else { steps::run(&self, context) }
    }
}
