//! The file of an account of dirk's distributed wallet: it names the validator.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{ShareOf, ShareTool};
use crate::{
    bls::{PublicKey, public_share},
    eth2_keystore::{Keystore, KeystoreError},
};
use stockade_base::json::{self, JsonError};

/// The longest account file that is read.
const MAX_BYTES: usize = 256 * 1024;

/// The most participants: as many as shares can be counted.
const MAX_PARTICIPANTS: usize = 255;

/// What the file of an account in a distributed wallet says beyond its keystore.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct DirkAccount {
    /// The name of the account.
    pub name: String,
    /// The public key of the share.
    pub pubkey: PublicKey,
    /// Which share it is.
    pub share: ShareOf,
    /// The address of each participant, by its id.
    pub participants: BTreeMap<u64, String>,
    /// The public form of the sharing polynomial: the first is the validator's key.
    pub verification_vector: Vec<PublicKey>,
}

#[derive(Deserialize)]
struct File {
    #[serde(default)]
    name: String,
    pubkey: PublicKey,
    signing_threshold: u8,
    participants: BTreeMap<u64, String>,
    #[serde(deserialize_with = "json::at_most::<_, _, MAX_PARTICIPANTS>")]
    verificationvector: Vec<PublicKey>,
}

/// What the file of such an account has beyond that of another.
#[derive(Serialize)]
struct Parts<'a> {
    participants: &'a BTreeMap<u64, String>,
    signing_threshold: u8,
    verificationvector: Vec<String>,
}

impl DirkAccount {
    /// Reads an account's file. `None` if it is not of a distributed wallet. An error if it is, and
    /// contradicts itself: the share's public key must be a value of the polynomial.
    pub fn parse(bytes: &[u8]) -> Option<Result<Self, String>> {
        #[derive(Deserialize)]
        struct Mark {
            #[serde(rename = "verificationvector")]
            _vector: serde::de::IgnoredAny,
            #[serde(rename = "signing_threshold")]
            _threshold: serde::de::IgnoredAny,
        }
        json::from_slice::<Mark>(bytes, MAX_BYTES).ok()?;
        let file = json::from_slice::<File>(bytes, MAX_BYTES);
        Some(file.map_err(|error: JsonError| error.to_string()).and_then(Self::of))
    }

    /// The content of the account's file under the name `name`, with the share as `sealed`, and the
    /// account's uuid, which is the file's name.
    pub fn to_file(
        &self,
        name: &str,
        sealed: &Keystore,
    ) -> Result<(String, String), KeystoreError> {
        let account = Parts {
            participants: &self.participants,
            signing_threshold: self.share.threshold,
            verificationvector: self.verification_vector.iter().map(PublicKey::to_string).collect(),
        };
        sealed.to_account_with(name, &account)
    }

    fn of(file: File) -> Result<Self, String> {
        let File { name, pubkey, signing_threshold, participants, verificationvector } = file;
        let shares = u8::try_from(participants.len()).map_err(|_| "too many participants")?;
        let [validator, ..] = verificationvector.as_slice() else {
            return Err("its verificationvector is empty".to_owned());
        };
        if verificationvector.len() != usize::from(signing_threshold) {
            return Err("its verificationvector has another length than its threshold".to_owned());
        }
        let mut places = participants.keys().copied();
        let x = places
            .find(|x| public_share(&verificationvector, *x) == Some(pubkey))
            .ok_or("its public key does not belong to any of its participants")?;
        let share = ShareOf::new(*validator, x, signing_threshold, ShareTool::Dirk)
            .and_then(|share| share.of(shares))
            .map_err(|error| error.to_string())?;
        Ok(Self { name, pubkey, share, participants, verification_vector: verificationvector })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACCOUNT: &[u8] = include_bytes!(
        "../../../device-tests/vectors/distributed/dirk/dirk-distributed-account.json"
    );

    #[test]
    fn an_account_of_a_distributed_wallet_names_its_validator() {
        let account = DirkAccount::parse(ACCOUNT).unwrap().unwrap();
        let share = account.share;
        assert!(share.validator.to_string().starts_with("8eb0c4f0ccd6"));
        assert!(account.pubkey.to_string().starts_with("ac88744789"));
        assert_eq!((share.threshold, share.shares, share.tool), (3, Some(4), ShareTool::Dirk));
        assert!((1..=4).contains(&share.x), "{share}");
        assert_eq!((account.name.as_str(), account.participants.len()), ("v0", 4));
    }

    #[test]
    fn an_account_that_contradicts_itself_is_an_error_and_a_keystore_is_none() {
        let text = str::from_utf8(ACCOUNT).unwrap();
        let other = text.replace("\"pubkey\":\"ac8874", "\"pubkey\":\"8eb0c4f0ccd612ab16e77a74997a6ff9fac75aaea844b1caffb900d4cb4da85e16f874e7552310382343fc3490998d4b\",\"x\":\"");
        assert_ne!(text, other);
        assert!(DirkAccount::parse(other.as_bytes()).unwrap().is_err());
        let fewer = text.replace("\"signing_threshold\":3", "\"signing_threshold\":2");
        assert!(DirkAccount::parse(fewer.as_bytes()).unwrap().is_err());
        let keystore = text.replace("verificationvector", "vector");
        assert_eq!(DirkAccount::parse(keystore.as_bytes()), None);
        assert_eq!(DirkAccount::parse(b"not JSON"), None);
    }
}
