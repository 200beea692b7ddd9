//! Reads a file past the system's page cache, so that what is compared comes from the medium.

use std::{fs::File, io};

use super::failpoint;

/// An alignment that every block device accepts.
const ALIGN: usize = 4096;

/// The bytes of a file that was opened for direct reads; `None` if the system does not support that
/// here.
pub(super) fn read(file: Option<File>, length: usize) -> io::Result<Option<Vec<u8>>> {
    match file.filter(|file| !failpoint::exfat() && has_medium(file)) {
        Some(file) => read_aligned(&file, length),
        None => Ok(None),
    }
}

/// Asks the system to drop its cache of a file, so that the next read comes from the medium.
pub(super) fn forget(file: &File) {
    #[cfg(target_os = "linux")]
    {
        use rustix::fs::{Advice, fadvise};

        // If this fails, the next read may come from the cache.
        let _ = fadvise(file, 0, None, Advice::DontNeed);
    }
    #[cfg(not(target_os = "linux"))]
    let _ = file;
}

#[cfg(target_os = "linux")]
fn has_medium(file: &File) -> bool {
    // These file systems are backed by memory, another program or another computer, whatever they
    // claim.
    let kind = rustix::fs::fstatfs(file).map(|stat| stat.f_type as u64);
    kind.is_ok_and(|kind| !NO_MEDIUM.contains(&(kind & 0xffff_ffff)))
}

#[cfg(not(target_os = "linux"))]
fn has_medium(_file: &File) -> bool {
    false
}

/// File systems without a local medium: tmpfs, ramfs, FUSE, NFS, SMB (three), 9p.
#[cfg(target_os = "linux")]
const NO_MEDIUM: [u64; 8] =
    [0x0102_1994, 0x8584_58f6, 0x6573_5546, 0x6969, 0x517b, 0xff53_4d42, 0xfe53_4d42, 0x0102_1997];

/// Direct reads need a buffer, an offset and a length that are multiples of the block size. The
/// buffer is larger than the file, and used from its first aligned byte on.
fn read_aligned(file: &File, length: usize) -> io::Result<Option<Vec<u8>>> {
    use std::io::Read as _;

    let whole = length.next_multiple_of(ALIGN) + ALIGN;
    let mut buffer = vec![0u8; whole + ALIGN];
    let skip = buffer.as_ptr().align_offset(ALIGN);
    let Some(aligned) = buffer.get_mut(skip..).and_then(|rest| rest.get_mut(..whole)) else {
        return Ok(None);
    };
    let mut file = file;
    let mut filled = 0;
    while let Some(rest) = aligned.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match file.read(rest) {
            Ok(0) => break,
            Ok(n) => filled += n,
            // Some file systems allow opening a file for direct reads but not reading it.
            Err(error) if error.kind() == io::ErrorKind::InvalidInput => return Ok(None),
            Err(error) => return Err(error),
        }
        // After a short read the offset would no longer be a multiple of the block size, but a
        // short read means the end of the file.
        if filled % ALIGN != 0 {
            break;
        }
    }
    Ok(aligned.get(..filled).map(<[u8]>::to_vec))
}
