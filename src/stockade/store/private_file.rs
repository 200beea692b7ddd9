//! Single files outside of copies: custodian files, restored passwords, attestations.

use std::{
    ffi::{OsStr, OsString},
    fs::{File, FileType},
    io::{self, IsTerminal as _, Read as _},
    path::{Path, PathBuf},
};

use zeroize::Zeroizing;

#[cfg(unix)]
use super::pipe;
use super::{
    StoreError,
    folder::Folder,
    fs_ops,
    publish::{self, name_of},
    require_room_for_file,
};

/// Writes a new file that only its owner can read. An existing file is never overwritten. After a
/// crash there is either no file or the complete one.
pub fn create(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    require_new(path)?;
    let folder = Folder::open(fs_ops::parent(path))?;
    publish::publish_file(&folder, name_of(path)?, bytes, fs_ops::rename_new).map(|_| ())
}

/// Checks that the file could be created: it does not exist, and its folder can be written to. For
/// callers that ask the user for approval first.
pub fn require_new(path: &Path) -> Result<(), StoreError> {
    match path.symlink_metadata() {
        Ok(_) => Err(StoreError::Exists(path.to_owned())),
        Err(_) => require_room_for_file(path, SMALL),
    }
}

/// The approximate size of such a file.
const SMALL: u64 = 16 * 1024;

/// Writes a file that only its owner can read, replacing an existing one, and creates its folder if
/// necessary. Concurrent readers get the old or the new file.
pub fn replace(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let folder = fs_ops::make_folders(fs_ops::parent(path))?;
    replace_in(&folder, name_of(path)?, bytes, |_| Ok(()))
}

/// Writes a file in `folder` under another name, and gives it its own after `finish` was called with
/// its path.
pub(super) fn replace_in(
    folder: &Folder,
    name: &OsStr,
    bytes: &[u8],
    finish: impl FnOnce(&Path) -> io::Result<()>,
) -> Result<(), StoreError> {
    // Two processes may do so at once.
    let mut partial = OsString::from(".");
    partial.push(name);
    partial.push(format!(".{}", std::process::id()));
    let at = folder.path_of(&partial);
    fs_ops::write_new(folder, &partial, bytes)
        .and_then(|()| finish(&at).map_err(|error| StoreError::io(&at, error)))
        .and_then(|()| fs_ops::rename_over(folder, &partial, name))
        .inspect_err(|_| {
            // A partial file does not count, and may not even exist.
            let _ = fs_ops::remove(folder, &partial);
        })
}

/// Reads a whole file of at most `limit` bytes, which the user named: it may be a pipe, which is waited for
/// for a while.
pub fn read(path: &Path, limit: u64) -> Result<Vec<u8>, StoreError> {
    let file = open_at_once(path).map_err(|e| StoreError::io(path, e))?;
    let kind = file.metadata().map_err(|e| StoreError::io(path, e))?.file_type();
    if kind.is_file() {
        return read_all(file, path, limit);
    }
    if kind.is_dir() || is_disk(kind) {
        return Err(StoreError::NotAFile(path.to_owned()));
    }
    let mut bytes = Vec::new();
    read_until_end(file, path, &mut bytes, limit)?;
    require_within(bytes, path, limit)
}

#[cfg(unix)]
fn is_disk(kind: FileType) -> bool {
    std::os::unix::fs::FileTypeExt::is_block_device(&kind)
}

#[cfg(not(unix))]
fn is_disk(_kind: FileType) -> bool {
    false
}

#[cfg(unix)]
fn read_until_end(
    file: File,
    path: &Path,
    bytes: &mut Vec<u8>,
    limit: u64,
) -> Result<(), StoreError> {
    pipe::read(&file, path, bytes, limit, pipe::WAIT).map_err(|e| StoreError::io(path, e))
}

#[cfg(not(unix))]
fn read_until_end(
    file: File,
    path: &Path,
    bytes: &mut Vec<u8>,
    limit: u64,
) -> Result<(), StoreError> {
    let read = file.take(limit + 1).read_to_end(bytes);
    read.map(|_| ()).map_err(|e| StoreError::io(path, e))
}

fn require_within(bytes: Vec<u8>, path: &Path, limit: u64) -> Result<Vec<u8>, StoreError> {
    if bytes.len() as u64 > limit {
        Err(StoreError::TooLong { path: path.to_owned(), limit })
    } else {
        Ok(bytes)
    }
}

/// Reads a whole regular file of at most `limit` bytes. A link to one is followed. Pipes and
/// devices are refused: reading them could block for ever.
pub fn read_regular(path: &Path, limit: u64) -> Result<Vec<u8>, StoreError> {
    let (file, _) = open_regular(path)?;
    read_all(file, path, limit)
}

/// The first `count` bytes of a regular file, and its length.
pub fn read_start(path: &Path, count: u64) -> Result<(Vec<u8>, u64), StoreError> {
    let (file, len) = open_regular(path)?;
    let mut bytes = Vec::new();
    file.take(count).read_to_end(&mut bytes).map_err(|e| StoreError::io(path, e))?;
    Ok((bytes, len))
}

