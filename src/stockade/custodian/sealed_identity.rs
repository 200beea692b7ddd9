//! The identity of a passphrase custodian: an age identity file that is itself sealed with the
//! passphrase (scrypt), in age's text armor. `age -d -i FILE` accepts it.
//! `docs/decisions/0006-passphrase-custodian.md` explains why the set secret itself is not sealed
//! with the passphrase.

use std::{
    io::{self, Read as _, Write as _},
    iter,
};

use age::{
    armor::{ArmoredReader, ArmoredWriter, Format},
    scrypt,
    secrecy::SecretString,
};
use base64::{Engine as _, prelude::BASE64_STANDARD_NO_PAD as STANDARD_NO_PAD};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::{
    Identity,
    identity::{read_within, text_of},
};
use stockade_base::secret::{SecretBytes, SecretText};

/// 2^18, the default of the `age` tool: 256 MiB and about a second for each guess.
const WORK: u8 = 18;

/// The highest work factor that is accepted: 1 GiB.
const MAX_WORK: u8 = 20;

/// The longest sealed identity, and the longest identity file in it.
const MAX_LEN: usize = 4096;

const BEGIN: &str = "-----BEGIN AGE ENCRYPTED FILE-----\n";
const END: &str = "-----END AGE ENCRYPTED FILE-----";

/// The shortest age file with an identity: nonce, the line `AGE-SECRET-KEY-1..`, tag.
const MIN_CONTENT: usize = 16 + 74 + 16;

/// Why a passphrase does not open an identity.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PassphraseError {
    /// The passphrase is wrong.
    #[error("the passphrase does not open custodian {0}")]
    Wrong(String),
    /// The passphrase is right, but the identity does not belong to the custodian's recipient.
    #[error("the sealed identity of custodian {0} does not belong to its recipient")]
    OtherIdentity(String),
    /// The sealed identity is not an age file, or its work factor is too high.
    #[error("the sealed identity of custodian {id} cannot be used: {why}")]
    Unusable {
        /// The custodian.
        id: String,
        /// Why it cannot be used.
        why: String,
    },
}

/// Makes a new identity. Returns its recipient, and the identity sealed with `passphrase`.
pub(super) fn make(passphrase: &SecretText) -> io::Result<(String, String)> {
    let secret = SecretBytes::<32>::random().map_err(io::Error::other)?;
    let identity = Identity::from_secret(secret.expose());
    let mut recipient = scrypt::Recipient::new(secret_string(passphrase));
    recipient.set_work_factor(WORK);
    let encryptor = age::Encryptor::with_recipients(iter::once(&recipient as &dyn age::Recipient))
        .map_err(io::Error::other)?;
    let mut sealed = Vec::new();
    let armor = ArmoredWriter::wrap_output(&mut sealed, Format::AsciiArmor)?;
    let mut writer = encryptor.wrap_output(armor)?;
    let text =
        text_of(secret.expose()).ok_or_else(|| io::Error::other("no text for the identity"))?;
    writer.write_all(text.as_bytes())?;
    writer.write_all(b"\n")?;
    writer.finish()?.finish()?;
    let sealed = String::from_utf8(sealed).map_err(io::Error::other)?;
    Ok((identity.recipient(), sealed))
}

/// Checks that `text` can be a sealed identity: the armor and header of an age file for a
/// passphrase, read to their ends. Other damage is found by [`digest_id`], if the custodian's id is
/// such a digest.
pub(super) fn require_sealed(text: &str) -> Result<(), &'static str> {
    const DAMAGED: &str = "its sealed identity is damaged, or not an age file for a passphrase";
    let whole = text.starts_with(BEGIN) && text.trim_end().ends_with(END);
    if !whole || text.len() > MAX_LEN || !text.is_ascii() {
        return Err(DAMAGED);
    }
    let mut sealed = Vec::new();
    ArmoredReader::new(text.as_bytes()).read_to_end(&mut sealed).map_err(|_| DAMAGED)?;
    is_for_passphrase(&sealed).then_some(()).ok_or(DAMAGED)
}

/// Whether `sealed` begins with the header of an age file for one passphrase, with an acceptable
/// work factor, and is long enough to contain an identity.
fn is_for_passphrase(sealed: &[u8]) -> bool {
    let mut rest = sealed;
    let mut line = || {
        let end = rest.iter().position(|byte| *byte == b'\n')?;
        let (line, after) = rest.split_at_checked(end)?;
        rest = after.get(1..)?;
        std::str::from_utf8(line).ok()
    };
    let mut header = || {
        let version = line()? == "age-encryption.org/v1";
        let (salt, work) = line()?.strip_prefix("-> scrypt ")?.split_once(' ')?;
        let work = work.parse::<u8>().is_ok_and(|n| n <= MAX_WORK && n.to_string() == work);
        let key = line()?;
        let mac = line()?.strip_prefix("--- ")?;
        Some(version && work && is_base64(salt, 16) && is_base64(key, 32) && is_base64(mac, 32))
    };
    header() == Some(true) && rest.len() >= MIN_CONTENT
}

/// Whether `text` is the base64 of `len` bytes as age writes it: without padding, and with unused
/// bits zero.
fn is_base64(text: &str, len: usize) -> bool {
    STANDARD_NO_PAD.decode(text).is_ok_and(|bytes| bytes.len() == len)
}

/// The id of a passphrase custodian: a digest of its recipient and its sealed identity, so that
/// damage to the file is noticed before anything is sealed to it.
pub(super) fn digest_id(recipient: &str, sealed: &str) -> String {
    let digest = Sha256::digest(format!("{recipient}\n{sealed}"));
    hex::encode(digest).chars().take(8).collect()
}

/// Opens the `sealed` identity of the custodian `id`, and checks that it belongs to its recipient.
pub(super) fn open(
    id: &str,
    recipient: &str,
    sealed: &str,
    passphrase: &SecretText,
) -> Result<Identity, PassphraseError> {
    let unusable = |why: String| PassphraseError::Unusable { id: id.to_owned(), why };
    let plain =
        decrypt(sealed.as_bytes(), MAX_LEN as u64, passphrase).map_err(|error| match error {
            age::DecryptError::DecryptionFailed
            | age::DecryptError::KeyDecryptionFailed
            | age::DecryptError::NoMatchingKeys => PassphraseError::Wrong(id.to_owned()),
            error => unusable(error.to_string()),
        })?;
    let text = std::str::from_utf8(&plain).unwrap_or_default();
    let mut lines = text.lines().map(str::trim).filter(|line| !line.starts_with('#'));
    match lines.find_map(Identity::parse) {
        Some(identity) if identity.recipient() == recipient => Ok(identity),
        _ => Err(PassphraseError::OtherIdentity(id.to_owned())),
    }
}

/// Opens an age file, armored or not, that was sealed with a passphrase and has at most `limit`
/// bytes of content.
pub(super) fn decrypt(
    sealed: &[u8],
    limit: u64,
    passphrase: &SecretText,
) -> Result<Zeroizing<Vec<u8>>, age::DecryptError> {
    let mut identity = scrypt::Identity::new(secret_string(passphrase));
    identity.set_max_work_factor(MAX_WORK);
    let decryptor = age::Decryptor::new_buffered(ArmoredReader::new(sealed))?;
    let reader = decryptor.decrypt(iter::once(&identity as &dyn age::Identity))?;
    Ok(read_within(reader, limit)?)
}

fn secret_string(passphrase: &SecretText) -> SecretString {
    SecretString::from(passphrase.expose().to_owned())
}
