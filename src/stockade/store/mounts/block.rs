//! What the kernel reports in `/sys` about the disk of a file system.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{System, mountinfo::Entry};
use crate::store::private_file;

/// A disk, or a partition of one.
#[derive(Debug)]
pub(super) struct Block {
    /// The kernel's name of the whole disk.
    pub(super) disk: String,
    pub(super) label: Option<String>,
    pub(super) model: Option<String>,
    pub(super) removable: bool,
}

/// The most layers (encryption, volumes) between a file system and its disk.
const MAX_LAYERS: usize = 8;

impl Block {
    /// Finds the disk of a mounted file system.
    pub(super) fn find(system: &System, entry: &Entry) -> Option<Self> {
        let part = folder(system, entry)?;
        let name = name(&part)?;
        let disk = whole_disk(system, part)?;
        let on_usb = disk.components().any(|level| {
            let level = level.as_os_str().to_string_lossy();
            level.strip_prefix("usb").is_some_and(|n| n.bytes().all(|b| b.is_ascii_digit()))
        });
        let is = |file: &str, value: &str| field(&disk, file).as_deref() == Some(value);
        let removable = on_usb || is("removable", "1") || is("device/type", "SD");
        let model = ["device/vendor", "device/model", "device/name"];
        let model = model.iter().filter_map(|file| field(&disk, file));
        // A virtual disk reports its vendor as a number.
        let model: Vec<_> = model.filter(|name| !name.starts_with("0x")).collect();
        Some(Self {
            disk: self::name(&disk)?,
            label: label(system, &name),
            model: (!model.is_empty()).then(|| model.join(" ")),
            removable,
        })
    }
}

/// The folder in `/sys` of a mounted device: by its number, or by its name if the file system has a
/// number of its own (btrfs, FUSE).
fn folder(system: &System, entry: &Entry) -> Option<PathBuf> {
    if let Ok(folder) = system.sys.join("dev/block").join(&entry.device).canonicalize() {
        return Some(folder);
    }
    let source = Path::new(&entry.source).strip_prefix("/dev").ok()?;
    // The entries of /dev/mapper are links to the kernel's own names.
    let device = system.dev.join(source).canonicalize().ok();
    let name = device.as_deref().unwrap_or(source).file_name()?.to_owned();
    system.sys.join("class/block").join(name).canonicalize().ok()
}

/// From a partition, or a layer on top of it, to the disk.
fn whole_disk(system: &System, part: PathBuf) -> Option<PathBuf> {
    let mut folder = part;
    for _ in 0..MAX_LAYERS {
        if folder.join("partition").exists() {
            folder = folder.parent()?.to_owned();
        }
        let below = fs::read_dir(folder.join("slaves")).ok().and_then(|mut list| list.next());
        let Some(Ok(below)) = below else {
            return folder.starts_with(system.sys.canonicalize().ok()?).then_some(folder);
        };
        folder = below.path().canonicalize().ok()?;
    }
    None
}

fn name(folder: &Path) -> Option<String> {
    Some(printable(&folder.file_name()?.to_string_lossy()))
}

/// A short text in `/sys`.
fn field(folder: &Path, file: &str) -> Option<String> {
    let bytes = private_file::read(&folder.join(file), 4096).ok()?;
    let text = printable(String::from_utf8_lossy(&bytes).trim());
    (!text.is_empty()).then_some(text)
}

/// The label that udev read: the link in `/dev/disk/by-label` that leads to the device.
fn label(system: &System, device: &str) -> Option<String> {
    let links = fs::read_dir(system.dev.join("disk/by-label")).ok()?.flatten();
    let mut labels = links.filter(|link| {
        let target = fs::read_link(link.path()).ok();
        target.is_some_and(|target| target.file_name().is_some_and(|name| name == device))
    });
    let escaped = labels.next()?.file_name().to_string_lossy().into_owned();
    Some(printable(&unescape(&escaped)))
}

/// Decodes `\x20` and the like, which udev writes for characters that a file name should not
/// contain.
fn unescape(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let byte = rest.strip_prefix("\\x").and_then(|rest| rest.get(..2));
        let byte = byte.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match byte {
            Some(byte) => {
                bytes.push(byte);
                rest = rest.get(4..).unwrap_or_default();
            }
            None => {
                bytes.extend_from_slice(first.encode_utf8(&mut [0; 4]).as_bytes());
                rest = rest.get(first.len_utf8()..).unwrap_or_default();
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Text from a device must not control a terminal, nor fill it.
fn printable(text: &str) -> String {
    text.chars().filter(|c| !stockade_base::shown::is_harmful(*c)).take(64).collect()
}
