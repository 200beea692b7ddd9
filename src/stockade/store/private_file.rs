//! Single files outside of copies: custodian files, restored passwords, attestations.

use std::{
    ffi::OsString,
    fs::File,
    io::{self, IsTerminal as _, Read as _},
    path::{Path, PathBuf},
};

use zeroize::Zeroizing;

use super::{
    StoreError, calls,
    folder::Folder,
    publish::{self, name_of},
    require_room_for_file,
};

/// Writes a new file that only its owner can read. One that exists is never overwritten, and after
/// a crash at any moment there is either none or the whole of it.
pub fn create(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    require_new(path)?;
    let folder = Folder::open(calls::parent(path))?;
    publish::publish_file(&folder, name_of(path)?, bytes, calls::rename_new).map(|_| ())
}

/// Whether the file can be made: there is none yet, and its folder takes one. Asked before somebody
/// is, who would press in vain.
pub fn require_new(path: &Path) -> Result<(), StoreError> {
    match path.symlink_metadata() {
        Ok(_) => Err(StoreError::Exists(path.to_owned())),
        Err(_) => require_room_for_file(path, SMALL),
    }
}

/// What a file that is written takes, about.
const SMALL: u64 = 16 * 1024;

/// Writes a file that only its owner can read, in the place of one of the same name, and makes its
/// folder, for its owner alone, where there is none. Who reads meanwhile gets the old file or the
/// new one.
pub fn replace(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let folder = calls::make_folders(calls::parent(path))?;
    let name = name_of(path)?;
    // Two processes may do so at once.
    let mut beside = OsString::from(".");
    beside.push(name);
    beside.push(format!(".{}", std::process::id()));
    calls::write_new(&folder, &beside, bytes)
        .and_then(|()| calls::rename_over(&folder, &beside, name))
        .inspect_err(|_| {
            // What was begun is nothing; it may never have been there.
            let _ = calls::remove(&folder, &beside);
        })
}

/// The whole of a file that is at most `limit` bytes long.
pub fn read(path: &Path, limit: u64) -> Result<Vec<u8>, StoreError> {
    let file = open(path).map_err(|e| StoreError::io(path, e))?;
    let metadata = file.metadata().map_err(|e| StoreError::io(path, e))?;
    if metadata.is_dir() {
        return Err(StoreError::NotAFile(path.to_owned()));
    }
    read_all(file, path, limit)
}

/// The whole of a regular file that is at most `limit` bytes long. A link to one is followed. A pipe
/// or a device is refused: reading one could wait for ever.
pub fn read_regular(path: &Path, limit: u64) -> Result<Vec<u8>, StoreError> {
    let (file, _) = open_regular(path)?;
    read_all(file, path, limit)
}

/// The first `count` bytes of a regular file, and how long the whole of it is.
pub fn read_start(path: &Path, count: u64) -> Result<(Vec<u8>, u64), StoreError> {
    let (file, len) = open_regular(path)?;
    let mut bytes = Vec::new();
    file.take(count).read_to_end(&mut bytes).map_err(|e| StoreError::io(path, e))?;
    Ok((bytes, len))
}

/// Opens without waiting for the other end of a pipe.
fn open_regular(path: &Path) -> Result<(File, u64), StoreError> {
    let file = open_at_once(path).map_err(|e| StoreError::io(path, e))?;
    let metadata = file.metadata().map_err(|e| StoreError::io(path, e))?;
    match metadata.is_file() {
        true => Ok((file, metadata.len())),
        false => Err(StoreError::NotAFile(path.to_owned())),
    }
}

/// Opens a file. A descriptor that this process has already is a named pipe's at times, whose writer
/// may be gone: what was written is still in it, and no other writer is waited for.
#[cfg(unix)]
fn open(path: &Path) -> io::Result<File> {
    use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};

    if !path.starts_with("/dev/fd") {
        return File::open(path);
    }
    let file = open_at_once(path)?;
    // Reading waits for a writer that is there.
    fcntl_setfl(&file, fcntl_getfl(&file)? - OFlags::NONBLOCK)?;
    Ok(file)
}

#[cfg(not(unix))]
fn open(path: &Path) -> io::Result<File> {
    File::open(path)
}

#[cfg(unix)]
fn open_at_once(path: &Path) -> io::Result<File> {
    use rustix::fs::{Mode, OFlags};

    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::NOCTTY;
    Ok(File::from(rustix::fs::open(path, flags, Mode::empty())?))
}

#[cfg(not(unix))]
fn open_at_once(path: &Path) -> io::Result<File> {
    File::open(path)
}

/// A secret from the pipe or socket that is file descriptor `fd`: at most `limit` bytes, in a
/// buffer that does not move and is wiped. A file would keep the secret, a terminal show it.
pub fn read_pipe(fd: u32, limit: usize) -> Result<Zeroizing<Vec<u8>>, StoreError> {
    let path = PathBuf::from(format!("/dev/fd/{fd}"));
    let file = open(&path).map_err(|e| StoreError::io(&path, e))?;
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
    // Room to spare, so that the reader never asks for more.
    let mut bytes = Zeroizing::new(Vec::with_capacity(limit + 64));
    file.take(limit as u64 + 1).read_to_end(&mut bytes).map_err(|e| StoreError::io(&path, e))?;
    match bytes.len() > limit {
        true => Err(StoreError::TooLong { path, limit: limit as u64 }),
        false => Ok(bytes),
    }
}

pub(super) fn read_all(file: File, path: &Path, limit: u64) -> Result<Vec<u8>, StoreError> {
    // Of the file's size, so that the reader asks once, and what may be secret does not move.
    let len = file.metadata().map_or(0, |metadata| metadata.len());
    if len > limit {
        return Err(StoreError::TooLong { path: path.to_owned(), limit });
    }
    let mut bytes = Vec::with_capacity(usize::try_from(len).unwrap_or_default().saturating_add(1));
    file.take(limit + 1).read_to_end(&mut bytes).map_err(|e| StoreError::io(path, e))?;
    match bytes.len() as u64 > limit {
        true => Err(StoreError::TooLong { path: path.to_owned(), limit }),
        false => Ok(bytes),
    }
}

/// Hands the file over a piece after the other, and says how long it was.
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
    fn what_another_process_is_writing_is_not_taken_from_it() {
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
    fn a_pipe_without_a_writer_is_refused_at_once() {
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
