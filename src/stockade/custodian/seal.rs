//! Seals to custodians of any kind. The result is a plain age file.

use std::io::Write as _;

use super::{AnyCustodian, PlainKind, Recipient, plugin};
use stockade_wallet::interact::Interact;

/// Why something could not be sealed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SealError {
    /// age does not accept a custodian's recipient.
    #[error("custodian {0} cannot be sealed to: its recipient is not valid")]
    Recipient(String),
    /// age, or the plugin of a recipient, failed.
    #[error("sealing failed: {0}")]
    Age(#[from] age::EncryptError),
    /// age could not write.
    #[error("sealing failed: {0}")]
    Io(#[from] std::io::Error),
}

/// Seals `plain` so that any one of `custodians` opens it. If one of them needs a plugin, the
/// plugin may ask `user`.
pub(crate) fn seal(
    plain: &[u8],
    custodians: &[&AnyCustodian],
    user: &mut dyn Interact,
) -> Result<Vec<u8>, SealError> {
    plugin::with_user(user, |questions| {
        let mut recipients: Vec<Box<dyn age::Recipient>> = Vec::new();
        for custodian in custodians {
            let bad = || SealError::Recipient(custodian.id().to_string());
            let recipient = custodian.recipient().ok_or_else(bad)?;
            let plugin = custodian.plain().is_some_and(|plain| plain.kind == PlainKind::Plugin);
            recipients.push(if plugin {
                Box::new(plugin::recipient(recipient, questions)?)
            } else {
                Box::new(recipient.parse::<age::x25519::Recipient>().map_err(|_| bad())?)
            });
        }
        let recipients: Vec<_> = recipients.iter().map(AsRef::as_ref).collect();
        seal_to(plain, &recipients)
    })
}

/// Seals `plain` to one recipient, without any questions.
pub(crate) fn seal_to_recipient(plain: &[u8], recipient: &Recipient) -> Result<Vec<u8>, SealError> {
    let bad = |_| SealError::Recipient(recipient.to_string());
    seal_to(plain, &[&recipient.to_age().map_err(bad)?])
}

/// Seals `plain` to several recipients, any one of which opens it.
pub(super) fn seal_to(
    plain: &[u8],
    recipients: &[&dyn age::Recipient],
) -> Result<Vec<u8>, SealError> {
    let encryptor = age::Encryptor::with_recipients(recipients.iter().copied())?;
    let mut sealed = Vec::new();
    let mut writer = encryptor.wrap_output(&mut sealed)?;
    writer.write_all(plain)?;
    writer.finish()?;
    Ok(sealed)
}
