//! The command `stockade`.

#[cfg(feature = "aws")]
mod aws_args;
mod cli;
mod commands;
mod complete;
mod context;
mod error;
mod global;
mod hidden;
mod host;
mod interrupts;
#[cfg(all(test, feature = "cloud", feature = "mock", feature = "rpc"))]
mod json_reference;
mod output;
mod pairing_files;
mod place;
mod profile_file;
mod protection;
#[cfg(feature = "cloud")]
mod secret_file;
mod shell;
mod short_words;
mod ui;
mod unlockers;
#[cfg(feature = "cloud")]
mod vault_args;
#[cfg(feature = "cloud")]
mod vault_place;
#[cfg(feature = "cloud")]
mod vault_tls;

use std::{alloc::System, process::ExitCode};

use stockade::{secret::wiping_stack, shown};
use zeroizing_alloc::ZeroAlloc;

use crate::{
    cli::Cli,
    complete::Absent,
    context::Context,
    error::{CommandError, Kind},
    output::Outcome,
};

/// Wipes all memory when it is freed: age, the USB libraries and others free buffers that held secrets,
/// and only the allocator sees all of them.
#[global_allocator]
static ALLOCATOR: ZeroAlloc<System> = ZeroAlloc(System);

fn main() -> ExitCode {
    protection::begin();
    let arguments: Vec<_> = std::env::args_os().collect();
    let completed = short_words::expand(&arguments).and_then(|line| complete::read(&line));
    let (mut cli, absent) = match completed {
        Ok(Ok(completed)) => completed,
        Ok(Err(error)) => return output::usage(&error),
        Err(error) => {
            let json = arguments.iter().any(|argument| argument == "--json");
            return output::finish(json, Err(error));
        }
    };
    cli.global.device = global::devices(arguments);
    let json = cli.global.json;
    output::finish(json, wiping_stack(|| run(cli, absent)))
}

fn run(cli: Cli, absent: Absent) -> CommandResult {
    let mut context = Context::new(&cli.global)?;
    absent.tell(&mut context.terminal);
    let result = cli.command.run(&mut context).map(|outcome| absent.judge(outcome));
    // A question without an answer is a usage error, unless the user cancelled it.
    result.map_err(|error| match error.kind() {
        Kind::Usage if context.terminal.gave_up() => CommandError::new(Kind::Declined, "cancelled"),
        _ => error,
    })
}

/// The result of every command.
type CommandResult = Result<Outcome, CommandError>;
