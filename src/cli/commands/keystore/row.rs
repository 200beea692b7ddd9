//! The result for one file.

use std::path::{Path, PathBuf};

use stockade::{
    backup::verdict::{Reason, Verdict},
    eth2_keystore::{
        ClientVerdict, Diagnosis, Found, KdfError, Keystore, KeystoreError, PasswordForm, Profile,
        all_measured_accept,
    },
};

/// The result for one file.
#[derive(Debug)]
pub struct Row {
    /// The file.
    pub file: PathBuf,
    /// What it is; `None` if it could not be read, or is not a keystore.
    pub profile: Option<Profile>,
    /// Whether it opens to the key that it states.
    pub verdict: Verdict,
    /// The reason for the verdict.
    pub reason: Reason,
    /// The reason in words.
    pub detail: String,
    /// The form of the password that opened it, if it was opened.
    pub form: Option<PasswordForm>,
    /// Which clients accept it.
    pub clients: Vec<ClientVerdict>,
    /// Where --repair wrote it.
    pub repaired: Option<PathBuf>,
    /// Why it was not written, or what is different in the new file.
    pub repair_note: Option<String>,
}

impl Row {
    /// A file that cannot be opened.
    pub fn bad(file: &Path, reason: Reason, detail: String) -> Self {
        Self {
            file: file.to_owned(),
            profile: None,
            verdict: reason.verdict(),
            reason,
            detail,
            form: None,
            clients: Vec::new(),
            repaired: None,
            repair_note: None,
        }
    }

    /// A keystore that was read, and not opened.
    pub fn closed(file: &Path, profile: Profile) -> Self {
        let clients = profile.clients(None);
        let (reason, detail) = match &profile.keystore {
            Ok(_) => (Reason::NotChecked, "not opened; `keystore doctor` opens it".to_owned()),
            // Our own limit says nothing against the file.
            Err(error @ KeystoreError::Kdf(KdfError::TooCostly(_))) => {
                (Reason::NotChecked, error.to_string())
            }
            Err(error) => (Reason::Malformed, error.to_string()),
        };
        Self { profile: Some(profile), clients, ..Self::bad(file, reason, detail) }
    }

    /// A keystore after an attempt to open it.
    pub fn examined(file: &Path, profile: Profile, diagnosis: &Diagnosis) -> Self {
        let clients = profile.clients(Some(diagnosis));
        let row = Self::bad(file, reason(diagnosis), explain(diagnosis));
        let (verdict, form) = match diagnosis.found {
            // That it does not open says by itself nothing against the file.
            Found::Nothing => (Verdict::Inconclusive, None),
            _ => (row.verdict, Some(diagnosis.form)),
        };
        Self { profile: Some(profile), verdict, form, clients, ..row }
    }

    /// Whether all clients that were measured accept it.
    pub fn is_accepted(&self) -> bool {
        !self.clients.is_empty() && all_measured_accept(&self.clients)
    }

    /// Whether the key that it states was decrypted, and not every client accepts the file.
    pub fn is_mendable(&self) -> bool {
        let opened = self.form.is_some();
        opened && !self.is_accepted() && matches!(self.reason, Reason::Ok | Reason::WrongPassword)
    }

    pub(super) fn keystore(&self) -> Option<&Keystore> {
        self.profile.as_ref()?.keystore.as_ref().ok()
    }
}

fn reason(diagnosis: &Diagnosis) -> Reason {
    match &diagnosis.found {
        Found::Key(_) if diagnosis.form == PasswordForm::Standard => Reason::Ok,
        Found::Key(_) | Found::Nothing => Reason::WrongPassword,
        Found::Rotten { .. } | Found::Damaged => Reason::BitRot,
        Found::OtherKey(_) | Found::NoKey => Reason::PubkeyMismatch,
    }
}

fn explain(diagnosis: &Diagnosis) -> String {
    let found = match &diagnosis.found {
        Found::Key(_) => {
            return format!(
                "it opens with {}, to the key that it states",
                diagnosis.form.explain()
            );
        }
        Found::Rotten { part, .. } => {
            let part = part.as_str();
            format!("`{part}` is damaged; apart from that, it holds the key that it states")
        }
        Found::OtherKey(opened) => format!(
            "it holds the key of {opened}, which is not the key that it states: its `pubkey` is wrong, \
             or its `iv` is damaged"
        ),
        Found::NoKey => "its content is not a BLS key: its `iv` may be damaged".to_owned(),
        Found::Damaged => {
            "the password opened another keystore with the same salt, so this one is damaged"
                .to_owned()
        }
        Found::Nothing => {
            return "it does not open: the password is wrong, or the file is damaged; these cannot be told \
                    apart"
                .to_owned();
        }
    };
    match diagnosis.form {
        PasswordForm::Standard => found,
        form => format!("with {}: {found}", form.explain()),
    }
}
