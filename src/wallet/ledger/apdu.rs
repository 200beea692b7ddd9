//! APDUs: the commands to a Ledger app, and its replies.

use zeroize::Zeroizing;

use super::StatusWord;
use stockade_base::path::DerivationPath;

/// A command APDU: `CLA INS P1 P2 Lc data`. It holds at most [`Apdu::MAX_DATA`] bytes of data.
#[derive(Clone, PartialEq, Eq)]
pub struct Apdu {
    header: [u8; 4],
    data: Vec<u8>,
}

/// The data does not fit into one APDU.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0} bytes do not fit into an APDU, which holds 255")]
pub struct TooLong(pub usize);

impl Apdu {
    /// The most data that one APDU carries, in bytes.
    pub const MAX_DATA: usize = 255;

    /// The command `header` (class, instruction, P1, P2) with `data`.
    pub fn new(header: [u8; 4], data: Vec<u8>) -> Result<Self, TooLong> {
        if data.len() <= Self::MAX_DATA {
            Ok(Self { header, data })
        } else {
            Err(TooLong(data.len()))
        }
    }

    /// The APDUs of a message in `chunks`. P1 is 00 in the first APDU and 80 in all others.
    pub(super) fn in_chunks<'a>(
        instruction: u8,
        chunks: impl Iterator<Item = &'a [u8]>,
    ) -> Result<Vec<Self>, TooLong> {
        let p1 = std::iter::once(0x00).chain(std::iter::repeat(0x80));
        chunks
            .zip(p1)
            .map(|(chunk, p1)| Self::new([0xe0, instruction, p1, 0x00], chunk.to_vec()))
            .collect()
    }

    /// Encodes it as it is sent.
    pub fn to_bytes(&self) -> Vec<u8> {
        let [class, instruction, p1, p2] = self.header;
        // The length was checked, so nothing is truncated.
        let length = self.data.len().to_be_bytes().last().copied().unwrap_or_default();
        let mut bytes = vec![class, instruction, p1, p2, length];
        bytes.extend_from_slice(&self.data);
        bytes
    }
}

/// Encodes a path: the number of levels, then each level as four bytes, big-endian.
pub fn encode_path(path: &DerivationPath) -> Vec<u8> {
    // A `DerivationPath` has at most ten levels, which is also the app's limit.
    let count = path.levels().len().to_be_bytes().last().copied().unwrap_or_default();
    let levels = path.levels().iter().flat_map(|level| level.to_be_bytes());
    std::iter::once(count).chain(levels).collect()
}

/// The reply to an APDU. Its data may be secret (a signature over a prompt), so it is wiped.
pub struct Reply {
    data: Zeroizing<Vec<u8>>,
    status: StatusWord,
}

impl Reply {
    /// Splits a reply into data and status word (the last two bytes).
    pub fn from_bytes(mut bytes: Zeroizing<Vec<u8>>) -> Option<Self> {
        let (low, high) = (bytes.pop()?, bytes.pop()?);
        Some(Self { data: bytes, status: StatusWord(u16::from_be_bytes([high, low])) })
    }

    /// The data, if the app carried out the command. The bytes before an error are meaningless, so
    /// they are not accessible.
    pub fn into_data(self) -> Result<Zeroizing<Vec<u8>>, StatusWord> {
        match self.status {
            StatusWord::OK => Ok(self.data),
            error => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_that_does_not_fit_is_rejected() {
        assert_eq!(Apdu::new([0xe0, 2, 0, 0], vec![0; 256]).err(), Some(TooLong(256)));
        let bytes = Apdu::new([0xe0, 2, 0, 0], vec![7; 255]).unwrap().to_bytes();
        assert_eq!((bytes[4], bytes.len()), (255, 260));
    }

    #[test]
    fn data_before_an_error_is_not_accessible() {
        let reply = Reply::from_bytes(Zeroizing::new(vec![1, 2, 0x6a, 0x87])).unwrap();
        assert_eq!(reply.into_data(), Err(StatusWord(0x6a87)));
        assert!(Reply::from_bytes(Zeroizing::new(vec![0x90])).is_none());
    }
}
