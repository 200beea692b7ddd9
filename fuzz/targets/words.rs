//! Small things that are written as one word or one line; and a person who answers every question.

use std::{fmt::Display, str::FromStr};

use stockade::{
    attest::{self, Challenge, Statement},
    backup::{Digest, Layout, SetId},
    bls::{PublicKey, Signature},
    distributed::{LockHash, ShareOf},
    eth::{self, Address},
    interact::{Attention, Interact, Passphrase},
    path::DerivationPath,
    profile::Age,
    secret::SecretText,
    staking::{Network, WithdrawalCredentials},
    store::StorePath,
    timestamp::Timestamp,
};

/// Approves and answers everything.
pub(super) struct Person;

impl Interact for Person {
    fn look_at_device(&mut self, _device: &str, _attention: Attention<'_>) {}

    fn enter_pin_matrix(&mut self, _device: &str) -> Option<SecretText> {
        Some(SecretText::new("1234".to_owned()))
    }

    fn enter_passphrase(&mut self, _device: &str, _on_device: bool) -> Option<Passphrase> {
        Some(Passphrase::Typed(SecretText::new("a passphrase".to_owned())))
    }

    fn ask(&mut self, _question: &str) -> Option<String> {
        Some("123456".to_owned())
    }
}

/// What is read is written as a word that is read as the same.
fn word<T: FromStr + Display>(text: &str) {
    let Ok(read) = text.parse::<T>() else { return };
    super::understood();
    let written = read.to_string();
    let again = written.parse::<T>().ok().map(|again| again.to_string());
    super::same(again, Some(written));
}

/// Everything that is read from one line of text.
pub(super) fn words(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    word::<Address>(text);
    word::<eth::Signature>(text);
    word::<PublicKey>(text);
    word::<Signature>(text);
    word::<DerivationPath>(text);
    word::<Timestamp>(text);
    word::<Network>(text);
    word::<WithdrawalCredentials>(text);
    word::<LockHash>(text);
    word::<SetId>(text);
    word::<Digest>(text);
    word::<StorePath>(text);
    word::<Layout>(text);
    word::<Age>(text);
    word::<Challenge>(text);
    word::<Statement>(text);
    word::<attest::delivery::DeliveryStatement>(text);
    word::<attest::delivery::Destination>(text);
    word::<stockade::discovery::Spec>(text);
    let _ = ShareOf::from_description(text);
    let _ = attest::parse_age(text);
    if let Ok(address) = Address::parse_checksummed(text) {
        super::same(Some(address), text.parse().ok());
    }
    // What people are shown has nothing in it that acts on a terminal.
    let shown = stockade::shown(text).to_string();
    assert!(!shown.chars().any(stockade::is_harmful), "{shown:?}");
}
