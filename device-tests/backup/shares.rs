//! Shares of a set secret: which of them open a set, and what is said of those that are wrong.

use std::{fs, io::Write as _, path::Path};

use hmac::{Hmac, Mac as _};
use serde_json::Value;
use sha2::Sha256;
use stockade::{
    backup::{
        Access, Copy, Digest, Trust, drill,
        origin::{Origin, Pins},
        restore::{LostKeys, Restorable},
        scrub,
        unlockers::Unlockers,
        verdict::Report,
    },
    bls::SecretKey,
    custodian::{GivenIdentity, Identity, PlainCustodian, shamir},
    eth2_keystore::{DecryptionKey, Kdf, KdfFunction, Keystore, Password},
    path::DerivationPath,
    secret::SecretBytes,
};

use super::tampered::{OWNER, find, list_again, sum_again};
use crate::command::{
    fixture::{Folder, Nobody, wallet},
    run::WORDS,
    sets::{imported_key, plan, publish},
};

/// The identity of the custodian at `x`.
fn identity(x: u8) -> Identity {
    Identity::from_secret(&[x; 32])
}

fn given(x: u8) -> Vec<GivenIdentity> {
    let hrp = bech32::Hrp::parse("age-secret-key-").unwrap();
    let line = bech32::encode_upper::<bech32::Bech32>(hrp, &[x; 32]).unwrap();
    GivenIdentity::parse(line.as_bytes(), &mut Nobody).unwrap()
}

/// A set of one key that `m` of `n` age identities open, in the copy `a`; its keystore costs little.
fn made(m: u8, n: u8) -> Folder {
    let folder = Folder::new();
    let custodian = |x| PlainCustodian::age(&identity(x).recipient(), None).unwrap().into();
    let plan = plan((1..=n).map(custodian).collect(), m, vec![imported_key(key())]);
    publish(plan, &mut *wallet("mock-ledger", WORDS), &[folder.path("a")]);
    let set = folder.set("a");
    let secret = secret(&set, m);
    let keystore = find(&set, "keystores/");
    let password = Password::new(&hex::encode(derived(&secret, "keystore password"))).unwrap();
    let kdf = Kdf::new(KdfFunction::Scrypt { n: 2, r: 8, p: 1 }, vec![7; 32]).unwrap();
    let cheap = DecryptionKey::derive(&password, &kdf).unwrap();
    fs::write(&keystore, Keystore::seal(&key(), "", "", &cheap).unwrap().to_json().unwrap())
        .unwrap();
    make_it_fit(&set, &keystore, &secret);
    folder
}

fn key() -> SecretKey {
    SecretKey::derive_master(&[5; 32]).unwrap()
}

fn share(set: &Path, x: u8) -> Value {
    let sealed = fs::read(set.join(format!("seal/share-{x}.age"))).unwrap();
    serde_json::from_slice(&identity(x).open(&sealed, 1024).unwrap()).unwrap()
}

/// The set's secret, put together from its first `m` shares.
fn secret(set: &Path, m: u8) -> Vec<u8> {
    if m == 1 {
        return identity(1)
            .open(&fs::read(set.join("seal/secret.age")).unwrap(), 64)
            .unwrap()
            .to_vec();
    }
    let value = |x: u8| {
        let bytes = hex::decode(share(set, x)["share"].as_str().unwrap()).unwrap();
        SecretBytes::<32>::new(|to| to.copy_from_slice(&bytes))
    };
    let values: Vec<_> = (1..=m).map(|x| (x, value(x))).collect();
    let values: Vec<_> = values.iter().map(|(x, value)| (*x, value)).collect();
    shamir::interpolate(&values, 0).unwrap().expose().to_vec()
}

fn derived(secret: &[u8], info: &str) -> [u8; 32] {
    let mut out = [0; 32];
    let hkdf = hkdf::Hkdf::<Sha256>::new(Some(b"stockade/set/v1"), secret);
    hkdf.expand(info.as_bytes(), &mut out).unwrap();
    out
}

