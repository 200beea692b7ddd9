//! The field `crypto` of keystores, as JSON: key derivation, checksum and cipher.

use serde::{Deserialize, Serialize};

use super::{Kdf, KdfFunction, KeystoreError};
use stockade_base::json::clip;

/// The field `crypto`.
#[derive(Serialize, Deserialize)]
pub(super) struct Crypto {
    kdf: KdfModule,
    checksum: ChecksumModule,
    cipher: CipherModule,
}

/// What the field `crypto` holds.
pub(super) struct Encrypted<T> {
    pub(super) kdf: Kdf,
    pub(super) checksum: [u8; 32],
    pub(super) iv: [u8; 16],
    pub(super) ciphertext: T,
}

impl Crypto {
    /// Refuses other functions than those of EIP-2335.
    pub(super) fn require_functions(&self) -> Result<(), KeystoreError> {
        expect("crypto.checksum.function", &self.checksum.function, "sha256")?;
        expect("crypto.cipher.function", &self.cipher.function, "aes-128-ctr")
    }

    /// Reads the ciphertext of one key.
    pub(super) fn read_key(self) -> Result<Encrypted<[u8; 32]>, KeystoreError> {
        self.read_with(hex_array)
    }

    /// Reads a ciphertext of any length.
    pub(super) fn read(self) -> Result<Encrypted<Vec<u8>>, KeystoreError> {
        self.read_with(hex_bytes)
    }

    fn read_with<T>(
        self,
        ciphertext: fn(&'static str, &str) -> Result<T, KeystoreError>,
    ) -> Result<Encrypted<T>, KeystoreError> {
        let Self { kdf, checksum, cipher } = self;
        Ok(Encrypted {
            kdf: kdf.read()?,
            checksum: hex_array("crypto.checksum.message", &checksum.message)?,
            iv: hex_array("crypto.cipher.params.iv", &cipher.params.iv)?,
            ciphertext: ciphertext("crypto.cipher.message", &cipher.message)?,
        })
    }

    /// The field for this ciphertext.
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
pub(super) fn hex_digits(text: &str) -> &str {
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
