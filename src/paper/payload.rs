//! What is carried: named files with a digest, packed as CBOR.

use std::{
    collections::BTreeSet,
    io::{Read as _, Write as _},
};

use flate2::{Compression, read::DeflateDecoder, write::DeflateEncoder};
use minicbor::{Decoder, Encoder, decode};
use sha2::{Digest as _, Sha256};
use stockade::{
    backup::Digest,
    store::{NewFile, StoreError, StorePath},
};

const FORMAT: &str = "stockade-files";
const VERSION: u32 = 1;

/// The longest packed payload: 1,000 codes of 100 bytes.
pub const MAX_PACKED: usize = 96 * 1024;

/// The most bytes that a payload holds.
pub const MAX_CONTENT: usize = 4 * 1024 * 1024;

/// The most files of a payload.
pub const MAX_FILES: u64 = 1024;

/// How the files are packed.
const STORED: u32 = 0;
const DEFLATED: u32 = 1;

/// Named files.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Payload {
    /// What it is, as a name: that of the file, or a set's id.
    pub name: StorePath,
    /// The files, at least one.
    pub files: Vec<PayloadFile>,
}

/// One file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PayloadFile {
    /// Its path, relative to where the payload is written.
    pub path: StorePath,
    /// Its content.
    pub bytes: Vec<u8>,
}

/// Why files cannot be packed, or a payload is refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PayloadError {
    /// It is too much for QR codes or paper.
    #[error(
        "too large for QR codes: {len} bytes when packed, and at most {MAX_PACKED} can be carried"
    )]
    TooLarge {
        /// The number of bytes.
        len: usize,
    },
    /// There is no file, or there are too many.
    #[error("a transfer has 1 to {MAX_FILES} files, and this one has {0}")]
    Count(usize),
    /// A name that some file system refuses, or two that are the same file on some.
    #[error("`{}` cannot be the name of a file, or is there twice", stockade::shown(.0))]
    Name(String),
    /// Another program made it, or it is damaged.
    #[error("not files of Stockade: {0}")]
    Malformed(&'static str),
    /// A later release made it.
    #[error("made by a later release of Stockade (version {0}), which is needed to read it")]
    Version(u32),
    /// The digest is not that of the content.
    #[error(
        "the SHA-256 digest is not that of the content: it is damaged or was put together wrongly"
    )]
    Digest,
}

impl From<decode::Error> for PayloadError {
    fn from(_: decode::Error) -> Self {
        Self::Malformed("it has another form")
    }
}

impl From<StoreError> for PayloadError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::BadPath(name) => Self::Name(name),
            _ => Self::Malformed("a name is not valid"),
        }
    }
}

