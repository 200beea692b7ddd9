//! Keys from an opened set to a store of secrets, as Web3signer reads them: hexadecimal, a key a line.

use crate::secret_store::{PutError, SecretStore, Written, secret_name};
use stockade::backup::{
    keys_digest,
    restore::Restorable,
    whereabouts::{Clearance, Permit, WhereaboutsError},
};
use stockade_base::secret::SecretText;
use stockade_keystore::bls::PublicKey;
use stockade_wallet::interact::Progress;

/// What is put under one name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parcel {
    /// The name.
    pub name: String,
    /// The keys in it, a line each.
    pub keys: Vec<PublicKey>,
}

/// What became of a parcel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Put {
    /// It is there now, and was read back.
    Written,
    /// The same was there already.
    Same,
    /// Something else is there, or it was refused.
    Refused(String),
    /// It is there, and the store will delete it by itself.
    Expires(String),
    /// The store failed while it was put.
    Unknown(String),
    /// The delivery had ended before.
    NotSent,
}

impl Put {
    /// Its word in JSON.
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

    /// Whether it is known to be there, and to stay.
    pub fn is_there(&self) -> bool {
        matches!(self, Self::Written | Self::Same)
    }

    /// What the store said.
    pub fn message(&self) -> Option<&str> {
        match self {
            Self::Refused(why) | Self::Expires(why) | Self::Unknown(why) => Some(why),
            _ => None,
        }
    }
}

/// What ended a delivery before all of it was put.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PutEnd {
    /// The store failed, in these words.
    Failed(String),
    /// The credentials are not valid any more.
    NoLonger(String),
    /// The user gave up.
    Stopped,
}

/// What became of the parcels, in their order, and what ended it early.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Puts {
    /// One for each parcel.
    pub puts: Vec<Put>,
    /// What ended it early.
    pub end: Option<PutEnd>,
}

/// `keys` in parcels of up to `size`. One of a single key is named by it, and one of several by all of
/// them, so that the same keys make the same parcels again.
pub fn parcels(keys: &[PublicKey], size: usize, prefix: &str) -> Vec<Parcel> {
    let parcel = |keys: &[PublicKey]| {
        let name = match keys {
            [key] => secret_name(key),
            several => format!("keys-{:.16}", keys_digest(several).to_string()),
        };
        Parcel { name: format!("{prefix}{name}"), keys: keys.to_vec() }
    };
    keys.chunks(size.max(1)).map(parcel).collect()
}

/// Puts every parcel. The first failure of the store ends it, and so does the user.
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
        return Put::Refused("the set holds no such key".to_owned());
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

/// The keys in hexadecimal, a line each.
fn value(keys: &[PublicKey], from: &Restorable, permit: &Permit) -> Option<SecretText> {
    // Made in place: a string that grew would leave copies of keys behind.
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
    fn the_same_keys_make_the_same_parcels() {
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
