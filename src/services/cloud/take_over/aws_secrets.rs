//! The secrets of AWS Secrets Manager whose names begin alike.

use super::{
    TakeOverError,
    findings::Findings,
    look::Look,
    secret::{At, Reader},
};
use crate::cloud::{
    aws_secrets::SecretsManager,
    check::{stated, stated_key},
};
use stockade::backup::verdict::Reason;
use stockade_wallet::interact::Progress;

/// Reads every secret whose name begins with `prefix`: a key a line, as Web3signer's bulk loader
/// reads them; a keystore; or an object of such texts, as AWS's console makes them. A secret that is
/// one text counts as its field `value`.
pub fn aws_secrets(
    service: &SecretsManager,
    prefix: &str,
    look: Look<'_>,
    progress: &mut dyn Progress,
) -> Result<Findings, TakeOverError> {
    let mut findings = Findings::default();
    let names = service.list(prefix)?;
    for (done, name) in names.iter().enumerate() {
        progress.step("reading secrets", done, names.len());
        if progress.stopped() {
            return Err(TakeOverError::Stopped);
        }
        let place = format!("aws-secrets:{}", stockade_base::shown(name));
        let (reason, why) = match service.read(name) {
            Ok(Some(text)) => {
                let exact = name == prefix && names.len() == 1;
                let at = At { place: &place, name, exact, below: false, expires: None };
                Reader { look, findings: &mut findings }.text(at, text.expose())?;
                continue;
            }
            Ok(None) => (Reason::Deleted, "it is listed, and cannot be read: deleted".to_owned()),
            Err(error) if error.is_about_one_secret() => (error.reason(), error.to_string()),
            Err(error) => return Err(error.into()),
        };
        let key = stated(name).as_deref().and_then(stated_key);
        findings.add_wrong(place, key, reason, why)?;
    }
    progress.step("reading secrets", names.len(), names.len());
    match names.is_empty() {
        true => Err(TakeOverError::Nothing(format!("aws-secrets:{prefix}"))),
        false => Ok(findings),
    }
}
