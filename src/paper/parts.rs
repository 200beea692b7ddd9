//! A message as parts of a UR (Uniform Resource, BCR-2020-005): `ur:bytes`, with fountain codes
//! (BCR-2024-001), so that any parts will do if there are enough. The text of each QR code is one part.

use std::collections::BTreeMap;

use minicbor::{Decoder, Encoder};
use ur::ur::Kind;

use crate::payload::MAX_PACKED;

/// The most parts of a message. The library weighs as many numbers as a part claims that there are.
pub const MAX_PARTS: u64 = 1024;

/// The longest text of a part: that of the largest QR code.
pub const MAX_TEXT: usize = 4296;

/// The most different parts of one message that are taken: each is kept until it is resolved.
const MAX_RECEIVED: usize = 4 * MAX_PARTS as usize;

/// With at most so many parts, it is tried how many are enough.
const FEW: usize = 48;

/// How the text of every part begins.
const PREFIX: &str = "ur:bytes/";

/// How many bytes a part has besides those of the message: CBOR's heads, numbers and a checksum.
const OVERHEAD: usize = 28;

/// How many characters the type and the numbers of a part take.
const HEAD: usize = PREFIX.len() + 12;

/// Why a part cannot be made or used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PartError {
    /// Nothing to show, or too much.
    #[error("{0} bytes cannot be shown as at most {MAX_PARTS} QR codes of this size")]
    Length(usize),
    /// Another kind of QR code.
    #[error("not a part of a transfer: its text does not begin with `{PREFIX}`")]
    Foreign,
    /// A part that is damaged, or that no transfer of Stockade has.
    #[error("a part of a transfer that cannot be read: {0}")]
    Malformed(String),
    /// A part of another message than those before.
    #[error("a part of another transfer: read the codes of one transfer at a time")]
    OtherMessage,
    /// More different parts than any transfer needs.
    #[error("more than {MAX_RECEIVED} different parts: no transfer needs as many")]
    TooMany,
}

impl From<ur::ur::Error> for PartError {
    fn from(error: ur::ur::Error) -> Self {
        Self::Malformed(error.to_string())
    }
}

/// How many bytes of a message a part of at most `characters` holds; at least 10.
pub fn bytes_for(characters: usize) -> usize {
    (characters.saturating_sub(HEAD) / 2).saturating_sub(OVERHEAD).max(10)
}

/// The parts of a message, in upper case, as QR codes hold them most compactly. First those that are
/// the message, one after the other, then mixtures without an end. A message that fits into one part
/// has only this one, again and again.
pub struct Frames {
    count: usize,
    message: Vec<u8>,
    /// How many bytes of the message a part has; `None` if it has all.
    max_bytes: Option<usize>,
    source: Source,
}

enum Source {
    Single(String),
    Many(Box<ur::Encoder<'static>>),
}

impl Frames {
    /// The parts of `payload`, each with at most `max_bytes` of it.
    pub fn new(payload: &[u8], max_bytes: usize) -> Result<Self, PartError> {
        let length = || PartError::Length(payload.len());
        if payload.is_empty() || payload.len() > MAX_PACKED || max_bytes == 0 {
            return Err(length());
        }
        let mut message = Vec::with_capacity(payload.len().saturating_add(9));
        Encoder::new(&mut message).bytes(payload).map_err(|_| length())?;
        if message.len() <= max_bytes.saturating_add(OVERHEAD) {
            let text = ur::ur::try_encode(&message, &ur::Type::Bytes)?;
            let source = Source::Single(text.to_uppercase());
            return Ok(Self { count: 1, message, max_bytes: None, source });
        }
        let encoder = ur::Encoder::bytes(&message, max_bytes)?;
        let count = encoder.fragment_count();
        if count as u64 > MAX_PARTS {
            return Err(length());
        }
        let source = Source::Many(Box::new(encoder));
        Ok(Self { count, message, max_bytes: Some(max_bytes), source })
    }

    /// How many parts the message has. As many different ones are needed at least.
    pub fn needed(&self) -> usize {
        self.count
    }

    /// A number of parts from which the message comes back even if every fourth is lost, whichever is the
    /// first that is lost. For few parts that depends on luck, so it is tried.
    pub fn with_spare(&self) -> usize {
        match self.count {
            1 => 1,
            2..=FEW => {
                let step = self.count.div_ceil(4);
                let mut numbers = (2 * self.count + 4..8 * self.count + 64).step_by(step);
                numbers.find(|number| self.survives(*number)).unwrap_or(8 * self.count + 64)
            }
            count => count.saturating_mul(3).saturating_add(8),
        }
    }

    /// Whether the first `number` parts are enough without every fourth.
    fn survives(&self, number: usize) -> bool {
        let Some(max_bytes) = self.max_bytes else { return true };
        let Ok(mut encoder) = ur::Encoder::bytes(&self.message, max_bytes) else { return false };
        let parts: Vec<_> = (0..number).filter_map(|_| encoder.next_part().ok()).collect();
        (0..4).all(|phase| {
            let mut received = Parts::default();
            let kept = parts.iter().enumerate().filter(|(i, _)| i % 4 != phase);
            kept.for_each(|(_, part)| drop(received.receive(part)));
            received.message().is_ok_and(|message| message.is_some())
        })
    }
}

impl Iterator for Frames {
    type Item = String;

