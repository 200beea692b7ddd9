//! What the user should know about new keys.

use stockade::{
    custodian::AnyCustodian,
    device::{self, Wallet},
    staking::Network,
    validator::{CreatedValidators, CredentialKind, LARGE_BATCH, Request, WARN_BATCH},
};

/// Why this wallet will not sign the deposit transaction for these keys, if it will not.
pub fn refused_deposit(wallet: &dyn Wallet, request: &Request) -> Option<String> {
    // Other networks have deposit contracts of their own.
    if !matches!(request.network, Network::Mainnet | Network::Hoodi) {
        return None;
    }
    let credentials = match request.credentials {
        CredentialKind::Bls => 0x00,
        CredentialKind::Execution => 0x01,
        CredentialKind::Compounding => 0x02,
    };
    let refusal = wallet.preflight(&device::Request::Deposit { credentials })?;
    Some(format!("{}: {}", refusal.why, refusal.advice))
}

/// What can go wrong with these keys, and with their set.
pub fn of(created: &CreatedValidators) -> Vec<String> {
    let mut warnings = Vec::new();
    let path = |key: Option<&(_, _)>| key.map(|(_, path)| ToString::to_string(path));
    let path = |key| path(key).unwrap_or_default();
    match created.batch {
        _ if !created.first => {}
        Some(_) => warnings.push(
            "these copies held no key of this wallet for this network. If there are other copies, name \
             them; otherwise other commands may create the same keys again"
                .to_owned(),
        ),
        None => warnings.push(format!(
            "these copies held no key of this mnemonic. If another tool derived keys from it before, \
             make sure that {} to {} are not among them: a key that runs twice gets slashed",
            path(created.keys.first()),
            path(created.keys.last()),
        )),
    }
    if created.large {
        let root = match created.batch {
            Some(batch) => format!("batch {batch}"),
            None => "the mnemonic".to_owned(),
        };
        warnings.push(format!(
            "{root} has more than {WARN_BATCH} keys; the most that are allowed are {LARGE_BATCH}"
        ));
    }
    let mut wallets = created.custodians.custodians.iter().filter_map(AnyCustodian::wallet);
    let by_custodian = wallets.any(|own| own.check_address == created.origin);
    if created.batch.is_none() && !by_custodian {
        let origin = created.origin;
        warnings.push(format!(
            "{origin} signed the set, and it is not one of its custodians. To open the set with \
             another wallet, add --signer {origin}"
        ));
    }
    warnings
}
