//! The JSON of keystores, without any crypto. For each tolerated deviation, a comment names the
//! client that accepts it.

use serde::{Deserialize, Deserializer, Serialize, de::Error as _};
use serde_json::Value;

use super::{
    Kdf, KdfFunction, Keystore, KeystoreError, UnnamedKeystore,
    keystore::{MAX_DESCRIPTION, MAX_KEYSTORE_BYTES, MAX_PATH},
    unnamed::MAX_UNNAMED_BYTES,
};
use crate::bls::{PublicKey, UncheckedPublicKey};
use stockade_base::json::{JsonError, clip, from_slice, to_string_indented};

/// A uuid has 36 characters, but nothing depends on it.
const MAX_UUID: usize = 64;

/// Reads a keystore file. If its public key equals `known`, which is valid, it is not checked again.
pub(super) fn parse(content: &[u8], known: Option<&PublicKey>) -> Result<Keystore, KeystoreError> {
    if let Some(encoding) = not_utf8_json(content) {
        return Err(KeystoreError::Json(JsonError::Invalid(encoding.to_owned())));
    }
    let file = from_slice(content, MAX_KEYSTORE_BYTES).or_else(|error| {
        // For an account's keystore (version 3), report the version.
        let Versioned { version } = from_slice(content, MAX_KEYSTORE_BYTES)?;
        version.check()?;
        Err(KeystoreError::from(error))
    });
    let file: File = file?;
    file.version.check()?;

    let Crypto { kdf, checksum, cipher } = file.crypto;
    expect("crypto.checksum.function", &checksum.function, "sha256")?;
    expect("crypto.cipher.function", &cipher.function, "aes-128-ctr")?;
    for (field, text, limit) in [
        ("path", &file.path, MAX_PATH),
        ("description", &file.description, MAX_DESCRIPTION),
        ("uuid", &file.uuid, MAX_UUID),
    ] {
        check_length(field, text.as_deref().unwrap_or_default(), limit)?;
    }
    Ok(Keystore {
        kdf: kdf.read()?,
        checksum: hex_array("crypto.checksum.message", &checksum.message)?,
        iv: hex_array("crypto.cipher.params.iv", &cipher.params.iv)?,
        ciphertext: hex_array("crypto.cipher.message", &cipher.message)?,
        description: file.description,
        pubkey: public_key(&file.pubkey, known)?,
        path: file.path,
        uuid: file.uuid,
    })
}

/// Reads a file that names no public key. Its ciphertext may have any length.
pub(super) fn parse_unnamed(content: &[u8]) -> Result<UnnamedKeystore, KeystoreError> {
    let file: UnnamedFile = from_slice(content, MAX_UNNAMED_BYTES)?;
    file.version.check()?;
    let Crypto { kdf, checksum, cipher } = file.crypto;
    expect("crypto.checksum.function", &checksum.function, "sha256")?;
    expect("crypto.cipher.function", &cipher.function, "aes-128-ctr")?;
    for (field, text, limit) in
        [("path", &file.path, MAX_PATH), ("description", &file.description, MAX_DESCRIPTION)]
    {
        check_length(field, text.as_deref().unwrap_or_default(), limit)?;
    }
    Ok(UnnamedKeystore {
        kdf: kdf.read()?,
        checksum: hex_array("crypto.checksum.message", &checksum.message)?,
        iv: hex_array("crypto.cipher.params.iv", &cipher.params.iv)?,
        ciphertext: hex_bytes("crypto.cipher.message", &cipher.message)?,
        description: file.description,
        path: file.path,
    })
}

/// Why no client can read the file as JSON, if its first bytes show that.
pub(super) fn not_utf8_json(content: &[u8]) -> Option<&'static str> {
    match content {
        [0xef, 0xbb, 0xbf, ..] => {
            Some("it begins with a byte-order mark: save it as UTF-8 without one")
        }
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => Some("it is UTF-16 text: save it as UTF-8"),
        _ => None,
    }
}

