//! The description in a keystore of a share: `validator split` writes it.

use super::{ShareOf, ShareTool};
use crate::bls::PublicKey;

impl ShareOf {
    /// The description that Stockade writes into the keystore of a share.
    pub fn description(validator: &PublicKey, x: u64, shares: u8, threshold: u8) -> String {
        format!(
            "Share {x} of {shares}, any {threshold} of which sign, of the validator {validator}"
        )
    }

    /// Reads that description. `None` if `text` is anything else.
    pub fn from_description(text: &str) -> Option<Self> {
        let rest = text.trim().strip_prefix("Share ")?;
        let (x, rest) = rest.split_once(" of ")?;
        let (shares, rest) = rest.split_once(", any ")?;
        let (threshold, validator) = rest.split_once(" of which sign, of the validator ")?;
        let share = Self::new(
            validator.parse().ok()?,
            x.parse().ok()?,
            threshold.parse().ok()?,
            ShareTool::Stockade,
        );
        share.ok()?.of(shares.parse().ok()?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bls::SecretKey;

    #[test]
    fn what_split_writes_is_read_and_nothing_else() {
        let validator = SecretKey::derive_master(&[1; 32]).unwrap().public_key();
        let text = ShareOf::description(&validator, 1, 4, 3);
        let share = ShareOf::from_description(&text).unwrap();
        assert_eq!((share.x, share.threshold, share.shares), (1, 3, Some(4)));
        assert_eq!((share.validator, share.tool), (validator, ShareTool::Stockade));
        let operator = ShareOf::description(&validator, 345, 4, 3);
        assert_eq!(ShareOf::from_description(&operator).unwrap().x, 345);
        for other in [
            "",
            "my validator",
            "Share 1 of 4",
            &text.replace("any 3", "any 1"),
            &text.replace("any 3", "any 5"),
            &text.replace("Share 1", "Share 0"),
            &format!("{text}0"),
        ] {
            assert_eq!(ShareOf::from_description(other), None, "{other}");
        }
    }

    /// The sentence is a format: keystores with it exist.
    #[test]
    fn the_sentence_of_older_releases_is_read() {
        let file = include_bytes!(
            "../../../device-tests/vectors/distributed/stockade-split/node2/validator_keys/keystore-1.json"
        );
        let keystore: serde_json::Value = serde_json::from_slice(file).unwrap();
        let description = keystore["description"].as_str().unwrap();
        let share = ShareOf::from_description(description).unwrap();
        assert_eq!((share.x, share.threshold, share.shares), (3, 3, Some(4)));
        let text = ShareOf::description(&share.validator, 3, 4, 3);
        assert_eq!(description, text);
    }
}
