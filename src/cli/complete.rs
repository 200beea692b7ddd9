//! Completes the command line from the profile: what a command requires and its line does not name. What
//! is named on the line wins. Nothing here answers a question, accepts an origin, or names who can open a
//! set: `docs/threat-model.md`.

use std::{ffi::OsString, path::Path};

use clap::{ArgMatches, CommandFactory as _, FromArgMatches as _, parser::ValueSource};
use stockade::{
    profile::{Located, Presence, Profile},
    timestamp::Timestamp,
};

use crate::{
    cli::Cli,
    error::{CommandError, Kind},
    output::{Outcome, common::AbsentCopy, fields},
    profile_file,
    ui::Terminal,
};

/// Commands that only read copies, or that any copy is enough for: they do with those that are here.
const READ: [&str; 7] = [
    "backup scrub",
    "backup drill",
    "backup list",
    "backup restore",
    "validator list",
    "exit open",
    "paper set",
];

/// Commands that a copy which is not here makes incomplete.
const CHECK: [&str; 2] = ["backup scrub", "backup drill"];

/// Commands in which --signer only narrows what passes.
const NARROWED: [&str; 3] = ["backup scrub", "backup list", "validator list"];

/// The copies of the profile that a command does without.
#[derive(Debug, Default)]
pub struct Absent {
    copies: Vec<AbsentCopy>,
    check: bool,
}

/// A parsed command line, or what clap says of it.
type Parsed = Result<(Cli, Absent), clap::Error>;

/// Reads the command line.
pub fn read(line: &[OsString]) -> Result<Parsed, CommandError> {
    let plain = || Cli::command().try_get_matches_from(line);
    let Some((command, matches)) = leaf(line) else { return Ok(parse(plain(), Absent::default())) };
    let missing = Missing::of(&command, &matches);
    if missing.is_nothing() {
        return Ok(parse(plain(), Absent::default()));
    }
    let named = matches.try_get_one::<String>("profile").ok().flatten();
    let Some(file) = profile_file::load(named.map(String::as_str))? else {
        return Ok(parse(plain(), Absent::default()));
    };
    let mut absent = Absent { copies: Vec::new(), check: CHECK.contains(&command.as_str()) };
    let mut defaults = missing.defaults(&file.profile);
    if let Some(id) = missing.copies.filter(|_| !file.profile.copies.is_empty()) {
        let located = profile_file::find(&file.profile);
        let dirs = dirs(&located, &command, &mut absent)?;
        defaults.push((id, dirs));
    }
    let mut root = Cli::command();
    for (id, values) in defaults {
        root = with_default(root, &command, id, &values);
    }
    Ok(parse(root.try_get_matches_from(line), absent))
}

fn parse(matches: Result<ArgMatches, clap::Error>, absent: Absent) -> Parsed {
    let cli = matches.and_then(|matches| Cli::from_arg_matches(&matches));
    cli.map(|cli| (cli, absent)).map_err(|error| error.format(&mut Cli::command()))
}

/// The command that a line names, such as `backup drill`, and its arguments, as far as they are valid.
fn leaf(line: &[OsString]) -> Option<(String, ArgMatches)> {
    let lenient = Cli::command().ignore_errors(true);
    let mut matches = lenient.try_get_matches_from(line).ok()?;
    let mut names = Vec::new();
    while let Some((name, below)) = matches.remove_subcommand() {
        names.push(name);
        matches = below;
    }
    (!names.is_empty()).then(|| (names.join(" "), matches))
}

/// What a line does not name, by the ids of the arguments.
#[derive(Debug, Default)]
struct Missing {
    copies: Option<&'static str>,
    others: Vec<&'static str>,
}

impl Missing {
    fn of(command: &str, matches: &ArgMatches) -> Self {
        let mut root = Cli::command();
        root.build();
        let mut names = command.split(' ');
        let found = names.try_fold(&root, |at, name| at.find_subcommand(name));
        let Some(found) = found else { return Self::default() };
        let arguments = || found.get_arguments();
        let is_required =
            |id: &str| arguments().any(|arg| arg.get_id() == id && arg.is_required_set());
        let has = |id: &str| arguments().any(|arg| arg.get_id() == id);
        let is_absent =
            |id: &str| matches.try_contains_id(id).is_ok() && source(matches, id).is_none();
        let copies = ["copies", "copy"].into_iter().find(|id| is_required(id) && is_absent(id));
        let mut others: Vec<_> = ["network", "layout", "to"]
            .into_iter()
            .filter(|id| is_required(id) && is_absent(id))
            .collect();
        // A node is asked only for values that the line does not give.
        if has("rpc_url") && is_absent("rpc_url") && is_absent("nonce") {
            others.push("rpc_url");
        }
        if NARROWED.contains(&command) && copies.is_some() && is_absent("signer") {
            others.push("signer");
        }
        Self { copies, others }
    }

