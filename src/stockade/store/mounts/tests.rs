use std::{
    fs,
    path::{Path, PathBuf},
};

use proptest::prelude::*;

use super::*;

/// Modelled on a desktop: a disk with btrfs, a boot partition, a snap, a stick, a LUKS stick with a
/// space in its name, a camera's card, a network share, and a container's folder.
const DESK: &str = r"22 27 0:21 / /proc rw,nosuid,nodev,noexec,relatime shared:12 - proc proc rw
23 27 0:22 / /sys rw,nosuid shared:2 - sysfs sysfs rw
27 1 0:28 /@ / rw,relatime shared:1 - btrfs /dev/nvme0n1p3 rw,ssd,subvolid=256,subvol=/@
28 27 0:28 /@home /home rw,relatime shared:28 - btrfs /dev/nvme0n1p3 rw,ssd,subvol=/@home
29 27 259:1 / /boot/efi rw,relatime shared:30 - vfat /dev/nvme0n1p1 rw,fmask=0077
30 27 7:0 / /snap/core22/1 ro,nodev shared:31 - squashfs /dev/loop0 ro
31 27 0:44 / /tmp rw,nosuid shared:32 - tmpfs tmpfs rw,size=8g
32 27 8:17 / /media/u/STOCK rw,nosuid,nodev shared:40 - vfat /dev/sdb1 rw,fmask=0022,flush
33 27 253:0 / /media/u/my\040stick rw,nosuid,nodev shared:41 - ext4 /dev/mapper/luks-1 rw
34 27 179:1 / /media/u/CARD ro,nosuid shared:42 - exfat /dev/mmcblk0p1 ro
35 27 0:50 / /mnt/nas rw,relatime shared:43 - nfs4 nas:/export/backup rw,vers=4.2
37 27 8:49 / /media/u/DOCK rw shared:45 - ext4 /dev/sdd1 rw
36 27 8:17 /sub /srv/sub rw,relatime shared:44 - vfat /dev/sdb1 rw
";

struct Desk {
    folder: tempfile::TempDir,
    system: System,
}

fn desk() -> Desk {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap();
    let system =
        System { mountinfo: root.join("mountinfo"), sys: root.join("sys"), dev: root.join("dev") };
    let desk = Desk { folder, system };
    desk.write("mountinfo", DESK);
    let usb = "sys/devices/pci0000:00/0000:00:14.0/usb2/2-1/2-1:1.0/host0/target0/0:0:0:0/block";
    let ssd = "sys/devices/pci0000:00/0000:01:00.0/nvme/nvme0";
    desk.disk(&format!("{ssd}/nvme0n1"), "nvme0n1p3", "259:3", "0");
    desk.write(&format!("{ssd}/nvme0n1/device/model"), "Fast SSD  \n");
    desk.disk(&format!("{usb}/sdb"), "sdb1", "8:17", "1");
    desk.write(&format!("{usb}/sdb/device/vendor"), "SanDisk \n");
    desk.write(&format!("{usb}/sdb/device/model"), "Ultra\u{1b}[31m\n");
    desk.disk("sys/devices/pci0000:00/ata1/block/sdd", "sdd1", "8:49", "1");
    // A disk in a USB case reports that it is fixed.
    desk.disk(&format!("{usb}/sdc"), "sdc1", "8:33", "0");
    desk.write("sys/devices/virtual/block/dm-0/size", "1");
    desk.link("sys/devices/virtual/block/dm-0", "sys/dev/block/253:0");
    desk.link(&format!("{usb}/sdc/sdc1"), "sys/devices/virtual/block/dm-0/slaves/sdc1");
    desk.disk("sys/devices/pci0000:00/mmc/mmcblk0", "mmcblk0p1", "179:1", "0");
    desk.write("sys/devices/pci0000:00/mmc/mmcblk0/device/type", "SD\n");
    fs::create_dir_all(root.join("dev/disk/by-label")).unwrap();
    std::os::unix::fs::symlink("../../sdb1", root.join("dev/disk/by-label/MY\\x20STICK")).unwrap();
    desk
}

