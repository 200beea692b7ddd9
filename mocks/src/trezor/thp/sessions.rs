//! Sessions over THP are known by their channel and a number of the host's.

/// The id of a session, in the form in which the device keeps all sessions.
pub(in crate::trezor) fn id(channel: u16, session: u8) -> [u8; 32] {
    let mut id = [0; 32];
    let [high, low] = channel.to_be_bytes();
    for (to, from) in id.iter_mut().zip([high, low, session]) {
        *to = from;
    }
    id
}

/// The same session on another channel, which took the place of `from`.
pub(in crate::trezor) fn moved(known: &[u8; 32], from: u16, to: u16) -> Option<[u8; 32]> {
    let [high, low, session, ..] = *known;
    (u16::from_be_bytes([high, low]) == from).then(|| id(to, session))
}
