//! The firmware's buffer for the command and then the answer.

/// The buffer for receiving and transmitting. It is never cleared, and the answer to a command with
/// a wrong Lc reveals its contents.
pub(super) struct TransmitBuffer([u8; Self::SIZE]);

impl TransmitBuffer {
    const SIZE: usize = 272;

    /// Writes `bytes` to the front; the rest is lost if they do not fit.
    pub(super) fn write(&mut self, bytes: &[u8]) {
        for (to, from) in self.0.iter_mut().zip(bytes) {
            *to = *from;
        }
    }

    /// The first `length` bytes, at most as many as leave room for a status word.
    pub(super) fn front(&self, length: usize) -> &[u8] {
        self.0.get(..length.min(Self::SIZE - 2)).unwrap_or_default()
    }
}

impl Default for TransmitBuffer {
    fn default() -> Self {
        Self([0; Self::SIZE])
    }
}
