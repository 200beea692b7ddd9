//! The secrets of AWS Secrets Manager whose names begin alike.

use super::TakeOverError;
use crate::{
    backup::intake::{Intake, Taken},
    cloud::{aws_secrets::SecretsManager, field::Fields},
    interact::Progress,
    json,
    secret::SecretText,
};

/// A secret is no longer than this.
const MAX_SECRET: usize = 64 * 1024;

/// Takes the keys of every secret whose name begins with `prefix`: a key a line, as Web3signer's
/// bulk loader reads them; a keystore; or an object of such texts, as AWS's console makes them.
pub fn aws_secrets(
    service: &SecretsManager,
    prefix: &str,
    intake: &mut Intake,
    progress: &mut dyn Progress,
) -> Result<(), TakeOverError> {
    let names = service.list(prefix)?;
    for (done, name) in names.iter().enumerate() {
        progress.step("reading secrets", done, names.len());
        let place = format!("aws-secrets:{}", crate::shown(name));
        match service.read(name) {
            Ok(Some(text)) => take(&place, &text, intake)?,
            Ok(None) => intake.add_bad(place, "it is listed and cannot be read: it was deleted")?,
            Err(error) if error.is_about_one_secret() => {
                intake.add_bad(place, error.to_string())?
            }
            Err(error) => return Err(error.into()),
        }
    }
    progress.step("reading secrets", names.len(), names.len());
    match names.is_empty() {
        true => Err(TakeOverError::Nothing(format!("aws-secrets:{prefix}"))),
        false => Ok(()),
    }
}

fn take(place: &str, text: &SecretText, intake: &mut Intake) -> Result<(), TakeOverError> {
    if intake.add_text(place, text.expose(), None)? == Taken::Read {
        return Ok(());
    }
    let fields = json::from_slice::<Fields>(text.expose().as_bytes(), MAX_SECRET);
    let Ok(fields) = fields else {
        return Ok(intake.add_skipped(place.to_owned())?);
    };
    let password = fields.get("password").and_then(|field| field.text());
    for (name, field) in fields.iter().filter(|(name, _)| *name != "password") {
        let place = format!("{place}#{}", json::clip(name, 80));
        let taken = match field.text() {
            Some(text) => intake.add_text(&place, text.expose(), password)?,
            None => Taken::SomethingElse,
        };
        if taken == Taken::SomethingElse {
            intake.add_skipped(place)?;
        }
    }
    Ok(())
}
