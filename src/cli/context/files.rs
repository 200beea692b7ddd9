//! Files that several commands read: custodians, signers, and expected keys.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use stockade::{
    backup::custodians::CustodianSource,
    bls::PublicKey,
    custodian::{AnyCustodian, Custodian},
    eth::Address,
    staking::parse_deposit_file,
    store::private_file,
};

use crate::error::CommandError;

/// The longest `--expect` file.
const MAX_EXPECT: u64 = 64 * 1024 * 1024;

/// Custodians named with `--custodian`: custodian files, or folders of sets.
pub fn read_custodians(paths: &[PathBuf]) -> Result<Vec<CustodianSource>, CommandError> {
    let given = |path: &PathBuf| {
        if path.is_dir() {
            return Ok(CustodianSource::Set(path.clone()));
        }
        read_custodian(path).map(|custodian| CustodianSource::File(Box::new(custodian)))
    };
    paths.iter().map(given).collect()
}

/// Reads and verifies one custodian file.
pub fn read_custodian(path: &Path) -> Result<AnyCustodian, CommandError> {
    let bytes = private_file::read(path, Custodian::MAX_LEN)?;
    AnyCustodian::parse(&bytes).map_err(|error| {
        let error = CommandError::from(error);
        let hint = error.hint().map(str::to_owned);
        let named = CommandError::new(error.kind(), format!("{}: {error}", crate::shown(&path)));
        hint.into_iter().fold(named, CommandError::with_hint)
    })
}

/// Addresses named with `--signer`: each an address, or a custodian file with one in it.
pub fn read_signers(texts: &[String]) -> Result<Vec<Address>, CommandError> {
    let signer = |text: &String| {
        let bad = |why: String| CommandError::usage(format!("--signer {text}: {why}"));
        if text.starts_with("0x") {
            return text.parse().map_err(|error| bad(format!("{error}")));
        }
        let custodian = read_custodian(Path::new(text))?;
        let wallet = custodian.wallet();
        wallet
            .map(|wallet| wallet.check_address)
            .ok_or_else(|| bad("this custodian is not a wallet, and cannot sign".to_owned()))
    };
    texts.iter().map(signer).collect()
}

/// Public keys of `--expect`: one key per line, a deposit_data file, or a keymanager listing.
pub fn read_expected(path: Option<&Path>) -> Result<Vec<PublicKey>, CommandError> {
    let Some(path) = path else { return Ok(Vec::new()) };
    let bytes = private_file::read(path, MAX_EXPECT)?;
    let bad = |what: &str| CommandError::input(format!("--expect {}: {what}", crate::shown(&path)));
    let texts = expected_texts(&bytes)
        .ok_or_else(|| bad("neither keys, one per line, nor JSON that lists keys"))?;
    if texts.is_empty() {
        return Err(bad("it holds no public key"));
    }
    let key = |text: &String| text.parse().map_err(|e| bad(&format!("`{text:.100}`: {e}")));
    texts.iter().map(key).collect()
}

/// The answer of a keymanager API that lists its keys.
#[derive(Deserialize)]
struct Listing {
    data: Vec<ListedKey>,
}

#[derive(Deserialize)]
struct ListedKey {
    validating_pubkey: String,
}

fn expected_texts(bytes: &[u8]) -> Option<Vec<String>> {
    if let Ok(entries) = parse_deposit_file(bytes) {
        return Some(entries.into_iter().map(|entry| entry.pubkey).collect());
    }
    let text = std::str::from_utf8(bytes).ok()?;
    if let Ok(listing) = serde_json::from_str::<serde_json::Value>(text) {
        let Listing { data } = serde_json::from_value(listing).ok()?;
        return Some(data.into_iter().map(|key| key.validating_pubkey).collect());
    }
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    Some(lines.map(str::to_owned).collect())
}