    fn is_nothing(&self) -> bool {
        self.copies.is_none() && self.others.is_empty()
    }

    /// What the profile has of it, besides the copies.
    fn defaults(&self, profile: &Profile) -> Vec<(&'static str, Vec<OsString>)> {
        let text = |text: String| vec![OsString::from(text)];
        let values = |id: &'static str| match id {
            "network" => profile.network.map(|network| text(network.name().to_owned())),
            "layout" => profile.layout.clone().map(text),
            // Only for somebody who has said how folders are restored.
            "to" => profile.layout.as_ref().map(|_| text(format!("restored-{}", Timestamp::now()))),
            "rpc_url" => profile.node.clone().map(text),
            "signer" if !profile.signers.is_empty() => {
                Some(profile.signers.iter().map(|one| one.to_string().into()).collect())
            }
            _ => None,
        };
        self.others.iter().filter_map(|id| Some((*id, values(id)?))).collect()
    }
}

fn source(matches: &ArgMatches, id: &str) -> Option<ValueSource> {
    matches.value_source(id).filter(|source| *source != ValueSource::DefaultValue)
}

/// The folders of the copies that are here. Fails if none is, or if the command writes to all of them
/// and one is missing.
fn dirs(
    located: &Located,
    command: &str,
    absent: &mut Absent,
) -> Result<Vec<OsString>, CommandError> {
    let mut dirs = Vec::new();
    for one in &located.known {
        match &one.presence {
            Presence::Here(dir) | Presence::Unreadable(dir, _) => dirs.push(dir.clone().into()),
            Presence::NotHere => absent.copies.push(AbsentCopy {
                copy: one.known.id.to_string(),
                label: one.known.label.clone(),
                place: one.known.place.clone(),
                away: one.known.away,
            }),
        }
    }
    let names: Vec<_> = absent.copies.iter().map(AbsentCopy::name).collect();
    if dirs.is_empty() {
        let message = format!("none of the profile's copies is here: {}", names.join(", "));
        return Err(CommandError::new(Kind::File, message)
            .with_hint("plug one in, or name another copy on the command line"));
    }
    if !names.is_empty() && !READ.contains(&command) {
        let message = format!("not all of the profile's copies are here: {}", names.join(", "));
        return Err(CommandError::new(Kind::File, message).with_hint(
            "`stockade {command}` would leave them out: plug them in, or name the copies that are meant"
                .replace("{command}", command),
        ));
    }
    Ok(dirs)
}

/// The command line with a default for one argument of `command`.
fn with_default(
    root: clap::Command,
    command: &str,
    id: &'static str,
    values: &[OsString],
) -> clap::Command {
    let Some((name, rest)) =
        command.split_once(' ').or((!command.is_empty()).then_some((command, "")))
    else {
        let values: Vec<clap::builder::OsStr> =
            values.iter().map(clap::builder::OsStr::from).collect();
        return root.mut_arg(id, |arg| arg.required(false).default_values(values));
    };
    root.mut_subcommand(name, |below| with_default(below, rest, id, values))
}

impl AbsentCopy {
    fn name(&self) -> String {
        let label = crate::shown(&self.label);
        let label = if self.label.is_empty() { String::new() } else { format!(" ({label})") };
        let place = crate::shown(&Path::new(&self.place)).to_string();
        format!("copy {}{label}, last in {place}", self.copy)
    }
}

impl Absent {
    /// Says which copies the command does without.
    pub fn tell(&self, terminal: &mut Terminal) {
        for copy in &self.copies {
            terminal.say(&format!("note: NOT HERE: {}", copy.name()));
        }
    }

    /// A check of all copies is incomplete without those that are not here, unless the profile says
    /// that they are usually not connected.
    pub fn judge(&self, mut outcome: Outcome) -> Outcome {
        if self.copies.is_empty() {
            return outcome;
        }
        if self.check {
            let names: Vec<_> = self.copies.iter().map(AbsentCopy::name).collect();
            outcome.text += &format!("\nNOT checked, because not here: {}", names.join("; "));
            outcome.ok &= self.copies.iter().all(|copy| copy.away);
        }
        #[derive(serde::Serialize)]
        struct NotHere<'a> {
            not_here: &'a [AbsentCopy],
        }
        outcome.json.extend(fields(NotHere { not_here: &self.copies }));
        outcome
    }
}
