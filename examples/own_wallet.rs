//! A wallet of your own: `cargo run -p stockade-wallet --example own_wallet`.
//!
//! It uses only the public interface of `stockade-wallet`. Everything that is built on [`Wallet`]
//! works with it: see `foreign_wallet.rs`, which opens backups with it. This one is an imaginary smart
//! card, whose keys are in this process.
#![allow(clippy::print_stdout, reason = "an example shows what it did")]

use std::error::Error;

use stockade_wallet::{
    device::{DeviceError, Identity, PassphraseUse, Refusal, Request, Show, Wallet},
    eth::{AccountKey, Address, Signature, personal_message},
    interact::{Attention, Interact},
    path::DerivationPath,
    secret::{RandomError, SecretBytes},
};

fn main() -> Result<(), Box<dyn Error>> {
    for line in run()? {
        println!("{line}");
    }
    Ok(())
}

/// Shows an address on the card and signs with it.
pub fn run() -> Result<Vec<String>, Box<dyn Error>> {
    let mut wallet: Box<dyn Wallet> = Box::new(Card::new()?);
    // No terminal: the card asks its user by itself.
    let mut user = ();
    let path = DerivationPath::ethereum(0, 0)?;
    let address = wallet.address(&path, Show::OnDevice, &mut user)?;
    let signature = wallet.sign_personal(&path, "Hello", &mut user)?;
    let signer = personal_message::recover(b"Hello", &signature)?;
    let long = "x".repeat(MAX_MESSAGE + 1);
    let refused = wallet.foresee(&Request::Message { path: &path, message: &long });
    Ok(vec![
        format!("the {} has the address {address}", wallet.identity().name()),
        format!("the signer is {signer}"),
        format!("a long text: {}", refused.err().map_or_else(String::new, |e| e.to_string())),
        format!("it signs transactions: {}", wallet.transactions().is_some()),
    ])
}

/// The card's limit, in bytes.
const MAX_MESSAGE: usize = 4096;

/// The card. The accessors for features that it lacks return `None` by default.
pub struct Card {
    identity: Identity,
    seed: SecretBytes<64>,
}

impl Card {
    /// A card with a new seed.
    pub fn new() -> Result<Self, RandomError> {
        // Not `Identity::new`: this card must not guard anything of value on mainnet.
        let mut identity = Identity::simulated("Example", "Card");
        identity.passphrase = PassphraseUse::Off;
        Ok(Self { identity, seed: SecretBytes::random()? })
    }

    fn key(&self, path: &DerivationPath) -> Result<AccountKey, DeviceError> {
        AccountKey::derive(&self.seed, path).map_err(|error| self.failed(&error))
    }

    fn failed(&self, error: &dyn Error) -> DeviceError {
        DeviceError::protocol(&self.identity.name(), error.to_string())
    }
}

impl Wallet for Card {
    fn identity(&self) -> &Identity {
        &self.identity
    }

    fn address(
        &mut self,
        path: &DerivationPath,
        show: Show,
        user: &mut dyn Interact,
    ) -> Result<Address, DeviceError> {
        if show == Show::OnDevice {
            user.look_at_device(&self.identity.name(), Attention::Address);
        }
        Ok(self.key(path)?.address())
    }

    /// Signatures must be deterministic (RFC 6979): secrets are derived from them.
    fn sign_personal(
        &mut self,
        path: &DerivationPath,
        message: &str,
        user: &mut dyn Interact,
    ) -> Result<Signature, DeviceError> {
        user.look_at_device(&self.identity.name(), Attention::Message(message));
        self.key(path)?.sign_personal(message).map_err(|error| self.failed(&error))
    }

    fn preflight(&self, request: &Request<'_>) -> Option<Refusal> {
        match request {
            Request::Message { message, .. } if message.len() > MAX_MESSAGE => {
                let why = format!("the {} does not accept such a long text", self.identity.name());
                Some(Refusal::new(why, "use a shorter text"))
            }
            _ => None,
        }
    }
}
