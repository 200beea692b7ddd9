//! Partial exits as they are read, and which share signed each.

use std::path::PathBuf;

use stockade::{
    bls::PublicKey,
    distributed::{PartialExit, parse_partial_exits},
    staking::{MAX_EXITS_BYTES, Network, SignedExit},
    store::private_file,
};

use super::known::Known;
use crate::error::CommandError;

/// A partial exit whose share is known.
pub struct Part {
    file: String,
    pub x: u64,
    pub validator: PublicKey,
    pub exit: SignedExit,
    /// Whether the share's own public key verifies it; `None` if that key is not known.
    pub is_right: Option<bool>,
}

impl Part {
    /// The file and the share, for people.
    pub fn name(&self) -> String {
        format!("{} (share {})", self.file, self.x)
    }

    /// The file.
    pub fn file(&self) -> &str {
        &self.file
    }
}

/// The partial exits of all files, each with the name of its file.
pub struct Parts(Vec<(String, PartialExit)>);

/// Reads every file.
pub fn read_parts(files: &[PathBuf]) -> Result<Parts, CommandError> {
    let mut parts = Vec::new();
    for file in files {
        let name = crate::shown(&file).to_string();
        let bytes = private_file::read(file, MAX_EXITS_BYTES as u64)?;
        let read = parse_partial_exits(&bytes);
        let read = read.map_err(|error| CommandError::input(format!("{name}: {error}")))?;
        parts.extend(read.into_iter().map(|part| (name.clone(), part)));
    }
    Ok(Parts(parts))
}

impl Parts {
    /// Which share signed each. With `only`, drops those of other validators.
    pub fn of(
        &self,
        network: Network,
        only: Option<&PublicKey>,
        known: &Known,
    ) -> Result<Vec<Part>, CommandError> {
        let mut parts = Vec::new();
        for (file, part) in &self.0 {
            let named = part.validator.zip(part.x);
            let found = named.or_else(|| {
                let share = known.signer(&part.exit, network)?;
                Some((share.validator, share.x))
            });
            let Some((validator, x)) = found else {
                return Err(CommandError::input(format!(
                    "{file}: it is not known which share signed this"
                ))
                .with_hint(
                    "name the cluster's lock with --lock, or copies that hold the share with --copy; \
                     an exit by a whole key needs no combining",
                ));
            };
            if only.is_some_and(|only| *only != validator) {
                continue;
            }
            let key = known.at(&validator, x);
            let is_right = key.map(|key| part.exit.verify(network, key).unwrap_or(false));
            let (file, exit) = (file.clone(), part.exit.clone());
            parts.push(Part { file, x, validator, exit, is_right });
        }
        Ok(parts)
    }
}

/// The validator of all parts.
pub fn validator(parts: &[Part]) -> Result<PublicKey, CommandError> {
    let Some(first) = parts.first() else {
        return Err(CommandError::input("no partial exit of this validator is in these files"));
    };
    match parts.iter().find(|part| part.validator != first.validator) {
        None => Ok(first.validator),
        Some(other) => Err(CommandError::input(format!(
            "{} is of validator {}, {} of {}",
            first.name(),
            first.validator,
            other.name(),
            other.validator
        ))
        .with_hint("name one validator with --pubkey")),
    }
}
