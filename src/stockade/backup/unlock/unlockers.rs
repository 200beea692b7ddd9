//! Who and what can open sets: wallets that are plugged in, identities in files, a passphrase, and a
//! person who can plug in the next wallet.

use std::collections::{BTreeMap, BTreeSet};

use crate::backup::set::origin::Pins;
use crate::{
    custodian::{AnyCustodian, GivenIdentity, Identity},
    device_secret::check_address,
};
use stockade_base::{eth::Address, secret::SecretText};
use stockade_wallet::{
    device::{DeviceError, Wallet},
    interact::Interact,
};

/// Asks a person to plug in further wallets.
pub trait WalletPrompt {
    /// The next wallet, after telling `user` which one is `wanted`. `None` when there are no more.
    fn next_wallet(
        &mut self,
        wanted: &str,
        user: &mut dyn Interact,
    ) -> Result<Option<Box<dyn Wallet>>, DeviceError>;
}

/// Who and what can open sets.
#[derive(Default)]
pub struct Unlockers {
    wallets: Vec<Held>,
    seen: BTreeSet<Address>,
    identities: Vec<GivenIdentity>,
    passphrase: Option<SecretText>,
    wallet_prompt: Option<Box<dyn WalletPrompt>>,
    /// What opened before, by its recipient: no custodian is asked twice in one command.
    opened: BTreeMap<String, Identity>,
    /// Custodians whose passphrase was asked for: nobody is asked again for each set.
    asked: BTreeSet<String>,
}

/// A wallet that is plugged in.
pub(crate) struct Held {
    pub wallet: Box<dyn Wallet>,
    pub address: Address,
    /// It took the place of the wallet that was prompted for before it.
    prompted: bool,
}

impl Unlockers {
    /// No unlocker yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a wallet. Its check address is read silently.
    pub fn add_wallet(
        &mut self,
        wallet: Box<dyn Wallet>,
        user: &mut dyn Interact,
    ) -> Result<Address, DeviceError> {
        self.hold(wallet, false, user)
    }

    /// Adds identities out of a file.
    pub fn add_identities(&mut self, identities: Vec<GivenIdentity>) {
        self.identities.extend(identities);
    }

    /// Sets the passphrase of passphrase custodians.
    pub fn set_passphrase(&mut self, passphrase: SecretText) {
        self.passphrase = Some(passphrase);
    }

    /// Lets a person plug in further wallets, one after another.
    pub fn set_wallet_prompt(&mut self, prompt: Box<dyn WalletPrompt>) {
        self.wallet_prompt = Some(prompt);
    }

    /// Wipes everything that opens sets. The wallets stay, to sign what was made or found.
    pub fn close(&mut self) {
        self.opened.clear();
        self.identities.clear();
        self.passphrase = None;
    }

    /// The first wallet, for what is not about opening: signing what was made or found.
    pub fn first_wallet(&mut self) -> Option<(&mut dyn Wallet, Address)> {
        let held = self.wallets.first_mut()?;
        Some((&mut *held.wallet, held.address))
    }

    /// The wallets that are plugged in.
    pub fn wallets(&self) -> impl Iterator<Item = (&dyn Wallet, &Address)> {
        self.wallets.iter().map(|held| (&*held.wallet, &held.address))
    }

    /// The wallet with this check address, where it is plugged in.
    pub fn wallet(&mut self, address: &Address) -> Option<&mut (dyn Wallet + 'static)> {
        let held = self.wallets.iter_mut().find(|held| held.address == *address)?;
        Some(&mut *held.wallet)
    }

    /// `pins`, and every wallet that was here.
    pub fn pins(&self, pins: &Pins) -> Pins {
        let mut wallets = pins.wallets.clone();
        wallets.extend(self.seen.iter().copied());
        Pins { wallets, signers: pins.signers.clone() }
    }

    /// Whether anything besides the wallets that are plugged in may open sets.
    pub(crate) fn has_others(&self) -> bool {
        let given = !self.identities.is_empty() || self.passphrase.is_some();
        given || self.expects_more() || !self.opened.is_empty()
    }

    /// Whether further wallets may be plugged in.
    pub(crate) fn expects_more(&self) -> bool {
        self.wallet_prompt.is_some()
    }

    /// Asks for the next wallet. `false` when there is none.
    pub(crate) fn next(
        &mut self,
        wanted: &str,
        user: &mut dyn Interact,
    ) -> Result<Option<Address>, DeviceError> {
        let Some(prompt) = &mut self.wallet_prompt else { return Ok(None) };
        match prompt.next_wallet(wanted, user)? {
            Some(wallet) => self.hold(wallet, true, user).map(Some),
            None => Ok(None),
        }
    }

    fn hold(
        &mut self,
        mut wallet: Box<dyn Wallet>,
        prompted: bool,
        user: &mut dyn Interact,
    ) -> Result<Address, DeviceError> {
        let address = check_address(&mut *wallet, user)?;
        // The one before was unplugged to make room for it.
        self.wallets.retain(|held| !(prompted && held.prompted) && held.address != address);
        self.wallets.push(Held { wallet, address, prompted });
        self.seen.insert(address);
        Ok(address)
    }

    /// What opened for this custodian before.
    pub(crate) fn opened(&self, custodian: &AnyCustodian) -> Option<&Identity> {
        self.opened.get(custodian.recipient()?)
    }

    pub(crate) fn remember(&mut self, identity: Identity) {
        self.opened.insert(identity.recipient(), identity);
    }

    /// The identities in files that may be those of this custodian.
    pub(crate) fn given(&self, custodian: &AnyCustodian) -> impl Iterator<Item = &GivenIdentity> {
        self.identities.iter().filter(|identity| identity.may_open(custodian))
    }

    /// Whether the passphrase of this custodian was asked for before.
    pub(crate) fn was_asked(&self, custodian: &AnyCustodian) -> bool {
        self.asked.contains(custodian.id().as_str())
    }

    /// The passphrase that was given, or that `user` types now for this custodian; and whether it
    /// was typed.
    pub(crate) fn passphrase_for(
        &mut self,
        custodian: &AnyCustodian,
        user: &mut dyn Interact,
    ) -> Option<(SecretText, bool)> {
        self.asked.insert(custodian.id().to_string());
        match &self.passphrase {
            Some(given) => Some((SecretText::new(given.expose().to_owned()), false)),
            None => {
                let question = format!("Passphrase of {custodian} (empty to go without)");
                let typed = user.enter_secret(&question)?;
                (!typed.expose().is_empty()).then_some((typed, true))
            }
        }
    }
}
