//! Files and folders on a disk: what other tools left there, and a person's profile.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Mutex,
};

use stockade::{
    backup::import::{find, take, take_wallets},
    backup::intake::Intake,
    profile::{Profile, Records},
};

use super::Pieces;

/// A folder of this process, in memory where the system has such a place. One user at a time.
pub(super) fn in_folder(files: &[(&str, &[u8])], read: impl FnOnce(&Path)) {
    static ONE: Mutex<()> = Mutex::new(());
    let _held = ONE.lock();
    let memory = Path::new("/dev/shm");
    let above = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
    let folder = above.join(format!("stockade-fuzz-{}", std::process::id()));
    let _ = fs::remove_dir_all(&folder);
    for (name, content) in files {
        let path = folder.join(name);
        let made = path.parent().map(fs::create_dir_all).map(|_| fs::write(&path, content));
        assert!(matches!(made, Some(Ok(()))), "{}: {made:?}", path.display());
    }
    read(&folder);
    let _ = fs::remove_dir_all(&folder);
}

/// Names by which files of other tools are found.
const NAMES: [&str; 12] = [
    "keystore-m_12381_3600_0_0_0-1795220361.json",
    "validator_definitions.yml",
    "voting-keystore.json",
    "backup.zip",
    "backup.tar",
    "backup.tar.gz",
    "cluster-lock.json",
    "all-accounts.keystore.json",
    "keymanager.json",
    "deposit_data-1795220361.json",
    "index",
    "keystore.txt",
];

/// One file that a person names, or that lies in a folder: it is in exactly one list.
pub(super) fn imported_file(data: &[u8]) {
    let Some((name, content)) = data.split_first() else { return };
    let name = NAMES[usize::from(*name) % NAMES.len()];
    in_folder(&[(name, content)], |folder| {
        for place in [folder.to_owned(), folder.join(name)] {
            let Ok(found) = find(std::slice::from_ref(&place)) else { continue };
            let _ = (!found.keystores.is_empty()).then(super::understood);
            let listed: Vec<&PathBuf> = found
                .keystores
                .iter()
                .map(|(path, _)| path)
                .chain(found.unnamed.iter().map(|(path, _)| path))
                .chain(found.lists.iter().map(|(path, _)| path))
                .chain(found.bad.iter().chain(&found.skipped).map(|(path, _)| path))
                .collect();
            assert!(
                !listed.is_empty() || name.ends_with(".yml") || found.keystores.is_empty(),
                "{name} is in no list"
            );
            let _ = take(&place, &mut Intake::default());
        }
    });
}

/// A folder of some files that a tool left: name, length, content.
pub(super) fn imported_folder(data: &[u8]) {
    const PATHS: [&str; 12] = [
        "validator_definitions.yml",
        "0xabc/voting-keystore.json",
        "secrets/0xabc",
        "cluster-lock.json",
        "charon-enr-private-key",
        "validator_keys/keystore-0.json",
        "validator_keys/keystore-0.txt",
        "wallet/index",
        "wallet/01234567-0123-0123-0123-0123456789ab",
        "direct/accounts/all-accounts.keystore.json",
        "keystore.json",
        "keystore.json.zip",
    ];
    let (mut pieces, mut files) = (Pieces(data), Vec::new());
    while let (Some(path), Some(length)) = (pieces.byte(), pieces.u16()) {
        let path = PATHS[usize::from(path) % PATHS.len()];
        files.push((path, pieces.bytes(length.into())));
    }
    if files.is_empty() {
        return;
    }
    in_folder(&files, |folder| {
        let found = find(&[folder.to_owned()]);
        let _ = found.is_ok_and(|found| !found.keystores.is_empty()).then(super::understood);
        let _ = take(folder, &mut Intake::default());
        let _ = take_wallets(folder, &mut Intake::default());
        let _ = stockade::backup::import::charon::take(folder, &mut Intake::default());
        let _ = stockade::backup::client_folder::client_folder(folder);
    });
}

/// A profile, and what this computer remembers.
pub(super) fn profile(data: &[u8]) {
    in_folder(&[("profile.toml", data)], |folder| {
        let path = folder.join("profile.toml");
        if let Ok(Some(profile)) = Profile::read(&path) {
            super::understood();
            let written = profile.to_toml();
            assert!(written.is_ok(), "read, but not written: {written:?}");
            assert!(profile.write(&path).is_ok());
            let again = Profile::read(&path).ok().flatten();
            super::same(again.as_ref(), Some(&profile));
        }
    });
    in_folder(&[("records.json", data)], |folder| {
        let path = folder.join("records.json");
        if let Ok(records) = Records::read(&path) {
            super::understood();
            assert!(records.write(&path).is_ok());
            let again = Records::read(&path).ok();
            super::same(format!("{again:?}"), format!("{:?}", Some(&records)));
        }
    });
}
