//! Reads a single secret. 32 bytes count as a signing key only with further evidence: the public key in
//! a name, the public key in another field, or a field named by the user.

use super::{
    findings::{Content, Entry, Findings},
    purpose::{self, Purpose},
};
use crate::secret_store::{Field, Fields, parcel_name, stated, stated_key, to_json};
use stockade::backup::{BackupError, intake, verdict::Reason};
use stockade_base::{
    json::{self, clip},
    secret::SecretText,
};
use stockade_keystore::{
    bls::{PublicKey, SecretKey},
    eth2_keystore::{Keystore, Password},
};

/// The longest text that is read as JSON.
const MAX_JSON: usize = 1024 * 1024;
const PASSWORD: &str = "password";

/// Reads secrets, and adds what it finds to the findings.
pub(super) struct Reader<'a> {
    pub(super) purpose: Purpose<'a>,
    pub(super) findings: &'a mut Findings,
}

/// The location of a secret.
#[derive(Clone, Copy)]
pub(super) struct At<'a> {
    /// The whole location, for people.
    pub(super) place: &'a str,
    /// The secret's own name.
    pub(super) name: &'a str,
    /// Whether the user named this very secret.
    pub(super) exact: bool,
    /// Whether it is in a subfolder of the named folder.
    pub(super) below: bool,
    /// The time at which the store will delete it, if it will.
    pub(super) expires: Option<&'a str>,
}

/// The object that contains a text.
#[derive(Clone, Copy)]
struct Group<'a> {
    at: At<'a>,
    /// The key in the name of the nearest enclosing field, else in the secret's name.
    claim: Option<&'a str>,
    /// The secret's own field that contains the object.
    top: Option<&'a str>,
    password: Option<&'a SecretText>,
}

/// 32 bytes that may be a signing key.
struct Candidate {
    place: String,
    /// The secret's own field that contains them.
    top: String,
    /// The key in the name of the nearest field.
    own: Option<String>,
    /// Whether they are directly in the secret's own field.
    direct: bool,
    key: SecretKey,
}

