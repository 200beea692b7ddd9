//! Delivers keys from an opened set to a store of secrets, in the form that Web3signer reads:
//! hexadecimal, one key per line.

use crate::secret_store::{PutError, SecretStore, Written, parcel_name, secret_name};
use stockade::backup::{
    restore::Restorable,
    whereabouts::{Clearance, Permit, WhereaboutsError},
};
use stockade_base::secret::SecretText;
use stockade_keystore::bls::PublicKey;
use stockade_wallet::interact::Progress;

/// The keys that are written to one secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parcel {
    /// The name of the secret.
    pub name: String,
    /// The keys in it, one per line.
    pub keys: Vec<PublicKey>,
}

/// The outcome for one parcel.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Put {
    /// The secret was created and read back.
    Written,
    /// The secret already had this value.
    Same,
    /// The store refused it, for example because the secret has another value.
    Refused(String),
    /// The secret exists, but the store will delete it.
    Expires(String),
    /// The store failed while the secret was written.
    Unknown(String),
    /// The delivery ended before.
    NotSent,
}

impl Put {
    /// The name in JSON.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Written => "written",
            Self::Same => "same",
            Self::Refused(_) => "refused",
            Self::Expires(_) => "expires",
            Self::Unknown(_) => "unknown",
            Self::NotSent => "not_sent",
        }
    }

    /// Whether the secret is known to exist, and to last.
    pub fn is_there(&self) -> bool {
        matches!(self, Self::Written | Self::Same)
    }

    /// The store's message.
    pub fn message(&self) -> Option<&str> {
        match self {
            Self::Refused(why) | Self::Expires(why) | Self::Unknown(why) => Some(why),
            _ => None,
        }
    }
}

/// Why a delivery ended early.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PutEnd {
    /// The store failed, with this message.
    Failed(String),
    /// The credentials are no longer valid.
    NoLonger(String),
    /// The user cancelled.
    Stopped,
}

/// The outcomes for all parcels, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Puts {
    /// The outcome for each parcel.
    pub puts: Vec<Put>,
    /// Why the delivery ended early, if it did.
    pub end: Option<PutEnd>,
}

/// Divides `keys` into parcels of at most `size`. A parcel's name depends only on its keys, so that a
/// repeated delivery writes the same secrets.
pub fn parcels(keys: &[PublicKey], size: usize, prefix: &str) -> Vec<Parcel> {
    let parcel = |keys: &[PublicKey]| {
        let name = match keys {
            [key] => secret_name(key),
            several => parcel_name(several),
        };
        Parcel { name: format!("{prefix}{name}"), keys: keys.to_vec() }
    };
    keys.chunks(size.max(1)).map(parcel).collect()
}

/// Writes all parcels, until the store fails or the user cancels.
pub fn put_all(
    store: &dyn SecretStore,
    parcels: &[Parcel],
    keys: &Restorable,
    clearance: &mut Clearance<'_>,
    progress: &mut dyn Progress,
) -> Result<Puts, WhereaboutsError> {
    let all: Vec<_> = parcels.iter().flat_map(|parcel| &parcel.keys).copied().collect();
    let permit = clearance.send(&all)?;
    let mut puts = Vec::with_capacity(parcels.len());
    let mut end = None;
    for (i, parcel) in parcels.iter().enumerate() {
        progress.step("delivering", i, parcels.len());
        if end.is_none() && progress.stopped() {
            end = Some(PutEnd::Stopped);
        }
        puts.push(match end {
            Some(_) => Put::NotSent,
            None => put_one(store, parcel, keys, &permit, &mut end),
        });
    }
    progress.step("delivering", parcels.len(), parcels.len());
    let there = parcels.iter().zip(&puts).filter(|(_, put)| put.is_there());
    let there: Vec<_> = there.flat_map(|(parcel, _)| &parcel.keys).copied().collect();
    clearance.listed(&there)?;
    Ok(Puts { puts, end })
}

fn put_one(
    store: &dyn SecretStore,
    parcel: &Parcel,
    keys: &Restorable,
    permit: &Permit,
    end: &mut Option<PutEnd>,
) -> Put {
    let Some(value) = value(&parcel.keys, keys, permit) else {
        return Put::Refused("the set does not hold the key".to_owned());
    };
    match store.put(&parcel.name, &value) {
        Ok(Written::New) => Put::Written,
        Ok(Written::Same) => Put::Same,
        Err(PutError::Refused(why)) => Put::Refused(why),
        Err(PutError::Expires(why)) => Put::Expires(why),
        Err(PutError::NoLonger { why, sent }) => {
            *end = Some(PutEnd::NoLonger(why.clone()));
            if sent { Put::Unknown(why) } else { Put::NotSent }
        }
        Err(PutError::Failed(why)) => {
            *end = Some(PutEnd::Failed(why.clone()));
            Put::Unknown(why)
        }
    }
}

/// The keys in hexadecimal, one per line.
fn value(keys: &[PublicKey], from: &Restorable, permit: &Permit) -> Option<SecretText> {
    // Allocated at full size: a string that grows leaves copies of keys behind.
    let mut text = String::with_capacity(keys.len() * 67);
    for (i, key) in keys.iter().enumerate() {
        let secret = from.secret(key, permit)?.to_bytes();
        text.push_str(if i == 0 { "0x" } else { "\n0x" });
        for digit in secret.expose().iter().flat_map(|byte| [byte >> 4, byte & 15]) {
            text.push(char::from_digit(u32::from(digit), 16)?);
        }
    }
    Some(SecretText::new(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use stockade_keystore::bls::SecretKey;

    #[test]
    fn the_same_keys_give_the_same_parcels() {
        let keys: Vec<_> =
            (0..5).map(|i| SecretKey::derive_master(&[i; 32]).unwrap().public_key()).collect();
        let made = parcels(&keys, 2, "p/");
        assert_eq!(made.iter().map(|parcel| parcel.keys.len()).collect::<Vec<_>>(), [2, 2, 1]);
        assert_ne!(made[0].name, made[1].name);
        assert_eq!(made[2].name, format!("p/{}", keys[4]));
        assert_eq!(made, parcels(&keys, 2, "p/"));
        assert_eq!(parcels(&keys, 1, "").len(), 5);
    }
}