    fn next(&mut self) -> Option<String> {
        match &mut self.source {
            Source::Single(text) => Some(text.clone()),
            Source::Many(encoder) => encoder.next_part().ok().map(|part| part.to_uppercase()),
        }
    }
}

/// Parts as they are received, in any order.
#[derive(Default)]
pub struct Parts {
    decoder: ur::Decoder,
    of: Option<Claims>,
    single: Option<Vec<u8>>,
    /// The texts of the parts by their numbers, until the message is complete.
    texts: BTreeMap<u32, String>,
    /// How many parts there were when they were last put in order.
    ordered: usize,
}

/// What every part of one message says alike.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Claims {
    count: u64,
    len: u64,
    checksum: u32,
    fragment: usize,
}

impl std::fmt::Debug for Parts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Parts({} received, complete: {})", self.received(), self.is_complete())
    }
}

impl Parts {
    /// Takes the text of a QR code.
    pub fn receive(&mut self, text: &str) -> Result<(), PartError> {
        let text = text.trim();
        if !text.get(..PREFIX.len()).is_some_and(|start| start.eq_ignore_ascii_case(PREFIX)) {
            return Err(PartError::Foreign);
        }
        if text.len() > MAX_TEXT || !text.is_ascii() {
            return Err(PartError::Malformed("it is longer than any QR code".to_owned()));
        }
        let text = text.to_ascii_lowercase();
        // Nothing here allocates more than the text is long.
        let (kind, body) = ur::ur::decode(&text)?;
        match kind {
            Kind::SinglePart => self.take_single(body),
            Kind::MultiPart => self.take_part(&text, &body),
        }
    }

    fn take_single(&mut self, message: Vec<u8>) -> Result<(), PartError> {
        let other = self.single.as_ref().is_some_and(|known| *known != message);
        if other || self.of.is_some() {
            return Err(PartError::OtherMessage);
        }
        self.single = Some(message);
        Ok(())
    }

    fn take_part(&mut self, text: &str, body: &[u8]) -> Result<(), PartError> {
        let (sequence, claims) = Claims::read(body)?;
        if self.single.is_some() || self.of.is_some_and(|known| known != claims) {
            return Err(PartError::OtherMessage);
        }
        if self.texts.len() >= MAX_RECEIVED {
            return Err(PartError::TooMany);
        }
        if self.decoder.complete() || self.texts.contains_key(&sequence) {
            return Ok(());
        }
        self.decoder.receive(text)?;
        self.of = Some(claims);
        self.texts.insert(sequence, text.to_owned());
        let count = usize::try_from(claims.count).unwrap_or(usize::MAX);
        let since = self.texts.len().saturating_sub(self.ordered);
        if self.texts.len() >= count && since > count / 8 {
            self.put_in_order()?;
        }
        Ok(())
    }

    /// Gives the library all parts again, the mixtures first. It resolves mixtures only when a part of
    /// the message itself arrives, so that in another order more of them are needed.
    fn put_in_order(&mut self) -> Result<(), PartError> {
        self.ordered = self.texts.len();
        if self.decoder.complete() {
            return Ok(());
        }
        let mut decoder = ur::Decoder::default();
        for text in self.texts.values().rev() {
            decoder.receive(text)?;
        }
        self.decoder = decoder;
        Ok(())
    }

    /// Whether the message can be put together.
    pub fn is_complete(&self) -> bool {
        self.single.is_some() || self.decoder.complete()
    }

    /// How many parts the message has; `None` until one was received.
    pub fn needed(&self) -> Option<u64> {
        self.single.as_ref().map(|_| 1).or(self.of.map(|of| of.count))
    }

    /// How many different parts were received.
    pub fn received(&self) -> usize {
        self.texts.len().max(usize::from(self.single.is_some()))
    }

    /// The payload, once it is complete.
    pub fn message(&mut self) -> Result<Option<Vec<u8>>, PartError> {
        if self.texts.len() > self.ordered {
            self.put_in_order()?;
        }
        let message = match &self.single {
            Some(single) => Some(single.clone()),
            None => self.decoder.message()?,
        };
        let Some(message) = message else { return Ok(None) };
        let bad = || PartError::Malformed("it does not hold bytes (`ur:bytes`)".to_owned());
        let mut decoder = Decoder::new(&message);
        let payload = decoder.bytes().map_err(|_| bad())?;
        if decoder.position() == message.len() { Ok(Some(payload.to_vec())) } else { Err(bad()) }
    }
}

impl Claims {
    /// Reads a part's numbers before the library does, which allocates by them.
    fn read(body: &[u8]) -> Result<(u32, Self), PartError> {
        let numbers = Self::numbers(body);
        let (sequence, claims) =
            numbers.ok_or_else(|| PartError::Malformed("its numbers".to_owned()))?;
        let whole = claims.count.saturating_mul(claims.fragment as u64);
        let fits = (1..=MAX_PARTS).contains(&claims.count)
            && sequence > 0
            && claims.fragment > 0
            && (1..=MAX_PACKED as u64 + 16).contains(&claims.len)
            && (claims.len..claims.len.saturating_add(claims.fragment as u64)).contains(&whole);
        if fits {
            Ok((sequence, claims))
        } else {
            Err(PartError::Malformed("its numbers".to_owned()))
        }
    }

    fn numbers(body: &[u8]) -> Option<(u32, Self)> {
        let mut decoder = Decoder::new(body);
        decoder.array().ok().filter(|len| *len == Some(5))?;
        let sequence = decoder.u32().ok()?;
        let count = u64::from(decoder.u32().ok()?);
        let len = u64::from(decoder.u32().ok()?);
        let checksum = decoder.u32().ok()?;
        let fragment = decoder.bytes().ok()?.len();
        Some((sequence, Self { count, len, checksum, fragment }))
    }
}
