//! Reads pipes and terminals, which may have nothing to say for ever.

use std::{
    fs::File,
    io::{self, ErrorKind, Read as _},
    os::fd::AsFd,
    path::Path,
    time::{Duration, Instant},
};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    fs::{OFlags, fcntl_getfl, fcntl_setfl},
};
use zeroize::Zeroizing;

/// How long a pipe is waited for, from its first byte to its last: somebody may have to type something
/// into the program that writes to it.
pub(super) const WAIT: Duration = Duration::from_secs(300);

/// Reads a pipe or a terminal that was opened without blocking to its end, or to more than `limit` bytes.
/// Does not grow `bytes` if it has room for one more than the limit.
pub(super) fn read(
    file: &File,
    path: &Path,
    bytes: &mut Vec<u8>,
    limit: u64,
    wait: Duration,
) -> io::Result<()> {
    let done = fill(file, path, bytes, limit, Instant::now() + wait);
    // The descriptor can be another program's as well.
    fcntl_setfl(file, fcntl_getfl(file)? - OFlags::NONBLOCK)?;
    done
}

fn fill(
    mut file: &File,
    path: &Path,
    bytes: &mut Vec<u8>,
    limit: u64,
    until: Instant,
) -> io::Result<()> {
    // One that was inherited had its writers before. A named one without a writer may get one.
    let mut had_writers = ["/dev/", "/proc/"].iter().any(|folder| path.starts_with(folder));
    let mut piece = Zeroizing::new([0; 4096]);
    while bytes.len() as u64 <= limit {
        let room = usize::try_from(limit).unwrap_or(usize::MAX).saturating_add(1) - bytes.len();
        let end = room.min(piece.len());
        match piece.get_mut(..end).map_or(Ok(0), |piece| file.read(piece)) {
            Ok(0) if had_writers => return Ok(()),
            Ok(0) => {}
            Ok(read) => {
                had_writers = true;
                bytes.extend_from_slice(piece.get(..read).unwrap_or_default());
                continue;
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
        had_writers |= wait_for(file, until)?;
    }
    Ok(())
}

/// Waits until there is something to read. Returns whether all writers are gone.
fn wait_for(file: impl AsFd, until: Instant) -> io::Result<bool> {
    let left = until.saturating_duration_since(Instant::now());
    if left.is_zero() {
        return Err(io::Error::new(ErrorKind::TimedOut, "nothing more came out of it in time"));
    }
    let time = Timespec { tv_sec: i64::try_from(left.as_secs()).unwrap_or(i64::MAX), tv_nsec: 0 };
    // At least a moment, so that the last second is not spent asking.
    let time = Timespec { tv_nsec: 10_000_000, ..time };
    let mut polled = [PollFd::new(&file, PollFlags::IN)];
    match poll(&mut polled, Some(&time)) {
        Err(rustix::io::Errno::INTR) => Ok(false),
        done => {
            done?;
            Ok(polled.iter().any(|fd| fd.revents().contains(PollFlags::HUP)))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;
    use crate::store::private_file::open_at_once;

    fn pipe(folder: &Path) -> std::path::PathBuf {
        let pipe = folder.join("pipe");
        assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        pipe
    }

    fn read_all(path: &Path, limit: u64, wait: u64) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let file = open_at_once(path)?;
        read(&file, path, &mut bytes, limit, Duration::from_millis(wait)).map(|()| bytes)
    }

    #[test]
    fn a_pipe_that_nobody_writes_to_is_not_waited_for_for_ever() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = pipe(folder.path());
        let begun = Instant::now();
        assert_eq!(read_all(&pipe, 9, 200).unwrap_err().kind(), ErrorKind::TimedOut);
        // Neither is one whose writer says nothing, or drips.
        for script in ["exec sleep 20", "while printf x; do sleep 0.05; done"] {
            let line = format!("exec > {}; {script}", pipe.display());
            let mut writer = Command::new("sh").args(["-c", &line]).spawn().unwrap();
            assert_eq!(read_all(&pipe, 9_999, 400).unwrap_err().kind(), ErrorKind::TimedOut);
            writer.kill().unwrap();
            writer.wait().unwrap();
        }
        assert!(begun.elapsed() < Duration::from_secs(15));
    }

    #[test]
    fn what_comes_late_and_in_pieces_is_read_to_its_end_and_no_further_than_the_limit() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = pipe(folder.path());
        let write = |script: &str| {
            let line = format!("sleep 0.1; ({script}) > {}", pipe.display());
            Command::new("sh").args(["-c", &line]).spawn().unwrap()
        };
        let mut writer = write("printf pass; sleep 0.1; printf word");
        assert_eq!(read_all(&pipe, 8, 20_000).unwrap(), b"password");
        writer.wait().unwrap();
        let mut writer = write("exec cat /dev/zero");
        assert_eq!(read_all(&pipe, 5_000, 20_000).unwrap().len(), 5_001);
        writer.wait().unwrap();
        assert_eq!(read_all(Path::new("/dev/null"), 9, 20_000).unwrap(), b"");
        assert_eq!(read_all(Path::new("/dev/zero"), 9, 20_000).unwrap().len(), 10);
    }
}
