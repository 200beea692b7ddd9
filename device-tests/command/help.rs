//! The help of every command is `docs/cli.md`, so that a change of it is seen and read.
//! `UPDATE_SNAPSHOTS=1` writes it.

use std::fs;

const HEAD: &str = "\
# Every command

What `--help` prints, written by `UPDATE_SNAPSHOTS=1 cargo test help` and held to it by that test.
The options of the first one are those of every command, and are not repeated.
";

/// The options of every command.
const GLOBAL: [&str; 7] = [
    "--device <SPEC>",
    "--profile <NAME|FILE>",
    "--json",
    "-v, --verbose",
    "-q, --quiet",
    "-h, --help",
    "-V, --version",
];

#[test]
fn the_help_of_every_command_is_as_documented() {
    let file = format!("{}/docs/cli.md", concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
    let mut text = HEAD.to_owned();
    describe(&[], &mut text);
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        fs::write(&file, &text).unwrap();
    }
    let documented = fs::read_to_string(&file).unwrap();
    for (is, was) in text.lines().zip(documented.lines()) {
        assert_eq!(is, was, "docs/cli.md is not what the help says: run with UPDATE_SNAPSHOTS=1");
    }
    assert_eq!(text.len(), documented.len());
}

/// Every command that has no subcommands, in the order of the help.
pub(crate) fn leaves() -> Vec<String> {
    let text =
        fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/cli.md")).unwrap();
    let commands = text.lines().filter_map(|line| line.strip_prefix("## stockade "));
    let commands: Vec<_> = commands.map(str::to_owned).collect();
    let has_below =
        |command: &String| commands.iter().any(|c| c.starts_with(&format!("{command} ")));
    commands.iter().filter(|command| !has_below(command)).cloned().collect()
}

/// The help of a command, and of every command below it.
fn describe(command: &[&str], text: &mut String) {
    let output = assert_cmd::Command::new(env!("CARGO_BIN_EXE_stockade"))
        .args(command)
        .arg("--help")
        .env_remove("COLUMNS")
        .env_remove("STOCKADE_DEVICE")
        .output()
        .unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{command:?}");
    let help = String::from_utf8(output.stdout).unwrap();
    let name = [&["stockade"], command].concat().join(" ");
    assert!(help.contains(&format!("Usage: {name}")), "{name}");
    let shown = if command.is_empty() { help.trim_end().to_owned() } else { own_part(&help) };
    text.push_str(&format!("\n## {name}\n```text\n{shown}\n```\n"));
    let commands = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    for line in commands.take_while(|line| !line.is_empty()) {
        let verb = line.split_whitespace().next().unwrap();
        if line.starts_with("  ") && !line.starts_with("   ") && verb != "help" {
            describe(&[command, &[verb]].concat(), text);
        }
    }
}

/// A command's help without the options of every command.
fn own_part(help: &str) -> String {
    let mut own: Vec<&str> = Vec::new();
    let mut is_global = false;
    for line in help.lines().map(str::trim_end) {
        if line.trim_start().starts_with('-') || !line.starts_with(' ') && !line.is_empty() {
            is_global = GLOBAL.iter().any(|option| line.trim_start().starts_with(option));
        }
        if !is_global {
            own.push(line);
        }
    }
    own.join("\n").trim_end().trim_end_matches("Options:").trim_end().to_owned()
}