impl Payload {
    /// One file. Characters that some file system refuses are replaced in its name.
    pub fn file(name: &str, bytes: Vec<u8>) -> Result<Self, PayloadError> {
        let safe = |c: char| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '_' };
        let name: String = name.chars().take(100).map(safe).collect();
        let path: StorePath = name.parse()?;
        Ok(Self { name: path.clone(), files: vec![PayloadFile { path, bytes }] })
    }

    /// Several files under a name.
    pub fn folder(name: StorePath, files: Vec<PayloadFile>) -> Result<Self, PayloadError> {
        let payload = Self { name, files };
        payload.check()?;
        Ok(payload)
    }

    /// The SHA-256 of what is carried.
    pub fn digest(&self) -> Result<Digest, PayloadError> {
        Ok(Digest::of(&self.content()?))
    }

    /// The packed payload, compressed if that makes it shorter.
    pub fn pack(&self) -> Result<Vec<u8>, PayloadError> {
        self.check()?;
        let content = self.content()?;
        let mut deflater = DeflateEncoder::new(Vec::new(), Compression::best());
        let deflated = deflater.write_all(&content).and_then(|()| deflater.finish());
        let deflated = deflated.map_err(|_| PayloadError::Malformed("it cannot be compressed"))?;
        let (method, body) = match &deflated {
            shorter if shorter.len() < content.len() => (DEFLATED, shorter),
            _ => (STORED, &content),
        };
        let mut packed = Vec::with_capacity(body.len().saturating_add(64));
        let mut encoder = Encoder::new(&mut packed);
        let written = encoder
            .array(5)
            .and_then(|e| e.str(FORMAT))
            .and_then(|e| e.u32(VERSION))
            .and_then(|e| e.bytes(&Sha256::digest(&content)))
            .and_then(|e| e.u32(method))
            .and_then(|e| e.bytes(body));
        written.map_err(|_| PayloadError::Malformed("it cannot be written"))?;
        match packed.len() {
            len if len > MAX_PACKED => Err(PayloadError::TooLarge { len }),
            _ => Ok(packed),
        }
    }

    /// Reads a packed payload, and verifies its digest.
    pub fn unpack(packed: &[u8]) -> Result<Self, PayloadError> {
        if packed.len() > MAX_PACKED {
            return Err(PayloadError::TooLarge { len: packed.len() });
        }
        let mut decoder = Decoder::new(packed);
        if decoder.array()? != Some(5) || decoder.str()? != FORMAT {
            return Err(PayloadError::Malformed("it has another format"));
        }
        let version = decoder.u32()?;
        if version != VERSION {
            return Err(PayloadError::Version(version));
        }
        let digest = decoder.bytes()?;
        let method = decoder.u32()?;
        let body = decoder.bytes()?;
        require_end(&decoder, packed)?;
        let content = match method {
            STORED => body.to_vec(),
            DEFLATED => inflate(body)?,
            _ => return Err(PayloadError::Malformed("it is packed in an unknown way")),
        };
        if Sha256::digest(&content).as_slice() != digest {
            return Err(PayloadError::Digest);
        }
        Self::read(&content)
    }

    /// The files to be written below the folder that they are published as.
    pub fn new_files(&self) -> Vec<NewFile> {
        let file =
            |file: &PayloadFile| NewFile { path: file.path.clone(), bytes: file.bytes.clone() };
        self.files.iter().map(file).collect()
    }

    /// The only file, if there is only one and it is not in a folder.
    pub fn only_file(&self) -> Option<&PayloadFile> {
        match self.files.as_slice() {
            [only] if only.path.names().count() == 1 => Some(only),
            _ => None,
        }
    }

    fn content(&self) -> Result<Vec<u8>, PayloadError> {
        let mut content = Vec::new();
        let mut encoder = Encoder::new(&mut content);
        let count = self.files.len() as u64;
        let head =
            encoder.array(2).and_then(|e| e.str(self.name.as_str())).and_then(|e| e.array(count));
        let files = head.and_then(|encoder| {
            self.files.iter().try_fold(encoder, |encoder, file| {
                encoder.array(2)?.str(file.path.as_str())?.bytes(&file.bytes)
            })
        });
        files.map_err(|_| PayloadError::Malformed("it cannot be written"))?;
        Ok(content)
    }

    fn read(content: &[u8]) -> Result<Self, PayloadError> {
        let mut decoder = Decoder::new(content);
        if decoder.array()? != Some(2) {
            return Err(PayloadError::Malformed("it has another form"));
        }
        let name = decoder.str()?.parse()?;
        let count = decoder.array()?.filter(|count| *count <= MAX_FILES);
        let count = count.ok_or(PayloadError::Malformed("it has too many files"))?;
        let mut files = Vec::new();
        for _ in 0..count {
            if decoder.array()? != Some(2) {
                return Err(PayloadError::Malformed("it has another form"));
            }
            let path = decoder.str()?.parse()?;
            files.push(PayloadFile { path, bytes: decoder.bytes()?.to_vec() });
        }
        require_end(&decoder, content)?;
        Self::folder(name, files)
    }

    fn check(&self) -> Result<(), PayloadError> {
        if self.files.is_empty() || self.files.len() as u64 > MAX_FILES {
            return Err(PayloadError::Count(self.files.len()));
        }
        let len: usize = self.files.iter().map(|file| file.bytes.len()).sum();
        if len > MAX_CONTENT {
            return Err(PayloadError::TooLarge { len });
        }
        let mut seen = BTreeSet::new();
        match self.files.iter().find(|file| !seen.insert(file.path.folded())) {
            Some(twice) => Err(PayloadError::Name(twice.path.to_string())),
            None => Ok(()),
        }
    }
}

