//! What is tried on an open wallet, checked as those who ask for it check it.

use stockade::{
    device::{DeviceError, Show, Wallet},
    device_secret::check_address,
    eth::{Address, Fee, Transaction, personal_message},
    interact::Interact,
    path::DerivationPath,
};

/// What it gives if it gives anything.
pub(super) type Operation = fn(&mut dyn Wallet, &mut dyn Interact) -> Result<String, DeviceError>;

pub(super) fn address(
    wallet: &mut dyn Wallet,
    user: &mut dyn Interact,
) -> Result<String, DeviceError> {
    let silent = wallet.address(&DerivationPath::check_address(), Show::Silently, user)?;
    let shown = wallet.address(&DerivationPath::check_address(), Show::OnDevice, user)?;
    // As everybody does who shows one.
    if silent != shown {
        return Err(DeviceError::protocol("device", "it showed another address"));
    }
    Ok(shown.to_string())
}

pub(super) fn message(
    wallet: &mut dyn Wallet,
    user: &mut dyn Interact,
) -> Result<String, DeviceError> {
    // Long enough for three APDUs to a Ledger, and for two messages of several packets.
    let message = "Stockade signs this long text. ".repeat(16);
    let address = check_address(wallet, user)?;
    let signature = wallet.sign_personal(&DerivationPath::check_address(), &message, user)?;
    match personal_message::recover(message.as_bytes(), &signature) {
        Ok(signer) if signer == address => Ok(signature.to_string()),
        _ => Err(DeviceError::protocol("device", "it signed something else")),
    }
}

pub(super) fn transaction(
    wallet: &mut dyn Wallet,
    user: &mut dyn Interact,
) -> Result<String, DeviceError> {
    // More data than goes along with the request: the device asks for the rest.
    let transaction = Transaction {
        chain_id: 560_048,
        nonce: 0,
        fee: Fee::Eip1559 { max_fee_per_gas: 2_000_000_000, max_priority_fee_per_gas: 1 },
        gas_limit: 100_000,
        to: Address::from_bytes([7; 20]),
        value: 1,
        data: vec![0x5a; 1100],
    };
    let path = "m/44'/60'/0'/0/0".parse().unwrap();
    let signer = wallet.transactions().unwrap();
    signer.sign_transaction(&path, &transaction, user).map(|signature| signature.to_string())
}

/// Of two keys, one shown.
pub(super) fn bls_keys(
    wallet: &mut dyn Wallet,
    user: &mut dyn Interact,
) -> Result<String, DeviceError> {
    let path = DerivationPath::signing_key(7);
    let keys = wallet.bls_public_keys().unwrap();
    let silent = keys.bls_public_key(&path, Show::Silently, user)?;
    let shown = keys.bls_public_key(&path, Show::OnDevice, user)?;
    if silent == shown {
        Ok(hex::encode(shown.as_bytes()))
    } else {
        Err(DeviceError::protocol("device", "it showed another key"))
    }
}

/// Asked twice, as enrolment does: its answer has nothing in it by which to tell it from another.
pub(super) fn cipher(
    wallet: &mut dyn Wallet,
    user: &mut dyn Interact,
) -> Result<String, DeviceError> {
    let path = DerivationPath::cipher_key_value();
    let key = "Stockade: derive hoodi batch 0. A secret!";
    let cipher = wallet.cipher_key_value().unwrap();
    let first = cipher.encrypt(&path, key, &[7; 32], user)?;
    let second = cipher.encrypt(&path, key, &[7; 32], user)?;
    if first.expose() == second.expose() {
        Ok(hex::encode(first.expose()))
    } else {
        Err(DeviceError::protocol("device", "two answers to one question"))
    }
}

pub(super) fn renewal(
    wallet: &mut dyn Wallet,
    user: &mut dyn Interact,
) -> Result<String, DeviceError> {
    wallet.sessions().unwrap().renew(user)?;
    address(wallet, user)
}
