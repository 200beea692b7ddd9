//! The key file of ssv-keys (`keyshares-*.json`), with which validators are registered on the SSV network:
//! for each validator the public keys of its shares, each share encrypted to its operator, and the key's
//! signature over owner and nonce.

use std::fmt;

use serde::Deserialize;

use crate::bls::{PublicKey, Signature, combine_public_keys};
use stockade_base::{
    eth::{Address, keccak256},
    json::{self, JsonError},
};

/// The longest key file that is read: each validator with 13 operators takes 12 KiB.
pub const MAX_KEY_SHARES_BYTES: usize = 64 * 1024 * 1024;

/// The most validators of a file.
const MAX_VALIDATORS: usize = 10_000;

/// The most operators: more than the network allows.
const MAX_OPERATORS: usize = 100;

/// How many operators a cluster of the network has.
const CLUSTERS: [usize; 4] = [4, 7, 10, 13];

const SIGNATURE: usize = 96;
const PUBLIC_KEY: usize = 48;
const ENCRYPTED: usize = 256;

/// One validator of a key file.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SsvKeyShares {
    /// The validator.
    pub validator: PublicKey,
    /// The address that registers it.
    pub owner: Address,
    /// The owner's registration nonce.
    pub nonce: u64,
    /// The ids of the operators, in the order of the shares: each is the x of its share.
    pub operators: Vec<u64>,
    payload_validator: PublicKey,
    payload_operators: Vec<u64>,
    data: Vec<u8>,
}

/// What is wrong with a validator of a key file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeySharesFault {
    /// What is registered names another validator or other operators than the rest of the file.
    Payload,
    /// Not 4, 7, 10 or 13 operators, or one twice.
    Operators,
    /// The shares' data has another length than that many operators need.
    Length,
    /// The validator's key did not sign for this owner and nonce.
    Signature,
    /// The public keys of the shares do not belong to the validator's key at these operators.
    PublicShares,
}

impl fmt::Display for KeySharesFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Payload => {
                "`payload` names another validator or other operators than `data`"
            }
            Self::Operators => "it does not name 4, 7, 10 or 13 different operators",
            Self::Length => "its `sharesData` has the wrong length for that many operators",
            Self::Signature => "the validator's key did not sign for this owner and nonce",
            Self::PublicShares => {
                "the public keys of its shares do not belong to the validator's key at these operators"
            }
        })
    }
}

#[derive(Deserialize)]
struct File {
    #[serde(deserialize_with = "json::at_most::<_, _, MAX_VALIDATORS>")]
    shares: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    data: Data,
    payload: Payload,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Data {
    owner_nonce: u64,
    owner_address: Address,
    public_key: PublicKey,
    #[serde(deserialize_with = "json::at_most::<_, _, MAX_OPERATORS>")]
    operators: Vec<Operator>,
}

#[derive(Deserialize)]
struct Operator {
    id: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Payload {
    public_key: PublicKey,
    #[serde(deserialize_with = "json::at_most::<_, _, MAX_OPERATORS>")]
    operator_ids: Vec<u64>,
    shares_data: String,
}

/// Reads a key file of ssv-keys 1.0 or later.
pub fn parse_key_shares(content: &[u8]) -> Result<Vec<SsvKeyShares>, JsonError> {
    let file: File = json::from_slice(content, MAX_KEY_SHARES_BYTES)?;
    let entry = |Entry { data, payload }: Entry| {
        let hex = payload.shares_data.strip_prefix("0x").unwrap_or(&payload.shares_data);
        SsvKeyShares {
            validator: data.public_key,
            owner: data.owner_address,
            nonce: data.owner_nonce,
            operators: data.operators.iter().map(|operator| operator.id).collect(),
            payload_validator: payload.public_key,
            payload_operators: payload.operator_ids,
            // Anything else has the wrong length.
            data: hex::decode(hex).unwrap_or_default(),
        }
    };
    Ok(file.shares.into_iter().map(entry).collect())
}

impl SsvKeyShares {
    /// How many operators sign together.
    pub fn threshold(&self) -> usize {
        let operators = self.operators.len();
        operators - operators.saturating_sub(1) / 3
    }

    /// Everything that is wrong, as far as it can be told without the operators' keys: the encrypted
    /// shares are not looked at.
    pub fn faults(&self) -> Vec<KeySharesFault> {
        use KeySharesFault::{Length, Operators, Payload, PublicShares, Signature};

        let mut faults = Vec::new();
        if self.payload_validator != self.validator || self.payload_operators != self.operators {
            faults.push(Payload);
        }
        let mut distinct = self.operators.clone();
        distinct.sort_unstable();
        distinct.dedup();
        let number = self.operators.len();
        if distinct.len() != number || distinct.contains(&0) || !CLUSTERS.contains(&number) {
            faults.push(Operators);
        }
        if self.data.len() != SIGNATURE + number * (PUBLIC_KEY + ENCRYPTED) {
            faults.push(Length);
            return faults;
        }
        if !self.is_signed() {
            faults.push(Signature);
        }
        if !faults.contains(&Operators) && !self.shares_belong() {
            faults.push(PublicShares);
        }
        faults
    }

