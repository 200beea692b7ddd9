//! What a set keeps of an account of dirk's distributed wallet, beside the key.

use stockade_keystore::bls::PublicKey;

/// The sealed file of the account of the share `pubkey`: dirk's, without its `crypto`.
pub(crate) fn path_of(pubkey: &PublicKey) -> String {
    let digits: String = pubkey.to_string().chars().take(12).collect();
    format!("sealed/dirk-account-{digits}.json.age")
}
