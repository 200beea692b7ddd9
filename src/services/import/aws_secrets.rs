//! Reads keys from AWS Secrets Manager.

use super::{
    ImportError,
    findings::Findings,
    purpose::Purpose,
    secret::{At, Reader},
};
use crate::{
    aws_secrets::SecretsManager,
    secret_store::{stated, stated_key},
};
use stockade::backup::verdict::Reason;
use stockade_wallet::interact::Progress;

/// Reads every secret whose name begins with `prefix`. A secret may hold one key per line, as for
/// Web3signer's bulk loader, a keystore, or an object of such texts, as AWS's console writes it. Plain
/// text counts as the field `value`.
pub fn aws_secrets(
    service: &SecretsManager,
    prefix: &str,
    purpose: Purpose<'_>,
    progress: &mut dyn Progress,
) -> Result<Findings, ImportError> {
    let mut findings = Findings::default();
    let names = service.list(prefix)?;
    for (done, name) in names.iter().enumerate() {
        progress.step("reading secrets", done, names.len());
        if progress.stopped() {
            return Err(ImportError::Stopped);
        }
        let place = format!("aws-secrets:{}", stockade_base::shown(name));
        let (reason, why) = match service.read(name) {
            Ok(Some(text)) => {
                let exact = name == prefix && names.len() == 1;
                let at = At { place: &place, name, exact, below: false, expires: None };
                Reader { purpose, findings: &mut findings }.text(at, text.expose())?;
                continue;
            }
            Ok(None) => (Reason::Deleted, "listed, but no longer there: it was deleted".to_owned()),
            Err(error) if error.is_about_one_secret() => (error.reason(), error.to_string()),
            Err(error) => return Err(error.into()),
        };
        let key = stated(name).as_deref().and_then(stated_key);
        findings.add_wrong(place, key, reason, why)?;
    }
    progress.step("reading secrets", names.len(), names.len());
    if names.is_empty() {
        return Err(ImportError::Nothing(format!("aws-secrets:{prefix}")));
    }
    Ok(findings)
}
