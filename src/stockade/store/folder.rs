//! A folder that is held open. Its entries are reached by name from the handle, and links are never
//! followed: a link on a stick must not lead a reader, writer, lock or sweep out of the copy.

use std::{
    ffi::{OsStr, OsString},
    fs::{File, TryLockError},
    io,
    os::unix::ffi::OsStrExt as _,
    path::{Path, PathBuf},
};

use rustix::{
    fs::{AtFlags, Dir, FileType, Mode, OFlags},
    io::Errno,
};

use super::{EntryKind, MAX_ENTRIES, StoreError};

/// A folder that is held open.
#[derive(Debug)]
pub(super) struct Folder {
    handle: File,
    path: PathBuf,
}

impl Folder {
    /// Opens a folder that the user named. Links are followed.
    pub(super) fn open(path: &Path) -> Result<Self, StoreError> {
        let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let handle = rustix::fs::open(path, flags, Mode::empty());
        let handle = handle.map_err(|e| StoreError::io(path, e.into()))?;
        Ok(Self { handle: handle.into(), path: path.to_owned() })
    }

    /// The path of an entry, for messages.
    pub(super) fn path_of(&self, name: impl AsRef<OsStr>) -> PathBuf {
        self.path.join(name.as_ref())
    }

    /// The path of the folder, for messages.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Locks other processes out for as long as the handle is open.
    pub(super) fn try_lock(&self) -> Result<(), TryLockError> {
        self.handle.try_lock()
    }

    pub(super) fn into_handle(self) -> File {
        self.handle
    }

    /// Opens the folder `name` in it.
    pub(super) fn folder(&self, name: impl AsRef<OsStr>) -> Result<Self, StoreError> {
        let name = name.as_ref();
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let handle = self.open_at(name, flags).map_err(|e| self.refused(name, e))?;
        Ok(Self { handle, path: self.path_of(name) })
    }

    /// Opens the regular file `name` in it. Does not block on a pipe.
    pub(super) fn file(&self, name: impl AsRef<OsStr>) -> Result<File, StoreError> {
        let name = name.as_ref();
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = self.open_at(name, flags).map_err(|e| self.refused(name, e))?;
        let metadata = file.metadata().map_err(|e| StoreError::io(self.path_of(name), e))?;
        if metadata.is_file() { Ok(file) } else { Err(StoreError::NotAFile(self.path_of(name))) }
    }

    /// Opens the file `name` for direct reads; `None` if the system does not support that.
    pub(super) fn direct(&self, name: &OsStr) -> Option<File> {
        #[cfg(target_os = "linux")]
        {
            let flags = OFlags::RDONLY
                | OFlags::DIRECT
                | OFlags::NOFOLLOW
                | OFlags::NONBLOCK
                | OFlags::CLOEXEC;
            self.open_at(name, flags).ok()
        }
        #[cfg(not(target_os = "linux"))]
        {
            let _ = name;
            None
        }
    }

    /// What `name` is; `None` if it does not exist.
    pub(super) fn kind(&self, name: impl AsRef<OsStr>) -> Result<Option<EntryKind>, StoreError> {
        let name = name.as_ref();
        match rustix::fs::statat(&self.handle, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => Ok(Some(kind_of(FileType::from_raw_mode(stat.st_mode)))),
            Err(Errno::NOENT) => Ok(None),
            Err(error) => Err(StoreError::io(self.path_of(name), error.into())),
        }
    }

