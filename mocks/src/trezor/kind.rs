//! Numbers of the messages that the mock knows (messages.proto, `MessageType`).

pub(super) const INITIALIZE: u16 = 0;
pub(super) const PING: u16 = 1;
pub(super) const SUCCESS: u16 = 2;
pub(super) const FAILURE: u16 = 3;
pub(super) const LOAD_DEVICE: u16 = 13;
pub(super) const FEATURES: u16 = 17;
pub(super) const PIN_MATRIX_REQUEST: u16 = 18;
pub(super) const PIN_MATRIX_ACK: u16 = 19;
pub(super) const CANCEL: u16 = 20;
pub(super) const CIPHER_KEY_VALUE: u16 = 23;
pub(super) const LOCK_DEVICE: u16 = 24;
pub(super) const APPLY_SETTINGS: u16 = 25;
pub(super) const BUTTON_REQUEST: u16 = 26;
pub(super) const BUTTON_ACK: u16 = 27;
pub(super) const PASSPHRASE_REQUEST: u16 = 41;
pub(super) const PASSPHRASE_ACK: u16 = 42;
pub(super) const CIPHERED_KEY_VALUE: u16 = 48;
pub(super) const GET_FEATURES: u16 = 55;
pub(super) const ETHEREUM_GET_ADDRESS: u16 = 56;
pub(super) const ETHEREUM_ADDRESS: u16 = 57;
pub(super) const ETHEREUM_SIGN_MESSAGE: u16 = 64;
pub(super) const ETHEREUM_VERIFY_MESSAGE: u16 = 65;
pub(super) const ETHEREUM_MESSAGE_SIGNATURE: u16 = 66;
pub(super) const END_SESSION: u16 = 83;
