//! What is said of one file, for people and as JSON.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use stockade::{
    backup::verdict::{Reason, Verdict},
    eth2_keystore::{
        ClientVerdict, Diagnosis, Evidence, Found, KdfError, KdfFunction, Keystore, KeystoreError,
        PasswordForm, Profile, all_measured_accept,
    },
};

/// What is said of one file.
#[derive(Debug)]
pub struct Row {
    /// Which file.
    pub file: PathBuf,
    /// What it is; `None` where it could not be read, or is no keystore.
    pub profile: Option<Profile>,
    /// Whether it opens to the key that it names.
    pub verdict: Verdict,
    /// Why.
    pub reason: Reason,
    /// The same in words.
    pub detail: String,
    /// What the keystore was encrypted under, where it was opened.
    pub form: Option<PasswordForm>,
    /// Who takes it.
    pub clients: Vec<ClientVerdict>,
    /// Where it was written anew.
    pub repaired: Option<PathBuf>,
    /// Why it was not written anew, or what is other in the new one.
    pub repair_note: Option<String>,
}

impl Row {
    /// A file that nobody can open.
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

    /// A keystore that was looked at, and not opened.
    pub fn closed(file: &Path, profile: Profile) -> Self {
        let clients = profile.clients(None);
        let (reason, detail) = match &profile.keystore {
            Ok(_) => (Reason::NotChecked, "not opened: `keystore doctor` does".to_owned()),
            // A limit of ours is nothing against the file.
            Err(error @ KeystoreError::Kdf(KdfError::TooCostly(_))) => {
                (Reason::NotChecked, error.to_string())
            }
            Err(error) => (Reason::Malformed, error.to_string()),
        };
        Self { profile: Some(profile), clients, ..Self::bad(file, reason, detail) }
    }

    /// A keystore that somebody tried to open.
    pub fn examined(file: &Path, profile: Profile, diagnosis: &Diagnosis) -> Self {
        let clients = profile.clients(Some(diagnosis));
        let row = Self::bad(file, reason(diagnosis), explain(diagnosis));
        let (verdict, form) = match diagnosis.found {
            // It does not open, and that alone says nothing against the file.
            Found::Nothing => (Verdict::Inconclusive, None),
            _ => (row.verdict, Some(diagnosis.form)),
        };
        Self { profile: Some(profile), verdict, form, clients, ..row }
    }

    /// Whether all clients that were measured take it.
    pub fn is_accepted(&self) -> bool {
        !self.clients.is_empty() && all_measured_accept(&self.clients)
    }

    /// Whether the key that it names came out of it, and not every client takes it.
    pub fn is_mendable(&self) -> bool {
        let opened = self.form.is_some();
        opened && !self.is_accepted() && matches!(self.reason, Reason::Ok | Reason::WrongPassword)
    }

    fn keystore(&self) -> Option<&Keystore> {
        self.profile.as_ref()?.keystore.as_ref().ok()
    }

    /// As JSON.
    pub fn json(&self) -> Value {
        let keystore = self.keystore();
        let deviations = self.profile.iter().flat_map(|profile| &profile.deviations);
        let clients = self.clients.iter().map(|verdict| {
            json!({
                "client": verdict.client.name(),
                "version": verdict.client.version(),
                "as_of": verdict.client.as_of(),
                "accepts": verdict.accepts,
                "evidence": verdict.evidence,
                "why": verdict.why,
            })
        });
        json!({
            "file": self.file.to_string_lossy(),
            "pubkey": keystore.map(Keystore::pubkey),
            "path": keystore.and_then(Keystore::path),
            "description": keystore.and_then(Keystore::description),
            "uuid": keystore.and_then(Keystore::uuid),
            "kdf": keystore.map(kdf_json),
            "verdict": self.verdict.as_str(),
            "reason": self.reason.as_str(),
            "detail": self.detail,
            "password": self.form.map(PasswordForm::as_str),
            "accepted": self.is_accepted(),
            "deviations": deviations
                .map(|d| json!({"id": d.rule.id, "what": d.to_string()}))
                .collect::<Vec<_>>(),
            "clients": clients.collect::<Vec<_>>(),
            "repaired": self.repaired.as_ref().map(|path| path.to_string_lossy()),
            "repair_note": self.repair_note,
        })
    }

