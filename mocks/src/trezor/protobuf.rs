//! Protobuf as far as Trezor's messages need it: varints and length-delimited fields.

/// Bytes are not a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Malformed {
    /// They end within a field's key.
    EndInKey,
    /// They end within a field.
    End,
    /// A varint has more than 64 bits.
    Varint,
    /// A field that is neither a varint nor length-delimited.
    WireType,
}

/// The value of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Value<'a> {
    Number(u64),
    Bytes(&'a [u8]),
}

/// The fields of a message, in order.
#[derive(Debug, Default)]
pub(super) struct Message<'a> {
    pub(super) fields: Vec<(u64, Value<'a>)>,
}

impl<'a> Message<'a> {
    /// Reads `bytes`. After an error, contains the fields before it.
    pub(super) fn read(mut bytes: &'a [u8]) -> (Self, Option<Malformed>) {
        let mut message = Self::default();
        while !bytes.is_empty() {
            match field(&mut bytes) {
                Ok(field) => message.fields.push(field),
                Err(malformed) => return (message, Some(malformed)),
            }
        }
        (message, None)
    }

    fn values(&self, field: u64) -> impl DoubleEndedIterator<Item = Value<'a>> {
        self.fields.iter().filter(move |(number, _)| *number == field).map(|(_, value)| *value)
    }

    /// The numbers of a repeated field.
    pub(super) fn numbers(&self, field: u64) -> Vec<u64> {
        let number = |value| match value {
            Value::Number(number) => Some(number),
            Value::Bytes(_) => None,
        };
        self.values(field).filter_map(number).collect()
    }

    /// The number in a field; the last one if there are several.
    pub(super) fn number(&self, field: u64) -> Option<u64> {
        self.numbers(field).pop()
    }

    /// The flag in a field, if present.
    pub(super) fn flag(&self, field: u64) -> Option<bool> {
        self.number(field).map(|number| number != 0)
    }

    /// The bytes in a field; the last ones if there are several.
    pub(super) fn bytes(&self, field: u64) -> Option<&'a [u8]> {
        self.all_bytes(field).pop()
    }

    /// All values of a repeated bytes field.
    pub(super) fn all_bytes(&self, field: u64) -> Vec<&'a [u8]> {
        let bytes = |value| match value {
            Value::Bytes(bytes) => Some(bytes),
            Value::Number(_) => None,
        };
        self.values(field).filter_map(bytes).collect()
    }

    /// The text in a field; invalid UTF-8 is replaced.
    pub(super) fn text(&self, field: u64) -> Option<String> {
        self.bytes(field).map(|bytes| String::from_utf8_lossy(bytes).into_owned())
    }

    /// A BIP-32 path, which every request has in field 1.
    pub(super) fn path(&self) -> Vec<u32> {
        // Firmware also uses only the low 32 bits.
        self.numbers(1).into_iter().map(|level| level as u32).collect()
    }
}

fn field<'a>(bytes: &mut &'a [u8]) -> Result<(u64, Value<'a>), Malformed> {
    let key = varint(bytes).map_err(|fault| match fault {
        Malformed::End => Malformed::EndInKey,
        other => other,
    })?;
    let value = match key & 7 {
        0 => Value::Number(varint(bytes)?),
        2 => {
            let length = usize::try_from(varint(bytes)?).map_err(|_| Malformed::End)?;
            let (value, rest) = bytes.split_at_checked(length).ok_or(Malformed::End)?;
            *bytes = rest;
            Value::Bytes(value)
        }
        _ => return Err(Malformed::WireType),
    };
    Ok((key >> 3, value))
}

fn varint(bytes: &mut &[u8]) -> Result<u64, Malformed> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first().ok_or(Malformed::End)?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok(value);
        }
    }
    Err(Malformed::Varint)
}

/// Writes a message, field by field. Like firmware, it also writes zeros.
#[derive(Default)]
pub(super) struct Writer(Vec<u8>);

impl Writer {
    pub(super) fn number(mut self, field: u64, value: u64) -> Self {
        self.varint(field << 3);
        self.varint(value);
        self
    }

    pub(super) fn flag(self, field: u64, value: bool) -> Self {
        self.number(field, value.into())
    }

    pub(super) fn bytes(mut self, field: u64, value: &[u8]) -> Self {
        self.varint(field << 3 | 2);
        self.varint(value.len() as u64);
        self.0.extend_from_slice(value);
        self
    }

    pub(super) fn text(self, field: u64, value: &str) -> Self {
        self.bytes(field, value.as_bytes())
    }

    /// Writes a repeated number.
    pub(super) fn numbers<'v>(self, field: u64, values: impl IntoIterator<Item = &'v u64>) -> Self {
        values.into_iter().fold(self, |writer, value| writer.number(field, *value))
    }

    /// Writes `fields` if `condition` is true.
    pub(super) fn when(self, condition: bool, fields: impl FnOnce(Self) -> Self) -> Self {
        if condition { fields(self) } else { self }
    }

    pub(super) fn finish(self) -> Vec<u8> {
        self.0
    }

    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_written_message_is_read_back() {
        let bytes = Writer::default().number(1, 0x8000_002c).number(1, 0).text(35, "hé").finish();
        let (message, fault) = Message::read(&bytes);
        assert_eq!(fault, None);
        assert_eq!(message.path(), [0x8000_002c, 0]);
        assert_eq!(message.text(35).as_deref(), Some("hé"));
        assert_eq!(message.bytes(1), None);
    }

    #[test]
    fn malformed_messages_are_distinguished() {
        assert_eq!(Message::read(&[0xff, 0xff, 0xff]).1, Some(Malformed::EndInKey));
        assert_eq!(Message::read(&[0x0a, 5, 1]).1, Some(Malformed::End));
        assert_eq!(Message::read(&[0x08]).1, Some(Malformed::End));
        assert_eq!(Message::read(&[0x0d, 0, 0, 0, 0]).1, Some(Malformed::WireType));
        let mut overlong = vec![0x08];
        overlong.extend([0xff; 11]);
        assert_eq!(Message::read(&overlong).1, Some(Malformed::Varint));
        // A length near 2^64 must not lead to an allocation.
        let huge = [0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
        assert_eq!(Message::read(&huge).1, Some(Malformed::End));
    }
}
