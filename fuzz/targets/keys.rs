//! Keystores, mnemonics, histories, and what keys sign.

use stockade::{
    bls::PublicKey,
    distributed::{ClusterLock, DirkAccount, parse_key_shares, parse_partial_exits},
    eth2_keystore::{
        KdfFunction, Keystore, MAX_KEYSTORE_BYTES, Password, Profile, UnnamedKeystore,
    },
    mnemonic::Mnemonic,
    staking::{
        DEPOSIT_CLI_VERSION, Interchange, Network, SignedExit, parse_credential_changes,
        parse_deposit_file, parse_exits, write_credential_changes, write_deposit_file,
    },
};

/// The most memory that a key derivation may be asked to take.
const MOST_MEMORY: u64 = 1 << 30;

/// A keystore (EIP-2335), with and without a public key.
pub(super) fn keystore(data: &[u8]) {
    let read = Keystore::parse(data);
    let _ = Profile::read(data);
    let _ = UnnamedKeystore::parse(data);
    let Ok(keystore) = read else {
        // Whoever knows the key reads nothing more.
        return assert!(Keystore::parse_known(data, &some_key()).is_err());
    };
    super::understood();
    assert!(data.len() <= MAX_KEYSTORE_BYTES);
    super::same(Keystore::parse_known(data, keystore.pubkey()).as_ref(), Ok(&keystore));
    let written = keystore.to_json().unwrap_or_default();
    super::same(Keystore::parse(written.as_bytes()).as_ref(), Ok(&keystore));
    if let KdfFunction::Scrypt { n, r, p } = keystore.kdf().function() {
        assert!(n * u64::from(r) * 128 <= MOST_MEMORY, "n {n}, r {r}, p {p}");
    }
}

fn some_key() -> PublicKey {
    // The key of the EIP's own example.
    let text = "9612d7a727c9d0a22e185a1c768478dfe919cada9266988cb32359c11f2b7b27f4ae4040902382ae2910c15e2b420d07";
    text.parse().unwrap_or_else(|_| panic!("the EIP's example"))
}

/// A file with a password.
pub(super) fn password_file(data: &[u8]) {
    let read = || Password::from_file(data).map(drop).map_err(|error| error.to_string());
    let _ = read().is_ok().then(super::understood);
    super::same(read(), read());
}

/// Words of a mnemonic.
pub(super) fn mnemonic(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let read = || Mnemonic::parse(text, None).map(drop).map_err(|error| error.to_string());
    let _ = read().is_ok().then(super::understood);
    super::same(read(), read());
}

/// A slashing history (EIP-3076).
pub(super) fn history(data: &[u8]) {
    let valid = Interchange::parse_valid(data);
    match (Interchange::parse(data), &valid) {
        (Ok(all), Ok((some, bad))) => {
            assert!(bad.is_empty());
            super::same(&all, some);
        }
        (Err(_), Ok((_, bad))) => assert!(!bad.is_empty()),
        (Err(_), Err(_)) => {}
        (Ok(_), Err(error)) => panic!("read as a whole, but not in part: {error}"),
    }
    let Ok((history, _)) = valid else { return };
    super::understood();
    let json = history.to_json().unwrap_or_default();
    super::same(history.json_len().ok(), Some(json.len()));
    // A history without a record says nothing, and is told as that.
    if !history.records().is_empty() {
        super::same(Interchange::parse(json.as_bytes()).as_ref(), Ok(&history));
    }
    // Nothing that is done to a history lowers a bound.
    super::same(history.minimal().newest(), history.newest());
    let twice = history.clone().merge([history.clone()]);
    super::same(twice.as_ref(), Ok(&history));
    let keys = history.records().iter().map(|record| record.pubkey).collect();
    super::same(&history.about(&keys), &history);
    super::same(
        history.minimal().merge([history.clone()]).map(|all| all.newest()),
        Ok(history.newest()),
    );
}

/// Deposit data.
pub(super) fn deposit_data(data: &[u8]) {
    let Ok(entries) = parse_deposit_file(data) else { return };
    super::understood();
    assert!(!entries.is_empty());
    let written = serde_json::to_string(&entries).unwrap_or_default();
    super::same(parse_deposit_file(written.as_bytes()), Ok(entries.clone()));
    for entry in entries.iter().take(4) {
        let verified = entry.verify();
        super::same(format!("{verified:?}"), format!("{:?}", entry.verify()));
        if let Ok(deposit) = verified {
            let text = write_deposit_file(&[deposit], DEPOSIT_CLI_VERSION).unwrap_or_default();
            let again = parse_deposit_file(text.as_bytes());
            assert!(again.is_ok_and(|again| again[0].verify().is_ok()));
        }
    }
}

/// Signed exits, whole and in parts.
pub(super) fn exits(data: &[u8]) {
    if let Ok(exit) = SignedExit::parse(data) {
        super::understood();
        let written = exit.to_json().unwrap_or_default();
        super::same(SignedExit::parse(written.as_bytes()).as_ref(), Ok(&exit));
        super::same(parse_exits(data), Ok(vec![exit.clone()]));
        let _ = exit.verify(Network::Hoodi, &some_key());
    }
    let _ = parse_exits(data).map(|exits| assert!(!exits.is_empty()));
    let _ = parse_partial_exits(data).map(|exits| assert!(!exits.is_empty()));
}

/// Changes of withdrawal credentials.
pub(super) fn credential_changes(data: &[u8]) {
    let Ok(changes) = parse_credential_changes(data) else { return };
    super::understood();
    let written = write_credential_changes(&changes).unwrap_or_default();
    super::same(parse_credential_changes(written.as_bytes()), Ok(changes));
}

/// The lock of a charon cluster.
pub(super) fn cluster_lock(data: &[u8]) {
    let read = || ClusterLock::parse(data);
    let _ = read().is_ok().then(super::understood);
    super::same(format!("{:?}", read()), format!("{:?}", read()));
}

/// Key files of ssv-keys.
pub(super) fn ssv_key_shares(data: &[u8]) {
    let Ok(shares) = parse_key_shares(data) else { return };
    super::understood();
    for shares in shares.iter().take(2) {
        super::same(shares.faults(), shares.faults());
    }
}

/// An account of dirk.
pub(super) fn dirk_account(data: &[u8]) {
    let read =
        || DirkAccount::parse(data).map(|account| account.map(|account| format!("{account:?}")));
    let _ = read().is_some_and(|read| read.is_ok()).then(super::understood);
    super::same(read(), read());
}
