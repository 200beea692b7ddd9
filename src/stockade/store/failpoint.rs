//! Points at which a change to a file system can fail, or the process end, so that tests can check
//! what is left. Release builds contain nothing of it.
//!
//! `STOCKADE_FAIL_AT=<n>:<how>`: at the n-th change (from 1) `kill` the process, or `stop` it there
//! and at every later one (SIGSTOP), or fail: `eio` once, `enospc` with every later change but
//! removals, `erofs` with every later one. `STOCKADE_FAIL_RULES=exfat` refuses what exFAT refuses.

use std::{
    io,
    path::{Path, PathBuf},
};

/// The kind of a change that is about to be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    /// A file or folder is created, written, synced or renamed.
    Write,
    /// Something is removed, which works on a full disk too.
    Remove,
}

/// A change that was made, for tests that replay it on a medium of their own.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(not(test), allow(dead_code, reason = "only tests read it"))]
pub(super) enum Event {
    /// A folder was created.
    Made(PathBuf),
    /// A file was created with these bytes.
    Written(PathBuf, Vec<u8>),
    /// A file or folder was synced.
    Synced(PathBuf),
    /// A file or folder was renamed.
    Renamed(PathBuf, PathBuf),
    /// A file, or a folder with its content, was removed.
    Removed(PathBuf),
}

#[cfg(not(debug_assertions))]
mod imp {
    use super::{Change, Event, Path, io};

    pub(in super::super) fn record(_event: impl FnOnce() -> Event) {}

    pub(in super::super) fn pass(_change: Change) -> io::Result<()> {
        Ok(())
    }

    pub(in super::super) fn tear(_folder: &Path) -> io::Result<()> {
        Ok(())
    }

    pub(in super::super) fn foretold() -> io::Result<()> {
        Ok(())
    }

    pub(in super::super) fn exfat() -> bool {
        false
    }

    pub(in super::super) fn name(_path: &Path) -> io::Result<()> {
        Ok(())
    }

    pub(in super::super) fn mode(_path: &Path) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(debug_assertions)]
mod imp {
    use std::{cell::RefCell, fs};

    use super::{Change, Event, Path, io};

