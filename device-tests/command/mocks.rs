//! `stockade mock`: what it refuses, and how it ends.

use std::{
    io::{BufRead as _, BufReader},
    net::TcpListener,
    process::{Command, Stdio},
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use crate::conformance::automation::request;

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

/// Whoever starts it on a free port learns which that is.
#[test]
fn json_names_the_device_as_soon_as_it_is_there() {
    for (arguments, begins) in [
        (
            &["ledger", "--listen", "127.0.0.1:0", "--rest", "127.0.0.1:0", "--json"][..],
            "speculos:",
        ),
        (&["trezor", "--listen", "127.0.0.1:0", "--json"], "trezor-udp:"),
    ] {
        let mut running = mock(arguments).stdout(Stdio::piped()).spawn().unwrap();
        let printed = BufReader::new(running.stdout.take().unwrap());
        let document: serde_json::Value =
            serde_json::Deserializer::from_reader(printed).into_iter().next().unwrap().unwrap();
        assert_eq!(document["ok"], true);
        assert!(document["device"].as_str().unwrap().starts_with(begins), "{document}");
        let rest = document["rest"].as_str().is_some_and(|rest| rest.starts_with("http://"));
        assert_eq!(rest, begins == "speculos:", "{document}");
        kill_process(Pid::from_child(&running), Signal::TERM).unwrap();
        running.wait().unwrap();
    }
}

#[test]
fn json_names_the_bus_id_of_a_wallet_on_usb() {
    for vendor in ["ledger", "trezor"] {
        let mut command = mock(&[vendor, "--usbip", "127.0.0.1:0", "--json"]);
        let mut running = command.stdout(Stdio::piped()).spawn().unwrap();
        let printed = BufReader::new(running.stdout.take().unwrap());
        let mut documents = serde_json::Deserializer::from_reader(printed).into_iter();
        let document: Value = documents.next().unwrap().unwrap();
        assert_eq!(document["device"], vendor);
        assert_eq!(document["bus_id"], "1-1");
        assert!(document["usbip"].as_str().unwrap().starts_with("127.0.0.1:"), "{document}");
        kill_process(Pid::from_child(&running), Signal::TERM).unwrap();
        running.wait().unwrap();
    }
}

#[test]
fn only_a_ledger_on_usb_has_a_bootloader() {
    let output = mock(&["ledger", "--app", "bootloader"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{output:?}");
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

/// A prompt that waits is taken off the wallet, whichever signal ends the command.
#[test]
fn a_signal_takes_the_prompt_off_the_wallet() {
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("away.json");
    std::fs::write(&script, r#"{"rest": "away"}"#).unwrap();
    let script = script.to_str().unwrap();
    let arguments = ["trezor", "--model", "safe5", "--listen", "127.0.0.1:0", "--script", script];
    let mut wallet = mock(&arguments).spawn().unwrap();
    let mut said = BufReader::new(wallet.stderr.take().unwrap());
    let mut announcement = String::new();
    said.read_line(&mut announcement).unwrap();
    let spec = announcement.split("--device ").nth(1).unwrap().trim();
    let address = |more: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_stockade"));
        command.args(["--device", spec, "address"]).args(more).stdin(Stdio::null());
        command.stdout(Stdio::null()).stderr(Stdio::piped());
        command
    };
    for signal in [Signal::INT, Signal::TERM, Signal::HUP] {
        let mut asking = address(&["--confirm"]).spawn().unwrap();
        let prompts = BufReader::new(asking.stderr.take().unwrap()).lines();
        let mut prompts = prompts.map_while(Result::ok);
        assert!(prompts.any(|line| line.contains("compare the address")));
        kill_process(Pid::from_child(&asking), signal).unwrap();
        // What it goes on to say is read, so that it can say it.
        prompts.for_each(drop);
        assert_eq!(asking.wait().unwrap().code(), Some(5), "{signal:?}");
        assert!(address(&[]).status().unwrap().success(), "after {signal:?}");
    }
    kill_process(Pid::from_child(&wallet), Signal::TERM).unwrap();
    wallet.wait().unwrap();
}

/// A Stax is touched: the last page is held, or the word at the foot says no.
#[test]
fn a_finger_decides_on_a_simulated_stax() {
    let arguments = ["ledger", "--model", "stax", "--listen", "127.0.0.1:0"];
    let mut wallet = mock(&arguments);
    wallet.args(["--rest", "127.0.0.1:0", "--json"]).stderr(Stdio::null());
    let mut wallet = wallet.stdout(Stdio::piped()).spawn().unwrap();
    let printed = serde_json::Deserializer::from_reader(wallet.stdout.take().unwrap());
    let begun: Value = printed.into_iter().next().unwrap().unwrap();
    let rest = begun["rest"].as_str().unwrap().strip_prefix("http://").unwrap();
    for (wanted, code) in [("Hold to sign", 0), ("Reject", 5)] {
        let out = tempfile::tempdir().unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_stockade"));
        command.args(["--device", begun["device"].as_str().unwrap(), "custodian", "enroll"]);
        command.args(["--name", "x", "--out"]).arg(out.path().join("x.json"));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut asking = command.spawn().unwrap();
        let status = loop {
            if let Some(status) = asking.try_wait().unwrap() {
                break status;
            }
            touch(rest, wanted);
        };
        assert_eq!(status.code(), Some(code), "{wanted}");
    }
    let answer = request(rest, "POST", "/button/both", r#"{"action": "press-and-release"}"#);
    assert_eq!(answer, "{}");
    kill_process(Pid::from_child(&wallet), Signal::TERM).unwrap();
    wallet.wait().unwrap();
}

/// Touches what begins with `wanted`, or `Confirm` on the screen of an address, for two seconds; or goes
/// on to the next page.
fn touch(rest: &str, wanted: &str) {
    let screen = request(rest, "GET", "/events?currentscreenonly=true", "");
    let screen: Value = serde_json::from_str(&screen).unwrap();
    let events = screen["events"].as_array().unwrap();
    let find = |begin: &str| {
        events.iter().find(|event| event["text"].as_str().unwrap().starts_with(begin))
    };
    let next = || events.last().filter(|_| events.len() > 1);
    let Some(text) = find(wanted).or_else(|| find("Confirm")).or_else(next) else { return };
    let number = |name: &str| text[name].as_u64().unwrap();
    let (x, y) = (number("x") + number("w") / 2, number("y") + number("h") / 2);
    let touch = json!({"action": "press-and-release", "x": x, "y": y, "delay": 2});
    request(rest, "POST", "/finger", &touch.to_string());
}

#[test]
fn a_command_beside_a_wallet_finds_it_and_decides_the_exit_code() {
    let beside = |command: &str| {
        let ran = std::process::Command::new(env!("CARGO_BIN_EXE_stockade"))
            .args(["mock", "ledger", "--listen", "127.0.0.1:0", "--", "sh", "-c", command])
            .output()
            .unwrap();
        (ran.status.code(), String::from_utf8(ran.stdout).unwrap())
    };
    let (code, said) = beside("echo $STOCKADE_DEVICE; exit 7");
    assert_eq!(code, Some(7));
    assert!(said.starts_with("speculos:127.0.0.1:") && !said.ends_with(":0\n"), "{said}");
    assert_eq!(beside("kill -9 $$").0, Some(137));
    let missing = std::process::Command::new(env!("CARGO_BIN_EXE_stockade"))
        .args(["mock", "trezor", "--listen", "127.0.0.1:0", "--", "no-such-program"])
        .output()
        .unwrap();
    assert_eq!(missing.status.code(), Some(3));
    assert!(String::from_utf8(missing.stderr).unwrap().contains("no-such-program"));
}