/// Makes everything fit after `changed` was, as only the owner of the wallet can who knows the
/// secret as well.
fn make_it_fit(set: &Path, changed: &Path, secret: &[u8]) {
    list_again(set, changed);
    let manifest = fs::read(set.join("manifest.json")).unwrap();
    let mut mac = Hmac::<Sha256>::new_from_slice(&derived(secret, "manifest mac")).unwrap();
    mac.update(&manifest);
    let mac = hex::encode(mac.finalize().into_bytes());
    fs::write(set.join("manifest.mac"), format!("{mac}\n")).unwrap();
    let id = set.file_name().unwrap().to_str().unwrap().parse().unwrap();
    let statement = Origin::statement(&id, &Digest::of(&manifest));
    let mut owner = wallet("mock-ledger", WORDS);
    let path = DerivationPath::check_address();
    let signature = owner.sign_personal(&path, &statement, &mut Nobody).unwrap();
    let origin = Origin { statement, address: OWNER.parse().unwrap(), signature };
    fs::write(set.join("origin.json"), origin.to_json().unwrap()).unwrap();
    sum_again(set);
}

fn unlockers(xs: &[u8]) -> Unlockers {
    let mut unlockers = Unlockers::new();
    xs.iter().for_each(|x| unlockers.add_identities(given(*x)));
    unlockers
}

fn pins() -> Pins {
    Pins { wallets: Vec::new(), signers: vec![OWNER.parse().unwrap()] }
}

/// What a drill with the identities of the custodians at `xs` says.
fn drilled(folder: &Folder, xs: &[u8]) -> Report {
    let copies = Copy::open_all(&[folder.path("a")]).unwrap();
    let scrubbed = scrub::read(&copies, None, &mut ()).unwrap();
    let trust = Trust { pins: pins(), ..Trust::default() };
    let (mut unlockers, mut user, mut silent) = (unlockers(xs), Nobody, ());
    let mut access = Access::new(&mut unlockers, &trust, &mut user, &mut silent);
    drill::drill(&copies, &scrubbed, &mut access).unwrap()
}

fn restorable(folder: &Folder, xs: &[u8]) -> Result<Restorable, String> {
    let copies = Copy::open_all(&[folder.path("a")]).unwrap();
    let scrubbed = scrub::read(&copies, None, &mut ()).unwrap();
    let trust = Trust { pins: pins(), ..Trust::default() };
    let (mut unlockers, mut user, mut silent) = (unlockers(xs), Nobody, ());
    let mut access = Access::new(&mut unlockers, &trust, &mut user, &mut silent);
    Restorable::open(&copies, &scrubbed.sets[0], LostKeys::Refuse, &mut access)
        .map_err(|error| error.to_string())
}

#[track_caller]
fn assert_reason(report: &Report, reason: &str, words: &[&str]) {
    assert_eq!(report.keys[0].reason.as_str(), reason, "{:#?}", report.warnings);
    let said = |warning: &String| words.iter().all(|word| warning.contains(word));
    assert!(report.warnings.iter().any(said), "{words:?} not in {:#?}", report.warnings);
}

fn id(folder: &Folder, x: u8) -> String {
    let manifest = fs::read(folder.set("a").join("manifest.json")).unwrap();
    let manifest: Value = serde_json::from_slice(&manifest).unwrap();
    manifest["custodians"][usize::from(x) - 1]["id"].as_str().unwrap().to_owned()
}

#[test]
fn every_m_custodians_open_a_set_and_no_fewer() {
    let mut subsets = 0;
    for n in 1..=5_u8 {
        for m in 1..=n {
            let folder = made(m, n);
            for chosen in 0_u32..1 << n {
                let xs: Vec<u8> = (1..=n).filter(|x| chosen >> (x - 1) & 1 == 1).collect();
                let report = drilled(&folder, &xs);
                if xs.len() >= usize::from(m) {
                    assert!(report.all_proven(), "{m} of {n}, {xs:?}: {report:#?}")
                } else {
                    assert_reason(&report, "share_missing", &[&format!("{m} of {n}")]);
                    assert_eq!(report.counts().proven, 0);
                }
                subsets += 1;
            }
        }
    }
    println!("{subsets} subsets of custodians tried");
    assert_eq!(subsets, 258);
}

