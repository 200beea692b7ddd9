//! Sends PIN and passphrase from the user to the device.

use trezor_client::protos::{PassphraseAck, PinMatrixAck};
use unicode_normalization::UnicodeNormalization;
use zeroize::{Zeroize, Zeroizing};

use crate::{
    device::DeviceError,
    interact::{Interact, Passphrase},
};

/// The longest passphrase that devices accept, in bytes.
const MAX_PASSPHRASE: usize = 50;

/// The longest PIN that devices accept.
const MAX_PIN: usize = 50;

/// A message that is wiped when dropped.
pub(super) struct Wiped<M>(M, fn(&mut M));

impl<M> Wiped<M> {
    /// `wipe` is called when the message is dropped.
    pub(super) fn new(message: M, wipe: fn(&mut M)) -> Self {
        Self(message, wipe)
    }

    pub(super) fn edit(&mut self, edit: impl FnOnce(&mut M)) {
        edit(&mut self.0);
    }
}

impl<M> std::ops::Deref for Wiped<M> {
    type Target = M;

    fn deref(&self) -> &M {
        &self.0
    }
}

impl<M> Drop for Wiped<M> {
    fn drop(&mut self) {
        self.1(&mut self.0);
    }
}

/// Asks the user for the PIN of a One.
pub(super) fn pin(
    device: &str,
    user: &mut dyn Interact,
) -> Result<Wiped<PinMatrixAck>, DeviceError> {
    let declined = |why: &str| DeviceError::Declined(why.to_owned());
    let pin = user
        .enter_pin_matrix(device)
        .ok_or_else(|| declined("cancelled: no PIN was entered (this needs a terminal)"))?;
    let positions = pin.expose();
    if !(1..=MAX_PIN).contains(&positions.len())
        || !positions.bytes().all(|position| matches!(position, b'1'..=b'9'))
    {
        return Err(declined("not a PIN: enter the positions 1 to 9 of its digits"));
    }
    let mut ack = Wiped(PinMatrixAck::new(), |ack| ack.pin.zeroize());
    ack.0.pin = Some(positions.to_owned());
    Ok(ack)
}

/// Asks the user for the passphrase. `on_device` says whether it can be typed on the device.
pub(super) fn passphrase(
    device: &str,
    on_device: bool,
    user: &mut dyn Interact,
) -> Result<Wiped<PassphraseAck>, DeviceError> {
    let entered = user
        .enter_passphrase(device, on_device)
        .ok_or_else(|| DeviceError::Declined("cancelled: no passphrase was entered".to_owned()))?;
    let unsupported = |what: &str| DeviceError::unsupported(device, what);
    let mut ack = Wiped(PassphraseAck::new(), |ack| ack.passphrase.zeroize());
    match entered {
        Passphrase::OnDevice if on_device => ack.0.on_device = Some(true),
        Passphrase::OnDevice => {
            return Err(unsupported(
                "ask for a passphrase on its screen: type it on this computer",
            ));
        }
        Passphrase::Typed(text) => {
            // BIP-39 hashes passphrases in this form; devices do not normalize them.
            let length: usize = text.expose().nfkd().map(char::len_utf8).sum();
            if length > MAX_PASSPHRASE {
                return Err(unsupported("use a passphrase of more than 50 bytes"));
            }
            let mut normal = Zeroizing::new(String::with_capacity(length));
            normal.extend(text.expose().nfkd());
            ack.0.passphrase = Some(std::mem::take(&mut *normal));
        }
    }
    Ok(ack)
}
