//! Archives (zip, tar, gzip), read in memory and within limits. Nothing is unpacked to a disk, and
//! names in an archive are only shown. Every file in an archive is taken, skipped or bad.

use std::{
    cell::Cell,
    ffi::OsString,
    io::{self, Cursor, Read},
    path::{Path, PathBuf},
};

use flate2::read::MultiGzDecoder;
use tar::EntryType;
use zip::ZipArchive;

use super::{
    content::{Archive, Content},
    sniff, walk,
};

/// Recognises a file in an archive, from its path, a reader and the size that the archive gives.
pub(crate) type Recognise = fn(&Path, &mut dyn Read, u64) -> io::Result<Content>;

/// The longest archive that is read.
pub(crate) const MAX_ARCHIVE: u64 = 64 * MIB;
/// More files than the largest operators have keys.
const MAX_FILES: usize = 50_000;
/// The most that is unpacked, in total and for each packed byte: keystores shrink to about a half,
/// bombs to a thousandth.
const MAX_UNPACKED: u64 = 256 * MIB;
const MAX_RATIO: u64 = 100;
const MIB: u64 = 1024 * 1024;

const BY_HAND: &str = "unpack it, and name the folder";

/// How files are packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Zip,
    Tar,
    Gzip,
}

impl Kind {
    /// How the file at `path` is packed, judging by its first bytes. Packed logs of clients are not
    /// opened.
    pub(crate) fn of(path: &Path, start: &[u8]) -> Option<Self> {
        match sniff::archive(start)? {
            _ if sniff::is_log(path) => None,
            "zip" => Some(Self::Zip),
            "tar" => Some(Self::Tar),
            "gzip" => Some(Self::Gzip),
            _ => None,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Zip => "zip",
            Self::Tar => "tar",
            Self::Gzip => "gzip",
        }
    }

    /// Why an archive is not opened.
    pub(crate) fn bad(self, why: &str) -> String {
        format!("an archive ({}) {why}: {BY_HAND}", self.name())
    }
}

/// Opens an archive. One without any keystore, or file that may be one, is reported as another kind
/// of file. One that cannot be read to its end is bad as a whole.
pub(crate) fn open(path: &Path, kind: Kind, bytes: &[u8], recognise: Recognise) -> Content {
    let mut opening = Opening {
        path,
        left: Cell::new((bytes.len() as u64 * MAX_RATIO + MIB).min(MAX_UNPACKED)),
        files: Vec::new(),
        recognise,
    };
    let read = match kind {
        Kind::Zip => opening.zip(bytes),
        Kind::Tar => opening.tar(bytes),
        Kind::Gzip => opening.gzip(bytes),
    };
    let (left, files) = (opening.left.get(), opening.files);
    match read {
        _ if left == 0 => Content::Bad(kind.bad("that unpacks to too much")),
        Err(why) => Content::Bad(kind.bad(why)),
        Ok(()) if files.iter().all(|(_, content)| matches!(content, Content::Other(_))) => {
            let (kind, count) = (kind.name(), files.len());
            Content::Other(format!("an archive ({kind}) without a keystore (files in it: {count})"))
        }
        Ok(()) => Content::Archive(Archive { kind: kind.name(), files }),
    }
}

struct Opening<'a> {
    path: &'a Path,
    /// How much may still be unpacked.
    left: Cell<u64>,
    files: Vec<(PathBuf, Content)>,
    recognise: Recognise,
}

const DAMAGED: &str = "that is cut off or damaged";
const TOO_MANY: &str = "of too many files";