fn require_end(decoder: &Decoder<'_>, bytes: &[u8]) -> Result<(), PayloadError> {
    if decoder.position() == bytes.len() {
        Ok(())
    } else {
        Err(PayloadError::Malformed("something follows its end"))
    }
}

/// What is inflated is bounded: a few bytes can become gigabytes.
fn inflate(body: &[u8]) -> Result<Vec<u8>, PayloadError> {
    let limit = MAX_CONTENT.saturating_add(1024 * 1024);
    let mut content = Vec::new();
    let mut bounded = DeflateDecoder::new(body).take(limit as u64);
    match bounded.read_to_end(&mut content) {
        Ok(len) if len < limit => Ok(content),
        Ok(_) => Err(PayloadError::Malformed("it is larger than any payload")),
        Err(_) => Err(PayloadError::Malformed("its compressed content is damaged")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, bytes: &[u8]) -> PayloadFile {
        PayloadFile { path: path.parse().unwrap(), bytes: bytes.to_vec() }
    }

    #[test]
    fn a_set_comes_back_as_it_was() {
        let files = vec![file("a/b.json", b"{}"), file("a/c", &[0; 5000])];
        let payload = Payload::folder("20261121-hoodi-c89274fa".parse().unwrap(), files).unwrap();
        let packed = payload.pack().unwrap();
        assert!(packed.len() < 200, "{}", packed.len());
        assert_eq!(Payload::unpack(&packed).unwrap(), payload);
    }

    /// The digest covers the content, and the form covers the rest.
    #[test]
    fn every_flipped_bit_and_every_missing_end_is_refused() {
        let payload = Payload::file("my custodian.json", b"{\"a\": 1}".to_vec()).unwrap();
        assert_eq!(payload.name.as_str(), "my_custodian.json");
        let packed = payload.pack().unwrap();
        for bit in 0..packed.len() * 8 {
            let mut damaged = packed.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert!(Payload::unpack(&damaged).is_err(), "bit {bit}");
        }
        for len in 0..packed.len() {
            assert!(Payload::unpack(&packed[..len]).is_err(), "{len}");
        }
        let longer = [packed.as_slice(), &[0]].concat();
        assert!(matches!(Payload::unpack(&longer), Err(PayloadError::Malformed(_))));
    }

    #[test]
    fn names_that_lead_elsewhere_are_refused() {
        for name in ["../x", "/etc/passwd", "a/../../b", "", ".."] {
            let mut content = Vec::new();
            Encoder::new(&mut content)
                .array(2)
                .unwrap()
                .str("x")
                .unwrap()
                .array(1)
                .unwrap()
                .array(2)
                .unwrap()
                .str(name)
                .unwrap()
                .bytes(b"x")
                .unwrap();
            assert!(matches!(Payload::read(&content), Err(PayloadError::Name(_))), "{name}");
        }
        let twice = vec![file("a", b"1"), file("A", b"2")];
        assert!(Payload::folder("x".parse().unwrap(), twice).is_err());
    }

    /// Zeros, as deflate has them.
    #[test]
    fn a_few_bytes_do_not_become_gigabytes() {
        let mut deflater = DeflateEncoder::new(Vec::new(), Compression::best());
        deflater.write_all(&vec![0; MAX_CONTENT + 2 * 1024 * 1024]).unwrap();
        let body = deflater.finish().unwrap();
        assert!(body.len() < 10_000);
        assert!(matches!(inflate(&body), Err(PayloadError::Malformed(_))));
    }

    #[test]
    fn a_count_of_files_from_outside_allocates_nothing() {
        let mut content = Vec::new();
        Encoder::new(&mut content).array(2).unwrap().str("x").unwrap().array(u64::MAX).unwrap();
        assert!(matches!(Payload::read(&content), Err(PayloadError::Malformed(_))));
        let mut packed = Vec::new();
        Encoder::new(&mut packed).array(5).unwrap().str(FORMAT).unwrap().u32(2).unwrap();
        assert!(matches!(Payload::unpack(&packed), Err(PayloadError::Version(2))));
    }
}