impl Desk {
    fn path(&self, path: &str) -> PathBuf {
        self.folder.path().canonicalize().unwrap().join(path)
    }

    fn write(&self, path: &str, text: &str) {
        fs::create_dir_all(self.path(path).parent().unwrap()).unwrap();
        fs::write(self.path(path), text).unwrap();
    }

    fn link(&self, to: &str, at: &str) {
        fs::create_dir_all(self.path(at).parent().unwrap()).unwrap();
        std::os::unix::fs::symlink(self.path(to), self.path(at)).unwrap();
    }

    fn disk(&self, disk: &str, part: &str, number: &str, removable: &str) {
        self.write(&format!("{disk}/removable"), removable);
        self.write(&format!("{disk}/{part}/partition"), "1");
        self.link(&format!("{disk}/{part}"), &format!("sys/dev/block/{number}"));
        self.link(&format!("{disk}/{part}"), &format!("sys/class/block/{part}"));
    }
}

#[test]
fn sticks_come_first_and_system_mounts_are_omitted() {
    let desk = desk();
    let mounts = list(&desk.system).unwrap();
    let found: Vec<_> = mounts
        .iter()
        .map(|m| (m.dir.to_str().unwrap(), m.removable, m.disk.as_deref(), m.read_only))
        .collect();
    assert_eq!(
        found,
        [
            ("/media/u/CARD", true, Some("mmcblk0"), true),
            ("/media/u/DOCK", true, Some("sdd"), false),
            ("/media/u/STOCK", true, Some("sdb"), false),
            ("/media/u/my stick", true, Some("sdc"), false),
            ("/", false, Some("nvme0n1"), false),
            ("/mnt/nas", false, None, false),
        ]
    );
    assert_eq!(mounts[2].label.as_deref(), Some("MY STICK"));
    assert_eq!(mounts[2].model.as_deref(), Some("SanDisk Ultra[31m"));
    assert_eq!(mounts[4].model.as_deref(), Some("Fast SSD"));
    let modes: Vec<_> = mounts.iter().map(Mount::keeps_modes).collect();
    assert_eq!(modes, [false, true, false, true, true, true]);
}

#[test]
fn two_file_systems_on_one_disk_are_recognised() {
    let desk = desk();
    let disk = |path: &str| disk_of(&desk.system, Path::new(path));
    assert_eq!(disk("/home/u/backup").as_deref(), Some("nvme0n1"));
    assert_eq!(disk("/opt"), disk("/home/u"));
    assert_eq!(disk("/media/u/my stick/x").as_deref(), Some("sdc"));
    assert_eq!(disk("/mnt/nas/x"), None);
    assert_eq!(disk("/tmp/x"), None);
}

#[test]
fn a_mount_hides_what_was_mounted_there_before() {
    let desk = desk();
    desk.write("mountinfo", &format!("{DESK}40 27 0:60 / /media/u/STOCK rw - tmpfs none rw\n"));
    let mounts = list(&desk.system).unwrap();
    assert!(!mounts.iter().any(|mount| mount.dir == Path::new("/media/u/STOCK")));
}

#[test]
fn a_cycle_of_layers_ends() {
    let desk = desk();
    desk.write("sys/devices/virtual/block/dm-1/size", "1");
    desk.link("sys/devices/virtual/block/dm-1", "sys/dev/block/253:1");
    desk.link("sys/devices/virtual/block/dm-1", "sys/devices/virtual/block/dm-1/slaves/dm-1");
    desk.write("mountinfo", "1 1 253:1 / /mnt/x rw - ext4 /dev/dm-1 rw\n");
    assert!(list(&desk.system).unwrap().is_empty());
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        mountinfo::parse(&bytes);
    }

    #[test]
    fn no_similar_text_makes_it_panic(text in "([0-9]{1,3}|[0-9]{1,9}:[0-9]{1,9}|/|\\\\[0-9x]{0,4}|-| |\n|ro|é){0,60}") {
        for entry in mountinfo::parse(text.as_bytes()) {
            prop_assert!(entry.dir.is_absolute());
        }
    }
}
