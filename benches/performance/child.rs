//! The command as a user runs it: how long it took, and the most memory it held.

use std::{
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::Value;

/// What one run of the command cost.
pub struct Cost {
    /// From its start to its end.
    pub time: Duration,
    /// The peak of its resident memory, in MiB.
    pub peak_mib: u64,
    /// What it printed.
    pub output: Value,
}

/// Runs `stockade --json` on the simulated Ledger, and fails unless it exits with 0.
pub fn stockade(arguments: &[&str]) -> Cost {
    let started = Instant::now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_stockade"))
        .args(["--json", "--device", "mock-ledger"])
        .args(arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let status = format!("/proc/{}/status", child.id());
    let (mut stdout, mut stderr) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
    let output = std::thread::spawn(move || std::io::read_to_string(&mut stdout).unwrap());
    let said = std::thread::spawn(move || std::io::read_to_string(&mut stderr).unwrap());
    let mut peak = 0;
    let code = loop {
        peak = peak.max(high_water(&status));
        match child.try_wait().unwrap() {
            Some(code) => break code,
            None => std::thread::sleep(Duration::from_millis(2)),
        }
    };
    let time = started.elapsed();
    let (output, said) = (output.join().unwrap(), said.join().unwrap());
    assert!(code.success(), "stockade {}: {code}\n{output}\n{said}", arguments.join(" "));
    Cost { time, peak_mib: peak / 1024, output: serde_json::from_str(&output).unwrap() }
}

/// VmHWM in KiB: the kernel keeps the peak, so reading it now and then misses nothing but the last
/// two milliseconds.
fn high_water(status: &str) -> u64 {
    let text = std::fs::read_to_string(Path::new(status)).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}