    /// All entries, up to the most that any copy has.
    pub(super) fn entries(&self) -> Result<Vec<(OsString, EntryKind)>, StoreError> {
        let failed = |error: Errno| StoreError::io(&self.path, error.into());
        let mut entries = Vec::new();
        for entry in Dir::read_from(&self.handle).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let name = OsStr::from_bytes(entry.file_name().to_bytes());
            if name == "." || name == ".." {
                continue;
            }
            if entries.len() == MAX_ENTRIES {
                return Err(StoreError::TooMany { path: self.path.clone(), limit: MAX_ENTRIES });
            }
            let kind = match entry.file_type() {
                // Some file systems do not report the kind. An entry that is gone since is skipped.
                FileType::Unknown => match self.kind(name)? {
                    Some(kind) => kind,
                    None => continue,
                },
                known => kind_of(known),
            };
            entries.push((name.to_owned(), kind));
        }
        Ok(entries)
    }

    /// Whether it is on a file system of the FAT family.
    pub(super) fn is_fat(&self) -> bool {
        #[cfg(target_os = "linux")]
        {
            const FAT: [u64; 2] = [0x4d44, 0x2011_bab0];
            let kind = rustix::fs::fstatfs(&self.handle).map(|stat| stat.f_type as u64);
            kind.is_ok_and(|kind| FAT.contains(&(kind & 0xffff_ffff)))
        }
        #[cfg(not(target_os = "linux"))]
        true
    }

    pub(super) fn create_file(&self, name: &OsStr) -> io::Result<File> {
        let flags =
            OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mode = Mode::RUSR | Mode::WUSR;
        Ok(rustix::fs::openat(&self.handle, name, flags, mode)?.into())
    }

    pub(super) fn create_folder(&self, name: &OsStr) -> io::Result<()> {
        Ok(rustix::fs::mkdirat(&self.handle, name, Mode::RWXU)?)
    }

    pub(super) fn rename(&self, from: &OsStr, to: &OsStr) -> io::Result<()> {
        Ok(rustix::fs::renameat(&self.handle, from, &self.handle, to)?)
    }

    /// Renames to a name that does not exist yet, atomically if the system can.
    pub(super) fn rename_new(&self, from: &OsStr, to: &OsStr) -> io::Result<()> {
        #[cfg(target_os = "linux")]
        {
            use rustix::fs::{RenameFlags, renameat_with};

            let flags = RenameFlags::NOREPLACE;
            match renameat_with(&self.handle, from, &self.handle, to, flags) {
                Ok(()) => return Ok(()),
                // Some network file systems do not support the flag.
                Err(Errno::INVAL | Errno::NOSYS) => {}
                Err(error) => return Err(error.into()),
            }
        }
        match rustix::fs::statat(&self.handle, to, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(_) => Err(Errno::EXIST.into()),
            Err(_) => self.rename(from, to),
        }
    }

    pub(super) fn remove_file(&self, name: &OsStr) -> io::Result<()> {
        Ok(rustix::fs::unlinkat(&self.handle, name, AtFlags::empty())?)
    }

    pub(super) fn remove_empty_folder(&self, name: &OsStr) -> io::Result<()> {
        Ok(rustix::fs::unlinkat(&self.handle, name, AtFlags::REMOVEDIR)?)
    }

    pub(super) fn sync(&self) -> io::Result<()> {
        self.handle.sync_all()
    }

    /// Syncs the file or folder `name` itself.
    pub(super) fn sync_entry(&self, name: &OsStr) -> io::Result<()> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        self.open_at(name, flags)?.sync_all()
    }

    fn open_at(&self, name: &OsStr, flags: OFlags) -> io::Result<File> {
        Ok(rustix::fs::openat(&self.handle, name, flags, Mode::empty())?.into())
    }

    /// The error for a `name` that could not be opened. Links are reported as such.
    fn refused(&self, name: &OsStr, error: io::Error) -> StoreError {
        let is_link = || matches!(self.kind(name), Ok(Some(EntryKind::Other)));
        match Errno::from_io_error(&error) {
            Some(Errno::LOOP | Errno::NOTDIR) if is_link() => {
                StoreError::NotAFile(self.path_of(name))
            }
            _ => StoreError::io(self.path_of(name), error),
        }
    }
}

fn kind_of(kind: FileType) -> EntryKind {
    match kind {
        FileType::RegularFile => EntryKind::File,
        FileType::Directory => EntryKind::Folder,
        _ => EntryKind::Other,
    }
}
