//! What kind of file a keystore file is, and which clients accept it.

use serde_json::Value;

use super::{
    Client, Diagnosis, Evidence, Found, Keystore, KeystoreError, MAX_KEYSTORE_BYTES, Part,
    PasswordForm,
    deviations::{self, Deviation, deviation},
    json::not_utf8_json,
    password_forms::TakenBy,
    rules::{self, Rule},
};
use stockade_base::json::from_slice;

/// What the content of a file shows about it as a keystore.
#[derive(Debug)]
#[non_exhaustive]
pub struct Profile {
    /// The keystore, or why it cannot be read here.
    pub keystore: Result<Keystore, KeystoreError>,
    /// Where the file deviates from the form that all clients accept.
    pub deviations: Vec<Deviation>,
    /// The kind of file.
    pub kind: Kind,
}

/// The kind of a file that may be a keystore.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// An EIP-2335 keystore, which may or may not be readable.
    Keystore,
    /// Valid JSON of another kind, such as deposit data or a slashing history.
    OtherJson,
    /// Not JSON (perhaps a truncated keystore), or a keystore of another standard.
    Other,
}

/// Whether a client accepts a file.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ClientVerdict {
    /// The client.
    pub client: Client,
    /// Whether it accepts the file; `None` if nothing similar was tried.
    pub accepts: Option<bool>,
    /// How that is known.
    pub evidence: Evidence,
    /// Why it refuses the file.
    pub why: Option<String>,
}

impl Profile {
    /// Examines the content of a file. Needs no password and runs no key derivation.
    pub fn read(content: &[u8]) -> Self {
        let keystore = Keystore::parse(content);
        let value = from_slice::<Value>(content, MAX_KEYSTORE_BYTES);
        let (deviations, kind) = match &value {
            Ok(value) => look(value),
            Err(_) => {
                let encoding = not_utf8_json(content).unwrap_or_default();
                (vec![deviation(&rules::NOT_JSON, encoding)], Kind::Other)
            }
        };
        Self { keystore, deviations, kind }
    }

    /// What each client does with the file. `diagnosis` is the result of opening it.
    pub fn clients(&self, diagnosis: Option<&Diagnosis>) -> Vec<ClientVerdict> {
        let mut deviations: Vec<_> = self.deviations.iter().collect();
        let shown = diagnosis.map(shown_by_opening).unwrap_or_default();
        deviations.extend(&shown);
        // What is refused here without a rule may be refused by the clients, too.
        let unknown = self
            .keystore
            .as_ref()
            .is_err_and(|error| !deviations.iter().any(|deviation| explains(deviation, error)));
        Client::ALL.into_iter().map(|client| judge(client, &deviations, unknown)).collect()
    }
}

/// Whether all clients that were run, at least with their own keystore code, accept the file.
pub fn all_measured_accept(clients: &[ClientVerdict]) -> bool {
    clients.iter().all(|verdict| verdict.accepts == Some(true) || !verdict.client.is_measured())
}

fn look(value: &Value) -> (Vec<Deviation>, Kind) {
    let not_a_keystore = || vec![deviation(&rules::NOT_A_KEYSTORE, "")];
    let Some((file, crypto)) = value.as_object().and_then(|file| Some((file, file.get("crypto")?)))
    else {
        return (not_a_keystore(), Kind::OtherJson);
    };
    let Some(crypto) = crypto.as_object() else { return (not_a_keystore(), Kind::Other) };
    let deviations = deviations::find(file, crypto);
    let is_other = deviations.iter().any(|d| d.rule == &rules::NOT_A_KEYSTORE);
    (deviations, if is_other { Kind::Other } else { Kind::Keystore })
}

/// Whether a deviation explains why the file cannot be read here. A value of the wrong type is found
/// before the length of an iv, a key that is not a point, and a missing key, and may be none of them.
fn explains(deviation: &Deviation, error: &KeystoreError) -> bool {
    let of_no_type = match error {
        KeystoreError::Json(error) => error.to_string().contains("missing field `pubkey`"),
        _ => true,
    };
    deviation.rule.refused_by.len() == Client::ALL.len()
        || (of_no_type
            && [&rules::IV_LENGTH, &rules::OTHER_KEY, &rules::PUBKEY_MISSING]
                .contains(&deviation.rule))
}