    /// The signature is over the Keccak-256 of `<owner with its checksum>:<nonce>`.
    fn is_signed(&self) -> bool {
        let root = keccak256(format!("{}:{}", self.owner, self.nonce).as_bytes());
        let signature = self.data.first_chunk().copied().map(Signature::from_bytes);
        signature.is_some_and(|signature| signature.verify(&root, &self.validator))
    }

    /// Whether every group of neighbours gives the validator's key. Each share is in one of them.
    fn shares_belong(&self) -> bool {
        let keys = self.data.get(SIGNATURE..).unwrap_or_default().chunks(PUBLIC_KEY);
        let keys = keys
            .take(self.operators.len())
            .map(|bytes| PublicKey::from_bytes(bytes.try_into().ok()?).ok());
        let Some(keys) = keys.collect::<Option<Vec<_>>>() else { return false };
        let parts: Vec<_> = self.operators.iter().copied().zip(keys).collect();
        let groups = parts.windows(self.threshold());
        groups.map(combine_public_keys).all(|made| made.is_ok_and(|key| key == self.validator))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const FILE: &[u8] =
        include_bytes!("../../../device-tests/vectors/distributed/ssv/keyshares-1.json");

    fn faults(change: impl FnOnce(&mut Value)) -> Vec<KeySharesFault> {
        let mut file: Value = serde_json::from_slice(FILE).unwrap();
        change(&mut file["shares"][0]);
        let read = parse_key_shares(file.to_string().as_bytes()).unwrap();
        read[0].faults()
    }

    #[test]
    fn a_key_file_of_ssv_keys_is_right() {
        let read = parse_key_shares(FILE).unwrap();
        assert_eq!(read.len(), 1);
        let one = &read[0];
        assert!(one.validator.to_string().starts_with("8eb0c4f0ccd6"));
        assert_eq!(one.owner.to_string(), "0x9858EfFD232B4033E47d90003D41EC34EcaEda94");
        assert_eq!(
            (one.nonce, one.operators.as_slice(), one.threshold()),
            (0, &[1, 2, 3, 4][..], 3)
        );
        assert_eq!(one.faults(), []);
    }

    #[test]
    fn every_wrong_part_of_a_key_file_is_named() {
        use KeySharesFault::{Length, Operators, Payload, PublicShares, Signature};
        let other = "0x5C81Eade04A009301586bF5421F18F3EB5C52df4";
        assert_eq!(faults(|one| one["data"]["ownerNonce"] = json!(1)), [Signature]);
        assert_eq!(faults(|one| one["data"]["ownerAddress"] = json!(other)), [Signature]);
        assert_eq!(faults(|one| one["payload"]["operatorIds"] = json!([1, 2, 4, 3])), [Payload]);
        let ids = |one: &mut Value, last: u64| {
            one["payload"]["operatorIds"] = json!([1, 2, 3, last]);
            one["data"]["operators"][3]["id"] = json!(last);
        };
        assert_eq!(faults(|one| ids(one, 5)), [PublicShares]);
        assert_eq!(faults(|one| ids(one, 3)), [Operators]);
        assert_eq!(faults(|one| ids(one, 0)), [Operators]);
        let key = json!(
            "0x93922fb2f3e67fc5ac99200773fb578b52016bb511f12234f593b56966cc26834331ef4940c52600eb0420e408faf3ae"
        );
        assert_eq!(faults(|one| one["payload"]["publicKey"] = key.clone()), [Payload]);
        let both = faults(|one| {
            one["payload"]["publicKey"] = key.clone();
            one["data"]["publicKey"] = key.clone();
        });
        assert_eq!(both, [Signature, PublicShares]);
        let data = |change: &dyn Fn(&mut String)| {
            faults(|one| {
                let mut text = one["payload"]["sharesData"].as_str().unwrap().to_owned();
                change(&mut text);
                one["payload"]["sharesData"] = json!(text);
            })
        };
        assert_eq!(data(&|text| text.truncate(text.len() - 2)), [Length]);
        assert_eq!(data(&|text| text.push('x')), [Length]);
        // The public key of the second share in place of the first.
        let swap = |text: &mut String| {
            let at = |share: usize| 2 + 2 * (SIGNATURE + share * PUBLIC_KEY);
            let second = text[at(1)..at(2)].to_owned();
            text.replace_range(at(0)..at(1), &second);
        };
        assert_eq!(data(&swap), [PublicShares]);
        assert!(parse_key_shares(b"{\"shares\": 1}").is_err());
    }
}
