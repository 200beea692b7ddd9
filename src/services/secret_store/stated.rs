//! The public key that a name states.

use stockade_keystore::bls::PublicKey;

/// The key that a name states: as many hexadecimal digits in a row as a public key has, in lower
/// case.
pub(crate) fn stated(place: &str) -> Option<String> {
    let mut runs = place.split(|c: char| !c.is_ascii_hexdigit()).filter(|run| run.len() == 96);
    runs.next().map(str::to_ascii_lowercase)
}

/// The same as a key, where it is one.
pub(crate) fn stated_key(digits: &str) -> Option<PublicKey> {
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use stockade_keystore::bls::SecretKey;

    #[test]
    fn a_name_states_its_key_whatever_stands_before_it() {
        let key = SecretKey::derive_master(&[7; 32]).unwrap().public_key();
        for place in [
            format!("aws-secrets:v/{key}"),
            format!("aws-secrets:validators-{key}"),
            format!("vault:kv/v_0x{key}#value, line 2"),
            format!("vault:kv/v.{}#value", key.to_string().to_uppercase()),
        ] {
            assert_eq!(stated(&place), Some(key.to_string()), "{place}");
        }
        assert_eq!(stated(&format!("vault:kv/{key}0")), None);
        assert_eq!(
            stated(&format!("vault:kv/{}", "0".repeat(96))).as_deref().and_then(stated_key),
            None
        );
    }
}