#[test]
fn a_share_of_another_set_is_called_so_and_the_others_still_open() {
    let (folder, other) = (made(2, 3), made(2, 3));
    let set = folder.set("a");
    let (secret, place) = (secret(&set, 2), set.join("seal/share-1.age"));
    fs::copy(other.set("a").join("seal/share-1.age"), &place).unwrap();
    make_it_fit(&set, &place, &secret);
    let named = id(&folder, 1);
    let name = other.sets("a").remove(0);
    let words = [named.as_str(), "another set", &name];
    assert_reason(&drilled(&folder, &[1, 2]), "share_wrong", &words);
    assert_reason(&drilled(&folder, &[1, 2, 3]), "ok", &words);
    assert!(restorable(&folder, &[1, 3]).unwrap_err().contains("another set"));
    assert_eq!(restorable(&folder, &[2, 3]).unwrap().public_keys(), [key().public_key()]);
}

#[test]
fn a_share_in_the_place_of_another_is_called_so() {
    let folder = made(2, 3);
    let set = folder.set("a");
    let (secret, place) = (secret(&set, 2), set.join("seal/share-1.age"));
    reseal(&place, &share(&set, 2));
    make_it_fit(&set, &place, &secret);
    let named = id(&folder, 1);
    assert_reason(&drilled(&folder, &[1, 2]), "share_wrong", &[&named, "share 2, not 1"]);
    assert_reason(&drilled(&folder, &[1, 2, 3]), "ok", &[&named, "share 2, not 1"]);
}

/// Seals `share` to the first custodian.
fn reseal(place: &Path, share: &Value) {
    let recipient: age::x25519::Recipient = identity(1).recipient().parse().unwrap();
    let recipients = std::iter::once(&recipient as &dyn age::Recipient);
    let mut sealed = Vec::new();
    let encryptor = age::Encryptor::with_recipients(recipients).unwrap();
    let mut writer = encryptor.wrap_output(&mut sealed).unwrap();
    writer.write_all(share.to_string().as_bytes()).unwrap();
    writer.finish().unwrap();
    fs::write(place, sealed).unwrap();
}

#[test]
fn a_share_with_a_wrong_value_is_found_by_one_more_custodian() {
    let folder = made(2, 4);
    let set = folder.set("a");
    let (secret, place) = (secret(&set, 2), set.join("seal/share-1.age"));
    let mut wrong = share(&set, 1);
    wrong["share"] = "00".repeat(32).into();
    reseal(&place, &wrong);
    make_it_fit(&set, &place, &secret);
    let report = drilled(&folder, &[1, 2]);
    assert_reason(&report, "manifest_mac", &["one more custodian shows which"]);
    assert_reason(&drilled(&folder, &[1, 2, 3]), "ok", &[&id(&folder, 1), "does not fit"]);
    assert!(drilled(&folder, &[2, 4]).warnings.is_empty());
}

#[test]
fn a_share_that_rotted_is_named_and_is_in_nobody_s_way() {
    let folder = made(2, 3);
    let place = folder.set("a").join("seal/share-2.age");
    let mut bytes = fs::read(&place).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&place, bytes).unwrap();
    // Damage to a set is damage to each of its keys there, and still all can be restored.
    let report = drilled(&folder, &[1, 3]);
    assert_eq!(report.counts().contradicted, 1);
    assert!(report.files.iter().any(|file| file.file.ends_with("seal/share-2.age")));
    assert!(restorable(&folder, &[1, 3]).is_ok());
    let refused = restorable(&folder, &[1, 2]).unwrap_err();
    assert!(refused.contains("seal/share-2.age is in no copy whole"), "{refused}");
}

#[test]
fn what_the_custodians_say_of_each_other_s_identity_is_tried_and_not_believed() {
    // An identity of the right recipient for which something else was sealed.
    let folder = made(2, 2);
    let set = folder.set("a");
    let (secret, place) = (secret(&set, 2), set.join("seal/share-1.age"));
    fs::copy(set.join("seal/share-2.age"), &place).unwrap();
    make_it_fit(&set, &place, &secret);
    let words = [&*id(&folder, 1), "does not open"];
    assert_reason(&drilled(&folder, &[1, 2]), "share_wrong", &words);
}