impl Opening<'_> {
    fn zip(&mut self, bytes: &[u8]) -> Result<(), &'static str> {
        let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|_| DAMAGED)?;
        // Only one of the two would be read.
        if archive.has_duplicate_names() {
            return Err("in which two files have the same name");
        }
        for index in 0..archive.len() {
            let entry = archive.by_index_raw(index).map_err(|_| DAMAGED)?;
            let path = self.inside(entry.name_raw());
            let (size, is_encrypted) = (entry.size(), entry.encrypted());
            let is_link = !entry.is_file();
            if entry.is_dir() {
                continue;
            }
            drop(entry);
            let content = if is_encrypted {
                Content::Bad(format!("it is encrypted with a password: {BY_HAND}"))
            } else if is_link {
                link(&path)
            } else {
                let read = archive.by_index(index).map_err(io::Error::other);
                let read =
                    read.and_then(|entry| (self.recognise)(&path, &mut self.bounded(entry), size));
                read.unwrap_or_else(|error| Content::Bad(format!("cannot be unpacked: {error}")))
            };
            self.add(path, content)?;
        }
        Ok(())
    }

    fn gzip(&mut self, bytes: &[u8]) -> Result<(), &'static str> {
        let left = self.left.clone();
        let unpacked = || Bounded { inner: MultiGzDecoder::new(bytes), left: &left };
        let mut start = Vec::new();
        unpacked().take(512).read_to_end(&mut start).map_err(|_| DAMAGED)?;
        let read = match sniff::archive(&start) {
            Some("tar") => self.tar(unpacked()),
            _ => {
                // A single file, under its own name.
                let name = self.path.file_stem().unwrap_or_default().to_owned();
                let path = self.inside(name.as_encoded_bytes());
                let found = (self.recognise)(&path, &mut unpacked(), 0).map_err(|_| DAMAGED);
                found.and_then(|content| self.add(path, content))
            }
        };
        self.left.set(self.left.get().min(left.get()));
        read
    }

    fn tar(&mut self, bytes: impl Read) -> Result<(), &'static str> {
        let mut archive = tar::Archive::new(Ended { inner: bytes, zeros: 0 });
        // If several archives were concatenated, all of them are read.
        archive.set_ignore_zeros(true);
        for entry in archive.entries().map_err(|_| DAMAGED)? {
            let entry = entry.map_err(|_| DAMAGED)?;
            let path = self.inside(&entry.path_bytes());
            let size = entry.size();
            let content = match entry.header().entry_type() {
                EntryType::Directory | EntryType::XGlobalHeader => continue,
                EntryType::Regular | EntryType::Continuous => {
                    (self.recognise)(&path, &mut self.bounded(entry), size).map_err(|_| DAMAGED)?
                }
                _ => link(&path),
            };
            self.add(path, content)?;
        }
        let mut input = archive.into_inner();
        // Reads to the end, so that checksums are checked and the zeros that end an archive are
        // seen.
        io::copy(&mut input, &mut io::sink()).map_err(|_| DAMAGED)?;
        if input.zeros < 512 { Err(DAMAGED) } else { Ok(()) }
    }

    /// The path of a file in the archive, which cannot lead out of it.
    fn inside(&self, name: &[u8]) -> PathBuf {
        let mut path = OsString::from(self.path);
        path.push("/");
        path.push(String::from_utf8_lossy(name).as_ref());
        PathBuf::from(path)
    }

    fn bounded<R>(&self, inner: R) -> Bounded<'_, R> {
        Bounded { inner, left: &self.left }
    }

    fn add(&mut self, path: PathBuf, content: Content) -> Result<(), &'static str> {
        if self.left.get() == 0 || self.files.len() >= MAX_FILES {
            return Err(TOO_MANY);
        }
        let content = match content {
            Content::Definitions(_) => Content::Bad(format!(
                "Lighthouse's list of its validators, in an archive: {BY_HAND}"
            )),
            content if is_litter(self.path, &path) && !content.is_taken() => {
                Content::Other(walk::LITTER_WHY.to_owned())
            }
            content => content,
        };
        self.files.push((path, content));
        Ok(())
    }
}

/// A link, or another entry that is not a file.
fn link(path: &Path) -> Content {
    if walk::may_be_keystore(path) {
        Content::Bad("an archive entry that is not a regular file (a link, for example)".to_owned())
    } else {
        Content::Other("an entry that is not a regular file (a link, for example)".to_owned())
    }
}

/// Whether an operating system put the file there, as macOS does in `__MACOSX`.
fn is_litter(archive: &Path, path: &Path) -> bool {
    let folders = path.strip_prefix(archive).ok().and_then(Path::parent);
    walk::is_litter(path)
        || folders.is_some_and(|folders| {
            folders.iter().any(|name| walk::is_litter_folder(&name.to_os_string()))
        })
}

/// Unpacks no more than is left.
struct Bounded<'a, R> {
    inner: R,
    left: &'a Cell<u64>,
}

impl<R: Read> Read for Bounded<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let len = self.inner.read(buffer)?;
        let left = self.left.get().saturating_sub(len as u64);
        self.left.set(left);
        if left == 0 { Err(io::Error::other("it unpacks to too much")) } else { Ok(len) }
    }
}

/// Counts the zeros at the end of what was read.
struct Ended<R> {
    inner: R,
    zeros: u64,
}

impl<R: Read> Read for Ended<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let len = self.inner.read(buffer)?;
        let read = buffer.get(..len).unwrap_or_default();
        let zeros = read.iter().rev().take_while(|byte| **byte == 0).count() as u64;
        self.zeros = if zeros == len as u64 { self.zeros.saturating_add(zeros) } else { zeros };
        Ok(len)
    }
}

#[cfg(test)]
mod tests;
