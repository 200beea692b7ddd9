//! The options of every command.

use std::ffi::OsString;

/// Options of every command.
#[derive(Debug, clap::Args)]
pub struct GlobalArgs {
    /// The wallet: ledger[@PATH], trezor[@PATH], speculos[:HOST:PORT], trezor-udp[:HOST:PORT],
    /// mock-ledger or mock-trezor[:MODEL] [default: STOCKADE_DEVICE, or the only one on USB]
    #[arg(long, global = true, value_name = "SPEC")]
    pub device: Vec<String>,
    /// The profile: a name, or a file; `none` for no profile [default: STOCKADE_PROFILE, or the profile
    /// that `stockade setup` wrote]
    #[arg(long, global = true, value_name = "NAME|FILE")]
    pub profile: Option<String>,
    /// Print one JSON document on standard output, and everything else on standard error
    #[arg(long, global = true)]
    pub json: bool,
    /// Print more details
    #[arg(short, long, global = true)]
    pub verbose: bool,
    /// Do not show progress
    #[arg(short, long, global = true)]
    pub quiet: bool,
}

/// Every value of --device, in the order of the command line. Clap keeps only those before the command,
/// or only those after it. The command line must have been parsed already, so that each has a value.
pub fn devices(arguments: impl IntoIterator<Item = OsString>) -> Vec<String> {
    let mut devices = Vec::new();
    let mut arguments = arguments.into_iter().map(|one| one.to_string_lossy().into_owned());
    while let Some(argument) = arguments.next() {
        match argument.strip_prefix("--device") {
            Some("") => devices.extend(arguments.next()),
            Some(value) => devices.extend(value.strip_prefix('=').map(str::to_owned)),
            None if argument == "--" => break,
            None => {}
        }
    }
    devices
}