    /// What happens at a change.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub(in super::super) enum How {
        Kill,
        Stop,
        /// Like a kill, for tests in one process: this change and every later one has no effect.
        #[cfg(test)]
        Dead,
        Eio,
        Enospc,
        Erofs,
    }

    #[derive(Debug, Clone, Copy, Default)]
    struct Plan {
        at: Option<(u64, How)>,
        exfat: bool,
        passed: u64,
    }

    thread_local! {
        static PLAN: RefCell<Plan> = RefCell::new(from_env());
    }

    #[cfg(test)]
    thread_local! {
        static EVENTS: RefCell<Vec<Event>> = const { RefCell::new(Vec::new()) };
    }

    #[cfg(test)]
    pub(in super::super) fn record(event: impl FnOnce() -> Event) {
        EVENTS.with_borrow_mut(|events| events.push(event()));
    }

    #[cfg(not(test))]
    pub(in super::super) fn record(_event: impl FnOnce() -> Event) {}

    /// The changes that this thread made since the last call.
    #[cfg(test)]
    pub(in super::super) fn events() -> Vec<Event> {
        EVENTS.take()
    }

    fn from_env() -> Plan {
        let text = std::env::var("STOCKADE_FAIL_AT").unwrap_or_default();
        let how = |text: &str| match text {
            "kill" => Some(How::Kill),
            "stop" => Some(How::Stop),
            "eio" => Some(How::Eio),
            "enospc" => Some(How::Enospc),
            "erofs" => Some(How::Erofs),
            _ => None,
        };
        let at = text.split_once(':').and_then(|(n, h)| Some((n.parse().ok()?, how(h)?)));
        let exfat = std::env::var("STOCKADE_FAIL_RULES").is_ok_and(|rules| rules == "exfat");
        Plan { at, exfat, passed: 0 }
    }

    /// Arms this thread.
    #[cfg(test)]
    pub(in super::super) fn arm(at: Option<(u64, How)>, exfat: bool) {
        PLAN.with_borrow_mut(|plan| *plan = Plan { at, exfat, passed: 0 });
    }

    /// The number of changes that were begun since.
    #[cfg(test)]
    pub(in super::super) fn passed() -> u64 {
        PLAN.with_borrow(|plan| plan.passed)
    }

    /// Whether this thread follows exFAT's rules.
    pub(in super::super) fn exfat() -> bool {
        PLAN.with_borrow(|plan| plan.exfat)
    }

    /// Called before every change.
    pub(in super::super) fn pass(change: Change) -> io::Result<()> {
        let (passed, at) = PLAN.with_borrow_mut(|plan| {
            plan.passed += 1;
            (plan.passed, plan.at)
        });
        let Some((n, how)) = at.filter(|(n, _)| passed >= *n) else { return Ok(()) };
        let errno = match how {
            How::Kill => return signal(rustix::process::Signal::KILL),
            How::Stop => return signal(rustix::process::Signal::STOP),
            How::Eio if passed > n => return Ok(()),
            How::Enospc if change == Change::Remove => return Ok(()),
            #[cfg(test)]
            How::Dead => rustix::io::Errno::IO,
            How::Eio => rustix::io::Errno::IO,
            How::Enospc => rustix::io::Errno::NOSPC,
            How::Erofs => rustix::io::Errno::ROFS,
        };
        Err(errno.into())
    }

    /// The error that a system reports before any change, if the disk is full or read-only from the
    /// first change on.
    pub(in super::super) fn foretold() -> io::Result<()> {
        match PLAN.with_borrow(|plan| plan.at) {
            Some((1, How::Enospc)) => Err(rustix::io::Errno::NOSPC.into()),
            Some((1, How::Erofs)) => Err(rustix::io::Errno::ROFS.into()),
            _ => Ok(()),
        }
    }

    fn signal(signal: rustix::process::Signal) -> io::Result<()> {
        Ok(rustix::process::kill_process(rustix::process::getpid(), signal)?)
    }

    /// Called before a folder is removed with its content. If a failure is planned, one file is
    /// removed first, so that the failure hits a half-removed folder.
    pub(in super::super) fn tear(folder: &Path) -> io::Result<()> {
        if PLAN.with_borrow(|plan| plan.at.is_none()) {
            return Ok(());
        }
        for entry in fs::read_dir(folder)?.flatten() {
            if entry.file_type()?.is_file() {
                fs::remove_file(entry.path())?;
                return pass(Change::Remove);
            }
        }
        Ok(())
    }

    /// Refuses a name that exFAT refuses, or that only differs in case from an existing one.
    pub(in super::super) fn name(path: &Path) -> io::Result<()> {
        if !exfat() {
            return Ok(());
        }
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let bad = |c: char| c.is_control() || "\"*/:<>?\\|".contains(c);
        if name.chars().any(bad) || name.ends_with(['.', ' ']) || name.len() > 255 {
            return Err(rustix::io::Errno::INVAL.into());
        }
        let siblings = fs::read_dir(path.parent().unwrap_or(Path::new(".")))?.flatten();
        let same = |other: &str| other != name && other.to_lowercase() == name.to_lowercase();
        if siblings.map(|entry| entry.file_name()).any(|n| same(&n.to_string_lossy())) {
            Err(rustix::io::Errno::EXIST.into())
        } else {
            Ok(())
        }
    }

    /// Gives a new entry the mode that everything has on exFAT.
    #[cfg(unix)]
    pub(in super::super) fn mode(path: &Path) -> io::Result<()> {
        use std::os::unix::fs::PermissionsExt as _;

        if exfat() { fs::set_permissions(path, fs::Permissions::from_mode(0o755)) } else { Ok(()) }
    }

    #[cfg(not(unix))]
    pub(in super::super) fn mode(_path: &Path) -> io::Result<()> {
        Ok(())
    }
}

pub(super) use imp::*;
