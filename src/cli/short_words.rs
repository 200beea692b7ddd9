//! Words that people type without the noun before them.

use std::ffi::OsString;

use clap::CommandFactory as _;

use crate::{cli::Cli, commands::guide::Guide, error::CommandError};

/// Words that only `backup` has.
const OF_BACKUP: [&str; 6] = ["scrub", "drill", "restore", "repair", "reseal", "retire"];

/// Words that several nouns have, and the command lines that may be meant.
const SEVERAL: [(&str, &str); 3] = [
    (
        "list",
        "`stockade validator list` shows keys, `stockade backup list` sets, `stockade copy list` sticks, \
         `stockade device list` wallets",
    ),
    (
        "verify",
        "`stockade attest verify` checks attestations, `stockade deposit verify` deposits, \
         `stockade exit verify` exits, `stockade deliver verify` delivery notes",
    ),
    (
        "create",
        "`stockade validator create` makes new keys, `stockade backup create` backs up keystores that \
         exist",
    ),
];

/// Global options that are followed by a value.
const WITH_VALUE: [&str; 2] = ["--device", "--profile"];

/// The arguments with `backup` before a word that only `backup` has, and with `guide` for `help` before
/// the name of a guide.
pub fn expand(arguments: &[OsString]) -> Result<Vec<OsString>, CommandError> {
    let mut line = arguments.to_vec();
    let Some((at, word)) = first_word(arguments) else { return Ok(line) };
    if let Some((word, meant)) = SEVERAL.iter().find(|(several, _)| *several == word) {
        let message = format!("`{word}` alone may mean several commands");
        return Err(CommandError::usage(message).with_hint(*meant));
    }
    if OF_BACKUP.contains(&word) {
        line.insert(at, "backup".into());
    }
    let next = arguments.get(at + 1).and_then(|next| next.to_str());
    let is_guide =
        |name| Guide::named(name).is_some() && Cli::command().find_subcommand(name).is_none();
    if word == "help" && next.is_some_and(is_guide) {
        line.splice(at..=at, ["guide".into()]);
    }
    Ok(line)
}

/// The first argument that is neither an option nor the value of one, and where it is.
fn first_word(arguments: &[OsString]) -> Option<(usize, &str)> {
    let mut rest = arguments.iter().enumerate().skip(1);
    while let Some((at, argument)) = rest.next() {
        let argument = argument.to_str()?;
        if WITH_VALUE.contains(&argument) {
            rest.next();
        } else if argument == "--" {
            return None;
        } else if !argument.starts_with('-') {
            return Some((at, argument));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expanded(line: &str) -> Result<String, CommandError> {
        let words: Vec<OsString> = line.split(' ').map(OsString::from).collect();
        let line = expand(&words)?;
        let words: Vec<_> = line.iter().map(|word| word.to_str().unwrap()).collect();
        Ok(words.join(" "))
    }

    #[test]
    fn a_word_of_backup_needs_no_noun() {
        for (line, full) in [
            ("stockade drill", "stockade backup drill"),
            (
                "stockade --device drill --json scrub /a",
                "stockade --device drill --json backup scrub /a",
            ),
            ("stockade --profile=x restore", "stockade --profile=x backup restore"),
            ("stockade backup drill", "stockade backup drill"),
            ("stockade help losses", "stockade guide losses"),
            ("stockade --json help losses", "stockade --json guide losses"),
            ("stockade help deliver", "stockade help deliver"),
            ("stockade help backup drill", "stockade help backup drill"),
            ("stockade device list", "stockade device list"),
            ("stockade -- drill", "stockade -- drill"),
            ("stockade", "stockade"),
        ] {
            assert_eq!(expanded(line).unwrap(), full);
        }
        for (word, noun) in [("list", "backup"), ("verify", "attest"), ("create", "validator")] {
            let error = expanded(&format!("stockade -q {word}")).unwrap_err();
            assert!(error.hint().unwrap().contains(&format!("stockade {noun} {word}")), "{word}");
            assert_eq!(error.kind().exit_code(), 2);
        }
    }
}
