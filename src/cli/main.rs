//! The command `stockade`.

#[cfg(feature = "aws")]
mod aws_args;
mod cli;
mod commands;
mod context;
mod error;
mod hands;
mod hidden;
mod host;
mod interrupts;
#[cfg(test)]
mod json_reference;
mod output;
mod pairing_files;
mod place;
mod shell;
mod ui;
#[cfg(feature = "cloud")]
mod vault_args;
#[cfg(feature = "cloud")]
mod vault_tls;

use std::{alloc::System, process::ExitCode};

use clap::Parser as _;
use stockade::{secret::wiping_stack, shown};
use zeroizing_alloc::ZeroAlloc;

use crate::{
    cli::Cli,
    context::Context,
    error::{CommandError, Kind},
    output::Outcome,
};

/// Memory is wiped when it is freed: age, the USB libraries and others free buffers that held secrets,
/// and only the allocator sees them all.
#[global_allocator]
static ALLOCATOR: ZeroAlloc<System> = ZeroAlloc(System);

fn main() -> ExitCode {
    protect_process();
    let mut cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return output::usage(&error),
    };
    cli.global.device = cli::devices(std::env::args_os());
    let json = cli.global.json;
    output::finish(json, wiping_stack(|| run(cli)))
}

fn run(cli: Cli) -> CommandResult {
    let mut context = Context::new(&cli.global)?;
    let result = cli.command.run(&mut context);
    // Nobody was missing at the terminal: somebody left it.
    result.map_err(|error| match error.kind() {
        Kind::Usage if context.terminal.gave_up() => CommandError::new(Kind::Declined, "cancelled"),
        _ => error,
    })
}

/// Keys in memory must not end up in a core dump, nor in another process.
fn protect_process() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, setrlimit};

        let none = Rlimit { current: Some(0), maximum: Some(0) };
        // Where the system does not let us, there is nothing better to do.
        let _ = setrlimit(Resource::Core, none);
        // The limit does not hold for cores that are piped to a program. This does, and keeps other
        // processes of the user from reading the memory.
        #[cfg(target_os = "linux")]
        {
            use rustix::process::{DumpableBehavior, set_dumpable_behavior};

            let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
        }
    }
}

/// What every command returns.
type CommandResult = Result<Outcome, CommandError>;
