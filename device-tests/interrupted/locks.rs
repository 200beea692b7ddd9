//! Two processes never write to one copy at once, and a killed one keeps nobody out.

use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, WaitOptions, kill_process, waitpid};

use crate::command::{
    fixture::{Folder, ledger},
    run::{Stockade, on},
};

/// The command, stopped at its first change, after it took its locks.
fn stopped(stockade: &Stockade, line: &str) -> Child {
    let args: Vec<_> = line.split_whitespace().collect();
    let stockade = stockade.clone().with("STOCKADE_FAIL_AT", "1:stop");
    let mut command: Command = stockade.command(&args);
    let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let (_, status) =
        waitpid(Some(Pid::from_child(&child)), WaitOptions::UNTRACED).unwrap().unwrap();
    assert!(status.stopped(), "{status:?}");
    child
}

#[test]
fn who_comes_second_is_told_so_and_the_lock_of_a_killed_one_is_free() {
    let folder = ledger().copies();
    let wallet = on("mock-ledger");
    let line = format!("validator create --network hoodi --count 1 --copy {}", folder.both());
    let mut first = stopped(&wallet, &line);
    for second in [
        line.clone(),
        format!("backup repair {}", folder.both()),
        format!("attest create --copy {}", folder.both()),
    ] {
        let busy = wallet.run(&second).error(4, "busy");
        assert!(busy.message().contains(&folder.at("a")), "{}", busy.message());
        assert!(!busy.prompted(), "{second}: {}", busy.stderr);
    }
    // Who only reads is kept out of nothing.
    wallet.run(&format!("backup scrub {}", folder.both())).code(0);
    kill_process(Pid::from_child(&first), Signal::KILL).unwrap();
    first.wait().unwrap();
    let made = wallet.run(&line).code(0);
    assert_eq!(made.list("keys")[0]["path"], "m/12381/3600/3/0/0");
}

#[test]
fn two_who_find_no_copy_never_make_the_same_key_twice() {
    let folder = Folder::new();
    let wallet = on("mock-ledger");
    let line = format!("validator create --network hoodi --count 1 --copy {}", folder.both());
    let mut first = stopped(&wallet, &line);
    // It has not written anything yet, and goes on when the second one is done.
    wallet.run(&line).code(0);
    let status = loop {
        kill_process(Pid::from_child(&first), Signal::CONT).unwrap();
        let wait = waitpid(Some(Pid::from_child(&first)), WaitOptions::UNTRACED);
        let (_, status) = wait.unwrap().unwrap();
        if !status.stopped() {
            break status;
        }
    };
    assert_eq!(status.exit_status(), Some(3));
    let _ = first.try_wait();
    assert_eq!(folder.sets("a").len(), 1);
    assert_eq!(folder.sets("b").len(), 1);
}
