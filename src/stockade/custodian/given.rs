//! Identities that a user gives in files, as the `age` tool takes them: a line
//! `AGE-SECRET-KEY-1..` or `AGE-PLUGIN-<NAME>-1..` for each, `#` before remarks. The file may be
//! sealed with a passphrase.

use std::io::Read as _;

use zeroize::Zeroizing;

use super::{AnyCustodian, Identity, identity::open_with, plugin, sealed_identity};
use stockade_wallet::interact::Interact;

/// An identity out of a file.
pub struct GivenIdentity(One);

enum One {
    Own(Identity),
    Plugin(Box<age::plugin::Identity>),
}

/// Why a file gives no identities.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IdentityFileError {
    /// A line that is none.
    #[error("line {0} is no age identity")]
    Line(usize),
    /// None in it.
    #[error("it holds no age identity")]
    Empty,
    /// Sealed, and nobody is here to open it.
    #[error("it is sealed with a passphrase, and nobody is here to ask for it")]
    NoPassphrase,
    /// Sealed, and the passphrase does not open it.
    #[error("it does not open with this passphrase: {0}")]
    Sealed(String),
}

impl GivenIdentity {
    /// The longest identity file that is read.
    pub const MAX_LEN: u64 = 64 * 1024;

    /// Reads the content of an identity file. `user` is asked where it is sealed.
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

    /// Whether it is the one of `custodian`, as far as can be seen without trying: a plugin's own
    /// alone knows whose it is.
    pub fn may_open(&self, custodian: &AnyCustodian) -> bool {
        match &self.0 {
            One::Own(identity) => custodian.recipient() == Some(&identity.recipient()),
            One::Plugin(identity) => {
                let plugin = custodian.plain().and_then(|plain| plain.plugin_name());
                plugin.as_deref() == Some(identity.plugin())
            }
        }
    }

    /// Whether a person may have to do something when it opens.
    pub fn asks(&self) -> bool {
        matches!(self.0, One::Plugin(_))
    }

    /// Opens an age file of at most `limit` bytes of content.
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
    match identities.is_empty() {
        true => Err(IdentityFileError::Empty),
        false => Ok(identities),
    }
}