fn judge(client: Client, deviations: &[&Deviation], unknown: bool) -> ClientVerdict {
    let refusals: Vec<_> =
        deviations.iter().filter(|d| d.rule.refused_by.contains(&client)).collect();
    // One deviation is enough to refuse the file; to accept it, a client must accept every deviation.
    let evidence = match (refusals.is_empty(), unknown) {
        (true, true) => Evidence::Read,
        (true, false) => {
            let each = deviations.iter().map(|d| d.rule.evidence(client));
            each.min().unwrap_or(client.best_evidence())
        }
        (false, _) => {
            refusals.iter().map(|d| d.rule.evidence(client)).max().unwrap_or(Evidence::Read)
        }
    };
    let accepts = match (refusals.is_empty(), unknown) {
        (false, _) => Some(false),
        (true, true) => None,
        (true, false) => Some(true),
    };
    let why: Vec<_> = refusals.iter().map(|d| d.to_string()).collect();
    let why = (!why.is_empty()).then(|| why.join("; "));
    ClientVerdict { client, accepts, evidence, why }
}

fn shown_by_opening(diagnosis: &Diagnosis) -> Vec<Deviation> {
    let password = about_the_password(diagnosis);
    let content = match &diagnosis.found {
        Found::Key(_) => None,
        _ if password.contains(&&rules::PASSWORD) => None,
        Found::OtherKey(_) | Found::Rotten { part: Part::Iv { opens: true }, .. } => {
            Some(&rules::OTHER_KEY)
        }
        Found::NoKey | Found::Rotten { part: Part::Iv { opens: false }, .. } => {
            Some(&rules::NO_KEY)
        }
        Found::Rotten { .. } | Found::Damaged | Found::Nothing => Some(&rules::PASSWORD),
    };
    password.into_iter().chain(content).map(|rule| deviation(rule, "")).collect()
}

