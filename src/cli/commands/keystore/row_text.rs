//! The result for one file, for people.

use stockade::eth2_keystore::{ClientVerdict, Evidence, KdfFunction, Keystore};

use super::row::Row;

impl Row {
    /// A paragraph for people.
    pub fn text(&self) -> String {
        let mut text = format!("{}\n", crate::shown(&self.file));
        let mut line = |name: &str, value: &str| text += &format!("  {name:<13}{value}\n");
        if let Some(keystore) = self.keystore() {
            // Debug escapes what a hostile file might do to a terminal.
            let said = |said: Option<&str>| said.map_or("none".to_owned(), |s| format!("{s:?}"));
            line("public key", &keystore.pubkey().to_string());
            line("path", &said(keystore.path()));
            line("description", &said(keystore.description()));
            line("uuid", &said(keystore.uuid()));
            line("encryption", &kdf_text(keystore));
        }
        line(self.verdict.as_str(), &format!("{}: {}", self.reason.as_str(), self.detail));
        for (name, accepts) in [("accepted by", Some(true)), ("not known", None)] {
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

fn kdf_text(keystore: &Keystore) -> String {
    let salt = keystore.kdf().salt().len();
    match keystore.kdf().function() {
        KdfFunction::Scrypt { n, r, p } => format!("scrypt n={n} r={r} p={p}, {salt}-byte salt"),
        KdfFunction::Pbkdf2 { c } => format!("PBKDF2, {c} rounds, {salt}-byte salt"),
    }
}

/// Which clients refuse, one text for each reason and kind of evidence.
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