impl Reader<'_> {
    /// Reads a secret with fields.
    pub(super) fn fields(&mut self, at: At<'_>, fields: &Fields) -> Result<(), BackupError> {
        let claim = stated(at.name);
        self.object(
            Group { at, claim: claim.as_deref(), top: None, password: None },
            at.place,
            fields,
        )
    }

    /// Reads a secret that is a single text.
    #[cfg(feature = "aws")]
    pub(super) fn text(&mut self, at: At<'_>, text: &str) -> Result<(), BackupError> {
        let claim = stated(at.name);
        let group = Group { at, claim: claim.as_deref(), top: None, password: None };
        match json::from_secret_slice::<Fields>(text.as_bytes(), MAX_JSON) {
            Ok(fields) => self.object(group, at.place, &fields),
            Err(_) => {
                let mut candidates = Vec::new();
                self.value(group, at.place, purpose::USUAL_FIELD, &as_text(text), &mut candidates)?;
                self.judge(group, &[], candidates)
            }
        }
    }

    fn object(
        &mut self,
        group: Group<'_>,
        place: &str,
        fields: &Fields,
    ) -> Result<(), BackupError> {
        // An empty object is understood, and holds no key.
        if fields.is_empty() {
            return self.findings.skip(place, true);
        }
        if purpose::is_keystore(fields) {
            let password = fields.get(PASSWORD).and_then(Field::text).or(group.password);
            return self.keystore(group, place, "", &to_json(fields), password);
        }
        let is_keystore = |field: &Field| match field {
            Field::Text(text) => purpose::looks_like_a_keystore(text.expose()),
            Field::Object(fields) => purpose::is_keystore(fields),
            _ => false,
        };
        let has_keystore = fields.values().any(is_keystore);
        let password = fields.get(PASSWORD).and_then(Field::text).filter(|_| has_keystore);
        let group = Group { password, ..group };
        let texts = fields.values().filter_map(Field::text);
        let public_keys: Vec<_> =
            texts.filter_map(|text| purpose::public_key(text.expose())).collect();
        let mut candidates = Vec::new();
        for (name, field) in fields {
            let separator = if group.top.is_some() { '.' } else { '#' };
            let place = format!("{place}{separator}{}", clip(name, 120));
            match name.as_str() {
                // The password belongs to the keystore.
                PASSWORD if password.is_some() => {}
                name => self.value(group, &place, name, field, &mut candidates)?,
            }
        }
        self.judge(group, &public_keys, candidates)
    }

    fn value(
        &mut self,
        group: Group<'_>,
        place: &str,
        name: &str,
        field: &Field,
        candidates: &mut Vec<Candidate>,
    ) -> Result<(), BackupError> {
        match field {
            Field::Other(_) => self.findings.skip(place, false),
            Field::List(items) if items.is_empty() => self.findings.skip(place, true),
            Field::List(items) => {
                let inner = Group { top: Some(group.top.unwrap_or(name)), ..group };
                items.iter().enumerate().try_for_each(|(i, item)| {
                    self.value(inner, &format!("{place}[{i}]"), name, item, candidates)
                })
            }
            Field::Object(fields) => {
                let own = stated(name);
                let claim = own.as_deref().or(group.claim);
                let top = Some(group.top.unwrap_or(name));
                self.object(Group { claim, top, ..group }, place, fields)
            }
            Field::Text(text) => self.leaf(group, place, name, text.expose(), candidates),
        }
    }

    fn leaf(
        &mut self,
        group: Group<'_>,
        place: &str,
        name: &str,
        text: &str,
        candidates: &mut Vec<Candidate>,
    ) -> Result<(), BackupError> {
        let top = group.top.unwrap_or(name);
        if purpose::public_key(text).is_some() {
            return self.findings.skip(place, true);
        }
        if text.trim_start().starts_with(['{', '[']) {
            return match json::from_secret_slice::<Field>(text.as_bytes(), MAX_JSON) {
                Ok(Field::Object(fields)) if fields.contains_key("crypto") => {
                    self.keystore(group, place, top, text, group.password)
                }
                Ok(inner) => {
                    let group = Group { top: Some(top), ..group };
                    self.value(group, place, name, &inner, candidates)
                }
                Err(_) if text.trim_start().starts_with('{') => {
                    self.keystore(group, place, top, text, group.password)
                }
                Err(_) => self.findings.skip(place, false),
            };
        }
        if purpose::is_other_kind(name) && !self.purpose.names(name, group.at.exact) {
            return self.findings.skip(place, true);
        }
        let lines = text.lines().map(str::trim).enumerate().filter(|(_, line)| !line.is_empty());
        let lines: Vec<_> = lines.collect();
        if !lines.iter().any(|(_, line)| intake::looks_like_a_key(line)) {
            if !purpose::may_be_encoded(text) {
                return self.findings.skip(place, false);
            }
            let why = "not understood: it may be a key in another encoding, such as base64";
            return self.findings.add_wrong(place, None, Reason::NotChecked, why);
        }
        for (number, line) in &lines {
            let place = match lines.len() {
                1 => place.to_owned(),
                _ => format!("{place}, line {}", number + 1),
            };
            let own = stated(name);
            match intake::parse_key(line) {
                Ok(key) => {
                    let direct = group.top.is_none();
                    candidates.push(Candidate { place, top: top.to_owned(), own, direct, key });
                }
                Err(why) => {
                    let claim = own.as_deref().or(group.claim);
                    let key = claim.and_then(stated_key);
                    self.findings.add_wrong(place, key, Reason::Malformed, why)?;
                }
            }
        }
        Ok(())
    }

    /// Decides which candidates in an object are signing keys.
    fn judge(
        &mut self,
        group: Group<'_>,
        public_keys: &[String],
        candidates: Vec<Candidate>,
    ) -> Result<(), BackupError> {
        let single = candidates.len() == 1;
        let all: Vec<_> = candidates.iter().map(|candidate| candidate.key.public_key()).collect();
        let keys: Vec<_> = all.iter().map(ToString::to_string).collect();
        let claimed = group.claim.is_some_and(|claim| keys.iter().any(|key| key == claim));
        let matched = public_keys.iter().any(|there| keys.contains(there));
        let place = group.at.place.to_ascii_lowercase();
        let by_digest = !all.is_empty() && place.ends_with(&parcel_name(&all));
        for (candidate, pubkey) in candidates.into_iter().zip(&keys) {
            let named = self.purpose.names(&candidate.top, group.at.exact)
                && (candidate.direct || matches!(self.purpose, Purpose::Import(_)));
            let says =
                |stated: &str| if stated == pubkey { Ok(true) } else { Err(stated.to_owned()) };
            let witness = match (&candidate.own, group.claim) {
                (Some(own), _) => says(own),
                (None, Some(claim)) if claim == pubkey => Ok(true),
                (None, Some(claim)) if !claimed && !by_digest => says(claim),
                _ if by_digest
                    || public_keys.contains(pubkey)
                    || place.contains(pubkey.as_str()) =>
                {
                    Ok(true)
                }
                _ => match public_keys.first() {
                    Some(other) if !matched && (named || single) => says(other),
                    _ => Ok(named),
                },
            };
            let key = candidate.key.public_key();
            match witness {
                Ok(true) => {
                    let usual = self.purpose.is_usual(&candidate.top, candidate.own.is_some());
                    self.add(group.at, candidate.place, usual, Content::Key(candidate.key))?;
                }
                Ok(false) => {
                    let why = format!(
                        "64 hexadecimal digits, which may be a signing key: no public key is in a \
                    name or stored with them. If they are a signing key, name the field with \
                    --field {}",
                        clip(&candidate.top, 80)
                    );
                    self.findings.add_unnamed(candidate.place, key, why)?;
                }
                Err(other) => self.mismatch(candidate.place, &other, &key)?,
            }
        }
        Ok(())
    }

    fn mismatch(
        &mut self,
        place: String,
        stated: &str,
        key: &PublicKey,
    ) -> Result<(), BackupError> {
        let why = format!("stored as the key of {stated}, but it is the key of {key}");
        self.findings.add_wrong(place, stated_key(stated), Reason::PubkeyMismatch, why)
    }

    fn keystore(
        &mut self,
        group: Group<'_>,
        place: &str,
        top: &str,
        text: &str,
        password: Option<&SecretText>,
    ) -> Result<(), BackupError> {
        let malformed = |findings: &mut Findings, why: String| {
            let key = group.claim.and_then(stated_key);
            findings.add_wrong(place, key, Reason::Malformed, why)
        };
        let keystore = match Keystore::parse(text.as_bytes()) {
            Ok(keystore) => keystore,
            Err(error) => return malformed(self.findings, error.to_string()),
        };
        let password = match password.map(|text| Password::new(text.expose())).transpose() {
            Ok(password) => password,
            Err(error) => return malformed(self.findings, error.to_string()),
        };
        match group.claim {
            Some(claim) if claim != keystore.pubkey().to_string() => {
                let key = *keystore.pubkey();
                self.mismatch(place.to_owned(), claim, &key)
            }
            _ => {
                let content = Content::Keystore(Box::new(keystore), password);
                let usual = self.purpose.is_usual(top, true);
                self.add(group.at, place.to_owned(), usual, content)
            }
        }
    }

    fn add(
        &mut self,
        at: At<'_>,
        place: String,
        usual: bool,
        content: Content,
    ) -> Result<(), BackupError> {
        let expires = at.expires.map(str::to_owned);
        self.findings.add(Entry { place, content, usual: usual && !at.below, expires })
    }
}

#[cfg(feature = "aws")]
fn as_text(text: &str) -> Field {
    Field::Text(SecretText::new(text.to_owned()))
}
