//! The one buffer of the firmware that holds the command and then the answer.

/// What the firmware receives into and transmits from. It is never cleared, and an answer to a
/// command with a wrong Lc shows what is in it.
pub(super) struct TransmitBuffer([u8; Self::SIZE]);

impl TransmitBuffer {
    const SIZE: usize = 272;

    /// Puts `bytes` at the front; what does not fit is lost.
    pub(super) fn write(&mut self, bytes: &[u8]) {
        for (to, from) in self.0.iter_mut().zip(bytes) {
            *to = *from;
        }
    }

    /// The first `length` bytes, or as many as leave room for a status word.
    pub(super) fn front(&self, length: usize) -> &[u8] {
        self.0.get(..length.min(Self::SIZE - 2)).unwrap_or_default()
    }
}

impl Default for TransmitBuffer {
    fn default() -> Self {
        Self([0; Self::SIZE])
    }
}
