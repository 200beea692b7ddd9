//! A command that stops itself before each of its changes, so that what lies on the disk in that
//! moment can be seen: it is what is left when it is killed there.

use std::{fs::File, os::unix::process::ExitStatusExt as _, process::ExitStatus};

use rustix::process::{Pid, Signal, WaitOptions, kill_process, waitpid};

use crate::command::{
    fixture::{Content, Folder},
    run::Stockade,
};

/// What lay in `folder` before each change that the command made, and after the last.
#[allow(clippy::zombie_processes, reason = "waitpid waits for it until it has ended")]
pub(super) fn run(stockade: &Stockade, line: &str, folder: &Folder) -> Vec<Content> {
    let args: Vec<_> = line.split_whitespace().collect();
    let stockade = stockade.clone().with("STOCKADE_FAIL_AT", "1:stop");
    let output = tempfile::NamedTempFile::new().unwrap();
    let file = || File::options().append(true).open(output.path()).unwrap();
    let mut command = stockade.command(&args);
    let mut child = command.stdout(file()).stderr(file()).spawn().unwrap();
    let pid = Pid::from_child(&child);
    let mut states = Vec::new();
    loop {
        let (_, status) = waitpid(Some(pid), WaitOptions::UNTRACED).unwrap().unwrap();
        if !status.stopped() {
            let text = std::fs::read_to_string(output.path()).unwrap();
            assert_eq!(status.exit_status(), Some(0), "{line}: {text}");
            // Waited for already: this only tells the standard library so.
            let _ = child.try_wait();
            break;
        }
        states.push(folder.content());
        kill_process(pid, Signal::CONT).unwrap();
    }
    states.push(folder.content());
    states
}

/// Runs it until its change number `n`, at which it is killed.
pub(super) fn kill(stockade: &Stockade, line: &str, n: usize) -> ExitStatus {
    let args: Vec<_> = line.split_whitespace().collect();
    let stockade = stockade.clone().with("STOCKADE_FAIL_AT", format!("{n}:kill"));
    let output = stockade.command(&args).output().unwrap();
    assert_eq!(output.status.signal(), Some(Signal::KILL.as_raw()), "{line}, change {n}");
    output.status
}
