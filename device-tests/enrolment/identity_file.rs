//! Identity files that are sealed with a passphrase, as the `age` tool makes them.

use std::{io::Write as _, iter};

use age::{scrypt, secrecy::SecretString};
use stockade::{
    custodian::{AnyCustodian, GivenIdentity, Identity, IdentityFileError},
    interact::{Attention, Interact, Passphrase},
    secret::SecretText,
};

use crate::command::fixture::ledger;

const PASSPHRASE: &str = "correct horse battery staple";

/// Knows the passphrase.
struct Knows;

impl Interact for Knows {
    fn look_at_device(&mut self, _device: &str, _attention: Attention<'_>) {}

    fn enter_pin_matrix(&mut self, _device: &str) -> Option<SecretText> {
        None
    }

    fn enter_passphrase(&mut self, _device: &str, _on_device: bool) -> Option<Passphrase> {
        None
    }

    fn ask(&mut self, _question: &str) -> Option<String> {
        None
    }

    fn enter_secret(&mut self, _question: &str) -> Option<SecretText> {
        Some(SecretText::new(PASSPHRASE.to_owned()))
    }
}

fn sealed(text: &str) -> Vec<u8> {
    let mut recipient = scrypt::Recipient::new(SecretString::from(PASSPHRASE.to_owned()));
    recipient.set_work_factor(10);
    let to = iter::once(&recipient as &dyn age::Recipient);
    let mut sealed = Vec::new();
    let mut writer = age::Encryptor::with_recipients(to).unwrap().wrap_output(&mut sealed).unwrap();
    writer.write_all(text.as_bytes()).unwrap();
    writer.finish().unwrap();
    sealed
}

/// The identity of a line, after that many bytes of remarks.
fn after(remarks: usize, seed: u8) -> String {
    let hrp = bech32::Hrp::parse("age-secret-key-").unwrap();
    let line = bech32::encode_upper::<bech32::Bech32>(hrp, &[seed; 32]).unwrap();
    format!("{}{line}\n", "# of mine\n".repeat(remarks / 10))
}

#[test]
fn a_long_one_is_read_to_its_end_or_refused() {
    let file = after(8_000, 1) + &after(8_000, 2);
    let both = GivenIdentity::parse(&sealed(&file), &mut Knows).unwrap();
    assert_eq!(both.len(), 2);
    let mut json = ledger().json["custodians"][0].clone();
    json["recipient"] = Identity::from_secret(&[2; 32]).recipient().into();
    let custodian: AnyCustodian = serde_json::from_value(json).unwrap();
    assert!(both[1].may_open(&custodian));

    let file = after(10, 1) + &after(70_000, 2);
    match GivenIdentity::parse(&sealed(&file), &mut Knows) {
        Err(IdentityFileError::Sealed(why)) => assert!(why.contains("longer"), "{why}"),
        Err(error) => panic!("{error}"),
        Ok(some) => panic!("{} of two identities", some.len()),
    }
}
