//! PIN and passphrase, from the user to the device.

use trezor_client::protos::{PassphraseAck, PinMatrixAck};
use unicode_normalization::UnicodeNormalization;
use zeroize::{Zeroize, Zeroizing};

use crate::{
    device::DeviceError,
    interact::{Interact, Passphrase},
};

/// The longest passphrase that devices take, in bytes.
const MAX_PASSPHRASE: usize = 50;

/// The longest PIN that devices take.
const MAX_PIN: usize = 50;

/// A message that is wiped once it is sent.
pub(super) struct Wiped<M>(M, fn(&mut M));

impl<M> Wiped<M> {
    /// `message`, which `wipe` wipes.
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

/// The answer to a One that asks for its PIN.
pub(super) fn pin(
    device: &str,
    user: &mut dyn Interact,
) -> Result<Wiped<PinMatrixAck>, DeviceError> {
    let declined = |why: &str| DeviceError::Declined(why.to_owned());
    let pin = user
        .enter_pin_matrix(device)
        .ok_or_else(|| declined("no PIN was entered; a terminal is needed to enter one"))?;
    let positions = pin.expose();
    if !(1..=MAX_PIN).contains(&positions.len())
        || !positions.bytes().all(|position| matches!(position, b'1'..=b'9'))
    {
        return Err(declined("a PIN is entered as positions 1 to 9"));
    }
    let mut ack = Wiped(PinMatrixAck::new(), |ack| ack.pin.zeroize());
    ack.0.pin = Some(positions.to_owned());
    Ok(ack)
}

/// The answer to a device that asks for its passphrase; `on_device` says whether it can be typed
/// there.
pub(super) fn passphrase(
    device: &str,
    on_device: bool,
    user: &mut dyn Interact,
) -> Result<Wiped<PassphraseAck>, DeviceError> {
    let entered = user
        .enter_passphrase(device, on_device)
        .ok_or_else(|| DeviceError::Declined("no passphrase was entered".to_owned()))?;
    let unsupported =
        |what: &str| DeviceError::Unsupported { device: device.to_owned(), what: what.to_owned() };
    let mut ack = Wiped(PassphraseAck::new(), |ack| ack.passphrase.zeroize());
    match entered {
        Passphrase::OnDevice if on_device => ack.0.on_device = Some(true),
        Passphrase::OnDevice => return Err(unsupported("take a passphrase typed on it")),
        Passphrase::Typed(text) => {
            // BIP-39 hashes passphrases in this form; devices take the bytes as they come.
            let length: usize = text.expose().nfkd().map(char::len_utf8).sum();
            if length > MAX_PASSPHRASE {
                return Err(unsupported("take a passphrase of more than 50 bytes"));
            }
            let mut normal = Zeroizing::new(String::with_capacity(length));
            normal.extend(text.expose().nfkd());
            ack.0.passphrase = Some(std::mem::take(&mut *normal));
        }
    }
    Ok(ack)
}
