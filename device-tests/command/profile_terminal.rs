//! Setup and status on a terminal of 80 columns (util-linux's `script`).

use std::{
    fs,
    io::Write as _,
    process::{Command, Stdio},
};

use super::{
    fixture::{Folder, ledger},
    profile::{at_home, set_up},
    run::alone,
};

/// Runs a command on a terminal, where somebody types these lines, and gives what was seen.
fn typed(folder: &Folder, arguments: &str, lines: &[&str]) -> (i32, String) {
    let stockade = at_home(alone(), folder).command(&[""; 0]);
    let mut command = Command::new("script");
    command.env("NO_COLOR", "1");
    for (name, value) in stockade.get_envs() {
        value.map(|value| command.env(name, value));
    }
    let line = format!("stty cols 80; {} {arguments}", env!("CARGO_BIN_EXE_stockade"));
    command.args(["--quiet", "--return", "--command", &line, "/dev/null"]);
    let mut running =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("util-linux");
    let mut stdin = running.stdin.take().unwrap();
    for line in lines {
        writeln!(stdin, "{line}").unwrap();
    }
    let output = running.wait_with_output().unwrap();
    drop(stdin);
    let text = String::from_utf8(output.stdout).unwrap().replace('\r', "");
    (output.status.code().unwrap(), text)
}

#[test]
fn setup_asks_shows_the_profile_and_writes_it() {
    let folder = ledger().copies();
    let (a, b) = (folder.at("a"), folder.at("b"));
    // Whatever is mounted here is not in this folder: only what is named is added.
    let answers = [a.as_str(), "no", &b, "yes", "", "yes", "7d", "x", "", "off", "yes"];
    let (code, text) = typed(&folder, "setup", &answers);
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("not an age"), "a wrong answer is asked for again: {text}");
    let profile = fs::read_to_string(folder.path("config/stockade/profile.toml")).unwrap();
    for part in ["network = \"hoodi\"", "scrub = \"7d\"", "attestation = \"off\"", "away = true"] {
        assert!(profile.contains(part), "{part}: {profile}");
    }
    assert_eq!(profile.matches("away = true").count(), 1);
    assert!(profile.contains("0x5C81Eade04A009301586bF5421F18F3EB5C52df4"));
}

#[test]
fn setup_writes_nothing_without_a_yes() {
    let folder = ledger().copies();
    let a = folder.at("a");
    let answers = [a.as_str(), "no", "", "yes", "", "", "", "no"];
    let (code, text) = typed(&folder, "setup", &answers);
    assert_eq!(code, 5, "{text}");
    assert!(!folder.path("config").exists());
}

#[test]
fn status_is_one_screen_of_80_columns() {
    let folder = set_up();
    let (code, text) = typed(&folder, "status", &[]);
    assert_eq!(code, 1, "{text}");
    assert!(text.lines().count() <= 24, "{text}");
    for line in text.lines().filter(|line| !line.contains('/')) {
        assert!(line.chars().count() <= 80, "{line}");
    }
}

/// What `status` shows on a terminal of this width; with this value of NO_COLOR, if any.
fn status_at(folder: &Folder, columns: u16, no_color: &str) -> String {
    let stockade = at_home(alone(), folder).command(&[""; 0]);
    let mut command = Command::new("script");
    for (name, value) in stockade.get_envs() {
        value.map(|value| command.env(name, value));
    }
    command.env("TERM", "xterm").env("NO_COLOR", no_color).env_remove("CI");
    let line = format!("stty cols {columns}; {} status", env!("CARGO_BIN_EXE_stockade"));
    command.args(["--quiet", "--command", &line, "/dev/null"]).stdin(Stdio::null());
    String::from_utf8(command.output().expect("util-linux").stdout).unwrap().replace('\r', "")
}

#[test]
fn a_terminal_has_colours_and_no_color_has_none() {
    let folder = set_up();
    let colours = status_at(&folder, 80, "");
    assert!(colours.contains("\u{1b}[33mTo do\u{1b}[0m"), "{colours}");
    let plain = status_at(&folder, 80, "1");
    assert!(!plain.contains('\u{1b}'), "{plain}");
    // In a pipe.
    let (_, piped) = at_home(alone(), &folder).said(&["status"]);
    assert!(!piped.contains('\u{1b}') && piped.contains("To do"), "{piped}");
}