fn public_key(text: &str, known: Option<&PublicKey>) -> Result<PublicKey, KeystoreError> {
    let bytes = hex_digits(text).parse::<UncheckedPublicKey>();
    bytes.and_then(|bytes| bytes.check_unless(known)).map_err(|_| KeystoreError::Field {
        field: "pubkey",
        problem: "is not a BLS public key of 96 hex digits",
    })
}

/// Writes a keystore file with the same fields as ethstaker-deposit-cli.
pub(super) fn write(keystore: &Keystore) -> Result<String, KeystoreError> {
    let file = File {
        crypto: Crypto::write(
            &keystore.kdf,
            &keystore.checksum,
            &keystore.iv,
            &keystore.ciphertext,
        ),
        description: keystore.description.clone(),
        pubkey: keystore.pubkey.to_string(),
        path: keystore.path.clone(),
        uuid: keystore.uuid.clone(),
        version: Version::Number(4),
    };
    Ok(to_string_indented(&file)?)
}

/// Refuses a text of more than `limit` bytes.
pub(super) fn check_length(
    field: &'static str,
    text: &str,
    limit: usize,
) -> Result<(), KeystoreError> {
    if text.len() > limit {
        return Err(KeystoreError::Field { field, problem: "is too long" });
    }
    Ok(())
}

/// Unknown fields are ignored: ethdo and Prysm write `name`, and every client except Lighthouse
/// accepts any others.
#[derive(Serialize, Deserialize)]
struct File {
    crypto: Crypto,
    /// Every client accepts a keystore without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    /// Teku accepts 0x. Teku, Prysm and ethdo accept upper case. Required, because only Web3signer accepts
    /// a keystore without it.
    pubkey: String,
    /// Lighthouse, Teku and keystorev4 accept a keystore without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    /// Teku and keystorev4 accept a keystore without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    uuid: Option<String>,
    version: Version,
}

/// A keystore without `pubkey`.
#[derive(Deserialize)]
struct UnnamedFile {
    crypto: Crypto,
    description: Option<String>,
    path: Option<String>,
    version: Version,
}

#[derive(Deserialize)]
struct Versioned {
    version: Version,
}

/// Teku accepts `"4"` for `4`.
#[derive(Serialize)]
#[serde(untagged, expecting = "`version` should be the number 4")]
enum Version {
    Number(u64),
    Text(String),
}

/// By hand, so that errors name the field. Those of an untagged enum name the enum.
impl<'de> Deserialize<'de> for Version {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::Number(number) => {
                let number = number.as_u64();
                number.map(Self::Number).ok_or_else(|| D::Error::custom("`version` is not 4"))
            }
            Value::String(text) => Ok(Self::Text(text)),
            _ => Err(D::Error::custom("`version` is neither a number nor text")),
        }
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct Crypto {
    kdf: KdfModule,
    checksum: ChecksumModule,
    cipher: CipherModule,
}

impl Crypto {
    pub(super) fn write(kdf: &Kdf, checksum: &[u8; 32], iv: &[u8; 16], ciphertext: &[u8]) -> Self {
        Self {
            kdf: KdfModule::write(kdf),
            checksum: ChecksumModule {
                function: "sha256".to_owned(),
                params: NoParams {},
                message: hex::encode(checksum),
            },
            cipher: CipherModule {
                function: "aes-128-ctr".to_owned(),
                params: CipherParams { iv: hex::encode(iv) },
                message: hex::encode(ciphertext),
            },
        }
    }
}

#[derive(Serialize, Deserialize)]
struct KdfModule {
    function: String,
    params: KdfParams,
    /// Always empty. keystorev4 accepts a keystore without it.
    #[serde(default)]
    message: String,
}

/// The parameters of both functions. An untagged enum would hide which field is wrong.
#[derive(Serialize, Deserialize)]
struct KdfParams {
    dklen: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    n: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    r: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    p: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    c: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    prf: Option<String>,
    salt: String,
}

