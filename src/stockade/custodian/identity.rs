//! A device secret as an age identity: plain `age` opens what is sealed to it, too.

use std::io::{self, Read};

use age::x25519;
use bech32::{Bech32, Hrp};
use zeroize::Zeroizing;

use super::Custodian;
use crate::device_secret::{DeviceSecret, Prompt, SecretError, ask};
use stockade_wallet::{device::Wallet, interact::Interact};

/// An X25519 age identity made from 32 secret bytes.
pub struct Identity(x25519::Identity);

/// The line `AGE-SECRET-KEY-1..` that `age` writes into an identity file. The buffer is large
/// enough from the start, since a string that grows leaves parts of itself in memory.
pub(super) fn text_of(secret: &[u8; 32]) -> Option<Zeroizing<String>> {
    let mut text = Zeroizing::new(String::with_capacity(128));
    let hrp = Hrp::parse("age-secret-key-").ok()?;
    bech32::encode_upper_to_fmt::<Bech32, _>(&mut *text, hrp, secret).ok()?;
    Some(text)
}

/// Why a wallet did not provide a custodian's identity.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The wallet gave no secret.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// The same wallet gives another secret than when it was enrolled.
    #[error(
        "this wallet gives a different answer to the prompt than when custodian {0} was enrolled: \
         its firmware does not sign deterministically"
    )]
    NotDeterministic(String),
}

impl Identity {
    /// The identity with the X25519 secret `bytes`.
    pub fn from_secret(bytes: &[u8; 32]) -> Self {
        // An age identity is 32 bytes in Bech32 with this prefix, so none of this fails. If it did,
        // an identity of random bytes would open nothing, which is the safe failure.
        let parsed = text_of(bytes).and_then(|text| text.parse().ok());
        debug_assert!(parsed.is_some());
        Self(parsed.unwrap_or_else(x25519::Identity::generate))
    }

    /// Reads the identity in a line `AGE-SECRET-KEY-1..`.
    pub(super) fn parse(line: &str) -> Option<Self> {
        line.parse().ok().map(Self)
    }

    /// The public recipient, `age1..`.
    pub fn recipient(&self) -> String {
        self.0.to_public().to_string()
    }

    /// Opens an age file with at most `limit` bytes of content.
    pub fn open(&self, sealed: &[u8], limit: u64) -> Result<Zeroizing<Vec<u8>>, age::DecryptError> {
        open_with(&self.0, sealed, limit)
    }
}

/// Opens an age file with any identity that `age` supports.
pub(super) fn open_with(
    identity: &dyn age::Identity,
    sealed: &[u8],
    limit: u64,
) -> Result<Zeroizing<Vec<u8>>, age::DecryptError> {
    let decryptor = age::Decryptor::new(sealed)?;
    let reader = decryptor.decrypt(std::iter::once(identity))?;
    Ok(read_within(reader, limit)?)
}

/// Reads all of `reader`, which may have at most `limit` bytes. Longer content is an error, not cut
/// off.
pub(super) fn read_within(reader: impl Read, limit: u64) -> io::Result<Zeroizing<Vec<u8>>> {
    let one_more = limit.saturating_add(1);
    // The buffer never grows, so no part of a secret stays in freed memory.
    let mut plain = Zeroizing::new(Vec::with_capacity(usize::try_from(one_more).unwrap_or(0)));
    reader.take(one_more).read_to_end(&mut plain)?;
    if plain.len() as u64 > limit {
        Err(io::Error::other(format!("its content is longer than {limit} bytes")))
    } else {
        Ok(plain)
    }
}

impl From<&DeviceSecret> for Identity {
    fn from(secret: &DeviceSecret) -> Self {
        Self::from_secret(secret.expose())
    }
}

/// Asks `wallet` for the identity of `custodian`. The prompt is built here: the custodian file
/// provides only its id, its scheme, and the recipient that the answer must match.
pub fn open(
    wallet: &mut dyn Wallet,
    custodian: &Custodian,
    user: &mut dyn Interact,
) -> Result<Identity, OpenError> {
    let prompt = Prompt::open_backups(&custodian.id);
    let secret = ask(wallet, custodian.scheme, &prompt, &custodian.check_address, user)?;
    let identity = Identity::from(&secret);
    if identity.recipient() == custodian.recipient.as_str() {
        Ok(identity)
    } else {
        Err(OpenError::NotDeterministic(custodian.id.to_string()))
    }
}
