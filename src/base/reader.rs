//! The one bounds-checked reader through which everything from a device or the network is parsed.

/// The bytes ended before the field did, or went on after the last field.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// A field needs more bytes than are left.
    #[error("{needed} bytes expected at offset {offset}, {left} left")]
    Truncated {
        /// Where the field begins.
        offset: usize,
        /// How many bytes the field has.
        needed: usize,
        /// How many bytes there are.
        left: usize,
    },
    /// All fields are read and bytes remain.
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
    /// A reader at the front of `bytes`.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, offset: 0 }
    }

    /// How many bytes are left.
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

    /// A field whose length stands in the byte before it.
    pub fn bytes_u8_len(&mut self) -> Result<&'a [u8], ReadError> {
        let len = self.u8()?;
        self.bytes(usize::from(len))
    }

    /// All that is left, which may be nothing.
    pub fn remaining(&mut self) -> &'a [u8] {
        let rest = self.rest;
        self.offset += rest.len();
        self.rest = &[];
        rest
    }

    /// Ends the reading: bytes that remain are an error.
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
    fn fields_come_in_order_and_nothing_may_remain() {
        let mut reader = Reader::new(&[1, 0, 2, 3, 0xaa, 0xbb, 0xcc, 9]);
        assert_eq!(reader.u8(), Ok(1));
        assert_eq!(reader.u16_be(), Ok(2));
        assert_eq!(reader.bytes_u8_len(), Ok(&[0xaa, 0xbb, 0xcc][..]));
        assert_eq!(reader.finish(), Err(ReadError::Trailing(1)));
    }

    #[test]
    fn a_length_beyond_the_end_is_an_error_and_not_a_panic() {
        let mut reader = Reader::new(&[5, 1, 2]);
        assert_eq!(
            reader.bytes_u8_len(),
            Err(ReadError::Truncated { offset: 1, needed: 5, left: 2 })
        );
    }
}
