//! `stockade mock`: what it refuses, and how it ends.

use std::{
    io::{BufRead as _, BufReader},
    net::TcpListener,
    process::{Command, Stdio},
};

use rustix::process::{Pid, Signal, kill_process};

fn mock(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stockade"));
    command.arg("mock").args(arguments).stdin(Stdio::null()).stderr(Stdio::piped());
    command.env_remove("STOCKADE_MOCK_MNEMONIC");
    command
}

#[test]
fn words_that_are_none_are_refused() {
    for vendor in ["ledger", "trezor"] {
        let mut command = mock(&[vendor, "--listen", "127.0.0.1:0"]);
        let output = command.env("STOCKADE_MOCK_MNEMONIC", "not words at all").output().unwrap();
        assert_eq!(output.status.code(), Some(3), "{output:?}");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.contains("STOCKADE_MOCK_MNEMONIC"), "{said}");
        assert!(!said.contains("not words at all"), "{said}");
    }
}

#[test]
fn a_port_that_is_taken_is_busy_for_both_interfaces() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = taken.local_addr().unwrap().to_string();
    for arguments in
        [&["ledger", "--listen", &at][..], &["ledger", "--listen", "127.0.0.1:0", "--rest", &at]]
    {
        let output = mock(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(4), "{output:?}");
    }
}

#[test]
fn a_signal_ends_it_with_0() {
    for vendor in ["ledger", "trezor"] {
        let mut running = mock(&[vendor, "--listen", "127.0.0.1:0"]).spawn().unwrap();
        let mut announcement = String::new();
        let mut said = BufReader::new(running.stderr.take().unwrap());
        said.read_line(&mut announcement).unwrap();
        assert!(announcement.contains("--device"), "{announcement}");
        kill_process(Pid::from_child(&running), Signal::TERM).unwrap();
        assert_eq!(running.wait().unwrap().code(), Some(0), "{vendor}");
    }
}
