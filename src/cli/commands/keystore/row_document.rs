//! A row of the JSON document.

use stockade::eth2_keystore::{ClientVerdict, Deviation, KdfFunction, Keystore, PasswordForm};

use super::{
    document::{Client, Difference, Kdf, Key},
    row::Row,
};

impl Row {
    /// The row for the document.
    pub fn document(&self) -> Key {
        let keystore = self.keystore();
        let text = |of: fn(&Keystore) -> Option<&str>| keystore.and_then(of).map(str::to_owned);
        let deviations = self.profile.iter().flat_map(|profile| &profile.deviations);
        Key {
            file: self.file.to_string_lossy().into_owned(),
            pubkey: keystore.map(|keystore| *keystore.pubkey()),
            path: text(Keystore::path),
            description: text(Keystore::description),
            uuid: text(Keystore::uuid),
            kdf: keystore.map(kdf),
            verdict: self.verdict.as_str(),
            reason: self.reason.as_str(),
            detail: self.detail.clone(),
            password: self.form.map(PasswordForm::as_str),
            accepted: self.is_accepted(),
            deviations: deviations.map(difference).collect(),
            clients: self.clients.iter().map(client).collect(),
            repaired: self.repaired.as_ref().map(|path| path.to_string_lossy().into_owned()),
            repair_note: self.repair_note.clone(),
        }
    }
}

fn difference(deviation: &Deviation) -> Difference {
    Difference { id: deviation.rule.id, what: deviation.to_string() }
}

fn client(verdict: &ClientVerdict) -> Client {
    Client {
        client: verdict.client.name(),
        version: verdict.client.version(),
        as_of: verdict.client.as_of(),
        accepts: verdict.accepts,
        evidence: verdict.evidence,
        why: verdict.why.clone(),
    }
}

fn kdf(keystore: &Keystore) -> Kdf {
    let salt_bytes = keystore.kdf().salt().len();
    let none = Kdf { function: "", n: None, r: None, p: None, c: None, salt_bytes };
    match keystore.kdf().function() {
        KdfFunction::Scrypt { n, r, p } => {
            Kdf { function: "scrypt", n: Some(n), r: Some(r.into()), p: Some(p.into()), ..none }
        }
        KdfFunction::Pbkdf2 { c } => Kdf { function: "pbkdf2", c: Some(c.into()), ..none },
    }
}
