//! A bounds-checked reader, through which all binary data from devices and the network is parsed.

/// The bytes end within a field, or continue after the last one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// A field needs more bytes than are left.
    #[error("expected {needed} bytes at offset {offset}, found {left}")]
    Truncated {
        /// The offset at which the field begins.
        offset: usize,
        /// The length of the field.
        needed: usize,
        /// The number of bytes left.
        left: usize,
    },
    /// Bytes remain after the last field.
    #[error("{0} bytes too many")]
    Trailing(usize),
}

/// Reads fields from the front of a byte slice; every read is checked.
#[derive(Debug, Clone)]
pub struct Reader<'a> {
    rest: &'a [u8],
    offset: usize,
}

impl<'a> Reader<'a> {
    /// Starts at the front of `bytes`.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, offset: 0 }
    }

    /// The number of bytes left.
    pub fn left(&self) -> usize {
        self.rest.len()
    }

    /// The next `n` bytes.
    pub fn bytes(&mut self, n: usize) -> Result<&'a [u8], ReadError> {
        let (head, rest) = self.rest.split_at_checked(n).ok_or(ReadError::Truncated {
            offset: self.offset,
            needed: n,
            left: self.rest.len(),
        })?;
        self.rest = rest;
        self.offset += n;
        Ok(head)
    }

    /// The next `N` bytes as an array.
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], ReadError> {
        let mut out = [0; N];
        out.copy_from_slice(self.bytes(N)?);
        Ok(out)
    }

    /// One byte.
    pub fn u8(&mut self) -> Result<u8, ReadError> {
        self.array().map(|[byte]: [u8; 1]| byte)
    }

    /// Two bytes, big-endian.
    pub fn u16_be(&mut self) -> Result<u16, ReadError> {
        self.array().map(u16::from_be_bytes)
    }

    /// Four bytes, big-endian.
    pub fn u32_be(&mut self) -> Result<u32, ReadError> {
        self.array().map(u32::from_be_bytes)
    }

    /// A field preceded by its length in one byte.
    pub fn bytes_u8_len(&mut self) -> Result<&'a [u8], ReadError> {
        let len = self.u8()?;
        self.bytes(usize::from(len))
    }

    /// All remaining bytes, possibly none.
    pub fn remaining(&mut self) -> &'a [u8] {
        let rest = self.rest;
        self.offset += rest.len();
        self.rest = &[];
        rest
    }

    /// Ends reading; remaining bytes are an error.
    pub fn finish(self) -> Result<(), ReadError> {
        match self.rest.len() {
            0 => Ok(()),
            n => Err(ReadError::Trailing(n)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read_in_order_and_trailing_bytes_are_an_error() {
        let mut reader = Reader::new(&[1, 0, 2, 3, 0xaa, 0xbb, 0xcc, 9]);
        assert_eq!(reader.u8(), Ok(1));
        assert_eq!(reader.u16_be(), Ok(2));
        assert_eq!(reader.bytes_u8_len(), Ok(&[0xaa, 0xbb, 0xcc][..]));
        assert_eq!(reader.finish(), Err(ReadError::Trailing(1)));
    }

    #[test]
    fn a_length_beyond_the_end_is_an_error() {
        let mut reader = Reader::new(&[5, 1, 2]);
        assert_eq!(
            reader.bytes_u8_len(),
            Err(ReadError::Truncated { offset: 1, needed: 5, left: 2 })
        );
    }
}
