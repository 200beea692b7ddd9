//! A command that runs beside a simulated wallet, which ends with it.

use std::{
    ffi::OsString,
    process::{Command, ExitStatus, exit},
    thread,
};

use super::setup::end_on_signals;
use crate::error::{CommandError, Kind};

/// What runs beside the wallet.
#[derive(Debug, clap::Args)]
pub struct BesideArgs {
    /// Run this command while the wallet is served, and end with its exit code. It finds the wallet in
    /// STOCKADE_DEVICE
    #[arg(last = true, value_name = "COMMAND")]
    beside: Vec<OsString>,
}

impl BesideArgs {
    /// Without a command, the wallet is served until a signal ends it, which is no failure.
    pub fn end_on_signals(&self) {
        if self.beside.is_empty() {
            end_on_signals();
        }
    }

    /// Starts the command, if there is one, now that the wallet accepts connections as `device`.
    pub fn start(&self, device: &str) -> Result<(), CommandError> {
        let Some((program, arguments)) = self.beside.split_first() else { return Ok(()) };
        let command = Command::new(program).args(arguments).env("STOCKADE_DEVICE", device).spawn();
        let mut command = command.map_err(|error| {
            let name = crate::shown(program);
            CommandError::new(Kind::Input, format!("{name} cannot be started: {error}"))
                .with_hint("name a program and its arguments after `--`")
        })?;
        thread::spawn(move || exit(command.wait().map_or(1, code)));
        Ok(())
    }
}

/// The exit code as a shell has it.
fn code(status: ExitStatus) -> i32 {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return 128 + signal;
    }
    status.code().unwrap_or(1)
}
