//! Writing repaired keystores, each as soon as it was opened.

use std::path::{Path, PathBuf};

use stockade::{
    backup::restore::require_new,
    eth2_keystore::{
        ClientVerdict, Diagnosis, Found, Keystore, KeystoreError, NewPassword, Profile, Repair,
        Repairer,
    },
    store::{Directory, NewFile, Store as _, StoreError},
    timestamp::Timestamp,
};

use super::{files::File, row::Row};
use crate::error::{CommandError, Kind};

/// Writes to a new folder.
pub struct Writer {
    folder: PathBuf,
    repairer: Repairer,
    /// Whether a file that all clients accept is copied byte for byte: its password stays.
    copies: bool,
    now: i64,
    written: i64,
}

/// Why a keystore was not written.
#[derive(Debug, thiserror::Error)]
enum NotWritten {
    #[error("the keystore is intact; correct the password instead")]
    PasswordBlamed,
    #[error("it does not hold the key that it states")]
    NoKey,
    #[error("the repaired file would be no better")]
    NoBetter,
    #[error(transparent)]
    Keystore(#[from] KeystoreError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Writer {
    /// `folder` must be new or empty.
    pub fn new(
        folder: PathBuf,
        password: &NewPassword,
        copies: bool,
    ) -> Result<Self, CommandError> {
        require_new(&folder, &[])?;
        let repairer = Repairer::new(password)
            .map_err(|error| CommandError::new(Kind::Internal, error.to_string()))?;
        Ok(Self { folder, repairer, copies, now: Timestamp::now().unix(), written: 0 })
    }

    /// The folder that it writes to.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Writes `keystore`, which `row` is about, if it holds the key that it states, and records the result
    /// in `row`.
    pub fn write(
        &mut self,
        file: &File,
        keystore: &Keystore,
        diagnosis: &Diagnosis,
        row: &mut Row,
    ) {
        match self.try_write(file, keystore, diagnosis, &row.clients) {
            Ok((path, note)) => {
                row.repaired = Some(path);
                row.repair_note = note.map(str::to_owned);
            }
            Err(why) => row.repair_note = Some(format!("not written: {why}")),
        }
    }

    fn try_write(
        &mut self,
        file: &File,
        keystore: &Keystore,
        diagnosis: &Diagnosis,
        clients: &[ClientVerdict],
    ) -> Result<(PathBuf, Option<&'static str>), NotWritten> {
        if self.copies && diagnosis.form.blames_the_password() {
            return Err(NotWritten::PasswordBlamed);
        }
        let opens = matches!(diagnosis.found, Found::Key(_));
        let is_fine = self.copies && opens && all_accept(clients);
        if let (true, Ok(content)) = (is_fine, &file.content) {
            let path = self.put(keystore, content)?;
            return Ok((path, Some("copied unchanged: all clients accept it")));
        }
        let repair = self.repairer.repair(keystore, diagnosis)?;
        let Repair { keystore, path_replaced, .. } = repair.ok_or(NotWritten::NoKey)?;
        let content = keystore.to_json()?.into_bytes();
        self.require_repaired(&content)?;
        let note = path_replaced.then_some("its path was not usable and was replaced by m/0/0");
        Ok((self.put(&keystore, &content)?, note))
    }

    /// A file is called repaired only if it is.
    fn require_repaired(&self, content: &[u8]) -> Result<(), NotWritten> {
        let profile = Profile::read(content);
        let opens = profile.keystore.as_ref().is_ok_and(|keystore| self.repairer.opens(keystore));
        if opens && all_accept(&profile.clients(None)) { Ok(()) } else { Err(NotWritten::NoBetter) }
    }

    /// Writes under a name that clients import. The seconds in it are increased until it is new.
    fn put(&mut self, keystore: &Keystore, content: &[u8]) -> Result<PathBuf, NotWritten> {
        self.written += 1;
        let index = keystore.path().and_then(signing_key_index);
        let mut unix = self.now;
        loop {
            let name = match index {
                Some(index) => format!("keystore-m_12381_3600_{index}_0_0-{unix}.json"),
                None => format!("keystore-{}.json", self.written + (unix - self.now)),
            };
            let file = NewFile { path: name.parse()?, bytes: content.to_vec() };
            match Directory::new(&self.folder).put_if_absent(&file) {
                Ok(()) => return Ok(self.folder.join(name)),
                Err(StoreError::Exists(_)) => unix += 1,
                Err(error) => return Err(error.into()),
            }
        }
    }
}

/// The index of `m/12381/3600/<index>/0/0`.
fn signing_key_index(path: &str) -> Option<u32> {
    path.strip_prefix("m/12381/3600/")?.strip_suffix("/0/0")?.parse().ok()
}

fn all_accept(clients: &[ClientVerdict]) -> bool {
    clients.iter().all(|verdict| verdict.accepts == Some(true))
}
