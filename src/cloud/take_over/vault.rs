//! Everything below a path in Vault.

use std::collections::VecDeque;

use super::{TakeOverError, is_about_one_secret};
use crate::{
    backup::intake::{Intake, Taken},
    cloud::vault::{Engine, Vault},
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
        there |= read(vault, engine, secret, secret == path, intake)?;
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
        for name in vault.list(engine, &folder)? {
            let path = format!("{folder}/{}", clip(name.trim_end_matches('/'), 200));
            match name.ends_with('/') {
                true if depth < MAX_DEPTH => folders.push_back((path, depth + 1)),
                true => intake.add_bad(place(engine, &path), "nested too deep"),
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

/// Takes the keys of one secret; says whether there is one. The path that was named may be a folder
/// alone, or both.
fn read(
    vault: &Vault,
    engine: &Engine,
    path: &str,
    may_be_absent: bool,
    intake: &mut Intake,
) -> Result<bool, TakeOverError> {
    let place = place(engine, path);
    let texts = match vault.texts(engine, path) {
        Ok(Some(texts)) => texts,
        Ok(None) if may_be_absent => return Ok(false),
        Ok(None) => {
            intake.add_bad(place, "it is listed and cannot be read: it was deleted");
            return Ok(true);
        }
        Err(error) if is_about_one_secret(&error) && !may_be_absent => {
            intake.add_bad(place, error.to_string());
            return Ok(true);
        }
        Err(error) => return Err(error.into()),
    };
    let password = texts.get(PASSWORD);
    for (field, text) in texts.iter().filter(|(field, _)| *field != PASSWORD) {
        let place = format!("{place}#{}", clip(field, 80));
        if intake.add_text(&place, text.expose(), password)? == Taken::SomethingElse {
            intake.add_skipped(place);
        }
    }
    Ok(true)
}
