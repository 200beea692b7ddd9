//! Identities in files, in the format of the `age` tool: one line `AGE-SECRET-KEY-1..` or
//! `AGE-PLUGIN-<NAME>-1..` for each, and comments after `#`. The file may be sealed with a
//! passphrase.

use std::io::Read as _;

use zeroize::Zeroizing;

use super::{AnyCustodian, Identity, identity::open_with, plugin, sealed_identity};
use stockade_wallet::interact::Interact;

/// An identity from a file.
pub struct GivenIdentity(One);

enum One {
    Own(Identity),
    Plugin(Box<age::plugin::Identity>),
}

/// Why a file does not provide identities.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IdentityFileError {
    /// A line that is not an identity.
    #[error("line {0} is not an age identity")]
    Line(usize),
    /// The file has no identities.
    #[error("it does not contain an age identity")]
    Empty,
    /// The file is sealed, and there is no terminal to ask on.
    #[error("it is sealed with a passphrase, and there is no terminal to ask on")]
    NoPassphrase,
    /// The file is sealed, and the passphrase does not open it.
    #[error("it does not open with this passphrase: {0}")]
    Sealed(String),
}

impl GivenIdentity {
    /// The longest identity file that is read.
    pub const MAX_LEN: u64 = 64 * 1024;

    /// Reads the content of an identity file. Asks `user` for the passphrase if it is sealed.
    pub fn parse(bytes: &[u8], user: &mut dyn Interact) -> Result<Vec<Self>, IdentityFileError> {
        let sealed = bytes.starts_with(b"age-encryption.org/") || bytes.starts_with(b"-----BEGIN");
        if !sealed {
            return parse_lines(bytes);
        }
        let passphrase = user.enter_secret("Passphrase of the identity file");
        let passphrase = passphrase.ok_or(IdentityFileError::NoPassphrase)?;
        let plain = sealed_identity::decrypt(bytes, Self::MAX_LEN, &passphrase)
            .map_err(|error| IdentityFileError::Sealed(error.to_string()))?;
        parse_lines(&plain)
    }

    /// Whether it may be the identity of `custodian`, as far as can be seen without trying. Only a
    /// plugin itself knows which recipient an identity of it belongs to.
    pub fn may_open(&self, custodian: &AnyCustodian) -> bool {
        match &self.0 {
            One::Own(identity) => custodian.recipient() == Some(&identity.recipient()),
            One::Plugin(identity) => {
                let plugin = custodian.plain().and_then(|plain| plain.plugin_name());
                plugin.as_deref() == Some(identity.plugin())
            }
        }
    }

    /// Whether opening may need something from the user.
    pub fn asks(&self) -> bool {
        matches!(self.0, One::Plugin(_))
    }

    /// Opens an age file with at most `limit` bytes of content.
    pub fn open(
        &self,
        sealed: &[u8],
        limit: u64,
        user: &mut dyn Interact,
    ) -> Result<Zeroizing<Vec<u8>>, age::DecryptError> {
        match &self.0 {
            One::Own(identity) => identity.open(sealed, limit),
            One::Plugin(identity) => plugin::with_user(user, |questions| {
                let identity = plugin::identity(identity, questions)
                    .map_err(age::DecryptError::PluginResolve)?;
                open_with(&identity, sealed, limit)
            }),
        }
    }
}

fn parse_lines(mut bytes: &[u8]) -> Result<Vec<GivenIdentity>, IdentityFileError> {
    let mut text = Zeroizing::new(String::with_capacity(bytes.len()));
    bytes.read_to_string(&mut text).map_err(|_| IdentityFileError::Line(1))?;
    let mut identities = Vec::new();
    for (i, line) in text.lines().map(str::trim).enumerate() {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let own = Identity::parse(line).map(One::Own);
        let one = own.or_else(|| line.parse().ok().map(Box::new).map(One::Plugin));
        identities.push(GivenIdentity(one.ok_or(IdentityFileError::Line(i + 1))?));
    }
    if identities.is_empty() { Err(IdentityFileError::Empty) } else { Ok(identities) }
}