    /// For people.
    pub fn text(&self) -> String {
        let mut text = format!("{}\n", crate::shown(&self.file));
        let mut line = |name: &str, value: &str| text += &format!("  {name:<13}{value}\n");
        if let Some(keystore) = self.keystore() {
            // Debug shows what a hostile file might do to a terminal, and does not do it.
            let said = |said: Option<&str>| said.map_or("none".to_owned(), |s| format!("{s:?}"));
            line("public key", &keystore.pubkey().to_string());
            line("path", &said(keystore.path()));
            line("description", &said(keystore.description()));
            line("uuid", &said(keystore.uuid()));
            line("encryption", &kdf_text(keystore));
        }
        line(self.verdict.as_str(), &format!("{}: {}", self.reason.as_str(), self.detail));
        for (name, accepts) in [("taken by", Some(true)), ("not known", None)] {
            let clients = clients_text(&self.clients, accepts);
            if !clients.is_empty() {
                line(name, &clients);
            }
        }
        for refusal in refusals(&self.clients) {
            line("refused by", &refusal);
        }
        if let Some(path) = &self.repaired {
            line("repaired", &crate::shown(&path).to_string());
        }
        if let Some(note) = &self.repair_note {
            line("repair", note);
        }
        text
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
            return format!("it opens with {}, to the key that it names", diagnosis.form.explain());
        }
        Found::Rotten { part, .. } => {
            let part = part.as_str();
            format!("`{part}` is damaged; but for that, it holds the key that it names")
        }
        Found::OtherKey(opened) => format!(
            "it holds the key of {opened}, which it does not name: its public key is wrong, or \
             its `iv` is damaged"
        ),
        Found::NoKey => "what is inside is no BLS key: its `iv` may be damaged".to_owned(),
        Found::Damaged => {
            "the password opened another keystore of the same salt, so this one is damaged"
                .to_owned()
        }
        Found::Nothing => {
            return "it does not open: the password is another, or the file is damaged; nobody \
                    can tell which"
                .to_owned();
        }
    };
    match diagnosis.form {
        PasswordForm::Standard => found,
        form => format!("with {}: {found}", form.explain()),
    }
}

fn kdf_json(keystore: &Keystore) -> Value {
    let salt = keystore.kdf().salt().len();
    match keystore.kdf().function() {
        KdfFunction::Scrypt { n, r, p } => {
            json!({"function": "scrypt", "n": n, "r": r, "p": p, "salt_bytes": salt})
        }
        KdfFunction::Pbkdf2 { c } => json!({"function": "pbkdf2", "c": c, "salt_bytes": salt}),
    }
}

fn kdf_text(keystore: &Keystore) -> String {
    let salt = keystore.kdf().salt().len();
    match keystore.kdf().function() {
        KdfFunction::Scrypt { n, r, p } => format!("scrypt n={n} r={r} p={p}, {salt}-byte salt"),
        KdfFunction::Pbkdf2 { c } => format!("PBKDF2, {c} rounds, {salt}-byte salt"),
    }
}

/// Who refuses, one text for each reason and kind of evidence.
fn refusals(clients: &[ClientVerdict]) -> Vec<String> {
    let mut whys: Vec<_> = clients.iter().filter_map(|verdict| verdict.why.as_deref()).collect();
    whys.sort_unstable();
    whys.dedup();
    let refusal = |why: &str| {
        let them: Vec<_> =
            clients.iter().filter(|verdict| verdict.why.as_deref() == Some(why)).cloned().collect();
        format!("{}: {why}", clients_text(&them, Some(false)))
    };
    whys.into_iter().map(refusal).collect()
}

fn clients_text(clients: &[ClientVerdict], accepts: Option<bool>) -> String {
    let of = |(evidence, word)| {
        let them = clients.iter().filter(|v| v.accepts == accepts && v.evidence == evidence);
        let names: Vec<_> =
            them.map(|v| format!("{} {}", v.client.name(), v.client.version())).collect();
        (!names.is_empty()).then(|| format!("{} ({word})", names.join(", ")))
    };
    let evidence = [
        (Evidence::Measured, "measured"),
        (Evidence::Library, "its keystore code measured"),
        (Evidence::Read, "read"),
    ];
    evidence.into_iter().filter_map(of).collect::<Vec<_>>().join("; ")
}
