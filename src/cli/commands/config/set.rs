use stockade::profile::{Profile, node_url};

use super::document::Document;
use crate::{CommandResult, context::Context, error::CommandError, output::Outcome};

/// Change one value of the profile, or make a profile with it
///
/// Keys: network, device, layout, node, signers, custodians, threshold, max_age.scrub, max_age.drill,
/// max_age.attestation, and for a copy of the profile copy.ID.label, copy.ID.place and copy.ID.away
/// (true or false). Comments in the file are not kept.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The key
    #[arg(value_name = "KEY")]
    key: String,
    /// The value; several for signers and custodians; none to remove it. `copy.ID` without a value removes
    /// the copy from the profile, and nothing else
    #[arg(value_name = "VALUE")]
    values: Vec<String>,
}

impl Args {
    /// Changes the file.
    pub fn run(self, context: &mut Context) -> CommandResult {
        let path = context.profile_path()?;
        let mut profile = Profile::read(&path)?.unwrap_or_default();
        self.change(&mut profile)?;
        profile.write(&path)?;
        let text = format!("Written to {}", crate::shown(&path));
        Ok(Outcome::done(text, Document::of(&path, &profile)))
    }

    fn change(&self, profile: &mut Profile) -> Result<(), CommandError> {
        match self.key.as_str() {
            "network" => profile.network = self.one(crate::commands::network::parse)?,
            "device" => {
                profile.device = self.one(|text| {
                    text.parse::<stockade::discovery::Spec>().map(|_| text.to_owned())
                })?;
            }
            "layout" => {
                profile.layout = self.one(|text| {
                    text.parse::<stockade::backup::Layout>().map(|_| text.to_owned())
                })?;
            }
            "node" => profile.node = self.one(node_url)?,
            "threshold" => profile.threshold = self.one(str::parse::<u8>)?,
            "signers" => profile.signers = self.all()?,
            "custodians" => profile.custodians = self.all()?,
            "max_age.scrub" => profile.max_age.scrub = self.age()?.scrub,
            "max_age.drill" => profile.max_age.drill = self.age()?.drill,
            "max_age.attestation" => profile.max_age.attestation = self.age()?.attestation,
            key => match key.strip_prefix("copy.") {
                Some(rest) => self.change_copy(rest, profile)?,
                None => return Err(self.unknown()),
            },
        }
        Ok(())
    }

    fn change_copy(&self, rest: &str, profile: &mut Profile) -> Result<(), CommandError> {
        let (id, field) = rest.split_once('.').unwrap_or((rest, ""));
        let at = profile.copies.iter().position(|copy| copy.id.as_str() == id);
        let copy = at.and_then(|at| profile.copies.get_mut(at).map(|copy| (at, copy)));
        let Some((at, copy)) = copy else {
            return Err(CommandError::usage(format!("the profile has no copy {id}"))
                .with_hint("`stockade setup` adds copies"));
        };
        match field {
            "" if self.values.is_empty() => _ = profile.copies.remove(at),
            "label" => copy.label = self.one(str::parse::<String>)?.unwrap_or_default(),
            "place" => {
                let place = self.one(str::parse::<std::path::PathBuf>)?;
                let place = place.ok_or_else(|| CommandError::usage("a copy needs a place"))?;
                copy.place = crate::profile_file::place(&place)?;
            }
            "away" => copy.away = self.one(str::parse::<bool>)?.unwrap_or_default(),
            _ => return Err(self.unknown()),
        }
        Ok(())
    }

    /// The ages, with the value for all of them: the caller takes one.
    fn age(&self) -> Result<stockade::profile::Ages, CommandError> {
        let Some(age) = self.one(str::parse::<stockade::profile::Age>)? else {
            return Ok(stockade::profile::Ages::default());
        };
        Ok(stockade::profile::Ages { scrub: age, drill: age, attestation: age })
    }

    fn one<T, E: std::fmt::Display>(
        &self,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Result<Option<T>, CommandError> {
        match self.values.as_slice() {
            [] => Ok(None),
            [value] => parse(value).map(Some).map_err(|error| self.bad(value, &error)),
            _ => Err(CommandError::usage(format!("{} has one value", self.key))),
        }
    }

    fn all<T: std::str::FromStr>(&self) -> Result<Vec<T>, CommandError>
    where
        T::Err: std::fmt::Display,
    {
        self.values
            .iter()
            .map(|text| text.parse().map_err(|error| self.bad(text, &error)))
            .collect()
    }

    fn bad(&self, value: &str, error: &dyn std::fmt::Display) -> CommandError {
        CommandError::usage(format!("{} `{value}`: {error}", self.key))
    }

    fn unknown(&self) -> CommandError {
        CommandError::usage(format!("a profile has no `{}`", self.key))
            .with_hint("`stockade config set --help` lists the keys")
    }
}
