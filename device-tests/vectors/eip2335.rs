//! EIP-2335's own vectors, one for each key derivation.

use stockade::eth2_keystore::{Keystore, Password};

use super::read_json;

#[test]
fn both_keystores_of_eip_2335_open() {
    let vectors = read_json("eip2335.json");
    let password = hex::decode(vectors["password_utf8_hex"].as_str().unwrap()).unwrap();
    // The EIP's own password before normalisation, and what it becomes.
    let typed = Password::new("𝔱𝔢𝔰𝔱𝔭𝔞𝔰𝔰𝔴𝔬𝔯𝔡🔑").unwrap();
    let normalised = Password::from_file(&password).unwrap();

    let keystores = vectors["keystores"].as_array().unwrap();
    assert_eq!(keystores.len(), 2);
    for (keystore, password) in keystores.iter().zip([&typed, &normalised]) {
        let keystore = Keystore::parse(keystore.to_string().as_bytes()).unwrap();
        let secret = keystore.open(password).unwrap();
        assert_eq!(hex::encode(secret.to_bytes().expose()), vectors["secret"].as_str().unwrap());
        assert_eq!(secret.public_key(), *keystore.pubkey());
    }
}
