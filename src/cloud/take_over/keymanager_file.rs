//! A file with what the keymanager API takes: keystores with their passwords, and their slashing
//! history.

use std::path::Path;

use serde::Deserialize;
use zeroize::Zeroizing;

use super::TakeOverError;
use crate::{
    backup::intake::{Intake, Taken},
    json,
    secret::SecretText,
    store::private_file,
};

/// Some sixty thousand keystores.
const MAX_FILE: u64 = 64 * 1024 * 1024;

#[derive(Deserialize)]
struct Body {
    keystores: Vec<String>,
    passwords: Vec<SecretText>,
    #[serde(default)]
    slashing_protection: Option<String>,
}

/// Takes the keystores of the file at `path`; gives the slashing history in it, where it has one.
pub fn keymanager_file(path: &Path, intake: &mut Intake) -> Result<Option<Vec<u8>>, TakeOverError> {
    let name = crate::shown(&path).to_string();
    let bytes = Zeroizing::new(private_file::read(path, MAX_FILE)?);
    let bad = |why: String| TakeOverError::File { file: name.clone(), why };
    let body: Body =
        json::from_secret_slice(&bytes, MAX_FILE as usize).map_err(|e| bad(e.to_string()))?;
    let (keystores, passwords) = (body.keystores.len(), body.passwords.len());
    if keystores != passwords {
        return Err(bad(format!("{keystores} keystores and {passwords} passwords")));
    }
    for (i, (keystore, password)) in body.keystores.iter().zip(&body.passwords).enumerate() {
        let place = format!("{name}, keystore {}", i + 1);
        if intake.add_text(&place, keystore, Some(password))? == Taken::SomethingElse {
            intake.add_bad(place, "no keystore")?;
        }
    }
    Ok(body.slashing_protection.map(String::into_bytes))
}
