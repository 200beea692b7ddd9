//! Sessions over THP, identified by their channel and a number that the host chooses.

/// The id of a session, in the device's internal form.
pub(in crate::trezor) fn id(channel: u16, session: u8) -> [u8; 32] {
    let mut id = [0; 32];
    let [high, low] = channel.to_be_bytes();
    for (to, from) in id.iter_mut().zip([high, low, session]) {
        *to = from;
    }
    id
}

/// The same session on the channel that replaced `from`.
pub(in crate::trezor) fn moved(known: &[u8; 32], from: u16, to: u16) -> Option<[u8; 32]> {
    let [high, low, session, ..] = *known;
    (u16::from_be_bytes([high, low]) == from).then(|| id(to, session))
}
