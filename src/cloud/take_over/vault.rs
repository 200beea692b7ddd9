//! Everything below a path in Vault.

use std::collections::VecDeque;

use super::{TakeOverError, is_about_one_secret};
use crate::{
    backup::intake::{Intake, Taken},
    cloud::{
        HttpError,
        vault::{Engine, Vault, VaultError},
    },
    interact::Progress,
    json::clip,
};

/// The field that holds the password of a keystore in the same secret.
const PASSWORD: &str = "password";
/// As deep as anybody nests folders of keys.
const MAX_DEPTH: usize = 8;
/// A server that lists without end would fill the memory.
const MAX_SECRETS: usize = 200_000;

/// Takes the keys of every secret at `path` and in the folders below it: every text field that is a
/// key, keys, or a keystore.
pub fn vault(
    vault: &Vault,
    engine: &Engine,
    path: &str,
    intake: &mut Intake,
    progress: &mut dyn Progress,
) -> Result<(), TakeOverError> {
    let path = path.trim_end_matches('/');
    let secrets = list(vault, engine, path, intake)?;
    let total = secrets.len();
    let mut there = false;
    for (done, secret) in secrets.iter().enumerate() {
        progress.step("reading secrets", done, total);
        // A policy for what lies below it may say nothing of the path itself.
        let absent = match (secret == path, total) {
            (false, _) => MayBeAbsent::No,
            (true, 1) => MayBeAbsent::Yes,
            (true, _) => MayBeAbsent::OrDenied,
        };
        there |= read(vault, engine, secret, absent, intake)?;
    }
    progress.step("reading secrets", total, total);
    match there {
        true => Ok(()),
        false => Err(TakeOverError::Nothing(place(engine, path))),
    }
}

fn place(engine: &Engine, path: &str) -> String {
    format!("vault:{}/{path}", engine.mount)
}

/// The paths of all secrets at and below `path`.
fn list(
    vault: &Vault,
    engine: &Engine,
    path: &str,
    intake: &mut Intake,
) -> Result<Vec<String>, TakeOverError> {
    let mut secrets = vec![path.to_owned()];
    let mut folders = VecDeque::from([(path.to_owned(), 0)]);
    while let Some((folder, depth)) = folders.pop_front() {
        let names = vault.list(engine, &folder)?;
        if names.is_empty() && depth > 0 {
            intake.add_bad(place(engine, &folder), "a folder that is listed, and lists nothing")?;
        }
        for name in names {
            let path = format!("{folder}/{}", clip(name.trim_end_matches('/'), 200));
            match name.ends_with('/') {
                true if depth < MAX_DEPTH => folders.push_back((path, depth + 1)),
                true => intake.add_bad(place(engine, &path), "nested too deep")?,
                false => secrets.push(path),
            }
            if secrets.len() + folders.len() > MAX_SECRETS {
                let why = format!("more than {MAX_SECRETS} secrets");
                return Err(TakeOverError::File { file: place(engine, &folder), why });
            }
        }
    }
    Ok(secrets)
}

/// Whether a secret may be missing.
#[derive(Clone, Copy, PartialEq, Eq)]
enum MayBeAbsent {
    No,
    Yes,
    /// Or nobody may read it.
    OrDenied,
}

/// Takes the keys of one secret; says whether there is one. The path that was named may be a folder
/// alone, or both.
fn read(
    vault: &Vault,
    engine: &Engine,
    path: &str,
    absent: MayBeAbsent,
    intake: &mut Intake,
) -> Result<bool, TakeOverError> {
    let place = place(engine, path);
    let texts = match vault.texts(engine, path) {
        Ok(Some(texts)) => texts,
        Ok(None) if absent != MayBeAbsent::No => return Ok(false),
        Ok(None) => {
            intake.add_bad(place, "it is listed and cannot be read: it was deleted")?;
            return Ok(true);
        }
        Err(VaultError::Http(HttpError::Status { status: 403, .. }))
            if absent == MayBeAbsent::OrDenied =>
        {
            return Ok(false);
        }
        Err(error) if is_about_one_secret(&error) && absent == MayBeAbsent::No => {
            intake.add_bad(place, error.to_string())?;
            return Ok(true);
        }
        Err(error) => return Err(error.into()),
    };
    let password = texts.get(PASSWORD).and_then(Option::as_ref);
    for (field, text) in texts.iter().filter(|(field, _)| *field != PASSWORD) {
        let place = format!("{place}#{}", clip(field, 80));
        let taken = match text {
            Some(text) => intake.add_text(&place, text.expose(), password)?,
            None => Taken::SomethingElse,
        };
        if taken == Taken::SomethingElse {
            intake.add_skipped(place)?;
        }
    }
    Ok(true)
}
