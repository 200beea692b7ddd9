//! Enrolment as a person meets it who has a real wallet: one that asks for nothing by itself, one
//! whose passphrase was mistyped, one that answers each time otherwise.

mod identity_file;
mod wallet;

use stockade::{
    backup::{
        BackupError, Copy,
        custodians::{self, CustodianSource, Wanted},
        list,
    },
    custodian::{self, Custodian, EnrollError, OpenError, UsesPassphrase},
    device::PassphraseUse,
    device_secret::{Scheme, SecretError, check_address},
};

use crate::command::{
    fixture::{self, Folder, Nobody},
    run::OTHER_WORDS,
};
use wallet::{Person, RealLooking};

/// The end of the check address of the words abandon..about.
const SHOWN: &str = "2df4";

fn enroll(wallet: &mut RealLooking, person: &mut Person) -> Result<Custodian, EnrollError> {
    custodian::enroll(wallet, Scheme::Eip191V1, None, person)
}

#[test]
fn a_ledgers_owner_types_the_end_of_the_address_and_says_whether_a_passphrase_is_in_use() {
    let mut person = Person::answering(&[SHOWN, "yes"]);
    let custodian = enroll(&mut RealLooking::ledger(), &mut person).unwrap();
    assert_eq!(custodian.uses_passphrase, UsesPassphrase::Yes);
    assert_eq!(person.asked.len(), 2);
    // These words are known to the whole world, whatever the wallet looks like.
    assert!(custodian.test);
    custodian.verify().unwrap();

    let mut person = Person::answering(&["2DF4", "no"]);
    let custodian = enroll(&mut RealLooking::ledger(), &mut person).unwrap();
    assert_eq!(custodian.uses_passphrase, UsesPassphrase::No);
}

#[test]
fn another_address_than_the_one_typed_ends_the_enrolment_before_any_secret() {
    for typed in ["ffff", "", "f4", "0x5C81Eade04A009301586bF5421F18F3EB5C52df4"] {
        let mut wallet = RealLooking::ledger();
        let error = enroll(&mut wallet, &mut Person::answering(&[typed])).unwrap_err();
        assert!(matches!(error, EnrollError::AddressNotConfirmed { .. }), "{typed}: {error}");
        assert_eq!(wallet.signed, 0);
    }
}

#[test]
fn without_anybody_at_the_terminal_the_passphrase_is_unknown() {
    let custodian = enroll(&mut RealLooking::ledger(), &mut Person::answering(&[])).unwrap();
    assert_eq!(custodian.uses_passphrase, UsesPassphrase::Unknown);
}

#[test]
fn a_passphrase_that_is_typed_otherwise_the_second_time_shows_at_enrolment() {
    let mut wallet = RealLooking::trezor_with_passphrase();
    let mut person = Person::entering(&["right", "wrong"]);
    let error = enroll(&mut wallet, &mut person).unwrap_err();
    assert!(matches!(error, EnrollError::Secret(SecretError::NotThisWallet { .. })), "{error}");

    let mut wallet = RealLooking::trezor_with_passphrase();
    let mut person = Person::entering(&["right", "right"]);
    let custodian = enroll(&mut wallet, &mut person).unwrap();
    assert_eq!(custodian.uses_passphrase, UsesPassphrase::Yes);
    // Entered anew for each of the two askings.
    assert_eq!(person.passphrases, 2);
}

#[test]
fn a_wallet_that_answers_each_time_otherwise_is_no_custodian() {
    let mut wallet = RealLooking::ledger();
    wallet.fickle = true;
    let error = enroll(&mut wallet, &mut Person::answering(&[])).unwrap_err();
    assert!(matches!(error, EnrollError::Secret(SecretError::WrongSigner { .. })), "{error}");
}

#[test]
fn firmware_that_signs_otherwise_than_at_enrolment_is_named_as_such() {
    let mut wallet = RealLooking::ledger();
    let person = &mut Person::answering(&[]);
    let mut custodian = enroll(&mut wallet, person).unwrap();
    // The same wallet, and another recipient than it makes: as after a change of its firmware.
    custodian.recipient = "age1zv6hh3k7aht53w9q5cpy7lvthay3exurkc5k8pxaxt4rlyccu5mscycts0"
        .to_owned()
        .try_into()
        .unwrap();
    let opened = custodian::open(&mut wallet, &custodian, person);
    assert!(matches!(opened, Err(OpenError::NotDeterministic(_))));
    assert_eq!(wallet.inner.identity().passphrase, PassphraseUse::Unknown);
}

/// Whom a set is sealed to that `wallet` makes for somebody else, beside the sets in `copies`.
fn choose(
    wallet: &mut RealLooking,
    copies: &Folder,
    person: &mut Person,
) -> Result<(), BackupError> {
    let mut other = fixture::wallet("mock-ledger", OTHER_WORDS);
    let hers = custodian::enroll(&mut *other, Scheme::Eip191V1, None, &mut Nobody).unwrap();
    let given = [CustodianSource::File(Box::new(hers.into()))];
    let copies = Copy::prepare_all(&[copies.path("a")]).unwrap();
    let address = check_address(wallet, person).unwrap();
    let wanted = Wanted { sources: &given, threshold: None, scheme: Scheme::Eip191V1 };
    custodians::choose(wanted, &list(&copies)?, wallet, &address, person).map(|_| ())
}

/// The keys and the origin hang on a passphrase that was entered once: if it was mistyped, nothing
/// else would show it.
#[test]
fn a_wallet_that_seals_to_others_is_made_sure_of() {
    let new = Folder::new();
    let mut wallet = RealLooking::trezor_with_passphrase();
    let error = choose(&mut wallet, &new, &mut Person::entering(&["wrong"])).unwrap_err();
    assert!(error.to_string().contains("check address"), "{error}");
    let mut person = Person::entering(&["right"]);
    choose(&mut RealLooking::trezor_with_passphrase(), &new, &mut person).unwrap();
    assert_eq!(person.passphrases, 1);

    let mut person = Person::answering(&["ffff"]);
    choose(&mut RealLooking::ledger(), &new, &mut person).unwrap_err();
    assert_eq!(person.asked.len(), 1);
    // A set on the copies is of this very wallet.
    let mut person = Person::answering(&[]);
    choose(&mut RealLooking::ledger(), &fixture::ledger().copies(), &mut person).unwrap();
    assert!(person.asked.is_empty(), "{:?}", person.asked);
}
