//! What is in the memory of a command whenever it waits for the wallet, and at its end; and what it
//! writes and says: none of the secrets that it does not need then.

mod held;
mod known;
mod search;
mod typed;

use std::{fs, io::Read as _, os::unix::fs::PermissionsExt as _, path::Path};

use serde_json::Value;
use stockade::{
    bls::SecretKey,
    custodian::Custodian,
    device_secret::{Prompt, Scheme},
};

use self::{
    held::{Watched, at_the_end, require_no_file},
    known::{of_batch, of_key, of_keystores, of_prompt, of_set},
    search::Secret,
};
use super::{
    fixture::{Folder, ledger, vector},
    plugin::{enroll as enrolled_plugin, programs},
    run::{KEYSTORE_PASSWORD, OTHER_WORDS},
};
#[cfg(feature = "cloud")]
use crate::cloud::validator_client::{TOKEN, ValidatorClient};

const PASSPHRASE: &str = "six random words or so, all in a row";

/// Searching finds what is there: the addresses of the copies, which nobody wipes.
#[test]
fn what_is_searched_for_would_be_found() {
    let folder = ledger().copies();
    let name = vec![("a path".to_owned(), folder.at("a").into_bytes())];
    let list = format!("backup list {}", folder.at("a"));
    let Some(held) = at_the_end("mock-ledger", &list, "") else { return };
    assert!(!held.moments[0].found(&name).is_empty());
}

#[test]
fn the_life_of_a_set_leaves_nothing() {
    life(&Watched::ledger(), "mock-ledger", Scheme::Eip191V1);
}

#[test]
fn nor_does_that_of_a_set_with_secrets_of_the_other_scheme() {
    life(&Watched::trezor(), "mock-trezor", Scheme::Slip11V1);
}

/// Those secrets whose names do not begin with any of these.
fn except(secrets: &[Secret], names: &[&str]) -> Vec<Secret> {
    let is_one = |(name, _): &&Secret| !names.iter().any(|start| name.starts_with(start));
    secrets.iter().filter(is_one).cloned().collect()
}

/// A set from its beginning to the one that replaces it, with this wallet.
fn life(wallet: &Watched, device: &str, scheme: Scheme) {
    let folder = Folder::new();
    let both = folder.both();
    let create =
        format!("validator create --network hoodi --count 2 --scheme {scheme} --copy {both}");
    let Some(created) = wallet.run(&create, "") else { return };
    let mut secrets = of_set(&folder.set("a"), device);
    secrets.extend(of_batch(device, scheme));
    created.require_none(&secrets);
    // Whatever the wallet is asked for, nothing that it gave before is needed: keys are sealed before
    // their origin is signed.
    created.require_none_at("A secret!", &secrets);
    created.require_none_at("Stockade custodian v1", &secrets);
    created.require_none_at("Stockade origin v1", &secrets);

    let Some(drilled) = wallet.run(&format!("backup drill {both}"), "") else { return };
    drilled.require_none(&secrets);
    drilled.require_none_at("open backups", &secrets);
    // The custodian's secret may be needed for the next set.
    let known = ["device secret for opening"];
    drilled.require_none_at("derive hoodi batch", &except(&secrets, &known));

    let restore =
        format!("backup restore {both} --to {} --layout plain --never-attested", folder.at("keys"));
    let Some(restored) = wallet.run(&restore, "") else { return };
    let password = fs::read_to_string(folder.path("keys/password.txt")).unwrap();
    let again = of_keystores(&folder.path("keys"), password.trim());
    restored.require_none(&[secrets.clone(), again.clone()].concat());
    restored.require_none_at("A secret!", &secrets);

    let exit = format!("exit create --seal --copy {both} --index 0 --validator-index 7");
    let Some(signed) = wallet.run(&exit, "") else { return };
    signed.require_none(&secrets);
    signed.require_none_at("A secret!", &secrets);

    let old = folder.set("a");
    let reseal = format!("backup reseal {both} --custodian {}", old.display());
    let Some(resealed) = wallet.run(&reseal, "") else { return };
    let new = folder.path("a/stockade").join(resealed.answer["set_id"].as_str().unwrap());
    let new = of_set(&new, device);
    let all = [secrets, again, new].concat();
    resealed.require_none(&all);
    resealed.require_none_at("A secret!", &all);
    // The records of where the keys may sign pass from one set to the other.
    resealed.require_none_at("Stockade origin v1", &except(&all, &["set secret"]));
    require_no_file(&folder, &all);
}

#[cfg(feature = "cloud")]
#[test]
fn a_delivery_leaves_nothing() {
    let wallet = Watched::ledger();
    let folder = ledger().copies();
    let (client, watch) = (ValidatorClient::new(), wallet.watch());
    client.inside().on_import = Some(Box::new(move || watch.look("the import")));
    let deliver = format!(
        "deliver keymanager {} --url {} --token-file {} --not-running --never-attested",
        folder.both(),
        client.url,
        folder.file("token", TOKEN),
    );
    let Some(delivered) = wallet.run(&deliver, "") else { return };
    let mut secrets = of_set(&folder.set("a"), "mock-ledger");
    let (password, _) = client.inside().passwords[0].clone();
    secrets.push(("the password for the client".to_owned(), password.into_bytes()));
    secrets.push(("the client's token".to_owned(), TOKEN.into()));
    delivered.require_none(&secrets);
    delivered.require_none_at("A secret!", &except(&secrets, &["the client's token"]));
    // The note is signed when all is done.
    delivered.require_none_at("Stockade delivery", &secrets);
}

