//! Finds the public key in a name.

use stockade_keystore::bls::PublicKey;

/// The public key in a name: a run of exactly 96 hex digits, in lower case.
pub(crate) fn stated(place: &str) -> Option<String> {
    let mut runs = place.split(|c: char| !c.is_ascii_hexdigit()).filter(|run| run.len() == 96);
    runs.next().map(str::to_ascii_lowercase)
}

/// The digits as a public key, if they are a valid one.
pub(crate) fn stated_key(digits: &str) -> Option<PublicKey> {
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use stockade_keystore::bls::SecretKey;

    #[test]
    fn the_key_in_a_name_is_found_whatever_surrounds_it() {
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
