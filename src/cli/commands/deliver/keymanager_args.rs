use super::{chosen::ChosenArgs, client::ClientArgs, giver::GiverArgs, note::NoteArgs};
use crate::commands::{backup::history_decision::HistoryArgs, elsewhere::ElsewhereArgs};

/// Deliver keys to a validator client, or Web3signer, over the keymanager API
///
/// Opens the set as a restore does, and sends its keys in batches, each with its slashing history,
/// under a password and a salt used for this delivery only. Keys that the client lists already are left
/// unchanged, so running the command again completes an interrupted delivery. Two machines that sign
/// with one key are slashed. Therefore either no machine runs the keys, or --from names the client that
/// does: it removes them first and reports what they signed, which is stored with the set before any key
/// is delivered.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    pub(super) chosen: ChosenArgs,
    #[command(flatten)]
    pub(super) client: ClientArgs,
    #[command(flatten)]
    pub(super) giver: GiverArgs,
    /// No machine runs the keys. What they signed before is asked, as by a restore
    #[arg(long)]
    pub(super) not_running: bool,
    #[command(flatten)]
    pub(super) history: HistoryArgs,
    #[command(flatten)]
    pub(super) elsewhere: ElsewhereArgs,
    /// List afterwards what the client has, and compare. This is now always done
    #[arg(long)]
    pub(super) verify: bool,
    /// How long to keep listing keys that the client took and does not list yet
    #[arg(long, value_name = "SECONDS", default_value = "0",
          value_parser = clap::value_parser!(u64).range(0..=3600))]
    pub(super) wait: u64,
    /// Use another password and salt for each key. This is slower, here and at the client
    #[arg(long)]
    pub(super) password_per_key: bool,
    /// How many keys to send with one request
    #[arg(long, value_name = "N", default_value = "20",
          value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub(super) batch_size: u16,
    #[command(flatten)]
    pub(super) note: NoteArgs,
}