#[test]
fn an_enrolment_leaves_nothing() {
    let wallet = Watched::ledger();
    let folder = Folder::new();
    let file = folder.at("wallet.json");
    let enroll = format!("custodian enroll --name x --out {file}");
    let Some(enrolled) = wallet.run(&enroll, "") else { return };
    let custodian = Custodian::parse(&fs::read(&file).unwrap()).unwrap();
    let prompt = Prompt::open_backups(&custodian.id);
    let secrets = of_prompt("mock-ledger", custodian.scheme, &prompt, "opening");
    enrolled.require_none(&secrets);
    enrolled.require_none_at("Stockade", &secrets);

    let file = folder.at("passphrase.json");
    let enroll = format!("custodian enroll --name x --out {file} --passphrase --passphrase-fd 0");
    let Some(enrolled) = wallet.run(&enroll, PASSPHRASE) else { return };
    let custodian: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    let armored = custodian["identity"].as_str().unwrap();
    let mut identity = age::scrypt::Identity::new(PASSPHRASE.to_owned().into());
    identity.set_max_work_factor(18);
    let sealed = age::armor::ArmoredReader::new(armored.as_bytes());
    let reader = age::Decryptor::new(sealed).unwrap();
    let mut text = String::new();
    let identities = std::iter::once(&identity as &dyn age::Identity);
    reader.decrypt(identities).unwrap().read_to_string(&mut text).unwrap();
    let text = text.trim().strip_prefix("AGE-SECRET-KEY-1").unwrap();
    let secrets = [
        ("passphrase".to_owned(), PASSPHRASE.into()),
        ("age identity".to_owned(), text.into()),
        ("its bytes".to_owned(), bech32::decode(&format!("AGE-SECRET-KEY-1{text}")).unwrap().1),
    ];
    enrolled.require_none(&secrets);
    require_no_file(&folder, &secrets);
}

#[test]
fn keys_of_other_tools_leave_nothing() {
    let wallet = Watched::ledger();
    let folder = Folder::new();
    let from = vector("deposits/hoodi-0x01");
    let create = format!(
        "backup create --network hoodi --from {from} --password-fd 0 --copy {}",
        folder.at("a")
    );
    let Some(created) = wallet.run(&create, KEYSTORE_PASSWORD) else { return };
    let mut secrets = of_keystores(Path::new(&from), KEYSTORE_PASSWORD);
    secrets.extend(of_set(&folder.set("a"), "mock-ledger"));
    created.require_none(&secrets);
    created.require_none_at("Stockade origin v1", &secrets);
    require_no_file(&folder, &secrets);
}

/// What the words give, by name.
fn of_words(words: &str) -> Vec<Secret> {
    let mut seed = [0; 64];
    pbkdf2::pbkdf2_hmac::<sha2::Sha512>(words.as_bytes(), b"mnemonic", 2048, &mut seed);
    let mut secrets = vec![("words".to_owned(), words.into()), ("seed".to_owned(), seed.to_vec())];
    secrets.extend(of_key(&SecretKey::derive_master(&seed).unwrap(), "m"));
    secrets
}

#[test]
fn words_from_a_pipe_leave_nothing() {
    let wallet = Watched::ledger();
    let folder = Folder::new();
    let create = format!(
        "validator create --network hoodi --count 1 --from-mnemonic --mnemonic-fd 0 --copy {} \
         --withdrawal-address 0x9858EfFD232B4033E47d90003D41EC34EcaEda94",
        folder.at("a")
    );
    let Some(created) = wallet.run(&create, OTHER_WORDS) else { return };
    let mut secrets = of_set(&folder.set("a"), "mock-ledger");
    secrets.extend(of_words(OTHER_WORDS));
    created.require_none(&secrets);
    created.require_none_at("Stockade origin v1", &secrets);
    // The seed is used later; the words are not.
    created.require_none_at("A secret!", &except(&secrets, &["seed"]));
    require_no_file(&folder, &secrets);
}

/// Programs that it starts are told nothing by arguments and environment, and what is left of the memory
/// that they were given a copy of is gone when they run.
#[test]
fn plugins_are_told_nothing() {
    let wallet = Watched::ledger();
    let folder = Folder::new();
    let (custodian, identity) = enrolled_plugin(&folder);
    let own = folder.at("own.json");
    let enroll = format!("custodian enroll --name own --out {own}");
    if wallet.run(&enroll, "").is_none() {
        return;
    }
    let create = format!(
        "validator create --network hoodi --count 1 --custodian {own} {custodian} --copy {}",
        folder.at("a")
    );
    let told = recording_plugin(&folder);
    let with = wallet.with_programs(&folder.at("programs"));
    let Some(created) = with.run(&create, "") else { return };
    let drill = format!("backup drill {} --identity {identity}", folder.at("a"));
    let Some(drilled) = with.run(&drill, "") else { return };
    let mut secrets = of_set(&folder.set("a"), "mock-ledger");
    secrets.extend(of_batch("mock-ledger", Scheme::Eip191V1));
    created.require_none(&secrets);
    drilled.require_none(&secrets);
    let told = fs::read(told).unwrap();
    assert!(told.windows(13).any(|part| part == b"--age-plugin="), "no plugin was started");
    require_no_file(&folder, &secrets);
}

/// `age-plugin-stockadetest`, after writing its arguments and its environment to the file whose path this
/// gives.
fn recording_plugin(folder: &Folder) -> String {
    let told = folder.at("told");
    let script = format!(
        "#!/bin/sh\ncat /proc/$$/cmdline /proc/$$/environ >> {told}\nexec sh {}/age-plugin-stockadetest \"$@\"\n",
        programs()
    );
    let plugin = folder.file("programs/age-plugin-stockadetest", script);
    fs::set_permissions(plugin, fs::Permissions::from_mode(0o755)).unwrap();
    told
}
