//! `/proc/self/mountinfo`, see proc_pid_mountinfo(5). Anybody who may mount chooses names in it.

use std::path::{Path, PathBuf};

/// One line of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    /// `major:minor` of its files.
    pub(super) device: String,
    /// The folder of the file system that is mounted.
    pub(super) root: PathBuf,
    /// The mount point.
    pub(super) dir: PathBuf,
    pub(super) file_system: String,
    pub(super) source: String,
    pub(super) read_only: bool,
}

/// Reads the lines. Invalid ones are skipped.
pub(super) fn parse(bytes: &[u8]) -> Vec<Entry> {
    bytes.split(|b| *b == b'\n').filter_map(entry).collect()
}

/// `36 35 98:0 /root /dir rw,noatime master:1 - ext3 /dev/root rw,errors=continue`
fn entry(line: &[u8]) -> Option<Entry> {
    let mut fields = line.split(|b| *b == b' ').filter(|field| !field.is_empty());
    let device = text(fields.nth(2)?);
    let root = path(fields.next()?);
    let dir = path(fields.next()?);
    let options = text(fields.next()?);
    // Any number of optional fields, up to a single hyphen.
    fields.find(|field| *field == b"-")?;
    let file_system = text(fields.next()?);
    let source = text(fields.next()?);
    let super_options = text(fields.next().unwrap_or_default());
    let read_only = |options: &str| options.split(',').any(|option| option == "ro");
    let numbers = device
        .split_once(':')
        .is_some_and(|(major, minor)| major.parse::<u32>().is_ok() && minor.parse::<u32>().is_ok());
    let whole = numbers && dir.is_absolute() && root.is_absolute();
    whole.then(|| Entry {
        device,
        root,
        dir,
        file_system,
        source,
        read_only: read_only(&options) || read_only(&super_options),
    })
}

impl Entry {
    /// Whether another computer stores the files.
    pub(super) fn is_network(&self) -> bool {
        let kinds =
            ["9p", "afs", "ceph", "cifs", "fuse.rclone", "fuse.sshfs", "nfs", "nfs4", "smb3"];
        kinds.contains(&self.file_system.as_str())
    }

    /// Whether somebody would store files there: not an image of a program, and not a folder of the
    /// system.
    pub(super) fn may_hold_copies(&self) -> bool {
        let images = ["cramfs", "erofs", "iso9660", "squashfs", "udf"];
        let own = ["/boot", "/efi", "/etc", "/nix", "/snap", "/usr"];
        let roots = ["/var", "/var/lib", "/var/log"];
        !images.contains(&self.file_system.as_str())
            && !own.iter().any(|folder| self.dir.starts_with(folder))
            && !roots.iter().any(|folder| self.dir == Path::new(folder))
    }
}

/// Decodes a field's escapes (space, tab, newline, backslash and number sign, in octal).
fn unescape(field: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(field.len());
    let mut rest = field;
    while let Some((first, after)) = rest.split_first() {
        let octal = (*first == b'\\').then(|| after.get(..3)).flatten();
        let byte = octal
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 8).ok());
        match byte {
            Some(byte) => {
                bytes.push(byte);
                rest = after.get(3..).unwrap_or_default();
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    bytes
}

fn text(field: &[u8]) -> String {
    String::from_utf8_lossy(&unescape(field)).into_owned()
}

#[cfg(unix)]
fn path(field: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStringExt as _;

    std::ffi::OsString::from_vec(unescape(field)).into()
}

#[cfg(not(unix))]
fn path(field: &[u8]) -> PathBuf {
    text(field).into()
}
