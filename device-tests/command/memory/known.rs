//! The secrets behind sets and keystores, derived here in other ways than the command does where there
//! are any.

use std::{collections::HashMap, fs, path::Path};

use serde_json::Value;
use stockade::{
    bls::SecretKey,
    custodian::{Custodian, Identity},
    device_secret::{self, Prompt, Scheme},
    eth2_keystore::{DecryptionKey, Kdf, KdfFunction, Keystore, Password},
    path::DerivationPath,
    staking::Network,
};

use super::{
    super::{
        fixture::{Nobody, wallet},
        run::WORDS,
    },
    search::Secret,
};

/// What the wallet `device` gives for the prompt: the signature, where it is one, and the secret.
pub(super) fn of_prompt(device: &str, scheme: Scheme, prompt: &Prompt, what: &str) -> Vec<Secret> {
    let mut wallet = wallet(device, WORDS);
    let address = device_secret::check_address(&mut *wallet, &mut Nobody).unwrap();
    let mut secrets = Vec::new();
    if scheme == Scheme::Eip191V1 {
        let path = DerivationPath::check_address();
        let signature = wallet.sign_personal(&path, prompt.as_str(), &mut Nobody).unwrap();
        let signature = signature.to_bytes();
        secrets.push((format!("r for {what}"), signature[..32].to_vec()));
        secrets.push((format!("s for {what}"), signature[32..64].to_vec()));
    }
    let secret = device_secret::ask(&mut *wallet, scheme, prompt, &address, &mut Nobody).unwrap();
    secrets.push((format!("device secret for {what}"), secret.expose().to_vec()));
    secrets.push((format!("age identity for {what}"), age_text(secret.expose())));
    secrets
}

pub(super) fn age_text(secret: &[u8]) -> Vec<u8> {
    let hrp = bech32::Hrp::parse("age-secret-key-").unwrap();
    let text = bech32::encode_upper::<bech32::Bech32>(hrp, secret).unwrap();
    // Without what all of them begin with.
    text.into_bytes()["AGE-SECRET-KEY-1".len()..].to_vec()
}

pub(super) fn of_key(key: &SecretKey, what: &str) -> Vec<Secret> {
    let big = key.to_bytes().expose().to_vec();
    let little = big.iter().rev().copied().collect();
    vec![(format!("key {what}"), big), (format!("key {what}, little-endian"), little)]
}

/// What opens keystores: the password, what scrypt makes of it, and the keys in them.
pub(super) fn of_keystores(folder: &Path, password: &str) -> Vec<Secret> {
    let mut secrets = vec![(format!("password of {}", folder.display()), password.into())];
    // Those of one set have one.
    let mut derivations = HashMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let Ok(keystore) = Keystore::parse(&fs::read(&path).unwrap()) else { continue };
        let derive = || {
            let key = DecryptionKey::derive(&Password::new(password).unwrap(), keystore.kdf());
            secrets.push(("the keystores' key".to_owned(), derived(keystore.kdf(), password)));
            key.unwrap()
        };
        let key = derivations.entry(keystore.kdf().clone()).or_insert_with(derive);
        let key = keystore.open_with(key).unwrap();
        secrets.extend(of_key(&key, path.file_name().unwrap().to_str().unwrap()));
    }
    secrets
}

pub(super) fn derived(kdf: &Kdf, password: &str) -> Vec<u8> {
    let mut bytes = vec![0; 32];
    match kdf.function() {
        KdfFunction::Scrypt { n, r, p } => {
            let params = scrypt::Params::new(u8::try_from(n.ilog2()).unwrap(), r, p, 32).unwrap();
            scrypt::scrypt(password.as_bytes(), kdf.salt(), &params, &mut bytes).unwrap();
        }
        KdfFunction::Pbkdf2 { c } => {
            pbkdf2::pbkdf2_hmac::<sha2::Sha256>(password.as_bytes(), kdf.salt(), c, &mut bytes);
        }
    }
    bytes
}

/// What the set in `folder`, which the wallet `device` opens alone, is sealed with.
pub(super) fn of_set(folder: &Path, device: &str) -> Vec<Secret> {
    let manifest: Value =
        serde_json::from_slice(&fs::read(folder.join("manifest.json")).unwrap()).unwrap();
    let custodian = Custodian::parse(manifest["custodians"][0].to_string().as_bytes()).unwrap();
    let prompt = Prompt::open_backups(&custodian.id);
    let mut secrets = of_prompt(device, custodian.scheme, &prompt, "opening");
    let opened = secrets.iter().find(|(name, _)| name.starts_with("device secret")).unwrap();
    let identity = Identity::from_secret(opened.1.as_slice().try_into().unwrap());
    let sealed = fs::read(folder.join("seal/secret.age")).unwrap();
    let secret = identity.open(&sealed, 64).unwrap();
    let expand = |info: &str| {
        let mut bytes = [0; 32];
        let hkdf = hkdf::Hkdf::<sha2::Sha256>::new(Some(b"stockade/set/v1"), &secret);
        hkdf.expand(info.as_bytes(), &mut bytes).unwrap();
        bytes
    };
    secrets.push(("set secret".to_owned(), secret.to_vec()));
    secrets.push(("the set's files identity".to_owned(), expand("files identity").to_vec()));
    secrets.push(("the text of that".to_owned(), age_text(&expand("files identity"))));
    secrets.push(("the manifest's mac key".to_owned(), expand("manifest mac").to_vec()));
    let password = hex::encode(expand("keystore password"));
    secrets.push(("the password's bytes".to_owned(), expand("keystore password").to_vec()));
    secrets.extend(of_keystores(&folder.join("keystores"), &password));
    secrets
}

/// What a batch's keys are made of.
pub(super) fn of_batch(device: &str, scheme: Scheme) -> Vec<Secret> {
    let prompt = Prompt::derive_batch(Network::Hoodi, 0);
    let mut secrets = of_prompt(device, scheme, &prompt, "the batch");
    let seed = secrets.iter().find(|(name, _)| name.starts_with("device secret")).unwrap();
    let mut key = SecretKey::derive_master(&seed.1).unwrap();
    secrets.extend(of_key(&key, "m"));
    for level in [12381, 3600] {
        key = key.derive_child(level);
        secrets.extend(of_key(&key, &format!("../{level}")));
    }
    secrets
}