/// Opens without blocking on a pipe.
fn open_regular(path: &Path) -> Result<(File, u64), StoreError> {
    let file = open_at_once(path).map_err(|e| StoreError::io(path, e))?;
    let metadata = file.metadata().map_err(|e| StoreError::io(path, e))?;
    if metadata.is_file() {
        Ok((file, metadata.len()))
    } else {
        Err(StoreError::NotAFile(path.to_owned()))
    }
}

/// Opens a file. An inherited descriptor can be a named pipe whose writer may be gone: what it
/// wrote can still be read, and no other writer is waited for.
#[cfg(unix)]
pub(super) fn open_at_once(path: &Path) -> io::Result<File> {
    use rustix::fs::{Mode, OFlags};

    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::NOCTTY;
    Ok(File::from(rustix::fs::open(path, flags, Mode::empty())?))
}

#[cfg(not(unix))]
fn open_at_once(path: &Path) -> io::Result<File> {
    File::open(path)
}

/// Reads a secret from the pipe or socket with file descriptor `fd`: at most `limit` bytes, in a
/// buffer that does not move and is wiped. A file would keep the secret, and a terminal would show
/// it.
pub fn read_pipe(fd: u32, limit: usize) -> Result<Zeroizing<Vec<u8>>, StoreError> {
    let path = PathBuf::from(format!("/dev/fd/{fd}"));
    let file = open_at_once(&path).map_err(|e| StoreError::io(&path, e))?;
    let kind = file.metadata().map_err(|e| StoreError::io(&path, e))?.file_type();
    let what = match () {
        () if kind.is_file() => Some("a file"),
        () if kind.is_dir() => Some("a folder"),
        () if file.is_terminal() => Some("a terminal"),
        () => None,
    };
    if let Some(what) = what {
        return Err(StoreError::NotAPipe { path, what });
    }
    // One byte more, so that the reader never grows the buffer.
    let mut bytes = Zeroizing::new(Vec::with_capacity(limit + 64));
    read_until_end(file, &path, &mut bytes, limit as u64)?;
    if bytes.len() > limit {
        Err(StoreError::TooLong { path, limit: limit as u64 })
    } else {
        Ok(bytes)
    }
}

pub(super) fn read_all(file: File, path: &Path, limit: u64) -> Result<Vec<u8>, StoreError> {
    // As large as the file, so that the reader reads once and possible secrets are not moved.
    let len = file.metadata().map_or(0, |metadata| metadata.len());
    if len > limit {
        return Err(StoreError::TooLong { path: path.to_owned(), limit });
    }
    let mut bytes = Vec::with_capacity(usize::try_from(len).unwrap_or_default().saturating_add(1));
    file.take(limit + 1).read_to_end(&mut bytes).map_err(|e| StoreError::io(path, e))?;
    require_within(bytes, path, limit)
}

/// Reads a file one piece at a time. Returns its length.
pub(super) fn read_pieces(
    mut file: File,
    path: &Path,
    limit: u64,
    take: &mut dyn FnMut(&[u8]),
) -> Result<u64, StoreError> {
    let mut buffer = [0; PIECE];
    let mut len = 0_u64;
    loop {
        let read = match file.read(&mut buffer) {
            Ok(0) => return Ok(len),
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(StoreError::io(path, error)),
        };
        len = len.saturating_add(read as u64);
        if len > limit {
            return Err(StoreError::TooLong { path: path.to_owned(), limit });
        }
        take(buffer.get(..read).unwrap_or_default());
    }
}

const PIECE: usize = 16 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_partial_file_of_another_process_is_not_touched() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new").join("pairing.json");
        replace(&path, b"one").unwrap();
        let others = path.with_file_name(".pairing.json.partial");
        create(&others, b"half of an").unwrap();
        replace(&path, b"two").unwrap();
        assert_eq!(read(&path, 10).unwrap(), b"two");
        assert_eq!(read(&others, 10).unwrap(), b"half of an");
        assert_eq!(path.parent().unwrap().read_dir().unwrap().count(), 2);
    }

    #[test]
    fn a_pipe_without_a_writer_does_not_block() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("keystore.json");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status();
        assert!(made.unwrap().success());
        assert!(matches!(read_regular(&pipe, 10), Err(StoreError::NotAFile(_))));
        assert!(matches!(read_start(&pipe, 10), Err(StoreError::NotAFile(_))));
        create(&folder.path().join("file"), b"whole").unwrap();
        std::os::unix::fs::symlink("file", folder.path().join("link")).unwrap();
        let link = folder.path().join("link");
        assert_eq!(read_regular(&link, 10).unwrap(), b"whole");
        assert_eq!(read_start(&link, 2).unwrap(), (b"wh".to_vec(), 5));
    }
}