#[derive(Serialize, Deserialize)]
struct ChecksumModule {
    function: String,
    #[serde(default)]
    params: NoParams,
    message: String,
}

#[derive(Default, Serialize, Deserialize)]
struct NoParams {}

#[derive(Serialize, Deserialize)]
struct CipherModule {
    function: String,
    params: CipherParams,
    message: String,
}

#[derive(Serialize, Deserialize)]
struct CipherParams {
    iv: String,
}

impl Version {
    fn check(&self) -> Result<(), KeystoreError> {
        match self {
            Self::Number(4) => Ok(()),
            Self::Number(other) => Err(KeystoreError::Version(other.to_string())),
            Self::Text(text) if text == "4" => Ok(()),
            Self::Text(text) => Err(KeystoreError::Version(clip(text, 20))),
        }
    }
}

impl KdfModule {
    fn read(self) -> Result<Kdf, KeystoreError> {
        let KdfParams { dklen, n, r, p, c, prf, salt } = self.params;
        // Teku and keystorev4 accept more than 32 bytes. Only the first 32 are used, and with both
        // functions these do not depend on the length.
        if !(32..=64).contains(&dklen) {
            return Err(KeystoreError::Field {
                field: "crypto.kdf.params.dklen",
                problem: "is not 32",
            });
        }
        let function = match (self.function.as_str(), n, r, p, c) {
            ("scrypt", Some(n), Some(r), Some(p), _) => KdfFunction::Scrypt { n, r, p },
            ("pbkdf2", _, _, _, Some(c)) => {
                let prf = prf.unwrap_or_default();
                expect("crypto.kdf.params.prf", &prf, "hmac-sha256")?;
                KdfFunction::Pbkdf2 { c }
            }
            ("scrypt" | "pbkdf2", ..) => {
                return Err(KeystoreError::Field {
                    field: "crypto.kdf.params",
                    problem: "lacks a parameter of its function",
                });
            }
            (other, ..) => return Err(unsupported("crypto.kdf.function", other)),
        };
        Ok(Kdf::new(function, hex_bytes("crypto.kdf.params.salt", &salt)?)?)
    }

    fn write(kdf: &Kdf) -> Self {
        let salt = hex::encode(kdf.salt());
        let none = KdfParams { dklen: 32, n: None, r: None, p: None, c: None, prf: None, salt };
        let (function, params) = match kdf.function() {
            KdfFunction::Scrypt { n, r, p } => {
                ("scrypt", KdfParams { n: Some(n), r: Some(r), p: Some(p), ..none })
            }
            KdfFunction::Pbkdf2 { c } => {
                let prf = Some("hmac-sha256".to_owned());
                ("pbkdf2", KdfParams { c: Some(c), prf, ..none })
            }
        };
        Self { function: function.to_owned(), params, message: String::new() }
    }
}

fn expect(field: &'static str, value: &str, expected: &str) -> Result<(), KeystoreError> {
    if value == expected { Ok(()) } else { Err(unsupported(field, value)) }
}

fn unsupported(field: &'static str, value: &str) -> KeystoreError {
    KeystoreError::Unsupported { field, value: clip(value, 40) }
}

/// Lodestar and Teku accept hex with 0x before it.
fn hex_digits(text: &str) -> &str {
    text.strip_prefix("0x").unwrap_or(text)
}

fn hex_bytes(field: &'static str, text: &str) -> Result<Vec<u8>, KeystoreError> {
    hex::decode(hex_digits(text))
        .map_err(|_| KeystoreError::Field { field, problem: "is not hexadecimal" })
}

fn hex_array<const N: usize>(field: &'static str, text: &str) -> Result<[u8; N], KeystoreError> {
    let problem = match N {
        16 => "is not 16 bytes long",
        _ => "is not 32 bytes long",
    };
    hex_bytes(field, text)?.try_into().map_err(|_| KeystoreError::Field { field, problem })
}