/// Which clients refuse a keystore under the form of the password that opened it.
fn about_the_password(diagnosis: &Diagnosis) -> Vec<&'static Rule> {
    let TakenBy { standard, prysm, ethdo, is_empty, has_c1 } = diagnosis.taken_by;
    let mut found = match (standard, diagnosis.form) {
        (true, _) if is_empty => vec![&rules::PASSWORD_EMPTY],
        (true, _) => Vec::new(),
        (false, _) if !prysm && !ethdo => return vec![&rules::PASSWORD],
        (false, PasswordForm::MarksDropped) => vec![&rules::PASSWORD_MARKS],
        (false, PasswordForm::C1Kept) => vec![&rules::PASSWORD_C1_KEPT],
        (false, _) => vec![&rules::PASSWORD_KEYSTOREV4],
    };
    match (prysm, ethdo) {
        (_, false) if has_c1 => found.push(&rules::PASSWORD_C1),
        (_, false) => found.push(&rules::PASSWORD_MANY_MARKS),
        (false, true) => found.push(&rules::PASSWORD_FIRST_OF_EACH),
        (true, true) => {}
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        bls::SecretKey,
        eth2_keystore::{DecryptionKey, Kdf, KdfFunction, Password},
    };

    /// A keystore in the form that all clients accept, changed by `change`.
    fn changed(change: impl FnOnce(&mut Value)) -> Profile {
        // The keystore is never opened, so its cost does not matter.
        let kdf = Kdf::new(KdfFunction::Pbkdf2 { c: 1 }, vec![7; 32]).unwrap();
        let key = DecryptionKey::derive(&Password::new("password").unwrap(), &kdf).unwrap();
        let secret = SecretKey::derive_master(&[1; 32]).unwrap();
        let keystore = Keystore::seal(&secret, "m/12381/3600/0/0/0", "", &key).unwrap();
        let mut file: Value = serde_json::from_str(&keystore.to_json().unwrap()).unwrap();
        file["crypto"]["kdf"] = serde_json::json!({
            "function": "scrypt",
            "params": {"dklen": 32, "n": 262_144, "r": 8, "p": 1, "salt": "07".repeat(32)},
            "message": "",
        });
        change(&mut file);
        Profile::read(file.to_string().as_bytes())
    }

    fn refusing(profile: &Profile) -> Vec<&'static str> {
        let clients = profile.clients(None);
        let refusing = clients.iter().filter(|verdict| verdict.accepts == Some(false));
        refusing.map(|verdict| verdict.client.name()).collect()
    }

    /// Found by the comparison with @chainsafe/bls-keystore (`test_bls_keystore.py`).
    #[test]
    fn of_a_value_of_the_wrong_type_nobody_is_said_to_accept_it() {
        for (module, field) in [("kdf", "params"), ("cipher", "function"), ("kdf", "message")] {
            for other in ["not_on_the_curve", "missing"] {
                let profile = changed(|file| {
                    file["crypto"][module][field] = Value::from(-1);
                    file["pubkey"] = "ff".repeat(48).into();
                    if other == "missing" {
                        file.as_object_mut().unwrap().remove("pubkey");
                    }
                });
                let clients = profile.clients(None);
                let accepts = clients.iter().any(|verdict| verdict.accepts == Some(true));
                assert!(!accepts, "{module}.{field}, {other}: {clients:?}");
            }
        }
    }

    #[test]
    fn all_clients_accept_what_stockade_writes() {
        let profile = changed(|_| {});
        assert_eq!(profile.deviations, []);
        assert!(profile.clients(None).iter().all(|verdict| verdict.accepts == Some(true)));
        assert!(all_measured_accept(&profile.clients(None)));
    }

    #[test]
    fn only_nimbus_refuses_other_scrypt_costs_by_its_sources() {
        let profile = changed(|file| file["crypto"]["kdf"]["params"]["n"] = (1 << 19).into());
        assert_eq!(refusing(&profile), ["Nimbus"]);
        let clients = profile.clients(None);
        let nimbus = clients.iter().find(|verdict| verdict.client == Client::Nimbus).unwrap();
        assert_eq!(nimbus.evidence, Evidence::Read);
        assert!(nimbus.why.as_ref().unwrap().contains("n=262144"));
        assert!(all_measured_accept(&clients));
    }

    #[test]
    fn an_unknown_field_in_a_module_is_named() {
        let profile = changed(|file| file["crypto"]["cipher"]["extra"] = 1.into());
        assert_eq!(refusing(&profile), ["ethstaker-deposit-cli", "Lighthouse", "Nimbus"]);
        assert!(profile.deviations.iter().any(|d| d.detail == "crypto.cipher.extra"));
    }

    #[test]
    fn a_file_that_no_rule_explains_is_not_called_accepted() {
        let profile = changed(|file| file["description"] = 7.into());
        assert!(profile.keystore.is_err());
        assert_eq!(profile.kind, Kind::Keystore);
        assert!(profile.clients(None).iter().all(|verdict| verdict.accepts.is_none()));
        assert!(!all_measured_accept(&profile.clients(None)));
    }

    #[test]
    fn other_json_and_other_keystores_are_not_keystores() {
        for (content, kind) in [
            ("", Kind::Other),
            (r#"{"crypto": {"kdf": {"#, Kind::Other),
            (r#"{"crypto": {}, "version": 3, "id": "x", "address": "0x00"}"#, Kind::Other),
            (r#"{"crypto": null, "version": 4}"#, Kind::Other),
            ("null", Kind::OtherJson),
            ("{}", Kind::OtherJson),
            (r#"{"version": 4}"#, Kind::OtherJson),
            (r#"[{"pubkey": "00", "amount": 32000000000}]"#, Kind::OtherJson),
        ] {
            let profile = Profile::read(content.as_bytes());
            assert_eq!(profile.kind, kind, "{content}");
            assert_eq!(refusing(&profile).len(), Client::ALL.len(), "{content}");
        }
    }

    #[test]
    fn a_key_derivation_beyond_all_memory_is_refused_by_all_clients() {
        for n in [1_u64 << 40, 1 << 63] {
            let profile = changed(|file| file["crypto"]["kdf"]["params"]["n"] = n.into());
            assert_eq!(profile.kind, Kind::Keystore);
            assert_eq!(refusing(&profile).len(), Client::ALL.len());
        }
    }
}
