//! Asks a wallet for a secret, after making sure that it is the right wallet.

use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

use super::{Prompt, Scheme};
use stockade_base::{
    eth::{Address, personal_message},
    path::DerivationPath,
    secret::{SecretBytes, wiping_stack},
};
use stockade_wallet::{
    device::{DeviceError, Request, Show, Wallet},
    interact::Interact,
};

/// The value that SLIP-0011 encrypts under the prompt: 32 bytes that name their purpose.
const SLIP11_VALUE: &[u8; 32] = b"stockade device secret slip11 v1";

/// A secret that this wallet derives again whenever its user approves the prompt.
#[derive(Debug)]
pub struct DeviceSecret(SecretBytes<32>);

impl DeviceSecret {
    /// The 32 bytes.
    pub fn expose(&self) -> &[u8; 32] {
        self.0.expose()
    }
}

/// Why a wallet gave no secret.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SecretError {
    /// Another wallet or passphrase is in use. The wallet was not asked for the secret.
    #[error("this wallet's check address is {found}, not {expected}")]
    NotThisWallet {
        /// The expected check address.
        expected: Address,
        /// The check address of this wallet.
        found: Address,
    },
    /// The reply is not signed by the check address.
    #[error("the wallet's reply was signed by {found} instead of its own check address {expected}")]
    WrongSigner {
        /// The wallet's check address.
        expected: Address,
        /// The address that signed.
        found: Address,
    },
    /// The wallet, or the connection to it, failed.
    #[error(transparent)]
    Device(#[from] DeviceError),
}

/// The address that identifies a wallet (its mnemonic and passphrase) to Stockade. Read without a
/// prompt.
pub fn check_address(
    wallet: &mut dyn Wallet,
    user: &mut dyn Interact,
) -> Result<Address, DeviceError> {
    wallet.address(&DerivationPath::check_address(), Show::Silently, user)
}

/// Makes sure that this is the wallet with the check address `expected`.
pub fn require_check_address(
    wallet: &mut dyn Wallet,
    expected: &Address,
    user: &mut dyn Interact,
) -> Result<(), SecretError> {
    let found = check_address(wallet, user)?;
    if found == *expected {
        Ok(())
    } else {
        Err(SecretError::NotThisWallet { expected: *expected, found })
    }
}

/// Makes sure, as far as can be known in advance, that `wallet` will not refuse to derive the
/// secret of `prompt`. For callers that ask the user something else first.
pub fn foresee(wallet: &dyn Wallet, scheme: Scheme, prompt: &Prompt) -> Result<(), DeviceError> {
    let path = DerivationPath::check_address();
    match scheme {
        Scheme::Eip191V1 => {
            wallet.foresee(&Request::Message { path: &path, message: prompt.as_str() })
        }
        Scheme::Slip11V1 => wallet.foresee(&Request::CipherKeyValue { key: prompt.as_str() }),
    }
}

/// Asks the wallet with the check address `expected` for the secret of `prompt`. Any other wallet
/// is refused before its user sees anything.
pub fn ask(
    wallet: &mut dyn Wallet,
    scheme: Scheme,
    prompt: &Prompt,
    expected: &Address,
    user: &mut dyn Interact,
) -> Result<DeviceSecret, SecretError> {
    require_check_address(wallet, expected, user)?;
    wiping_stack(|| {
        let reply = match scheme {
            Scheme::Eip191V1 => ask_eip191(wallet, prompt, expected, user)?,
            Scheme::Slip11V1 => ask_slip11(wallet, prompt, user)?,
        };
        Ok(stretch(scheme, prompt, &reply))
    })
}

/// r ‖ s of the wallet's signature over the prompt.
fn ask_eip191(
    wallet: &mut dyn Wallet,
    prompt: &Prompt,
    expected: &Address,
    user: &mut dyn Interact,
) -> Result<Zeroizing<Vec<u8>>, SecretError> {
    let path = DerivationPath::check_address();
    let signature = wallet.sign_personal(&path, prompt.as_str(), user)?;
    let found = personal_message::recover(prompt.as_str().as_bytes(), &signature)
        .map_err(|e| DeviceError::protocol(&wallet.identity().name(), e.to_string()))?;
    if found != *expected {
        return Err(SecretError::WrongSigner { expected: *expected, found });
    }
    let bytes = Zeroizing::new(signature.to_bytes());
    Ok(Zeroizing::new(bytes.iter().take(64).copied().collect()))
}

fn ask_slip11(
    wallet: &mut dyn Wallet,
    prompt: &Prompt,
    user: &mut dyn Interact,
) -> Result<Zeroizing<Vec<u8>>, SecretError> {
    let device = wallet.identity().name();
    let cipher = wallet.cipher_key_value().ok_or(DeviceError::Unsupported {
        device,
        what: "make secrets by scheme slip11-v1 (Trezor only)".to_owned(),
    })?;
    let path = DerivationPath::cipher_key_value();
    let reply = cipher.encrypt(&path, prompt.as_str(), SLIP11_VALUE, user)?;
    Ok(Zeroizing::new(reply.expose().to_vec()))
}

fn stretch(scheme: Scheme, prompt: &Prompt, reply: &[u8]) -> DeviceSecret {
    let hkdf = Hkdf::<Sha256>::new(Some(scheme.salt()), reply);
    DeviceSecret(SecretBytes::new(|secret| {
        // HKDF-SHA256 provides up to 255 x 32 bytes, so this never fails.
        let expanded = hkdf.expand(prompt.as_str().as_bytes(), secret);
        debug_assert!(expanded.is_ok());
    }))
}
