//! Exchanges over a byte stream, in the format of Speculos: the request is `length(4) apdu`, the reply
//! `length(4) data status(2)`, where the length counts only the data.
//!
//! Specification: [Speculos, APDU server](https://speculos.ledger.com/user/clients.html).

use zeroize::Zeroizing;

use super::{
    Apdu, Exchange, ExchangeError, Reply,
    framing::{FramingError, MAX_REPLY},
};
use crate::transport::{ByteStream, TransportError, Wait};

/// Exchanges over a byte stream.
pub struct StreamExchange<S> {
    stream: S,
    /// Set while a reply is awaited. Stays set if none arrives in time, because a late reply could not
    /// be told from the reply to another request.
    outstanding: bool,
}

impl<S: ByteStream> StreamExchange<S> {
    /// Exchanges over `stream`, on which nothing has been sent yet.
    pub fn new(stream: S) -> Self {
        Self { stream, outstanding: false }
    }

    /// Receives the length of the reply, including its status word.
    fn length(&mut self, wait: Wait<'_>) -> Result<usize, ExchangeError> {
        let mut bytes = [0; 4];
        self.fill(&mut bytes, wait)?;
        let length = usize::try_from(u32::from_be_bytes(bytes)).unwrap_or(usize::MAX);
        match length.checked_add(2) {
            Some(with_status) if with_status <= MAX_REPLY => Ok(with_status),
            _ => Err(FramingError::Length(length).into()),
        }
    }

    fn fill(&mut self, mut buffer: &mut [u8], wait: Wait<'_>) -> Result<(), ExchangeError> {
        while !buffer.is_empty() {
            let n = self.stream.receive(buffer, wait.slice()?)?;
            // A stream that claims to have filled more than the buffer violates its contract.
            buffer = buffer.get_mut(n..).ok_or(TransportError::Disconnected)?;
        }
        Ok(())
    }
}

impl<S: ByteStream> Exchange for StreamExchange<S> {
    fn exchange(&mut self, apdu: &Apdu, wait: Wait<'_>) -> Result<Reply, ExchangeError> {
        if std::mem::replace(&mut self.outstanding, true) {
            return Err(ExchangeError::Outstanding);
        }
        let bytes = apdu.to_bytes();
        let length = u32::try_from(bytes.len()).map_err(|_| FramingError::TooLong(bytes.len()))?;
        self.stream.send(&[&length.to_be_bytes(), bytes.as_slice()].concat())?;

        let mut reply = Zeroizing::new(vec![0; self.length(wait)?]);
        self.fill(&mut reply, wait)?;
        self.outstanding = false;
        Reply::from_bytes(reply).ok_or(ExchangeError::NoStatusWord)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::transport::Stopped;

    /// Delivers these bytes one at a time, then nothing.
    struct Drip(Vec<u8>);

    impl ByteStream for Drip {
        fn send(&mut self, _bytes: &[u8]) -> Result<(), TransportError> {
            Ok(())
        }

        fn receive(&mut self, buffer: &mut [u8], wait: Duration) -> Result<usize, TransportError> {
            if self.0.is_empty() {
                std::thread::sleep(wait);
                return Ok(0);
            }
            buffer[0] = self.0.remove(0);
            Ok(1)
        }
    }

    fn exchange(stream: &mut StreamExchange<Drip>) -> Result<Vec<u8>, ExchangeError> {
        let apdu = Apdu::new([0xe0, 6, 0, 0], Vec::new()).unwrap();
        let wait = Wait::uncancelled(Duration::from_millis(20));
        let reply = stream.exchange(&apdu, wait)?;
        Ok(reply.into_data().unwrap().to_vec())
    }

    #[test]
    fn the_length_does_not_count_the_status_word() {
        let mut stream = StreamExchange::new(Drip(b"\0\0\0\x02ab\x90\0\0\0\0\0\x90\0".to_vec()));
        assert_eq!(exchange(&mut stream).unwrap(), b"ab");
        assert_eq!(exchange(&mut stream).unwrap(), b"");
    }

    #[test]
    fn an_announced_reply_of_four_gigabytes_is_an_error() {
        for length in [[0xff; 4], [0, 0, 4, 0]] {
            let error = exchange(&mut StreamExchange::new(Drip(length.to_vec()))).unwrap_err();
            assert!(matches!(error, ExchangeError::Framing(FramingError::Length(_))), "{error}");
        }
    }

    #[test]
    fn a_late_reply_is_not_taken_for_the_next_one() {
        let mut stream = StreamExchange::new(Drip(b"\0\0\0\x02a".to_vec()));
        let error = exchange(&mut stream).unwrap_err();
        assert!(matches!(error, ExchangeError::Stopped(Stopped::TimedOut(_))), "{error}");
        stream.stream.0.extend(b"b\x90\0");
        assert!(matches!(exchange(&mut stream), Err(ExchangeError::Outstanding)));
    }
}
